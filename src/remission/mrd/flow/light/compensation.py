"""Spectrum matrices: from a file's keywords, checked, and turned into the matrix that undoes them.

Convention (Gating-ML 2.0): row f, column d is how much of fluorochrome f's light detector d sees. Detectors
of one event are a column, so detectors = values' @ fluorochromes, and `unmixing` gives the matrix that goes
back: fluorochromes = unmixing @ detectors. Events as rows take it transposed: events @ unmixing'.
"""

import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from remission.errors import InvariantBroken, Malformed, TooLarge, WrongEncoding
from remission.mrd.flow.light.flowjo_words import TRANSFORMS, spillover_matrix
from remission.mrd.flow.light.matrix_tables import in_fractions, of_table
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.xml_files import Element, read_xml

Numbers = NDArray[np.float64]

WORST_CONDITION = 1e4
"""Rows brought to length 1: above it, a hundredth of noise in a detector is a hundredfold signal."""
_PERCENT = 100.0
_LARGEST = 1e9
"""No coefficient is larger, no diagonal smaller than its inverse."""
_LEAST_SPILL = 1e-4
_MOST_BYTES = 4_000_000
_SPELLINGS = ("$SPILLOVER", "SPILLOVER", "SPILL", "$SPILL")


def of_keywords(keywords: Mapping[str, str], channels: Sequence[str]) -> Spectrum | None:
    """The spillover that a data set's keywords state, or None where they state none.

    `$SPILLOVER`, `SPILLOVER`, `SPILL`; else `$COMP` (all parameters in order); else FCS 2.0's `$DFCmTOn` (in
    percent). Channels are named, or numbered from 1. An empty value, `0` or `UNDEFINED` states none.

    Parameters
    ----------
    keywords : mapping of str to str
        Of TEXT; case does not matter.
    channels : sequence of str
        `$PnN`, in order.

    Raises
    ------
    Malformed
        A count or coefficient that is not a number, or too few or too many of them: keyword and position.
    InvariantBroken
        Channels that are not there or stand twice, two keywords that disagree, or what `checked` refuses.
    """
    upper = {key.upper(): value for key, value in keywords.items()}
    stated = [_spill(key, upper[key], channels) for key in _SPELLINGS if key in upper]
    found = [one for one in stated if one is not None]
    for other in found[1:]:
        if _contents(other) != _contents(found[0]):
            raise InvariantBroken(
                f"{found[0].name} and {other.name} state different spillover",
                where=f"keywords {found[0].name}, {other.name}",
                do="give the matrix to use beside the file",
            )
    if found:
        return found[0]
    if (comp := upper.get("$COMP")) is not None:
        return _comp("$COMP", comp, channels)
    return _digital(upper, channels)


def checked(spectrum: Spectrum) -> Spectrum:
    """The matrix itself.

    Raises
    ------
    InvariantBroken
        If names stand twice or are empty, rows differ in length, a value is not finite or beyond 1e9, there
        are more fluorochromes than detectors, a fluorochrome is not seen by its own detector, or the rows
        are so alike that `condition` is above `WORST_CONDITION`.
    """
    where = f"spectrum matrix {spectrum.name} ({spectrum.origin})"
    for complaint in _complaints(spectrum):
        raise InvariantBroken(complaint, where=where, do="correct the matrix, or give another")
    worst = condition(spectrum)
    if not worst <= WORST_CONDITION:
        raise InvariantBroken(
            f"condition {worst:.3g} is above {WORST_CONDITION:g}: {_most_alike(spectrum)}",
            where=where,
            do="leave out one of the two, or measure single stains again",
        )
    return spectrum


def condition(spectrum: Spectrum) -> float:
    """The condition number of the matrix, its rows brought to length 1 (so that units do not count)."""
    return float(np.linalg.cond(_rows_of_length_1(spectrum)))


def is_identity(spectrum: Spectrum) -> bool:
    """Whether a matrix of several fluorochromes says that none is seen by another's detector (below 1e-4).

    No instrument is so: it stands where nobody measured spillover, or where the values hold none any more.
    """
    others = (
        value
        for dye, row in zip(spectrum.fluorochromes, spectrum.values, strict=True)
        for detector, value in zip(spectrum.detectors, row, strict=True)
        if detector != dye
    )
    return len(spectrum.fluorochromes) > 1 and all(abs(value) < _LEAST_SPILL for value in others)


def unmixing(spectrum: Spectrum) -> Numbers:
    """The matrix that undoes the spectrum.

    Returns
    -------
    array of float64, shape (fluorochromes, detectors), C-contiguous
        `unmixed = m @ detectors`, detectors of shape (detectors, events). Square: the inverse of the
        transposed values. More detectors than fluorochromes: ordinary least squares (the pseudo-inverse).

    Raises
    ------
    InvariantBroken
        As `checked`.
    """
    mixing = np.asarray(checked(spectrum).values, dtype=np.float64).T
    square = mixing.shape[0] == mixing.shape[1]
    undoing = np.linalg.inv(mixing) if square else np.linalg.pinv(mixing)
    return np.ascontiguousarray(undoing, dtype=np.float64)


