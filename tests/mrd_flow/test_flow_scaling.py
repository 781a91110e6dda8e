"""Scales against a slow twin in decimals, a peer, FlowJo's own table, and their definitions."""

import csv
import math
import sys
from pathlib import Path

import flowkit
import numpy as np
import pytest
from flowutils import transforms as peer
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.mrd.flow.light.biexponential import table_of
from remission.mrd.flow.light.kernels_scales import TERMS, roots, scale_by_table
from remission.mrd.flow.light.scales import Asinh, Biexponential, Hyperlog, Linear, Log, Logicle, Scale
from remission.mrd.flow.light.scaling import in_place, scaled, unscaled

# The bench measures against the same slow twin.
sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import flow_scales

FLOWJO = (
    Path(__file__).parents[2].parent
    / "shared/data/flow/comp/tr_biex_l256_w-7.943282_n1.000000_m4.418540_r262144.000029.csv"
)
TOP = 262144.0
LOGICLES = [
    Logicle(TOP, 0.5, 4.5, 0.0),
    Logicle(TOP, 0.0, 4.5, 0.0),
    Logicle(TOP, 2.25, 4.5, 0.0),
    Logicle(1000.0, 1.0, 4.0, 1.0),
    Logicle(1e7, 1.5, 6.0, -0.5),
    Logicle(10.0, 0.25, 12.0, 2.0),
]
HYPERLOGS = [
    Hyperlog(TOP, 0.5, 4.5, 0.0),
    Hyperlog(TOP, 0.01, 4.5, 0.0),
    Hyperlog(1000.0, 1.0, 4.0, 1.0),
    Hyperlog(TOP, 2.25, 4.5, 0.0),
]
PLACES = (
    0.0,
    1e-300,
    1e-17,
    1e-9,
    1e-3,
    0.1,
    0.9,
    3.0,
    17.5,
    200.0,
    5e3,
    1e5,
    262143.9,
    262144.0,
    1e6,
    1e9,
    1e15,
)
CURVES = [Linear(1000.0, 100.0), Log(TOP, 4.5), Asinh(TOP, 4.5, 1.0), LOGICLES[0], HYPERLOGS[0]]


@pytest.mark.parametrize("curve", LOGICLES, ids=str)
def test_logicle_within_2e_12_of_the_slow_twin(curve: Logicle) -> None:
    values = np.array([sign * x for x in PLACES for sign in (1.0, -1.0)])
    exact = np.array([float(flow_scales.slow(curve, x)) for x in values])
    assert np.abs(scaled(curve, values) - exact).max() < 2e-12  # measured: below 2e-15


@pytest.mark.parametrize("curve", HYPERLOGS, ids=str)
def test_hyperlog_within_2e_12_of_the_slow_twin(curve: Hyperlog) -> None:
    values = np.array([sign * x for x in PLACES for sign in (1.0, -1.0)])
    exact = np.array([float(flow_scales.slow(curve, x)) for x in values])
    assert np.abs(scaled(curve, values) - exact).max() < 2e-12


@settings(max_examples=15, deadline=None)
@given(
    st.floats(0.0, 1.0),
    st.floats(1.0, 8.0),
    st.floats(0.0, 1.0),
    st.floats(-1e6, 1e6),
    st.sampled_from([1e2, TOP]),
)
def test_any_logicle_and_value(part: float, m: float, more: float, x: float, top: float) -> None:
    w = part * m / 2
    curve = Logicle(top, w, m, -w + more * (m - w) * 0.999)
    assert abs(scaled(curve, [x])[0] - float(flow_scales.slow(curve, x))) < 2e-12


def test_between_the_nodes_of_the_table_too() -> None:
    curve = LOGICLES[0]
    x = np.random.default_rng(4).normal(0.0, 1.0, 150) * 10.0 ** np.random.default_rng(5).uniform(-3, 6, 150)
    exact = np.array([float(flow_scales.slow(curve, one)) for one in x])
    assert np.abs(scaled(curve, x) - exact).max() < 2e-14


