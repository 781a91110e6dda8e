"""The table of permitted changes, and the replay with corrections."""

import typing
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from remission.conduct import events as ev
from remission.conduct.stages_table import stage_rows
from remission.conduct.state import NEXT, Participant, Stage, after
from remission.errors import WrongStage

ON = date(2026, 3, 20)
PAGE = Path(__file__).parents[2] / "docs" / "rooms" / "conduct.md"
CONSENT = ev.Consented(ON, "guardian", "1.2")
ELIGIBLE = ev.FoundEligible(ON, ())
ENROLLED = ev.Enrolled(ON, 1, "low")
Live = Callable[..., Participant]


def test_every_event_has_its_place_in_the_table() -> None:
    kinds = set(typing.get_args(ev.Event)) - {ev.Voided}  # which only ever stands in the place of another
    assert {kind for changes in NEXT.values() for kind in changes} == kinds
    assert set(NEXT) == set(Stage)


def test_every_stage_can_be_reached_and_left_for_the_end() -> None:
    reached, seen = {Stage.UNKNOWN}, set[Stage]()
    while reached - seen:
        stage = (reached - seen).pop()
        seen.add(stage)
        reached |= set(NEXT[stage].values())
    assert reached == set(Stage)
    ends = {stage for stage, changes in NEXT.items() if set(changes.values()) <= {stage}}
    assert ends == {Stage.SCREEN_FAILED, Stage.OFF}


def test_nobody_is_treated_who_was_not_enrolled_nor_enrolled_who_was_not_found_eligible() -> None:
    assert [stage for stage, changes in NEXT.items() if ev.Enrolled in changes] == [Stage.ELIGIBLE]
    into = {
        (stage, kind)
        for stage, changes in NEXT.items()
        for kind, next in changes.items()
        if next in (Stage.ELIGIBLE, Stage.ENROLLED) and stage is not next
    }
    assert into == {(Stage.SCREENING, ev.FoundEligible), (Stage.ELIGIBLE, ev.Enrolled)}
    drug = (ev.InfusionStarted, ev.DoseGiven, ev.InfusionRestarted, ev.DoseOrdered)
    allowed = {stage for stage, changes in NEXT.items() if set(drug) & set(changes)}
    assert allowed == {Stage.ENROLLED, Stage.ON_TREATMENT, Stage.PAUSED}


def test_whatever_is_new_asks_for_a_new_judgement() -> None:
    for kind in (
        ev.FactRecorded,
        ev.ThingHappened,
        ev.ListClosed,
        ev.MrdReported,
        ev.MarrowTaken,
        ev.SampleMissed,
    ):
        assert NEXT[Stage.ELIGIBLE][kind] is Stage.SCREENING


def test_files_may_come_whenever_a_tube_was_taken_and_change_nothing() -> None:
    for stage in Stage:
        assert NEXT[stage].get(ev.FilesReceived) is (None if stage is Stage.UNKNOWN else stage)


@pytest.mark.parametrize(
    "stage", [Stage.ENROLLED, Stage.ON_TREATMENT, Stage.PAUSED, Stage.FOLLOW_UP, Stage.OFF]
)
def test_a_toxicity_a_deviation_and_a_late_result_are_never_lost(stage: Stage) -> None:
    for kind in (ev.ToxicityReported, ev.ToxicityRegraded, ev.DeviationReported, ev.MrdReported):
        assert NEXT[stage][kind] is stage


def test_a_refusal_lists_what_is_allowed() -> None:
    with pytest.raises(WrongStage) as refused:
        after(Stage.UNKNOWN, ENROLLED, where="participant 01-001")
    assert refused.value.what == "Enrolled cannot happen while UNKNOWN"
    assert refused.value.do.endswith("(allowed now: Consented)")


@pytest.mark.parametrize("stage", [stage for stage, changes in NEXT.items() if ev.Withdrew in changes])
def test_withdrawal_from_the_study_ends_it_and_from_treatment_does_not_once_enrolled(stage: Stage) -> None:
    def left(scope: str) -> Stage:
        return after(stage, ev.Withdrew(ON, scope, "moved", "guardian"), where="here")

    assert left("study") is Stage.OFF
    before = stage in (Stage.SCREENING, Stage.ELIGIBLE, Stage.LOST)
    assert (left("treatment") is Stage.OFF) is before


def test_the_page_prints_the_table() -> None:
    rows = [f"| {stage} | {event} | {next} |" for stage, event, next in stage_rows()]
    printed = [line for line in PAGE.read_text("utf-8").splitlines() if line.count("|") == 4]
    assert [line for line in printed if line in rows] == rows
    assert len(rows) == sum(len(changes) for changes in NEXT.values())


# ------------------------------------------------------------ corrections


def fact(value: str) -> ev.FactRecorded:
    return ev.FactRecorded("weight", value, ON)


def told(participant: Participant) -> list[tuple[str, int]]:
    return [
        (item.event.value, item.ref.seq)
        for item in participant.all(ev.FactRecorded)
        if isinstance(item.event, ev.FactRecorded)
    ]


def test_a_correction_takes_the_place_of_what_it_corrects(live: Live) -> None:
    participant = live(CONSENT, fact("12"), fact("30"), (fact("21"), 2))
    assert told(participant) == [("21", 4), ("30", 3)]
    assert participant.history[1].replaces == (2,)


def test_a_chain_of_corrections_ends_with_the_last(live: Live) -> None:
    assert told(live(CONSENT, fact("1"), (fact("2"), 2), (fact("3"), 3))) == [("3", 4)]
    assert told(live(CONSENT, fact("1"), (fact("2"), 2), (fact("3"), 2))) == [("3", 4)]


def test_a_voided_entry_leaves_nothing_and_can_be_said_again(live: Live) -> None:
    void = ev.Voided("another child")
    assert told(live(CONSENT, fact("1"), fact("2"), (void, 2))) == [("2", 3)]
    assert told(live(CONSENT, fact("1"), (void, 2), (fact("4"), 2))) == [("4", 4)]


def test_a_voided_decision_takes_the_stage_back(live: Live) -> None:
    assert live(CONSENT, ELIGIBLE, (ev.Voided("too early"), 2)).stage is Stage.SCREENING
    assert live(CONSENT, (ev.Voided("wrong child"), 1)).stage is Stage.UNKNOWN


def test_what_follows_must_stay_possible(live: Live) -> None:
    with pytest.raises(WrongStage, match="Enrolled cannot happen while SCREENING") as refused:
        live(CONSENT, ELIGIBLE, ENROLLED, (ev.Voided("too early"), 2))
    assert refused.value.where == "participant 01-001, ledger entry 3"


def test_who_is_lost_can_be_found_again_or_be_known_to_have_died(live: Live) -> None:
    lost = (CONSENT, ELIGIBLE, ENROLLED, ev.LostToFollowUp(ON, ON))
    assert live(*lost).stage is Stage.LOST
    assert live(*lost, ev.FollowedUp(ON, None)).stage is Stage.FOLLOW_UP
    assert live(*lost, ev.Died(ON, "other")).stage is Stage.OFF


def test_all_and_last_know_the_kind_exactly(live: Live) -> None:
    participant = live(CONSENT, fact("1"), fact("2"))
    last = participant.last(ev.FactRecorded)
    assert last is not None and last.ref.seq == 3
    assert participant.last(ev.Enrolled) is None
