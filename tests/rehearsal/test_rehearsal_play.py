"""A whole rehearsal: the trial it leaves, what it never does, and that it can be repeated byte for byte."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.errors import InvariantBroken, NotAllowed
from remission.rehearsal.eligibility import Why, Wrong
from remission.rehearsal.play import Rehearsal
from remission.rehearsal.rehearse import kept_report, rehearse
from remission.rehearsal.report import Report
from remission.rehearsal.script import Script
from remission.rehearsal.truth import shut_out
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId
from remission.trial.trial import By, Trial

SMALL = {"participants": 4, "until": date(2025, 6, 30)}


def test_as_many_are_enrolled_as_were_asked_for(report: Report):
    assert report.counts["enrolled"] == 25
    assert report.counts["screened"] > 25


def test_the_ledger_it_leaves_is_whole_and_every_file_is_what_it_was(played: tuple[Path, Report]):
    trial = Trial.open(played[0])
    assert trial.ledger.verify().entries == report_entries(played[1])
    reported = [item.event for who in trial.participants().values() for item in who.all(ev.MrdReported)]
    files = [file for event in reported for file in event.result.evidence.files]
    assert len(files) == len(reported) > 0
    trial.files.verify(files)


def report_entries(report: Report) -> int:
    return report.ledger_entries


def test_everything_says_simulated(played: tuple[Path, Report]):
    folder, report = played
    trial = Trial.open(folder)
    assert trial.simulated and report.results.simulated and report.as_json()["simulated"] is True
    assert json.loads((folder / "truth.json").read_bytes())["simulated"] is True
    for who in trial.participants().values():
        for item in who.all(ev.MrdReported):
            assert isinstance(item.event, ev.MrdReported)
            assert item.event.result.evidence.simulated
            with trial.files.open(item.event.result.evidence.files[0].sha256) as file:
                assert file.readline().startswith(b"SIMULATED")


def test_the_trial_read_from_its_ledger_is_the_one_that_was_played(played: tuple[Path, Report]):
    folder, report = played
    assert Trial.open(folder).participants() == report.rehearsal.trial.participants()


def test_nobody_is_enrolled_against_what_was_known(rehearsal: Rehearsal):
    """Truly ineligible children enter only where the hospital did not know, or the test saw another level."""
    study = rehearsal.trial.study
    for story in rehearsal.stories.values():
        if story.enrolled_on is None:
            continue
        wrong = shut_out(study, story.child, story.enrolled_on, story.levels)
        assert set(wrong) == set(story.shut_out)
        for criterion in wrong:
            expression = study.criterion(criterion).expression
            assert any(fact in expression for fact in story.child.hidden) or "mrd(" in expression


def test_every_error_of_entry_has_a_reason(report: Report):
    assert all(error.why is not Why.OTHER for error in report.errors)
    for error in report.errors:
        story = report.rehearsal.stories[error.subject]
        assert (story.enrolled_on is not None) == (error.wrong is Wrong.ENROLLED)


def test_nothing_is_entered_before_it_was_so(rehearsal: Rehearsal):
    for who in rehearsal.trial.participants().values():
        stamps = [item.recorded_at for item in who.history if not item.replaces]
        assert stamps == sorted(stamps)
        for item in who.history:
            on = getattr(item.event, "on", None)
            if on is not None:
                assert on.isoformat() <= item.recorded_at[:10]


def test_refusals_were_tried_and_came(report: Report):
    assert report.refused["decision while a criterion is unknown"] > 0
    assert report.refused["correction without a reason"] > 0


def test_an_act_that_should_be_refused_and_is_not_stops_the_rehearsal(rehearsal: Rehearsal):
    from remission.rehearsal.desk import Desk

    desk = Desk(rehearsal.trial, rehearsal.population, 1, rehearsal.ended)
    with pytest.raises(InvariantBroken, match="should have been refused: nothing"):
        desk.must_refuse("nothing", NotAllowed, lambda: None)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(children: Script, tmp_path: Path):
    first = rehearse(children, 3, tmp_path / "a", **SMALL)
    again = rehearse(children, 3, tmp_path / "elsewhere" / "b", **SMALL)
    other = rehearse(children, 4, tmp_path / "c", **SMALL)
    assert first.ledger_head == again.ledger_head != other.ledger_head
    for name in ("report.json", "truth.json"):
        same = [(tmp_path / place / name).read_bytes() for place in ("a", "elsewhere/b", "c")]
        assert same[0] == same[1] != same[2]
    assert kept_report(tmp_path / "a") == json.loads(json.dumps(first.as_json()))


def test_a_child_is_the_same_whoever_else_comes(children: Script, rehearsal: Rehearsal, tmp_path: Path):
    """Each child has random numbers of its own: fewer places change nobody."""
    fewer = rehearse(children, rehearsal.seed, tmp_path / "a", **SMALL).rehearsal
    for subject, story in fewer.stories.items():
        assert story.child == rehearsal.stories[subject].child


def test_another_study_with_single_doses_and_adults(adults: Script, tmp_path: Path):
    report = rehearse(adults, 1, tmp_path / "trial", participants=8)
    assert report.counts["enrolled"] == 8
    assert report.events["DoseGiven"] > 8
    assert report.counts["completed_treatment"] + report.counts["stopped_early"] > 0
    stages = {who.stage for who in report.rehearsal.trial.participants().values()}
    assert stages <= {Stage.OFF, Stage.LOST, Stage.SCREEN_FAILED}
    assert all(error.why is not Why.OTHER for error in report.errors)


def test_a_sitting_is_for_simulated_trials_only(children: Script, tmp_path: Path):
    at = rehearsal_start()
    by = By(Actor("sponsor", Role.SPONSOR), at)
    trial = Trial.create(tmp_path / "real", study=children.study, record=children.record, by=by)
    with pytest.raises(NotAllowed, match="one by one"), trial.sitting(at):
        pass


def rehearsal_start():
    from datetime import UTC, datetime

    return datetime(2024, 5, 21, tzinfo=UTC)


def test_a_sitting_that_fails_writes_nothing(children: Script, tmp_path: Path):
    from remission.trial import admission

    at = rehearsal_start()
    site = SiteId("01")
    trial = Trial.create(
        tmp_path / "t", study=children.study, record=children.record,
        by=By(Actor("rehearsal", Role.REHEARSAL), at), simulated=True,
    )  # fmt: skip
    trial.activate_site(By(Actor("rehearsal", Role.REHEARSAL), at), site)
    before = trial.ledger.head()
    by = By(Actor("rehearsal", Role.REHEARSAL, site), at)
    with pytest.raises(KeyError), trial.sitting(at):
        subject = admission.consent(trial, by, site, on=date(2024, 5, 21), signed_by="guardian", form="f")
        admission.answer(trial, by, subject, "sex", "male", on=date(2024, 5, 21))
        assert len(trial.participant(subject).history) == 2
        raise KeyError
    assert trial.ledger.head() == before
    assert not trial.participants()
    with trial.sitting(at):
        subject = admission.consent(trial, by, site, on=date(2024, 5, 21), signed_by="guardian", form="f")
    assert trial.participant(subject).history[0].ref.hash == trial.ledger.head()[1]


def _deadly(script: Script, *, toxicities: slice) -> Script:
    """Most children die in treatment; of the toxicities only these are left."""
    text = re.sub(r"dies_of_treatment = \S+", "dies_of_treatment = 0.6", script.population.decode())
    text = re.sub(r"(withdraws_treatment|withdraws_study|never_treated) = \S+", r"\1 = 0.0", text)
    head, *blocks = re.split(r"(?m)^(?=\[\[toxicities]]$)", text)
    last, tail = blocks[-1].split("\n\n", 1)
    kept = [*blocks[:-1], last + "\n\n"][toxicities]
    return replace(script, population=(head + "".join(kept) + tail).encode())


@pytest.mark.parametrize(
    ("left", "terms"),
    [
        (slice(None), {"crs"}),  # the first that the study's rules name
        (slice(-1, None), set[str]()),  # only fever, of which nobody dies: the death stands alone
    ],
)
def test_nobody_dies_of_a_fever(children: Script, tmp_path: Path, left: slice, terms: set[str]):
    played = rehearse(_deadly(children, toxicities=left), 1, tmp_path / "trial", participants=5)
    dead = [who for who in played.rehearsal.trial.participants().values() if who.last(ev.Died)]
    assert dead
    reports = [item.event for who in dead for item in who.all(ev.ToxicityReported)]
    fatal = {said.term for said in reports if isinstance(said, ev.ToxicityReported) and said.grade == 5}
    assert fatal == terms
    assert {item.event.cause for who in dead for item in who.all(ev.Died)} >= {"treatment"}  # type: ignore[union-attr]
