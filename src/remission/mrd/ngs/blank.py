"""The limit of blank: how many reads of a clone a sample may show that has none of it.

Three sources, kept apart. What negative controls show (carry-over, chance, whatever it was): an upper 95 %
limit of their rate; of templates, where any of them shows as many reads as a template leaves, since
carry-over comes as whole ones. What hops in from other samples of the run (`crosscheck`). And chance: healthy
cells with the same rearrangement, as many as the uniqueness of the clone says; these come as whole templates,
with all the reads a template gives.

A clone is called where its reads exceed what such a sample shows with `CERTAINTY`. The 95 % of CLSI EP17-A2
would call one negative sample in 20 positive; here 200 samples of five clones leave one call in ten runs.
That certainty is conditional: templates carried over too seldom for n controls to show one are not in the
limit, and up to `unseen_carry_over(n)` of clean samples can be called by them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.tally import Tally, TargetCount, Tier
from remission.stats.compound import Burst, compound_upper, most_marks, reaches
from remission.stats.counts import poisson_upper
from remission.stats.tails import negative_binomial_at_least, poisson_at_least

CERTAINTY = 0.9999
"""That a sample without a clone shows no more reads of it than the limit of blank."""

ASSUMED_RATE = 1e-7
"""Background reads of a clone per read examined, where no negative control was given. ASSUMED, by us."""

_ONE_READ_EACH = 0.05
"""Chance that a template leaves no more reads than a control shows, from which on it may be one."""

_BEYOND_HOPPING = 0.001
"""Chance of a control's reads by hopping alone below which there is more in them."""

