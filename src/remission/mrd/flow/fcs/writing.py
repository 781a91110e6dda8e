"""Events written as FCS 3.1, a chunk at a time, front to back."""

import math
import re
from collections.abc import Mapping
from typing import BinaryIO, Literal

import numpy as np

from remission.errors import InputRefused
from remission.mrd.flow.events import CHUNK, Events
from remission.mrd.flow.fcs.header import BYTES
from remission.mrd.flow.fcs.text import as_number

_BITS = {"F": 32, "D": 64}
_MOST_IN_HEADER = 99_999_999
_DELIMITERS = "|/\\!~^\x1e"
_OURS = re.compile(
    r"\$(PAR|TOT|MODE|DATATYPE|BYTEORD|NEXTDATA|SPILLOVER|(BEGIN|END)(DATA|STEXT|ANALYSIS)"
    r"|P[0-9]+(N|S|B|E|R|G|DATATYPE))"
)


def write_fcs(
    file: BinaryIO,
    events: Events,
    *,
    labels: Mapping[str, str],
    ranges: Mapping[str, float],
    keywords: Mapping[str, str],
    datatype: Literal["F", "D"] = "F",
) -> None:
    """Write events as one list of FCS 3.1, all linear, least significant byte first.

    Values are scale values, as `Events` gives them: those of the channel `Time` are divided by the keyword
    `$TIMESTEP`, if there is one, and read back in seconds. Floats (F) have 24 bits; doubles (D) lose nothing.

    Parameters
    ----------
    file : binary file, open for writing
    events : Events
        Their spillover, if they have one, becomes `$SPILLOVER`.
    labels : mapping of str to str
        `$PnS` of some channels.
    ranges : mapping of str to float
        The top of each channel's scale, which becomes `$PnR`.
    keywords : mapping of str to str
        Others, such as `$CYT` or `$DATE`; none that describes the data itself.
    datatype : {"F", "D"}
        Floats of 32 bits, or of 64.

    Raises
    ------
    InputRefused
        For a name, range, keyword or value that FCS cannot hold; names and keywords before a byte is written.
    """
    step = _time_step(keywords)
    steps = np.array([step if name.upper() == "TIME" else 1.0 for name in events.channels])
    said = _keywords(events, labels, ranges, keywords, steps, datatype)
    length = events.count * len(events.channels) * _BITS[datatype] // 8
    text, begin = _text(said, length)
    end = begin + length - 1 if length else 0
    data = (begin, end) if length and end <= _MOST_IN_HEADER else (0, 0)
    offsets = (BYTES, BYTES + len(text) - 1, *data, 0, 0)
    file.write(b"FCS3.1    " + b"".join(b"%8d" % one for one in offsets) + text)
    kind = "<f4" if datatype == "F" else "<f8"
    for start in range(0, events.count, CHUNK):
        stop = min(start + CHUNK, events.count)
        values = events.read(events.channels, start, stop) / steps[:, None]
        with np.errstate(over="ignore"):
            stored = values.T.astype(kind, order="C")
        if not np.isfinite(stored).all():
            event, channel = np.argwhere(~np.isfinite(stored))[0]
            raise InputRefused(
                f"{values[channel, event]!r} is no finite number of {_BITS[datatype]} bits",
                where=f"event {start + event + 1}, channel {events.channels[channel]}",
                do="leave the event out, or write doubles (D)",
            )
        file.write(stored.data)
    file.write(b"00000000")  # no checksum


def _time_step(keywords: Mapping[str, str]) -> float:
    value = next((value for keyword, value in keywords.items() if keyword.upper() == "$TIMESTEP"), "1")
    step = as_number(value.strip())
    if step is None or not 0 < step < 1e9:
        raise InputRefused(
            f"$TIMESTEP is {value!r}", where="keywords to be written", do="give seconds, above 0"
        )
    return step


def _keywords(
    events: Events,
    labels: Mapping[str, str],
    ranges: Mapping[str, float],
    keywords: Mapping[str, str],
    steps: np.ndarray[tuple[int], np.dtype[np.float64]],
    datatype: str,
) -> dict[str, str]:
    """All keywords but the place of DATA."""
    said = {
        "$BEGINANALYSIS": "0",
        "$ENDANALYSIS": "0",
        "$BEGINSTEXT": "0",
        "$ENDSTEXT": "0",
        "$BYTEORD": "1,2,3,4",
        "$DATATYPE": datatype,
        "$MODE": "L",
        "$NEXTDATA": "0",
        "$PAR": str(len(events.channels)),
        "$TOT": str(events.count),
    }
    for number, (name, step) in enumerate(zip(events.channels, steps, strict=True), start=1):
        _check_name(name, events.channels)
        said |= {
            f"$P{number}N": name,
            f"$P{number}B": str(_BITS[datatype]),
            f"$P{number}E": "0,0",
            f"$P{number}R": _range(name, ranges, float(step)),
        }
        if labels.get(name, "").strip():
            said[f"$P{number}S"] = labels[name]
    if events.spill is not None:
        cells = [repr(float(value)) for row in events.spill.values for value in row]
        if events.spill.fluorochromes != events.spill.detectors:
            raise InputRefused(
                "fluorochromes and detectors differ; $SPILLOVER holds a square matrix only",
                where=f"the matrix {events.spill.name!r}",
                do="write the matrix to a file of its own",
            )
        said["$SPILLOVER"] = ",".join([str(len(events.spill.detectors)), *events.spill.detectors, *cells])
    for keyword, value in keywords.items():
        _check_keyword(keyword, value)
        said[keyword.upper()] = value
    return said


def _check_name(name: str, channels: tuple[str, ...]) -> None:
    if not name.strip() or name != name.strip() or "," in name or channels.count(name) > 1 or "\0" in name:
        raise InputRefused(
            f"the channel {name!r} cannot be $PnN",
            where="channels to be written",
            do="give each a name of its own, without comma and without blanks around it",
        )


def _range(name: str, ranges: Mapping[str, float], step: float) -> str:
    value = ranges.get(name, 0.0) / step
    if not 0 < value < math.inf:
        raise InputRefused(
            f"the range of {name!r} is {ranges.get(name)!r}",
            where="ranges to be written",
            do="give a number above 0",
        )
    near = round(value)
    return str(near) if math.isclose(value, near, rel_tol=1e-12) else repr(value)


def _check_keyword(keyword: str, value: str) -> None:
    if not re.fullmatch(r"[ -~]+", keyword) or keyword != keyword.strip() or not value.strip(" \t\r\n\0"):
        raise InputRefused(
            f"the keyword {keyword!r} with the value {value!r}",
            where="keywords to be written",
            do="give a name in ASCII and a value that is not empty",
        )
    if _OURS.fullmatch(keyword.upper()):
        raise InputRefused(
            f"{keyword} describes the data and is stated by the writer",
            where="keywords to be written",
            do="leave it out",
        )


def _text(said: Mapping[str, str], length: int) -> tuple[bytes, int]:
    """TEXT, and the byte at which DATA begins."""
    everything = "".join([*said, *said.values()])
    delimiter = next((one for one in _DELIMITERS if one not in everything), "|")
    places = {"$BEGINDATA": 0, "$ENDDATA": 0}

    def made() -> bytes:
        pairs = {key: f"{place:015d}" for key, place in places.items()} | dict(said)
        words = (one.replace(delimiter, delimiter * 2) for pair in pairs.items() for one in pair)
        return (delimiter + delimiter.join(words) + delimiter).encode("utf-8")

    begin = BYTES + len(made())
    if length:
        places = {"$BEGINDATA": begin, "$ENDDATA": begin + length - 1}
    return made(), begin
