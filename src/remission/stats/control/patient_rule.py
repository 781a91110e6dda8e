"""When children known one by one show the trial above its control: exactly, and with its type I error."""

from collections.abc import Sequence
from dataclasses import dataclass

from remission.stats.adjusting.compare import NotEvaluable
from remission.stats.adjusting.effects import Effect
from remission.stats.adjusting.exact_strata import exact_strata
from remission.stats.adjusting.people import People
from remission.stats.adjusting.standardised import stratified_counts
from remission.stats.control.control import CountsControl, Source
from remission.stats.control.operating import over_histories
from remission.stats.control.showing import p_value
from remission.stats.control.two_counts import boschloo_p
from remission.stats.rates.two import TwoCounts
from remission.terms.words import Text

FEWEST = 10
"""Controls that every stratum of the trial must have before anything is concluded."""

_UNEVEN = 0.03  # the most of 45 trials at random and 14 chosen to be hard (docs/rooms/stats-adjusting.md)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the trial is above its control, and what says so.

    `above`: None where it cannot be told. `p`: exact, one-sided; None where nothing was tested. `size`: the
    exact type I error of the rule: with one stratum at the rate of both groups together; with several at
    most this, given how many responded in each. `why`: the rule in words, or why there is none.
    """

    above: bool | None
    p: float | None
    size: float | None
    why: Text


def decide(
    people: People, by: Sequence[str], primary: Effect | NotEvaluable, alpha: float, source: Source
) -> Decision:
    """Decide for one-sided `alpha` between the standardised rates.

    One stratum: Boschloo's exact test. Several: the exact conditional test over strata (`exact_strata`), and
    the lower limit of the standardised difference above 0. The first holds alpha exactly where treatment
    changes nothing in any stratum, the second about where gains in one stratum make up for losses in another.
    """
    if not by:
        return _untold(
            "nothing to standardise by; limits of weighted effects do not decide",
            "未指定标准化因素；加权效应的区间不作判定",
        )
    if isinstance(primary, NotEvaluable):
        return _untold("a stratum of the trial has no controls", "试验中有的层没有对照")
    strata = stratified_counts(people, by)
    thin = [(key, one.n0) for key, one in strata if one.n0 < FEWEST]
    if thin:
        name, few = " / ".join(thin[0][0]), thin[0][1]
        return _untold(
            f"fewer than {FEWEST} controls in {len(thin)} of {len(strata)} strata, such as {name} ({few}): "
            "merge strata",
            f"{len(strata)}层中有{len(thin)}层对照不足{FEWEST}例，如{name}（{few}例）：请合并层",
        )
    if len(strata) == 1:
        return _one(strata[0][1], alpha, source)
    return _several([one for _, one in strata], primary, alpha)


def _one(counts: TwoCounts, alpha: float, source: Source) -> Decision:
    p = boschloo_p(counts.x1, counts.n1, counts.x0, counts.n0)
    rate = (counts.x1 + counts.x0) / (counts.n1 + counts.n0)
    size = over_histories(CountsControl(counts.x0, counts.n0, source), counts.n1, rate, alpha=alpha)
    return Decision(
        p <= alpha,
        p,
        size,
        Text(
            f"exact two-sample test (Boschloo 1970) {p_value(p)}; type I error {size:.3g} at the common rate",
            f"精确两样本检验（Boschloo 1970）{p_value(p)}；公共率处I类错误{size:.3g}",
        ),
    )


def _several(strata: Sequence[TwoCounts], primary: Effect, alpha: float) -> Decision:
    found, limits = exact_strata(strata, alpha), primary.difference.interval
    lower = -1.0 if limits is None else limits.lower
    return Decision(
        found.p <= alpha and lower > 0,
        found.p,
        found.size,
        Text(
            f"exact test over {len(strata)} strata (Gart 1970) {p_value(found.p)}, and lower limit of the "
            f"standardised difference {100 * lower:+.1f} %: both must tell; type I error at most "
            f"{found.size:.3g} (exact, treatment doing nothing in any stratum, given who responded in each); "
            f"where losses and gains cancel {_UNEVEN:g} at most in trials simulated at alpha .025",
            f"{len(strata)}层精确检验（Gart 1970）{p_value(found.p)}，且标准化率差下限{100 * lower:+.1f} %："
            f"须两者均成立；I类错误不超过{found.size:.3g}（精确值：各层治疗均无作用，各层缓解总数给定）；"
            f"各层得失相抵时，α .025的模拟中不超过{_UNEVEN:g}",
        ),
    )


def _untold(en: str, zh: str) -> Decision:
    return Decision(None, None, None, Text(en, zh))