def test_table_and_newton_agree_and_the_loops_are_what_python_says() -> None:
    curve = LOGICLES[3]
    wide = scaled(curve, np.geomspace(1e-3, 1e30, 400))
    assert (np.diff(wide) > 0).all()
    v = np.geomspace(1e-12, 1e20, 50)
    s = roots(v, 2.5, 0)
    assert np.allclose(np.expm1(s) - 6.25 * np.expm1(-s / 2.5), v, rtol=1e-12)
    s = roots(v, 2.5, 1)
    assert np.allclose(np.expm1(s) + 2.5 * s, v, rtol=1e-12)
    flat = np.zeros(TERMS * 2)
    flat[TERMS - 1], flat[2 * TERMS - 1] = 0.25, 0.5
    values = np.array([0.0, -0.5, 1.5, np.nan])
    scale_by_table(values, flat, 0, 1.0, 1.0, 0, 1.0, 1.0, -9.0, 1.4)
    assert values[:3].tolist() == [1.25, 0.75, 1.4]
    assert math.isnan(values[3])


@pytest.mark.parametrize("curve", [*LOGICLES, *HYPERLOGS], ids=str)
def test_peer_agrees(curve: Logicle | Hyperlog) -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.normal(0.0, 300.0, 2000), np.exp(rng.uniform(-5, math.log(curve.T), 2000))])
    peer_is_right_below_0 = curve.W > 0.0  # where W is 0 it gives places near 1 there
    x = np.concatenate([x, -x]) if peer_is_right_below_0 else np.abs(x)
    work = peer.logicle if isinstance(curve, Logicle) else peer.hyperlog
    theirs = work(x.reshape(-1, 1).copy(), [0], curve.T, curve.M, curve.W, curve.A).ravel()
    assert np.abs(scaled(curve, x) - theirs).max() < 1e-11


def test_log_asinh_linear_are_their_formulas() -> None:
    x = np.array([-500.0, -1.0, 0.0, 0.3, 10.0, 999.0, 1e6])
    ln10 = math.log(10)
    asinh = (np.arcsinh(x * math.sinh(4 * ln10) / 1000) + ln10) / (5 * ln10)
    assert np.abs(scaled(Asinh(1000, 4, 1), x) - asinh).max() < 2e-15
    assert np.array_equal(scaled(Linear(1000, 100), x), (x + 100) / 1100)
    got = scaled(Log(1000, 4), x)
    assert np.isnan(got[:2]).all()
    assert got[2] == -math.inf
    assert np.allclose(got[3:], np.log10(x[3:] / 1000) / 4 + 1, rtol=0, atol=1e-15)


def test_bounds_take_what_lies_outside_and_log_takes_negatives_to_its_lower_bound() -> None:
    values = np.array([-5.0, 0.0, 1.0, 1000.0, 1e9, math.inf, math.nan])
    in_place(Scale("log", Log(1000, 3), bound_min=-0.25, bound_max=1.5))(values)
    assert values[:6].tolist() == [-0.25, -0.25, 0.0, 1.0, 1.5, 1.5]
    assert math.isnan(values[6])
    values = np.array([-5.0, 5.0, math.nan])
    in_place(Scale("log", Log(1000, 3), bound_max=0.1))(values)
    assert np.isnan(values).tolist() == [True, False, True]
    for curve in CURVES:
        values = np.array([-math.inf, math.inf])
        in_place(Scale("both", curve, -0.5, 2.0))(values)
        assert values.tolist() == [-0.5, 2.0]


@pytest.mark.parametrize("curve", [*CURVES, Biexponential(4096, TOP, 4.5, 0.0, -100.0)], ids=str)
def test_nan_stays_and_infinity_goes_to_the_limit(curve) -> None:
    got = scaled(curve, [math.nan, math.inf, 1e308])
    assert math.isnan(got[0])
    assert got[1] == (4096.0 if isinstance(curve, Biexponential) else math.inf)
    assert math.isfinite(got[2])


@pytest.mark.parametrize("curve", [*CURVES, *LOGICLES, *HYPERLOGS], ids=str)
def test_inverse_and_shape(curve) -> None:
    x = np.geomspace(1e-2, curve.T, 30).reshape(5, 6)
    back = unscaled(curve, scaled(curve, x))
    assert back.shape == x.shape
    assert np.abs(back - x).max() < 1e-9 * curve.T
    if not isinstance(curve, Log):
        back = unscaled(curve, scaled(curve, -x))
        assert np.abs(back + x).max() < 1e-9 * curve.T
    assert scaled(curve, curve.T) == pytest.approx(1.0, abs=2e-15)


