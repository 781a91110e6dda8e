"""One marrow in a flow cytometer: SIMULATED events of a day-46 sample, through a laboratory's engine.

The level is the child's true one, and so are flags and the loss of CD19; depth is `_EVENTS` at most. What is
invented besides: the blasts are of one kind, all with CD19 or all without, as most of them are.
"""

from dataclasses import dataclass
from io import BytesIO

from numpy.random import Generator

from remission.lab.flow_asked import flow_asked_by
from remission.lab.flow_files import opened
from remission.lab.flow_sample import flow_evidence, quality_of
from remission.lab.flow_sources import panel_at, strategy_at
from remission.mrd.flow.fcs.writing import write_fcs
from remission.mrd.flow.measure import GATES, measure
from remission.mrd.flow.measured_json import write_flow
from remission.mrd.flow.suggestion.suggested import Acceptance
from remission.mrd.result import Method
from remission.rehearsal.cytometry.clones import clone_of, with_cd19
from remission.rehearsal.cytometry.simulate import simulate
from remission.rehearsal.cytometry.spec import SIMULATED, Cd19, Look, Marrow, MarrowSpec
from remission.terms.evidence import FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.trial import laboratory
from remission.trial.gated import report_gated
from remission.trial.trial import By, Trial

STRATEGY = "ball-cd19-independent"
_EVENTS = 300_000
_CELLS = 0.8
"""Single nucleated cells among all events, about."""


@dataclass(frozen=True, slots=True)
class Stained:
    """A marrow for the cytometer: its label and point, the true level in it, the part without CD19."""

    subject: SubjectId
    sample: SampleId
    point: str
    level: float
    unseen: float
    cells: int


def receive_events(trial: Trial, by: By, stained: Stained, numbers: Generator) -> FileRef:
    """Simulate the marrow after blinatumomab; keep its file and record today that it came."""
    lost = Cd19.LOST if stained.unseen > 0.5 else Cd19.KEPT
    clone = with_cd19(clone_of(Look.TYPICAL, lost, numbers, str(stained.subject)), lost)
    spec = MarrowSpec(
        Marrow.BLINATUMOMAB,
        min(_EVENTS, round(stained.cells / _CELLS)),
        clone,
        stained.level,
        name=str(stained.sample),
    )
    made, file = simulate(spec, numbers), BytesIO()
    write_fcs(file, made.events, labels=made.labels, ranges=made.ranges, keywords=made.keywords)
    file.seek(0)
    kept = trial.files.keep(file, f"{SIMULATED}-{stained.sample}.fcs")
    laboratory.receive_files(
        trial, by, stained.subject, sample=stained.sample, method=Method.FLOW, files=(kept,),
        on=trial.today(stained.subject.site, by.at),
    )  # fmt: skip
    return kept


def report_measured_events(
    trial: Trial, by: By, stained: Stained, flags: tuple[str, ...], numbers: Generator
) -> None:
    """Receive the marrow's events, measure them as the study asks, and report what was measured."""
    kept = receive_events(trial, by, stained, numbers)
    with trial.files.open(kept.sha256) as file:
        sample = opened([str(file.name)], names=[kept.name])
    strategy, (panel, _) = strategy_at(STRATEGY)[0], panel_at(None, sample)
    accepted = Acceptance(
        f"{by.actor.name}, {SIMULATED}",
        GATES,
        "rehearsed: the gates as shipped, which nobody looked at",
        f"{by.at:%Y-%m-%dT%H:%M:%SZ}",
    )
    measured = measure(
        str(stained.sample), strategy, panel, sample.events, sample.ranges, quality_of(sample, panel),
        flow_asked_by(trial.study, stained.point),
        evidence=flow_evidence(sample, ()), acceptance=accepted, notes=sample.notes,
        flags=[flag for flag in flags if flag not in strategy.states],
    )  # fmt: skip
    report_gated(
        trial, by, stained.subject, sample=stained.sample, measured=write_flow(measured).encode(),
        name=f"{stained.sample}.flow.json", files=(kept,), on=trial.today(stained.subject.site, by.at),
    )  # fmt: skip
