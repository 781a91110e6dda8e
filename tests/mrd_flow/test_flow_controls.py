"""Controls inside a sample: every stain that fails is seen, no good marrow is blamed."""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.events import Held
from remission.mrd.flow.gates.gates import Boolean, Operand, Operation
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.strategies.applying import applied
from remission.mrd.flow.strategies.checking import needed_markers
from remission.mrd.flow.strategies.controls import empty_ancestors, missing_controls
from remission.mrd.flow.strategies.reading import read_strategy, shipped_strategies, shipped_strategy
from remission.mrd.flow.strategies.strategy import Control, Strategy
from remission.rehearsal.cytometry.simulate import Simulated, simulate
from remission.rehearsal.cytometry.spec import SMALL, Marrow, MarrowSpec
from remission.terms.words import Text

SHIPPED = [shipped_strategy(id) for id in shipped_strategies()]
CD19, FREE = SHIPPED
GOOD = (Marrow.NORMAL, Marrow.REGENERATING, Marrow.BLINATUMOMAB, Marrow.APLASTIC)


@cache
def marrow(kind: Marrow, seed: int = 11, markers: tuple[str, ...] = MarrowSpec().markers) -> Simulated:
    spec = MarrowSpec(marrow=kind, events=40_000, markers=markers)
    return simulate(spec, np.random.default_rng(seed))


def changed(made: Simulated, **stains: Callable[[Any], Any]) -> Simulated:
    """The same marrow with other light of some markers."""
    values = made.events.values.copy()
    for marker, change in stains.items():
        row = made.events.channels.index(made.panel.channels[marker])
        values[row] = change(values[row])
    return replace(made, events=Held(made.events.channels, values, made.events.spill))


def noise(light: Any) -> Any:
    return np.random.default_rng(3).normal(0.0, 60.0, light.size)


def dim(light: Any) -> Any:
    return light * 0.1


def everywhere(light: Any) -> Any:
    return light + 20_000.0


def shown(strategy: Strategy, made: Simulated) -> tuple[set[str], tuple[str, ...]]:
    """Gates of the controls that fail, and empty populations on the way."""
    on = applied(strategy, made.panel, made.events, made.ranges)
    gated = apply(on.gating, made.events)
    said = missing_controls(on, gated)
    gates = [re.search(r"Gate (\S+) holds", one.en) for one in said]
    assert all(one.zh and one.en for one in said)
    return {found[1] for found in gates if found}, empty_ancestors(on, gated)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize("seed", [11, 12])
def test_a_good_marrow_shows_every_control(kind: Marrow, seed: int) -> None:
    for strategy in SHIPPED:
        assert shown(strategy, marrow(kind, seed)) == (set(), ())


def test_a_small_panel_is_asked_only_for_what_it_carries() -> None:
    made = marrow(Marrow.NORMAL, 11, SMALL)
    assert shown(CD19, made) == (set(), ())
    on = applied(CD19, made.panel, made.events, made.ranges)
    assert {"cd66b-granulocytes", "cd7-lymphocytes", "cd117-on-lymphocytes"} <= set(on.left_out)


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize(
    ("stains", "failing"),
    [
        ({"CD22": noise}, {"cd22"}),
        ({"CD22": noise, "CD24": noise}, {"cd22", "cd24-granulocytes"}),
        ({"CD22": dim}, {"cd22"}),
        ({"CD24": dim}, {"cd24-granulocytes"}),
        ({"CD10": noise}, {"cd10-granulocytes"}),
        ({"CD10": dim}, {"cd10-granulocytes"}),
        ({"CD34": noise}, {"cd34-positive"}),
        ({"CD38": noise}, {"cd38-bright"}),
        ({"CD38": everywhere}, {"cd38-dim-lymphocytes"}),
        ({"CD3": noise}, {"cd3-lymphocytes"}),
        ({"CD3": everywhere}, {"cd3-on-granulocytes"}),
        ({"CD33": noise}, {"cd33-granulocytes"}),
        ({"CD33": everywhere}, {"cd33-on-lymphocytes"}),
        ({"CD66b": noise}, {"cd66b-granulocytes"}),
        ({"CD66b": everywhere}, {"cd66b-on-lymphocytes"}),
        ({"CD45": noise}, {"lymphocytes"}),
        ({"CD45": dim}, {"lymphocytes"}),
        ({"CD45": everywhere}, {"cd45-dim-granulocytes"}),
    ],
)
def test_a_stain_that_fails_is_named(
    kind: Marrow, stains: Mapping[str, Callable[[Any], Any]], failing: set[str]
) -> None:
    assert failing <= shown(FREE, changed(marrow(kind), **stains))[0]


