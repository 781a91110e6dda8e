"""Marrow samples and their results: taken, missed, reported from counts with the raw files kept."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

from remission.conduct import events as ev
from remission.conduct.known import day_one_of
from remission.conduct.state import Participant, Stage
from remission.errors import ActRefused, InputRefused
from remission.mrd.result import (
    COUNTS_ONLY,
    Denominator,
    Method,
    MrdResult,
    from_flow_counts,
    from_ngs_counts,
)
from remission.protocol.study import Assay, SampleSpec
from remission.terms.days import study_day
from remission.terms.evidence import Evidence, FileRef, Setting
from remission.terms.ids import SampleId, SubjectId
from remission.trial.calendar import not_future
from remission.trial.trial import By, Trial

ENDPOINT = "endpoint"
MEASURED = "measured"
"""The setting of a result's evidence that gives the sha256 of the kept file it was measured into."""
_BEFORE_DOSE = (Stage.SCREENING, Stage.ELIGIBLE, Stage.SCREEN_FAILED, Stage.ENROLLED)


def take_marrow(
    trial: Trial,
    by: By,
    subject: SubjectId,
    *,
    sample: SampleId,
    point: str,
    on: date,
    deviation: str | None = None,
) -> Participant:
    """Record that the marrow of a time point was taken.

    Raises
    ------
    InputRefused
        For a point without a planned sample, a label used before, or a day in the future.
    ActRefused
        For an endpoint sample before the first dose; outside the point's window, unless `deviation` says why:
        then both are recorded.
    """
    spec, participant = _planned(trial, point), trial.participant(subject)
    taken = (recorded.event for recorded in participant.all(ev.MarrowTaken))
    used = {event.sample for event in taken if isinstance(event, ev.MarrowTaken)}
    if sample in used:
        raise InputRefused(
            f"sample {sample} is recorded already", where=f"participant {subject}", do="check the label"
        )
    not_future(trial, by, subject.site, on)
    if spec.purpose == ENDPOINT:
        _check_treated(trial, participant, on)
    outside = tuple(_outside_window(trial, participant, spec, on, deviation))
    return trial.write(by, subject, *outside, ev.MarrowTaken(sample, point, on), decided_on=participant)


def _check_treated(trial: Trial, participant: Participant, on: date) -> None:
    """Refuse an endpoint sample of a child whose treatment is still to come, or came later."""
    doses = (
        item.event.at
        for item in participant.history
        if isinstance(item.event, ev.InfusionStarted | ev.DoseGiven)
    )
    first = min((trial.today(participant.site, at) for at in doses), default=None)
    if participant.stage in _BEFORE_DOSE or (first is not None and on < first):
        raise ActRefused(
            f"a sample of the endpoint on {on}, "
            + (f"before the first dose on {first}" if first else "before any dose"),
            where=f"participant {participant.id}",
            do="check date and point; record the first dose, or that none was given",
        )


def _outside_window(
    trial: Trial, participant: Participant, spec: SampleSpec, on: date, deviation: str | None
) -> Iterator[ev.DeviationReported]:
    """The deviation to record with a sample outside its window; refused where nobody says why."""
    window, day_one = trial.study.point(spec.point).window, day_one_of(trial.study, participant)
    day = None if day_one is None else study_day(on, day_one)
    # A marrow that decides on entry may come before the day from which days are counted is known.
    if day in window if day is not None else spec.purpose != ENDPOINT:
        return
    when = "a day not known" if day is None else f"day {day}"
    if not deviation or not deviation.strip():
        raise ActRefused(
            f"{when} is outside the window of {spec.point}, days {window.first} to {window.last}",
            where=f"participant {participant.id}",
            do="check date and point, or say why with a deviation, which is recorded too",
        )
    said = f"{when}, outside days {window.first} to {window.last}: {deviation}"
    yield ev.DeviationReported(on, f"window of {spec.point}", spec.purpose == ENDPOINT, said)


def miss_sample(trial: Trial, by: By, subject: SubjectId, *, point: str, on: date, why: str) -> Participant:
    """Record that the sample of a time point will not come."""
    _planned(trial, point)
    not_future(trial, by, subject.site, on)
    return trial.write(by, subject, ev.SampleMissed(point, on, why))


def keep_files(trial: Trial, paths: Sequence[Path]) -> tuple[FileRef, ...]:
    """Keep raw files under their sha256; answers what was kept."""
    return tuple(trial.files.keep(path, path.name) for path in paths)


