"""A flow sample measured: every way to an answer, the file it is written to, gates moved for it."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import Call
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Held
from remission.mrd.flow.gates.gates import Polygon, Rectangle
from remission.mrd.flow.light.scales import Logicle
from remission.mrd.flow.light.scaling import unscaled
from remission.mrd.flow.measure import measure
from remission.mrd.flow.measured import Category, FlowMeasured, Sensitivity
from remission.mrd.flow.measured_json import read_flow, write_flow
from remission.mrd.flow.quality.examining import Quality
from remission.mrd.flow.quality.findings import Concern, Finding
from remission.mrd.flow.strategies.adjustments import read_adjustments, write_adjustments
from remission.mrd.flow.strategies.reading import shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment, Panel
from remission.mrd.flow.suggestion.suggested import Acceptance, Cluster, Suggestion
from remission.mrd.limits import limit_at
from remission.stats.rates.proportions import clopper_pearson
from remission.terms.evidence import Evidence, FileRef
from remission.terms.words import Text

TOP = 262144.0
LIGHT = (
    "nucleic dye",
    "CD45",
    "CD19",
    "CD22",
    "CD24",
    "CD66b",
    "CD10",
    "CD20",
    "CD34",
    "CD38",
    "CD3",
    "CD33",
)
SCATTER = {"Time": 0.5, "FSC-A": 0.4, "FSC-H": 0.335, "SSC-A": 0.08}
NOTHING = 0.2
RANGES = dict.fromkeys((*SCATTER, *LIGHT), TOP)

LYMPHOCYTE = {"nucleic dye": 0.74, "CD45": 0.72, "CD3": 0.75}
GRANULOCYTE = {
    "nucleic dye": 0.74,
    "CD45": 0.5,
    "CD66b": 0.75,
    "CD24": 0.75,
    "SSC-A": 0.4,
    "CD33": 0.6,
    "CD10": 0.6,
}
HEMATOGONE = {
    "nucleic dye": 0.74, "CD45": 0.5, "CD19": 0.65, "CD22": 0.5, "CD24": 0.75, "CD10": 0.78, "CD38": 0.78,
    "CD34": 0.7,
}  # fmt: skip
BLAST = {**HEMATOGONE, "CD45": 0.4, "CD10": 0.85, "CD38": 0.5}
LOST = {**BLAST, "CD19": NOTHING}
DEBRIS = {"FSC-A": 0.09, "FSC-H": 0.075, "SSC-A": 0.03}
DOUBLET = {**BLAST, "FSC-A": 0.8, "FSC-H": 0.34}

EVIDENCE = Evidence("flow", "1", (FileRef("tube1.fcs", "a" * 64, 10),), simulated=True)
ASKED = FlowAsked(Fraction("0.001"), Fraction("0.001"))
CD19, FREE = shipped_strategy("ball-cd19"), shipped_strategy("ball-cd19-independent")
WHO = Acceptance("A. Person", "gates", "looked at every gate", "2026-11-22T12:00:00Z")


def panel_without(*markers: str) -> Panel:
    return Panel("tests", {name: name for name in (*SCATTER, *LIGHT) if name not in markers}, "already")


def events_of(*kinds: tuple[int, Mapping[str, float]]) -> Held:
    """So many events of each kind, at places on the strategy's scales; a marker not named is nothing."""
    rows = [
        np.concatenate([np.full(count, kind.get(name, SCATTER.get(name, NOTHING))) for count, kind in kinds])
        for name in (*SCATTER, *LIGHT)
    ]
    values = np.array(rows)
    values[: len(SCATTER)] *= TOP
    values[len(SCATTER) :] = unscaled(Logicle(TOP, 0.5, 4.5, 0.0), values[len(SCATTER) :])
    return Held((*SCATTER, *LIGHT), values)


def quality_of(events: Held, flagged: Sequence[int] = (), flag: str = "") -> Quality:
    mask = np.zeros(events.count, np.bool_)
    mask[list(flagged)] = True
    said = Finding(Concern.CLOG, len(flagged), flag, Text("a clog", "堵塞"))
    return Quality(events.count, {Concern.CLOG: mask}, (said,) if flagged or flag else (), None, None, None)


