"""Strategies as files: the shipped ones, a laboratory's own, and how they are put on a panel."""

import hashlib
import io
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken, Malformed
from remission.mrd.flow.events import Held
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Gate,
    Operand,
    Polygon,
    Quadrants,
    Rectangle,
    Side,
)
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.gates.parts import dimensions_of
from remission.mrd.flow.light.scales import Linear, Logicle
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.adjusting import adjusted
from remission.mrd.flow.strategies.applying import (
    applied,
    denominator_gates,
    lacking,
    left_out,
    mrd_gate,
    uncompensated_markers,
)
from remission.mrd.flow.strategies.checking import path_of
from remission.mrd.flow.strategies.markers import KNOWN, spelled
from remission.mrd.flow.strategies.reading import read_strategy, shipped_strategies, shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment, Panel, Strategy

PAGE = Path(__file__).parents[2] / "docs" / "rooms" / "flow-strategies.md"
SHIPPED = [shipped_strategy(id) for id in shipped_strategies()]
FULL = (
    "Time", "FSC-A", "FSC-H", "SSC-A", "nucleic dye", "CD45", "CD19", "CD22", "CD24", "CD66b", "CD10", "CD20",
    "CD34", "CD38", "CD3", "CD33",
)  # fmt: skip


def panel(*without: str, compensation: str = "uncompensated") -> Panel:
    names = [name for name in FULL if name not in without]
    return Panel("tests", {name: f"{name} channel" for name in names}, compensation)


def events(spill: Spectrum | None = None) -> Held:
    return Held(tuple(f"{name} channel" for name in FULL), np.zeros((len(FULL), 3)), spill)


RANGES = {f"{name} channel": 1000.0 * (place + 1) for place, name in enumerate(FULL)}


def raw(id: str) -> str:
    return (files("remission.mrd.flow") / "strategies" / f"{id}.toml").read_text("utf-8")


def read(text: str) -> Strategy:
    return read_strategy(io.BytesIO(text.encode()), "own.toml")


@pytest.mark.parametrize("strategy", SHIPPED, ids=lambda one: one.id)
def test_what_every_shipped_strategy_is(strategy: Strategy) -> None:
    assert strategy.sha256 == hashlib.sha256(raw(strategy.id).encode()).hexdigest()
    assert next(iter(strategy.denominators)) == "nucleated cells"
    assert set(strategy.denominators) == {
        "nucleated cells",
        "mononuclear cells",
        "all singlet events",
        "B cells",
    }
    assert strategy.mrd == path_of(strategy, "abnormal")
    assert all(
        (name.en and re.search(r"[\u4e00-\u9fff]", name.zh)) or name.en.isascii()
        for name in strategy.names.values()
    )
    assert all(note.en and note.zh for note in strategy.notes)
    assert any("every laboratory must check them on its own" in note.en for note in strategy.notes)
    markers = {one.channel for gate in strategy.gates for one in dimensions_of(gate)}
    assert markers == {spelled(marker) for marker in markers}
    assert lacking(strategy, panel()) == ()


def test_what_they_state() -> None:
    assert [one.states for one in SHIPPED] == [("cd19-only-gate",), ("cd19-independent-gate",)]
    assert lacking(SHIPPED[0], panel("CD19")) == ("CD19",) and lacking(SHIPPED[1], panel("CD19")) == ()


def test_the_independent_one_finds_b_cells_without_cd19_and_may_only_add_what_lacks_it() -> None:
    """Events count the same whatever their CD19, or more where it is missing."""
    second = {gate.id: gate for gate in SHIPPED[1].gates}
    with_cd19 = {id for id, one in second.items() if "CD19" in {axis.channel for axis in dimensions_of(one)}}
    abnormal = second["abnormal"]
    assert isinstance(abnormal, Boolean) and abnormal.operation == "or"
    assert with_cd19 <= {operand.gate for operand in abnormal.operands}
    assert with_cd19 <= set(SHIPPED[1].optional)


def test_no_other_ships() -> None:
    with pytest.raises(InputRefused, match="no strategy 'ball'"):
        shipped_strategy("ball")


