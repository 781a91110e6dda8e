"""When two endpoints make a success: both required, or either by a rule that keeps alpha.

A test of one endpoint reaches level 0 (not alpha), 1 (alpha) or 2 (half of alpha); the rules are tables of
these levels, so that one enumeration serves them all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from remission.errors import InputRefused
from remission.stats.interval import check_level
from remission.stats.pairs.cells import check_fractions
from remission.stats.pairs.joint import both_required, holm
from remission.terms.words import Text


class Rule(StrEnum):
    """What two endpoints must show."""

    BOTH = "both"  # intersection-union: each at alpha, success only together
    BONFERRONI = "bonferroni"  # either, each at half of alpha
    HOLM = "holm"  # either at half of alpha, then the other at alpha
    HIERARCHICAL = "hierarchical"  # the first at alpha, then the second at alpha


RULE_WORDS = {
    Rule.BOTH: Text("both required, each at alpha", "两终点均须达到，各用 α"),
    Rule.BONFERRONI: Text("either, each at alpha / 2 (Bonferroni)", "任一终点，各用 α/2（Bonferroni）"),
    Rule.HOLM: Text("either, by Holm's steps", "任一终点，Holm 逐步法"),
    Rule.HIERARCHICAL: Text("first, then second, each at alpha", "先第一终点后第二终点，各用 α"),
}

_SUCCEEDS: dict[Rule, tuple[Callable[[int, int], bool], Callable[[int, int], bool]]] = {
    Rule.BOTH: (lambda one, two: one >= 1, lambda one, two: two >= 1),
    Rule.BONFERRONI: (lambda one, two: one == 2, lambda one, two: two == 2),
    Rule.HOLM: (
        lambda one, two: one >= (1 if two == 2 else 2),
        lambda one, two: two >= (1 if one == 2 else 2),
    ),
    Rule.HIERARCHICAL: (lambda one, two: one >= 1, lambda one, two: one >= 1 and two >= 1),
}


def endpoints_succeed(rule: Rule, one: int, two: int) -> tuple[bool, bool]:
    """Which endpoints succeed at the levels reached (0, 1 or 2); under `BOTH` each by its own test."""
    first, second = _SUCCEEDS[rule]
    return first(one, two), second(one, two)


def succeeds(rule: Rule, one: int, two: int) -> bool:
    """Whether the trial succeeds: under `BOTH` with both endpoints, else with at least one."""
    first, second = endpoints_succeed(rule, one, two)
    return first and second if rule is Rule.BOTH else first or second


@dataclass(frozen=True, slots=True)
class Against:
    """Each endpoint tested against a rate of at most its `p0` at one-sided `alpha`, by the exact binomial.

    Raises
    ------
    InputRefused
        For rates outside 0..1 or alpha not strictly between 0 and 1.
    """

    p0: tuple[float, float]
    alpha: float

    def __post_init__(self) -> None:
        check_fractions(self.p0, "p0")
        check_level(1 - self.alpha)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Each endpoint succeeds with at least this many negative among everybody."""

    first: int
    second: int


def bonferroni(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values, in the given order: each times their number, at most 1.

    Raises
    ------
    InputRefused
        For no p-value, or one outside 0..1.
    """
    both_required(p_values)  # refuses what is not a p-value
    return tuple(min(1.0, len(p_values) * p) for p in p_values)


def hierarchical(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values of endpoints tested in the given order: the largest so far.

    An endpoint is tested only where every one before it succeeded, each at the whole of alpha.
    `Raises` as in `bonferroni`.

    References
    ----------
    Maurer, Hothorn and Lehmacher 1995, in Biometrie in der chemisch-pharmazeutischen Industrie 6:3-18
    """
    return tuple(both_required(p_values[: place + 1]) for place in range(max(1, len(p_values))))


@dataclass(frozen=True, slots=True)
class Adjusted:
    """P-values of the endpoints by the rule, and `whole`, that of the trial; None: not evaluable."""

    first: float | None
    second: float | None
    whole: float | None


def adjusted(rule: Rule, first: float | None, second: float | None) -> Adjusted:
    """The p-values by a rule; an endpoint that nobody could be evaluated for has None.

    Under `BOTH` the whole is then not evaluable; under `HIERARCHICAL` nothing after it is. Under
    `BONFERRONI` and `HOLM` it counts among the endpoints all the same: it was to be tested.

    Raises
    ------
    InputRefused
        For a p-value outside 0..1.
    """
    known = [p for p in (first, second) if p is not None]
    check_fractions(known, "p-values")
    if rule is Rule.BOTH:
        return Adjusted(first, second, both_required(known) if len(known) == 2 else None)
    if rule is Rule.HIERARCHICAL:
        after = None if first is None or second is None else max(first, second)
        return Adjusted(first, after, first)
    both = (1.0 if first is None else first, 1.0 if second is None else second)
    one, two = bonferroni(both) if rule is Rule.BONFERRONI else holm(both)
    kept = (None if first is None else one, None if second is None else two)
    return Adjusted(*kept, min((p for p in kept if p is not None), default=None))


def refuse_step_down(rule: Rule) -> None:
    """Refuse Holm's rule where only one critical count is given for each endpoint."""
    if rule is Rule.HOLM:
        raise InputRefused(
            "Holm's rule needs two critical counts for each endpoint",
            where="two endpoints",
            do="give p0 and alpha",
        )