def marrow(blasts: int = 0, blast: Mapping[str, float] = BLAST, cells: int = 20_000) -> Held:
    """`cells` nucleated singlets, blasts among them, last; besides debris and doublets."""
    normal = cells - blasts
    return events_of(
        (normal // 2, GRANULOCYTE), (normal - normal // 2 - 500, LYMPHOCYTE), (500, HEMATOGONE),
        (300, DEBRIS), (100, DOUBLET), (blasts, blast),
    )  # fmt: skip


def measured(events: Held, **changed: Any) -> FlowMeasured:
    given: dict[str, Any] = {
        "sample": "S1", "strategy": FREE, "panel": panel_without(), "events": events, "ranges": RANGES,
        "quality": quality_of(events), "asked": ASKED, "evidence": EVIDENCE,
    }  # fmt: skip
    return measure(**(given | changed))


N, P, U = Call.NEGATIVE, Call.POSITIVE, Call.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("found", "cells", "call", "category", "sensitivity", "more"),
    [
        # LOD 20 / 20,000 = threshold
        (0, 20_000, N, Category.NEGATIVE, Sensitivity.SUFFICIENT, None),
        (19, 20_000, N, Category.NEGATIVE, Sensitivity.SUFFICIENT, None),
        (20, 20_000, P, Category.BELOW_LOQ, Sensitivity.SUFFICIENT, None),
        (49, 20_000, P, Category.BELOW_LOQ, Sensitivity.SUFFICIENT, None),
        (50, 20_000, P, Category.QUANTIFIED, Sensitivity.SUFFICIENT, None),
        # deep enough to quantify below the threshold: both questions are answered
        (60, 80_000, N, Category.QUANTIFIED, Sensitivity.SUFFICIENT, None),
        (30, 80_000, N, Category.BELOW_LOQ, Sensitivity.SUFFICIENT, None),
        # too shallow
        (0, 15_000, U, Category.INSUFFICIENT, Sensitivity.INSUFFICIENT, 5_000),
        (19, 15_000, U, Category.INSUFFICIENT, Sensitivity.INSUFFICIENT, 5_000),
        (20, 15_000, P, Category.BELOW_LOQ, Sensitivity.INSUFFICIENT, None),
    ],
)
def test_the_four_calls(
    found: int, cells: int, call: Call, category: Category, sensitivity: Sensitivity, more: int | None
) -> None:
    got = measured(marrow(found, cells=cells))
    assert got.result is not None
    assert (got.result.found, got.result.cells, got.result.primary) == (found, cells, "nucleated cells")
    assert (got.answer.call, got.category, got.sensitivity, got.answer.more_cells) == (
        call, category, sensitivity, more,
    )  # fmt: skip
    assert got.result.level == found / cells
    if found:
        interval = clopper_pearson(found, cells)
        assert (got.result.lower, got.result.upper) == (interval.lower, interval.upper)
    assert (got.result.lod, got.result.loq) == (limit_at(20, cells), limit_at(50, cells))


def test_every_denominator_stands_in_the_result() -> None:
    got = measured(marrow(40))
    assert got.result is not None
    assert {one.name: one.count for one in got.result.examined} == {
        "nucleated cells": 20_000,
        "mononuclear cells": 20_000 - 9_980,
        "all singlet events": 20_300,
        "B cells": 540,
    }
    assert got.populations[got.mrd] == 40
    assert got.result.flags == ("cd19-independent-gate",)


@pytest.mark.parametrize(("denominator", "cells"), [("mononuclear cells", 10_020), ("B cells", 540)])
def test_the_denominator_asked_for_is_the_primary_one(denominator: str, cells: int) -> None:
    got = measured(marrow(40), asked=replace(ASKED, denominator=denominator))
    assert got.result is not None
    assert (got.result.primary, got.result.cells, got.result.level) == (denominator, cells, 40 / cells)


def test_a_denominator_that_is_not_counted_is_refused() -> None:
    with pytest.raises(InputRefused, match="'platelets' cannot be the denominator"):
        measured(marrow(), asked=replace(ASKED, denominator="platelets"))
    with pytest.raises(InputRefused, match="'all singlet events' cannot be"):
        asked = replace(ASKED, denominator="all singlet events")
        measured(marrow(), panel=panel_without("FSC-H"), asked=asked)