@pytest.mark.parametrize(
    ("without", "of_cd19", "of_free"),
    [
        ((), (), ()),
        (("Time", "FSC-H", "nucleic dye"), (), ()),
        (("CD19",), ("CD19",), ()),
        (("CD22",), (), ()),
        (("CD24",), (), ()),
        (("CD22", "CD66b"), (), ("CD22 or CD24+CD66b",)),
        (("CD22", "CD24", "CD66b"), (), ("CD22 or CD24+CD66b",)),
        (("CD45", "FSC-A"), ("FSC-A", "CD45"), ("FSC-A", "CD45")),
        (("CD3",), ("CD3 or CD7",), ("CD3 or CD7",)),
        (("CD33",), (), ()),
        (("CD33", "CD66b"),) + (("CD33 or CD66b or CD13 or CD117",),) * 2,
        (("CD34",), (), ()),
        (("CD20",), (), ()),
        (("CD34", "CD20"),) + (("CD34 or CD20",),) * 2,
        (("CD10",), ("CD10",), ("CD10",)),
    ],
)
def test_what_a_panel_lacks(
    without: tuple[str, ...], of_cd19: tuple[str, ...], of_free: tuple[str, ...]
) -> None:
    for strategy, missing in zip(SHIPPED, (of_cd19, of_free), strict=True):
        assert lacking(strategy, panel(*without)) == missing
        if missing:
            with pytest.raises(InputRefused, match=re.escape(missing[0])):
                applied(strategy, panel(*without), events(), RANGES)
        else:
            apply(applied(strategy, panel(*without), events(), RANGES).gating, events())


def test_gates_left_out_give_their_place_to_their_children() -> None:
    on = applied(SHIPPED[1], panel("FSC-H", "nucleic dye", "CD22", "CD20"), events(), RANGES)
    assert on.left_out == (
        "singlets", "stained", "cd22", "cd7", "cd13", "cd117", "cd34-cd20", "cd10-cd20",
        "cd13-granulocytes", "cd7-on-granulocytes", "cd7-lymphocytes", "cd13-on-lymphocytes",
        "cd117-on-lymphocytes",
    )  # fmt: skip
    gates = {gate.id: gate for gate in on.gating.gates}
    assert gates["nucleated"].parent == "time"
    lineage, abnormal, whole = gates["b-lineage"], gates["abnormal"], gate("abnormal")
    assert isinstance(lineage, Boolean) and lineage.operands == (Operand("cd24-not-cd66b"),)
    assert isinstance(abnormal, Boolean)
    assert abnormal.operands == tuple(one for one in whole.operands if not one.gate.endswith("-cd20"))
    assert "all singlet events" not in denominator_gates(on)
    assert mrd_gate(on) == "abnormal"


def test_scales_end_at_the_range_of_their_channel() -> None:
    on = applied(SHIPPED[0], panel(), events(), RANGES)
    assert on.gating.scales["light CD45 channel"].curve == Logicle(6000.0, 0.5, 4.5, 0.0)
    assert on.gating.scales["scatter FSC-A channel"].curve == Linear(2000.0, 0.0)
    used = {one.scale for gate in on.gating.gates for one in dimensions_of(gate)}
    assert used == set(on.gating.scales)
    with pytest.raises(InputRefused, match="the range of channel 'CD45 channel' is 0"):
        applied(SHIPPED[0], panel(), events(), {**RANGES, "CD45 channel": 0.0})
    with pytest.raises(InputRefused, match="is None"):
        applied(SHIPPED[0], panel(), events(), {})


def test_light_is_compensated_where_the_matrix_covers_it_and_scatter_never() -> None:
    names = ("CD45 channel", "CD10 channel")
    own = Spectrum("FCS", names, names, ((1.0, 0.1), (0.0, 1.0)), "$SPILLOVER")
    given = replace(own, name="controls")

    def compensated(on: Any) -> dict[str, str]:
        found = {one.channel: one.compensation for gate in on.gating.gates for one in dimensions_of(gate)}
        return {channel: found[channel] for channel in ("CD45 channel", "CD20 channel", "SSC-A channel")}

    none = "uncompensated"
    by_file = applied(SHIPPED[0], panel(compensation="FCS"), events(own), RANGES)
    assert list(compensated(by_file).values()) == ["FCS", none, none]
    without = applied(SHIPPED[0], panel(compensation="FCS"), events(), RANGES)
    assert list(compensated(without).values()) == [none] * 3
    matrix = {"controls": given}
    by_matrix = applied(SHIPPED[0], panel(compensation="controls"), events(), RANGES, spectra=matrix)
    assert list(compensated(by_matrix).values()) == ["controls", none, none]
    with pytest.raises(InputRefused, match="there is no matrix 'others'"):
        applied(SHIPPED[0], panel(compensation="others"), events(), RANGES, spectra=matrix)


