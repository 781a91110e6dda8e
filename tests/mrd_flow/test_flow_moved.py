"""Gates moved, suggestions accepted, stains failed, files altered: none of it takes disease away unsaid."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import Call
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Held
from remission.mrd.flow.gates.gates import (
    Dimension,
    Divider,
    Ellipsoid,
    Gate,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
)
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.measure import measure
from remission.mrd.flow.measured import Category, FlowMeasured, Unmoved
from remission.mrd.flow.measured_json import read_flow, write_flow
from remission.mrd.flow.quality.examining import Quality
from remission.mrd.flow.strategies.adjusting import adjusted
from remission.mrd.flow.strategies.applying import applied
from remission.mrd.flow.strategies.reading import shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment, Strategy
from remission.mrd.flow.suggestion.suggested import GATES, SUGGESTION, Acceptance, Suggestion
from remission.rehearsal.cytometry.clones import clone_of
from remission.rehearsal.cytometry.simulate import Simulated, simulate
from remission.rehearsal.cytometry.spec import Cd19, Look, MarrowSpec
from remission.terms.evidence import Evidence, FileRef

ASKED = FlowAsked(Fraction("0.001"), Fraction("0.001"))
FREE = shipped_strategy("ball-cd19-independent")
WHO = Acceptance("A. Person", GATES, "looked at every gate")
ACCEPTED = replace(WHO, what=SUGGESTION)


@cache
def marrow(blasts: int = 200) -> Simulated:
    """A SIMULATED marrow of 60,000 events."""
    numbers = np.random.default_rng(7)
    clone = clone_of(Look.TYPICAL, Cd19.LOST, numbers) if blasts else None
    return simulate(MarrowSpec(events=60_000, clone=clone, blasts=blasts or None), numbers)


def measured(made: Simulated, events: Held | None = None, **changed: Any) -> FlowMeasured:
    here = events or made.events
    given: dict[str, Any] = {
        "sample": "S1", "strategy": FREE, "panel": made.panel, "events": here, "ranges": made.ranges,
        "quality": Quality(here.count, {}, (), None, None, None), "asked": ASKED,
        "evidence": Evidence("flow", "1", (FileRef("tube.fcs", "a" * 64, 10),), simulated=True),
        "acceptance": WHO,
    }  # fmt: skip
    got = measure(**(given | changed))
    assert read_flow(io.BytesIO(write_flow(got).encode())) == got
    return got


def gate(id: str) -> Gate:
    return next(one for one in FREE.gates if one.id == id)


def moved(new: Gate) -> Adjustment:
    return Adjustment(new, "A. Person", "looked better")


def bounded(id: str, *bounds: tuple[float | None, float | None]) -> Adjustment:
    old = gate(id)
    assert isinstance(old, Rectangle)
    sides = [replace(side, low=low, high=high) for side, (low, high) in zip(old.sides, bounds, strict=True)]
    return moved(replace(old, sides=tuple(sides)))


def said(got: FlowMeasured) -> str:
    return " | ".join(note.en for note in got.notes)


def flags(got: FlowMeasured) -> tuple[str, ...]:
    return () if got.result is None else got.result.flags


# ---------------------------------------------------------------- moved gates

AWAY = (
    bounded("cd22", (5.0, None), (None, None)),
    bounded("cd24-not-cd66b", (5.0, None), (None, None)),
)


def test_the_marrow_is_plainly_positive_and_its_blank_negative() -> None:
    got, blank = measured(marrow()), measured(marrow(0))
    assert (got.answer.call, blank.answer.call) == (Call.POSITIVE, Call.NEGATIVE)
    assert got.result is not None and got.result.found > 100
    assert (got.unmoved, blank.unmoved) == (None, None)


def test_a_moved_gate_that_empties_the_result_is_no_negative() -> None:
    plain, got = measured(marrow()), measured(marrow(), adjustments=AWAY)
    assert got.result is not None and plain.result is not None and got.result.found == 0
    assert got.answer.call is Call.NOT_EVALUABLE and got.category is Category.NOT_EVALUABLE
    assert "rests-on-moved-gates" in flags(got) and "control-missing" in flags(got)
    assert got.unmoved == Unmoved(plain.result.found, plain.result.cells)
    assert f"Unmoved gates: {plain.result.found:,} of {plain.result.cells:,} nucleated cells" in said(got)


def test_a_moved_gate_that_takes_part_of_the_disease_away() -> None:
    """Not emptied, no control touched: only the unmoved gates tell."""
    old = gate("immature")
    assert isinstance(old, Polygon)
    corner = replace(old, vertices=((-0.5, -0.1), (-0.5, 0.15), (0.1, 0.15), (0.1, -0.1)))
    got = measured(marrow(), adjustments=(moved(corner),))
    assert got.answer.call is Call.NOT_EVALUABLE and "rests-on-moved-gates" in flags(got)
    assert "By the unmoved gates the answer is positive" in said(got)


def test_a_gate_moved_where_there_is_no_disease_stays_negative_with_both_counts() -> None:
    got = measured(marrow(0), adjustments=(bounded("cd33", (0.7, None)),))
    assert got.answer.call is Call.NEGATIVE and got.unmoved is not None
    assert "Unmoved gates: " in said(got) and not {"rests-on-moved-gates", "denominator-moved"} & {
        *flags(got)
    }


def test_a_moved_gate_never_hides_a_positive() -> None:
    """The flag of moved gates comes with a negative only; other gates moved leave it positive."""
    got = measured(marrow(), adjustments=(bounded("cd33", (0.7, None)),))
    assert got.answer.call is Call.POSITIVE and "rests-on-moved-gates" not in flags(got)


WIDE = (
    bounded("nucleated", (None, None), (None, None)),
    bounded("stained", (None, None)),
)


def test_a_moved_denominator_is_told_and_dilutes_no_positive_away() -> None:
    plain = measured(marrow())
    assert plain.result is not None
    between = Fraction(plain.result.found, plain.result.cells + 1)
    asked = replace(ASKED, threshold=between, required_lod=Fraction("0.001"))
    assert measured(marrow(), asked=asked).answer.call is Call.POSITIVE
    got = measured(marrow(), adjustments=WIDE, asked=asked)
    assert got.result is not None and got.result.cells > plain.result.cells
    assert got.answer.call is Call.NOT_EVALUABLE
    assert {"rests-on-moved-gates", "denominator-moved"} <= {*flags(got)}
    assert "A gate was moved that nucleated cells stand on" in said(got)


def test_a_moved_denominator_alone_does_not_blind() -> None:
    got = measured(marrow(0), adjustments=WIDE)
    assert "denominator-moved" in flags(got) and got.answer.call is Call.NEGATIVE


def test_a_moved_operand_of_the_denominator_counts_as_moved() -> None:
    got = measured(
        marrow(0), adjustments=(bounded("cd33", (0.7, None)),), asked=replace(ASKED, denominator="B cells")
    )
    assert "denominator-moved" in flags(got)


def test_unmoved_gates_that_were_applied_already_are_not_applied_again() -> None:
    made = marrow()
    gating = applied(FREE, made.panel, made.events, made.ranges).gating
    before = apply(gating, made.events)
    assert measured(made, adjustments=AWAY, unmoved=before) == measured(made, adjustments=AWAY)
    id = FREE.mrd.rsplit("/", 1)[-1]
    none = replace(before.populations[id], mask=np.zeros(made.events.count, np.bool_))
    held = replace(before, populations={**before.populations, id: none})
    got = measured(made, adjustments=AWAY, unmoved=held)
    assert got.unmoved is not None and got.unmoved.found == 0, "it is what was given"


def test_gates_without_room_are_refused() -> None:
    immature = gate("immature")
    assert isinstance(immature, Polygon)
    for vertices in (
        ((0.3, 0.1),) * 5,
        ((0.0, 0.0), (0.1, 0.1), (0.7, 0.7)),
        ((0.1, 0.0), (0.1, 1.0), (0.1, 0.3)),
    ):
        with pytest.raises(InvariantBroken, match="no area"):
            adjusted(FREE, (moved(replace(immature, vertices=vertices)),))
    with pytest.raises(InvariantBroken, match="not below"):
        adjusted(FREE, (bounded("cd33", (0.5, 0.5)),))
    x, y = Dimension("CD10", "FCS", "light"), Dimension("CD38", "FCS", "light")
    round_ = Ellipsoid("round", None, (x, y), (0.5, 0.5), ((0.1, 0.0), (0.0, 0.1)), 1.0)
    parts = (Quadrant("low", (("d", 0.1),)), Quadrant("high", (("d", 0.9),)))
    quarters = Quadrants("quarters", None, (Divider("d", x, (0.4, 0.6)),), parts)
    other = replace(FREE, gates=(*FREE.gates, round_, quarters))
    assert adjusted(other, (moved(replace(round_, distance_square=2.0)),))[-2].distance_square == 2.0  # type: ignore[union-attr]
    with pytest.raises(InvariantBroken, match="distance 0"):
        adjusted(other, (moved(replace(round_, distance_square=0.0)),))
    with pytest.raises(InvariantBroken, match="ascending"):
        adjusted(other, (moved(replace(quarters, dividers=(Divider("d", x, (0.5, 0.5)),))),))


# ---------------------------------------------------------------- suggestions


def suggestion(made: Simulated, *places: int) -> tuple[Suggestion, NDArray[np.bool_]]:
    mask = np.zeros(made.events.count, np.bool_)
    mask[list(places)] = True
    many = len(places)
    return Suggestion(
        many, made.events.count, "nucleated cells", 3.0, 10, 12, 4.5, (), (), False, "r", ()
    ), mask


@cache
def places(made_blasts: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Events that the gates find, and other nucleated cells."""
    made = marrow(made_blasts)
    found = apply(applied(FREE, made.panel, made.events, made.ranges).gating, made.events).populations
    inside = found[FREE.mrd.rsplit("/", 1)[-1]].mask
    return tuple(np.flatnonzero(inside)), tuple(np.flatnonzero(found["nucleated"].mask & ~inside))