@pytest.mark.parametrize(
    ("strategy", "kept", "lost"), [(CD19, 60, 0), (FREE, 60, 60)], ids=["by CD19", "without CD19"]
)
def test_a_clone_that_lost_cd19(strategy: Any, kept: int, lost: int) -> None:
    found = [measured(marrow(60, blast), strategy=strategy).populations for blast in (BLAST, LOST)]
    assert [counts[strategy.mrd] for counts in found] == [kept, lost]


AFTER = replace(ASKED, needed_flags=frozenset({"cd19-independent-gate"}))


def test_after_anti_cd19_a_cd19_gate_is_never_negative() -> None:
    got = measured(marrow(60, LOST), strategy=CD19, asked=AFTER)
    assert (got.answer.call, got.category) == (U, Category.NOT_EVALUABLE)
    assert "Not stated: cd19-independent-gate" in got.answer.reason.en
    assert measured(marrow(60, BLAST), strategy=CD19, asked=AFTER).answer.call is P
    assert measured(marrow(0), asked=AFTER).answer.call is N


def test_what_a_strategy_does_not_state_cannot_be_claimed_by_hand() -> None:
    with pytest.raises(InvariantBroken, match="ball-cd19 does not state cd19-independent-gate"):
        measured(marrow(0), strategy=CD19, asked=AFTER, flags=("cd19-independent-gate",))
    assert measured(marrow(0), asked=AFTER, flags=("cd19-independent-gate",)).answer.call is N
    got = measured(marrow(0), strategy=CD19)
    assert got.result is not None
    for flags in (("cd19-only-gate", "cd19-independent-gate"), ("cd19-independent-gate",), ()):
        document = json.loads(write_flow(got)) | {"flags": list(flags)}
        with pytest.raises(InvariantBroken, match="strategy ball-cd19 cd19-only-gate"):
            read_flow(io.BytesIO(json.dumps(document).encode()))


def test_a_panel_that_cannot_carry_the_strategy_is_not_evaluable_with_its_markers_named() -> None:
    got = measured(marrow(60, LOST), panel=panel_without("CD22", "CD24", "CD66b"), asked=AFTER)
    assert got.result is None and dict(got.populations) == {}
    assert (got.answer.call, got.category, got.sensitivity) == (U, Category.NOT_EVALUABLE, Sensitivity.NONE)
    assert got.lacking == ("CD22 or CD24+CD66b",)
    assert "CD22 or CD24+CD66b" in got.answer.reason.en and "CD22或CD24+CD66b" in got.answer.reason.zh


@pytest.mark.parametrize(
    ("lacking", "flag"),
    [("FSC-H", "no-singlet-gate"), ("nucleic dye", "no-nuclear-dye"), ("CD3", None), ("CD22", None)],
)
def test_gates_that_may_be_left_out(lacking: str, flag: str | None) -> None:
    if lacking == "CD3":
        got = measured(marrow(60), panel=replace(panel_without("CD3"), channels={
            **panel_without("CD3").channels, "CD7": "CD3"}))  # fmt: skip
        assert got.left_out[:3] == ("cd3", "cd13", "cd117")
        assert "Left out for lack of a marker: CD3+, CD13 bright, CD117 bright." in {n.en for n in got.notes}
    else:
        got = measured(marrow(60), panel=panel_without(lacking))
    assert got.result is not None
    doublets = 100 if lacking == "FSC-H" else 0
    assert got.result.found == 60 + doublets
    assert [one for one in got.result.flags if one.startswith("no-")] == ([flag] if flag else [])
    if lacking == "FSC-H":
        assert "all singlet events" not in {one.name for one in got.result.examined}
    assert all(id not in path.split("/") for path in got.populations for id in got.left_out)


def test_no_cell_to_refer_to() -> None:
    got = measured(events_of((500, DEBRIS)))
    assert got.result is None and got.lacking == ()
    assert got.answer.reason.en == "There are no nucleated cells in this file."
    assert got.populations["time"] == 500
    assert read_flow(io.BytesIO(write_flow(got).encode())) == got


