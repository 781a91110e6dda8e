"""Gating against a slow twin that looks at one event at a time, and each subtle point of Gating-ML 2.0."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow import events as events_module
from remission.mrd.flow.events import Held
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Divider,
    Ellipsoid,
    Gate,
    Gating,
    Operand,
    Operation,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
    Side,
)
from remission.mrd.flow.gates.gating import apply, axes
from remission.mrd.flow.gates.kernels_gates import keep_between, keep_in_ellipsoid, keep_in_polygon, mix
from remission.mrd.flow.light.scales import Linear, Log, Ratio, Scale
from remission.mrd.flow.spectrum import Spectrum

A, B, C = Dimension("A"), Dimension("B"), Dimension("C")
NAN, INF = math.nan, math.inf


def gating(*gates: Gate, scales=(), ratios=(), spectra=()) -> Gating:
    return Gating(
        gates,
        {one.name: one for one in scales},
        {one.name: one for one in ratios},
        {one.name: one for one in spectra},
    )


def held(*rows, spill=None, names="ABC") -> Held:
    return Held(tuple(names[: len(rows)]), np.array(rows, dtype=float), spill)


def inside(gates: Gating, events: Held, name: str) -> list[bool]:
    return apply(gates, events).populations[name].mask.tolist()


def box(*sides: Side, name="g", parent=None) -> Rectangle:
    return Rectangle(name, parent, sides)


# -- the twin ----------------------------------------------------------------------------------------------


def slowly(gates: Gating, events: Held, name: str, event: int) -> bool:
    """Whether one event is in a population, by the words of the standard; numbers are exact fractions."""
    for gate in gates.gates:
        ids = [one.id for one in gate.quadrants] if isinstance(gate, Quadrants) else [gate.id]
        if name in ids:
            if gate.parent is not None and not slowly(gates, events, gate.parent, event):
                return False
            return slow_gate(gates, gate, events, name, event)
    raise AssertionError(name)


def slow_gate(gates: Gating, gate: Gate, events: Held, name: str, event: int) -> bool:
    def value(dimension: Dimension) -> float:
        return float(events.values[events.channels.index(dimension.channel), event])

    match gate:
        case Rectangle():
            return all(slow_side(one, value(one.dimension)) for one in gate.sides)
        case Polygon():
            return slow_polygon(value(gate.x), value(gate.y), gate.vertices)
        case Ellipsoid():
            return slow_ellipsoid(gate, [value(one) for one in gate.dimensions])
        case Quadrants():
            quadrant = next(one for one in gate.quadrants if one.id == name)
            return all(slow_part(gate, divider, place, value) for divider, place in quadrant.positions)
        case Boolean():
            heard = [slowly(gates, events, one.gate, event) != one.complement for one in gate.operands]
            if gate.operation is Operation.AND:
                return all(heard)
            return any(heard) if gate.operation is Operation.OR else not heard[0]


def slow_side(side: Side, value: float) -> bool:
    if math.isnan(value):
        return False
    return (side.low is None or value >= side.low) and (side.high is None or value < side.high)


def slow_part(gate: Quadrants, name: str, place: float, value) -> bool:
    divider = next(one for one in gate.dividers if one.id == name)
    here = value(divider.dimension)
    if math.isnan(here):
        return False
    return all((here >= cut) == (place >= cut) for cut in divider.values)


def slow_polygon(x: float, y: float, vertices) -> bool:
    if not (math.isfinite(x) and math.isfinite(y)):
        return False
    px, py = Fraction(x), Fraction(y)
    points = [(Fraction(one), Fraction(other)) for one, other in vertices]
    crossings = 0
    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
        on_line = (x2 - x1) * (py - y1) == (px - x1) * (y2 - y1)
        if on_line and min(x1, x2) <= px <= max(x1, x2) and min(y1, y2) <= py <= max(y1, y2):
            return True
        if (y1 > py) != (y2 > py) and px < x1 + (py - y1) * (x2 - x1) / (y2 - y1):
            crossings += 1
    return crossings % 2 == 1


def slow_ellipsoid(gate: Ellipsoid, values: list[float]) -> bool:
    away = np.array(values) - np.array(gate.mean)
    distance = away @ np.linalg.inv(np.array(gate.covariance)) @ away
    return bool(distance <= gate.distance_square)


# -- one property for all kinds of gate -------------------------------------------------------------------

number = st.integers(-4, 4).map(float)
some_value = st.one_of(number, st.sampled_from([NAN, INF, -INF, 0.5, -0.5]))
bound = st.one_of(st.none(), number)
dimension = st.sampled_from([A, B, C])


@st.composite
def a_gate(draw, name: str, others: list[str]) -> Gate:
    parent = draw(st.sampled_from([None, *others]))
    kinds = ["box", "polygon", "ellipsoid", "quadrants", *(["boolean"] if others else [])]
    match draw(st.sampled_from(kinds)):
        case "box":
            sides = draw(st.lists(st.builds(Side, dimension, bound, bound), min_size=1, max_size=4))
            return Rectangle(name, parent, tuple(sides))
        case "polygon":
            vertices = draw(st.lists(st.tuples(number, number), min_size=3, max_size=8))
            return Polygon(name, parent, draw(dimension), draw(dimension), tuple(vertices))
        case "ellipsoid":
            half, skew = draw(st.sampled_from([(2.0, 1.0), (4.0, 0.0), (1.0, 0.5)]))
            covariance = ((half, skew), (skew, half))
            middle = (draw(number), draw(number))
            return Ellipsoid(name, parent, (draw(dimension), B), middle, covariance, draw(st.just(3.3)))
        case "quadrants":
            values = [sorted(draw(st.lists(number, min_size=1, max_size=3))) for _ in range(2)]
            dividers = (Divider("d0", A, tuple(values[0])), Divider("d1", C, tuple(values[1])))
            places = draw(st.lists(number, min_size=1, max_size=2))
            positions = tuple((f"d{i}", place) for i, place in enumerate(places))
            return Quadrants(name + "-all", parent, dividers, (Quadrant(name, positions),))
        case _:
            operation = draw(st.sampled_from(list(Operation)))
            operand = st.builds(Operand, st.sampled_from(others), st.booleans())
            most = 1 if operation is Operation.NOT else 3
            operands = draw(st.lists(operand, min_size=1, max_size=most))
            return Boolean(name, parent, operation, tuple(operands))


@st.composite
def some_gates(draw) -> Gating:
    gates: list[Gate] = []
    names: list[str] = []
    for number_of in range(draw(st.integers(1, 5))):
        gates.append(draw(a_gate(f"g{number_of}", names)))
        names.append(f"g{number_of}")
    return gating(*draw(st.permutations(gates)))


@given(some_gates(), st.lists(st.tuples(some_value, some_value, some_value), max_size=12))
@settings(max_examples=300, deadline=None)
def test_every_gate_agrees_with_the_twin(gates: Gating, rows):
    events = Held(("A", "B", "C"), np.array(rows, dtype=float).reshape(-1, 3).T.copy())
    with np.errstate(all="ignore"):
        gated = apply(gates, events)
        for name, population in gated.populations.items():
            expected = [slowly(gates, events, name, event) for event in range(events.count)]
            assert population.mask.tolist() == expected, name
            assert population.count == sum(expected)


# -- the subtle points ------------------------------------------------------------------------------------


def test_a_rectangle_takes_its_low_bound_and_leaves_its_high_one():
    events = held([1.0, 2.0, np.nextafter(3.0, 0), 3.0])
    assert inside(gating(box(Side(A, 2.0, 3.0))), events, "g") == [False, True, True, False]


def test_no_bound_takes_infinity_and_an_infinite_bound_is_half_open_as_well():
    events = held([-INF, 0.0, INF, NAN])
    assert inside(gating(box(Side(A, None, None))), events, "g") == [True, True, True, False]
    assert inside(gating(box(Side(A, None, INF))), events, "g") == [True, True, False, False]


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.0, 0.0, True),  # a vertex
        (2.0, 0.0, True),  # the lowest edge
        (4.0, 2.0, True),  # the right edge
        (2.0, 4.0, True),  # the top
        (4.0, 4.0, True),
        (np.nextafter(4.0, 5), 2.0, False),
        (2.0, np.nextafter(4.0, 5), False),
        (NAN, 2.0, False),
        (2.0, NAN, False),
        (INF, 2.0, False),
    ],
)
def test_a_polygon_takes_its_edges(x: float, y: float, expected: bool):
    square = Polygon("g", None, A, B, ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)))
    assert inside(gating(square), held([x], [y]), "g") == [expected]


def test_a_polygon_that_crosses_itself_has_holes_by_the_even_odd_rule():
    """A pentagram: its heart is surrounded twice, so it is outside."""
    star = tuple((math.sin(turn * 0.8 * math.pi), math.cos(turn * 0.8 * math.pi)) for turn in range(5))
    events = held([0.0, 0.0], [0.0, 0.8])
    assert inside(gating(Polygon("g", None, A, B, star)), events, "g") == [False, True]


def test_a_polygon_given_closed_is_the_same_polygon():
    corners = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0))
    events = held([1.0, 3.0, 2.0, 0.0], [3.0, 1.0, 2.0, 0.0])
    once = inside(gating(Polygon("g", None, A, B, corners)), events, "g")
    assert inside(gating(Polygon("g", None, A, B, (*corners, corners[0]))), events, "g") == once


def test_an_ellipsoid_takes_its_skin():
    circle = Ellipsoid("g", None, (A, B), (0.0, 0.0), ((4.0, 0.0), (0.0, 4.0)), 1.0)
    events = held([2.0, np.nextafter(2.0, 3), NAN], [0.0, 0.0, 0.0])
    assert inside(gating(circle), events, "g") == [True, False, False]


def test_a_range_in_one_dimension_can_be_an_ellipsoid():
    line = Ellipsoid("g", None, (A,), (1.0,), ((4.0,),), 1.0)
    assert inside(gating(line), held([-1.0, 3.0, 3.5]), "g") == [True, True, False]


def test_a_value_on_a_divider_is_in_the_upper_part_and_so_is_a_location():
    dividers = (Divider("d", A, (1.0, 2.0)),)
    parts = (Quadrant("low", (("d", 0.0),)), Quadrant("mid", (("d", 1.0),)), Quadrant("top", (("d", 9.0),)))
    gates = gating(Quadrants("q", None, dividers, parts))
    events = held([0.5, 1.0, 1.5, 2.0, 3.0, NAN])
    assert inside(gates, events, "low") == [True, False, False, False, False, False]
    assert inside(gates, events, "mid") == [False, True, True, False, False, False]
    assert inside(gates, events, "top") == [False, False, False, True, True, False]


def test_what_is_not_a_number_is_in_no_gate_and_so_in_its_complement():
    gates = gating(box(Side(A, None, None)), Boolean("n", None, Operation.NOT, (Operand("g"),)))
    events = held([NAN, 1.0])
    assert inside(gates, events, "g") == [False, True]
    assert inside(gates, events, "n") == [True, False]


def test_a_complement_is_every_event_of_the_file_that_is_outside_the_population():
    """Not only those of its parent: parent and complement are joined by the gate that asks."""
    gates = gating(
        box(Side(A, 1.0, None), name="parent"),
        box(Side(B, 1.0, None), name="child", parent="parent"),
        Boolean("free", None, Operation.NOT, (Operand("child"),)),
        Boolean("under", "parent", Operation.AND, (Operand("child", complement=True),)),
    )
    events = held([0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0])
    assert inside(gates, events, "free") == [True, True, True, False]
    assert inside(gates, events, "under") == [False, False, True, False]
    assert apply(gates, events).counts == {"parent": 2, "parent/child": 1, "free": 3, "parent/under": 1}


def test_a_ratio_by_zero_is_infinite_and_nothing_by_zero_is_nowhere():
    """As IEEE has it, and so flowCore and FlowKit: a ratio by zero is above every bound, if there is one."""
    ratio = Ratio("R", 2.0, 1.0, -1.0, "A", "B")
    dimension = Dimension("R", is_ratio=True)
    gates = gating(
        box(Side(dimension, 3.0, None)),
        box(Side(dimension, 3.0, 1e300), name="bounded"),
        box(Side(dimension, None, None), name="any"),
        ratios=[ratio],
    )
    events = held([5.0, 5.0, 1.0, -5.0], [1.0, -1.0, -1.0, -1.0])
    assert axes(gates, events, [dimension])[0].tolist()[:2] == [2.0 * (5.0 - 1.0) / (1.0 + 1.0), INF]
    assert inside(gates, events, "g") == [True, True, False, False]
    assert inside(gates, events, "bounded") == [True, False, False, False]
    assert inside(gates, events, "any") == [True, True, False, True]


def test_a_ratio_is_bounded_and_then_scaled():
    ratio = Ratio("R", 1.0, 0.0, 0.0, "A", "B", bound_min=1.0, bound_max=10.0)
    scale = Scale("log", Log(10.0, 1.0))
    gates = gating(ratios=[ratio], scales=[scale])
    events = held([0.5, 5.0, 50.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0])
    seen = axes(gates, events, [Dimension("R", scale="log", is_ratio=True)])[0]
    assert seen == pytest.approx([0.0, math.log10(5.0), 1.0, 1.0, NAN], nan_ok=True)


def test_bounds_of_a_scale_move_what_is_beyond_them_inside():
    scale = Scale("lin", Linear(10.0, 0.0), bound_min=0.2, bound_max=0.8)
    gates = gating(box(Side(Dimension("A", scale="lin"), 0.2, None)), scales=[scale])
    assert inside(gates, held([-5.0, 1.0, 9.0, NAN]), "g") == [True, True, True, False]


def test_the_logarithm_of_a_negative_is_in_no_gate():
    gates = gating(box(Side(Dimension("A", scale="log"), None, 0.5)), scales=[Scale("log", Log(10.0, 1.0))])
    assert inside(gates, held([-1.0, 1.0, 9.0]), "g") == [False, True, False]


# -- compensation -----------------------------------------------------------------------------------------

SQUARE = Spectrum("FCS", ("A", "B"), ("A", "B"), ((1.0, 0.5), (0.25, 1.0)), "test")


def test_the_file_s_own_spillover_is_undone():
    truth = np.array([[10.0, 0.0, 4.0], [0.0, 8.0, 2.0]])
    seen = np.array(SQUARE.values).T @ truth
    events = Held(("A", "B", "T"), np.vstack([seen, [[1.0, 2.0, 3.0]]]), SQUARE)
    wanted = [Dimension("B", "FCS"), Dimension("A", "FCS"), Dimension("T", "FCS"), Dimension("A")]
    values = axes(gating(), events, wanted)
    assert values == pytest.approx(np.array([truth[1], truth[0], [1.0, 2.0, 3.0], seen[0]]))


def test_fcs_compensation_of_a_file_without_spillover_changes_nothing():
    values = axes(gating(), held([1.0, 2.0]), [Dimension("A", "FCS")])
    assert values.tolist() == [[1.0, 2.0]]


def test_more_detectors_than_fluorochromes_are_unmixed_by_least_squares():
    matrix = Spectrum("S", ("red", "blue"), ("A", "B", "C"), ((1.0, 0.5, 0.1), (0.2, 1.0, 0.7)), "test")
    generator = np.random.default_rng(4)
    seen = generator.normal(100.0, 20.0, (3, 50))
    events = Held(("A", "B", "C"), seen)
    wanted = [Dimension("blue", "S"), Dimension("red", "S")]
    fitted = np.linalg.lstsq(np.array(matrix.values).T, seen, rcond=None)[0]
    assert axes(gating(spectra=[matrix]), events, wanted) == pytest.approx(fitted[::-1], rel=1e-12)


def test_a_detector_is_no_fluorochrome_but_other_channels_pass_by_the_matrix():
    matrix = Spectrum("S", ("red", "blue"), ("A", "B"), ((1.0, 0.0), (0.0, 1.0)), "test")
    events = held([1.0], [2.0], [3.0])
    assert axes(gating(spectra=[matrix]), events, [Dimension("C", "S")]).tolist() == [[3.0]]
    with pytest.raises(InvariantBroken, match="'A' is a detector of the matrix 'S'"):
        axes(gating(spectra=[matrix]), events, [Dimension("A", "S")])


def test_a_detector_that_does_not_matter_cannot_spoil_a_fluorochrome():
    events = Held(
        ("A", "B"), np.array([[1.0, 2.0], [NAN, INF]]), replace(SQUARE, values=((1.0, 0.0), (0.0, 1.0)))
    )
    assert axes(gating(), events, [Dimension("A", "FCS")]).tolist() == [[1.0, 2.0]]


def test_a_ratio_is_taken_after_compensation():
    ratio = Ratio("R", 1.0, 0.0, 0.0, "A", "B")
    truth = np.array([[10.0, 3.0], [5.0, 6.0]])
    events = Held(("A", "B"), np.array(SQUARE.values).T @ truth, SQUARE)
    seen = axes(gating(ratios=[ratio]), events, [Dimension("R", "FCS", is_ratio=True)])
    assert seen[0] == pytest.approx([2.0, 0.5])


# -- order, references, runs ------------------------------------------------------------------------------


def test_gates_may_come_in_any_order_and_parents_come_out_first():
    gates = gating(
        Boolean("both", "top", Operation.AND, (Operand("low"), Operand("left"))),
        box(Side(B, 0.0, 1.0), name="low", parent="top"),
        box(Side(A, 0.0, 1.0), name="left"),
        box(Side(C, 0.0, None), name="top"),
    )
    gated = apply(gates, held([0.5, 0.5], [0.5, 2.0], [1.0, 1.0]))
    assert list(gated.populations) == ["top", "low", "left", "both"]
    assert gated.counts == {"top": 2, "top/low": 1, "left": 2, "top/both": 1}


def test_only_what_is_wanted_is_worked_out():
    gates = gating(
        box(Side(A, 0.0, None), name="a"),
        box(Side(A, 1.0, None), name="b", parent="a"),
        box(Side(Dimension("absent"), 1.0, None), name="c"),
    )
    assert list(apply(gates, held([2.0]), wanted=["b"]).populations) == ["a", "b"]
    with pytest.raises(InputRefused, match="no channel 'absent'"):
        apply(gates, held([2.0]))
    with pytest.raises(InputRefused, match="no gate or quadrant 'x'"):
        apply(gates, held([2.0]), wanted=["x"])


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        (gating(box(Side(A, 0, 1), parent="g")), "g -> g"),
        (
            gating(
                Boolean("a", None, Operation.NOT, (Operand("b"),)),
                box(Side(A, 0, 1), name="b", parent="c"),
                Boolean("c", "a", Operation.NOT, (Operand("b"),)),
            ),
            "a -> b -> c -> a",
        ),
        (gating(box(Side(A, 0, 1)), box(Side(B, 0, 1))), "two populations have the id 'g'"),
        (gating(Polygon("g", None, A, B, ((0.0, 0.0), (1.0, 1.0)))), "the polygon has the vertices"),
        (gating(Polygon("g", None, A, B, ((0.0, 0.0), (1.0, NAN), (2.0, 2.0)))), "the polygon has"),
        (gating(Ellipsoid("g", None, (A, B), (0.0,), ((1.0,),), 1.0)), "2 dimensions, but 1 means"),
        (gating(Ellipsoid("g", None, (A,), (0.0,), ((INF,),), 1.0)), "not finite"),
        (gating(Ellipsoid("g", None, (A, B), (0.0, 0.0), ((1.0, 1.0), (1.0, 1.0)), 1.0)), "no inverse"),
        (gating(Boolean("g", None, Operation.AND, ())), "joins 0 gates"),
        (gating(Rectangle("g", None, ())), "no side"),
        (gating(box(Side(A, NAN, None))), "not a number"),
        (
            gating(Quadrants("q", None, (Divider("d", A, (2.0, 1.0)),), (Quadrant("g", (("d", 0.0),)),))),
            "the divider 'd' has the values",
        ),
    ],
)
def test_gates_that_contradict_themselves_are_refused(gates: Gating, said: str):
    with pytest.raises(InvariantBroken, match=said) as refused:
        apply(gates, held([1.0], [1.0]))
    assert "the gate '" in refused.value.where


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        (gating(box(Side(A, 0, 1), parent="top")), "no gate or quadrant 'top'"),
        (gating(Boolean("g", None, Operation.NOT, (Operand("other"),))), "no gate or quadrant 'other'"),
        (gating(box(Side(Dimension("A", scale="s"), 0, 1))), "no scale 's'"),
        (gating(box(Side(Dimension("A", "m"), 0, 1))), "no matrix 'm'"),
        (gating(box(Side(Dimension("r", is_ratio=True), 0, 1))), "no ratio 'r'"),
        (gating(Quadrants("q", None, (), (Quadrant("g", (("d", 0.0),)),))), "no divider 'd'"),
    ],
)
def test_references_to_nothing_are_refused(gates: Gating, said: str):
    with pytest.raises(InputRefused, match=said):
        apply(gates, held([1.0]))


def test_a_chain_of_parents_may_be_as_long_as_it_likes():
    chain = [box(Side(A, 0.0, None), name=f"g{i}", parent=f"g{i + 1}") for i in range(2000)]
    gates = gating(*chain, box(Side(A, 0.0, None), name="g2000"))
    assert apply(gates, held([1.0, -1.0])).populations["g0"].count == 1


@pytest.mark.parametrize("cores", [1, 2])
def test_runs_and_threads_give_what_one_run_gives(cores: int, monkeypatch: pytest.MonkeyPatch):
    generator = np.random.default_rng(5)
    events = Held(("A", "B", "C"), generator.normal(0.0, 2.0, (3, 1003)), SQUARE)
    compensated = Dimension("A", "FCS")
    gates = gating(
        box(Side(compensated, -1.0, 2.0)),
        Polygon("p", "g", compensated, B, ((-1.0, -1.0), (3.0, -1.0), (0.0, 3.0))),
        Ellipsoid("e", None, (A, B, C), (0.0, 0.0, 0.0), tuple(map(tuple, np.eye(3) * 2)), 3.0),
        Boolean("o", "e", Operation.OR, (Operand("p", complement=True), Operand("g"))),
    )
    whole = apply(gates, events)
    monkeypatch.setattr("remission.mrd.flow.gates.gating.CHUNK", 100)
    cut = apply(gates, events, cores=cores)
    for name, population in whole.populations.items():
        assert 0 < population.count < events.count
        assert np.array_equal(population.mask, cut.populations[name].mask)
    part = axes(gates, events, [compensated], 150, 455)
    assert np.array_equal(part, axes(gates, events, [compensated])[:, 150:455])


def test_no_events_give_empty_populations():
    gated = apply(gating(box(Side(A, 0.0, 1.0))), Held(("A",), np.empty((1, 0))))
    assert gated.count == 0
    assert gated.counts == {"g": 0}


def test_axes_asked_for_twice_come_twice_in_the_order_asked_for():
    values = axes(gating(), held([1.0], [2.0]), [B, A, B])
    assert values.tolist() == [[2.0], [1.0], [2.0]]


def test_a_run_fits_a_processor_s_cache():
    assert events_module.CHUNK * 16 * 8 <= 16 << 20


def test_every_loop_is_compiled_once_whatever_numbers_gates_are_given_in():
    gates = gating(
        box(Side(A, 0, 1), Side(B, np.float32(0.5), None)),
        Ellipsoid("e", None, (A, B), (0, 0), ((1, 0), (0, 1)), 1),
        Polygon("p", None, A, B, ((0, 0), (1, 0), (1, 1))),
    )
    events = replace(held([0.5], [0.6]), spill=SQUARE)
    assert apply(gates, events).counts == {"g": 1, "e": 1, "p": 0}
    axes(gates, events, [Dimension("A", "FCS")])
    for loop in (keep_between, keep_in_ellipsoid, keep_in_polygon, mix):
        assert len(loop.signatures) == 1
