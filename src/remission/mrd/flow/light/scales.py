"""Scales: how a value is drawn and gated. Parameters as Gating-ML 2.0 names them.

T: top of the linear range, drawn at 1. W: decades that are linear around 0. M: decades in all.
A: decades below 0. Everything here is described, and computed in `scaling`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Linear:
    """(x + A) / (T + A)."""

    T: float
    A: float


@dataclass(frozen=True, slots=True)
class Log:
    """log10(x / T) / M + 1."""

    T: float
    M: float


@dataclass(frozen=True, slots=True)
class Asinh:
    """(asinh(x sinh(M ln 10) / T) + A ln 10) / ((M + A) ln 10)."""

    T: float
    M: float
    A: float


@dataclass(frozen=True, slots=True)
class Logicle:
    """The root y of a biexponential (Parks 2006, Moore 2012)."""

    T: float
    W: float
    M: float
    A: float


@dataclass(frozen=True, slots=True)
class Hyperlog:
    """The root y of an exponential plus a line (Bagwell 2005)."""

    T: float
    W: float
    M: float
    A: float


@dataclass(frozen=True, slots=True)
class Biexponential:
    """FlowJo's table of `length` channels: `width` basis, `negative` decades, `positive` decades, `top`."""

    length: int
    top: float
    positive: float
    negative: float
    width: float


Curve = Linear | Log | Asinh | Logicle | Hyperlog | Biexponential


@dataclass(frozen=True, slots=True)
class Scale:
    """A curve under a name; results below `bound_min` or above `bound_max` are set to them."""

    name: str
    curve: Curve
    bound_min: float | None = None
    bound_max: float | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """A new dimension from two: A (x - B) / (y - C), with x and y as `read` from the channels named.

    Bounds as in `Scale`. Gating-ML names it as a transformation (`fratio`).
    """

    name: str
    A: float
    B: float
    C: float
    x: str
    y: str
    bound_min: float | None = None
    bound_max: float | None = None