@pytest.mark.parametrize("kind", GOOD)
def test_cd19_that_fails_is_named_by_the_strategy_that_needs_it(kind: Marrow) -> None:
    made = changed(marrow(kind), CD19=noise)
    failing, empty = shown(CD19, made)
    assert failing == {"b-lineage"} and empty[0] == "b-lineage"
    assert shown(FREE, made) == (set(), ())


def test_an_empty_way_to_disease_is_named_from_its_start() -> None:
    made = changed(marrow(Marrow.NORMAL), CD3=everywhere)
    assert shown(FREE, made)[1] == ("b-cells", "immature")


def test_a_failing_control_says_its_gate_the_numbers_and_the_limit() -> None:
    made = changed(marrow(Marrow.NORMAL), CD34=noise)
    on = applied(FREE, made.panel, made.events, made.ranges)
    gated = apply(on.gating, made.events)
    (said,) = missing_controls(on, gated)
    whole = gated.populations["mononuclear"].count
    found = gated.populations["cd34-positive"].count
    for words, limit in ((said.en, "at least 0.02 %"), (said.zh, "应不少于0.02")):
        assert "cd34-positive" in words and f"{found:,}" in words and f"{whole:,}" in words and limit in words


@pytest.mark.parametrize(
    ("limits", "fails"),
    [
        ({"least_events": 11}, True),
        ({"least_events": 10}, False),
        ({"least_share": 0.11}, True),
        ({"least_share": 0.1}, False),
        ({"most_share": 0.09}, True),
        ({"most_share": 0.1}, False),
    ],
)
def test_each_limit_counts_itself_as_kept(limits: dict[str, Any], fails: bool) -> None:
    """Ten events of a hundred."""
    made = marrow(Marrow.NORMAL)
    on = applied(FREE, made.panel, made.events, made.ranges)
    gated = apply(on.gating, made.events)
    parent, own = gated.populations["mononuclear"], gated.populations["lymphocytes"]
    counts = {"mononuclear": replace(parent, count=100), "lymphocytes": replace(own, count=10)}
    gated = replace(gated, populations={**gated.populations, **counts})
    none: dict[str, Any] = {"least_events": None, "least_share": None, "most_share": None}
    control = Control("one", Text("one", "一"), "lymphocytes", **(none | limits))
    on = replace(on, strategy=replace(FREE, controls=(control,)))
    assert bool(missing_controls(on, gated)) is fails


def test_every_control_gate_stands_beside_the_way_and_moves_no_number() -> None:
    """Nothing that decides rests on a gate that was added for a control."""
    for strategy in SHIPPED:
        beside = {control.gate for control in strategy.controls} - {"b-lineage", "cd22"}
        beside |= {"granulocytes"}
        decides = set(strategy.mrd.split("/"))
        for gate in strategy.gates:
            if isinstance(gate, Boolean):
                decides |= {operand.gate for operand in gate.operands}
        assert not beside & decides
        assert all(gate.parent not in beside for gate in strategy.gates if gate.id not in beside)


# ---------------------------------------------------------------- what a strategy file may say


def raw(id: str) -> str:
    return (files("remission.mrd.flow") / "strategies" / f"{id}.toml").read_text("utf-8")


def read(text: str) -> Strategy:
    return read_strategy(io.BytesIO(text.encode()), "own.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('gate = "cd34-positive"', 'gate = "cd34-plus"', "'cd34-plus' names no gate"),
        ("least_share = 0.0002\n", "", "it has no limit"),
        ("least_share = 0.0002", "least_share = 0.0", "least_share 0.0 is not between 0 and 1"),
        ("least_share = 0.0002", "least_share = 1.5", "least_share 1.5 is not between 0 and 1"),
        ("least_share = 0.0002", "least_share = nan", "least_share nan is not between 0 and 1"),
        ("least_share = 0.0002", "least_events = 0", "least_events 0 is not above 0"),
        ("least_share = 0.0002", "least_share = 0.3\nmost_share = 0.2", "0.3 is not below most_share 0.2"),
        ('id = "cd34"\n', 'id = "cd38"\n', "'cd38' is empty, or stands twice"),
        ('id = "cd34"\n', 'id = ""\n', "'' is empty, or stands twice"),
        ("least_share = 0.0002", "least_part = 0.0002", "least_part"),
    ],
)
def test_a_control_that_does_not_fit_is_refused(old: str, new: str, said: str) -> None:
    text = raw("ball-cd19")
    start = text.index("[[controls]]")
    assert old in text[start:]
    with pytest.raises((InvariantBroken, InputRefused)) as caught:
        read(text[:start] + text[start:].replace(old, new, 1))
    assert said in str(caught.value) and "own.toml" in str(caught.value)


