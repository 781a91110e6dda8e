"""A flow result entered with its measurement: what `flow measure` or the page wrote, and its events."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO

from remission.conduct.state import Participant
from remission.errors import InputRefused
from remission.mrd.flow.measure_flags import OWN
from remission.mrd.flow.measured import EVENTS, FlowMeasured
from remission.mrd.flow.measured_json import read_flow
from remission.mrd.flow.strategies.reading import shipped_strategies, shipped_strategy, shipped_text
from remission.mrd.result import Method, MrdResult
from remission.protocol.study import Assay
from remission.terms.evidence import FileRef, Setting
from remission.terms.ids import SampleId, SubjectId
from remission.trial.laboratory import MEASURED, report, taken_as
from remission.trial.received import events_of, flow_files
from remission.trial.trial import By, Trial


def report_gated(
    trial: Trial,
    by: By,
    subject: SubjectId,
    *,
    sample: SampleId,
    measured: bytes,
    name: str,
    files: Sequence[FileRef],
    on: date,
    flags: Sequence[str] = (),
) -> Participant:
    """Report a flow result as it was measured from events, with the files it rests on.

    Parameters
    ----------
    measured, name : bytes, str
        The file that `flow measure` or the page wrote, and its name. It is kept, and named in the evidence.
    files : sequence of FileRef
        What was kept for it (`keep_files`): every file that its evidence names, by sha256, but those
        that were received for the sample already.
    flags : sequence of str
        Beside those that the measurement raised itself.

    Raises
    ------
    InputRefused
        For a file that is no measurement, one of another sample, one that no named person stands for, one
        without a result, one by other limits or cells than the study's, one whose files are not all given or
        are of another child or sample; and as in `report`.
    """
    where = f"participant {subject}, sample {sample}, {name}"
    point = taken_as(trial, subject, sample, Method.FLOW).point
    read = read_flow(BytesIO(measured), name)
    result = _of_record(read, sample, where)
    _check_assay(trial.study.assay(Method.FLOW), result, where)
    named = {(ref.sha256, ref.size) for ref in result.evidence.files}
    own = [ref for ref in flow_files(trial, subject, sample) if (ref.sha256, ref.size) in named]
    behind = {(ref.sha256, ref.size): ref for ref in (*files, *own)}
    lacking = [ref.name for ref in result.evidence.files if (ref.sha256, ref.size) not in behind]
    if lacking:
        raise InputRefused(
            f"not given, or altered since they were read: {', '.join(lacking)}",
            where=where,
            do="give every file that the measurement read, as it was then",
        )
    _check_whose(trial, subject, sample, result, where)
    _check_claims(trial.study.assay(Method.FLOW), result, flags, where)
    shipped = _shipped(trial, read)
    kept = trial.files.keep(BytesIO(measured), name)
    evidence = replace(
        result.evidence,
        files=(*behind.values(), *shipped, kept),
        settings=(*result.evidence.settings, Setting(MEASURED, kept.sha256)),
        simulated=result.evidence.simulated or trial.simulated,
    )
    raised = tuple(dict.fromkeys((*result.flags, *flags)))
    entered = replace(result, evidence=evidence, flags=raised)
    return report(trial, by, subject, sample=sample, point=point, result=entered, on=on)


def _of_record(read: FlowMeasured, sample: SampleId, where: str) -> MrdResult:
    """The result, of this sample, that a named person stands for."""
    if read.sample != sample:
        raise InputRefused(
            f"this is the flow result of sample {read.sample!r}", where=where, do="check label and file"
        )
    if read.result is None:
        raise InputRefused(
            f"nothing was measured: the panel lacks {', '.join(read.lacking)}",
            where=where,
            do="measure by a strategy that the panel can carry, or say that the sample is missed",
        )
    if read.acceptance is None:
        raise InputRefused(
            "no named person stands for the gates of this result",
            where=where,
            do="look at the gates and accept them: on the sample's page, or with --accepted-by and --why",
        )
    return read.result


def _shipped(trial: Trial, read: FlowMeasured) -> tuple[FileRef, ...]:
    """The text of the strategy, if it came with the package: a later version may ship another."""
    for id in shipped_strategies():
        if shipped_strategy(id).sha256 == read.strategy_sha256:
            return (trial.files.keep(BytesIO(shipped_text(id)), f"{id}.toml"),)
    return ()


def _check_whose(trial: Trial, subject: SubjectId, sample: SampleId, result: MrdResult, where: str) -> None:
    """No file is another child's; no events are another sample's (a diagnosis file may come again)."""
    behind = {ref.sha256 for ref in result.evidence.files}
    events = {one.value for one in result.evidence.settings if one.name == EVENTS} or behind
    for other in trial.participants().values():
        for label, ref in events_of(other):
            if ref.sha256 not in behind or (other.id, label) == (subject, sample):
                continue
            if other.id != subject or ref.sha256 in events:
                raise InputRefused(
                    f"{ref.name} is a file of sample {label} of participant {other.id}",
                    where=where,
                    do="check label and file",
                )


def _check_claims(assay: Assay | None, result: MrdResult, flags: Sequence[str], where: str) -> None:
    """A flag given by hand means something, and claims nothing that only a strategy states."""
    needed = () if assay is None else assay.needed_after_treatment
    claimed = [flag for flag in flags if flag in needed and flag not in result.flags]
    if claimed:
        raise InputRefused(
            f"{', '.join(claimed)} is claimed, and the strategy that measured it does not state it",
            where=where,
            do="measure it by a strategy that states it",
        )
    known = OWN.union(*(() if assay is None else _listed(assay)))
    unknown = [flag for flag in flags if flag not in known]
    if unknown:  # a misspelt `hemodilute` would stand there and blind nothing
        raise InputRefused(
            f"there is no flag {unknown[0]!r} here", where=where, do="use one of: " + ", ".join(sorted(known))
        )


def _listed(assay: Assay) -> tuple[tuple[str, ...], ...]:
    return (
        assay.disqualifying_flags,
        assay.blinding_flags,
        assay.blinding_after_treatment,
        assay.needed_after_treatment,
    )


def _check_assay(assay: Assay | None, result: MrdResult, where: str) -> None:
    if assay is None:
        return  # `report` refuses it: flow is not planned
    limits = assay.events_for_lod / result.cells, assay.events_for_loq / result.cells
    if (result.lod, result.loq) != limits:
        raise InputRefused(
            f"LOD {result.lod:.3g}, LOQ {result.loq:.3g}; the study's: {limits[0]:.3g}, {limits[1]:.3g}",
            where=where,
            do="measure it again with --study",
        )
    if result.primary != assay.denominator:
        raise InputRefused(
            f"the level refers to {result.primary!r}; the study counts in {assay.denominator!r}",
            where=where,
            do="measure it again with --study",
        )
