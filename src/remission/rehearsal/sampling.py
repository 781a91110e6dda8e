"""Marrow samples: taken, late or missed, tested by each planned method, reported with their count files."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from io import BytesIO

import numpy as np

from remission.errors import ActRefused, InputRefused
from remission.mrd.result import CELL_EQUIVALENTS, Denominator, Method
from remission.protocol.study import SampleSpec
from remission.rehearsal.assay import count_file, run
from remission.rehearsal.desk import Desk, Story
from remission.rehearsal.treating import course_received
from remission.terms.days import study_day
from remission.terms.ids import SampleId
from remission.trial import laboratory

METHOD_VERSION = "rehearsal 1"
_NUCLEATED = "nucleated cells"
_MONONUCLEAR = "mononuclear cells"
_MONONUCLEAR_PART = 0.6
_LATE_DAYS = 10
_SEEN = 2.0
"""Times the threshold: a level at which a gate shows something."""


@dataclass(frozen=True, slots=True)
class _Result:
    """A test's outcome, and the day on which the laboratory reports it."""

    on: date
    method: str
    cells: int
    found: int
    flags: tuple[str, ...]


def take(desk: Desk, story: Story, spec: SampleSpec, attempt: int) -> SampleId:
    """Take the marrow today; outside its window that is a deviation, and somebody says why."""
    subject, today = story.known_as, desk.today(story.child.site)
    sample, by = SampleId(f"{subject}-{spec.point}-{attempt}"), desk.by(story.child.site)

    def taken(deviation: str | None) -> None:
        laboratory.take_marrow(
            desk.trial, by, subject, sample=sample, point=spec.point, on=today, deviation=deviation
        )

    if study_day(today, story.child.day_one) in desk.study.point(spec.point).window:
        taken(None)
        return sample
    desk.must_refuse("marrow outside its window without a reason", ActRefused, lambda: taken(None))
    taken("theatre not free")
    return sample


def miss(desk: Desk, story: Story, spec: SampleSpec, why: str) -> None:
    """Record today that the sample will not come."""
    by, today = desk.by(story.child.site), desk.today(story.child.site)
    laboratory.miss_sample(desk.trial, by, story.known_as, point=spec.point, on=today, why=why)


def tested(desk: Desk, story: Story, spec: SampleSpec, sample: SampleId) -> Iterator[date]:
    """Test a sample taken today by every planned method; yields each day on which a result is reported."""
    taken = desk.today(story.child.site)
    results = [_test(desk, story, spec, method, taken) for method in spec.methods]
    for result in sorted(results, key=lambda result: (result.on, result.method)):
        if result.on > desk.today(story.child.site):
            yield result.on
        _report(desk, story, spec, sample, result)


def _test(desk: Desk, story: Story, spec: SampleSpec, method: str, taken: date) -> _Result:
    plan = next(assay for assay in desk.study.assays if assay.method == method)
    lab = desk.population.assay(method)
    level, unseen = story.levels[spec.point], story.unseen.get(spec.point, 0.0)
    tests = run(plan, lab, np.array([level]), np.array([unseen]), story.numbers)
    days = story.between(*lab.result_days)
    if story.chance(lab.late_result):
        days += story.between(2, _LATE_DAYS)
    flags = tuple(flag for flag, raised in tests.flags.items() if raised[0])
    return _Result(taken + timedelta(days=days), method, int(tests.cells[0]), int(tests.found[0]), flags)


