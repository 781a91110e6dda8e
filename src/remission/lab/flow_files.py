"""The FCS files of one sample: mapped into memory, not read; by their sha256; several as one acquisition."""

import mmap
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import IO

import numpy as np

from remission.errors import InputRefused, InvariantBroken
from remission.lab.addresses import file_name, stamp
from remission.lab.addresses import opened as opened_at
from remission.lab.evidence import SIMULATED
from remission.mrd.flow.events import Events, Values
from remission.mrd.flow.fcs.reading import DataSet, Fault, Parameter, Repair, read_fcs
from remission.mrd.flow.spectrum import Spectrum
from remission.terms.evidence import FileRef
from remission.terms.words import Text

_CHUNK = 1 << 22
Told = Callable[[float], None]
"""Is told the share of the files that has been read."""


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


@dataclass(frozen=True, slots=True, eq=False)
class OpenedSample:
    """One sample's events, ready to be gated.

    `ranges`: by channel, the scale value at the top of the instrument's range. `time`: the time channel, and
    `time_step` the seconds of one unit of it, if the file says. `repairs`: what had to be mended, as was
    asked for, by file. `keywords` of the first file. `simulated`: a file's name or text says that nobody was
    measured.
    """

    events: Events
    parameters: tuple[Parameter, ...]
    ranges: Mapping[str, float]
    time: str | None
    time_step: float | None
    files: tuple[FileRef, ...]
    repairs: tuple[tuple[str, Repair], ...]
    notes: tuple[Text, ...]
    keywords: Mapping[str, str]
    simulated: bool

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Channel and label of each parameter, as `panels.panel_of` takes them."""
        return tuple((one.name, one.label) for one in self.parameters)


def opened(
    paths: Sequence[str],
    repairs: Set[Fault] = frozenset(),
    *,
    data_set: int | None = None,
    names: Sequence[str] = (),
    told: Told = lambda share: None,
) -> OpenedSample:
    """Open the FCS files of one sample, in the order given; other places than this machine are copied first.

    Parameters
    ----------
    paths : sequence of str
        Addresses: several tubes of one panel, or one acquisition in parts.
    repairs : set of Fault
        Faults that may be mended; each repair made is recorded.
    data_set : int, optional
        Which one of a file that holds several, counted from 1; in every file.
    names : sequence of str
        What people call the files, where their addresses do not say.
    told : callable
        Is told how far the files have been read.

    Raises
    ------
    InputRefused
        For no file, one file twice, a file that cannot be read, or several data sets of which none was named.
    InvariantBroken
        For files of another panel: channels, labels, ranges or spillover differ.
    """
    if not paths:
        raise InputRefused("no file", where="FCS files", do="name at least one")
    found: list[tuple[FileRef, DataSet]] = []
    for place, path in enumerate(paths):
        mapped, ref = _mapped(path, lambda share, place=place: told((place + share) / len(paths)))
        ref = replace(ref, name=names[place]) if names else ref
        same = next((one.name for one, _ in found if one.sha256 == ref.sha256), None)
        if same is not None:
            raise InputRefused(f"{ref.name} is the same file as {same}", where=path, do="name each file once")
        found.append((ref, _one_of(read_fcs(mapped, ref.name, repairs).data_sets, data_set, ref.name)))
    for ref, other in found[1:]:
        _check_alike(found[0][1], other, found[0][0].name, ref.name)
    return _sample([ref for ref, _ in found], [one for _, one in found])


def _sample(files: list[FileRef], sets: list[DataSet]) -> OpenedSample:
    first = sets[0]
    return OpenedSample(
        events=first if len(sets) == 1 else Joined(tuple(sets)),
        parameters=first.parameters,
        ranges=MappingProxyType(first.ranges),
        time=first.time,
        time_step=first.time_step,
        files=tuple(files),
        repairs=tuple((ref.name, one) for ref, each in zip(files, sets, strict=True) for one in each.repairs),
        notes=tuple(dict.fromkeys(note for each in sets for note in each.notes)),
        keywords=first.keywords,
        simulated=any(_says_simulated(*pair) for pair in zip(files, sets, strict=True)),
    )


def _one_of(sets: Sequence[DataSet], wanted: int | None, name: str) -> DataSet:
    if wanted is None and len(sets) == 1:
        return sets[0]
    for one in sets:
        if one.number == wanted:
            return one
    raise InputRefused(
        f"{name} holds {len(sets)} data sets"
        + (", which may be the same events twice" if wanted is None else f", none of number {wanted}"),
        where=name,
        do="say which one, counted from 1, with the data set's number",
    )


def _check_alike(first: DataSet, other: DataSet, first_name: str, name: str) -> None:
    """Refuse to join what was not acquired alike: a gate would mean another thing in each file."""
    for what, one, two in (
        ("channels ($PnN)", first.channels, other.channels),
        ("labels ($PnS)", first.labels, other.labels),
        ("ranges ($PnR)", first.ranges, other.ranges),
        ("spillover", _spill(first), _spill(other)),
    ):
        if one != two:
            raise InvariantBroken(
                f"{name} has other {what} than {first_name}",
                where=f"{first_name}, {name}",
                do="measure files of another panel or setting by themselves",
            )


def _spill(one: DataSet) -> object:
    return one.spill and (one.spill.fluorochromes, one.spill.detectors, one.spill.values)


def _says_simulated(ref: FileRef, one: DataSet) -> bool:
    said = (ref.name, *one.keywords, *one.keywords.values())
    return any(word.lstrip().upper().startswith(SIMULATED) for word in said)


def _mapped(address: str, told: Told) -> tuple[mmap.mmap | bytes, FileRef]:
    """The bytes of a file, mapped, and its sha256; written to meanwhile, it is refused."""
    before = stamp(address)
    with opened_at(address) as file:
        if os.path.isfile(address):
            mapped = _map(file)
        else:
            with _copied(file) as copy:
                mapped = _map(copy)
    digest, size = sha256(), len(mapped)
    for start in range(0, size, _CHUNK):
        with memoryview(mapped) as view:
            digest.update(view[start : start + _CHUNK])
        told(min(start + _CHUNK, size) / size)
    if stamp(address) != before:
        raise InputRefused(
            f"{file_name(address)} was changed while it was read",
            where=address,
            do="wait until it is all there, then begin again",
        )
    return mapped, FileRef(file_name(address), digest.hexdigest(), size)


def _copied(file: IO[bytes]) -> IO[bytes]:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
    while chunk := file.read(_CHUNK):
        copy.write(chunk)
    copy.flush()
    return copy


def _map(file: IO[bytes]) -> mmap.mmap | bytes:
    """An empty file cannot be mapped; its reader says that it is empty."""
    if os.fstat(file.fileno()).st_size == 0:
        return b""
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
