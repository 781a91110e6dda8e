"""A flow result enters with the events it was measured from, and not otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from remission.conduct import events as ev
from remission.errors import Altered, InputRefused, InvariantBroken
from remission.lab.flow_asked import flow_asked_by
from remission.mrd.calls import Call
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.measure import GATES, measure
from remission.mrd.flow.measured import EVENTS, FlowMeasured
from remission.mrd.flow.measured_json import write_flow
from remission.mrd.flow.quality.examining import Quality, examine
from remission.mrd.flow.strategies import reading
from remission.mrd.flow.strategies.applying import applied
from remission.mrd.flow.strategies.reading import shipped_strategy
from remission.mrd.flow.strategies.strategy import Panel
from remission.mrd.flow.suggestion.suggested import Acceptance
from remission.mrd.result import Denominator, Method
from remission.protocol.answering import answered
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.rehearsal.cytometry.simulate import Simulated, simulate
from remission.rehearsal.cytometry.spec import Marrow, MarrowSpec
from remission.results.analysis import analyse
from remission.results.why import why, why_lines
from remission.terms.actors import Role
from remission.terms.evidence import Evidence, FileRef, Setting
from remission.terms.ids import SampleId, SubjectId
from remission.trial import closing, laboratory
from remission.trial.gated import report_gated
from remission.trial.gated_behind import gated_behind
from remission.trial.received import flow_files
from remission.trial.studies import study_files

KID, OTHER, D46, D19 = (
    SubjectId("01-001"),
    SubjectId("01-002"),
    SampleId("01-001-d46"),
    SampleId("01-001-d19"),
)
STANDS = Acceptance("Dr Wu", GATES, "the gates fit", "2026-04-16T04:00:00Z")
RAW = {"tube.fcs": b"FCS3.1 of day 46"}


@dataclass(frozen=True)
class Counted:
    """A deep marrow without disease, gated once for all tests."""

    made: Simulated
    quality: Quality
    gated: Gated


@cache
def counted(strategy: str) -> Counted:
    made = simulate(MarrowSpec(Marrow.BLINATUMOMAB, 270_000), np.random.default_rng(3))
    on_channels = applied(shipped_strategy(strategy), made.panel, made.events, made.ranges)
    quality = examine(made.events, time="Time", scatter={}, channels=(), ranges=made.ranges, time_step=1.0)
    return Counted(made, quality, apply(on_channels.gating, made.events))


@cache
def study() -> Study:
    return read_study(BytesIO(study_files("nct06607419").study), name="study")


def measured_of(
    files: tuple[FileRef, ...], *, sample: str = str(D46), strategy: str = "ball-cd19-independent",
    asked: FlowAsked | None = None, acceptance: Acceptance | None = STANDS, simulated: bool = False,
    panel: Panel | None = None, flags: tuple[str, ...] = (), events: tuple[FileRef, ...] | None = None,
) -> FlowMeasured:  # fmt: skip
    """A measurement of files; `events`: those that hold the sample's own events (all, if not said)."""
    one = counted(strategy)
    own = tuple(Setting(EVENTS, ref.sha256) for ref in (files if events is None else events))
    return measure(
        sample, shipped_strategy(strategy), panel or one.made.panel, one.made.events, one.made.ranges,
        one.quality, asked or flow_asked_by(study(), "d46"),
        evidence=Evidence("flow measure", "1", files, own, simulated), acceptance=acceptance,
        flags=flags, gated=None if panel else one.gated,
    )  # fmt: skip


@pytest.fixture
def due(ward: Callable[[str], Any]) -> Any:
    """A treated child with a day-46 marrow."""
    trial = ward("running")
    trial.complete(43, 2)
    laboratory.take_marrow(trial.trial, trial.by(46), KID, sample=D46, point="d46", on=trial.day(46))
    return trial


def keep(trial: Any, **files: bytes) -> tuple[FileRef, ...]:
    return tuple(trial.trial.files.keep(BytesIO(content), name) for name, content in files.items())


