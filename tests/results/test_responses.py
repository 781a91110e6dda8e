"""Responses, case by case, and against a slow, obvious version that reads the events in its own way."""

import random
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from importlib.resources import files
from io import BytesIO
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.conduct import events as ev
from remission.conduct.state import Participant, Stage
from remission.errors import InvariantBroken
from remission.mrd.calls import Call
from remission.mrd.result import MrdResult
from remission.protocol.read_study import read_study
from remission.protocol.study import Endpoint, Indeterminate, OutsideWindow, Study
from remission.results.endpoints import CountedAs, Response, respond
from remission.terms.days import Window
from remission.terms.ids import SampleId

FLOW, NGS = "flow_negative", "ngs_negative"
R, N, X = CountedAs.RESPONDER, CountedAs.NON_RESPONDER, CountedAs.EXCLUDED


@pytest.mark.parametrize(
    ("found", "cells", "flags", "call", "counted", "indeterminate"),
    [
        (0, 500_000, (), Call.NEGATIVE, R, False),
        (49, 500_000, (), Call.NEGATIVE, R, False),
        (50, 500_000, (), Call.POSITIVE, N, False),  # the threshold itself is not below it
        (0, 200_000, (), Call.NEGATIVE, R, False),  # LOD 20/200,000 is exactly the required one
        (0, 199_999, (), Call.NOT_EVALUABLE, N, True),
        (0, 500_000, ("cd19-only-gate",), Call.NOT_EVALUABLE, N, True),
        (0, 500_000, ("hemodilute",), Call.NOT_EVALUABLE, N, True),
        (500, 500_000, ("hemodilute",), Call.POSITIVE, N, False),  # thinned by blood, and still positive
        (0, 500_000, ("other",), Call.NEGATIVE, R, False),
    ],
)
def test_flow(
    study: Study, build: SimpleNamespace, found: int, cells: int, flags: tuple[str, ...],
    call: Call, counted: CountedAs, indeterminate: bool,
) -> None:  # fmt: skip
    child = build.full_course(1).report("d46", 46, build.flow(found, cells, flags)).made()
    response = respond(study, child, build.AS_OF)[FLOW]
    assert (response.call, response.counted_as, response.indeterminate) == (call, counted, indeterminate)
    assert response.taken_on == build.day(46)


def test_indeterminate_is_left_out_where_the_study_file_says_so(study: Study, build: SimpleNamespace) -> None:
    excluding = replace(
        study, endpoints=tuple(replace(e, indeterminate=Indeterminate.EXCLUDED) for e in study.endpoints)
    )
    missed = build.full_course(1).add(ev.SampleMissed("d46", build.day(47), "transferred")).made()
    assert respond(excluding, missed, build.AS_OF)[FLOW].counted_as is X
    assert "transferred" in respond(excluding, missed, build.AS_OF)[FLOW].reason.en


def test_a_correction_takes_the_place_of_the_result(study: Study, build: SimpleNamespace) -> None:
    child = build.full_course(1).report("d46", 46, build.flow(400))
    place = len(child.recorded) - 1
    sample = child.recorded[place].event.sample
    corrected = child.correct(place, ev.MrdReported(sample, "d46", build.flow(4), build.day(49)))
    response = respond(study, corrected.made(), build.AS_OF)[FLOW]
    assert response.counted_as is R
    assert corrected.recorded[-1].ref in response.refs


UNDECIDED = "indeterminate"