def test_quality_is_counted_with_and_without() -> None:
    events = marrow(60)
    flagged = range(events.count - 10, events.count)
    got = measured(events, quality=quality_of(events, flagged, "unstable-signal"))
    assert got.result is not None
    assert (got.populations[got.mrd], got.kept_populations[got.mrd]) == (60, 50)
    assert got.result.found == 60 and "unstable-signal" in got.result.flags
    assert any("50 of 19,990 nucleated cells" in note.en for note in got.notes)
    assert got.answer.call is P  # a blinding flag hides disease, it does not make it
    empty = marrow(0)
    blind = measured(empty, quality=quality_of(empty, [0], "unstable-signal"))
    assert (blind.answer.call, blind.category) == (U, Category.NOT_EVALUABLE)
    asked = replace(ASKED, disqualifying_flags=frozenset({"unstable-signal"}))
    spoilt = measured(events, quality=quality_of(events, flagged, "unstable-signal"), asked=asked)
    assert (spoilt.answer.call, spoilt.category) == (U, Category.NOT_EVALUABLE)


def test_flags_of_the_file_and_of_few_cells() -> None:
    asked = replace(ASKED, blinding_flags=ASKED.blinding_flags | {"hemodilute"})
    flags = ("several-data-sets", "hemodilute", "hemodilute")
    got = measured(marrow(60, cells=2_000), asked=asked, flags=flags)
    assert got.result is not None
    assert got.result.flags == ("cd19-independent-gate", "few-cells", "several-data-sets", "hemodilute")


def test_compensation_that_covers_nothing_is_flagged() -> None:
    got = measured(marrow(60), panel=replace(panel_without(), compensation="FCS"))
    assert got.result is not None and "uncompensated" in got.result.flags
    assert any("Gated without compensation" in note.en for note in got.notes)


def suggestion(events: Held, count: int, **changed: Any) -> tuple[Suggestion, Any]:
    mask = np.zeros(events.count, np.bool_)
    mask[events.count - count :] = True
    cluster = Cluster(count, {"CD10": 0.85}, {"CD10": 0.02}, 9.0)
    one = Suggestion(
        count, events.count, "nucleated cells", 3.0, 10, 12, 4.5, (cluster,), (), False, "ref " + "b" * 64,
        (Text("made up", "虚构"),),
    )  # fmt: skip
    return replace(one, **changed), mask


def test_a_suggestion_is_no_result_before_a_named_person_accepts_it() -> None:
    events = marrow(60)
    shown = suggestion(events, 30)
    assert [measured(events, suggested=shown, acceptance=who).result.found for who in (None, WHO)] == [60, 60]  # type: ignore[union-attr]
    accepted = replace(WHO, what="suggestion")
    got = measured(events, suggested=shown, acceptance=accepted)
    assert got.result is not None and got.result.found == 60, "it adds, and unsays nothing"
    assert got.acceptance == replace(accepted, events=30, shared=30)
    assert any("suggestion, accepted by A. Person" in one.value for one in got.evidence.settings)
    assert read_flow(io.BytesIO(write_flow(got).encode())) == got


@pytest.mark.parametrize(
    ("acceptance", "suggested"),
    [
        (replace(WHO, by=" "), None),
        (replace(WHO, why=""), None),
        (replace(WHO, what="everything"), None),
        (replace(WHO, what="suggestion"), None),
        (
            replace(WHO, what="suggestion"),
            suggestion(marrow(20), 20, unfit=(Text("other panel", "其他组合"),)),
        ),
        (replace(WHO, what="suggestion"), suggestion(marrow(20), 0)),
    ],
)
def test_nobody_accepts_nothing(acceptance: Acceptance, suggested: Any) -> None:
    with pytest.raises(InvariantBroken):
        measured(marrow(20), acceptance=acceptance, suggested=suggested)


def test_the_evidence_says_what_the_numbers_rest_on() -> None:
    got = measured(marrow(60), acceptance=WHO)
    said = {one.name: one.value for one in got.evidence.settings}
    assert said["strategy"] == f"ball-cd19-independent {FREE.version}, sha256 {FREE.sha256}"
    assert said["panel"] == "tests" and said["compensation"] == "already"
    assert said["found"] == "events of the gates, accepted by A. Person: looked at every gate"
    assert said["limits"].startswith("LOD 20/N, LOQ 50/N, N = nucleated cells")
    other = measured(marrow(60), asked=replace(ASKED, events_for_lod=10, events_for_loq=30))
    assert other.result is not None and (other.result.lod, other.result.loq) == (10 / 20_000, 30 / 20_000)


