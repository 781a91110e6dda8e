"""The clock of each file of an acquisition, judged by itself: no clock runs on from one file to the next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.quality import words
from remission.mrd.flow.quality.findings import Concern, Finding
from remission.mrd.flow.quality.flags import JOINED_WITHOUT_TIME, NO_TIME, TIME_FAULT, UNSTEADY_FLOW, raised
from remission.mrd.flow.quality.time import LEAST, Pace, after_another, during, out_of_order, pace
from remission.terms.words import Text


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """One file's clock: the time of each event, which are out of order, and the pace of the others."""

    time: NDArray[np.float64]
    disordered: Mask
    pace: Pace | None


def clocks_of(events: Events, time: str | None, lengths: Sequence[int]) -> tuple[Clock, ...]:
    """The clock of each file, with `lengths` events; none without a time channel."""
    if time is None:
        return ()
    found: list[Clock] = []
    start = 0
    for length in lengths:
        clock = events.read([time], start, start + length)[0]
        disordered = out_of_order(clock)
        found.append(Clock(clock, disordered, pace(clock[~disordered])))
        start += length
    return tuple(found)


def pace_of(clocks: Sequence[Clock]) -> Pace | None:
    """The pace of the whole acquisition, file after file."""
    found = [one.pace for one in clocks if one.pace is not None]
    return after_another(found) if found else None


def judged(clocks: Sequence[Clock], masks: dict[Concern, Mask], *, several: bool = False) -> list[Finding]:
    """What is wrong with the clocks themselves; events out of order are put into `masks`.

    A file is never worse than the acquisition: the flag follows the file in which most is out of order.
    """
    if not clocks:
        return _without([words.NO_CLOCK], several)
    masks[Concern.TIME] = np.concatenate([one.disordered for one in clocks])
    backwards = [int(np.count_nonzero(one.disordered)) for one in clocks]
    findings: list[Finding] = []
    if any(backwards):
        flag = raised(TIME_FAULT, max(_share(n, one) for n, one in zip(backwards, clocks, strict=True)))
        said = words.backwards(sum(backwards), len(masks[Concern.TIME]))
        findings.append(Finding(Concern.TIME, sum(backwards), flag, said))
    few = words.too_few_in_file if several else words.too_few
    findings += [
        Finding(Concern.TIME, 0, "", few(len(one.time), LEAST)) for one in clocks if len(one.time) < LEAST
    ]
    blind = [_why(one) for one in clocks if len(one.time) >= LEAST and one.pace is None]
    return [*dict.fromkeys(findings), *_without(blind, several)]


def _without(why: Sequence[Text], several: bool) -> list[Finding]:
    found = [Finding(Concern.TIME, 0, NO_TIME, said) for said in dict.fromkeys(why)]
    if found and several:
        found.append(Finding(Concern.TIME, 0, JOINED_WITHOUT_TIME, words.JOINED_WITHOUT_CLOCK))
    return found


def _why(clock: Clock) -> Text:
    ordered = clock.time[~clock.disordered]
    stands = len(ordered) == 0 or ordered[0] == ordered[-1]
    return words.STANDING_CLOCK if stands else words.COARSE_CLOCK


def _share(many: int, clock: Clock) -> float:
    return many / len(clock.time) if len(clock.time) else 0.0


def paced(clocks: Sequence[Clock], time_step: float | None, masks: dict[Concern, Mask]) -> list[Finding]:
    """Clogs and bursts of each file, told together; their events are put into `masks`."""
    if all(one.pace is None for one in clocks):
        return []
    slow = _intervals(clocks, Concern.CLOG, lambda one: one.slow, masks)
    fast = _intervals(clocks, Concern.RATE, lambda one: one.fast, masks)
    findings: list[Finding] = []
    for concern, intervals, say in ((Concern.CLOG, slow, words.clogged), (Concern.RATE, fast, words.burst)):
        if not any(number for _, number, _ in intervals):
            continue
        length = sum(number * _length(one) for one, number, _ in intervals) * (time_step or 1.0)
        whole = sum(len(one.events) * _length(one) for one, _, _ in intervals) * (time_step or 1.0)
        flag = raised(
            UNSTEADY_FLOW, max(max(share, number / len(one.events)) for one, number, share in intervals)
        )
        many = int(np.count_nonzero(masks[concern]))
        findings.append(
            Finding(concern, many, flag, say(many, length, time_step is not None, length / whole))
        )
    return findings


def _intervals(
    clocks: Sequence[Clock],
    concern: Concern,
    which: Callable[[Pace], NDArray[np.bool_]],
    masks: dict[Concern, Mask],
) -> list[tuple[Pace, int, float]]:
    """Of each file with a pace: how many intervals are such, and the share of its events in them."""
    parts: list[Mask] = []
    found: list[tuple[Pace, int, float]] = []
    for one in clocks:
        touched = np.zeros(len(one.time), np.bool_)
        if one.pace is not None:
            touched = during(one.pace, one.time, which(one.pace)) & ~one.disordered
            share = _share(int(np.count_nonzero(touched)), one)
            found.append((one.pace, int(np.count_nonzero(which(one.pace))), share))
        parts.append(touched)
    masks[concern] = np.concatenate(parts)
    return found


def _length(one: Pace) -> float:
    return float(one.edges[1] - one.edges[0])
