"""Populations as text: counts as a table, and which event is in which population."""

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np

from remission.errors import InputRefused
from remission.mrd.flow.events import CHUNK, Mask
from remission.mrd.flow.gates.gated import Gated, Population

_ZERO = ord("0")
COLUMNS = ("path", "events", "of_parent", "of_all", "id")


def counts_table(gated: Gated) -> str:
    """A CSV with one line per population, parents first.

    Columns: path, events, the share of the parent and of all events (empty where there is nothing to share),
    and the id.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in gated.populations.values():
        writer.writerow([one.path, one.count, *_shares(gated, one), one.id])
    return text.getvalue()


def membership_table(gated: Gated, populations: Sequence[str] | None = None) -> Iterator[str]:
    """A CSV with one line per event, in the file's order: 1 in each population the event is in, else 0.

    Parameters
    ----------
    gated : Gated
    populations : sequence of str, optional
        Ids, in the order of the columns; all by default.

    Yields
    ------
    str
        The line of ids, then runs of lines.

    Raises
    ------
    InputRefused
        For a population that is not there.
    """
    chosen = [_found(gated, one) for one in (gated.populations if populations is None else populations)]
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerow([one.id for one in chosen])
    yield head.getvalue()
    yield from _lines([one.mask for one in chosen], gated.count)


def membership_lines(gated: Gated, population: str) -> Iterator[str]:
    """One line per event, 1 inside and 0 outside: the form of Gating-ML's compliance results.

    Raises
    ------
    InputRefused
        For a population that is not there.
    """
    yield from _lines([_found(gated, population).mask], gated.count)


def _lines(masks: Sequence[Mask], count: int) -> Iterator[str]:
    for start in range(0, count if masks else 0, CHUNK):
        stop = min(start + CHUNK, count)
        text = np.full((stop - start, 2 * len(masks)), ord(","), dtype=np.uint8)
        text[:, -1] = ord("\n")
        for column, mask in enumerate(masks):
            text[:, 2 * column] = mask[start:stop] + _ZERO
        yield text.tobytes().decode("ascii")


def _found(gated: Gated, name: str) -> Population:
    if name not in gated.populations:
        raise InputRefused(
            f"there is no population {name!r}",
            where="gated events",
            do="name one of: " + ", ".join(gated.populations),
        )
    return gated.populations[name]


def _shares(gated: Gated, one: Population) -> tuple[str, str]:
    whole = gated.count if one.parent is None else gated.populations[one.parent].count
    return _share(one.count, whole), _share(one.count, gated.count)


def _share(part: int, whole: int) -> str:
    return "" if whole == 0 else f"{part / whole:.6g}"