def test_an_accepted_suggestion_never_unsays_what_the_gates_found() -> None:
    made, (inside, others) = marrow(), places(200)
    gates = len(inside)
    shown = suggestion(made, *inside[:10], *others[:5])
    got = measured(made, suggested=shown, acceptance=ACCEPTED)
    assert got.result is not None and got.result.found == gates + 5
    assert got.acceptance == replace(ACCEPTED, events=15, shared=10)
    assert got.answer.call is Call.POSITIVE
    assert f"Accepted suggestion: 15 events; the gates: {gates:,}; in both: 10" in said(got)


def test_an_accepted_suggestion_adds_what_the_gates_did_not_find() -> None:
    made, (inside, others) = marrow(0), places(0)
    got = measured(made, suggested=suggestion(made, *others[:80]), acceptance=ACCEPTED)
    assert got.result is not None and got.result.found == len(inside) + 80
    assert got.answer.call is Call.POSITIVE


def test_a_suggestion_of_nothing_cannot_be_accepted() -> None:
    with pytest.raises(InvariantBroken, match="holds no event"):
        measured(marrow(), suggested=suggestion(marrow()), acceptance=ACCEPTED)


# ---------------------------------------------------------------- what a marrow always shows


def changed(made: Simulated, *markers: str, by: Callable[[NDArray[Any]], NDArray[Any]]) -> Held:
    values = np.array(made.events.values)
    for marker in markers:
        row = made.events.channels.index(made.panel.channels[marker])
        values[row] = by(values[row])
    return Held(made.events.channels, values, made.events.spill)


