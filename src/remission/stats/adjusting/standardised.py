"""The control's rate as it would be with the trial's mix of strata."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.stats.adjusting.effects import Effect, hybrid_effect
from remission.stats.adjusting.people import People, strata
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import wilson
from remission.stats.rates.two import TwoCounts
from remission.stats.tails import normal_quantile
from remission.terms.words import Text

Key = tuple[str, ...]

STANDARDISED = Text("standardised to the trial", "按试验人群标准化")


def crude(people: People, level: float = 0.95) -> Effect:
    """Both groups as they are, nothing adjusted; limits by Newcombe's hybrid."""
    arm, outcome = people.arm(), people.outcome()
    counts = [(int(outcome[arm == group].sum()), int((arm == group).sum())) for group in (1, 0)]
    (yes, size), (theirs, of) = counts
    limits = wilson(yes, size, level), wilson(theirs, of, level)
    words = Text("nothing adjusted; hybrid limits (Newcombe 1998)", "未调整；混合区间（Newcombe 1998）")
    return hybrid_effect(Text("crude", "粗比较"), (yes / size, theirs / of), limits, float(of), words)


def stratified_counts(people: People, of: Sequence[str]) -> tuple[tuple[Key, TwoCounts], ...]:
    """Responders and people of both groups in each stratum that the trial has, by its levels.

    Parameters
    ----------
    people : People
    of : sequence of str
        Ids of the factors whose levels together form the strata (day-19 band and risk group, say).

    Raises
    ------
    InputRefused
        When the trial has people in a stratum without controls: nothing is known of them.
    """
    seen: Counter[tuple[Key, bool, bool]] = Counter(
        zip(strata(people, of), people.treated, people.responded, strict=True)
    )
    found: list[tuple[Key, tuple[int, ...]]] = []
    for key in sorted({key for key, treated, _ in seen if treated}):
        yes, theirs = seen[key, True, True], seen[key, False, True]
        found.append((key, (yes, yes + seen[key, True, False], theirs, theirs + seen[key, False, False])))
    bare = [(key, counts[1]) for key, counts in found if not counts[3]]
    if bare:
        example = f"{' / '.join(bare[0][0])} ({bare[0][1]} people)"
        raise InputRefused(
            f"no control in {len(bare)} strata of the trial, such as {example}",
            where=f"standardisation by {', '.join(of)}",
            do="merge strata, or leave a factor out and say so",
        )
    return tuple((key, TwoCounts(*counts)) for key, counts in found)


def standardised(people: People, of: Sequence[str], level: float = 0.95) -> Effect:
    """Direct standardisation to the trial: control rates by stratum, weighted by the trial's strata.

    Parameters
    ----------
    people : People
    of : sequence of str
        As in `stratified_counts`.
    level : float

    Raises
    ------
    InputRefused
        As `stratified_counts`, and for a level that is none.

    Notes
    -----
    The shares of the strata are taken as given. Limits join Wilson's of the trial's rate and the stratified
    Wilson limits of the control's (`stratified_wilson`) by Zou and Donner's hybrid: a stratum in which all or
    none of its few controls responded widens them, as it should.

    References
    ----------
    Rothman, Greenland and Lash 2008, Modern Epidemiology, chapter 15; Zou and Donner 2008, Statistics in
    Medicine 27:1693-1702
    """
    counts = [one for _, one in stratified_counts(people, of)]
    size, yes = sum(one.n1 for one in counts), sum(one.x1 for one in counts)
    shares = [one.n1 / size for one in counts]
    control = math.fsum(share * one.rate0 for share, one in zip(shares, counts, strict=True))
    limits = stratified_wilson([(one.x0, one.n0) for one in counts], shares, level)
    fewest, by = min(one.n0 for one in counts), _named(people, of)
    words = Text(
        f"strata by {by.en}: {len(counts)}, at least {fewest} controls in each; shares as given; hybrid "
        "limits of Wilson and stratified Wilson ones (Zou and Donner 2008; Yan and Su 2010)",
        f"按{by.zh}分层：{len(counts)}层，各层对照至少{fewest}例；各层比例视为已知；"
        "由Wilson与分层Wilson区间合成的混合区间（Zou和Donner 2008；Yan和Su 2010）",
    )
    kept = 1 / math.fsum(share**2 / one.n0 for share, one in zip(shares, counts, strict=True))
    return hybrid_effect(STANDARDISED, (yes / size, control), (wilson(yes, size, level), limits), kept, words)


def _named(people: People, of: Sequence[str]) -> Text:
    """The names of the factors, joined."""
    names = [one.name for one in people.covariates if one.id in of]
    return Text(", ".join(name.en for name in names), "、".join(name.zh for name in names))


def stratified_wilson(
    counts: Sequence[tuple[int, int]], shares: Sequence[float], level: float = 0.95
) -> Interval:
    """Limits of a rate averaged over strata with given shares.

    Each stratum has Wilson limits, at a z smaller than that of `level` so that their weighted sum has the
    variance of a weighted sum and not the sum of the errors. A stratum's variance for that is the binomial
    one half a person away from 0 and 1. With one stratum it is Wilson's interval.

    Parameters
    ----------
    counts : sequence of (responders, of)
    shares : sequence of float
        Of each stratum; they sum to 1.
    level : float

    References
    ----------
    Yan and Su 2010, Statistics in Biopharmaceutical Research 2:329-335, there with weights of least variance
    """
    check_level(level)
    errors: list[float] = []
    for (yes, of), share in zip(counts, shares, strict=True):
        near = (yes + 0.5) / (of + 1)
        errors.append(share * math.sqrt(near * (1 - near) / of))
    z = normal_quantile((1 + level) / 2) * math.hypot(*errors) / math.fsum(errors)
    own = math.erf(z / math.sqrt(2))
    limits = [wilson(yes, of, own) for yes, of in counts]
    lower, upper = (
        math.fsum(share * limit for share, limit in zip(shares, ends, strict=True))
        for ends in zip(*((one.lower, one.upper) for one in limits), strict=True)
    )
    return Interval(max(lower, 0.0), min(upper, 1.0), level)


def standard_weights(people: People, of: Sequence[str]) -> NDArray[np.float64]:
    """The weight of each person in `standardised`, shape (n,).

    1 in the trial; of a control the trial's share of its stratum over the controls' share of it, 0 where the
    trial has nobody.

    Raises
    ------
    InputRefused
        As `stratified_counts`.
    """
    known = dict(stratified_counts(people, of))
    size, others = sum(people.treated), people.n - sum(people.treated)
    ratio = {key: (one.n1 / size) / (one.n0 / others) for key, one in known.items()}
    return np.array(
        [
            1.0 if treated else ratio.get(key, 0.0)
            for key, treated in zip(strata(people, of), people.treated, strict=True)
        ]
    )
