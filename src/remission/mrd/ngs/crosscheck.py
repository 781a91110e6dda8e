"""A whole sequencing run: every patient's clones looked for in every sample of the run.

Index hopping: a read carries the index of another sample of its pool. A clone with a million reads in the
diagnosis sends reads into every other sample of the run; in its owner's own follow-up they look like disease.
How much hops is seen where nothing else explains a clone: in the samples of other patients and in controls.

Expected reads = rate x reads of the clone in all other samples x share of the sample. Nobody told us
whether a sample's share goes by its reads or is the same for all: both are fitted. Where the run shows which
is right that one counts, else the larger of the two.

Tubes that were swapped look like hopping too, each in the other's samples, so hopping is believed only up to
a plausible maximum, and what two people's samples show of each other is never measured by itself.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from remission.errors import InvariantBroken
from remission.mrd.ngs.blank import Background, examined, reads_at_least
from remission.mrd.ngs.measured import Foreign
from remission.mrd.ngs.tally import Tally, Target, Tier
from remission.stats.counts import poisson_upper

ASSUMED_HOPPING = 1e-3
"""Share of reads that hop, where the run has no sample of anybody else to see it in. ASSUMED, by us."""

MOST_HOPPING = 0.02
"""Share of reads that hop at most; what a run shows beyond it is something else. ASSUMED, by us: rates of
0.1 to 2 % are told of patterned flow cells (unverified, from memory)."""

FAR_ABOVE = 10.0
"""Contamination: so many times the reads that hopping explains (or one read, if it explains less) ..."""

BY_CHANCE = 1e-6
"""... and less likely than this, by hopping, for any clone in any sample of the run."""

_RARE = 0.1  # reads expected by chance, above which a clone tells nothing of hopping
_LUMP = 20.0  # reads of one template, where only unusual numbers are asked for
_FAR_MORE_LIKELY = 5.0  # log likelihood, over the spread of the pairs
_UNEVEN_BEYOND = 3.0  # standard deviations of a score test (Dean 1992) before hopping counts as uneven


class SampleKind(StrEnum):
    """What a sample of a run is."""

    DIAGNOSIS = "diagnosis"
    FOLLOW_UP = "follow-up"
    CONTROL = "control"
    NO_TEMPLATE = "no-template"


@dataclass(frozen=True, slots=True)
class Sequenced:
    """One sample of a run, searched for all clones of all patients.

    `owner`: as in the targets of this patient's own clones; empty for a control.
    """

    owner: str
    tally: Tally
    kind: SampleKind


@dataclass(frozen=True, slots=True)
class Hopping:
    """Share of a clone's reads that leave its samples: best estimate, upper 95 % limit, and unevenness.

    `reads` of clones in samples of others, in `pairs` of clone and sample. `uneven`: squared coefficient of
    variation from pair to pair. `assumed`: there was nobody else in the run.
    """

    rate: float
    upper: float
    uneven: float
    reads: int
    pairs: int
    assumed: bool


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What a run says of itself: hopping, and for each sample the clones of others and its backgrounds.

    `by_reads`, `by_sample`: a sample's share of what hops goes by its reads, or is the same for all; None
    where the run itself shows that it is not so. `swapped`: samples in which the clones of another are far
    above hopping and their own are not, with the samples of that other which lack theirs.
    """

    by_reads: Hopping | None
    by_sample: Hopping | None
    foreign: Mapping[str, tuple[Foreign, ...]]
    backgrounds: Mapping[str, Mapping[str, Background]]
    swapped: Mapping[str, tuple[str, ...]]


_Fits = tuple[Hopping | None, Hopping | None]


@dataclass(frozen=True, slots=True)
class _Pair:
    """One clone in one sample: its reads here and elsewhere in the run, and those expected by chance.

    `exposures`: what the rate of hopping is multiplied by, by the sample's share of reads and of samples.
    """

    target: Target
    sample: str
    owner: str
    kind: SampleKind
    reads: int
    exposures: tuple[float, float]
    chance: float
    in_own_index: bool

    @property
    def of_other(self) -> bool:
        """Whether the clone has nothing to do with the person of the sample."""
        return self.target.owner != self.owner and not self.in_own_index


