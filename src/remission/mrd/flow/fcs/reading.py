"""FCS files, versions 2.0 to 3.2: what they say, and their events, read where they lie.

ISAC's Data File Standard: Spidlen et al., FCS 3.1 (doi:10.1002/cyto.a.20825) and FCS 3.2
(doi:10.1002/cyto.a.24225).
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused, InvariantBroken, Malformed, Refusal, TooLarge, Truncated
from remission.mrd.flow.events import Values, place
from remission.mrd.flow.fcs.faults import Account, Fault, Quirk, Repair
from remission.mrd.flow.fcs.header import Header, Segment, read_header
from remission.mrd.flow.fcs.layout import Layout, decoded, layout_of
from remission.mrd.flow.fcs.parameters import Parameter, is_time, read_parameters
from remission.mrd.flow.fcs.segments import account_for_rest, segment_said, stored_events
from remission.mrd.flow.fcs.survey import surveyed
from remission.mrd.flow.fcs.text import Words, as_number, read_supplement, read_text
from remission.mrd.flow.light.compensation import of_keywords
from remission.mrd.flow.spectrum import Spectrum
from remission.terms.words import Text

Buffer = bytes | bytearray | memoryview | mmap

MOST_DATA_SETS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class DataSet:
    """One data set of a file: its keywords and its events.

    `keywords` in capitals. `repairs` were asked for; `notes` say what was read in spite of the standard.
    Scale values (`read`) undo `$PnE` and `$PnG`; time is in seconds where `$TIMESTEP` is given.
    `layout`, `stride` (bits of an event) and `data` (the bytes of DATA alone, where they lie in the file) say
    how it is read.
    """

    number: int
    version: str
    keywords: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    count: int
    time: str | None
    time_step: float | None
    """Seconds of one unit of the time channel, as read: 1 where `$TIMESTEP` was applied, else unknown."""
    repairs: tuple[Repair, ...]
    notes: tuple[Text, ...]
    _name: str
    _tick: float
    layout: Layout
    stride: int
    data: NDArray[np.uint8]

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels (`$PnN`), each once, in the file's order."""
        return tuple(one.name for one in self.parameters)

    @property
    def spill(self) -> Spectrum | None:
        """The spillover that the file itself states.

        Raises
        ------
        Malformed, InvariantBroken
            If it is stated wrongly.
        """
        return of_keywords(self.keywords, self.channels)

    @property
    def ranges(self) -> dict[str, float]:
        """The top of each channel on the scale of `read`."""
        return {one.name: float(self._scaled(one, np.array([one.range]))[0]) for one in self.parameters}

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Each channel and its label (`$PnS`, or "")."""
        return tuple((one.name, one.label) for one in self.parameters)

    def raw(self, channels: Sequence[str], start: int, stop: int) -> Values:
        """Numbers as stored, masked by `$PnR`: shape (channels, events), in a new array.

        Raises
        ------
        InputRefused
            For a channel or an event that is not there.
        """
        if not 0 <= start <= stop <= self.count:
            raise InputRefused(
                f"events {start} to {stop} of {self.count}",
                where=self._name,
                do="ask for events that are there",
            )
        rows = [place(self.channels, name) for name in channels]
        return decoded(self.layout, self.data, rows, start, stop, self.stride, masked=True)

    def read(self, channels: Sequence[str], start: int, stop: int) -> Values:
        """Scale values of events `start` to `stop` (from 0, half open), in a new array.

        Raises
        ------
        InputRefused
            For a channel or an event that is not there.
        """
        values = self.raw(channels, start, stop)
        for line, name in zip(values, channels, strict=True):
            one = self.parameters[place(self.channels, name)]
            if one.decades or one.gain != 1.0 or one.name == self.time:
                line[:] = self._scaled(one, line)
        return values

    def _scaled(self, one: Parameter, line: NDArray[np.float64]) -> NDArray[np.float64]:
        if one.decades:
            return one.log_zero * 10.0 ** (one.decades * line / one.range)
        return line * self._tick if one.name == self.time else line / one.gain


@dataclass(frozen=True, slots=True, eq=False)
class FcsFile:
    """A file's data sets, in order; nearly every file has one."""

    name: str
    data_sets: tuple[DataSet, ...]


def read_fcs(data: Buffer, name: str, repairs: Set[Fault] = frozenset()) -> FcsFile:
    """Read what an FCS file says and look through its events; they stay where they are.

    Parameters
    ----------
    data : bytes-like
        The whole file; map it into memory rather than reading it.
    name : str
        What messages call the file.
    repairs : set of Fault
        Faults that may be repaired; each one that is gets recorded in `DataSet.repairs`.

    Raises
    ------
    InputRefused
        One of its kinds (UnknownFormat, Truncated, Malformed, InvariantBroken, TooLarge) for a file that
        is damaged, contradicts itself or is not FCS, with keyword and byte, and the repairs there are.
    """
    view = memoryview(data).cast("B")
    begin = 0
    found: list[DataSet] = []
    while True:
        number = len(found) + 1
        account = Account(name if begin == 0 else f"{name}, data set {number}", repairs)
        try:
            one, following = _data_set(view[begin:], number, account)
        except Refusal as refusal:
            if begin == 0 or Fault.FIRST_DATA_SETS not in repairs:
                raise
            _end_early(found, refusal)
            break
        found.append(one)
        if following == 0:
            break
        begin += following
        if number == MOST_DATA_SETS:
            raise TooLarge(
                f"more than {MOST_DATA_SETS} data sets", where=name, do="give a file with fewer data sets"
            )
    return FcsFile(name, tuple(found))


