"""True levels of disease that have the rates asked for, stratum by stratum."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.stats.operating.assay import Levels

_HALVINGS = 60
_LEAST_SPREAD, _MOST_SPREAD = 0.2, 60.0


@dataclass(frozen=True, slots=True)
class Stratum:
    """A share of the children whose levels lie `shift` powers of ten above those at shift 0."""

    name: str
    share: float
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Below:
    """A rate of children below a level."""

    level: float
    rate: float


def share_below(strata: Sequence[Stratum], at_zero: Levels, level: float) -> float:
    """The share of all children truly below a level, over the strata."""
    return math.fsum(
        stratum.share * _below(at_zero, stratum.shift, math.log10(level)) for stratum in strata
    ) / math.fsum(stratum.share for stratum in strata)


def levels_through_one(strata: Sequence[Stratum], wanted: Below, spread: float) -> Levels:
    """Levels of a given spread at shift 0, such that over all strata the rate below a level is as wanted.

    Raises
    ------
    InputRefused
        For a rate not between 0 and 1, a level not between 0 and 1, or no stratum.
    """
    _check(strata, wanted)
    low, high = -300.0, 300.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if share_below(strata, Levels(middle, spread), wanted.level) > wanted.rate:
            low = middle
        else:
            high = middle
    return Levels((low + high) / 2, spread)


def levels_through(strata: Sequence[Stratum], higher: Below, lower: Below) -> Levels:
    """The log-normal levels at shift 0 that have both rates over all strata: nested by nature.

    Parameters
    ----------
    strata : sequence of Stratum
    higher, lower : Below
        The rate below the higher level and, smaller, that below the lower level.

    Raises
    ------
    InputRefused
        For rates or levels out of order, or rates that no such levels have.
    """
    for wanted in (higher, lower):
        _check(strata, wanted)
    if not (lower.level < higher.level and lower.rate < higher.rate):
        raise InputRefused(
            f"{lower.rate:g} below {lower.level:g} and {higher.rate:g} below {higher.level:g}",
            where="rates of two endpoints",
            do="give the lower level the lower rate: who is below it is below the higher level too",
        )
    small, large = _LEAST_SPREAD, _MOST_SPREAD
    rates = [
        share_below(strata, levels_through_one(strata, higher, spread), lower.level)
        for spread in (small, large)
    ]
    if not rates[0] <= lower.rate <= rates[1]:
        raise InputRefused(
            f"{lower.rate:g} below {lower.level:g} beside {higher.rate:g} below {higher.level:g}",
            where="rates of two endpoints",
            do=f"with these strata give a lower rate from {rates[0]:.3g} to {rates[1]:.3g}",
        )
    for _ in range(48):
        middle = math.sqrt(small * large)
        if share_below(strata, levels_through_one(strata, higher, middle), lower.level) < lower.rate:
            small = middle
        else:
            large = middle
    return levels_through_one(strata, higher, math.sqrt(small * large))


def _below(levels: Levels, shift: float, log_level: float) -> float:
    some = 0.5 * math.erfc((levels.mean + shift - log_level) / levels.spread / math.sqrt(2))
    return levels.none + (1 - levels.none) * some


def _check(strata: Sequence[Stratum], wanted: Below) -> None:
    if not strata or not all(stratum.share > 0 and math.isfinite(stratum.shift) for stratum in strata):
        raise InputRefused(
            f"strata {[(one.name, one.share, one.shift) for one in strata]}",
            where="strata",
            do="give at least one, each with a share above 0",
        )
    if not (0 < wanted.rate < 1 and 0 < wanted.level < 1):
        raise InputRefused(
            f"rate {wanted.rate!r} below level {wanted.level!r}",
            where="true levels",
            do="give a rate and a level above 0 and below 1",
        )
