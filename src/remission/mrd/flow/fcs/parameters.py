"""The parameters of an FCS data set: how each is named, stored, amplified."""

import math
from dataclasses import dataclass, replace

from remission.errors import Malformed, TooLarge, UnknownFormat
from remission.mrd.flow.fcs.faults import Account, Fault, Quirk
from remission.mrd.flow.fcs.text import Words, as_number

MOST_PARAMETERS = 10_000
MOST_BITS = 64
MOST_DECADES = 100.0
_SANE = 1e9
"""No gain and no offset is larger, nor its inverse."""
_BITS_OF_FLOAT = {"F": 32, "D": 64}
_AGAIN = "export the file again from the instrument's software"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of each event.

    `number` counts from 1. `name` is `$PnN`, `label` `$PnS` or "". `bits` as stored; `range` is `$PnR`.
    `decades` and `log_zero` are the two numbers of `$PnE`: 0 and 0 for a linear parameter. `gain` is what the
    stored value is to be divided by: 1 for logarithmic parameters and for time. `datatype`: I, F or D.
    """

    number: int
    name: str
    label: str
    bits: int
    range: float
    decades: float
    log_zero: float
    gain: float
    datatype: str

    @property
    def mask(self) -> int:
        """The bits of an integer that count: as many as the range needs."""
        whole = (1 << self.bits) - 1
        top = math.ceil(self.range) - 1
        return min((1 << max(top, 0).bit_length()) - 1, whole) if self.datatype == "I" else whole


def read_parameters(words: Words, version: str, account: Account) -> tuple[Parameter, ...]:
    """Every parameter that $PAR says there is.

    Raises
    ------
    Malformed, InvariantBroken
        For a keyword of a parameter that is missing, doubled or illegal.
    UnknownFormat
        For a $DATATYPE that is not read.
    TooLarge
        For more than 10,000 parameters.
    """
    count = words.needed("$PAR")
    if count == 0:
        raise Malformed("$PAR is 0: there is nothing to read", where=words.where("$PAR"), do=_AGAIN)
    if count > MOST_PARAMETERS:
        raise TooLarge(
            f"$PAR is {count}, more than {MOST_PARAMETERS} parameters", where=words.where("$PAR"), do=_AGAIN
        )
    datatype = _datatype(words, "$DATATYPE", account)
    found = tuple(_parameter(words, n, datatype, version, account) for n in range(1, count + 1))
    return _apart(found, words, account)


def is_time(words: Words, parameter: Parameter) -> bool:
    """Whether the parameter is the time of the event."""
    kind = words.get(f"$P{parameter.number}TYPE")
    return parameter.name.upper() == "TIME" or (kind or "").upper() == "TIME"


def _datatype(words: Words, keyword: str, account: Account) -> str:
    value = words.get(keyword)
    if value is None:
        raise Malformed(f"{keyword} is not given", where=words.where(keyword), do=_AGAIN)
    if value.upper() == "A":
        raise UnknownFormat(
            f"{keyword} is 'A': values written as text are not read",
            where=words.where(keyword),
            do="export the data as floating point (F)",
        )
    if value.upper() not in ("I", "F", "D"):
        raise UnknownFormat(
            f"{keyword} is {value[:40]!r}; I, F and D are read", where=words.where(keyword), do=_AGAIN
        )
    return value.upper()


def _parameter(words: Words, number: int, datatype: str, version: str, account: Account) -> Parameter:
    own = f"$P{number}DATATYPE"
    if version == "FCS3.2" and words.get(own) is not None:
        datatype = _datatype(words, own, account)
    bits = _bits(words, number, datatype)
    decades, log_zero = _scale(words, number, datatype, account)
    parameter = Parameter(
        number,
        _name(words, number, account),
        words.get(f"$P{number}S") or "",
        bits,
        _range(words, number, datatype, bits, account),
        decades,
        log_zero,
        1.0,
        datatype,
    )
    return replace(parameter, gain=_gain(words, parameter, account))


def _name(words: Words, number: int, account: Account) -> str:
    keyword = f"$P{number}N"
    name = words.get(keyword)
    if name is not None:
        return name
    account.fault(
        f"{keyword} is not given", Fault.NAME_MISSING, where=words.where(keyword), do=_AGAIN, kind=Malformed
    )
    return f"P{number}"


def _bits(words: Words, number: int, datatype: str) -> int:
    keyword = f"$P{number}B"
    bits = words.needed(keyword)
    expected = _BITS_OF_FLOAT.get(datatype)
    if expected is not None and bits != expected:
        raise Malformed(
            f"{keyword} is {bits}, but {datatype} has {expected} bits", where=words.where(keyword), do=_AGAIN
        )
    if not 1 <= bits <= MOST_BITS:
        raise Malformed(f"{keyword} is {bits}, not 1 to {MOST_BITS}", where=words.where(keyword), do=_AGAIN)
    return bits


def _range(words: Words, number: int, datatype: str, bits: int, account: Account) -> float:
    """The range; 0 for one that is unknown, until values are seen."""
    keyword = f"$P{number}R"
    value = words.get(keyword)
    given = None if value is None else as_number(value)
    if given is None or not math.isfinite(given) or given <= 0 or (datatype == "I" and given < 1):
        what = (
            f"{keyword} is not given"
            if value is None
            else f"{keyword} is {value[:40]!r}, not a number above 0"
        )
        account.fault(what, Fault.RANGE_UNKNOWN, where=words.where(keyword), do=_AGAIN, kind=Malformed)
        return float(1 << bits) if datatype == "I" else 0.0
    if datatype == "I" and given > 1 << bits:
        account.note(Quirk.RANGE_ABOVE_BITS, f"{keyword} {value} of {bits} bits")
    return given


def _scale(words: Words, number: int, datatype: str, account: Account) -> tuple[float, float]:
    keyword = f"$P{number}E"
    value = words.get(keyword)
    if value is None and datatype != "I":
        account.note(Quirk.SCALE_NOT_GIVEN, keyword)
        return 0.0, 0.0
    numbers = [] if value is None else [as_number(one.strip()) for one in value.split(",")]
    match numbers:
        case [0.0, 0.0]:
            return 0.0, 0.0
        case [float(decades), float(zero)] if (
            datatype == "I" and 0 < decades <= MOST_DECADES and (zero == 0 or _is_sane(zero))
        ):
            if zero == 0:
                account.note(Quirk.LOG_FROM_ONE, f"{keyword} {value}")
            return decades, zero or 1.0
        case _:
            what = "is not given" if value is None else f"is {value[:40]!r}"
            legal = "decades and offset, both above 0, or 0,0" if datatype == "I" else f"0,0 for {datatype}"
            account.fault(
                f"{keyword} {what}; it must be {legal}",
                Fault.SCALE_LINEAR,
                where=words.where(keyword),
                do=_AGAIN,
                kind=Malformed,
            )
            return 0.0, 0.0


def _is_sane(factor: float) -> bool:
    return 1.0 / _SANE <= factor <= _SANE


def _gain(words: Words, parameter: Parameter, account: Account) -> float:
    keyword = f"$P{parameter.number}G"
    value = words.get(keyword)
    gain = 1.0 if value is None else as_number(value)
    if gain is None or not _is_sane(gain):
        account.fault(
            f"{keyword} is {(value or '')[:40]!r}, not a number from 1e-9 to 1e9",
            Fault.GAIN_ONE,
            where=words.where(keyword),
            do=_AGAIN,
            kind=Malformed,
        )
        return 1.0
    if gain != 1.0 and (parameter.decades > 0 or is_time(words, parameter)):
        account.note(Quirk.GAIN_NOT_USED, f"{keyword} {value}")
        return 1.0
    return gain


def _apart(found: tuple[Parameter, ...], words: Words, account: Account) -> tuple[Parameter, ...]:
    """Parameters with names that differ."""
    first: dict[str, int] = {}
    taken = {one.name for one in found}
    apart: list[Parameter] = []
    for one in found:
        if one.name in first:
            keyword = f"$P{one.number}N"
            account.fault(
                f"{keyword} is {one.name!r}, as is $P{first[one.name]}N",
                Fault.NAME_TWICE,
                where=words.where(keyword),
                do="name the parameters apart in the instrument's software and export again",
            )
            name = f"{one.name} [{one.number}]"
            while name in taken:
                name += "'"
            taken.add(name)
            apart.append(replace(one, name=name))
        else:
            first[one.name] = one.number
            apart.append(one)
    return tuple(apart)
