"""FlowJo's transformations as scales.

FlowJo keeps gates in scale values and draws them transformed, 256 bins an axis. A linear axis needs no
scale: gates stay in scale values. FlowJo's log is log10(max(x, offset) / offset) / decades; its biexponential
is a table of 4096 channels whatever `length` says (256 is the picture's).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.light.flowjo_words import TRANSFORMS, number
from remission.mrd.flow.light.scales import Asinh, Biexponential, Hyperlog, Log, Logicle, Scale
from remission.mrd.flow.light.scaling import checked_curve
from remission.mrd.flow.xml_files import Element

BINS = 256.0
"""Of a drawn axis: the unit of FlowJo's ellipses."""
_CHANNELS = 4096

Number = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Axis:
    """How a parameter is drawn: its scale (None: linear), and what the axis's end is on it.

    `start` is what the axis begins with: 0 but for linear axes. From `open_above` on (a scale value), values
    are drawn on the axis itself.
    """

    scale: Scale | None
    end: float
    start: float = 0.0
    open_above: float = math.inf


def axis_of(element: Element, parameter: str, where: str) -> Axis:
    """The axis that one of FlowJo's transformations draws.

    Raises
    ------
    InvariantBroken
        For a transformation that is not documented, or parameters outside what its definition allows.
    """
    make = _KINDS.get(element.name)
    place = f"{where}, line {element.line}"
    if make is None or element.space != TRANSFORMS:
        raise InvariantBroken(
            f"{parameter!r} is drawn by {element.name!r}, which is none of: " + ", ".join(_KINDS),
            where=place,
            do="draw it by one of these in FlowJo, and save again",
        )
    axis = make(parameter, lambda name: number(element, TRANSFORMS, name, where))
    try:
        if axis.scale is not None:
            checked_curve(axis.scale.curve)
    except InputRefused as refused:
        raise InvariantBroken(f"{parameter!r}: {refused.what}", where=place, do=refused.do) from refused
    return axis


def _linear(_parameter: str, read: Number) -> Axis:
    return Axis(None, read("maxRange"), read("minRange"))


def _log(parameter: str, read: Number) -> Axis:
    offset, decades = read("offset"), read("decades")
    top = offset * 10.0 ** min(decades, 300.0)
    return Axis(Scale(parameter, Log(T=top, M=decades), bound_min=0.0), 1.0)


def _logicle(parameter: str, read: Number) -> Axis:
    return Axis(Scale(parameter, Logicle(read("T"), read("W"), read("M"), read("A"))), 1.0)


def _hyperlog(parameter: str, read: Number) -> Axis:
    return Axis(Scale(parameter, Hyperlog(read("T"), read("W"), read("M"), read("A"))), 1.0)


def _asinh(parameter: str, read: Number) -> Axis:
    return Axis(Scale(parameter, Asinh(read("T"), read("M"), read("A"))), 1.0)


def _biexponential(parameter: str, read: Number) -> Axis:
    curve = Biexponential(_CHANNELS, read("maxRange"), read("pos"), read("neg"), read("width"))
    return Axis(Scale(parameter, curve), float(_CHANNELS), open_above=curve.top)


_KINDS: dict[str, Callable[[str, Number], Axis]] = {
    "linear": _linear,
    "log": _log,
    "logicle": _logicle,
    "hyperlog": _hyperlog,
    "fasinh": _asinh,
    "biex": _biexponential,
}