def cross_check(
    run: Sequence[Sequenced], by_chance: Mapping[tuple[str, str], float] = MappingProxyType({})
) -> CrossCheck:
    """Look at every clone in every sample of a run.

    Parameters
    ----------
    run : sequence of Sequenced
        All samples of the run, controls among them.
    by_chance : mapping
        `Uniqueness.by_chance` by owner and name of the clone; 0 where not given.

    Raises
    ------
    InvariantBroken
        If two samples have one name, or were not searched for the same clones.
    """
    _check_run(run)
    pairs = _pairs(run, by_chance)
    others = [pair for pair in pairs if pair.of_other]
    filled = [pair for pair in others if pair.kind != SampleKind.NO_TEMPLATE]
    by_reads, far_by_reads = _fit(filled, 0, len(pairs))
    by_sample, far_by_sample = _fit(others, 1, len(pairs))
    empty = {pair for pair in others if pair.kind == SampleKind.NO_TEMPLATE}
    far = far_by_sample & (far_by_reads | empty)
    fits = _believed((by_reads, by_sample), [pair for pair in filled if pair not in far])
    in_sample: dict[str, list[_Pair]] = {one.tally.sample: [] for one in run}
    elsewhere: dict[Target, list[_Pair]] = {}
    for pair in pairs:
        in_sample[pair.sample].append(pair)
        if pair.of_other and pair not in far:
            elsewhere.setdefault(pair.target, []).append(pair)
    in_diagnosis = {(p.owner, p.target): p.sample for p in far if p.kind == SampleKind.DIAGNOSIS}
    depth = {
        one.tally.sample: 0 if one.kind == SampleKind.NO_TEMPLATE else examined(one.tally) for one in run
    }
    return CrossCheck(
        *fits,
        MappingProxyType(
            {sample: _foreign(own, fits, far, in_diagnosis) for sample, own in in_sample.items()}
        ),
        MappingProxyType(
            {sample: _backgrounds(own, elsewhere, depth, fits) for sample, own in in_sample.items()}
        ),
        MappingProxyType(_swapped(in_sample, fits, far, in_diagnosis)),
    )


def _check_run(run: Sequence[Sequenced]) -> None:
    names = [one.tally.sample for one in run]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvariantBroken(
            f"samples named {', '.join(twice)} twice", where="sequencing run", do="name each sample once"
        )
    searched = [_exact(one.tally).keys() for one in run]
    for one, targets in zip(run, searched, strict=True):
        if targets != searched[0]:
            raise InvariantBroken(
                f"{one.tally.sample} and {names[0]} were searched for different clones",
                where="sequencing run",
                do="look for every patient's clones in every sample of the run",
            )


def _exact(tally: Tally) -> dict[Target, int]:
    return {count.target: count.reads for count in tally.counts if count.target.tier == Tier.EXACT}


def _pairs(run: Sequence[Sequenced], by_chance: Mapping[tuple[str, str], float]) -> list[_Pair]:
    counts = {one.tally.sample: _exact(one.tally) for one in run}
    targets = list(next(iter(counts.values()), {}))
    everywhere = {target: sum(seen[target] for seen in counts.values()) for target in targets}
    total = max(sum(one.tally.reads_total for one in run), 1)
    windows: dict[str, set[str]] = {}
    for target in targets:
        windows.setdefault(target.owner, set()).add(target.window)
    return [
        _Pair(
            target,
            one.tally.sample,
            one.owner,
            one.kind,
            reads,
            (
                (everywhere[target] - reads) * one.tally.reads_total / total,
                (everywhere[target] - reads) / len(run),
            ),
            by_chance.get((target.owner, target.name), 0.0) * examined(one.tally) / 1e6,
            target.owner != one.owner and target.window in windows.get(one.owner, ()),
        )
        for one in run
        for target, reads in counts[one.tally.sample].items()
    ]


