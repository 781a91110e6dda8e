"""How many participants two endpoints need together: the smallest n, and that from which every n works."""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import check_rates
from remission.stats.operating.p0_source import P0Source
from remission.stats.operating.wanted import check_errors
from remission.stats.pairs.cells import NO_GAPS, Cells, Handling, independent, nested
from remission.stats.pairs.missing import size
from remission.stats.pairs.power import JointPower, power
from remission.stats.pairs.rules import RULE_WORDS, Against, Rule
from remission.stats.rates.proportions import critical_value
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class PairWanted:
    """p0 and p1 of two endpoints, what they must show, and whether the second lies within the first.

    `sources`: where each p0 comes from; None: it is assumed.

    Raises
    ------
    InputRefused
        For rates or errors as in `wanted.Wanted`, a second rate above the first where it is to lie within
        it, or a source whose rate is not p0.
    """

    first: tuple[float, float]
    second: tuple[float, float]
    rule: Rule
    nested: bool
    alpha: float = 0.025
    power: float = 0.8
    n_max: int = 150
    sources: tuple[P0Source | None, P0Source | None] = (None, None)

    def __post_init__(self) -> None:
        check_errors(self.alpha, self.power)
        for (p0, p1), source in zip((self.first, self.second), self.sources, strict=True):
            check_rates(p0, p1, self.alpha, 1 - self.power)
            if source:
                source.control(p0)
        if not 2 <= self.n_max <= 500:
            raise InputRefused(f"{self.n_max} at most", where="largest n", do="give 2 to 500")
        if self.nested and self.second[1] > self.first[1]:
            raise InputRefused(
                f"rate {self.second[1]:g} of the second endpoint within {self.first[1]:g} of the first",
                where="two endpoints",
                do="give the rarer endpoint second, or take them as independent",
            )

    @property
    def truth(self) -> Cells:
        """The cells at p1."""
        make = nested if self.nested else independent
        return make(self.first[1], self.second[1])

    @property
    def against(self) -> Against:
        """Both p0 with alpha."""
        return Against((self.first[0], self.second[0]), self.alpha)

    @property
    def steps(self) -> tuple[float, ...]:
        """The alphas at which each endpoint is tested, by the rule's steps."""
        half = self.alpha / 2
        return {Rule.BONFERRONI: (half,), Rule.HOLM: (half, self.alpha)}.get(self.rule, (self.alpha,))


@dataclass(frozen=True, slots=True)
class AtNull:
    """The counts that reject, for each of the rule's steps (None: none does), and exact type I error.

    `both_at_p0`: with both endpoints at their p0, None where those rates cannot be nested; `largest`: over
    all truths with an endpoint at its p0.
    """

    first: tuple[int | None, ...]
    second: tuple[int | None, ...]
    both_at_p0: float | None
    largest: float


@dataclass(frozen=True, slots=True)
class PairProposals(Printable):
    """The smallest n with the power, and the one from which every n to the largest has it (None: none).

    `smallest_null`, `safe_null`: the counts of each and what they do where nothing works.
    """

    wanted: PairWanted
    smallest: JointPower
    smallest_null: AtNull
    safe: JointPower | None
    safe_null: AtNull | None

    def printed(self) -> PrintedTable:
        """One row each."""
        rows = tuple(
            (
                name,
                str(one.n),
                _steps(null.first),
                _steps(null.second),
                "–" if null.both_at_p0 is None else f"{null.both_at_p0:.4f}",
                *(f"{p:.4f}" for p in (null.largest, one.success, one.first, one.second)),
            )
            for name, one, null in (
                (Text("smallest n that works", "满足要求的最小例数"), self.smallest, self.smallest_null),
                (Text("every n from here works", "由此起任何例数均满足"), self.safe, self.safe_null),
            )
            if one is not None and null is not None
        )
        heads = (
            Text("design", "设计"),
            Text("n", "例数"),
            Text("first rejects from", "第一终点界值"),
            Text("second rejects from", "第二终点界值"),
            Text("type I error, both at p0", "I类错误（两者均为p0）"),
            Text("at most", "至多"),
            Text("power", "把握度"),
            Text("of the first", "第一终点"),
            Text("of the second", "第二终点"),
        )
        return PrintedTable(Text("Two endpoints, one stage", "两个终点，单阶段"), heads, rows, self._notes())

    def _notes(self) -> tuple[Text, ...]:
        wanted = self.wanted
        rule, counts = RULE_WORDS[wanted.rule], _COUNTS[wanted.rule]
        how = Text("nested", "嵌套") if wanted.nested else Text("independent", "独立")
        return (
            Text(
                f"p0, p1: {wanted.first[0]:g}, {wanted.first[1]:g} and {wanted.second[0]:g}, "
                f"{wanted.second[1]:g}; {rule.en}; one-sided alpha {wanted.alpha:g}; endpoints {how.en}. "
                f"Exact, to n = {wanted.n_max}. {counts.en}",
                f"p0、p1：{wanted.first[0]:g}、{wanted.first[1]:g}与{wanted.second[0]:g}、"
                f"{wanted.second[1]:g}；{rule.zh}；单侧α {wanted.alpha:g}；终点{how.zh}。"
                f"精确，至{wanted.n_max}例。{counts.zh}",
            ),
            Text(
                "At most: exact type I error where it is largest over the truths with an endpoint at its p0.",
                "至多：至少一终点为其p0的各真实情形中精确I类错误之最大者。",
            ),
        )