@pytest.mark.parametrize(
    ("samples", "answer", "late_counts", "taken_on"),
    [
        # (day taken, events of 500,000), in the order of the ledger; None: not evaluable, thinned by blood
        ([(45, 400), (47, 4)], N, N, 45),  # a failure is not tested away
        ([(45, 4), (47, 400)], R, R, 45),
        ([(47, 4), (45, 400)], N, N, 45),  # the day taken counts, not the order of reports
        ([(45, None), (47, 4)], R, R, 47),
        ([(45, None), (47, 400), (49, 4)], N, N, 47),
        ([(45, None), (47, None)], UNDECIDED, UNDECIDED, 45),
        ([(44, 4)], R, R, 44),
        ([(50, 4)], R, R, 50),
        ([(51, 4)], UNDECIDED, R, 51),
        ([(51, 400)], UNDECIDED, N, 51),
        ([(43, 4)], UNDECIDED, R, 43),
        ([(43, 4), (46, 400)], N, N, 46),
        ([(43, 400), (46, 4)], R, R, 46),
        ([(46, None), (52, 4)], UNDECIDED, R, 52),
        ([(28, 4)], UNDECIDED, UNDECIDED, 28),  # disease before the treatment
        ([(29, 4)], UNDECIDED, UNDECIDED, 29),  # on the day of the first dose
        ([(28, 4), (46, 400)], N, N, 46),
    ],
)
def test_the_first_evaluable_sample_in_the_window_and_after_the_first_dose_decides(
    study: Study, build: SimpleNamespace, samples: list[tuple[int, int | None]],
    answer: CountedAs | str, late_counts: CountedAs | str, taken_on: int,
) -> None:  # fmt: skip
    counting = replace(
        study, endpoints=tuple(replace(e, outside_window=OutsideWindow.COUNTS) for e in study.endpoints)
    )
    child = build.full_course(1)
    for on, found in samples:
        child.report("d46", on, build.flow(found or 0, flags=("hemodilute",) if found is None else ()))
    made = child.made()
    of_the_point = {
        item.ref
        for item in made.history
        if isinstance(item.event, ev.MarrowTaken | ev.MrdReported) and item.event.point == "d46"
    }
    for file, expected in ((study, answer), (counting, late_counts)):
        response = respond(file, made, build.AS_OF)[FLOW]
        assert (UNDECIDED if response.indeterminate else response.counted_as) == expected
        assert of_the_point < set(response.refs)  # every sample considered is named
        if expected != UNDECIDED:
            assert response.taken_on == build.day(taken_on)


def test_a_sample_in_the_window_before_a_late_first_dose_is_no_answer(
    study: Study, build: SimpleNamespace
) -> None:
    def answered(*days: int) -> Response:
        child = build.enrolled(1).add(ev.InfusionStarted(build.instant(46), "course"))
        for on in days:
            child.report("d46", on, build.flow(0))
        return respond(study, child.add(ev.TreatmentCompleted(build.instant(60))).made(), build.AS_OF)[FLOW]

    for days in ((45,), (46,), (45, 46)):
        assert answered(*days).indeterminate
        assert "not after the first dose" in answered(*days).reason.en
    assert (answered(45, 47).counted_as, answered(45, 47).taken_on) == (R, build.day(47))


def test_a_child_never_treated_is_answered_by_its_sample_in_the_window(
    study: Study, build: SimpleNamespace
) -> None:
    child = build.enrolled(1).add(ev.TreatmentNotGiven(build.day(30), "refused"))
    assert respond(study, child.report("d46", 46, build.flow(0)).made(), build.AS_OF)[FLOW].counted_as is R


def test_a_sample_outside_the_window_says_so(study: Study, build: SimpleNamespace) -> None:
    child = build.full_course(1).report("d46", 51, build.flow(0)).made()
    response = respond(study, child, build.AS_OF)[FLOW]
    assert (response.call, response.counted_as) == (Call.NOT_EVALUABLE, N)
    assert "day 51, outside days 44 to 50" in response.reason.en and "第51天" in response.reason.zh


def test_a_result_whose_sample_is_of_no_known_day_decides_nothing(
    study: Study, build: SimpleNamespace
) -> None:
    child = build.full_course(1)
    child.add(ev.MrdReported(SampleId("stray"), "d46", build.flow(0), build.day(47)))
    response = respond(study, child.made(), build.AS_OF)[FLOW]
    assert response.indeterminate
    assert "no day of the sample" in response.reason.en


@pytest.mark.parametrize("name", ["nct06607419", "nct03441061"])
def test_shipped_studies_state_what_a_sample_outside_the_window_means(name: str) -> None:
    raw = (files("remission.studies") / name / "study.toml").read_bytes()
    shipped = read_study(BytesIO(raw), name=name)
    stated = [endpoint["outside_window"] for endpoint in tomllib.loads(raw.decode())["endpoints"]]
    assert stated == [OutsideWindow.INDETERMINATE] * len(shipped.endpoints)
    assert any("outside the window is indeterminate" in assumed.text.en for assumed in shipped.assumptions)
    assert any("窗口外样本" in assumed.text.zh for assumed in shipped.assumptions)