def _fit(pairs: list[_Pair], model: int, looked_at: int) -> tuple[Hopping, set[_Pair]]:
    """How much hops, and the pairs far above it, which are left out until nothing changes.

    Each pair is held against what the clones of all other owners, in all other samples, make expect: one
    contaminated sample must not raise the measure that it is held against, nor two that were swapped.
    """
    far: set[_Pair] = set()
    for _ in range(len(pairs) + 1):
        again = _far(pairs, far, model, looked_at)
        if again <= far:
            break
        far |= again
    return _hopping([pair for pair in pairs if pair not in far], model), far


def _far(pairs: list[_Pair], left_out: set[_Pair], model: int, looked_at: int) -> set[_Pair]:
    kept = [pair for pair in pairs if pair not in left_out and pair.chance < _RARE]
    reads, exposure = sum(p.reads for p in kept), math.fsum(p.exposures[model] for p in kept)
    own = _sums(kept, model, lambda pair: (pair.target.owner, pair.sample))
    back = _sums(kept, model, lambda pair: (pair.target.owner, pair.owner))
    far: set[_Pair] = set()
    for pair in pairs:
        here = own.get((pair.target.owner, pair.sample), (0, 0.0))
        there = back.get((pair.owner, pair.target.owner), (0, 0.0)) if pair.owner else (0, 0.0)
        seen, rest = reads - here[0] - there[0], exposure - here[1] - there[1]
        known = rest > 1e-9 * exposure
        rate = poisson_upper(seen).upper / rest if known else ASSUMED_HOPPING
        expected = min(rate, MOST_HOPPING if seen else ASSUMED_HOPPING) * pair.exposures[model] + pair.chance
        beyond = known and seen > MOST_HOPPING * rest  # then nothing is left for unevenness to explain
        if pair.reads < max(FAR_ABOVE, expected * (1 if beyond else FAR_ABOVE)):
            continue
        if reads_at_least(pair.reads, expected, _lumps(pair.chance, expected)) < BY_CHANCE / looked_at:
            far.add(pair)
    return far


def _sums(
    pairs: list[_Pair], model: int, of: Callable[[_Pair], tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, float]]:
    """Reads and exposure of the pairs that are alike in this."""
    sums: dict[tuple[str, str], tuple[int, float]] = {}
    for pair in pairs:
        reads, exposure = sums.get(of(pair), (0, 0.0))
        sums[of(pair)] = (reads + pair.reads, exposure + pair.exposures[model])
    return sums


def _hopping(kept: list[_Pair], model: int) -> Hopping:
    measured = [pair for pair in kept if pair.chance < _RARE and pair.exposures[model] > 0]
    reads, exposure = sum(p.reads for p in measured), math.fsum(p.exposures[model] for p in measured)
    if exposure == 0:
        return Hopping(ASSUMED_HOPPING, ASSUMED_HOPPING, 0.0, 0, 0, assumed=True)
    rate = reads / exposure
    expected = [rate * pair.exposures[model] for pair in measured]
    squares = math.fsum(e * e for e in expected)
    excess = math.fsum((p.reads - e) ** 2 - p.reads for p, e in zip(measured, expected, strict=True))
    is_uneven = squares > 0 and excess > _UNEVEN_BEYOND * math.sqrt(2 * squares)
    uneven = excess / squares if is_uneven else 0.0
    return Hopping(rate, poisson_upper(reads).upper / exposure, uneven, reads, len(measured), assumed=False)


def _believed(fits: tuple[Hopping, Hopping], kept: list[_Pair]) -> _Fits:
    """Both ways of sharing, or the one of which the reads are far more likely."""
    pairs = [pair for pair in kept if pair.chance < _RARE and min(pair.exposures) > 0]
    if any(fit.reads == 0 for fit in fits):
        return fits
    likely: list[float] = []
    spread: list[float] = []
    for model in (0, 1):
        exposure = math.fsum(pair.exposures[model] for pair in pairs)
        rate = max(sum(pair.reads for pair in pairs), 1) / exposure if exposure else 1.0
        expected = [rate * pair.exposures[model] for pair in pairs]
        likely.append(math.fsum(p.reads * math.log(e) - e for p, e in zip(pairs, expected, strict=True)))
        squares = math.fsum((p.reads - e) ** 2 / e for p, e in zip(pairs, expected, strict=True))
        spread.append(squares / max(len(pairs) - 1, 1))
    better = (likely[0] - likely[1]) / max(min(spread), 1.0)
    return (
        fits[0] if better > -_FAR_MORE_LIKELY else None,
        fits[1] if better < _FAR_MORE_LIKELY else None,
    )


