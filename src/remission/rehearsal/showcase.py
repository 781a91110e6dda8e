"""One child sequenced for real: SIMULATED reads of diagnosis and follow-up, through a laboratory's engine.

The level is the child's true one; depth and flags are those drawn for the test like any other's. Two clones
make up the disease. What is invented besides: few B cells are left after treatment, 50 copies of each of 9
spikes, no negative control.
"""

import math
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from io import BytesIO

from numpy.random import Generator

from remission import __version__
from remission.lab.sample import INDEX_METHOD, background, exports, follow_up_evidence, ready, targets
from remission.lab.sheet import Role
from remission.mrd.ngs.clonotypes import repertoire
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.index import IndexRule, choose
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured_json import write_measured
from remission.mrd.ngs.rearrangement import Kind, Locus
from remission.mrd.ngs.source import Preparation, batches
from remission.mrd.ngs.spiked import without_spikes
from remission.mrd.ngs.spikes import read_spikes
from remission.mrd.ngs.tracking import track
from remission.protocol.study import Assay, Endpoint
from remission.rehearsal.sequencing.repertoire import clone_of, spikes_of
from remission.rehearsal.sequencing.simulate import in_memory
from remission.rehearsal.sequencing.spec import Run, Sample
from remission.rehearsal.sequencing.writing import SPIKES, names_of
from remission.store.files import Files
from remission.terms.evidence import Evidence, FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.trial import laboratory
from remission.trial.trial import By, Trial

_READS = 12_000
_NANOGRAMS_PER_CELL = 0.0065
_BACKGROUND = {"diagnosis": 0.02, "follow-up": 1e-4}
_HIGHEST = 0.5


@dataclass(frozen=True, slots=True)
class Tube:
    """The sample to be sequenced: its label, the child's true level in it, the cells whose DNA is taken."""

    subject: SubjectId
    sample: SampleId
    level: float
    cells: int


def report_sequenced(
    trial: Trial, by: By, tube: Tube, assay: Assay, endpoint: Endpoint, flags: tuple[str, ...], on: date,
    numbers: Generator,
) -> None:  # fmt: skip
    """Sequence a tube, measure it, and report what was measured with every file behind it."""
    run = _run(tube, numbers)
    content, _ = in_memory(run, numbers)
    names = [names_of(run, sample)[0] for sample in run.samples]
    spikes_file = _keep(trial.files, content[SPIKES], SPIKES)
    diagnosis, follow_up = (_keep(trial.files, content[name], name) for name in names)
    germline = run.germline
    spikes = read_spikes(BytesIO(content[SPIKES]), SPIKES)
    reads = batches([(names[0], BytesIO(content[names[0]]))])
    found = without_spikes(repertoire(ready(germline), reads), spikes)
    index = choose(
        found,
        IndexRule(share=float(assay.index_share)) if assay.index_share else IndexRule(),
        background(germline),
        sample=run.samples[0].name,
        germline=germline,
        evidence=Evidence(INDEX_METHOD, __version__, (diagnosis,), simulated=True),
    )
    index_file = _keep(trial.files, write_index(index).encode(), f"{run.samples[0].name}.index.json")
    table = exports(found, germline, run.samples[0].name)[0]
    listed = _keep(trial.files, table.encode(), f"{run.samples[0].name}.clonotypes.tsv")
    reads = batches([(names[1], BytesIO(content[names[1]]))])
    tally = track(targets((index,), spikes), reads, str(tube.sample), index.sample)
    behind = (follow_up, spikes_file, index_file)
    dna = math.ceil(tube.cells * _NANOGRAMS_PER_CELL * 1000) / 1000
    measured = measure(
        index, tally, spikes, dna, threshold=Fraction(endpoint.threshold),
        required_lod=Fraction(endpoint.required_lod), backgrounds={}, loq_templates=assay.events_for_loq,
        disqualifying_flags=frozenset(assay.disqualifying_flags),
        blinding_flags=frozenset(assay.blinding_flags),
        evidence=follow_up_evidence(behind, Preparation(), {"DNA, ng": f"{dna:g}"}, simulated=True),
    )  # fmt: skip
    laboratory.report_measured(
        trial, by, tube.subject, sample=tube.sample, measured=write_measured(measured).encode(),
        name=f"{tube.sample}.result.json", files=(*behind, diagnosis, listed), on=on, flags=flags,
    )  # fmt: skip


def _run(tube: Tube, numbers: Generator) -> Run:
    germline, patient = shipped(), str(tube.subject)
    clones = (
        clone_of(germline, Kind.V_D_J, Locus.IGH, "IGH", numbers),
        clone_of(germline, Kind.V_KDE, Locus.IGK, "IGK", numbers),
    )
    at_diagnosis = {"IGH": 0.9, "IGK": 0.8}
    level = min(tube.level, _HIGHEST)
    left = {name: share * level for name, share in at_diagnosis.items()}
    samples = (
        Sample(
            f"{patient}-d1", patient, clones, 100_000, at_diagnosis, _BACKGROUND["diagnosis"], _READS,
            Role.DIAGNOSIS,
        ),
        Sample(str(tube.sample), patient, clones, tube.cells, left, _BACKGROUND["follow-up"], _READS),
    )  # fmt: skip
    return Run(samples, germline, spikes=spikes_of(germline, 3, 50, numbers), hopping=0.0, clonotypes=2_000)


def _keep(files: Files, content: bytes, name: str) -> FileRef:
    return files.keep(BytesIO(content), name)
