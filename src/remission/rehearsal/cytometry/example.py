"""A small SIMULATED set of marrows to try the laboratory's commands on."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.random import Generator

from remission.errors import InputRefused
from remission.mrd.flow.fcs.writing import write_fcs
from remission.rehearsal.cytometry.clones import clone_of, shifted, with_cd19
from remission.rehearsal.cytometry.differences import person_of
from remission.rehearsal.cytometry.simulate import CODES, Simulated, simulate
from remission.rehearsal.cytometry.spec import SIMULATED, Cd19, Clone, Look, Marrow, MarrowSpec, Person

TRUTH, CODE_TABLE, README = f"{SIMULATED}-truth.csv", f"{SIMULATED}-codes.csv", f"{SIMULATED}-README.txt"
_AT_DIAGNOSIS = 0.8
_HELD_OUT = (Marrow.NORMAL, Marrow.REGENERATING, Marrow.BLINATUMOMAB, Marrow.APLASTIC)
"""Marrows without disease, in turn."""

Into = Callable[[str], BinaryIO]


@dataclass(frozen=True, slots=True)
class _Child:
    """A child with leukaemia: its cells at diagnosis and later, and the marrow they are found in later."""

    name: str
    person: Person
    first: Clone
    later: Clone
    marrow: Marrow


def write_example(
    folder: Path, seed: int, *, normals: int, levels: Sequence[float], events: int
) -> tuple[str, ...]:
    """Write an example into a new folder; the names of its files.

    Two children, each with a diagnosis and a follow-up at each of `levels` (fractions of nucleated cells):
    P1 after chemotherapy, CD19 kept; P2 after blinatumomab, CD19 lost. `normals`: marrows without disease.

    Raises
    ------
    InputRefused
        If the folder holds anything, or a level is no fraction of cells.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputRefused("the folder is not empty", where=str(folder), do="choose a new one")
    if not all(0 <= level < 1 for level in levels):
        said = ", ".join(f"{level:g}" for level in levels)
        raise InputRefused(f"levels {said}", where="--level", do="give fractions of cells")
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.random.default_rng(seed)
    written: list[str] = []

    def into(name: str) -> BinaryIO:
        written.append(name)
        return (folder / name).open("wb")

    rows = [_write(spec, numbers, into) for spec in _specs(normals, levels, events, numbers)]
    for name, text in ((TRUTH, _table(rows)), (CODE_TABLE, _codes()), (README, _readme(seed))):
        with into(name) as file:
            file.write(text.encode())
    return tuple(written)


def _specs(normals: int, levels: Sequence[float], events: int, numbers: Generator) -> Iterator[MarrowSpec]:
    for place in range(normals):
        yield MarrowSpec(_HELD_OUT[place % len(_HELD_OUT)], events, name=f"N{place + 1}")
    for child in _children(numbers):
        yield MarrowSpec(
            Marrow.DIAGNOSIS,
            events,
            child.first,
            _AT_DIAGNOSIS,
            person=child.person,
            name=f"{child.name}-D1",
        )
        for place, level in enumerate(levels, 1):
            clone = child.later if level else None
            name = f"{child.name}-F{place}"
            yield MarrowSpec(child.marrow, events, clone, level, person=child.person, name=name)


def _children(numbers: Generator) -> tuple[_Child, ...]:
    one, two = (clone_of(Look.TYPICAL, Cd19.KEPT, numbers, name) for name in ("P1", "P2"))
    lost = with_cd19(shifted(two, numbers), Cd19.LOST)
    return (
        _Child("P1", person_of(numbers), one, shifted(one, numbers), Marrow.REGENERATING),
        _Child("P2", person_of(numbers), two, lost, Marrow.BLINATUMOMAB),
    )


def _write(spec: MarrowSpec, numbers: Generator, into: Into) -> dict[str, object]:
    """Write a file and the code of each of its events; its row of the truth."""
    made = simulate(spec, numbers)
    with into(f"{SIMULATED}-{spec.name}.fcs") as file:
        write_fcs(file, made.events, labels=made.labels, ranges=made.ranges, keywords=made.keywords)
    with into(f"{SIMULATED}-{spec.name}-events.csv") as file:
        file.write(b"code\n" + "\n".join(map(str, made.truth.tolist())).encode() + b"\n")
    return _row(spec, made)


def _row(spec: MarrowSpec, made: Simulated) -> dict[str, object]:
    clone = spec.clone
    said = ("", "", "") if clone is None else (clone.name, str(clone.look), str(clone.cd19))
    counts = np.bincount(made.truth, minlength=len(CODES)).tolist()
    return {
        "sample": spec.name,
        "marrow": str(spec.marrow),
        **dict(zip(("clone", "look", "cd19"), said, strict=True)),
        "asked": spec.fraction,
        "events": made.events.count,
        "nucleated": made.nucleated,
        "level": made.blasts / made.nucleated,
        **dict(zip(CODES, counts, strict=True)),
    }


def _table(rows: Sequence[dict[str, object]]) -> str:
    out = io.StringIO()
    out.write(f"# {SIMULATED}: truth of simulated marrows\n")
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(rows[0] if rows else ("sample",))
    lines.writerows(row.values() for row in rows)
    return out.getvalue()


def _codes() -> str:
    return "code,kind\n" + "".join(f"{place},{name}\n" for place, name in enumerate(CODES))


def _readme(seed: int) -> str:
    return (
        f"{SIMULATED} marrows, no patient's. Seed {seed}.\n\n"
        f"{SIMULATED}-N*.fcs: marrows without disease ({', '.join(_HELD_OUT)}, in turn).\n"
        f"{SIMULATED}-P1-*.fcs: a leukaemia that keeps CD19: diagnosis D1, F* after chemotherapy.\n"
        f"{SIMULATED}-P2-*.fcs: one that loses CD19: diagnosis D1, F* after blinatumomab.\n"
        f"{SIMULATED}-*-events.csv: the code of each event, in the file's order; {CODE_TABLE} names them.\n"
        f"{TRUTH}: what was asked, what was drawn, and how many events of each kind each file holds.\n"
    )