def test_markers_gated_without_compensation_are_named_unless_it_was_done_already() -> None:
    names = ("CD45 channel", "CD10 channel")
    spill = Spectrum("FCS", names, names, ((1.0, 0.1), (0.0, 1.0)), "$SPILLOVER")
    identity = replace(spill, name="controls", values=((1.0, 0.0), (0.0, 1.0)))
    given = {"controls": identity}

    def bare(compensation: str, own: Spectrum | None) -> set[str]:
        on = applied(SHIPPED[0], panel(compensation=compensation), events(own), RANGES, spectra=given)
        return set(uncompensated_markers(on))

    every = {"nucleic dye", "CD45", "CD19", "CD10", "CD20", "CD34", "CD38", "CD3", "CD33", "CD66b"}
    assert bare("already", None) == bare("already", spill) == set()
    assert bare("FCS", spill) == every - {"CD45", "CD10"}
    assert bare("FCS", None) == bare("FCS", identity) == bare("controls", spill) == every
    assert bare("uncompensated", spill) == every


def test_a_channel_that_is_not_in_the_file_is_refused() -> None:
    wrong = Panel("tests", {**panel().channels, "CD10": "APC-A"}, "uncompensated")
    with pytest.raises(InputRefused, match="there is no channel 'APC-A', which carries CD10"):
        applied(SHIPPED[0], wrong, events(), RANGES)


# ---------------------------------------------------------------- a laboratory's own file

OWN = """schema_version = 1
id = "own"
version = "3"
title = { en = "Ours", zh = "本室" }
mrd = "cells/blasts"
needs = [["cd45", "CD22 + cd66B"]]
states = []

[[denominators]]
name = "cells"
path = "cells"

[[scales]]
name = "light"
curve = "asinh"
T = 1.0
M = 4.0
A = 1.0

[[ratios]]
name = "round"
x = "FSC-A"
y = "FSC-H"

[[gates]]
id = "cells"
kind = "rectangle"
name = { en = "Cells", zh = "细胞" }
axes = [{ ratio = "round", low = 0.5, high = 1.5 }]

[[gates]]
id = "cross"
kind = "quadrants"
name = { en = "Cross", zh = "十字" }
parent = "cells"
dividers = [{ id = "x", axis = { marker = "anti-CD45", scale = "light" }, values = [0.5] }]
quadrants = [{ id = "dim", name = { en = "dim", zh = "弱" }, where = { x = 0.2 } }]

[[gates]]
id = "round-ones"
kind = "ellipsoid"
name = { en = "Round", zh = "圆" }
parent = "cells"
optional = true
axes = [{ marker = "CD10", scale = "light" }, { marker = "CD45", scale = "light" }]
mean = [0.5, 0.5]
covariance = [[0.01, 0.0], [0.0, 0.01]]
distance_square = 4.0

[[gates]]
id = "blasts"
kind = "boolean"
name = { en = "Blasts", zh = "原始细胞" }
parent = "cells"
operation = "or"
operands = [{ gate = "dim" }, { gate = "round-ones", complement = true }]
"""


def test_every_kind_of_gate_can_be_written() -> None:
    own = read(OWN)
    assert [type(gate).__name__ for gate in own.gates] == ["Rectangle", "Quadrants", "Ellipsoid", "Boolean"]
    assert own.needs == (("CD45", "CD22+CD66b"),)
    assert own.names["dim"].zh == "弱"
    on = applied(own, panel(), events(), RANGES)
    assert (on.gating.ratios["round"].x, on.gating.ratios["round"].y) == ("FSC-A channel", "FSC-H channel")
    apply(on.gating, events())
    assert left_out(own, panel("CD10")) == ("round-ones",)
    assert lacking(own, panel("CD22", "CD45")) == ("CD45 or CD22+CD66b",)


