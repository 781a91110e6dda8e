"""Every window that was seen, given to one target or to none; from that, counts and fates."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.bases import decode
from remission.mrd.ngs.deciding import NOBODY, Decision, Related, decide
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.kernels_matching import DELETED, INDEL_RANK, REACH
from remission.mrd.ngs.matching import Matcher
from remission.mrd.ngs.sightings import Seen, substitutions
from remission.mrd.ngs.tally import Sighting, Target, TargetCount, Tier

SHOWN = 20
"""Sightings kept of each target, those with most reads."""

PRECEDENCE = (Fate.INDEX, Fate.SPIKE, Fate.STEM, Fate.FOREIGN, Fate.NEIGHBOUR)
"""Of several fates of one read, the first."""

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Whose every window is.

    Attributes
    ----------
    targets : tuple of Target
    seen : tuple of Seen
        By target; of a stem, only the windows of reads that no exact target of its owner took.
    taker : int64 array, shape (windows of all targets,)
        The number of the target that a window was given to, -1 for none.
    decisions : tuple of Decision
        By target; of a stem, by window merged.
    """

    targets: tuple[Target, ...]
    seen: tuple[Seen, ...]
    taker: Int64s
    decisions: tuple[Decision, ...]


def assign(laid_out: Matcher, seen: list[Seen], reads_total: int) -> Assigned:
    """Decide all targets: exact windows and spikes first, then stems by the reads that are left."""
    targets = laid_out.targets
    taker = np.full(sum(len(near.reads) for near in seen), NOBODY, dtype=np.int64)
    decisions: dict[int, Decision] = {}
    kept = list(seen)
    unchanged = np.array([near.reads[0] for near in seen], dtype=np.int64)
    for number, near in enumerate(seen):
        if targets[number].tier is not Tier.STEM:
            kin = _kin(laid_out, unchanged, near, number)
            related = [
                Related(laid_out.windows[other, : near.bases.shape[1]], int(unchanged[other]))
                for other in kin
            ]
            decisions[number] = decide(near, related, 0, reads_total)
            taker[near.number] = np.array([NOBODY, number, *kin])[decisions[number].whose + 1]
    for number in decisions:
        if not (taker[seen[number].number] == number).any():
            taker[taker == number] = NOBODY  # a target that is not there takes no windows of others either
    taken = _taken(targets, seen, taker)
    for number, near in enumerate(seen):
        target = targets[number]
        if target.tier is Tier.STEM:
            kept[number] = _left(near, taker, laid_out.owner, number)
            merged, place = _merged(kept[number])
            decisions[number] = decide(merged, [], taken[target.owner, target.name], reads_total)
            taker[kept[number].number] = np.where(decisions[number].whose[place] == 0, number, NOBODY)
    return Assigned(targets, tuple(kept), taker, tuple(decisions[number] for number in range(len(targets))))


def _kin(laid_out: Matcher, unchanged: Int64s, near: Seen, number: int) -> list[int]:
    """Other targets that were seen unchanged, of equal length and within reach."""
    if not near.reads.any():
        return []
    like = (laid_out.widths == laid_out.widths[number]) & (laid_out.stem == 0) & (unchanged > 0)
    like[number] = False
    numbers = np.flatnonzero(like)
    differs = (laid_out.windows[numbers] != laid_out.windows[number]).sum(axis=1)
    return [int(other) for other in numbers[(differs > 0) & (differs <= REACH)]]


def _taken(targets: tuple[Target, ...], seen: list[Seen], taker: Int64s) -> Counter[tuple[str, str]]:
    """Reads that the exact window of each clone took, by owner and name."""
    taken: Counter[tuple[str, str]] = Counter()
    for target, near in zip(targets, seen, strict=True):
        if target.tier is Tier.EXACT:
            taken[target.owner, target.name] += int(near.reads[taker[near.number] != NOBODY].sum())
    return taken


def _left(near: Seen, taker: Int64s, owner: Int64s, number: int) -> Seen:
    """What was seen near a stem in reads that no exact target of its owner took."""
    by = np.where(near.link >= 0, taker[near.link], NOBODY)
    left = np.flatnonzero((by == NOBODY) | (owner[by] != owner[number]))
    place = np.full(len(near.reads), -1, dtype=np.int64)
    place[left] = np.arange(len(left))
    rows = place[near.row_of] >= 0
    return Seen(
        near.bases[left],
        near.indel[left],
        near.reads[left],
        near.link[left],
        near.number[left],
        place[near.row_of[rows]],
        near.quality[rows],
        near.overflow,
    )