def read_matrix(file: BinaryIO, name: str) -> Spectrum:
    """A matrix as instruments and FlowJo export it: CSV, TSV, or FlowJo 10's XML (`.mtx`).

    A table's first line names the detectors; each line below is one fluorochrome: its name and its values,
    or (a square matrix) only the values, in the order of the detectors. `FITC-A :: CD3` is `FITC-A`. A
    diagonal of 100 says that all values are percentages.

    Parameters
    ----------
    file : binary file
    name : str
        What messages call it; its last part without ending names a table's matrix.

    Raises
    ------
    Malformed
        For a value that is no number, or a line of another length: line and column, from 1.
    InvariantBroken
        As `checked`, and where fluorochromes of a matrix that is not square have no names.
    TooLarge, WrongEncoding, Hostile
        For what no matrix needs.
    """
    content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise TooLarge(f"it is larger than {_MOST_BYTES} bytes", where=name, do="give the matrix alone")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return checked(spillover_matrix(_first_matrix(read_xml(io.BytesIO(content), name), name), name))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongEncoding(f"byte {error.start} is not UTF-8", where=name, do="save it as UTF-8") from error
    return checked(of_table(text, name))


def _first_matrix(root: Element, name: str) -> Element:
    found = [root] if root.name == "spilloverMatrix" else list(root.every(TRANSFORMS, "spilloverMatrix"))
    if len(found) != 1:
        raise Malformed(
            f"it holds {len(found)} spillover matrices where one is needed",
            where=f"{name}, line {root.line}",
            do="export one matrix from FlowJo 10",
        )
    return found[0]


def _complaints(spectrum: Spectrum) -> list[str]:
    dyes, detectors = spectrum.fluorochromes, spectrum.detectors
    said: list[str] = []
    for what, names in (("fluorochrome", dyes), ("detector", detectors)):
        if not names or "" in names:
            said.append(f"a {what} has no name" if names else f"there is no {what}")
        said += [f"{what} {one!r} stands twice" for one in sorted({n for n in names if names.count(n) > 1})]
    if len(spectrum.values) != len(dyes):
        said.append(f"{len(spectrum.values)} rows for {len(dyes)} fluorochromes")
    said += [
        f"row {dye!r} has {len(row)} values for {len(detectors)} detectors"
        for dye, row in zip(dyes, spectrum.values, strict=False)
        if len(row) != len(detectors)
    ]
    if said:
        return said
    if len(dyes) > len(detectors):
        said.append(f"{len(dyes)} fluorochromes cannot be told apart by {len(detectors)} detectors")
    for dye, row in zip(dyes, spectrum.values, strict=True):
        said += [
            f"{dye!r} in detector {detector!r} is {value}"
            for detector, value in zip(detectors, row, strict=True)
            if not abs(value) <= _LARGEST
        ]
        own = row[detectors.index(dye)] if dye in detectors else max(row)
        if not own >= 1.0 / _LARGEST:
            said.append(f"{dye!r} in its own detector is {own}; it must be above 0")
    return said


def _most_alike(spectrum: Spectrum) -> str:
    rows = _rows_of_length_1(spectrum)
    alike = np.abs(rows @ rows.T)
    np.fill_diagonal(alike, -1.0)
    one, other = np.unravel_index(int(alike.argmax()), alike.shape)
    names = spectrum.fluorochromes
    return f"{names[int(one)]!r} and {names[int(other)]!r} are most alike ({alike.max():.6f})"


def _rows_of_length_1(spectrum: Spectrum) -> Numbers:
    rows = np.asarray(spectrum.values, dtype=np.float64)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def _contents(spectrum: Spectrum) -> dict[tuple[str, str], float]:
    return {
        (dye, detector): value
        for dye, row in zip(spectrum.fluorochromes, spectrum.values, strict=True)
        for detector, value in zip(spectrum.detectors, row, strict=True)
    }


def _spill(key: str, value: str, channels: Sequence[str]) -> Spectrum | None:
    words = [one.strip() for one in value.split(",")]
    size = _size(key, words[0])
    if size == 0:
        return None
    names = _channels(key, words[1 : 1 + size], size, channels)
    return _square(key, names, words[1 + size :], 2 + size)


def _size(key: str, word: str) -> int:
    if word.upper() in ("", "0", "UNDEFINED", "NONE"):
        return 0
    if not re.fullmatch("[0-9]{1,6}", word):
        raise Malformed(
            f"{key} begins with {word!r}, which is not a count",
            where=f"keyword {key}, place 1",
            do="correct the keyword, or give a matrix beside the file",
        )
    return int(word)