def test_the_array_given_is_left_alone() -> None:
    values = np.array([1.0, 2.0])
    scaled(CURVES[0], values)
    assert values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "curve",
    [
        Linear(0, 0),
        Linear(10, 11),
        Linear(10, -1),
        Linear(math.inf, 0),
        Log(-1, 4),
        Log(10, 0),
        Log(10, math.nan),
        Asinh(10, 4, 5),
        Asinh(10, 4, -1),
        Logicle(0, 0.5, 4.5, 0),
        Logicle(10, -0.1, 4.5, 0),
        Logicle(10, 2.3, 4.5, 0),
        Logicle(10, 1, 4, 2.1),
        Logicle(10, 1, 4, -1.1),
        Logicle(10, 1, 1000, 0),
        Logicle(math.nan, 1, 4, 0),
        Hyperlog(10, 0, 4, 0),
        Hyperlog(10, 2.5, 4, 0),
        Biexponential(1, TOP, 4.5, 0, -10),
        Biexponential(4096, 0, 4.5, 0, -10),
        Biexponential(4096, TOP, 0, 0, -10),
        Biexponential(4096, TOP, 4.5, 0, 10),
        Biexponential(4096, TOP, 4.5, math.nan, -10),
    ],
    ids=str,
)
def test_parameters_outside_the_definition_are_refused(curve) -> None:
    with pytest.raises(InputRefused, match="breaks a rule"):
        scaled(curve, [1.0])
    with pytest.raises(InputRefused, match="breaks a rule"):
        unscaled(curve, [1.0])
    with pytest.raises(InputRefused, match="scale X"):
        in_place(Scale("X", curve))


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (math.nan, 1.0), (0.0, math.nan)])
def test_crossed_bounds_are_refused(low: float, high: float) -> None:
    with pytest.raises(InputRefused, match="boundMin"):
        in_place(Scale("X", Linear(10, 0), low, high))


def test_w_of_half_m_in_decimals_is_no_more_than_half() -> None:
    assert math.isfinite(scaled(Logicle(TOP, 0.55 + 1e-17, 1.1, 0), [5.0])[0])


def test_biexponential_is_flowjos_printed_table() -> None:
    if not FLOWJO.exists():
        pytest.skip("no ../shared/data/flow")
    with FLOWJO.open(encoding="ascii") as file:
        printed = [row[1] for row in csv.reader(file)][1:]
    table = table_of(Biexponential(4096, 262144.000029, 4.41854, 1.0, -(10.0**0.9)))
    assert len(printed) == 4096
    off = np.array([_units(value, text) for value, text in zip(table[:4096], printed, strict=True)])
    # FlowJo prints 6 digits; its root is not quite the root, by some 4e-7 (the peer differs by the same).
    assert (off <= 0.5001).sum() == 3835
    assert off.max() < 0.75


def _units(value: float, text: str) -> float:
    """How far apart, in units of the sixth digit."""
    shown = float(text)
    return abs(value - shown) / 10.0 ** (math.floor(math.log10(abs(shown))) - 5) if shown else abs(value)


def test_biexponential_between_channels_and_back() -> None:
    curve = Biexponential(4096, TOP, 4.5, 0.5, -100.0)
    table = table_of(curve)
    assert (np.diff(table) > 0).all()
    assert np.array_equal(scaled(curve, table), np.arange(4097.0))
    assert scaled(curve, [(table[10] + table[11]) / 2])[0] == pytest.approx(10.5, abs=1e-9)
    assert scaled(curve, [table[0] - 1, table[-1] + 1]).tolist() == [0.0, 4096.0]
    assert np.allclose(
        unscaled(curve, [0.0, 99.25, 5000.0]), [table[0], 0.75 * table[99] + 0.25 * table[100], table[-1]]
    )


@pytest.mark.parametrize(
    ("negative", "width"), [(0.0, -10.0), (0.5, -100.0), (1.0, -10.0), (0.0, -630.957367)]
)
def test_biexponential_is_the_peers(negative: float, width: float) -> None:
    theirs = flowkit.transforms.WSPBiexTransform(
        negative=negative, width=width, positive=4.41854, max_value=262144.000029
    )
    x = np.concatenate([np.linspace(-2000.0, 3e5, 5001), [0.0, 1.0, -1.0]])
    ours = scaled(Biexponential(4096, 262144.000029, 4.41854, negative, width), x)
    assert np.abs(ours - theirs.apply(x)).max() < 1e-9