def _end_early(found: list[DataSet], refusal: Refusal) -> None:
    last = found[-1]
    found[-1] = replace(
        last,
        repairs=(*last.repairs, Repair(Fault.FIRST_DATA_SETS, (f"{refusal.where}: {refusal.what}",))),
    )


def _data_set(data: memoryview, number: int, account: Account) -> tuple[DataSet, int]:
    """The data set at the start of `data`, and how far behind its start the next begins (0: none does)."""
    header = read_header(data, account)
    words = Words(account.name)
    delimiter = read_text(data, header.text, words, account)
    others = _other_segments(data, header, delimiter, words, account)
    _check_mode(words, header.version, account)
    parameters = read_parameters(words, header.version, account)
    layout = layout_of(parameters, words, account)
    stored = stored_events(header, words, others, layout.bits, len(data), account)
    segments = [*others.values(), stored.segment]
    following = _following(words, segments, len(data))
    account_for_rest(data[:following] if following else data, header, segments, stored, account)
    begin = stored.segment.begin
    held = np.frombuffer(data[begin : begin + stored.segment.length], dtype=np.uint8)
    parameters = surveyed(parameters, layout, held, stored, words, account)
    time, step = _time(words, parameters, account)
    return DataSet(
        number,
        header.version,
        words.mapping,
        parameters,
        stored.count,
        time,
        None if step is None else 1.0,
        account.repairs,
        account.notes,
        account.name,
        step or 1.0,
        layout,
        stored.stride,
        held,
    ), following


def _other_segments(
    data: memoryview, header: Header, delimiter: bytes, words: Words, account: Account
) -> dict[str, Segment]:
    """Segments beside DATA, each within the file; the supplemental TEXT is read."""
    supplement = segment_said(words, "$BEGINSTEXT", "$ENDSTEXT")
    analysis = segment_said(words, "$BEGINANALYSIS", "$ENDANALYSIS")
    if not analysis.length:
        analysis = header.analysis
    others = {"TEXT": header.text}
    if supplement.length and supplement != header.text:
        _check_inside(supplement, "$BEGINSTEXT", words, len(data))
        read_supplement(data, supplement, delimiter, words, account)
        others["supplemental TEXT"] = supplement
    if analysis.length:
        _check_inside(analysis, "$BEGINANALYSIS", words, len(data))
        account.note(Quirk.ANALYSIS, f"bytes {analysis}")
        others["ANALYSIS"] = analysis
    return others


def _check_inside(segment: Segment, keyword: str, words: Words, size: int) -> None:
    if segment.begin > segment.end or segment.end >= size:
        raise Truncated(
            f"{keyword} names bytes {segment}, but the file has {size}",
            where=words.where(keyword),
            do="copy the file again from the instrument; no event of it was read",
        )


def _check_mode(words: Words, version: str, account: Account) -> None:
    mode = words.get("$MODE")
    if mode is None:
        if version != "FCS3.2":
            account.fault(
                "$MODE is not given",
                Fault.MODE_MISSING,
                where=words.where("$MODE"),
                do="export the file again from the instrument's software",
                kind=Malformed,
            )
    elif mode.upper() != "L":
        histogram = mode.upper() in ("C", "U", "H")
        raise InvariantBroken(
            f"$MODE is {mode[:40]!r}: "
            + ("a histogram holds no events" if histogram else "only L is a list"),
            where=words.where("$MODE"),
            do="export the events themselves, as a list (L)",
        )


def _following(words: Words, segments: list[Segment], size: int) -> int:
    """How far behind the start of this data set the next begins; 0 for the last."""
    following = words.whole("$NEXTDATA") or 0
    last = max(one.end for one in segments)
    if following and not last < following < size:
        raise InvariantBroken(
            f"$NEXTDATA is {following}, but this data set ends at byte {last} and the file has {size}",
            where=words.where("$NEXTDATA"),
            do="copy the file again from the instrument; no event of it was read",
        )
    return following


def _time(
    words: Words, parameters: tuple[Parameter, ...], account: Account
) -> tuple[str | None, float | None]:
    """The time channel and the seconds of one unit stored, where they are known."""
    times = [one.name for one in parameters if is_time(words, one)]
    value = words.get("$TIMESTEP")
    if not times or value is None:
        return (times[0] if times else None), None
    step = as_number(value)
    if step is None or not 1e-9 <= step <= 1e9:
        account.note(Quirk.NO_TIME_STEP, value[:40])
        return times[0], None
    return times[0], step