_WHOLE = Text("Counts are those of each endpoint at alpha.", "各终点界值为用α时的界值。")
_COUNTS = {
    Rule.BOTH: _WHOLE,
    Rule.HIERARCHICAL: _WHOLE,
    Rule.BONFERRONI: Text("Counts are those of each endpoint at alpha / 2.", "各终点界值为用α/2时的界值。"),
    Rule.HOLM: Text(
        "Counts are those of each endpoint at alpha / 2; then, once the other has rejected, at alpha.",
        "各终点界值为用α/2时的界值；另一终点已拒绝后为用α时的界值。",
    ),
}


def _steps(counts: tuple[int | None, ...]) -> Text:
    """The counts of a rule's steps: `48`, or `48, then 47`."""
    told = ["–" if one is None else str(one) for one in counts]
    return Text(", then ".join(told), "，其后".join(told))


def propose_pair(wanted: PairWanted) -> PairProposals:
    """The numbers of participants with the power asked for, everybody counted. Exact.

    Raises
    ------
    InputRefused
        Where no n up to the largest works; for rates that cannot be nested.
    """
    works = [_works(wanted, n) for n in range(1, wanted.n_max + 1)]
    if not any(works):
        raise InputRefused(
            f"no n to {wanted.n_max} has power {wanted.power:g} for the two endpoints",
            where="designs",
            do="allow more participants or a larger alpha",
        )
    last = next((place for place in range(len(works) - 1, -1, -1) if not works[place]), -1)
    smallest, safe = works.index(True) + 1, last + 2 if last + 1 < len(works) else None
    return PairProposals(
        wanted,
        _power(wanted, smallest),
        at_null(wanted, smallest),
        None if safe is None else _power(wanted, safe),
        None if safe is None else at_null(wanted, safe),
    )


def at_null(wanted: PairWanted, n: int) -> AtNull:
    """What n participants do by the rule where nothing works. Exact."""
    p0, handling = wanted.against.p0, Handling.FAILURE
    first, second = (tuple(critical_value(n, one, alpha) for alpha in wanted.steps) for one in p0)
    both = None
    if not wanted.nested or p0[1] <= p0[0]:
        null = (nested if wanted.nested else independent)(*p0)
        both = power(null, n, wanted.rule, handling, wanted.against).success
    largest = size(NO_GAPS, n, wanted.rule, handling, wanted.against, nested=wanted.nested).value
    return AtNull(first, second, both, max(largest, both or 0.0))


def _power(wanted: PairWanted, n: int) -> JointPower:
    return power(wanted.truth, n, wanted.rule, Handling.FAILURE, wanted.against)


def _works(wanted: PairWanted, n: int) -> bool:
    """Whether n has the power: by the bounds that each endpoint's own power gives where they decide."""
    one, two = (_alone(n, p0, p1, wanted.steps[0]) for p0, p1 in (wanted.first, wanted.second))
    low, high = {
        Rule.BOTH: (one + two - 1, min(one, two)),
        Rule.HIERARCHICAL: (one, one),
        Rule.BONFERRONI: (max(one, two), one + two),
        Rule.HOLM: (max(one, two), one + two),
    }[wanted.rule]
    asked = wanted.power - _ROUNDING
    if low >= asked or high < asked:
        return low >= asked
    return _power(wanted, n).success >= asked


def _alone(n: int, p0: float, p1: float, alpha: float) -> float:
    critical = critical_value(n, p0, alpha)
    return 0.0 if critical is None else binomial_at_least(critical, n, p1)
