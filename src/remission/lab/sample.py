"""One sample: its clones chosen at diagnosis, or the clones of an index looked for in it.

Each of the two is the laboratory's procedure from files to an answer. A file that is broken, or changes while
it is read, ends in a refusal and never in part of an answer.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from io import BytesIO
from typing import BinaryIO

from remission import __version__
from remission.errors import InputRefused
from remission.lab.addresses import content, file_name, names_in, opened, within
from remission.lab.evidence import SIMULATED, Reading, Seen, hashed, reading
from remission.mrd.ngs.airr import airr_tsv
from remission.mrd.ngs.clonotype import Clonotype, Index, Repertoire
from remission.mrd.ngs.clonotypes import repertoire
from remission.mrd.ngs.germline import Germline, read_germline, shipped
from remission.mrd.ngs.index import Background, IndexRule, choose
from remission.mrd.ngs.index_json import read_index
from remission.mrd.ngs.inflate import Inflated
from remission.mrd.ngs.normal import NORMAL
from remission.mrd.ngs.primers import Primer, read_primers
from remission.mrd.ngs.search import Searcher, searcher
from remission.mrd.ngs.source import Batch, Preparation, batches
from remission.mrd.ngs.spiked import without_spikes
from remission.mrd.ngs.spikes import Spike, read_spikes, spike_targets
from remission.mrd.ngs.tally import Tally, Target
from remission.mrd.ngs.targets import targets_of
from remission.mrd.ngs.tracking import track
from remission.mrd.ngs.uniqueness import by_chance, by_chance_in
from remission.mrd.ngs.vidjil import vidjil_json
from remission.terms.evidence import Evidence, FileRef, Setting

INDEX_METHOD = "remission ngs index"
TRACK_METHOD = "remission ngs track"
_MATE = re.compile(r"(_R?[12])?(_001)?(\.(fastq|fq|fasta|fa))?(\.gz|\.bgz)?$")

Told = Callable[[int], None]
"""Hears how many reads have been taken in, now and then."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """A diagnosis sample: what is followed, all its clonotypes, and the files as they were read."""

    index: Index
    repertoire: Repertoire
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Tracked:
    """A sample in which clones were looked for, and the files as they were read."""

    tally: Tally
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Normal:
    """A healthy repertoire that the laboratory gave, and its files."""

    repertoire: Repertoire
    refs: tuple[FileRef, ...]
    simulated: bool


def index_sample(
    sample: str,
    files: Sequence[str],
    rule: IndexRule,
    germline: Germline,
    preparation: Preparation,
    spikes: Sequence[Spike] = (),
    normal: Normal | None = None,
    told: Told | None = None,
    cores: int = 1,
) -> Indexed:
    """Choose the index clones of a diagnosis sample; what is a spike is none.

    Raises
    ------
    InputRefused
        If a file cannot be read to its end, or is no FASTQ or FASTA; file and record are named.
    """
    found, seen = repertoire_of(files, germline, preparation, told, cores)
    found = without_spikes(found, spikes)
    refs = tuple(one.ref for one in seen)
    evidence = Evidence(
        method=INDEX_METHOD,
        version=__version__,
        files=(*refs, *(normal.refs if normal else ())),
        settings=(
            Setting("germline", _named(germline)),
            Setting("spikes left out", ", ".join(spike.name for spike in spikes) or "none"),
            *_settings(preparation),
        ),
        simulated=says_simulated(seen, spikes) or (normal is not None and normal.simulated),
    )
    index = choose(
        found, rule, background(germline, normal), sample=sample, germline=germline, evidence=evidence
    )
    return Indexed(index, found, seen)


def is_empty(address: str) -> bool:
    """Whether a file, uncompressed, holds nothing: what a tube without DNA may well give."""
    with opened(address) as file:
        return not Inflated(file, file_name(address)).read(1)


def track_sample(
    sample: str,
    files: Sequence[str],
    owner: str,
    targets: Sequence[Target],
    preparation: Preparation,
    cores: int = 1,
    told: Told | None = None,
    *,
    may_be_empty: bool = False,
) -> Tracked:
    """Look for clones and spikes in the reads of a sample. `Raises` as in `index_sample`.

    `may_be_empty`: a tube without DNA may give no read at all.
    """
    if may_be_empty and all(map(is_empty, files)):
        return Tracked(track(targets, (), sample, owner), tuple(map(hashed, files)))
    with ExitStack() as stack:
        streams, behind = _streams(stack, files)
        tally = track(targets, _telling(batches(streams, preparation), told), sample, owner, cores)
        seen = tuple(one.seen() for one in behind)
    _check_any(tally.reads_total, files)
    return Tracked(tally, seen)


def repertoire_of(
    files: Sequence[str],
    germline: Germline,
    preparation: Preparation,
    told: Told | None = None,
    cores: int = 1,
) -> tuple[Repertoire, tuple[Seen, ...]]:
    """All clonotypes of a sample. `Raises` as in `index_sample`."""
    with ExitStack() as stack:
        streams, behind = _streams(stack, files)
        reads = _telling(batches(streams, preparation), told)
        found = repertoire(ready(germline), reads, cores=cores)
        seen = tuple(one.seen() for one in behind)
    _check_any(found.reads_total, files)
    return found, seen


def sample_name(*files: str) -> str:
    """The name of a sample by those of its reads, in either order: A7 for `A7_R2.fq`, `A7_R1.fq`."""
    return _MATE.sub("", min(map(file_name, files))) or "sample"


def normal_at(address: str, germline: Germline, preparation: Preparation, cores: int = 1) -> Normal:
    """The repertoire of a healthy person, from reads (`R1,R2` for mates). `Raises` as in `index_sample`."""
    found, seen = repertoire_of(address.split(","), germline, preparation, cores=cores)
    return Normal(found, tuple(one.ref for one in seen), says_simulated(seen))


def exports(found: Repertoire, germline: Germline, sample: str) -> tuple[str, str]:
    """The clonotypes as the text of an AIRR table, and of a .vidjil file.

    That format wants a time; equal input gives equal bytes, so it says 1970.
    """
    producer = f"remission {__version__}"
    return (
        airr_tsv(found, germline, sample),
        vidjil_json(found, sample, producer, datetime(1970, 1, 1, tzinfo=UTC)),
    )


def targets(indexes: Iterable[Index], spikes: Sequence[Spike]) -> tuple[Target, ...]:
    """The windows of all clones of all indexes, then the spikes."""
    return (*(target for index in indexes for target in targets_of(index)), *spike_targets(spikes))


def background(germline: Germline, normal: Normal | None = None) -> Background:
    """The healthy repertoire that clones are held against: the model, and one that was given.

    Of the two numbers the larger counts: a repertoire in which a clone was not seen proves little.
    """
    model = partial(_by_model, germline)
    name = "model of a healthy repertoire, every number assumed"
    if normal is None:
        return Background(name, model)
    reads = sum(clone.reads for clone in normal.repertoire.clonotypes)
    named = ", ".join(ref.name for ref in normal.refs)

    def larger(clone: Clonotype, substitutions: int) -> float:
        return max(model(clone, substitutions), by_chance_in(clone, substitutions, normal.repertoire))

    return Background(f"{name}; and {named}, {reads} reads of its largest clonotypes; the larger", larger)


def germline_at(folder: str | None) -> Germline:
    """The germline set shipped with Remission, or the FASTA files of a folder.

    Raises
    ------
    InputRefused
        If the folder holds no FASTA file, or one that is no germline.
    """
    if folder is None:
        return shipped()
    names = [name for name in names_in(folder) if name.endswith((".fasta", ".fa", ".fna"))]
    if not names:
        raise InputRefused(
            "the folder holds no FASTA file", where=folder, do="give files named *.fasta, *.fa or *.fna"
        )
    with ExitStack() as stack:
        files = {name: stack.enter_context(opened(within(folder, name))) for name in names}
        return read_germline(files, file_name(folder.rstrip("/")))


def primers_at(address: str | None) -> tuple[Primer, ...]:
    """The primers of a table, or none. `Raises` as in `primers.read_primers`."""
    return () if address is None else read_primers(_bytes(address), file_name(address))


def spikes_at(address: str) -> tuple[Spike, ...]:
    """The spikes of a FASTA file. `Raises` as in `spikes.read_spikes`."""
    return read_spikes(_bytes(address), file_name(address))


def index_at(address: str) -> Index:
    """The index of a file. `Raises` as in `index_json.read_index`."""
    return read_index(_bytes(address), file_name(address))


@lru_cache(maxsize=2)
def ready(germline: Germline) -> Searcher:
    """The germline set ready for searching; made once in each process."""
    return searcher(germline)


def follow_up_evidence(
    files: Sequence[FileRef], preparation: Preparation, settings: Mapping[str, str], *, simulated: bool
) -> Evidence:
    """What a measured sample rests on: files, method, version, settings."""
    return Evidence(
        method=TRACK_METHOD,
        version=__version__,
        files=tuple(files),
        settings=(*(Setting(name, value) for name, value in settings.items()), *_settings(preparation)),
        simulated=simulated,
    )


def says_simulated(seen: Iterable[Seen], spikes: Iterable[Spike] = ()) -> bool:
    """Whether a file is simulated: by its name, by the name of its first read, or by a spike's origin."""
    by_reads = any(one.simulated or one.ref.name.startswith(SIMULATED) for one in seen)
    return by_reads or any(spike.origin.startswith(SIMULATED) for spike in spikes)