def receive(
    trial: Any, files: tuple[FileRef, ...], *, subject: SubjectId = KID, sample: SampleId = D46
) -> Any:
    by = trial.by(47, Role.LABORATORY, site=None)
    return laboratory.receive_files(
        trial.trial, by, subject, sample=sample, method=Method.FLOW, files=files, on=trial.day(47)
    )


def report(trial: Any, measured: FlowMeasured | bytes, files: tuple[FileRef, ...], **other: Any) -> Any:
    raw = measured if isinstance(measured, bytes) else write_flow(measured).encode()
    told: dict[str, Any] = {"sample": D46, "name": "tube.flow.json", "on": trial.day(48), **other}
    by = trial.by(48, Role.LABORATORY, site=None)
    return report_gated(trial.trial, by, KID, measured=raw, files=files, **told)


def test_the_entry_leads_to_the_events_and_to_the_measurement(due: Any) -> None:
    files = keep(due, **RAW)
    receive(due, files)
    measured = measured_of(files)
    report(due, measured, (), flags=["hemodilute"])
    event = due.events(ev.MrdReported)[-1]
    events, strategy, kept = event.result.evidence.files
    assert strategy.sha256 == measured.strategy_sha256, "a later version may ship another"
    assert (events.name, kept.name) == ("tube.fcs", "tube.flow.json"), "received, so not given again"
    assert measured.result is not None and event.result.level == measured.result.level
    assert event.result.flags == (*measured.result.flags, "hemodilute")
    assert ("measured", kept.sha256) in {(one.name, one.value) for one in event.result.evidence.settings}
    with due.trial.files.open(kept.sha256) as stream:
        assert stream.read() == write_flow(measured).encode()
    assert flow_files(due.trial, KID, D46) == files


def test_a_negative_reaches_the_endpoint_and_walks_back_to_the_events(due: Any) -> None:
    files = keep(due, **RAW)
    measured = measured_of(files)
    assert measured.answer.call is Call.NEGATIVE
    report(due, measured, files)
    closing.assess_response(due.trial, due.by(51), KID, on=due.day(51))
    found = analyse(due.trial.study, list(due.trial.participants().values()), due.at(52))
    response = found.responses[KID]["flow_negative"]
    assert response.call is Call.NEGATIVE and response.result is not None
    behind = why(found, "endpoint.flow_negative.itt.responders")
    assert [one.subject for one in behind.participants] == [KID]
    lines = "\n".join(why_lines(behind, "en"))
    assert files[0].sha256 in lines and response.result.evidence.files[-1].sha256 in lines


def test_the_study_s_rules_decide_and_not_those_of_the_file(due: Any) -> None:
    """Measured as if no drug against CD19 had been given, it is negative; the study says otherwise."""
    files = keep(due, **RAW)
    lax = replace(flow_asked_by(study(), "d46"), blinding_flags=frozenset(), needed_flags=frozenset())
    measured = measured_of(files, strategy="ball-cd19", asked=lax)
    assert measured.answer.call is Call.NEGATIVE
    report(due, measured, files)
    found = analyse(due.trial.study, list(due.trial.participants().values()), due.at(52))
    assert found.responses[KID]["flow_negative"].call is not Call.NEGATIVE


def test_another_sample_s_result_is_refused(due: Any) -> None:
    files = keep(due, **RAW)
    measured = measured_of(files, sample="01-002-d46")
    due.refuses(InputRefused, lambda: report(due, measured, files), "of sample '01-002-d46'")
    due.refuses(
        InputRefused, lambda: report(due, measured, files, sample=SampleId("no-such-tube")), "never taken"
    )


def test_what_nobody_stands_for_is_refused(due: Any) -> None:
    files = keep(due, **RAW)
    measured = measured_of(files, acceptance=None)
    refused = due.refuses(InputRefused, lambda: report(due, measured, files), "no named person stands")
    assert "--accepted-by" in refused.do


