"""What is due over the life of a child, day by day."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from remission.conduct import events as ev
from remission.conduct.due import Due, Urgency, due
from remission.conduct.enrolment import is_enrolled, next_number
from remission.conduct.state import Participant
from remission.errors import NotEligible
from remission.mrd.result import COUNTS_ONLY, Denominator, MrdResult, from_flow_counts
from remission.protocol.study import Study
from remission.terms.evidence import Evidence
from remission.terms.ids import SampleId
from remission.terms.words import Text

Live = Callable[..., Participant]
Day = Callable[[int], date]
At = Callable[..., datetime]


@pytest.fixture
def enrolled(day: Day) -> list[ev.Event]:
    return [
        ev.Consented(day(16), "guardian", "1"),
        ev.FactRecorded("induction_start", "2026-03-01", day(16)),
        ev.FoundEligible(day(26), ()),
        ev.Enrolled(day(26), 1, "low"),
    ]


def said(items: tuple[Due, ...], today: date) -> dict[str, tuple[date | None, date | None, Urgency]]:
    return {item.what.en: (item.first, item.last, item.urgency(today)) for item in items}


def result() -> MrdResult:
    counted = (Denominator("all", 1_000_000),)
    return from_flow_counts(5, counted, "all", Evidence("flow", "1"), flags=(COUNTS_ONLY,))


def test_at_consent_every_question_list_and_the_first_sample_are_due(
    study: Study, live: Live, day: Day
) -> None:
    items = due(study, live(ev.Consented(day(16), "guardian", "1")), today=day(16))
    listed = {item.what.en for item in items}
    assert len(items) == len(study.facts) + len(study.lists) + 2
    assert {"Date of birth", "Convulsions: declare the list complete", "Decide on eligibility"} <= listed
    assert "Day-46 marrow" not in listed
    assert all(item.last is None and item.urgency(day(900)) is Urgency.NOW for item in items)  # day 1 unknown


def test_a_question_is_late_the_day_after_its_last_day(study: Study, live: Live, day: Day) -> None:
    participant = live(
        ev.Consented(day(16), "guardian", "1"), ev.FactRecorded("induction_start", "2026-03-01", day(16))
    )
    found = said(due(study, participant, today=day(20)), day(20))
    assert found["Date of birth"][1:] == (day(19), Urgency.LATE)
    assert found["Body weight"][1:] == (day(28), Urgency.NOW)
    assert found["Day-19 marrow"] == (day(17), day(22), Urgency.NOW)
    assert found["Decide on eligibility"][1] == day(29)  # the last day on which a child may be enrolled
    items = due(study, participant, today=day(20))
    assert [item.urgency(day(20)) for item in items] == sorted(
        (item.urgency(day(20)) for item in items), key=[Urgency.LATE, Urgency.NOW, Urgency.LATER].index
    )


def test_a_sample_then_its_result_then_nothing(study: Study, live: Live, day: Day) -> None:
    before = [
        ev.Consented(day(16), "guardian", "1"),
        ev.FactRecorded("induction_start", "2026-03-01", day(16)),
    ]
    taken = ev.MarrowTaken(SampleId("a"), "d19", day(19))
    missed = ev.SampleMissed("d19", day(19), "clotted")

    def listed(*events: ev.Event) -> set[str]:
        return {
            item.what.en
            for item in due(study, live(*before, *events), today=day(20))
            if "Day-19" in item.what.en
        }

    assert listed() == {"Day-19 marrow"}
    waiting = listed(taken)
    assert len(waiting) == 1 and waiting.pop().startswith("Day-19 marrow: ")
    assert listed(taken, ev.MrdReported(SampleId("a"), "d19", result(), day(21))) == set()
    assert listed(missed) == listed(taken, missed) == set()
    assert len(listed(missed, taken)) == 1  # it came after all


def test_the_start_is_due_in_its_window(study: Study, live: Live, day: Day, enrolled: list[ev.Event]) -> None:
    participant = live(*enrolled)
    words = "Start Blinatumomab"
    at = {
        number: said(due(study, participant, today=day(number)), day(number))[words]
        for number in (28, 29, 31, 32)
    }
    assert [urgency for *_, urgency in at.values()] == [Urgency.LATER, Urgency.NOW, Urgency.NOW, Urgency.LATE]
    assert at[28][:2] == (day(29), day(31))
    eligible = said(due(study, live(*enrolled[:3]), today=day(27)), day(27))
    assert eligible["Enrol"][1] == day(29)


@pytest.mark.parametrize(
    ("start", "pauses", "ends"),
    [
        (29, [], 43),
        (31, [], 45),  # a late start moves the end
        (29, [(31, 33)], 45),  # and so does every pause
        (29, [(31, 33), (35, 36)], 46),
    ],
)
def test_the_planned_end_follows_the_pump(
    study: Study, live: Live, day: Day, at: At, enrolled: list[ev.Event], start: int,
    pauses: list[tuple[int, int]], ends: int,
) -> None:  # fmt: skip
    turns: list[ev.Event] = [ev.InfusionStarted(at(start), "course")]
    for off, on in pauses:
        turns += [ev.InfusionPaused(at(off), "x"), ev.InfusionRestarted(at(on), "full")]
    items = [
        item for item in due(study, live(*enrolled, *turns), today=day(40)) if "planned end" in item.what.en
    ]
    assert [(item.first, item.day) for item in items] == [(day(ends), ends)]


def test_the_planned_end_is_a_day_at_the_site(
    study: Study, live: Live, day: Day, at: At, enrolled: list[ev.Event]
) -> None:
    """17:00 UTC is one in the morning of the next day in Shanghai."""
    participant = live(*enrolled, ev.InfusionStarted(at(29, 17), "course"))
    (end,) = [item for item in due(study, participant, today=day(30)) if "planned end" in item.what.en]
    assert end.first == day(44)


def test_a_pause_is_to_end_before_it_ends_the_course(
    study: Study, live: Live, day: Day, at: At, enrolled: list[ev.Event]
) -> None:
    participant = live(*enrolled, ev.InfusionStarted(at(29), "course"), ev.InfusionPaused(at(31), "x"))
    found = said(due(study, participant, today=day(39)), day(39))
    assert found["Blinatumomab: restart or stop"] == (None, day(38), Urgency.LATE)


def test_the_next_single_dose(second: Study, live: Live, day: Day, at: At) -> None:
    before = [
        ev.Consented(day(-5), "participant", "1"), ev.FactRecorded("first_dose_date", "2026-03-01", day(-5)),
        ev.FoundEligible(day(-2), ()), ev.Enrolled(day(-2), 1, "CR1"), ev.DoseGiven(at(1), "c1d1"),
    ]  # fmt: skip
    (dose,) = [item for item in due(second, live(*before), today=day(2)) if "dose" in item.what.en]
    assert (dose.what.en, dose.first, dose.last) == ("Inotuzumab ozogamicin: dose c1d8", day(8), day(8))
    steps = [ev.DoseGiven(at(step.day), step.id) for table in second.treatment.tables for step in table.steps]
    (last,) = [
        item for item in due(second, live(*before[:-1], *steps), today=day(150)) if item.who == "doctor"
    ]
    assert last.what.en == "Inotuzumab ozogamicin: complete"


def test_from_the_end_of_treatment_to_the_end_of_follow_up(
    study: Study, live: Live, day: Day, at: At, enrolled: list[ev.Event]
) -> None:
    treated = [*enrolled, ev.InfusionStarted(at(29), "course"), ev.TreatmentCompleted(at(43))]
    found = said(due(study, live(*treated), today=day(46)), day(46))
    assert found["Day-46 marrow"] == (day(44), day(50), Urgency.NOW)
    assert found["Assess the response"][0] == day(50)
    followed = [*treated, ev.SampleMissed("d46", day(50), "x"), ev.ResponseAssessed(date(2026, 5, 31), ())]
    found = said(due(study, live(*followed), today=date(2026, 10, 1)), date(2026, 10, 1))
    # 3 months after 31 May; a month of grace
    assert found == {"Follow-up contact": (date(2026, 8, 31), date(2026, 10, 1), Urgency.NOW)}
    seen = live(*followed, ev.FollowedUp(date(2030, 3, 15), True))
    found = said(due(study, seen, today=date(2030, 4, 1)), date(2030, 4, 1))
    assert found == {"End of follow-up": (date(2030, 5, 31), None, Urgency.LATER)}
    assert due(study, live(*followed, ev.Died(day(90), "other")), today=day(91)) == ()


def test_nothing_is_asked_of_a_child_who_is_out(study: Study, live: Live, day: Day) -> None:
    consent = ev.Consented(day(16), "guardian", "1")
    assert due(study, live(consent, ev.FoundIneligible(day(20), ())), today=day(21)) == ()
    assert due(study, live(consent, ev.Withdrew(day(20), "study", "x", "guardian")), today=day(21)) == ()


def test_numbers_count_all_who_were_ever_enrolled(
    study: Study, live: Live, day: Day, enrolled: list[ev.Event]
) -> None:
    one, dead = live(*enrolled), live(*enrolled, ev.Died(day(30), "other"))
    screened = live(*enrolled[:2])
    assert [is_enrolled(who) for who in (one, dead, screened)] == [True, True, False]
    assert next_number(study, [one, dead, screened]) == 3
    assert next_number(study, [one] * 89) == 90
    with pytest.raises(NotEligible, match="all 90 participants"):
        next_number(study, [one] * 90)


def test_urgency_at_its_edges() -> None:
    first, last = date(2026, 3, 10), date(2026, 3, 12)
    item = Due(Text("x", "甲"), "site", first, last, 10)
    days = [first - timedelta(days=1), first, last, last + timedelta(days=1)]
    assert [item.urgency(day) for day in days] == [Urgency.LATER, Urgency.NOW, Urgency.NOW, Urgency.LATE]