def receive_files(
    trial: Trial,
    by: By,
    subject: SubjectId,
    *,
    sample: SampleId,
    method: Method,
    files: Sequence[FileRef],
    on: date,
) -> Participant:
    """Record that raw files of a sample came and are kept (`keep_files`), before any result exists.

    Raises
    ------
    InputRefused
        For no file, a sample not taken or taken later than `on`, a method not planned at its point, or a file
        received before, of this sample or of another: no instrument writes the same bytes twice.
    Missing, Altered
        If a file is not in the trial's files as it was.
    """
    taken = taken_as(trial, subject, sample, method)
    where = f"participant {subject}, sample {sample}"
    if not files:
        raise InputRefused("no file", where=where, do="name the files that came")
    if on < taken.on:
        raise InputRefused(f"{on} is before {taken.on}, when it was taken", where=where, do="check the date")
    before = {ref.sha256: event.sample for event in received(trial) for ref in event.files}
    for place, ref in enumerate(files):
        trial.files.check(ref)
        same = before.get(ref.sha256, sample if ref in files[:place] else None)
        if same is not None:
            raise InputRefused(
                f"{ref.name} was received already, for sample {same}", where=where, do="check label and file"
            )
    not_future(trial, by, subject.site, on)
    return trial.write(by, subject, ev.FilesReceived(sample, method, tuple(files), on))


def received(trial: Trial) -> Iterator[ev.FilesReceived]:
    """Every receipt of raw files, of all participants."""
    for participant in trial.participants().values():
        for recorded in participant.all(ev.FilesReceived):
            if isinstance(recorded.event, ev.FilesReceived):
                yield recorded.event


def report_flow(
    trial: Trial,
    by: By,
    subject: SubjectId,
    *,
    sample: SampleId,
    found: int,
    examined: Sequence[Denominator],
    primary: str,
    files: Sequence[FileRef],
    on: date,
    method_version: str,
    flags: Sequence[str] = (),
    settings: Sequence[Setting] = (),
) -> Participant:
    """Report a flow result as counted: events found, every denominator, flags, and the kept files.

    Raises
    ------
    InputRefused
        For a sample not taken, a method not planned at its point, or counts that cannot be.
    """
    point = taken_as(trial, subject, sample, Method.FLOW).point
    evidence = _evidence(trial, "flow counts", method_version, files, settings)
    assay = _assay(trial, Method.FLOW)
    if primary != assay.denominator:
        raise InputRefused(
            f"the level would refer to {primary!r}; the study counts in {assay.denominator!r}",
            where=f"participant {subject}, sample {sample}",
            do=f"give the count of {assay.denominator}, first; add other denominators beside it",
        )
    result = from_flow_counts(
        found,
        tuple(examined),
        primary,
        evidence,
        lod_events=assay.events_for_lod,
        loq_events=assay.events_for_loq,
        flags=_flags(flags, files),
    )
    return report(trial, by, subject, sample=sample, point=point, result=result, on=on)


def report_ngs(
    trial: Trial,
    by: By,
    subject: SubjectId,
    *,
    sample: SampleId,
    templates: float,
    cells: int,
    files: Sequence[FileRef],
    on: date,
    method_version: str,
    flags: Sequence[str] = (),
    settings: Sequence[Setting] = (),
) -> Participant:
    """Report a sequencing result as counted: templates of the index clones in cell equivalents analysed.

    Raises
    ------
    InputRefused
        For a sample not taken, a method not planned at its point, or counts that cannot be.
    """
    point = taken_as(trial, subject, sample, Method.NGS).point
    evidence = _evidence(trial, "ngs counts", method_version, files, settings)
    loq = _assay(trial, Method.NGS).events_for_loq
    result = from_ngs_counts(templates, cells, evidence, loq_templates=loq, flags=_flags(flags, files))
    return report(trial, by, subject, sample=sample, point=point, result=result, on=on)


