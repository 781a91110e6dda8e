"""The report: counts that add up, truth beside finding, and the words it is told in."""

import json
from pathlib import Path

from remission.conduct import events as ev
from remission.rehearsal.report import Report
from remission.rehearsal.summary import SIMULATED, summary

GOLDEN = Path(__file__).parent / "golden"


def test_everybody_screened_is_counted_once(report: Report):
    counts = report.counts
    assert counts["screened"] == len(report.rehearsal.stories)
    parts = counts["enrolled"] + counts["found_ineligible"] + counts["left_before_enrolment"]
    assert parts == counts["screened"] and counts["left_before_enrolment"] >= 0
    assert counts["treated"] + counts["never_treated"] <= counts["enrolled"]
    assert counts["completed_treatment"] + counts["stopped_early"] <= counts["treated"]


def test_effective_events_and_what_they_replaced_make_up_the_ledger(report: Report):
    trial = report.rehearsal.trial
    written = sum(len(trial.raw(id)) for id in trial.participants())
    corrected = sum(bool(item.replaces) for id in trial.participants() for item in trial.raw(id))
    assert sum(report.events.values()) == written - corrected
    of_the_trial = 1 + len(trial.sites_active())
    assert report.ledger_entries == written + of_the_trial


def test_each_criterion_is_found_as_it_is_but_for_hidden_answers_and_tests(report: Report):
    with_reason = {error.criterion for error in report.errors}
    for count in report.criteria:
        assert count.both <= min(count.truly, count.found)
        asks = report.results.study.criterion(count.criterion).expression
        if count.truly != count.found and "mrd(" not in asks:
            assert count.found < count.truly  # hidden answers only make children look eligible
    assert with_reason <= {count.criterion for count in report.criteria}


def test_calls_and_rates_speak_of_the_same_children(report: Report):
    enrolled = report.counts["enrolled"]
    for called in report.calls:
        assert sum(called.truly_below.values()) + sum(called.truly_not_below.values()) == enrolled
        primary = next(
            rate for rate in report.rates if rate.endpoint == called.endpoint and rate.set == "itt"
        )
        negative = called.truly_below.get("negative", 0) + called.truly_not_below.get("negative", 0)
        assert primary.members == enrolled and primary.found == negative
        assert primary.true_rate == sum(called.truly_below.values()) / enrolled


def test_what_was_measured_is_near_what_is_true(report: Report):
    """An evaluable test of a level ten times off the threshold is never called wrongly."""
    study = report.results.study
    for subject, responses in report.results.responses.items():
        story = report.rehearsal.stories[subject]
        for endpoint in study.endpoints:
            level, call = story.levels.get(endpoint.point), responses[endpoint.id].call
            if level is None or call is None:
                continue
            if level > 10 * float(endpoint.threshold) and not responses[endpoint.id].indeterminate:
                assert call == "positive"
            if level < float(endpoint.threshold) / 30:
                assert call != "positive"


def test_missed_and_shallow_samples_are_indeterminate_never_negative(report: Report):
    for who in report.rehearsal.trial.participants().values():
        missed = [item.event for item in who.all(ev.SampleMissed)]
        for event in missed:
            assert isinstance(event, ev.SampleMissed)
            if who.id in report.results.responses:
                for endpoint in report.results.study.endpoints:
                    response = report.results.responses[who.id][endpoint.id]
                    assert endpoint.point != event.point or response.call is None


def test_the_summary_says_simulated_first_in_both_languages(report: Report):
    said = json.loads(json.dumps(report.as_json()))
    for language, first in (("en", SIMULATED.en), ("zh", SIMULATED.zh)):
        text = summary(said, language)
        assert text.startswith(first) and "SIMULATED" in text.splitlines()[0]
    chinese = summary(said, "zh").split("按规定被拒绝的操作\n")[1]
    assert all(not line.strip()[-1].isascii() for line in chinese.splitlines())


def test_json_has_no_path_and_no_time_of_running(played: tuple[Path, Report]):
    text = json.dumps(played[1].as_json())
    assert str(played[0]) not in text
    assert '"schema_version": 1' in text and '"simulated": true' in text


def test_golden_summary(report: Report):
    """Changes when play, assumptions or rules change: then read the difference, and keep it."""
    expected = (GOLDEN / "nct06607419-seed7-25.txt").read_text(encoding="utf-8")
    said = summary(json.loads(json.dumps(report.as_json())), "en") + "\n"
    assert said.replace(report.ledger_head[:16], "(head)") == expected