def test_high_disease_keeps_a_negative_sequencing_result_as_non_responder(
    study: Study, build: SimpleNamespace
) -> None:
    at = build.full_course(1).report("d46", 46, build.flow(5_000), build.ngs(0)).made()
    response = respond(study, at, build.AS_OF)[NGS]
    assert (response.call, response.counted_as, response.indeterminate) == (Call.NEGATIVE, N, False)
    assert "Day-46 disease of 1 %" in response.reason.en
    below = build.full_course(1).report("d46", 46, build.flow(4_999), build.ngs(0)).made()
    assert respond(study, below, build.AS_OF)[NGS].counted_as is R


def test_any_result_of_high_disease_keeps_a_non_responder_not_only_the_last(
    study: Study, build: SimpleNamespace
) -> None:
    for days in ((45, 47), (47, 45), (45, 60), (60, 45)):
        child = build.full_course(1).report("d46", days[0], build.flow(5_000), build.ngs(0))
        child.report("d46", days[1], build.flow(0), build.ngs(0))
        response = respond(study, child.made(), build.AS_OF)[NGS]
        assert (response.counted_as, response.indeterminate) == (N, False), days
        assert "Day-46 disease of 1 %" in response.reason.en


FAILURES = (ev.Relapsed, ev.SecondCancer, ev.Died)


@pytest.mark.parametrize("kind", FAILURES)
def test_relapse_second_cancer_or_death_before_the_sample_is_a_failure_and_not_missing(
    study: Study, build: SimpleNamespace, kind: type[ev.Relapsed] | type[ev.SecondCancer] | type[ev.Died]
) -> None:
    def at(on: int, *results: MrdResult) -> Response:
        child = build.full_course(1)
        if results:
            child.report("d46", 46, *results)
        return respond(study, child.add(kind(build.day(on), "x")).made(), build.AS_OF)[FLOW]

    negative, positive, blind = build.flow(0), build.flow(400), build.flow(0, flags=("hemodilute",))
    for on, results in ((44, ()), (50, ()), (44, (negative,)), (46, (negative,)), (46, (positive,)),
                        (50, (blind,))):  # fmt: skip
        response = at(on, *results)
        assert (response.counted_as, response.indeterminate, response.call) == (N, False, None)
        assert response.failed
    assert at(51).indeterminate
    assert at(51, blind).indeterminate
    # What happens after the day of the deciding sample does not change its answer.
    assert (at(47, negative).counted_as, at(47, negative).failed) == (R, False)


def test_the_first_of_several_failures_is_named(study: Study, build: SimpleNamespace) -> None:
    child = build.full_course(1).add(ev.SecondCancer(build.day(45), "AML"), ev.Relapsed(build.day(44), "m"))
    response = respond(study, child.made(), build.AS_OF)[FLOW]
    assert response.reason.en == "relapsed before the endpoint"
    assert child.recorded[-1].ref in response.refs


def test_an_answer_is_pending_until_its_window_or_the_assessment_closes(
    study: Study, build: SimpleNamespace
) -> None:
    child = build.full_course(1)
    in_window = build.AS_OF.replace(year=2025, month=4, day=21)  # day 50, the last of the window
    after = in_window + timedelta(days=1)
    assert respond(study, child.made(), in_window)[FLOW].pending
    assert respond(study, child.made(), after)[FLOW].indeterminate
    sampled = build.full_course(1).report("d46", 46)
    assert respond(study, sampled.made(), after)[FLOW].pending
    assert respond(study, sampled.add(ev.ResponseAssessed(build.day(60), ())).made(), after)[
        FLOW
    ].indeterminate
    early = build.full_course(1).report("d46", 43, build.flow(0))
    assert respond(study, early.made(), in_window)[FLOW].pending  # the sample of the window may still come
    assert respond(study, early.made(), after)[FLOW].indeterminate
    late = build.full_course(1).report("d46", 51)
    assert respond(study, late.made(), after)[FLOW].indeterminate  # its result could decide nothing
    again = build.full_course(1).report("d46", 45, build.flow(0, flags=("hemodilute",))).report("d46", 47)
    assert respond(study, again.made(), after)[FLOW].pending


def test_one_who_is_not_enrolled_has_no_response(study: Study, build: SimpleNamespace) -> None:
    with pytest.raises(InvariantBroken, match="not enrolled"):
        respond(study, build.screened(1).made(), build.AS_OF)