def test_what_was_not_measured_is_refused(due: Any) -> None:
    files = keep(due, **RAW)
    whole = counted("ball-cd19-independent").made.panel
    less = {marker: channel for marker, channel in whole.channels.items() if marker not in ("CD22", "CD24")}
    measured = measured_of(files, panel=replace(whole, channels=less))
    assert measured.result is None
    due.refuses(InputRefused, lambda: report(due, measured, files), "the panel lacks CD22 or CD24+CD66b")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"events_for_lod": 10.0}, "the study's"),
        ({"events_for_loq": 51.0}, "the study's"),
        ({"denominator": "mononuclear cells"}, "mononuclear cells"),
    ],
)
def test_other_limits_or_cells_than_the_study_s_are_refused(
    due: Any, change: dict[str, Any], said: str
) -> None:
    files = keep(due, **RAW)
    measured = measured_of(files, asked=replace(flow_asked_by(study(), "d46"), **change))
    refused = due.refuses(InputRefused, lambda: report(due, measured, files), said)
    assert "--study" in refused.do


def test_every_file_must_be_there_as_it_was(due: Any) -> None:
    files = keep(due, **RAW)
    altered = keep(due, **{"tube.fcs": b"FCS3.1 of day 47"})
    more = measured_of((*files, *keep(due, **{"strategy.toml": b"x"})))
    for given in ((), altered, (replace(files[0], size=1),)):
        due.refuses(
            InputRefused, lambda given=given: report(due, measured_of(files), given), "not given, or altered"
        )
    due.refuses(InputRefused, lambda: report(due, more, files), "strategy.toml")


def test_events_of_another_sample_or_child_are_refused(due: Any) -> None:
    files = keep(due, **RAW)
    receive(due, files, sample=D19)
    due.refuses(InputRefused, lambda: report(due, measured_of(files), files), f"a file of sample {D19}")
    due.admit()
    theirs = keep(due, **{"theirs.001": b"FCS3.1 of another child"})
    receive(due, theirs, subject=OTHER, sample=SampleId(f"{OTHER}-d19"))
    own = keep(due, **{"own.fcs": b"FCS3.1 of this child"})
    both = (*own, *theirs)
    due.refuses(InputRefused, lambda: report(due, measured_of(both), both), f"of participant {OTHER}")


def test_events_that_made_another_child_s_result_are_refused(due: Any) -> None:
    due.admit()
    theirs = keep(due, **{"theirs.001": b"FCS3.1 of another child"})
    laboratory.report_flow(
        due.trial, due.by(21, Role.LABORATORY, site=None), OTHER, sample=SampleId(f"{OTHER}-d19"), found=1,
        examined=[Denominator("nucleated cells", 9_000)], primary="nucleated cells", files=theirs,
        on=due.day(21), method_version="1",
    )  # fmt: skip
    both = (*keep(due, **RAW), *theirs)
    due.refuses(InputRefused, lambda: report(due, measured_of(both), both), f"of participant {OTHER}")


def path_of(trial: Any, file: FileRef) -> Path:
    return trial.trial.files.root / file.sha256[:2] / file.sha256[2:4] / file.sha256


