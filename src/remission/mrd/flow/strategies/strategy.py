"""A gating strategy on markers, the panel that carries them, and gates moved for one sample."""

from collections.abc import Mapping
from dataclasses import dataclass

from remission.mrd.flow.gates.gates import Gate, Gating
from remission.mrd.flow.light.scales import Ratio, Scale
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Control:
    """What a marrow always holds, or never: seen, it says that a stain worked. At least one limit is given.

    `gate`: the population counted. `least_events` in it; `least_share`, `most_share` of its parent. It is not
    asked for where the panel cannot carry its gate.
    """

    id: str
    name: Text
    gate: str
    least_events: int | None
    least_share: float | None
    most_share: float | None


@dataclass(frozen=True, slots=True)
class Strategy:
    """Gates on markers: dimensions name markers (`CD19`, `FSC-A`, `Time`), not channels.

    `needs`: groups of markers, of each of which a panel must carry at least one. `mrd`: the path of the
    population that stands for disease. `denominators`: what a level may refer to, by name (`nucleated cells`)
    and the path counted; the first is the primary one. `states`: flags that a result of this strategy
    carries (`cd19-independent-gate`, `cd19-only-gate`). `optional`: gates that are left out, children taking
    their parent's place, where the panel lacks one of their markers. `sha256` of the strategy's text.
    """

    id: str
    version: str
    title: Text
    needs: tuple[tuple[str, ...], ...]
    gates: tuple[Gate, ...]
    scales: Mapping[str, Scale]
    ratios: Mapping[str, Ratio]
    mrd: str
    denominators: Mapping[str, str]
    states: tuple[str, ...]
    optional: tuple[str, ...]
    names: Mapping[str, Text]
    """What people call each gate, by its id."""
    controls: tuple[Control, ...]
    """What the marrow itself must show of each stain."""
    notes: tuple[Text, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Which channel carries which marker; markers in the spelling of `markers.KNOWN`, channels as `$PnN`.

    `compensation`: `FCS`, `uncompensated`, `already` (done before the values were written), or the name of a
    matrix given beside the files.
    """

    name: str
    channels: Mapping[str, str]
    compensation: str
    overrides: bool = False
    """Whether it may say something else than the labels of a file."""
    notes: tuple[Text, ...] = ()
    """Where it does."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One gate of the strategy as it is for this sample: who moved it and why; `at`: UTC (ISO 8601) or ""."""

    gate: Gate
    by: str
    why: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A strategy on a panel, with its adjustments: gates on channels, ready for events.

    `left_out`: optional gates the panel cannot carry.
    """

    strategy: Strategy
    panel: Panel
    gating: Gating
    adjustments: tuple[Adjustment, ...]
    left_out: tuple[str, ...]