def _foreign(
    in_sample: list[_Pair],
    fits: _Fits,
    far: set[_Pair],
    in_diagnosis: Mapping[tuple[str, Target], str],
) -> tuple[Foreign, ...]:
    """The clones of others in one sample, most reads first."""
    found: list[Foreign] = []
    for pair in in_sample:
        if pair.target.owner == pair.owner or not pair.reads:
            continue
        held = in_diagnosis.get((pair.owner, pair.target), pair.sample) != pair.sample
        expected = _most_hopped(pair, fits) + pair.chance
        found.append(
            Foreign(
                pair.target.owner,
                pair.target.name,
                pair.reads,
                expected,
                pair in far and not held,
                pair.in_own_index or held,
            )
        )
    return tuple(sorted(found, key=lambda foreign: (-foreign.reads, foreign.owner, foreign.name)))


def _swapped(
    in_sample: Mapping[str, list[_Pair]],
    fits: _Fits,
    far: set[_Pair],
    in_diagnosis: Mapping[tuple[str, Target], str],
) -> dict[str, tuple[str, ...]]:
    """Samples without their own clones that hold those of others, and the samples these may belong to."""
    owners: dict[str, str] = {}
    holds: dict[str, set[str]] = {}
    for sample, pairs in in_sample.items():
        own = [pair for pair in pairs if pair.target.owner == pair.owner]
        if own and all(p.reads < FAR_ABOVE * max(_most_hopped(p, fits) + p.chance, 1.0) for p in own):
            owners[sample] = own[0].owner
            held = [p for p in pairs if p in far and (p.owner, p.target) not in in_diagnosis]
            holds[sample] = {pair.target.owner for pair in held}
    found: dict[str, set[str]] = {}
    for sample, others in holds.items():
        partners = [name for name, owner in owners.items() if owner in others]
        mutual = [name for name in partners if owners[sample] in holds[name]]
        for name in mutual or partners:
            found.setdefault(sample, set()).add(name)
            found.setdefault(name, set()).add(sample)
    return {sample: tuple(sorted(names)) for sample, names in found.items()}


def _backgrounds(
    in_sample: list[_Pair],
    elsewhere: Mapping[Target, list[_Pair]],
    depth: Mapping[str, int],
    fits: _Fits,
) -> Mapping[str, Background]:
    """What is known of each of the owner's clones where it is not, for one sample."""
    made: dict[str, Background] = {}
    for pair in in_sample:
        if pair.target.owner != pair.owner:
            continue
        controls = elsewhere.get(pair.target, [])
        uneven = max(fit.uneven for fit in fits if fit)
        made[pair.target.name] = Background(
            control_reads=sum(p.reads for p in controls),
            control_examined=sum(depth[p.sample] for p in controls),
            control_hopped=math.fsum(min(_least_hopped(p, fits), p.reads) for p in controls),
            empty_tubes=sum(p.kind == SampleKind.NO_TEMPLATE for p in controls),
            hopped=_most_hopped(pair, fits),
            uneven=uneven,
            control_most=max((p.reads for p in controls), default=0),
        )
    return MappingProxyType(made)


def _most_hopped(pair: _Pair, fits: _Fits) -> float:
    return max(fit.upper * exposure for fit, exposure in zip(fits, pair.exposures, strict=True) if fit)


def _least_hopped(pair: _Pair, fits: _Fits) -> float:
    return min(fit.rate * exposure for fit, exposure in zip(fits, pair.exposures, strict=True) if fit)


def _lumps(chance: float, expected: float) -> float:
    """The squared coefficient of variation where part of the reads comes as whole templates."""
    return _LUMP * chance / expected**2 if chance else 0.0
