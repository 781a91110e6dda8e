"""Ranges of settings as people write them: `p0=.4:.9`, `ngs_negative.depth=.5:2:4`, `n=60,90,120`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from remission.errors import CommandRefused
from remission.rehearsal.twin.settings import EndpointSettings, Settings

STEPS = 6
"""Values of a range whose number is not given."""
MOST_POINTS = 20_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One setting and its values; `endpoint`: empty where the setting is the study's."""

    name: str
    endpoint: str
    values: tuple[float, ...]

    @property
    def words(self) -> str:
        """The setting as it is written."""
        return f"{self.endpoint}.{self.name}" if self.endpoint else self.name


Change = Callable[[Settings, str, float], Settings]


def _of_endpoint(change: Callable[[EndpointSettings, float], EndpointSettings]) -> Change:
    return lambda settings, id, value: settings.with_endpoint(change(settings.endpoint(id), value))


_CHANGES: dict[str, tuple[Change, float, float]] = {
    "n": (lambda s, _, v: replace(s, participants=round(v)), 1, 5000),
    "alpha": (lambda s, _, v: replace(s, alpha=v), 1e-6, 0.5),
    "missing": (lambda s, _, v: replace(s, missing=v), 0, 0.95),
    "spread": (lambda s, _, v: replace(s, spread=v), 0.2, 10),
    "p0": (_of_endpoint(lambda e, v: replace(e, p0=v)), 0.001, 0.999),
    "p1": (_of_endpoint(lambda e, v: replace(e, p1=v)), 0.001, 0.999),
    "depth": (_of_endpoint(lambda e, v: replace(e, depth=v)), 0.001, 1000),
    "unusable": (_of_endpoint(lambda e, v: replace(e, assay=replace(e.assay, unusable=v))), 0, 0.95),
}
"""Settings that can be swept, each with the least and the greatest value that makes sense."""
OF_STUDY = ("n", "alpha", "missing", "spread")
NAMES = tuple(_CHANGES)


def read_sweeps(words: Sequence[str], settings: Settings, endpoint: str) -> tuple[Axis, ...]:
    """Read what is to be swept.

    Parameters
    ----------
    words : sequence of str
        Each `name=low:high`, `name=low:high:steps`, `name=value,value` or `name=value`; the name of an
        endpoint's setting may be led by the endpoint, `ngs_negative.p0`.
    settings : Settings
    endpoint : str
        The endpoint that is meant where none is named.

    Raises
    ------
    CommandRefused
        For an unknown name, numbers that are none or out of range, a setting named twice, or more than
        20,000 combinations.
    """
    axes = tuple(_axis(one, settings, endpoint) for one in words)
    named = [axis.words for axis in axes]
    for name in named:
        if named.count(name) > 1:
            raise _refused(f"{name} is swept twice", "name each setting once")
    points = math.prod(len(axis.values) for axis in axes)
    if points > MOST_POINTS:
        raise _refused(f"{points:,} combinations", f"ask for {MOST_POINTS:,} at most")
    return axes


def points(settings: Settings, axes: Sequence[Axis]) -> list[tuple[tuple[float, ...], Settings]]:
    """Every combination of values with the settings it means, the last axis fastest."""
    made: list[tuple[tuple[float, ...], Settings]] = []
    for values in product(*(axis.values for axis in axes)):
        changed = settings
        for axis, value in zip(axes, values, strict=True):
            changed = _CHANGES[axis.name][0](changed, axis.endpoint, value)
        made.append((values, changed))
    return made


def _axis(words: str, settings: Settings, endpoint: str) -> Axis:
    name, sign, range_ = words.partition("=")
    owner, dot, setting = name.strip().rpartition(".")
    if not sign:
        raise _refused(f"{words!r} sweeps nothing", "write name=low:high, such as p0=.4:.9")
    if setting not in _CHANGES:
        raise _refused(f"{setting!r} cannot be swept", f"choose from {', '.join(NAMES)}")
    if setting in OF_STUDY and dot:
        raise _refused(f"{setting!r} is the study's, not an endpoint's", f"write {setting}=...")
    if dot and owner not in {one.id for one in settings.endpoints}:
        known = ", ".join(one.id for one in settings.endpoints)
        raise _refused(f"the study has no endpoint {owner!r}", f"choose from {known}")
    values = _values(range_, words, whole=setting == "n")
    _, least, greatest = _CHANGES[setting]
    for value in (max(values), min(values)):
        if not least <= value <= greatest:
            raise _refused(f"{setting} = {value:g} in {words!r}", f"give {least:g} to {greatest:g}")
    return Axis(setting, "" if setting in OF_STUDY else owner or endpoint, values)


def _values(text: str, words: str, *, whole: bool) -> tuple[float, ...]:
    try:
        if ":" in text:
            low, high, *steps = text.split(":")
            if len(steps) > 1:
                raise ValueError
            values = _spaced(float(low), float(high), int(steps[0]) if steps else STEPS)
        else:
            values = tuple(float(one) for one in text.split(","))
    except ValueError:
        raise _refused(
            f"{words!r} has no range that can be read",
            "write name=low:high, name=low:high:steps (low below high, 2 steps or more), or name=value,value",
        ) from None
    if not all(math.isfinite(one) for one in values):
        raise _refused(f"{words!r} holds what is no number", "give finite numbers")
    if whole:
        values = tuple(float(round(one)) for one in values)
    return tuple(dict.fromkeys(values))


def _spaced(low: float, high: float, steps: int) -> tuple[float, ...]:
    if not (low < high and 2 <= steps <= MOST_POINTS):
        raise ValueError
    width = (high - low) / (steps - 1)
    return tuple(round(low + place * width, 10) for place in range(steps))


def _refused(what: str, do: str) -> CommandRefused:
    return CommandRefused(what, where="--sweep", do=do)
