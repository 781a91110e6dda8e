"""Several files of one sample as one: what they must have in common, and what they must not."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InvariantBroken
from remission.mrd.flow.events import Events, Values
from remission.mrd.flow.fcs.dates import acquired_on
from remission.mrd.flow.fcs.reading import DataSet
from remission.mrd.flow.fcs.same_events import ASSUMED_SAME, prints_of, share_known
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.words import percent
from remission.terms.words import Text

Named = tuple[str, DataSet]
"""A file's name and what it holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Events of several files, one after another."""

    parts: tuple[Events, ...]

    @property
    def channels(self) -> tuple[str, ...]:
        """As in `Events`: the same in every file."""
        return self.parts[0].channels

    @property
    def count(self) -> int:
        """How many events all files hold."""
        return sum(part.count for part in self.parts)

    @property
    def spill(self) -> Spectrum | None:
        """As in `Events`: the same in every file."""
        return self.parts[0].spill

    def read(self, channels: Sequence[str], start: int, stop: int) -> Values:
        """As in `Events`."""
        before, found = 0, list[Values]()
        for part in self.parts:
            first, last = max(start - before, 0), min(stop - before, part.count)
            if first < last:
                found.append(part.read(channels, first, last))
            before += part.count
        if len(found) == 1:
            return found[0]
        return np.concatenate(found, axis=1) if found else self.parts[0].read(channels, 0, 0)


def check_joinable(files: Sequence[Named]) -> tuple[Text, ...]:
    """See that files may be measured as one; what is to be said of it.

    Raises
    ------
    InvariantBroken
        For files of another panel, setting or sample (`$SMNO`), or that share events.
    """
    for other in files[1:]:
        _check_alike(files[0], other)
    _check_one_child(files)
    _check_apart(files)
    days = {day.isoformat(): name for name, one in files if (day := acquired_on(one.keywords)) is not None}
    if len(days) < 2:
        return ()
    said = ", ".join(f"{name} {day}" for day, name in days.items())
    return (Text(f"Files acquired on different days: {said}", f"各文件采集日期不同：{said}"),)


def _check_alike(one: Named, two: Named) -> None:
    """Refuse to join what was not acquired alike: a gate would mean another thing in each file."""
    (first_name, first), (name, other) = one, two
    for what, here, there in (
        ("channels ($PnN)", first.channels, other.channels),
        ("labels ($PnS)", first.labels, other.labels),
        ("ranges ($PnR)", first.ranges, other.ranges),
        ("spillover", _spill(first), _spill(other)),
    ):
        if here != there:
            raise InvariantBroken(
                f"{name} has other {what} than {first_name}",
                where=f"{first_name}, {name}",
                do="measure files of another panel or setting by themselves",
            )


def _spill(one: DataSet) -> object:
    return one.spill and (one.spill.fluorochromes, one.spill.detectors, one.spill.values)


def _check_one_child(files: Sequence[Named]) -> None:
    """Refuse files of different samples, where they say whose they are."""
    said = [(name, one.keywords.get("$SMNO", "").strip()) for name, one in files]
    said = [(name, sample) for name, sample in said if sample]
    for name, sample in said[1:]:
        first_name, first = said[0]
        if sample.casefold() != first.casefold():
            raise InvariantBroken(
                f"{name} is of sample {sample!r} ($SMNO), {first_name} of {first!r}",
                where=f"{first_name}, {name}",
                do="measure each child's sample by itself",
            )


def _check_apart(files: Sequence[Named]) -> None:
    """Refuse events that are there twice: they would feign a depth that nobody measured."""
    first = files[0][1]
    channels = [name for name in first.channels if name != first.time]
    known: list[tuple[str, NDArray[np.uint64]]] = []
    for name, one in files:
        here = prints_of(one, channels)
        for known_name, there in known:
            share = max(share_known(here, there), share_known(there, here))
            if share > ASSUMED_SAME:
                raise InvariantBroken(
                    f"{name} and {known_name} hold the same events ({percent(share)})",
                    where=f"{known_name}, {name}",
                    do="give each event once: the file as the instrument wrote it",
                )
        known.append((name, here))
