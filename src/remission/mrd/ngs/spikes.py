"""Spikes: synthetic templates put into the tube in known numbers, to count cells by.

A FASTA file whose headers say what each is: `>SP1 locus=IGH copies=100`, and, where reads do not show the
whole molecule, `window=31-90` (first and last base, counted from 1): synthetic bases that are its own. A
spike of more than 120 bases must say its window. Copies are those expected in the tube. `origin=...` may
say where the spike is from.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import BinaryIO

from remission.errors import InputRefused, InvariantBroken, Malformed, TooLarge, Truncated, WrongEncoding
from remission.mrd.ngs.rearrangement import Locus
from remission.mrd.ngs.tally import Target, Tier

SHORTEST_WINDOW = 30
"""Bases a window needs, at least."""

LONGEST_WINDOW = 120
"""Bases a window has, at most: reads must hold it whole."""

LEAST_APART = 8
"""Edits (substitutions, insertions, deletions) between any two windows, at least: errors never bridge it."""

MOST_BYTES = 1_000_000

_HEADER = re.compile(r">(\S+)((?:\s+[a-z]+=\S+)*)\s*")
_FACT = re.compile(r"([a-z]+)=(\S+)")
_COPIES = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
_PLACES = re.compile(r"([0-9]{1,6})-([0-9]{1,6})")
_KNOWN = frozenset({"locus", "copies", "window", "origin"})


@dataclass(frozen=True, slots=True)
class Spike:
    """One synthetic template: `copies` expected in the tube, `window` the bases a read must show.

    `origin`: where it is from, as its header says.
    """

    name: str
    locus: Locus
    copies: float
    sequence: str
    window: str
    origin: str = ""


def read_spikes(file: BinaryIO, name: str) -> tuple[Spike, ...]:
    """The spikes of a FASTA file.

    Raises
    ------
    WrongEncoding, Malformed, Truncated, TooLarge
        For text that is not such a FASTA file; file, line and record (counted from 1) are named.
    InvariantBroken
        For a name given twice, or windows that are identical or fewer than 8 edits apart.
    """
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise TooLarge(f"more than {MOST_BYTES:,} bytes", where=name, do="give the spikes only")
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            f"byte {raw[error.start]:#04x} is not ASCII", where=f"{name}, byte {error.start + 1}", do=_DO
        ) from None
    spikes = tuple(_spike(record, name) for record in _records(text, name))
    if not spikes:
        raise Truncated("no spike in it", where=name, do=_DO)
    _check_apart(spikes, name)
    return spikes


def spike_targets(spikes: Sequence[Spike]) -> tuple[Target, ...]:
    """What tracking looks for; the owner of a spike is empty."""
    return tuple(Target("", spike.name, Tier.SPIKE, spike.locus, spike.window) for spike in spikes)


_DO = "give a FASTA file with headers such as >SP1 locus=IGH copies=100"


@dataclass(frozen=True, slots=True)
class _Record:
    number: int
    line: int
    header: str
    sequence: str


def _records(text: str, name: str) -> Iterator[_Record]:
    number, at, header, parts = 0, 0, "", list[str]()
    for line, content in enumerate(text.splitlines(), 1):
        if content.startswith(">"):
            if header:
                yield _Record(number, at, header, "".join(parts))
            number, at, header, parts = number + 1, line, content, []
        elif content.strip() and not header:
            raise Malformed(f"{content[:40]!r} before the first header", where=f"{name}, line {line}", do=_DO)
        else:
            parts.append(content.strip().upper())
    if header:
        yield _Record(number, at, header, "".join(parts))


def _spike(record: _Record, name: str) -> Spike:
    where = f"{name}, line {record.line}, record {record.number}"
    matched = _HEADER.fullmatch(record.header)
    facts = _FACT.findall(matched[2]) if matched else []
    said = dict(facts)
    if not matched or len(said) != len(facts) or not {"locus", "copies"} <= said.keys() <= _KNOWN:
        raise Malformed(f"header {record.header[:80]!r}", where=where, do=_DO)
    if said["locus"] not in tuple(Locus):
        raise Malformed(f"locus {said['locus']!r}", where=where, do=f"give one of {', '.join(Locus)}")
    copies = float(said["copies"]) if _COPIES.fullmatch(said["copies"]) else 0.0
    if copies <= 0:
        raise Malformed(
            f"copies {said['copies']!r}", where=where, do="give the copies put into the tube, above 0"
        )
    if not record.sequence:
        raise Truncated(f"spike {matched[1]!r} has no bases", where=where, do="give its sequence")
    if not re.fullmatch("[ACGT]+", record.sequence):
        raise Malformed(
            f"spike {matched[1]!r} holds other letters than A, C, G and T",
            where=where,
            do="give its sequence",
        )
    window = _window(record.sequence, said.get("window"), where)
    return Spike(matched[1], Locus(said["locus"]), copies, record.sequence, window, said.get("origin", ""))


def _window(sequence: str, places: str | None, where: str) -> str:
    if places is None:
        window = sequence
    else:
        matched = _PLACES.fullmatch(places)
        first, last = (int(matched[1]), int(matched[2])) if matched else (0, 0)
        if not 1 <= first <= last <= len(sequence):
            raise Malformed(
                f"window {places!r} of {len(sequence)} bases",
                where=where,
                do="give the first and last base, counted from 1, such as window=31-90",
            )
        window = sequence[first - 1 : last]
    if not SHORTEST_WINDOW <= len(window) <= LONGEST_WINDOW:
        raise InputRefused(
            f"a window of {len(window)} bases",
            where=where,
            do=f"name {SHORTEST_WINDOW} to {LONGEST_WINDOW} bases of its own, such as window=31-90",
        )
    return window


def _check_apart(spikes: tuple[Spike, ...], name: str) -> None:
    for (i, one), (j, other) in combinations(enumerate(spikes, 1), 2):
        where = f"{name}, records {i} and {j}"
        if one.name == other.name:
            raise InvariantBroken(
                f"two spikes named {one.name!r}", where=where, do="give each a name of its own"
            )
        apart = edits(one.window, other.window, LEAST_APART)
        if apart < LEAST_APART:
            said = "identical" if apart == 0 else f"only {apart} edits apart"
            raise InvariantBroken(
                f"windows of {one.name!r} and {other.name!r} are {said}",
                where=where,
                do=f"use spikes at least {LEAST_APART} edits apart: fewer and a read's errors mix them up",
            )


def edits(one: str, other: str, most: int) -> int:
    """Substitutions, insertions and deletions between two sequences, or `most` where there are that many."""
    if abs(len(one) - len(other)) >= most:
        return most
    row = {j: j for j in range(most)}
    for i, base in enumerate(one, 1):
        above, row = row, dict[int, int]()
        for j in range(max(i - most + 1, 0), min(i + most - 1, len(other)) + 1):
            row[j] = (
                i
                if j == 0
                else min(
                    above.get(j - 1, most) + (base != other[j - 1]),
                    above.get(j, most) + 1,
                    row.get(j - 1, most) + 1,
                )
            )
    return min(row.get(len(other), most), most)