def _report(desk: Desk, story: Story, spec: SampleSpec, sample: SampleId, result: _Result) -> None:
    subject, by, today = story.known_as, desk.by(story.child.site), desk.today(story.child.site)
    if result.method == Method.FLOW:
        examined = {_NUCLEATED: result.cells, _MONONUCLEAR: int(result.cells * _MONONUCLEAR_PART)}
        examined[_MONONUCLEAR] = max(examined[_MONONUCLEAR], result.found)
        counts = {"target cells": result.found, **examined}
    else:
        examined = {CELL_EQUIVALENTS: result.cells}
        counts = {"templates": result.found, **examined}
    if story.chance(0.005):
        _wrong_label(desk, story, result)
    if result.method == Method.NGS and _sequenced(desk, story, spec, sample, result):
        return
    if result.method == Method.FLOW and _shown(desk, story, spec, sample, result):
        return
    raw = count_file(sample, result.method, counts, result.flags)
    file = desk.trial.files.keep(BytesIO(raw), f"{sample}-{result.method}.csv")
    if result.method == Method.FLOW:
        laboratory.report_flow(
            desk.trial, by, subject, sample=sample, found=result.found,
            examined=[Denominator(name, count) for name, count in examined.items()], primary=_NUCLEATED,
            files=[file], on=today, method_version=METHOD_VERSION, flags=result.flags,
        )  # fmt: skip
    else:
        laboratory.report_ngs(
            desk.trial, by, subject, sample=sample, templates=result.found, cells=result.cells,
            files=[file], on=today, method_version=METHOD_VERSION, flags=result.flags,
        )  # fmt: skip


def _sequenced(desk: Desk, story: Story, spec: SampleSpec, sample: SampleId, result: _Result) -> bool:
    """Sequence the sample for real, if that was asked for and not done yet."""
    asked = (spec.point, Method.NGS)
    endpoint = next((end for end in desk.study.endpoints if (end.point, end.method) == asked), None)
    if desk.reads is None or endpoint is None:
        return False
    from remission.rehearsal.showcase import Tube, report_sequenced

    numbers, desk.reads = desk.reads, None
    assay = next(assay for assay in desk.study.assays if assay.method == Method.NGS)
    site = story.child.site
    tube = Tube(story.known_as, sample, story.levels[spec.point], result.cells)
    report_sequenced(
        desk.trial, desk.by(site), tube, assay, endpoint, result.flags, desk.today(site), numbers
    )
    return True


def _shown(desk: Desk, story: Story, spec: SampleSpec, sample: SampleId, result: _Result) -> bool:
    """Measure a treated child's marrow from its events: the first with enough to see.

    Of the next child, a second marrow is taken, and its events are received, which nobody has measured.
    """
    asked, level, trial = (spec.point, Method.FLOW), story.levels[spec.point], desk.trial
    endpoint = next((end for end in desk.study.endpoints if (end.point, end.method) == asked), None)
    if desk.events is None or endpoint is None or course_received(desk, story) == 0:
        return False
    from remission.rehearsal.showcase_flow import Stained, receive_events, report_measured_events

    by, subject = desk.by(story.child.site), story.known_as
    stained = Stained(subject, sample, spec.point, level, story.unseen[spec.point], result.cells)
    needed = next(assay for assay in desk.study.assays if assay.method == Method.FLOW).needed_after_treatment
    if desk.events_of is None:
        if level < _SEEN * float(endpoint.threshold) or not {*needed} <= {*result.flags}:
            return False
        desk.events_of = subject
        report_measured_events(trial, by, stained, result.flags, desk.events)
        return True
    taken = laboratory.taken_as(trial, subject, sample, Method.FLOW).on
    if desk.off(story) or study_day(taken, story.child.day_one) not in desk.study.point(spec.point).window:
        return False
    second = SampleId(f"{subject}-{spec.point}-2")
    laboratory.take_marrow(trial, by, subject, sample=second, point=spec.point, on=taken)
    receive_events(trial, by, replace(stained, sample=second), desk.events)
    desk.events = None
    return False


def _wrong_label(desk: Desk, story: Story, result: _Result) -> None:
    """A result under a label that was never taken is refused."""
    desk.must_refuse(
        "result for a sample never taken", InputRefused,
        lambda: laboratory.report_ngs(
            desk.trial, desk.by(story.child.site), story.known_as, sample=SampleId("no-such-tube"),
            templates=0, cells=result.cells, files=[], on=desk.today(story.child.site),
            method_version=METHOD_VERSION,
        ),
    )  # fmt: skip
