"""The parts of a run that a worker does: whatever goes there and comes back can be sent between machines."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from remission.lab.asked import Asked
from remission.lab.evidence import Seen
from remission.lab.kept import fingerprint
from remission.lab.report import index_page, result_page
from remission.lab.sample import Normal, exports, index_sample, track_sample
from remission.lab.tally_json import write_tally
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.index import IndexRule
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.measured import Measured
from remission.mrd.ngs.measured_json import write_measured
from remission.mrd.ngs.source import Preparation
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Target


@dataclass(frozen=True, slots=True)
class How:
    """How a run is done: rule, germline, preparation of reads, and what the protocol asks."""

    rule: IndexRule
    asked: Asked
    germline: Germline
    preparation: Preparation
    normal: Normal | None = None
    language: Literal["en", "zh"] = "en"


@dataclass(frozen=True, slots=True)
class Made:
    """The outputs of a job by name, and the files it read."""

    outputs: Mapping[str, bytes]
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class IndexJob:
    """A diagnosis sample whose clones are to be chosen."""

    sample: str
    files: tuple[str, ...]
    spikes: tuple[Spike, ...]
    how: How

    @property
    def name(self) -> str:
        """Of the record that it is done."""
        return f"{self.sample}.index"

    @property
    def output(self) -> str:
        """Where the index is written."""
        return f"index/{self.sample}.json"

    @property
    def key(self) -> str:
        """The settings that its outputs rest on."""
        how = self.how
        normal = how.normal.refs if how.normal else ()
        return fingerprint(
            self.name, self.spikes, how.rule, how.germline.sha256, how.preparation, normal, how.language
        )


@dataclass(frozen=True, slots=True)
class TrackJob:
    """A sample to be searched."""

    sample: str
    files: tuple[str, ...]
    owner: str
    targets: tuple[Target, ...]
    preparation: Preparation
    may_be_empty: bool

    @property
    def name(self) -> str:
        """Of the record that it is done."""
        return f"{self.sample}.track"

    @property
    def output(self) -> str:
        """Where the tally is written."""
        return f"tally/{self.sample}.json"

    @property
    def key(self) -> str:
        """The settings that its output rests on."""
        return fingerprint(self.name, self.owner, self.targets, self.preparation, self.may_be_empty)


@dataclass(frozen=True, slots=True)
class ReportJob:
    """A measured sample whose page is to be drawn."""

    sample: str
    measured: Measured
    index: Index
    index_sha256: str
    language: Literal["en", "zh"]

    @property
    def name(self) -> str:
        """Of the record that it is done."""
        return f"{self.sample}.result"

    @property
    def output(self) -> str:
        """Where the result is written."""
        return f"result/{self.sample}.json"

    @property
    def key(self) -> str:
        """What its outputs rest on."""
        return fingerprint(self.name, write_measured(self.measured), self.index_sha256, self.language)


def index(job: IndexJob) -> Made:
    """Choose the index clones of a diagnosis sample."""
    how = job.how
    found = index_sample(
        job.sample, job.files, how.rule, how.germline, how.preparation, job.spikes, how.normal
    )
    airr, vidjil = exports(found.repertoire, how.germline, job.sample)
    outputs = {
        job.output: write_index(found.index).encode(),
        f"index/{job.sample}.airr.tsv": airr.encode(),
        f"index/{job.sample}.vidjil": vidjil.encode(),
        f"report/{job.sample}.html": index_page(found, how.language),
    }
    return Made(outputs, found.seen)


def track(job: TrackJob) -> Made:
    """Search a sample for all targets."""
    found = track_sample(
        job.sample, job.files, job.owner, job.targets, job.preparation, may_be_empty=job.may_be_empty
    )
    return Made({job.output: write_tally(found.tally)}, found.seen)


def report(job: ReportJob) -> Mapping[str, bytes]:
    """Draw the page of a measured sample."""
    return {f"report/{job.sample}.html": result_page(job.measured, job.index, job.language)}
