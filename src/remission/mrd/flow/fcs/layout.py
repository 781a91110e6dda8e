"""How the numbers of an event lie in the bytes of DATA."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InvariantBroken, Malformed
from remission.mrd.flow.events import Values
from remission.mrd.flow.fcs import kernels_fcs as kernels
from remission.mrd.flow.fcs.faults import Account, Fault, Quirk
from remission.mrd.flow.fcs.parameters import Parameter
from remission.mrd.flow.fcs.text import Words

_ORDERS = {Fault.LITTLE_ENDIAN: (1, 2, 3, 4), Fault.BIG_ENDIAN: (4, 3, 2, 1)}
_HASTE = {
    ("F", True): kernels.FLOAT_LITTLE,
    ("F", False): kernels.FLOAT_BIG,
    ("I", True): kernels.SHORT_LITTLE,
    ("I", False): kernels.SHORT_BIG,
}


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where each parameter is in an event of `bits` bits, and how it is read; see `kernels_fcs`.

    `stream`: bits packed without regard to bytes, the most significant first if `big`.
    """

    bits: int
    stream: bool
    big: bool
    plan: NDArray[np.int64]
    shifts: NDArray[np.uint64]
    masks: NDArray[np.uint64]
    whole: NDArray[np.uint64]
    """Masks that leave every stored bit."""


def layout_of(parameters: tuple[Parameter, ...], words: Words, account: Account) -> Layout:
    """How the parameters lie.

    Raises
    ------
    Malformed
        For a $BYTEORD that is none.
    InvariantBroken
        For one that does not say how these numbers are to be read.
    """
    order = _order(words, account)
    bits = sum(one.bits for one in parameters)
    masks = np.array([one.mask for one in parameters], dtype=np.uint64)
    whole = np.array([(1 << one.bits) - 1 for one in parameters], dtype=np.uint64)
    starts = np.cumsum([0, *(one.bits for one in parameters[:-1])])
    plan = np.zeros((len(parameters), 3), dtype=np.int64)
    shifts = np.zeros((len(parameters), 8), dtype=np.uint64)
    stream = any(one.bits % 8 for one in parameters)
    if stream:
        if not _even(order) or any(one.datatype != "I" for one in parameters):
            raise InvariantBroken(
                f"$BYTEORD is {words.get('$BYTEORD')!r}, and parameters have bits that fill no byte",
                where=words.where("$BYTEORD"),
                do="export the file with 8, 16 or 32 bits a parameter",
            )
        plan[:, 1], plan[:, 2] = starts, [one.bits for one in parameters]
        account.note(Quirk.BIT_STREAM, f"{bits} bits an event")
        return Layout(bits, True, order[0] > order[-1], plan, shifts, masks, whole)
    for row, one, start in zip(range(len(parameters)), parameters, starts, strict=True):
        places = _places(order, one, words)
        shifts[row, : len(places)] = [8 * place for place in places]
        plan[row] = _kind(one, places), start // 8, one.bits // 8
    return Layout(bits, False, False, plan, shifts, masks, whole)


def decoded(
    layout: Layout, data: NDArray[np.uint8], rows: list[int], start: int, stop: int, stride: int, masked: bool
) -> Values:
    """Stored numbers of some rows of the layout, events `start` to `stop`, `stride` bits each."""
    out = np.empty((len(rows), stop - start))
    plan, shifts = np.ascontiguousarray(layout.plan[rows]), np.ascontiguousarray(layout.shifts[rows])
    masks = (layout.masks if masked else layout.whole)[rows]
    if layout.stream:
        kernels.unpack(data, start * stride, stride, layout.big, plan, masks, out)
    else:
        kernels.decode(data, start * stride // 8, stride // 8, plan, shifts, masks, out)
    return out


def _order(words: Words, account: Account) -> tuple[int, ...]:
    value = words.get("$BYTEORD")
    parts = [] if value is None else [one.strip() for one in value.split(",")]
    if 1 <= len(parts) <= 8 and sorted(parts) == [str(n + 1) for n in range(len(parts))]:
        return tuple(int(one) for one in parts)
    what = "is not given" if value is None else f"is {value[:40]!r}, which is no order of bytes"
    fault = account.fault(
        f"$BYTEORD {what}",
        *_ORDERS,
        where=words.where("$BYTEORD"),
        do="export the file again from the instrument's software",
        kind=Malformed,
    )
    return _ORDERS[fault]


def _even(order: tuple[int, ...]) -> bool:
    """Whether significance only rises, or only falls, and the order says which."""
    return len(order) > 1 and (order == tuple(sorted(order)) or order == tuple(sorted(order, reverse=True)))


def _places(order: tuple[int, ...], parameter: Parameter, words: Words) -> tuple[int, ...]:
    """The significance of each byte of a number, from 0."""
    size = parameter.bits // 8
    if size == 1:
        return (0,)
    if len(order) == size:
        return tuple(one - 1 for one in order)
    if _even(order):
        rising = tuple(range(size))
        return rising if order[0] < order[-1] else rising[::-1]
    raise InvariantBroken(
        f"$BYTEORD is {words.get('$BYTEORD')!r}, but $P{parameter.number}B is {parameter.bits}",
        where=words.where("$BYTEORD"),
        do="export the file with the byte order 1,2,3,4 or 4,3,2,1",
    )


def _kind(parameter: Parameter, places: tuple[int, ...]) -> int:
    hasty = {"F": 32, "I": 16}.get(parameter.datatype) == parameter.bits
    if hasty and list(places) in (sorted(places), sorted(places, reverse=True)):
        return _HASTE[parameter.datatype, places[0] == 0]
    return {"I": kernels.WHOLE, "F": kernels.FLOAT, "D": kernels.DOUBLE}[parameter.datatype]