@pytest.mark.parametrize("markers", [("CD22", "CD24"), ("CD10",), ("CD45",), ("CD38",)])
def test_a_stain_that_failed_is_no_negative(markers: tuple[str, ...]) -> None:
    made = marrow(0)
    got = measured(made, changed(made, *markers, by=lambda row: row * 0.001))
    assert got.answer.call is not Call.NEGATIVE, "without CD38 or CD45 normal cells look like disease"
    assert (got.answer.call is Call.POSITIVE) is (markers[0] in ("CD38", "CD45"))
    assert "control-missing" in flags(got) and got.controls_missing
    assert got.controls_missing[0].en in said(got) and got.controls_missing[0].zh


def test_scatter_above_the_singlet_gate_is_told() -> None:
    made = marrow(0)
    assert "above the top of the singlet gate" not in said(measured(made))
    got = measured(made, changed(made, "FSC-A", "FSC-H", by=lambda row: row * 1.6))
    assert "of the events lie above the top of the singlet gate" in said(got)


# ---------------------------------------------------------------- words and flags


def test_disease_below_the_threshold_is_said_beside_the_call() -> None:
    made = marrow()
    asked = replace(ASKED, threshold=Fraction("0.1"), required_lod=Fraction("0.1"))
    got = measured(made, asked=asked)
    assert (got.answer.call, got.category) == (Call.NEGATIVE, Category.QUANTIFIED)
    assert got.notes[0].en.startswith("Disease was detected, below the threshold: ")
    assert any("检出白血病细胞，但低于阈值" in note.zh for note in got.notes)
    assert "Disease was detected" not in said(measured(marrow(0), asked=asked)) + said(measured(made))