def _channels(key: str, words: Sequence[str], size: int, channels: Sequence[str]) -> tuple[str, ...]:
    """The channels named: as they are, or by number where no name of the file is a number."""
    if len(words) < size:
        raise Malformed(
            f"{key} announces {size} channels and names {len(words)}",
            where=f"keyword {key}, place {len(words) + 2}",
            do="correct the keyword, or give a matrix beside the file",
        )
    stripped = {one.strip(): one for one in channels}
    if all(re.fullmatch("[0-9]{1,6}", one) for one in words) and not set(words) & stripped.keys():
        stripped = {str(number): one for number, one in enumerate(channels, start=1)}
        words = [str(int(one)) for one in words]
    for number, one in enumerate(words, start=2):
        if one not in stripped:
            raise InvariantBroken(
                f"{key} names {one!r}, which is no channel of the data set",
                where=f"keyword {key}, place {number}",
                do="give a matrix beside the file that names: " + ", ".join(channels),
            )
    return tuple(stripped[one] for one in words)


def _square(key: str, names: tuple[str, ...], words: Sequence[str], first: int) -> Spectrum:
    """A matrix of `words`, row by row; `first` is the place of the first of them."""
    size = len(names)
    if len(words) > size * size and not any(words[size * size :]):
        words = words[: size * size]
    if len(words) != size * size:
        raise Malformed(
            f"{key} gives {len(words)} coefficients for {size} x {size}",
            where=f"keyword {key}, place {first + min(len(words), size * size)}",
            do="correct the keyword, or give a matrix beside the file",
        )
    flat = [_coefficient(key, word, first + number) for number, word in enumerate(words)]
    rows = [flat[start : start + size] for start in range(0, size * size, size)]
    values = in_fractions(rows, [rows[one][one] for one in range(size)])
    return checked(Spectrum(key, names, names, values, f"keyword {key}"))


def _coefficient(key: str, word: str, place: int) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in word:
        raise Malformed(
            f"{key} gives {word!r} as a coefficient",
            where=f"keyword {key}, place {place}",
            do="correct the keyword, or give a matrix beside the file",
        )
    return value


def _comp(key: str, value: str, channels: Sequence[str]) -> Spectrum | None:
    """FCS 3.0: n, then n x n over the parameters in order; channels that it leaves alone are left out."""
    words = [one.strip() for one in value.split(",")]
    size = _size(key, words[0])
    if size == 0:
        return None
    if size != len(channels):
        raise InvariantBroken(
            f"{key} is for {size} parameters, the data set has {len(channels)}: which it means is not said",
            where=f"keyword {key}, place 1",
            do="give a matrix beside the file",
        )
    whole = _square(key, tuple(channels), words[1:], 2)
    matrix = np.asarray(whole.values)
    apart = matrix - np.eye(size)
    if (apart < 0.0).any():
        raise InvariantBroken(
            f"{key} has negative coefficients: spillover or its inverse is not said",
            where=f"keyword {key}",
            do="give a matrix beside the file",
        )
    touched = np.flatnonzero(apart.any(axis=0) | apart.any(axis=1))
    return _part(whole, touched) if touched.size else whole


def _digital(upper: Mapping[str, str], channels: Sequence[str]) -> Spectrum | None:
    """FCS 2.0's `$DFCmTOn`: percent of m's light that n sees; numbers count parameters, or dyes alone."""
    found: dict[tuple[int, int], float] = {}
    for key, value in upper.items():
        numbers = re.fullmatch(r"\$DFC([1-9][0-9]{0,3})TO([1-9][0-9]{0,3})", key)
        if numbers and int(numbers[1]) != int(numbers[2]):
            found[int(numbers[1]), int(numbers[2])] = _coefficient(key, value.strip() or "0", 1) / _PERCENT
    if not any(found.values()):
        return None
    size = max(max(pair) for pair in found)
    dyes = [one for one in channels if not _is_no_dye(one)]
    numbered = next((some for some in (list(channels), dyes) if len(some) == size), None)
    if numbered is None:
        raise InvariantBroken(
            f"$DFCmTOn number {size} fluorescences, and neither the {len(channels)} parameters nor the "
            f"{len(dyes)} that are not scatter or time are as many",
            where="keywords $DFCmTOn",
            do="give a matrix beside the file",
        )
    matrix = np.eye(size)
    for (m, n), part in found.items():
        matrix[m - 1, n - 1] = part
    names = tuple(numbered)
    whole = Spectrum("$DFC", names, names, tuple(map(tuple, matrix.tolist())), "keywords $DFCmTOn")
    touched = np.flatnonzero((matrix - np.eye(size)).any(axis=0) | (matrix - np.eye(size)).any(axis=1))
    return checked(_part(whole, touched))


def _is_no_dye(channel: str) -> bool:
    return channel.strip().upper().startswith(("FS", "SS", "TIME", "FORWARD", "SIDE", "AUX"))


def _part(whole: Spectrum, kept: NDArray[np.intp]) -> Spectrum:
    names = tuple(whole.detectors[one] for one in kept)
    values = tuple(tuple(whole.values[f][d] for d in kept) for f in kept)
    return Spectrum(whole.name, names, names, values, whole.origin)