# ---------------------------------------------------------------- gates moved for a sample


def moved(**changed: Any) -> Adjustment:
    gate = next(one for one in FREE.gates if one.id == "cd33")
    assert isinstance(gate, Rectangle)
    side = replace(gate.sides[0], low=0.8)
    return Adjustment(
        replace(gate, sides=(side,), **changed), "A. Person", "CD33 on the clone", "2026-11-22T12:00:00Z"
    )


def test_a_moved_gate_changes_the_count_and_stands_in_the_result() -> None:
    events = marrow(60, {**BLAST, "CD33": 0.7})
    assert measured(events).populations[FREE.mrd] == 0
    got = measured(events, adjustments=(moved(),))
    assert got.populations[FREE.mrd] == 60 and got.adjustments == (moved(),)
    assert read_flow(io.BytesIO(write_flow(got).encode())) == got


def test_adjustments_are_read_back_as_they_were_written() -> None:
    polygon = next(one for one in FREE.gates if one.id == "immature")
    assert isinstance(polygon, Polygon)
    wider = replace(polygon, vertices=(*polygon.vertices, (0.0, -0.2)))
    both = (moved(), Adjustment(wider, "B. Person", "dim CD45"))
    text = write_adjustments("S1", FREE, both)
    assert read_adjustments(io.BytesIO(text.encode()), "S1", FREE) == both
    assert json.loads(text)["adjustments"][0]["gate"]["kind"] == "rectangle"


Change = Callable[[dict[str, Any]], object]


def gate_in(document: dict[str, Any]) -> dict[str, Any]:
    return document["adjustments"][0]["gate"]


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (lambda d: d.update(sample="S2"), InputRefused, "sample 'S2'"),
        (lambda d: d.update(strategy_sha256="0" * 64), InputRefused, "strategy_sha256"),
        (lambda d: d.update(schema_version=2), InputRefused, "schema_version 2"),
        (lambda d: d.pop("sample"), InvariantBroken, "without 'sample'"),
        (lambda d: d.update(extra=1), InvariantBroken, "with 'extra'"),
        (lambda d: d["adjustments"][0].update(by=""), InvariantBroken, "nobody says who"),
        (lambda d: d["adjustments"][0].pop("why"), InvariantBroken, "cannot be read"),
        (lambda d: gate_in(d).update(kind="polygon"), InvariantBroken, "cannot be read"),
        (lambda d: gate_in(d).update(kind="circle"), InvariantBroken, "cannot be read"),
        (lambda d: gate_in(d).update(parent="mononuclear"), InvariantBroken, "another parent"),
        (lambda d: gate_in(d).update(id="cd34"), InvariantBroken, "no such gate"),
        (lambda d: gate_in(d).update(id="cd3"), InvariantBroken, "other axes"),
        (lambda d: gate_in(d)["sides"][0].update(low="0.5"), InvariantBroken, "cannot be read"),
        (lambda d: gate_in(d)["sides"][0].update(low=2, high=1), InvariantBroken, "not below"),
        (lambda d: d["adjustments"].append(d["adjustments"][0]), InvariantBroken, "moved twice"),
    ],
)  # fmt: skip
def test_adjustments_that_do_not_fit_are_refused(change: Change, kind: type[Exception], said: str) -> None:
    document = json.loads(write_adjustments("S1", FREE, (moved(),)))
    change(document)
    with pytest.raises(kind, match=said):
        read_adjustments(io.BytesIO(json.dumps(document).encode()), "S1", FREE)


# ---------------------------------------------------------------- the file of a result


def full() -> FlowMeasured:
    events = marrow(60)
    return measured(
        events, acceptance=WHO, adjustments=(moved(),), suggested=suggestion(events, 30),
        notes=(Text("n", "注"),), quality=quality_of(events, [0, 1], "unsteady-flow"), asked=AFTER,
    )  # fmt: skip


def test_written_and_read_back_exactly() -> None:
    for one in (full(), measured(marrow(0)), measured(marrow(3), panel=panel_without("CD10"))):
        text = write_flow(one)
        assert read_flow(io.BytesIO(text.encode())) == one
        assert write_flow(read_flow(io.BytesIO(text.encode()))) == text


