"""How many participants two endpoints need together: the smallest n, and that from which every n works."""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import check_rates
from remission.stats.pairs.cells import Cells, Handling, independent, nested
from remission.stats.pairs.power import JointPower, power
from remission.stats.pairs.rules import RULE_WORDS, Against, Rule
from remission.stats.rates.proportions import critical_value
from remission.terms.words import Text

_BERGER = "Berger RL. Technometrics 1982;24:295-300. doi:10.1080/00401706.1982.10487790"


@dataclass(frozen=True, slots=True)
class PairWanted:
    """p0 and p1 of two endpoints, what they must show, and whether the second lies within the first."""

    first: tuple[float, float]
    second: tuple[float, float]
    rule: Rule
    nested: bool
    alpha: float = 0.025
    power: float = 0.8
    n_max: int = 150

    def __post_init__(self) -> None:
        for p0, p1 in (self.first, self.second):
            check_rates(p0, p1, self.alpha, 1 - self.power)
        if not 2 <= self.n_max <= 500:
            raise InputRefused(f"{self.n_max} at most", where="largest n", do="give 2 to 500")

    @property
    def truth(self) -> Cells:
        """The cells at p1."""
        make = nested if self.nested else independent
        return make(self.first[1], self.second[1])


@dataclass(frozen=True, slots=True)
class PairProposals(Printable):
    """The smallest n with the power, and the one from which every n to the largest has it (None: none)."""

    wanted: PairWanted
    smallest: JointPower
    safe: JointPower | None

    def printed(self) -> PrintedTable:
        """One row each."""
        wanted = self.wanted
        rows = tuple(
            (
                name,
                str(one.n),
                *self._critical(one.n),
                *(f"{p:.4f}" for p in (one.success, one.first, one.second)),
            )
            for name, one in (
                (Text("smallest n that works", "满足要求的最小例数"), self.smallest),
                (Text("every n from here works", "由此起任何例数均满足"), self.safe),
            )
            if one is not None
        )
        heads = (
            Text("design", "设计"),
            Text("n", "例数"),
            Text("first rejects from", "第一终点界值"),
            Text("second rejects from", "第二终点界值"),
            Text("power", "把握度"),
            Text("of the first", "第一终点"),
            Text("of the second", "第二终点"),
        )
        rule = RULE_WORDS[wanted.rule]
        how = Text("nested", "嵌套") if wanted.nested else Text("independent", "独立")
        return PrintedTable(
            Text("Two endpoints, one stage", "两个终点，单阶段"),
            heads,
            rows,
            (
                Text(
                    f"p0, p1: {wanted.first[0]:g}, {wanted.first[1]:g} and {wanted.second[0]:g}, "
                    f"{wanted.second[1]:g}; {rule.en}; one-sided alpha {wanted.alpha:g}; endpoints {how.en}. "
                    f"Exact, to n = {wanted.n_max}. Counts of each endpoint are those at alpha alone.",
                    f"p0、p1：{wanted.first[0]:g}、{wanted.first[1]:g}与{wanted.second[0]:g}、"
                    f"{wanted.second[1]:g}；{rule.zh}；单侧α {wanted.alpha:g}；终点{how.zh}。"
                    f"精确，至{wanted.n_max}例。各终点界值为单用α时的界值。",
                ),
                Text(
                    f"Both required: {_BERGER}",
                    f"均须达到：{_BERGER}",
                ),
            ),
        )

    def _critical(self, n: int) -> tuple[str, str]:
        found = [
            critical_value(n, p0, self.wanted.alpha) for p0 in (self.wanted.first[0], self.wanted.second[0])
        ]
        return str(found[0] or "–"), str(found[1] or "–")


def propose_pair(wanted: PairWanted) -> PairProposals:
    """The numbers of participants with the power asked for, everybody counted. Exact.

    Raises
    ------
    InputRefused
        Where no n up to the largest works; for rates that cannot be nested.
    """
    truth = wanted.truth
    against = Against((wanted.first[0], wanted.second[0]), wanted.alpha)
    tried = [power(truth, n, wanted.rule, Handling.FAILURE, against) for n in range(1, wanted.n_max + 1)]
    works = [one.success >= wanted.power - 1e-12 for one in tried]
    if not any(works):
        raise InputRefused(
            f"no n to {wanted.n_max} has power {wanted.power:g} for both endpoints",
            where="designs",
            do="allow more participants or a larger alpha",
        )
    last = next((place for place in range(len(works) - 1, -1, -1) if not works[place]), -1)
    safe = tried[last + 1] if last + 1 < len(tried) else None
    return PairProposals(wanted, tried[works.index(True)], safe)