@pytest.mark.parametrize(
    ("old", "new", "kind", "said"),
    [
        ("schema_version = 1", "schema_version = 2", InputRefused, "schema_version 2 is not 1"),
        ("[[scales]]", "[[scales]", Malformed, "line 13"),
        ('version = "3"', "version = 3", InputRefused, "own.toml, version"),
        ('version = "3"', 'version = ""', InvariantBroken, "own.toml, version"),
        ('version = "3"', 'version = "3"\nauthor = "me"', InputRefused, "unknown key"),
        ("states = []", "", InputRefused, "'states' is missing"),
        ("low = 0.5, high", 'low = "0.5", high', InputRefused, "gates[1].axes[1].low"),
        ("low = 0.5", "low = 2.5", InvariantBroken, "low 2.5 is not below high 1.5"),
        ("low = 0.5", "low = nan", InvariantBroken, "cells"),
        ('curve = "asinh"', 'curve = "sine"', InputRefused, "'sine' is no curve"),
        ("M = 4.0\n", "", InputRefused, "give T, M, A"),
        ("A = 1.0\n", "A = 1.0\nW = 0.5\n", InputRefused, "give T, M, A"),
        ('kind = "ellipsoid"', 'kind = "circle"', InputRefused, "'circle' is no kind"),
        ("mean = [0.5, 0.5]\n", "", InputRefused, "ellipsoid without mean"),
        ('operation = "or"', 'operation = "or"\nmean = [1.0]', InputRefused, "boolean with mean"),
        ('operation = "or"', 'operation = "xor"', InputRefused, "'xor' is no operation"),
        ('operation = "or"', 'operation = "not"', InvariantBroken, "not"),
        ('gate = "dim"', 'gate = "dark"', InputRefused, "there is no gate or quadrant 'dark'"),
        ('gate = "dim"', 'gate = "blasts"', InvariantBroken, "stand on each other"),
        ('id = "round-ones"', 'id = "dim"', InvariantBroken, "two populations have the id 'dim'"),
        ('id = "round-ones"', 'id = "round/ones"', InputRefused, "round-ones"),
        ('parent = "cells"\noptional', 'parent = "cell"\noptional', InputRefused, "'cell'"),
        ('mrd = "cells/blasts"', 'mrd = "blasts"', InvariantBroken, "that is 'cells/blasts'"),
        ('mrd = "cells/blasts"', 'mrd = "cells/round-ones"', InvariantBroken, "optional"),
        ('path = "cells"', 'path = "cell"', InvariantBroken, "names no gate"),
        ('scale = "light" }, values', 'scale = "dark" }, values', InvariantBroken, "scale 'dark'"),
        ('ratio = "round"', 'ratio = "flat"', InvariantBroken, "ratio 'flat'"),
        ('ratio = "round"', 'ratio = "round", marker = "CD3"', InputRefused, "give one of them"),
        ("where = { x = 0.2 }", "where = { y = 0.2 }", InputRefused, "divider 'y'"),
        ("values = [0.5]", "values = [0.5, 0.1]", InvariantBroken, "divider"),
        ("[[ratios]]", '[[scales]]\nname = "light"\ncurve = "log"\nT = 1.0\nM = 4.0\n[[ratios]]',
         InputRefused, "'light' stands twice"),
    ],
)  # fmt: skip
def test_a_strategy_that_does_not_fit_is_refused(
    old: str, new: str, kind: type[Exception], said: str
) -> None:
    assert old in OWN
    with pytest.raises(kind) as caught:
        read(OWN.replace(old, new, 1))
    assert said in str(caught.value) and "own.toml" in str(caught.value)


# ---------------------------------------------------------------- gates moved


def gate(id: str) -> Any:
    return next(one for one in SHIPPED[1].gates if one.id == id)


def test_a_moved_gate_takes_the_place_of_the_strategys() -> None:
    wider = replace(gate("immature"), vertices=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))
    now = adjusted(SHIPPED[1], [Adjustment(wider, "A. Person", "dim CD45")])
    assert [one.id for one in now] == [one.id for one in SHIPPED[1].gates]
    assert [one for one in now if one not in SHIPPED[1].gates] == [wider]
    on = applied(SHIPPED[1], panel(), events(), RANGES, [Adjustment(wider, "A. Person", "dim CD45")])
    polygon = next(one for one in on.gating.gates if one.id == "immature")
    assert isinstance(polygon, Polygon)
    assert (polygon.x, polygon.vertices) == (
        Dimension("CD45 channel", "uncompensated", "light CD45 channel"), wider.vertices,
    )  # fmt: skip