def change(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def test_kept_events_that_were_altered_are_refused(due: Any) -> None:
    files = keep(due, **RAW)
    receive(due, files)
    change(path_of(due, files[0]))
    due.refuses(Altered, lambda: report(due, measured_of(files), ()))


def test_a_measurement_altered_after_it_was_kept_is_not_shown(due: Any) -> None:
    files = keep(due, **RAW)
    report(due, measured_of(files), files)
    result = due.events(ev.MrdReported)[-1].result
    assert gated_behind(due.trial, result) is not None
    change(path_of(due, result.evidence.files[-1]))
    with pytest.raises(Altered):
        gated_behind(due.trial, result)


def test_the_strategy_behind_a_result_is_the_text_that_was_kept(due: Any, monkeypatch: Any) -> None:
    """Not what this version ships under its name; and none where this version cannot read it."""
    files = keep(due, **RAW)
    measured = measured_of(files)
    report(due, measured, files)
    result = due.events(ev.MrdReported)[-1].result
    behind = gated_behind(due.trial, result)
    assert behind is not None and behind.measured == measured
    assert behind.strategy == shipped_strategy("ball-cd19-independent")
    monkeypatch.setattr(reading, "SCHEMA_VERSION", 99)
    behind = gated_behind(due.trial, result)
    assert behind is not None and behind.strategy is None


def test_counts_have_no_measurement(due: Any) -> None:
    due.flow(point="d46", found=0, cells=1_000_000, day=47)
    assert gated_behind(due.trial, due.events(ev.MrdReported)[-1].result) is None


def test_a_diagnosis_file_of_the_child_may_stand_beside(due: Any) -> None:
    first = keep(due, **{"d19.fcs": b"FCS3.1 of day 19"})
    receive(due, first, sample=D19)
    own = keep(due, **RAW)
    assert report(due, measured_of((*own, *first), events=own), (*own, *first))


def test_events_of_day_19_among_those_of_day_46_are_refused(due: Any) -> None:
    first = keep(due, **{"d19.fcs": b"FCS3.1 of day 19"})
    receive(due, first, sample=D19)
    files = (*keep(due, **RAW), *first)
    due.refuses(InputRefused, lambda: report(due, measured_of(files), files), "d19.fcs is a file of sample")


def test_what_a_strategy_must_state_is_not_claimed_by_hand(due: Any) -> None:
    files = keep(due, **RAW)
    lax = replace(flow_asked_by(study(), "d46"), needed_flags=frozenset())
    measured = measured_of(files, strategy="ball-cd19", asked=lax)
    due.refuses(
        InputRefused, lambda: report(due, measured, files, flags=["cd19-independent-gate"]), "is claimed"
    )


def test_a_misspelt_flag_is_refused_and_a_right_one_blinds(due: Any) -> None:
    files = keep(due, **RAW)
    measured = measured_of(files)
    due.refuses(
        InputRefused,
        lambda: report(due, measured, files, flags=["hemodiluted"]),
        "no flag 'hemodiluted' here",
    )
    participant = report(due, measured, files, flags=["hemodilute"])
    (reported,) = (one.event for one in participant.all(ev.MrdReported) if one.event.sample == D46)
    assert "hemodilute" in reported.result.flags
    limit = Decimal("0.0001")
    assert answered(study(), "d46", measured.result, limit, limit).call is Call.NEGATIVE
    assert answered(study(), "d46", reported.result, limit, limit).call is Call.NOT_EVALUABLE


def test_simulated_events_are_no_finding(due: Any) -> None:
    files = keep(due, **RAW)
    due.refuses(
        InputRefused, lambda: report(due, measured_of(files, simulated=True), files), "evidence is simulated"
    )


def test_a_second_result_is_refused(due: Any) -> None:
    files = keep(due, **RAW)
    report(due, measured_of(files), files)
    due.refuses(InputRefused, lambda: report(due, measured_of(files), files), "reported already")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"found": 0', b'"found": 9'),
        (b'"call": "negative"', b'"call": "positive"'),
        (b"cd19-independent-gate", b"some-other-flag-here!"),
        (b'"primary": "nucleated cells"', b'"primary": "mononuclear cells"'),
        (b'"threshold": 0.0001', b'"threshold": 0.001'),
        (b'"sample": "01-001-d46"', b'"sample": 46'),
    ],
)
def test_a_file_changed_by_hand_is_refused(due: Any, old: bytes, new: bytes) -> None:
    files = keep(due, **RAW)
    raw = write_flow(measured_of(files)).encode()
    assert old in raw
    due.refuses(InvariantBroken, lambda: report(due, raw.replace(old, new), files))


def test_a_file_that_is_no_measurement_is_refused(due: Any) -> None:
    files = keep(due, **RAW)
    raw = write_flow(measured_of(files)).encode()
    for damaged in (b"", b"{}", raw[: len(raw) // 2], b"\xff" + raw):
        due.refuses(InputRefused, lambda damaged=damaged: report(due, damaged, files))