def test_a_flag_that_means_nothing_here_is_refused() -> None:
    for flag in ("hemodilute", "hemodiluted"):
        with pytest.raises(InputRefused, match=f"no flag '{flag}'"):
            measured(marrow(), flags=(flag,))
    asked = replace(ASKED, blinding_flags=ASKED.blinding_flags | {"hemodilute"})
    got = measured(marrow(0), flags=("hemodilute", "several-data-sets", "no-time"), asked=asked)
    assert flags(got)[-3:] == ("hemodilute", "several-data-sets", "no-time")
    assert got.answer.call is Call.NOT_EVALUABLE


# ---------------------------------------------------------------- files altered by hand


def refused(got: FlowMeasured, change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(write_flow(got))
    change(document)
    with pytest.raises(InvariantBroken) as error:
        read_flow(io.BytesIO(json.dumps(document).encode()))
    return str(error.value)


def emptied(document: dict[str, Any]) -> None:
    """Nothing found, with every number that follows from it."""
    blank = json.loads(write_flow(measured(marrow(0))))
    for key in ("level", "lower", "call", "category", "answer", "found"):
        document[key] = blank[key]


def test_an_accepted_suggestion_edited_away_is_refused() -> None:
    made, (inside, others) = marrow(), places(200)
    got = measured(made, suggested=suggestion(made, *inside[:60], *others[:9]), acceptance=ACCEPTED)
    assert got.result is not None
    fewer = {"found": len(inside), "level": len(inside) / got.result.cells}
    assert "60 by both" in refused(got, lambda d: d.update(fewer))
    assert "found" in refused(got, lambda d: d["acceptance"].update(shared=69))
    assert "accepted suggestion of None" in refused(got, lambda d: d["acceptance"].update(events=None))
    assert "accepted suggestion of" in refused(got, lambda d: d.update(suggestion=None))
    by_gates = measured(made)
    assert "events accepted" in refused(by_gates, lambda d: d["acceptance"].update(events=1))
    for one in (got, by_gates):
        assert refused(one, emptied)


def without(flag: str) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["flags"].remove(flag)


def test_flags_that_follow_from_the_file_cannot_be_taken_out() -> None:
    made = marrow(0)
    failed = measured(made, changed(made, "CD10", by=lambda row: row * 0.001))
    bare = measured(made, panel=replace(made.panel, compensation="FCS"), events=Held(
        made.events.channels, made.events.values))  # fmt: skip
    without_dye = {marker: one for marker, one in made.panel.channels.items() if marker != "nucleic dye"}
    by_scatter = measured(made, panel=replace(made.panel, channels=without_dye))
    few = simulate(MarrowSpec(events=5_000), np.random.default_rng(5))
    away = measured(marrow(), adjustments=AWAY)
    wide = measured(made, adjustments=WIDE)
    for got, flag in (
        (failed, "control-missing"),
        (bare, "uncompensated"),
        (by_scatter, "no-nuclear-dye"),
        (measured(few), "few-cells"),
        (away, "rests-on-moved-gates"),
        (wide, "denominator-moved"),
    ):
        assert f"the measurement raises {flag}" in refused(got, without(flag))


def test_what_the_unmoved_gates_find_cannot_be_left_out() -> None:
    got = measured(marrow(), adjustments=AWAY)
    assert "unmoved gates" in refused(got, lambda d: d.update(unmoved=None))
    assert "raises rests-on" not in refused(got, lambda d: d.update(adjustments=[]))


@pytest.mark.parametrize(
    "change",
    [{"strategy_sha256": "0" * 64}, {"strategy": "mine"}, {"strategy_version": "9"}],
)
def test_a_shipped_strategy_is_what_is_shipped(change: Mapping[str, str]) -> None:
    assert "ships ball-cd19-independent" in refused(measured(marrow(0)), lambda d: d.update(change))


def test_another_strategy_of_the_same_name_is_refused_and_one_of_its_own_is_not() -> None:
    own: Strategy = replace(FREE, id="ward-7", sha256="c" * 64)
    assert measured(marrow(0), strategy=own).strategy == "ward-7"
    text = write_flow(measured(marrow(0), strategy=own)).replace('"ward-7"', f'"{FREE.id}"')
    with pytest.raises(InvariantBroken, match="this version of Remission ships"):
        read_flow(io.BytesIO(text.encode()))
