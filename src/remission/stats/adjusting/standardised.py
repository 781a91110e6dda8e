"""The control's rate as it would be with the trial's mix of strata."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from remission.errors import InputRefused
from remission.stats.adjusting.effects import Effect, effect
from remission.stats.adjusting.people import People, strata
from remission.terms.words import Text


def crude(people: People, level: float = 0.95) -> Effect:
    """Both groups as they are, nothing adjusted."""
    arm, outcome = people.arm(), people.outcome()
    rates = (float(outcome[arm == 1].mean()), float(outcome[arm == 0].mean()))
    sizes = (float(arm.sum()), float((1 - arm).sum()))
    covariance = np.diag([rate * (1 - rate) / size for rate, size in zip(rates, sizes, strict=True)])
    words = Text("nothing adjusted; Wald limits", "未调整；Wald区间")
    return effect(Text("crude", "粗比较"), rates, covariance, level, sizes[1], words)


def standardised(people: People, of: Sequence[str], level: float = 0.95) -> Effect:
    """Direct standardisation to the trial: control rates by stratum, weighted by the trial's strata.

    Parameters
    ----------
    people : People
    of : sequence of str
        Ids of the factors whose levels together form the strata (day-19 band and risk group, say).
    level : float

    Raises
    ------
    InputRefused
        When the trial has people in a stratum without controls: nothing is known of them.

    Notes
    -----
    The shares of the strata are taken as given. A stratum in which all or none of the controls responded adds
    no variance to the Wald limits; the settings name how many there are.

    References
    ----------
    Rothman, Greenland and Lash 2008, Modern Epidemiology, chapter 15
    """
    keys, arm, outcome = strata(people, of), people.treated, people.outcome()
    mine = Counter(key for key, treated in zip(keys, arm, strict=True) if treated)
    theirs = Counter(key for key, treated in zip(keys, arm, strict=True) if not treated)
    bare = sorted(key for key in mine if not theirs[key])
    if bare:
        example = f"{' / '.join(bare[0])} ({mine[bare[0]]} people)"
        raise InputRefused(
            f"no control in {len(bare)} strata of the trial, such as {example}",
            where=f"standardisation by {', '.join(of)}",
            do="merge strata, or leave a factor out and say so",
        )
    responded = Counter(
        key for key, treated, yes in zip(keys, arm, outcome, strict=True) if not treated and yes
    )
    size = sum(mine.values())
    control, variance, weight_squares, flat = 0.0, 0.0, 0.0, 0
    for key, count in sorted(mine.items()):
        share, rate = count / size, responded[key] / theirs[key]
        control += share * rate
        variance += share**2 * rate * (1 - rate) / theirs[key]
        weight_squares += share**2 / theirs[key]
        flat += rate in (0.0, 1.0)
    treated = float(np.average(outcome, weights=people.arm()))
    covariance = np.diag([treated * (1 - treated) / size, variance])
    by = ", ".join(of)
    words = Text(
        f"strata by {by}: {len(mine)}, in {flat} of them all or no controls responded; shares as given",
        f"按{by}分层：{len(mine)}层，其中{flat}层对照全部或无人缓解；各层比例视为已知",
    )
    method = Text("standardised to the trial", "按试验人群标准化")
    return effect(method, (treated, control), covariance, level, 1 / weight_squares, words)
