"""The search for a design of each kind, and what no design can do."""

from collections.abc import Iterator

from remission.stats.designs.bop2 import find_bop2
from remission.stats.designs.exact_spending import spending_design
from remission.stats.designs.k_stage import three_stage
from remission.stats.designs.predictive import find_predictive
from remission.stats.designs.simon import simon
from remission.stats.designs.single_stage import single
from remission.stats.designs.spending import HwangShihDeCani, ObrienFleming, Pocock, Spending
from remission.stats.designs.staged import Staged
from remission.stats.operating.wanted import Kind, Wanted
from remission.stats.rates.proportions import critical_value
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text

_MOST_THREE = 150
_FURTHER = 60  # children that a Bayesian design may need beyond the smallest single stage

Designs = Iterator[tuple[Kind, Staged, Text | None]]
"""Designs found, each with its settings in words."""


def most_power(n: int, p0: float, p1: float, alpha: float) -> float:
    """The power at p1 of the best test of n participants, rejecting by chance where alpha is left.

    No design of at most n participants has more, whatever its looks: what it does is a test of those n.
    Neyman and Pearson 1933, Philosophical Transactions of the Royal Society A 231:289-337.

    Raises
    ------
    InputRefused
        As `rates.proportions.critical_value`.
    """
    found = critical_value(n, p0, alpha)
    critical = n + 1 if found is None else found
    spent, least = (binomial_at_least(x, n, p0) for x in (critical, critical - 1))
    part = (alpha - spent) / (least - spent)
    sure, nearly = (binomial_at_least(x, n, p1) for x in (critical, critical - 1))
    return sure + part * (nearly - sure)


def searches(wanted: Wanted) -> Iterator[tuple[tuple[Kind, ...], Designs | Text]]:
    """Each search with the kinds it looks for; words where it is not worth its time."""
    stages = wanted.stages
    if stages in (None, 1):
        yield (Kind.SINGLE, Kind.SAFE), _singles(wanted)
    if stages in (None, 2):
        yield (Kind.SIMON_OPTIMAL, Kind.SIMON_MINIMAX), _simons(wanted)
    if stages in (None, 3):
        yield (Kind.THREE_STAGE,), _too_long(wanted) or _three(wanted)
    if stages != 1:
        looks = stages or 3
        yield (Kind.OBRIEN_FLEMING,), _spent(wanted, looks, Kind.OBRIEN_FLEMING, ObrienFleming())
        yield (Kind.POCOCK,), _spent(wanted, looks, Kind.POCOCK, Pocock())
        yield (Kind.BOP2,), _bop2(wanted, looks)
    if stages is None:
        yield (Kind.PREDICTIVE,), _predictive(wanted)


def _too_long(wanted: Wanted) -> Text | None:
    """Why three stages are not searched; with nothing or little to find the search takes up to a minute."""
    most = min(wanted.n_max, _MOST_THREE)
    if most_power(most, wanted.p0, wanted.p1, wanted.alpha) < wanted.power - 1e-12:
        return Text(f"no test of {most} has the power", f"{most}例的任何检验均达不到把握度")
    if wanted.stages is None:
        least = single(wanted.p0, wanted.p1, wanted.alpha, wanted.beta).min_n
        if least > most:
            return Text(
                f"one stage needs {least}, the search ends at {most}; ask for three stages to have it",
                f"单阶段需{least}例，搜索止于{most}例；如需请指定三阶段",
            )
    return None


def _singles(wanted: Wanted) -> Designs:
    found = single(wanted.p0, wanted.p1, wanted.alpha, wanted.beta)
    yield Kind.SINGLE, found.smallest.staged, None
    yield Kind.SAFE, found.safe.staged, None


def _simons(wanted: Wanted) -> Designs:
    found = simon(wanted.p0, wanted.p1, wanted.alpha, wanted.beta, wanted.n_max)
    yield Kind.SIMON_OPTIMAL, found.optimal.staged, _searched(wanted.n_max)
    yield Kind.SIMON_MINIMAX, found.minimax.staged, _searched(wanted.n_max)
    for one in found.admissible[1:-1]:
        weights = Text(
            f"weight of n {one.lower:.3f} to {one.upper:.3f}", f"n的权重{one.lower:.3f}至{one.upper:.3f}"
        )
        yield Kind.SIMON_ADMISSIBLE, one.design.staged, weights


def _searched(most: int) -> Text:
    return Text(f"search to n = {most}", f"搜索至{most}例")


def _three(wanted: Wanted) -> Designs:
    most = min(wanted.n_max, _MOST_THREE)
    found = three_stage(wanted.p0, wanted.p1, wanted.alpha, wanted.beta, most)
    yield Kind.THREE_STAGE, found.design, _searched(most)


def _spent(wanted: Wanted, looks: int, kind: Kind, spending: Spending) -> Designs:
    fractions = [(place + 1) / looks for place in range(looks)]
    design = spending_design(
        fractions, wanted.p0, wanted.p1, wanted.alpha, wanted.beta, spending,
        futility=HwangShihDeCani(-4), n_max=wanted.n_max,
    )  # fmt: skip
    yield (
        kind,
        design,
        Text(
            "futility: Hwang-Shih-DeCani, gamma = -4, not binding",
            "无效界：Hwang-Shih-DeCani，γ = -4，无约束力",
        ),
    )


def _bop2(wanted: Wanted, looks: int) -> Designs:
    """The smallest n, at equally spaced looks, whose tuned design has the power."""
    least = single(wanted.p0, wanted.p1, wanted.alpha, wanted.beta).min_n
    for n in range(max(2, least - 5), min(wanted.n_max, least + _FURTHER) + 1):
        sizes = sorted({-(-n * (place + 1) // looks) for place in range(looks)})
        found = find_bop2(sizes, wanted.p0, wanted.p1, wanted.alpha)
        if found.alternative.rejects >= wanted.power:
            cut, prior = found.cut_offs, found.prior
            yield (
                Kind.BOP2,
                found.design,
                Text(
                    f"lambda = {cut.lam:g}, gamma = {cut.gamma:g}, prior Beta({prior.a:g}, {prior.b:g})",
                    f"λ = {cut.lam:g}，γ = {cut.gamma:g}，先验Beta({prior.a:g}, {prior.b:g})",
                ),
            )
            return


def _predictive(wanted: Wanted) -> Designs:
    least = single(wanted.p0, wanted.p1, wanted.alpha, wanted.beta).min_n
    found = find_predictive(
        wanted.p0, wanted.p1, wanted.alpha, wanted.beta, n_from=max(10, least - 5), n_max=wanted.n_max
    )
    yield (
        Kind.PREDICTIVE,
        found.design,
        Text(
            f"P(p > p0) >= {found.convinced:.4f}; stop below {found.too_low:g}",
            f"P(p > p0) ≥ {found.convinced:.4f}；低于{found.too_low:g}则停止",
        ),
    )
