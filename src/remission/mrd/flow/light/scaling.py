"""Values onto scales and back, as Gating-ML 2.0 defines them; FlowJo's biexponential as its table is made.

Scales give 1 for the top of the range, T, but for the biexponential, which gives channels from 0 to its
length. Values above T and below 0 go on (the biexponential ends at its table's ends). NaN stays NaN, and an
infinite value goes to the scale's limit. Log gives -inf for 0 and has no place for negative values: they
become NaN, which lies in no gate, or `boundMin` if there is one. Bounds set what lies outside them, infinite
values too, to the bound; NaN in stays NaN.

Sources: ISAC Gating-ML 2.0 (Spidlen 2015, doi 10.1002/cyto.a.22690); logicle Moore & Parks 2012
(doi 10.1002/cyto.a.22030); hyperlog Bagwell 2005 (doi 10.1002/cyto.a.20114).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from remission.errors import InputRefused
from remission.mrd.flow.light.biexponential import channels_of, values_of
from remission.mrd.flow.light.kernels_scales import HYPERLOG, LOGICLE, TERMS, roots, scale_by_table
from remission.mrd.flow.light.scales import Asinh, Biexponential, Curve, Hyperlog, Linear, Log, Logicle, Scale

Numbers = NDArray[np.float64]
InPlace = Callable[[Numbers], None]

_LN10 = math.log(10.0)
_LEAST_DECADES, _MOST_DECADES = 1e-3, 100.0
_LEAST_TOP, _LARGEST_TOP = 1e-100, 1e100
_TOP_SAID = f"the top is from {_LEAST_TOP:g} to {_LARGEST_TOP:g}"
_SLACK = 1e-12
"""Relative: W = M/2 written in decimals may be past it by a rounding."""
_OCTAVES_PAST_TOP = 4
_TABLE_ERROR = 1e-14
_CUTS = (4, 5, 6, 7, 8)


def scaled(curve: Curve, values: ArrayLike) -> Numbers:
    """Values on the scale, in a new array of the same shape.

    Parameters
    ----------
    curve : Curve
    values : array of float, any shape
        Scale values, as an FCS file's data are read.

    Raises
    ------
    InputRefused
        If the curve's parameters are outside what its definition allows.
    """
    new = np.array(values, dtype=np.float64, order="C")
    _prepared(curve)(new.reshape(-1), -math.inf, math.inf)
    return new


def unscaled(curve: Curve, places: ArrayLike) -> Numbers:
    """Values that lie at these places of the scale: the inverse of `scaled`.

    Places beyond a biexponential's table get the table's ends.
    """
    checked_curve(curve)
    y = np.asarray(places, dtype=np.float64)
    match curve:
        case Linear(t, a):
            return np.asarray(y * (t + a) - a)
        case Log(t, m):
            return np.asarray(t * 10.0 ** ((y - 1.0) * m))
        case Biexponential():
            return values_of(curve, y)
        case Asinh() | Logicle() | Hyperlog():
            odd = _odd(curve)
            s = odd.b * (y - odd.x1)
            with np.errstate(over="ignore"):
                return np.asarray(np.copysign(odd.K * _grown(np.abs(s), odd.p, odd.kind), s))


def in_place(scale: Scale) -> InPlace:
    """The scale as a callable that overwrites a contiguous 1-D float64 array, within the scale's bounds.

    What the curve needs is prepared once. No lock of the interpreter is held: chunks may run in threads.

    Raises
    ------
    InputRefused
        For parameters outside the definition, or bounds that are crossed or not numbers.
    """
    low = -math.inf if scale.bound_min is None else scale.bound_min
    high = math.inf if scale.bound_max is None else scale.bound_max
    if not low <= high:
        raise InputRefused(
            f"boundMin {low} is not below boundMax {high}",
            where=f"scale {scale.name}",
            do="give bounds in ascending order, or none",
        )
    try:
        prepared = _prepared(scale.curve)
    except InputRefused as refused:
        raise InputRefused(refused.what, where=f"scale {scale.name}", do=refused.do) from refused
    return partial(_bounded, prepared, low, high)


def checked_curve(curve: Curve) -> Curve:
    """The curve itself.

    Raises
    ------
    InputRefused
        If a parameter is outside what Gating-ML 2.0 (or the biexponential's table) allows.
    """
    for said, holds in _rules(curve):
        if not holds:
            raise InputRefused(
                f"{curve} breaks a rule of its scale: {said}",
                where=f"scale {type(curve).__name__}",
                do="correct the parameter",
            )
    return curve


def _rules(curve: Curve) -> tuple[tuple[str, bool], ...]:
    match curve:
        case Linear(t, a):
            return (_TOP_SAID, _LEAST_TOP <= t <= _LARGEST_TOP), ("0 <= A <= T", 0 <= a <= t)
        case Log(t, m):
            return _positive(t, m)
        case Asinh(t, m, a):
            return *_positive(t, m), ("0 <= A <= M", 0 <= a <= m)
        case Logicle(t, w, m, a):
            return *_positive(t, m), ("0 <= W <= M / 2", 0 <= w <= m / 2 * (1 + _SLACK)), _negative(w, m, a)
        case Hyperlog(t, w, m, a):
            return *_positive(t, m), ("0 < W <= M / 2", 0 < w <= m / 2 * (1 + _SLACK)), _negative(w, m, a)
        case Biexponential(length, top, positive, negative, width):
            return (
                ("length is from 2 to 65536", 2 <= length <= 1 << 16),
                (_TOP_SAID, _LEAST_TOP <= top <= _LARGEST_TOP),
                (
                    f"positive decades are from {_LEAST_DECADES:g} to {_MOST_DECADES:g}",
                    _LEAST_DECADES <= positive <= _MOST_DECADES,
                ),
                (f"negative decades are at most {_MOST_DECADES:g}", -math.inf < negative <= _MOST_DECADES),
                ("the width basis is finite and below 0", -math.inf < width < 0),
            )


def _positive(t: float, m: float) -> tuple[tuple[str, bool], ...]:
    return (
        (_TOP_SAID, _LEAST_TOP <= t <= _LARGEST_TOP),
        (f"M is from {_LEAST_DECADES:g} to {_MOST_DECADES:g}", _LEAST_DECADES <= m <= _MOST_DECADES),
    )


def _negative(w: float, m: float, a: float) -> tuple[str, bool]:
    slack = _SLACK * m
    return "-W <= A <= M - 2 W", -w - slack <= a <= m - 2 * w + slack


def _bounded(
    prepared: Callable[[Numbers, float, float], None], low: float, high: float, values: Numbers
) -> None:
    prepared(values, low, high)


@lru_cache(maxsize=256)
def _prepared(curve: Curve) -> Callable[[Numbers, float, float], None]:
    checked_curve(curve)
    match curve:
        case Linear(t, a):
            return partial(_linear, a, t + a)
        case Log(t, m):
            return partial(_log, t, m)
        case Biexponential():
            return partial(_biexponential, curve)
        case Asinh() | Logicle() | Hyperlog():
            odd = _odd(curve)
            cuts, table = _table(odd)
            return partial(_by_table, odd, cuts, table)


def _linear(A: float, span: float, values: Numbers, low: float, high: float) -> None:
    with np.errstate(over="ignore"):
        values += A
        values /= span
    np.clip(values, low, high, out=values)


def _log(T: float, M: float, values: Numbers, low: float, high: float) -> None:
    if low > -math.inf:
        np.maximum(values, 0.0, out=values)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        values /= T
        np.log10(values, out=values)
        values /= M
    values += 1.0
    np.clip(values, low, high, out=values)


def _biexponential(curve: Biexponential, values: Numbers, low: float, high: float) -> None:
    np.clip(channels_of(curve, values), low, high, out=values)


@dataclass(frozen=True, slots=True)
class _Odd:
    """A scale that is odd around `x1`: |x| = K g(b |y - x1|), g by `p` and `kind` as the loops say."""

    kind: int
    p: float
    K: float
    b: float
    x1: float
    top: float
    """s at T."""


def _odd(curve: Asinh | Logicle | Hyperlog) -> _Odd:
    W = 0.0 if isinstance(curve, Asinh) else curve.W
    b = (curve.M + curve.A) * _LN10
    x1 = (curve.A + W) / (curve.M + curve.A)
    top = (curve.M - W) * _LN10
    if isinstance(curve, Hyperlog):
        kind, p = HYPERLOG, 10.0**W / (W * _LN10)
    else:
        kind, p = LOGICLE, math.exp(_log_of_ratio(W * _LN10))
    return _Odd(kind, p, curve.T / float(_grown(np.float64(top), p, kind)), b, x1, top)


def _log_of_ratio(wb: float) -> float:
    """ln(b/d) of a logicle: the root L of 2 L = wb (1 + exp(-L)), which is concave: Newton from below."""
    root = wb / 2.0
    for _ in range(60):
        root -= (2.0 * root - wb * (1.0 + math.exp(-root))) / (2.0 + wb * math.exp(-root))
    return root


def _grown(s: Numbers | np.float64, p: float, kind: int) -> Numbers | np.float64:
    if kind == HYPERLOG:
        return np.expm1(s) + p * s
    return np.expm1(s) - p * p * np.expm1(-s / p)


def _by_table(odd: _Odd, cuts: int, table: Numbers, values: Numbers, low: float, high: float) -> None:
    unit = odd.K * (1.0 + odd.p)
    scale_by_table(values, table, cuts, unit, odd.p, odd.kind, odd.b, odd.x1, low, high)


def _table(odd: _Odd) -> tuple[int, Numbers]:
    """The fewest parts whose polynomials lie within `_TABLE_ERROR` of the roots."""
    top = float(_grown(np.float64(odd.top), odd.p, odd.kind)) / (1.0 + odd.p)
    octaves = math.frexp(1.0 + top)[1] + _OCTAVES_PAST_TOP
    cuts, table = 0, np.empty(0)
    for cuts in _CUTS:
        table, error = _polynomials(odd, cuts, octaves)
        if error <= _TABLE_ERROR:
            break
    return cuts, np.ascontiguousarray(table.reshape(-1))


def _polynomials(odd: _Odd, cuts: int, octaves: int) -> tuple[Numbers, float]:
    """Coefficients (part, term), highest power first, and their largest error between the nodes."""
    nodes = np.cos((2 * np.arange(TERMS) + 1) * np.pi / (2 * TERMS))
    between = np.cos(np.arange(1, TERMS) * np.pi / TERMS)
    solve = np.linalg.inv(np.vander(nodes, TERMS))
    start, width = _parts(cuts, octaves)

    def exact(places: Numbers) -> Numbers:
        q = start[:, None] + width[:, None] * (places[None, :] + 1.0) / 2.0
        v = np.ascontiguousarray(((q - 1.0) * (1.0 + odd.p)).reshape(-1))
        return roots(v, odd.p, odd.kind).reshape(q.shape) / odd.b

    table = exact(nodes) @ solve.T
    error = np.abs(table @ np.vander(between, TERMS).T - exact(between)).max()
    return table, float(error)


def _parts(cuts: int, octaves: int) -> tuple[Numbers, Numbers]:
    power = np.repeat(2.0 ** np.arange(octaves), 1 << cuts)
    width = power / (1 << cuts)
    return power + width * np.tile(np.arange(1 << cuts), octaves), width
