"""A rehearsal in which one marrow is measured from its events, and the events of another only came."""

from datetime import date
from pathlib import Path

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.mrd.flow.measured_json import read_flow
from remission.mrd.result import COUNTS_ONLY, MrdResult
from remission.rehearsal.rehearse import rehearse
from remission.rehearsal.report import Report
from remission.rehearsal.script import script
from remission.results.why import why
from remission.trial.received import flow_files
from remission.trial.trial import Trial

SEED, ENDS = 11, date(2026, 12, 31)
"""A seed among whose first four children one has a level that a gate shows."""


def played(folder: Path, *, reads: bool) -> Report:
    return rehearse(script("nct06607419"), SEED, folder, participants=4, until=ENDS, reads=reads)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return played(tmp_path_factory.mktemp("events") / "trial", reads=True)


@pytest.fixture(scope="module")
def trial(report: Report) -> Trial:
    return report.rehearsal.trial


def flow_results(who: Participant) -> list[tuple[ev.MrdReported, MrdResult]]:
    return [
        (item.event, item.event.result)
        for item in who.all(ev.MrdReported)
        if isinstance(item.event, ev.MrdReported) and item.event.result.method == "flow"
    ]


def receipts(trial: Trial) -> list[tuple[Participant, ev.FilesReceived]]:
    return [
        (who, item.event)
        for who in trial.participants().values()
        for item in who.all(ev.FilesReceived)
        if isinstance(item.event, ev.FilesReceived)
    ]


def measured(trial: Trial) -> tuple[Participant, ev.MrdReported]:
    """The one flow result that was measured from events."""
    ((who, event),) = [
        (who, event)
        for who in trial.participants().values()
        for event, result in flow_results(who)
        if any(file.name.endswith(".fcs") for file in result.evidence.files)
    ]
    return who, event


def test_one_result_leads_back_to_its_events(trial: Trial, report: Report) -> None:
    who, event = measured(trial)
    result = event.result
    events, strategy, kept = result.evidence.files
    assert flow_files(trial, who.id, event.sample) == (events,)
    assert next(came for owner, came in receipts(trial) if owner.id == who.id).files == (events,)
    assert trial.files.verify(result.evidence.files)
    with trial.files.open(kept.sha256) as file:
        read = read_flow(file, kept.name)
    assert read.result is not None and read.acceptance is not None
    assert read.strategy_sha256 == strategy.sha256
    assert (read.result.found, read.result.level, read.sample) == (result.found, result.level, event.sample)
    assert "SIMULATED" in read.acceptance.by and result.evidence.simulated
    assert result.primary == "nucleated cells" and result.cells > 200_000
    assert "cd19-independent-gate" in result.flags and COUNTS_ONLY not in result.flags


def test_what_was_measured_is_what_is_there(trial: Trial, report: Report) -> None:
    who, event = measured(trial)
    level = report.rehearsal.stories[who.id].levels[event.point]
    assert level >= 2e-4
    assert 0.7 < event.result.level / level < 1.4


def test_why_walks_from_the_rate_to_the_sha256_of_the_events(trial: Trial, report: Report) -> None:
    who, event = measured(trial)
    behind = why(report.results, "endpoint.flow_negative.itt.n")
    own = next(one for one in behind.participants if one.subject == who.id)
    named = {file.sha256 for entry in own.entries if entry.evidence for file in entry.evidence.files}
    assert {file.sha256 for file in event.result.evidence.files} <= named


def test_the_events_of_a_second_marrow_wait_for_somebody(trial: Trial) -> None:
    who, _ = measured(trial)
    ((other, came),) = [pair for pair in receipts(trial) if pair[0].id != who.id]
    assert came.sample not in {event.sample for event, _ in flow_results(other)}
    assert flow_files(trial, other.id, came.sample) == came.files
    assert len(flow_results(other)) > 0, "its first marrow was counted, and answers the endpoint"


def test_it_changes_nothing_else_and_nothing_by_chance(report: Report, tmp_path: Path) -> None:
    assert played(tmp_path / "again", reads=True).ledger_head == report.ledger_head
    without = played(tmp_path / "without", reads=False)
    assert {**without.counts} == {**report.counts}
    assert without.rates == report.rates and without.calls == report.calls
    more = {key: report.events[key] - without.events.get(key, 0) for key in report.events}
    assert {key: n for key, n in more.items() if n} == {"FilesReceived": 2, "MarrowTaken": 1}
