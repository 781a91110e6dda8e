"""Responses, case by case, and against a slow, obvious version that reads the events in its own way."""

import random
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.conduct import events as ev
from remission.conduct.state import Participant, Stage
from remission.errors import InvariantBroken
from remission.mrd.calls import Call
from remission.protocol.study import Endpoint, Indeterminate, Study
from remission.results.endpoints import CountedAs, Response, respond
from remission.terms.days import Window

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


def test_a_later_result_and_a_correction_take_the_place_of_the_earlier(
    study: Study, build: SimpleNamespace
) -> None:
    child = build.full_course(1).report("d46", 46, build.flow(400))
    place = len(child.recorded) - 1
    sample = child.recorded[place].event.sample
    corrected = child.correct(place, ev.MrdReported(sample, "d46", build.flow(4), build.day(49)))
    response = respond(study, corrected.made(), build.AS_OF)[FLOW]
    assert response.counted_as is R
    assert corrected.recorded[-1].ref in response.refs
    again = corrected.report("d46", 48, build.flow(400))
    assert respond(study, again.made(), build.AS_OF)[FLOW].counted_as is N


def test_high_disease_keeps_a_negative_sequencing_result_as_non_responder(
    study: Study, build: SimpleNamespace
) -> None:
    at = build.full_course(1).report("d46", 46, build.flow(5_000), build.ngs(0)).made()
    response = respond(study, at, build.AS_OF)[NGS]
    assert (response.call, response.counted_as, response.indeterminate) == (Call.NEGATIVE, N, False)
    assert "Day-46 disease of 1 %" in response.reason.en
    below = build.full_course(1).report("d46", 46, build.flow(4_999), build.ngs(0)).made()
    assert respond(study, below, build.AS_OF)[NGS].counted_as is R


def test_relapse_or_death_before_the_sample_is_a_failure_and_not_missing(
    study: Study, build: SimpleNamespace
) -> None:
    for event in (ev.Relapsed(build.day(44), "marrow"), ev.Died(build.day(50), "treatment")):
        response = respond(study, build.full_course(1).add(event).made(), build.AS_OF)[FLOW]
        assert (response.counted_as, response.indeterminate, response.call) == (N, False, None)
    late = build.full_course(1).add(ev.Died(build.day(51), "treatment")).made()
    assert respond(study, late, build.AS_OF)[FLOW].indeterminate


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


SPOILT: dict[str, set[str]] = {"flow": set(), "ngs": {"no-index-clone", "contaminated"}}
BLINDED = {"flow": {"cd19-only-gate", "hemodilute"}, "ngs": {"hemodilute"}}


def slow_and_obvious(child: Participant, endpoint: Endpoint, window: Window, build: SimpleNamespace) -> str:
    """The same answer from the events as a clerk reads them, for the criterion of the shipped study."""
    said = [recorded.event for recorded in child.history]
    here = [event for event in said if getattr(event, "point", "") == endpoint.point]
    results = [event.result for event in here if isinstance(event, ev.MrdReported)]
    flows = [result for result in results if result.method == "flow"]
    mine = [result for result in results if result.method == endpoint.method]
    too_much = bool(flows) and Fraction(flows[-1].found) / flows[-1].cells >= Fraction(1, 100)
    last_day = build.DAY_ONE + timedelta(days=window.last - 1)
    if mine:
        result = mine[-1]
        events = 20 if endpoint.method == "flow" else 2.995732273553991
        deep = events / result.cells <= float(endpoint.required_lod)
        limit = Fraction(str(endpoint.threshold))
        below = Fraction(result.found) / result.cells < limit
        shown = not below and (
            result.level >= result.lod or (result.method == "ngs" and result.lower >= limit)
        )
        if set(result.flags) & SPOILT[endpoint.method]:
            answer = "indeterminate"
        elif shown:
            answer = "non_responder"
        elif set(result.flags) & BLINDED[endpoint.method]:
            answer = "indeterminate"
        else:
            answer = "responder" if deep and below else "indeterminate"
    elif any(isinstance(event, ev.Relapsed | ev.Died) and event.on <= last_day for event in said):
        answer = "non_responder"
    else:
        taken = any(isinstance(event, ev.MarrowTaken) for event in here)
        closed = child.stage is Stage.OFF or any(
            isinstance(event, ev.ResponseAssessed) or (event in here and isinstance(event, ev.SampleMissed))
            for event in said
        )
        answer = "pending" if taken and not closed else "indeterminate"
    return "non_responder" if too_much and answer != "pending" else answer


def spoken(response: Response) -> str:
    return "indeterminate" if response.indeterminate else str(response.counted_as.value)


def test_the_slow_and_obvious_version_decides_the_same(study: Study, build: SimpleNamespace) -> None:
    seen: set[str] = set()

    @given(st.integers(0, 10**9))
    @settings(max_examples=300, deadline=None)
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