def _streams(stack: ExitStack, files: Sequence[str]) -> tuple[list[tuple[str, BinaryIO]], list[Reading]]:
    streams: list[tuple[str, BinaryIO]] = []
    behind: list[Reading] = []
    for address in files:
        file, raw = stack.enter_context(reading(address))
        streams.append((file_name(address), file))
        behind.append(raw)
    return streams, behind


def _telling(found: Iterator[Batch], told: Told | None) -> Iterator[Batch]:
    for batch in found:
        if told is not None:
            told(len(batch.block) + sum(batch.lost.values()))
        yield batch


def _check_any(reads: int, files: Sequence[str]) -> None:
    if reads == 0:
        raise InputRefused("no read in it", where=file_name(files[0]), do="give the file of the reads")


def _by_model(germline: Germline, clone: Clonotype, substitutions: int) -> float:
    return by_chance(clone, substitutions, germline, NORMAL)


def _named(germline: Germline) -> str:
    return f"{germline.name} ({germline.version}), sha256 {germline.sha256}"


def _settings(preparation: Preparation) -> tuple[Setting, ...]:
    plain = {
        "least length": preparation.least_length,
        "assumed quality": preparation.assumed_quality,
        "least overlap": preparation.least_overlap,
        "most expected errors": preparation.most_expected_errors,
        "primers": ", ".join(f"{one.name} {one.sequence} {one.end}" for one in preparation.primers) or None,
    }
    return tuple(Setting(name, str(value)) for name, value in plain.items() if value is not None)


def _bytes(address: str) -> BinaryIO:
    return BytesIO(content(address))
