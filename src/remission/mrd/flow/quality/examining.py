"""What can be wrong with an acquisition, event by event: flagged and shown, nothing is taken away.

The ideas are published: stretches of events against the run and pace in flowAI (Monaco 2016,
doi:10.1093/bioinformatics/btw191), flowClean (Fletez-Brant 2016, doi:10.1002/cyto.a.22837), flowCut
(Meskas 2023, doi:10.1002/cyto.a.24670) and PeacoQC (Emmaneel 2022, doi:10.1002/cyto.a.24501), which also
has margins and doublets by their ratio of area to height.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.quality import words as words
from remission.mrd.flow.quality.cells import at_margin, debris, doublets
from remission.mrd.flow.quality.clocks import clocks_of, judged, pace_of, paced
from remission.mrd.flow.quality.findings import Concern, Finding
from remission.mrd.flow.quality.flags import (
    MANY_DOUBLETS,
    MUCH_DEBRIS,
    OFF_SCALE,
    UNSTABLE_SIGNAL,
    raised,
)
from remission.mrd.flow.quality.signal import Signal, signal
from remission.mrd.flow.quality.time import Pace

AREA, HEIGHT, NUCLEAR = "FSC-A", "FSC-H", "nuclear dye"
"""What `scatter` may name the channel of."""


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """What was found in the events of one file.

    `masks`: the events each concern touches, for those that could be judged. `findings` in words; a finding
    may touch no event. `pace` and `signal`: the series behind the time plots, or None; `time_step`: seconds
    per unit of the time channel, if known.
    """

    count: int
    masks: Mapping[Concern, Mask]
    findings: tuple[Finding, ...]
    pace: Pace | None
    signal: Signal | None
    time_step: float | None

    @property
    def kept(self) -> Mask:
        """Events that no concern touches."""
        touched = np.zeros(self.count, np.bool_)
        for mask in self.masks.values():
            touched |= mask
        return ~touched

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags the findings raise, each once."""
        return tuple(dict.fromkeys(finding.flag for finding in self.findings if finding.flag))


def examine(
    events: Events,
    *,
    time: str | None,
    scatter: Mapping[str, str],
    channels: Sequence[str],
    ranges: Mapping[str, float],
    time_step: float | None = None,
    labels: Mapping[str, str] = MappingProxyType({}),
    lengths: Sequence[int] = (),
) -> Quality:
    """Look at every event of a file, or of several that are one acquisition.

    Parameters
    ----------
    events : Events
        In the order of acquisition.
    time : str or None
        The time channel, if there is one.
    scatter : mapping
        Channels of `AREA` and `HEIGHT` (for doublets; `AREA` alone: for debris) and of `NUCLEAR`.
    channels : sequence of str
        Channels whose drift and range ends are looked at: scatter and dyes, without time.
    ranges : mapping
        The top of each channel's range as a scale value.
    time_step : float or None
        Seconds per unit of what the time channel reads as, for the words.
    labels : mapping
        What people call each channel, for the words: its marker.
    lengths : sequence of int
        How many events each file holds, where there are several: each has a clock of its own. Signals are
        held against the whole: a gate stands where it stands in all files.

    Raises
    ------
    InputRefused
        For a channel that is not there.
    """
    clocks = clocks_of(events, time, lengths or (events.count,))
    masks: dict[Concern, Mask] = {}
    findings = judged(clocks, masks, several=len(lengths) > 1)
    found_signal = signal(events, channels)
    if found_signal is not None:
        masks[Concern.DRIFT] = _stretches(found_signal, events.count)
        findings += _drift(found_signal, masks[Concern.DRIFT], labels)
    findings += paced(clocks, time_step, masks)
    findings += _cells(events, scatter, channels, ranges, masks, labels)
    return Quality(events.count, masks, tuple(findings), pace_of(clocks), found_signal, time_step)


def _stretches(found: Signal, count: int) -> Mask:
    touched = np.zeros(count, np.bool_)
    for number in np.flatnonzero(found.drifted.any(axis=0)):
        touched[found.starts[number] : found.starts[number + 1]] = True
    return touched


def _drift(found: Signal, touched: Mask, labels: Mapping[str, str]) -> list[Finding]:
    many = int(np.count_nonzero(touched))
    if not many:
        return []
    by_channel = found.drifted.sum(axis=1)
    order = [found.channels[at] for at in np.argsort(-by_channel, kind="stable") if by_channel[at]]
    worst = [labels.get(name) or name for name in order]
    flag = raised(UNSTABLE_SIGNAL, many / len(touched))
    return [Finding(Concern.DRIFT, many, flag, words.drifting(many, len(touched), worst))]


def _cells(
    events: Events,
    scatter: Mapping[str, str],
    channels: Sequence[str],
    ranges: Mapping[str, float],
    masks: dict[Concern, Mask],
    labels: Mapping[str, str],
) -> list[Finding]:
    """Margins, doublets and debris."""
    findings: list[Finding] = []
    count, floored = events.count, [name for kind, name in scatter.items() if kind != NUCLEAR]
    masks[Concern.MARGIN], many = at_margin(events, channels, floored, ranges)
    if many.any():
        most = int(np.argmax(many))
        flag = raised(OFF_SCALE, int(many[most]) / count)
        name = labels.get(channels[most]) or channels[most]
        said = words.off_scale(_many(masks[Concern.MARGIN]), count, name, int(many[most]))
        findings.append(Finding(Concern.MARGIN, _many(masks[Concern.MARGIN]), flag, said))
    if AREA not in scatter:
        return findings
    area = events.read([scatter[AREA]], 0, count)[0]
    usable = ~masks[Concern.MARGIN]
    nuclear = events.read([scatter[NUCLEAR]], 0, count)[0] if NUCLEAR in scatter else None
    masks[Concern.DEBRIS] = debris(area, nuclear, usable)
    if HEIGHT in scatter:
        height = events.read([scatter[HEIGHT]], 0, count)[0]
        masks[Concern.DOUBLETS] = doublets(area, height, usable & ~masks[Concern.DEBRIS])
    for concern, flag, say in (
        (Concern.DOUBLETS, MANY_DOUBLETS, words.doublets),
        (Concern.DEBRIS, MUCH_DEBRIS, words.debris),
    ):
        if concern in masks and masks[concern].any():
            many_here = _many(masks[concern])
            findings.append(
                Finding(concern, many_here, raised(flag, many_here / count), say(many_here, count))
            )
    return findings


def _many(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
