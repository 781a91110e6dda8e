"""Spectrum matrices in tables of text, as instruments and FlowJo export them."""

import csv
import io
import math
from collections.abc import Sequence

from remission.errors import InvariantBroken, Malformed
from remission.mrd.flow.spectrum import Spectrum

_PERCENT = 100.0


def of_table(text: str, name: str) -> Spectrum:
    """The matrix of a table whose first line names the detectors, not yet checked.

    Raises
    ------
    Malformed, InvariantBroken
        As `compensation.read_matrix` says.
    """
    separator = max("\t,;", key=text.split("\n", 1)[0].count)
    lines = [
        (n, [one.strip() for one in row])
        for n, row in _rows(text, separator, name)
        if any(map(str.strip, row))
    ]
    if len(lines) < 2:
        raise Malformed("it has no line of values", where=name, do="give detectors and at least one row")
    head = [one.partition(" :: ")[0].strip() for one in lines[0][1]]
    named = head[0] == "" or not _is_number(lines[1][1][0])
    detectors = head[1:] if named and len(lines[1][1]) == len(head) else head
    rows = [_table_row(cells, n, int(named), len(detectors), name) for n, cells in lines[1:]]
    dyes = [cells[0].partition(" :: ")[0].strip() for _, cells in lines[1:]] if named else detectors
    if len(dyes) != len(rows):
        raise InvariantBroken(
            f"{len(rows)} rows without names for {len(detectors)} detectors: which dyes they are is not said",
            where=f"{name}, line {lines[1][0]}",
            do="put the fluorochrome's name before each row",
        )
    own = [row[detectors.index(dye)] for dye, row in zip(dyes, rows, strict=True) if dye in detectors]
    values = in_fractions(rows, own)
    title = name.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or name
    return Spectrum(title, tuple(dyes), tuple(detectors), values, f"file {name}")


def _rows(text: str, separator: str, name: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise Malformed(
            f"it is no table ({error})", where=f"{name}, line {reader.line_num}", do="save it as CSV"
        ) from error


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _table_row(cells: list[str], line: int, first: int, size: int, name: str) -> list[float]:
    values = cells[first:]
    if len(values) != size:
        raise Malformed(
            f"{len(values)} values for {size} detectors",
            where=f"{name}, line {line}",
            do="give as many values as the first line names detectors",
        )
    for column, word in enumerate(values, start=first + 1):
        if not _is_number(word) or not math.isfinite(float(word)):
            raise Malformed(
                f"{word!r} is no number", where=f"{name}, line {line}, column {column}", do="correct it"
            )
    return [float(word) for word in values]


def in_fractions(
    values: Sequence[Sequence[float]], diagonal: Sequence[float]
) -> tuple[tuple[float, ...], ...]:
    """Values as they are, or divided by 100 where every diagonal is 100: then they were percentages."""
    part = _PERCENT if diagonal and all(one == _PERCENT for one in diagonal) else 1.0
    return tuple(tuple(one / part for one in row) for row in values)
