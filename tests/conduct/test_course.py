"""Hours infused, pauses and ends, against a slow count of the minutes in which the pump ran."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.conduct import events as ev
from remission.conduct.course import course_of
from remission.conduct.state import Participant
from remission.protocol.study import Study

ON = date(2026, 3, 26)
BEFORE = (ev.Consented(ON, "guardian", "1"), ev.FoundEligible(ON, ()), ev.Enrolled(ON, 1, "low"))
START = datetime(2026, 3, 29, 2, tzinfo=UTC)
Live = Callable[..., Participant]


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def test_before_the_start_nothing_runs(study: Study, live: Live) -> None:
    course = course_of(study, live(*BEFORE), at=START)
    assert (course.started, course.running, course.infused_hours, course.pause) == (None, False, 0, None)
    assert course.planned_hours == 336 and course.planned_end is None


def test_an_uninterrupted_course_of_14_days_ends_336_hours_after_its_start(study: Study, live: Live) -> None:
    course = course_of(study, live(*BEFORE, ev.InfusionStarted(START, "course")), at=after(100))
    assert (course.infused_hours, course.running, course.step, course.level) == (100, True, "course", "full")
    assert course.planned_end == after(336)


def test_a_pause_moves_the_end_and_its_hours_do_not_count(study: Study, live: Live) -> None:
    paused = live(*BEFORE, ev.InfusionStarted(START, "course"), ev.InfusionPaused(after(48), "line", "T1"))
    standing = course_of(study, paused, at=after(53))
    assert standing.pause is not None and not standing.running
    assert (standing.pause.hours, standing.pause.why, standing.pause.toxicity) == (5, "line", "T1")
    assert (standing.infused_hours, standing.planned_end) == (48, None)
    going = live(
        *BEFORE, ev.InfusionStarted(START, "course"), ev.InfusionPaused(after(48), "line"),
        ev.InfusionRestarted(after(54), "low"),
    )  # fmt: skip
    standing = course_of(study, going, at=after(60))
    assert (standing.infused_hours, standing.level, standing.pause) == (54, "low", None)
    assert standing.planned_end == after(342)


@pytest.mark.parametrize(
    ("last", "hours"),
    [
        (ev.Died(date(2026, 4, 3), "treatment"), 118),  # until 3 April 00:00 UTC
        (ev.Relapsed(date(2026, 4, 3), "marrow"), 118),
        (ev.SecondCancer(date(2026, 4, 3), "x"), 118),
        (ev.Withdrew(date(2026, 4, 3), "treatment", "x", "guardian"), 118),
        (ev.Withdrew(date(2026, 4, 3), "study", "x", "guardian"), 118),
        (ev.LostToFollowUp(date(2026, 4, 3), date(2026, 4, 3)), 118),
        (ev.Died(date(2026, 3, 29), "treatment"), 0),  # on the day of the start: nothing is made up
        (ev.TreatmentStopped(START + timedelta(hours=30), "x", True), 30),
    ],
)
def test_an_end_with_the_pump_running_ends_the_count(
    study: Study, live: Live, last: ev.Event, hours: int
) -> None:
    course = course_of(study, live(*BEFORE, ev.InfusionStarted(START, "course"), last), at=after(5000))
    assert (course.infused_hours, course.running, course.pause) == (hours, False, None)
    assert course.ended == after(hours)


def test_what_comes_after_the_end_adds_nothing(study: Study, live: Live) -> None:
    done = (ev.InfusionStarted(START, "course"), ev.TreatmentCompleted(after(336)))
    participant = live(
        *BEFORE, *done, ev.Relapsed(date(2027, 1, 1), "marrow"), ev.Died(date(2027, 2, 1), "leukaemia")
    )
    course = course_of(study, participant, at=after(20_000))
    assert (course.infused_hours, course.ended) == (336, after(336))


def test_a_death_before_any_dose_is_no_end_of_a_course(study: Study, live: Live) -> None:
    course = course_of(study, live(*BEFORE, ev.Died(ON, "other")), at=START)
    assert (course.started, course.ended, course.infused_hours) == (None, None, 0)


def test_single_doses_are_named(second: Study, live: Live) -> None:
    doses = (ev.DoseGiven(after(0), "c1d1"), ev.DoseGiven(after(168), "c1d8"))
    course = course_of(second, live(*BEFORE, *doses), at=after(200))
    assert (course.doses, course.started, course.planned_hours) == (("c1d1", "c1d8"), START, Decimal(0))
    stopped = live(*BEFORE, *doses, ev.TreatmentStopped(after(170), "x", True))
    assert course_of(second, stopped, at=after(200)).ended == after(170)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 90), min_size=1, max_size=9), st.integers(0, 60))
def test_hours_agree_with_counting_them_one_by_one(
    study: Study, live: Live, gaps: list[int], later: int
) -> None:
    turns: list[ev.Event] = [ev.InfusionStarted(START, "course")]
    moment = 0
    running = [0]
    for number, gap in enumerate(gaps):
        moment += gap
        running.append(moment)
        turns.append(
            ev.InfusionRestarted(after(moment), "full")
            if number % 2
            else ev.InfusionPaused(after(moment), "x")
        )
    now = moment + later
    slow = sum(
        any(on <= hour < off for on, off in zip(running[::2], [*running[1::2], now], strict=False))
        for hour in range(now)
    )
    course = course_of(study, live(*BEFORE, *turns), at=after(now))
    assert course.infused_hours == slow
    assert sum((pause.hours for pause in course.pauses), Decimal(0)) == now - slow
    assert course.running is (len(gaps) % 2 == 0)
    if course.running:
        assert course.planned_end == after(now + 336 - slow)