_NOT_EXAMINED = (
    Fate.SPIKE,
    Fate.NO_REARRANGEMENT,
    Fate.NOT_MERGED,
    Fate.TOO_SHORT,
    Fate.LOW_QUALITY,
)


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of a clone's reads where the clone is not, before a sample's own depth is.

    `control_reads` among `control_examined` reads of negative controls, of which `control_hopped` are
    expected to have hopped in from the run; `control_most` in the control with most (None: not known, it may
    be all); `empty_tubes` had no DNA: each is worth one sample, whatever its
    reads. `hopped` reads, at most, hop into this sample; `uneven` is the squared coefficient of variation of
    hopping from one pair of samples to another.
    """

    control_reads: int = 0
    control_examined: int = 0
    control_hopped: float = 0.0
    empty_tubes: int = 0
    hopped: float = 0.0
    uneven: float = 0.0
    control_most: int | None = None

    @property
    def has_controls(self) -> bool:
        """Whether any negative control stands behind it."""
        return self.control_examined > 0 or self.empty_tubes > 0


@dataclass(frozen=True, slots=True)
class Blank:
    """The limit of blank of one clone in one sample, in reads, and what it is made of (expected reads).

    `samples`: how many samples of this depth the controls are worth. `lumpy`: they show whole templates.
    """

    reads: int
    controls: float
    hopped: float
    chance: float
    assumed: bool
    samples: float = 0.0
    lumpy: bool = False


def examined(tally: Tally) -> int:
    """Reads that could have been a clone: all but spikes, and those lost or without a rearrangement."""
    return tally.reads_total - sum(tally.fates.get(fate, 0) for fate in _NOT_EXAMINED)


def clone_counts(tally: Tally, owner: str, tier: Tier = Tier.EXACT) -> Mapping[str, TargetCount]:
    """What a sample shows of the clones of one owner, by name."""
    return {
        count.target.name: count
        for count in tally.counts
        if count.target.owner == owner and count.target.tier == tier
    }


def from_controls(
    index: Index, controls: Sequence[Tally], empty: Sequence[Tally] = ()
) -> Mapping[str, Background]:
    """The background of each clone, from samples known to be without it (`empty`: tubes without DNA).

    Raises
    ------
    InvariantBroken
        If a control was not searched for a clone of the index, or one sample is given twice.
    """
    names = [tally.sample for tally in (*controls, *empty)]
    if len(set(names)) != len(names):
        raise InvariantBroken(
            f"negative controls {', '.join(names)}", where=f"index {index.sample}", do="give each once"
        )
    seen = [(tally.sample, clone_counts(tally, index.sample)) for tally in (*controls, *empty)]
    for sample, counts in seen:
        missing = [clone.name for clone in index.clones if clone.name not in counts]
        if missing:
            raise InvariantBroken(
                f"{', '.join(missing)} of {index.sample} was not looked for",
                where=f"negative control {sample}",
                do="track the control with this index",
            )
    depth = sum(examined(tally) for tally in controls)
    return MappingProxyType(
        {
            clone.name: Background(
                control_reads=sum(counts[clone.name].reads for _, counts in seen),
                control_examined=depth,
                empty_tubes=len(empty),
                control_most=max((counts[clone.name].reads for _, counts in seen), default=0),
            )
            for clone in index.clones
        }
    )


def limit_of_blank(
    background: Background,
    depth: int,
    by_chance: float,
    burst: Burst,
    certainty: float = CERTAINTY,
) -> Blank:
    """The most reads that a sample without the clone shows, with this certainty.

    Parameters
    ----------
    background : Background
        From controls and from the run.
    depth : int
        Reads examined in the sample.
    by_chance : float
        Reads expected to match among one million rearrangements (`Uniqueness.by_chance`); every read examined
        is taken as one of its kind.
    burst : Burst
        The reads of one template.

    Raises
    ------
    InputRefused
        For a depth or chance that is negative or not finite.
    """
    if not (depth >= 0 and math.isfinite(by_chance) and by_chance >= 0):
        raise InputRefused(
            f"{depth} reads, {by_chance!r} by chance in a million",
            where="limit of blank",
            do="give 0 or more",
        )
    samples = _samples(background, depth)
    lumpy = _is_lumpy(background, burst)
    controls = _templates(background, burst, samples) * burst.mean if lumpy else _reads(background, depth)
    chance = by_chance * depth / 1e6
    lumps = (chance + (controls if lumpy else 0.0)) / burst.mean
    one_by_one = background.hopped + (0.0 if lumpy else controls)
    # Either source alone may exceed its part half as often: then both together do at most as often as asked.
    part = certainty if lumps == 0 or one_by_one == 0 else (1 + certainty) / 2
    by_template = 0 if lumps == 0 else most_marks(lumps, burst, part)
    by_read = most_reads(one_by_one, _uneven(background, one_by_one), part)
    return Blank(
        by_template + by_read,
        controls,
        background.hopped,
        chance,
        not background.has_controls,
        samples if background.has_controls else 0.0,
        lumpy,
    )


def unseen_carry_over(samples: float) -> float:
    """The most clean samples (fraction) that whole templates carried over can call, unseen in the controls.

    With a mean of m templates a sample, n controls all miss them with a chance of exp(-n m), and a sample
    has one with 1 - exp(-m). The product, over controls and sample, is highest at exp(-m) = n / (n + 1).
    """
    return (samples / (samples + 1)) ** samples / (samples + 1)


def most_reads(mean: float, uneven: float, certainty: float) -> int:
    """The fewest reads not exceeded with this certainty: Poisson, or negative binomial where uneven."""
    high = 1
    while reads_at_least(high + 1, mean, uneven) > 1 - certainty:
        high *= 2
    low = -1
    while high - low > 1:
        middle = (low + high) // 2
        if reads_at_least(middle + 1, mean, uneven) > 1 - certainty:
            low = middle
        else:
            high = middle
    return high


def reads_at_least(reads: int, mean: float, uneven: float) -> float:
    """P(at least so many reads) of background."""
    if uneven == 0 or mean == 0:
        return poisson_at_least(reads, mean)
    return negative_binomial_at_least(reads, mean, 1 / uneven)


def _samples(background: Background, depth: int) -> float:
    """How many samples of this depth the controls are worth."""
    return background.control_examined / depth + background.empty_tubes if depth else 1.0


def _reads(background: Background, depth: int) -> float:
    """Reads expected at most (upper 95 % limit) beyond those that hop, at the depth of this sample."""
    if not background.has_controls:
        return 0.0 if background.hopped else ASSUMED_RATE * depth
    most = poisson_upper(background.control_reads).upper - background.control_hopped
    return max(most, 0.0) / _samples(background, depth)


def _is_lumpy(background: Background, burst: Burst) -> bool:
    """Whether a control shows as many reads, beyond those that hop, as a template leaves."""
    seen, hopped = background.control_reads, background.control_hopped
    if not seen or (hopped and reads_at_least(seen, hopped, background.uneven) > _BEYOND_HOPPING):
        return False
    most = seen if background.control_most is None else background.control_most
    one = np.ones(1)
    return 1 - float(reaches(math.ceil(min(most, seen - hopped)) + 1, one, burst)[0]) >= _ONE_READ_EACH


def _templates(background: Background, burst: Burst, samples: float) -> float:
    """Templates expected at most (upper 95 % limit) in a sample, beyond reads that hop."""
    beyond = math.ceil(background.control_reads - background.control_hopped)
    return compound_upper(beyond, burst).upper / samples


def _uneven(background: Background, total: float) -> float:
    """The squared coefficient of variation of what comes read by read: only what hops is uneven."""
    return background.uneven * (background.hopped / total) ** 2 if total else 0.0
