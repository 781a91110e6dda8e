"""What a flow command is given beside the events: strategy, panel, matrix, reference, by word or address."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from io import BytesIO

from remission.errors import CommandRefused, InputRefused
from remission.lab.addresses import content, exists, file_name
from remission.lab.evidence import ref_of
from remission.lab.flow_files import OpenedSample
from remission.mrd.flow.fcs.reading import Fault
from remission.mrd.flow.light.compensation import read_matrix
from remission.mrd.flow.spectrum import FILE, Spectrum
from remission.mrd.flow.strategies.panels import panel_of, read_panel
from remission.mrd.flow.strategies.reading import read_strategy, shipped_strategies, shipped_strategy
from remission.mrd.flow.strategies.strategy import Panel, Strategy
from remission.terms.evidence import FileRef

LABELS = "labels"
"""The word for a panel read from a file's own labels."""


def strategy_at(word: str) -> tuple[Strategy, tuple[FileRef, ...]]:
    """A shipped strategy by its id, or one in a TOML file; with the file, if it was one."""
    if word in shipped_strategies():
        return shipped_strategy(word), ()
    if not word.endswith(".toml"):
        raise CommandRefused(
            f"there is no strategy {word!r}",
            where="--strategy",
            do=f"use one of: {', '.join(shipped_strategies())}; or give a .toml file",
        )
    raw = content(word)
    return read_strategy(BytesIO(raw), file_name(word)), (ref_of(raw, word),)


def panel_at(
    word: str | None, sample: OpenedSample, compensation: str | None = None
) -> tuple[Panel, tuple[FileRef, ...]]:
    """The panel of a file's own labels, which a TOML file overrides; compensated as told, or by the file."""
    if word is None or word == LABELS:
        return panel_of(sample.labels, LABELS, compensation or FILE), ()
    raw = content(word)
    given = read_panel(BytesIO(raw), file_name(word))
    panel = panel_of(sample.labels, given.name, FILE, given)
    return (panel if compensation is None else replace(panel, compensation=compensation)), (
        ref_of(raw, word),
    )


def matrix_at(address: str | None) -> tuple[Mapping[str, Spectrum], tuple[FileRef, ...]]:
    """A matrix by its file's name. `Raises` as `read_matrix`."""
    if address is None:
        return {}, ()
    raw = content(address)
    spectrum = read_matrix(BytesIO(raw), file_name(address))
    return {spectrum.name: spectrum}, (ref_of(raw, address),)


def check_there(*addresses: str | None) -> None:
    """See that whatever was named is there, before a page is opened on it.

    Raises
    ------
    InputRefused
        For an address where nothing is, or that nothing here can reach.
    """
    for address in addresses:
        if address is not None and not exists(address):
            raise InputRefused(f"there is no {file_name(address)}", where=address, do="correct the address")


def repairs_of(words: Iterable[str]) -> frozenset[Fault]:
    """Repairs by their names.

    Raises
    ------
    CommandRefused
        For a repair that there is not.
    """
    known = {str(one): one for one in Fault}
    asked = tuple(words)
    unknown = [word for word in asked if word not in known]
    if unknown:
        raise CommandRefused(
            f"there is no repair {unknown[0]!r}", where="--repair", do="use one of: " + ", ".join(known)
        )
    return frozenset(known[word] for word in asked)
