"""The FCS files of one sample: mapped into memory, not read; by their sha256; several as one acquisition."""

import mmap
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import IO

from remission.errors import InputRefused
from remission.lab.addresses import exists, file_name, stamp
from remission.lab.addresses import opened as opened_at
from remission.lab.evidence import SIMULATED
from remission.lab.flow_joined import Joined, check_joinable
from remission.mrd.flow.events import Events
from remission.mrd.flow.fcs.reading import DataSet, Fault, Parameter, Repair, read_fcs
from remission.mrd.flow.measure_flags import SEVERAL_DATA_SETS
from remission.terms.evidence import FileRef
from remission.terms.words import Text

_CHUNK = 1 << 22
Told = Callable[[float], None]
"""Is told the share of the files that has been read."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedSample:
    """One sample's events, ready to be gated.

    `ranges`: by channel, the scale value at the top of the instrument's range. `time`: the time channel, and
    `time_step` the seconds of one unit of it, if the file says. `repairs`: what had to be mended, as was
    asked for, by file. `keywords` of the first file. `simulated`: a file's name or text says that nobody was
    measured. `flags` that the files raise on a result. `stamps`: what each file that is read where it lies
    looked like, by address.
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
    flags: tuple[str, ...] = ()
    stamps: tuple[tuple[str, str], ...] = ()

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many events each file holds."""
        return tuple(one.count for one in self.events.parts) if isinstance(self.events, Joined) else ()

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
        For files that are not of one sample by one panel, as `flow_joined.check_joinable` says.
    """
    if not paths:
        raise InputRefused("no file", where="FCS files", do="name at least one")
    found: list[_Read] = []
    for place, path in enumerate(paths):
        mapped, ref, seen = _mapped(path, lambda share, place=place: told((place + share) / len(paths)))
        ref = replace(ref, name=names[place]) if names else ref
        same = next((one.ref.name for one in found if one.ref.sha256 == ref.sha256), None)
        if same is not None:
            raise InputRefused(f"{ref.name} is the same file as {same}", where=path, do="name each file once")
        sets = read_fcs(mapped, ref.name, repairs).data_sets
        found.append(_Read(ref, _one_of(sets, data_set, ref.name), len(sets), (path, seen) if seen else None))
    notes = check_joinable([(one.ref.name, one.held) for one in found]) if len(found) > 1 else ()
    return _sample(found, notes)


def check_unchanged(sample: OpenedSample) -> None:
    """See that no file was written to since it was opened: its events would not be those of its sha256.

    A file that was taken away meanwhile is as it was.

    Raises
    ------
    InputRefused
        If one was.
    """
    for address, seen in sample.stamps:
        if exists(address) and stamp(address) != seen:
            raise InputRefused(
                f"{file_name(address)} was changed while it was measured",
                where=address,
                do="wait until it is all there, then begin again",
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A file, what is measured of it, how many data sets it has, and its address with its stamp."""

    ref: FileRef
    held: DataSet
    sets: int
    seen: tuple[str, str] | None


def _sample(found: list[_Read], notes: tuple[Text, ...]) -> OpenedSample:
    sets = [one.held for one in found]
    first = sets[0]
    chosen = tuple(_chosen(one) for one in found if one.sets > 1)
    return OpenedSample(
        events=first if len(sets) == 1 else Joined(tuple(sets)),
        parameters=first.parameters,
        ranges=MappingProxyType(first.ranges),
        time=first.time,
        time_step=first.time_step,
        files=tuple(one.ref for one in found),
        repairs=tuple((one.ref.name, repair) for one in found for repair in one.held.repairs),
        notes=tuple(dict.fromkeys((*chosen, *notes, *(note for each in sets for note in each.notes)))),
        keywords=first.keywords,
        simulated=any(_says_simulated(one.ref, one.held) for one in found),
        flags=(SEVERAL_DATA_SETS,) if chosen else (),
        stamps=tuple(one.seen for one in found if one.seen is not None),
    )


def _chosen(one: _Read) -> Text:
    name, number = one.ref.name, one.held.number
    return Text(
        f"{name} holds {one.sets} data sets; number {number} was measured",
        f"{name}含{one.sets}个数据集，所测为第{number}个",
    )


def _one_of(sets: Sequence[DataSet], wanted: int | None, name: str) -> DataSet:
    if wanted is None and len(sets) == 1:
        return sets[0]
    for one in sets:
        if one.number == wanted:
            return one
    raise InputRefused(
        f"{name} holds {len(sets)} data set{'s' if len(sets) > 1 else ''}"
        + (", which may be the same events twice" if wanted is None else f", none of number {wanted}"),
        where=name,
        do="say which one, counted from 1 (--data-set)" if len(sets) > 1 else "leave --data-set out",
    )


def _says_simulated(ref: FileRef, one: DataSet) -> bool:
    said = (ref.name, *one.keywords, *one.keywords.values())
    return any(word.lstrip().upper().startswith(SIMULATED) for word in said)


def _mapped(address: str, told: Told) -> tuple[mmap.mmap | bytes, FileRef, str | None]:
    """The bytes of a file, mapped, and its sha256; its stamp where it is read where it lies.

    Written to meanwhile, it is refused.
    """
    before, here = stamp(address), os.path.isfile(address)
    with opened_at(address) as file:
        if here:
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
    return mapped, FileRef(file_name(address), digest.hexdigest(), size), before if here else None


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