def test_the_keys_that_others_rely_on() -> None:
    document = json.loads(write_flow(full()))
    assert document["schema_version"] == 1 and document["simulated"] is True
    assert (document["found"], document["call"], document["sensitivity"]) == (60, "positive", "sufficient")
    assert document["denominators"]["nucleated cells"] == 20_000
    assert document["populations"][FREE.mrd] == 60
    assert document["level"] == 60 / 20_000 and document["lower"] < document["level"] < document["upper"]
    assert (document["lod"], document["loq"]) == (20 / 20_000, 50 / 20_000)
    nothing = json.loads(write_flow(measured(marrow(3), panel=panel_without("CD10"))))
    assert [nothing[key] for key in ("found", "primary", "level", "lower", "upper", "lod", "loq")] == [
        None
    ] * 7
    assert (nothing["call"], nothing["sensitivity"], nothing["lacking"]) == (
        "not-evaluable",
        "none",
        ["CD10"],
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(found=61),
        lambda d: d.update(found=60.0),
        lambda d: d.update(found=None),
        lambda d: d.update(level=0.002),
        lambda d: d.update(lower=0.0),
        lambda d: d.update(upper=0.9),
        lambda d: d.update(lod=0.1, loq=0.2),
        lambda d: d.update(call="negative"),
        lambda d: d.update(category="negative"),
        lambda d: d.update(sensitivity="insufficient"),
        lambda d: d.update(simulated=False),
        lambda d: d.update(simulated=1),
        lambda d: d.update(primary="B cells"),
        lambda d: d["denominators"].update({"nucleated cells": 21_000}),
        lambda d: d["denominators"].update({"B cells": 7}),
        lambda d: d["populations"].update({FREE.mrd: 59}),
        lambda d: d["populations"].update({"time": 1}),
        lambda d: d["kept_populations"].update({FREE.mrd: 61}),
        lambda d: d["kept_populations"].pop("time"),
        lambda d: d.update(mrd="time/elsewhere"),
        lambda d: d.update(lacking=["CD10"]),
        lambda d: d["flags"].remove("unsteady-flow"),
        lambda d: d.update(threshold=0.01, required_lod=0.01),
        lambda d: d["answer"].update(call="negative"),
        lambda d: d["acceptance"].update(what="suggestion"),
        lambda d: d["adjustments"][0]["gate"].update(kind="nothing"),
        lambda d: d.pop("needed_flags"),
        lambda d: d.update(more=1),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(change: Change) -> None:
    document = json.loads(write_flow(full()))
    change(document)
    with pytest.raises(InvariantBroken):
        read_flow(io.BytesIO(json.dumps(document).encode()))


def test_a_result_that_was_not_measured_cannot_claim_a_call() -> None:
    document = json.loads(write_flow(measured(marrow(3), panel=panel_without("CD10"))))
    document.update(call="negative", category="negative")
    document["answer"]["call"] = "negative"
    with pytest.raises(InvariantBroken, match="nothing was measured"):
        read_flow(io.BytesIO(json.dumps(document).encode()))


def test_mappings_are_read_only() -> None:
    assert isinstance(read_flow(io.BytesIO(write_flow(full()).encode())).populations, MappingProxyType)


@pytest.mark.parametrize(
    ("blasts", "flagged", "rests", "call"),
    [
        (0, 0, False, Call.NEGATIVE),
        (0, 800, False, Call.NEGATIVE),  # 20,200 cells left still see 1 in 1,000
        (40, 0, False, Call.POSITIVE),
        (40, 19, False, Call.POSITIVE),  # 21 blasts left
        (40, 21, True, Call.POSITIVE),  # 19 left: less than half
        (0, 5_000, True, Call.NOT_EVALUABLE),  # 16,000 left cannot see 1 in 1,000
        (0, 21_400, True, Call.NOT_EVALUABLE),  # nothing left
    ],
)
def test_an_answer_that_rests_on_flagged_events_says_so(
    blasts: int, flagged: int, rests: bool, call: Call
) -> None:
    events = marrow(blasts, cells=21_000)
    last = range(events.count - flagged, events.count) if blasts else range(flagged)
    found = measured(events, quality=quality_of(events, last))
    assert found.result is not None
    assert ("rests-on-flagged-events" in found.result.flags) is rests
    assert found.answer.call is call
    assert read_flow(io.BytesIO(write_flow(found).encode())) == found