# ---------------------------------------------------------------- a statement is held against the gates


def stating(id: str, *states: str) -> str:
    return re.sub(r"states = \[.*\]", f"states = {list(states)}".replace("'", '"'), raw(id), count=1)


def test_what_disease_needs() -> None:
    assert "CD19" in needed_markers(CD19, "abnormal")
    assert {"CD45", "SSC-A", "CD3", "CD22"} <= needed_markers(FREE, "abnormal")
    assert not {"CD19", "CD20", "CD34"} & needed_markers(FREE, "abnormal")
    assert "CD19" in needed_markers(FREE, "cd10-not-cd19")


@pytest.mark.parametrize(
    ("id", "state"),
    [
        ("ball-cd19", "cd19-independent-gate"),
        ("ball-cd19", "CD19-independent-gate"),
        ("ball-cd19-independent", "cd22-independent-gate"),
        ("ball-cd19-independent", "cd3-independent-gate"),
    ],
)
def test_a_statement_that_the_gates_belie_is_refused(id: str, state: str) -> None:
    with pytest.raises(InvariantBroken, match="is not so: 'abnormal' cannot be told without CD"):
        read(stating(id, state))


def test_a_statement_that_holds_is_kept() -> None:
    states = ("cd19-independent-gate", "cd34-independent-gate")
    assert read(stating("ball-cd19-independent", *states)).states == states


@pytest.mark.parametrize("state", ["-independent-gate", "blast-independent-gate", "time-independent-gate"])
def test_a_statement_on_no_marker_is_refused(state: str) -> None:
    with pytest.raises(InvariantBroken, match="is no marker"):
        read(stating("ball-cd19-independent", state))


def test_cd19_hidden_in_a_parent_is_found() -> None:
    axis = '    { marker = "SSC-A", scale = "scatter", high = 0.29 },\n'
    text = raw("ball-cd19-independent")
    assert axis in text
    text = text.replace(axis, axis + '    { marker = "CD19", scale = "light", low = 0.4 },\n', 1)
    with pytest.raises(InvariantBroken, match="cannot be told without CD19"):
        read(text)


ON_CD19, NOT_ON_CD19 = "cd10-not-cd19", "cd10-bright"


@pytest.mark.parametrize(
    ("operation", "operands", "optional", "needs"),
    [
        ("or", (Operand(ON_CD19), Operand(NOT_ON_CD19)), (), False),
        ("or", (Operand(ON_CD19), Operand(NOT_ON_CD19)), (ON_CD19,), False),
        # a panel may lack the other way
        ("or", (Operand(ON_CD19), Operand(NOT_ON_CD19)), (ON_CD19, NOT_ON_CD19), True),
        ("or", (Operand(ON_CD19), Operand(NOT_ON_CD19)), (NOT_ON_CD19,), True),
        ("or", (Operand(ON_CD19),), (), True),
        ("or", (Operand(ON_CD19), Operand(ON_CD19, True)), (), True),
        ("and", (Operand(ON_CD19), Operand(NOT_ON_CD19)), (), True),
        ("and", (Operand(ON_CD19, True), Operand(NOT_ON_CD19)), (ON_CD19,), True),
        ("not", (Operand(ON_CD19),), (), True),
        ("and", (Operand(NOT_ON_CD19), Operand(NOT_ON_CD19)), (), False),
    ],
)
def test_which_operands_are_needed(
    operation: str, operands: tuple[Operand, ...], optional: tuple[str, ...], needs: bool
) -> None:
    made = Boolean("made", "immature", Operation(operation), operands)
    strategy = replace(FREE, gates=(*FREE.gates, made), optional=optional)
    assert ("CD19" in needed_markers(strategy, "made")) is needs


def test_what_is_not_one_of_several_needs_all_of_them() -> None:
    """Outside A or B is outside A and outside B."""
    ways = Boolean("ways", "immature", Operation.OR, (Operand(ON_CD19), Operand(NOT_ON_CD19)))
    outside = Boolean("outside", "immature", Operation.NOT, (Operand("ways"),))
    beside = Boolean("beside", "immature", Operation.AND, (Operand("ways", True), Operand(NOT_ON_CD19)))
    strategy = replace(FREE, gates=(*FREE.gates, ways, outside, beside), optional=())
    assert "CD19" not in needed_markers(strategy, "ways")
    assert "CD19" in needed_markers(strategy, "beside") and "CD19" in needed_markers(strategy, "outside")