def test_a_response_rests_on_enrolment_and_result(study: Study, build: SimpleNamespace) -> None:
    child = build.full_course(1).report("d46", 46, build.flow(0)).made()
    kinds = {
        type(recorded.event)
        for recorded in child.history
        if recorded.ref in respond(study, child, build.AS_OF)[FLOW].refs
    }
    assert kinds == {ev.Enrolled, ev.MrdReported, ev.MarrowTaken}


STILL_IN = (Stage.ENROLLED, Stage.ON_TREATMENT, Stage.PAUSED, Stage.TREATMENT_ENDED, Stage.FOLLOW_UP)
SPOILT: dict[str, set[str]] = {"flow": set(), "ngs": {"no-index-clone", "contaminated"}}
BLINDED = {"flow": {"cd19-only-gate", "hemodilute"}, "ngs": {"hemodilute"}}


def clerk(result: MrdResult, endpoint: Endpoint) -> str:
    """One result as a clerk reads it: responder, non_responder, or indeterminate."""
    events = 20 if endpoint.method == "flow" else 2.995732273553991
    deep = events / result.cells <= float(endpoint.required_lod)
    limit = Fraction(str(endpoint.threshold))
    below = Fraction(result.found) / result.cells < limit
    shown = not below and (result.level >= result.lod or (result.method == "ngs" and result.lower >= limit))
    if set(result.flags) & SPOILT[endpoint.method]:
        return "indeterminate"
    if shown:
        return "non_responder"
    if set(result.flags) & BLINDED[endpoint.method]:
        return "indeterminate"
    return "responder" if deep and below else "indeterminate"


def slow_and_obvious(child: Participant, endpoint: Endpoint, window: Window, build: SimpleNamespace) -> str:
    """The same answer from the events as a clerk reads them, for the criterion of the shipped study."""
    said = [recorded.event for recorded in child.history]
    here = [event for event in said if getattr(event, "point", "") == endpoint.point]
    reports = [event for event in here if isinstance(event, ev.MrdReported)]
    doses = [event.at.date() for event in said if isinstance(event, ev.InfusionStarted)]
    wanted = [build.day(number) for number in range(window.first, window.last + 1)]
    days = {
        event.sample: event.on
        for event in here
        if isinstance(event, ev.MarrowTaken) and event.on in wanted and all(event.on > dose for dose in doses)
    }
    decided: list[tuple[date, str]] = []
    waiting = set(days)
    for on in sorted(set(days.values())):
        for event in reports:
            if event.result.method == endpoint.method and days.get(event.sample) == on:
                waiting.discard(event.sample)
                decided.append((on, clerk(event.result, endpoint)))
    known = [(on, answer) for on, answer in decided if answer != "indeterminate"]
    limit = known[0][0] if known else wanted[-1]
    if any(isinstance(event, FAILURES) and event.on <= limit for event in said):
        answer = "non_responder"
    elif known:
        answer = known[0][1]
    else:
        closed = child.stage not in STILL_IN or any(
            isinstance(event, ev.ResponseAssessed) or (event in here and isinstance(event, ev.SampleMissed))
            for event in said
        )
        answer = "pending" if waiting and not closed else "indeterminate"
    flows = [event.result for event in reports if event.result.method == "flow"]
    too_much = any(Fraction(flow.found) / flow.cells >= Fraction(1, 100) for flow in flows)
    return "non_responder" if too_much and answer != "pending" else answer


def spoken(response: Response) -> str:
    return "indeterminate" if response.indeterminate else str(response.counted_as.value)


def test_the_slow_and_obvious_version_decides_the_same(study: Study, build: SimpleNamespace) -> None:
    seen: set[str] = set()

    @given(st.integers(0, 10**9))
    @settings(max_examples=600, deadline=None)
    def same(seed: int) -> None:
        child = build.any_child(1, random.Random(seed))
        if child.last(ev.Enrolled) is None:
            return
        responses = respond(study, child, build.AS_OF)
        for endpoint in study.endpoints:
            expected = slow_and_obvious(child, endpoint, study.point(endpoint.point).window, build)
            seen.add(expected)
            assert spoken(responses[endpoint.id]) == expected

    same()
    assert seen >= {"responder", "non_responder", "indeterminate", "pending"}
