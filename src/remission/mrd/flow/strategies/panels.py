"""The panel: which channel carries which marker, by the file's own labels or by a panel file."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO

from remission.errors import InvariantBroken
from remission.mrd.flow.spectrum import FILE
from remission.mrd.flow.strategies.markers import Kind, denies, kind_of, markers_in, spelled
from remission.mrd.flow.strategies.strategy import Panel
from remission.mrd.flow.strategies.toml_files import read_toml, structured
from remission.terms.words import Text

SCHEMA_VERSION = 1
_SHAPE = re.compile(r"[-_ ]?(?:(A|Area)|(H|Height)|(W|Width))$")


@dataclass(frozen=True, slots=True)
class _PanelFile:
    channels: dict[str, str]
    name: str = ""
    compensation: str = FILE
    overrides: bool = False


def panel_of(
    parameters: Sequence[tuple[str, str]],
    name: str = "",
    compensation: str = FILE,
    given: Panel | None = None,
) -> Panel:
    """The panel that a file's channels and labels state.

    Parameters
    ----------
    parameters : sequence of (channel, label)
        `$PnN` and `$PnS` ("" where the file has none), in the file's order. The label speaks first; the
        channel's own name where the label names no marker. A label that names two markers
        (`CD3_CD19`, a mixture) carries neither, one that `markers.denies` none.
    name, compensation : str
        Of the panel, where `given` does not say.
    given : Panel, optional
        From a panel file: what it says goes before the labels, and its channels carry nothing else.

    Raises
    ------
    InvariantBroken
        If two channels claim one marker; both are named. Area goes before height and width of the same
        detector. If `given` says another marker than a channel's label, and not that it `overrides` labels.
    """
    notes = tuple(_overridden(parameters, given)) if given else ()
    fixed = given.channels if given else {}
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for channel, label in parameters:
        marker = "" if channel in fixed.values() else _carried(channel, label)
        if marker and marker not in fixed:
            claims[marker].append(channel)
    channels = {marker: _one(marker, channels) for marker, channels in claims.items()}
    return Panel(
        name=given.name if given else name,
        channels=MappingProxyType({**channels, **fixed}),
        compensation=given.compensation if given else compensation,
        overrides=given.overrides if given else False,
        notes=notes,
    )


def read_panel(file: BinaryIO, name: str = "panel.toml") -> Panel:
    """The panel of a panel file (TOML).

    Its keys: `schema_version`, `name`, `compensation`, `overrides`, and `channels` by marker.

    Raises
    ------
    WrongEncoding, Malformed, TooLarge, InputRefused
        For a file that is no such thing; the line or key is named.
    InvariantBroken
        If two markers claim one channel, or a marker stands twice under two names.
    """
    tree, _ = read_toml(file, name, SCHEMA_VERSION)
    body = structured(tree, _PanelFile, name)
    channels: dict[str, str] = {}
    for written, channel in body.channels.items():
        marker = spelled(written)
        where = f"{name}, channels.{written}"
        if marker in channels:
            raise InvariantBroken(f"{marker} stands twice", where=where, do="name each marker once")
        if not channel or channel in channels.values():
            raise InvariantBroken(
                f"channel {channel!r} carries two markers" if channel else "no channel is named",
                where=where,
                do="give each marker a channel of its own ($PnN)",
            )
        channels[marker] = channel
    return Panel(body.name, MappingProxyType(channels), body.compensation, body.overrides)


def _overridden(parameters: Sequence[tuple[str, str]], given: Panel) -> Iterator[Text]:
    """Each channel of which a panel file says something else than its label; refused unless it may."""
    labels = dict(parameters)
    for marker, channel in given.channels.items():
        if channel not in labels:
            continue
        said = markers_in(labels[channel]) or markers_in(channel)
        against = denies(labels[channel]) or (said and marker not in said)
        if not against or _carried(channel, labels[channel]) == marker:
            continue
        label = labels[channel] or channel
        if not given.overrides:
            raise InvariantBroken(
                f"the panel file says that channel {channel!r} carries {marker}, its label says {label!r}",
                where=f"panel {given.name}, channels.{marker}",
                do="correct the panel file; or, if the label is wrong, write overrides = true in it",
            )
        yield Text(
            f"The panel file says that channel {channel} carries {marker}; its label there is “{label}”.",
            f"组合文件称通道{channel}为{marker}；文件中其标签为“{label}”。",
        )


def _carried(channel: str, label: str) -> str:
    """The marker that a channel carries, or ""."""
    of_channel, of_label = markers_in(channel), markers_in(label)
    if len(of_channel) == 1 and kind_of(of_channel[0]) in (Kind.SCATTER, Kind.TIME):
        return of_channel[0]
    found = of_label or (() if denies(label) else of_channel)
    return found[0] if len(found) == 1 else ""


def _one(marker: str, channels: list[str]) -> str:
    """The one channel of a marker: the area, where its height and width bear the same label."""
    if len(channels) == 1:
        return channels[0]
    shaped = [(_SHAPE.sub("", channel), _SHAPE.search(channel)) for channel in channels]
    areas = [channel for channel, (_, shape) in zip(channels, shaped, strict=True) if shape and shape[1]]
    if len(areas) == 1 and len({detector for detector, _ in shaped}) == 1:
        return areas[0]
    raise InvariantBroken(
        f"channels {' and '.join(repr(channel) for channel in channels)} both claim {marker}",
        where="panel, $PnN and $PnS",
        do=f"say in a panel file which channel carries {marker}",
    )