RECTANGLE = Rectangle("immature", "b-cells", (Side(Dimension("CD45", "FCS", "light"), 0.0, 1.0),))


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (replace(gate("immature"), id="elsewhere"), "no such gate"),
        (replace(gate("immature"), parent="mononuclear"), "another parent"),
        (replace(gate("immature"), x=Dimension("CD10", "FCS", "light")), "other axes"),
        (replace(gate("immature"), x=replace(gate("immature").x, scale="scatter")), "other axes"),
        (replace(gate("immature"), vertices=((0.0, 0.0), (1.0, 0.0))), "vertices"),
        (replace(gate("immature"), vertices=((0.0, 0.0), (1.0, 0.0), (1.0, float("nan")))), "vertices"),
        (RECTANGLE, "a rectangle, of a polygon"),
        (replace(gate("abnormal"), operands=(Operand("cd10-bright"),)), "only gates with axes"),
        (gate("cd7"), "left out"),
    ],
)
def test_what_is_not_the_strategys_gate_moved_is_refused(moved: Gate, said: str) -> None:
    with pytest.raises(InvariantBroken, match=said):
        applied(SHIPPED[1], panel(), events(), RANGES, [Adjustment(moved, "A. Person", "a reason")])


@pytest.mark.parametrize(("by", "why"), [("", "a reason"), ("A. Person", ""), (" ", "a reason"), ("A", "\n")])
def test_nobody_moves_a_gate_without_name_and_reason(by: str, why: str) -> None:
    with pytest.raises(InvariantBroken, match="nobody says who"):
        adjusted(SHIPPED[1], [Adjustment(gate("immature"), by, why)])


def test_quadrants_are_moved_with_their_parts() -> None:
    own = read(OWN)
    cross = next(one for one in own.gates if isinstance(one, Quadrants))
    moved = replace(cross, dividers=(replace(cross.dividers[0], values=(0.7,)),))
    assert moved in adjusted(own, [Adjustment(moved, "A", "why")])
    with pytest.raises(InvariantBroken, match="other parts"):
        other = replace(cross, quadrants=(replace(cross.quadrants[0], id="bright"),))
        adjusted(own, [Adjustment(other, "A", "why")])


# ---------------------------------------------------------------- the page


def tree_of(strategy: Strategy) -> str:
    """The tree as the page prints it."""
    lines: list[str] = []

    def add(parent: str | None, indent: str) -> None:
        for one in strategy.gates:
            if one.parent == parent:
                may = " (may be left out)" if one.id in strategy.optional else ""
                lines.append(f"{indent}{one.id}: {strategy.names[one.id].en}{may}")
                add(one.id, indent + "  ")

    add(None, "")
    return "\n".join(lines)


def rows_of_markers() -> str:
    rows = [f"| {one.name} | {one.kind} | {', '.join(one.synonyms)} |" for one in KNOWN]
    return "\n".join(rows)


def rows_of_controls() -> str:
    """Each control once, with its limits and the strategies that ask for it."""
    rows: dict[str, list[str]] = {}
    for strategy in SHIPPED:
        parents = {gate.id: gate.parent for gate in strategy.gates}
        for one in strategy.controls:
            limits = [f"{one.least_events} events"] if one.least_events else []
            limits += [f"{one.least_share:.2%} of {parents[one.gate]}"] if one.least_share else []
            least = f"at least {' and '.join(limits)}" if limits else ""
            most = f"at most {one.most_share:.2%} of {parents[one.gate]}" if one.most_share else ""
            rows.setdefault(f"| {one.name.en} | {one.gate} | {least}{most} |", []).append(strategy.id)
    both = [one.id for one in SHIPPED]
    return "\n".join(f"{row} {'both' if ids == both else ids[0]} |" for row, ids in rows.items())


def test_the_page_prints_the_controls() -> None:
    assert rows_of_controls() in PAGE.read_text("utf-8")


def test_the_page_prints_the_trees_the_needs_and_the_markers() -> None:
    page = PAGE.read_text("utf-8")
    for strategy in SHIPPED:
        assert f"```text\n{tree_of(strategy)}\n```" in page
        assert f"`{strategy.id}` {strategy.version}" in page
        for group in strategy.needs:
            assert " or ".join(group) in page
    assert rows_of_markers() in page