def report_measured(
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
    """Report a sequencing result as `remission ngs track` measured it, with the reads it rests on.

    Parameters
    ----------
    measured, name : bytes, str
        The file that `track` wrote, and its name. It is kept, and named in the evidence.
    files : sequence of FileRef
        What was kept for it (`keep_files`): at least every file that its evidence names, by sha256.
    flags : sequence of str
        Beside those that the measurement raised itself, and `index-changed`.

    Raises
    ------
    InputRefused
        For a file that is no measurement, one of another sample, one whose files are not all given, and as
        in `own_index` and `report`.
    """
    from remission.mrd.ngs.measured_json import read_measured
    from remission.trial.own_index import INDEX, INDEX_CHANGED, own_index

    where = f"participant {subject}, sample {sample}, {name}"
    point = taken_as(trial, subject, sample, Method.NGS).point
    read = read_measured(BytesIO(measured), name)
    if read.sample != sample or read.result.method != Method.NGS:
        raise InputRefused(
            f"this is the {read.result.method} result of sample {read.sample!r}",
            where=where,
            do="check label and file",
        )
    given = {(ref.sha256, ref.size) for ref in files}
    lacking = [ref.name for ref in read.result.evidence.files if (ref.sha256, ref.size) not in given]
    if lacking:
        raise InputRefused(
            f"not given, or altered since they were read: {', '.join(lacking)}",
            where=where,
            do="give every file that the measurement read, as it was then",
        )
    own = own_index(trial, subject, read, files, where)
    kept = trial.files.keep(BytesIO(measured), name)
    behind = (Setting(MEASURED, kept.sha256), Setting(INDEX, own.file.sha256))
    evidence = replace(
        read.result.evidence,
        files=(*files, kept),
        settings=(*read.result.evidence.settings, *behind),
        simulated=read.result.evidence.simulated or own.index.evidence.simulated or trial.simulated,
    )
    changed = (INDEX_CHANGED,) if own.changed else ()
    raised = tuple(dict.fromkeys((*read.result.flags, *changed, *flags)))
    result = replace(read.result, evidence=evidence, flags=raised)
    return report(trial, by, subject, sample=sample, point=point, result=result, on=on)


def measurement_of(result: MrdResult) -> FileRef | None:
    """The kept file that a result was measured into; None for a result entered as counts."""
    kept = {setting.value for setting in result.evidence.settings if setting.name == MEASURED}
    return next((ref for ref in result.evidence.files if ref.sha256 in kept), None)


def report(
    trial: Trial, by: By, subject: SubjectId, *, sample: SampleId, point: str, result: MrdResult, on: date
) -> Participant:
    """Report a result, whoever made it, after checking that its files are kept and unaltered.

    Raises
    ------
    InputRefused
        For a sample not taken, or taken at another point or later than `on`, a method not planned there, a
        second result by the same method, or simulated evidence in a real trial.
    Missing, Altered
        If a file named in the evidence is not in the trial's files as it was.
    """
    taken = taken_as(trial, subject, sample, result.method)
    where = f"participant {subject}, sample {sample}"
    if taken.point != point:
        raise InputRefused(f"the sample is of {taken.point}, not {point}", where=where, do="check the label")
    if on < taken.on:
        raise InputRefused(f"{on} is before {taken.on}, when it was taken", where=where, do="check the date")
    for recorded in trial.participant(subject).all(ev.MrdReported):
        known = recorded.event
        if isinstance(known, ev.MrdReported) and (known.sample, known.result.method) == (
            sample,
            result.method,
        ):
            raise InputRefused(
                f"{result.method} of this sample is reported already, in entry {recorded.ref.seq}",
                where=where,
                do="correct that entry if it is wrong; a repeated test needs a new sample",
            )
    if result.evidence.simulated and not trial.simulated:
        raise InputRefused("the evidence is simulated", where=where, do="report it in a rehearsal")
    for ref in result.evidence.files:
        trial.files.check(ref)
    not_future(trial, by, subject.site, on)
    return trial.write(by, subject, ev.MrdReported(sample, point, result, on))


def _planned(trial: Trial, point: str) -> SampleSpec:
    for spec in trial.study.samples:
        if spec.point == point:
            return spec
    known = ", ".join(spec.point for spec in trial.study.samples)
    raise InputRefused(
        f"no sample is planned at {point!r}", where=f"study {trial.study.id}", do=f"use one of: {known}"
    )


def taken_as(trial: Trial, subject: SubjectId, sample: SampleId, method: Method) -> ev.MarrowTaken:
    """The marrow of a label, if `method` is planned at its point.

    Raises
    ------
    InputRefused
        For a sample never taken, or a method not planned there.
    """
    for recorded in trial.participant(subject).all(ev.MarrowTaken):
        event = recorded.event
        if isinstance(event, ev.MarrowTaken) and event.sample == sample:
            if method not in _planned(trial, event.point).methods:
                raise InputRefused(
                    f"{method} is not planned at {event.point}",
                    where=f"participant {subject}, sample {sample}",
                    do="check method and sample",
                )
            return event
    raise InputRefused(
        f"sample {sample} was never taken",
        where=f"participant {subject}",
        do="record the marrow first, or check the label",
    )


def _assay(trial: Trial, method: Method) -> Assay:
    for assay in trial.study.assays:
        if assay.method == method:
            return assay
    raise InputRefused(
        f"the study plans no {method} assay", where=f"study {trial.study.id}", do="check the method"
    )


def _evidence(
    trial: Trial, method: str, version: str, files: Sequence[FileRef], settings: Sequence[Setting]
) -> Evidence:
    return Evidence(method, version, tuple(files), tuple(settings), trial.simulated)


def _flags(flags: Sequence[str], files: Sequence[FileRef]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*flags, *(() if files else (COUNTS_ONLY,)))))