def _merged(near: Seen) -> tuple[Seen, Int64s]:
    """Equal windows of a stem as one, whatever exact window goes with them, and where each went."""
    marks = np.ascontiguousarray(near.indel).view(np.uint8).reshape(len(near.indel), 4)
    _, first, group = np.unique(
        np.hstack([near.bases, marks]), axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    place = rank[group.reshape(-1)]
    one = np.sort(first)
    reads = np.zeros(len(one), dtype=np.int64)
    np.add.at(reads, place, near.reads)
    merged = Seen(
        near.bases[one], near.indel[one], reads, near.link[one], near.number[one], place[near.row_of],
        near.quality, near.overflow,
    )  # fmt: skip
    return merged, place


def _ranks(near: Seen) -> Int64s:
    return substitutions(near) + INDEL_RANK * (near.indel > 0)


def _shares(near: Seen, own: NDArray[np.bool_]) -> Int64s:
    """Of the reads whose windows were not kept, those given to the target, by rank: as the others went."""
    rank, ranks = _ranks(near), len(near.overflow)
    every = np.bincount(rank, weights=near.reads, minlength=ranks)[:ranks]
    given = np.bincount(rank[own], weights=near.reads[own], minlength=ranks)[:ranks]
    return np.rint(near.overflow * given / np.maximum(every, 1)).astype(np.int64)


def counts_of(assigned: Assigned, cut_off: Int64s) -> tuple[TargetCount, ...]:
    """The reads of each target, in the order of the targets; `cut_off`: by target, reads cut off."""
    elsewhere: Counter[int] = Counter()
    for number, near in enumerate(assigned.seen):
        taker = assigned.taker[near.number]
        for other in np.unique(taker[(taker != NOBODY) & (taker != number)]).tolist():
            elsewhere[other] += int(near.reads[taker == other].sum())
    return tuple(
        _count(assigned, number, elsewhere[number], int(cut_off[number]))
        for number in range(len(assigned.targets))
    )


def _count(assigned: Assigned, number: int, from_others: int, cut_off: int) -> TargetCount:
    near = assigned.seen[number]
    own = assigned.taker[near.number] == number
    unchanged = _ranks(near) == 0
    shared = _shares(near, own)
    exact = int(near.reads[own & unchanged].sum())
    tolerated = int(near.reads[own & ~unchanged].sum() + shared.sum()) + from_others
    neighbours = int(near.reads[~own].sum() + (near.overflow - shared).sum())
    decision = assigned.decisions[number]
    return TargetCount(
        assigned.targets[number], exact, tolerated, neighbours, decision.tolerance, _shown(near, own),
        cut_off, decision.from_neighbours, decision.least,
    )  # fmt: skip


def _shown(near: Seen, own: NDArray[np.bool_]) -> tuple[Sighting, ...]:
    """The windows with most reads; of a stem, equal windows are shown as one."""
    totals: Counter[tuple[str, int, int, bool]] = Counter()
    differs = substitutions(near)
    for n in np.argsort(-near.reads, kind="stable").tolist():
        if near.reads[n] and (len(totals) < SHOWN or near.reads[n] > 1):
            key = (_letters(near, n), int(differs[n]), int(near.indel[n] > 0), bool(own[n]))
            totals[key] += int(near.reads[n])
    shown = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
    return tuple(Sighting(window, reads, subs, indels, own) for (window, subs, indels, own), reads in shown)


def _letters(near: Seen, n: int) -> str:
    """The window as the read shows it."""
    bases = near.bases[n]
    if near.indel[n] >= 8:
        column, base = divmod(int(near.indel[n]) - 8, 5)
        bases = np.insert(bases, column, base)
    return decode(bases[bases != DELETED])


def fates_of(assigned: Assigned, owner: str) -> Counter[Fate]:
    """Fates of the reads that came near a target."""
    by_target = [_fate(target, owner) for target in assigned.targets]
    fates: Counter[Fate] = Counter()
    for number, near in enumerate(assigned.seen):
        taker = assigned.taker[near.number]
        alone = near.link < 0
        for who in np.unique(taker).tolist():
            fate = Fate.NEIGHBOUR if who == NOBODY else by_target[who]
            fates[fate] += int(near.reads[alone & (taker == who)].sum())
            if fate is not Fate.NEIGHBOUR:
                _also(fates, assigned.taker, near, ~alone & (taker == who), fate, by_target)
        shared = int(_shares(near, taker == number).sum())
        fates[by_target[number]] += shared
        fates[Fate.NEIGHBOUR] += int(near.overflow.sum()) - shared
    return fates


def _also(
    fates: Counter[Fate],
    taker: Int64s,
    near: Seen,
    these: NDArray[np.bool_],
    fate: Fate,
    by_target: list[Fate],
) -> None:
    """Reads of a stem that were counted by their exact window: the fate that goes before is theirs."""
    for n in np.flatnonzero(these).tolist():
        who = int(taker[near.link[n]])
        other = Fate.NEIGHBOUR if who == NOBODY else by_target[who]
        if PRECEDENCE.index(fate) < PRECEDENCE.index(other):
            fates[other] -= int(near.reads[n])
            fates[fate] += int(near.reads[n])


def _fate(target: Target, owner: str) -> Fate:
    if target.tier is Tier.SPIKE:
        return Fate.SPIKE
    if target.owner != owner:
        return Fate.FOREIGN
    return Fate.INDEX if target.tier is Tier.EXACT else Fate.STEM
