"""Designs that do what is wanted, of every kind there is here, side by side and ranked."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Drawable, Line, Rule, Scale
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.bop2 import find_bop2
from remission.stats.designs.exact_spending import spending_design
from remission.stats.designs.k_stage import three_stage
from remission.stats.designs.predictive import find_predictive
from remission.stats.designs.simon import simon
from remission.stats.designs.single_stage import check_rates, single
from remission.stats.designs.spending import HwangShihDeCani, ObrienFleming, Pocock, Spending
from remission.stats.designs.staged import Look, Operating, Staged, operating, operating_many
from remission.terms.words import Text

_LARGEST = 500  # children, in a search
_MOST_THREE = 150
_FURTHER = 60  # children that a Bayesian design may need beyond the smallest single stage


class Objective(StrEnum):
    """What is to be small: mean n at p0, the largest n, half of each, or mean n over p0 and p1."""

    OPTIMAL = "optimal"
    MINIMAX = "minimax"
    ADMISSIBLE = "admissible"
    EXPECTED = "expected"


class Kind(StrEnum):
    """How a design was found."""

    SINGLE = "single"
    SAFE = "single_safe"
    SIMON_OPTIMAL = "simon_optimal"
    SIMON_MINIMAX = "simon_minimax"
    SIMON_ADMISSIBLE = "simon_admissible"
    THREE_STAGE = "three_stage"
    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"
    BOP2 = "bop2"
    PREDICTIVE = "predictive"


KIND_WORDS = {
    Kind.SINGLE: Text("single stage, smallest n", "单阶段，最小例数"),
    Kind.SAFE: Text("single stage, every n from here works", "单阶段，稳妥例数"),
    Kind.SIMON_OPTIMAL: Text("Simon, optimal", "Simon两阶段，最优"),
    Kind.SIMON_MINIMAX: Text("Simon, minimax", "Simon两阶段，极小极大"),
    Kind.SIMON_ADMISSIBLE: Text("Simon, admissible", "Simon两阶段，可容许"),
    Kind.THREE_STAGE: Text("three stages, optimal", "三阶段，最优"),
    Kind.OBRIEN_FLEMING: Text("group-sequential, O'Brien-Fleming", "成组序贯，O'Brien-Fleming"),
    Kind.POCOCK: Text("group-sequential, Pocock", "成组序贯，Pocock"),
    Kind.BOP2: Text("BOP2", "BOP2"),
    Kind.PREDICTIVE: Text("predictive probability", "预测概率"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rates, one-sided alpha and power, and what may be: stages (None: any), the largest n, what is small.

    Raises
    ------
    InputRefused
        For rates out of order, error rates outside 0..1, or sizes and stages that cannot be.
    """

    p0: float
    p1: float
    alpha: float = 0.05
    power: float = 0.8
    stages: int | None = None
    n_max: int = 150
    objective: Objective = Objective.OPTIMAL

    def __post_init__(self) -> None:
        check_rates(self.p0, self.p1, self.alpha, 1 - self.power)
        if not 2 <= self.n_max <= _LARGEST:
            raise InputRefused(f"{self.n_max} at most", where="largest n", do=f"give 2 to {_LARGEST}")
        if self.stages is not None and not 1 <= self.stages <= 10:
            raise InputRefused(f"{self.stages} stages", where="stages", do="give 1 to 10, or leave it out")

    @property
    def beta(self) -> float:
        """Type II error."""
        return round(1 - self.power, 12)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A design with what it does at p0 and p1; `size_not_binding`: at p0 when futility stops are ignored."""

    kind: Kind
    design: Staged
    null: Operating
    truth: Operating
    size_not_binding: float
    settings: str = ""

    @property
    def stages(self) -> int:
        """Looks, the last with them."""
        return len(self.design.looks)


@dataclass(frozen=True, slots=True)
class Proposals(Printable, Drawable):
    """The designs found, best first by the objective; `none`: kinds without a design that works."""

    wanted: Wanted
    found: tuple[Proposal, ...]
    none: tuple[Kind, ...]

    def printed(self) -> PrintedTable:
        """One row a design, best first."""
        rows = tuple(
            (str(place), KIND_WORDS[one.kind], *_row(one)) for place, one in enumerate(self.found, start=1)
        )
        wanted = self.wanted
        notes = [
            Text(
                f"p0 = {wanted.p0:g}, p1 = {wanted.p1:g}, one-sided alpha {wanted.alpha:g}, power "
                f"{wanted.power:g}, at most {wanted.n_max}; ranked: {wanted.objective.value}. Exact, by "
                "enumeration.",
                f"p0 = {wanted.p0:g}，p1 = {wanted.p1:g}，单侧α {wanted.alpha:g}，把握度{wanted.power:g}，"
                f"至多{wanted.n_max}例；排序：{wanted.objective.value}。精确枚举。",
            ),
            Text(
                "Size not binding: type I error if a stop for futility is not obeyed.",
                "非约束水准：不执行无效停止时的I类错误。",
            ),
        ]
        if self.none:
            missing = [KIND_WORDS[kind] for kind in self.none]
            notes.append(
                Text(
                    f"Nothing that works: {'; '.join(one.en for one in missing)}.",
                    f"无满足者：{'；'.join(one.zh for one in missing)}。",
                )
            )
        return PrintedTable(Text("Designs found", "可用设计"), _HEADS, rows, tuple(notes))

    def chart(self) -> Curves:
        """The mean number of participants against the true rate, of the best six."""
        low, high = max(0.0, self.wanted.p0 - 0.2), min(1.0, self.wanted.p1 + 0.15)
        rates = [low + (high - low) * step / 60 for step in range(61)]
        lines = tuple(
            Line(
                Text(f"{place}. {KIND_WORDS[one.kind].en}", f"{place}. {KIND_WORDS[one.kind].zh}"),
                tuple((at.rate, at.expected_n) for at in operating_many(one.design, rates)),
            )
            for place, one in enumerate(self.found[:6], start=1)
        )
        wanted = self.wanted
        return Curves(
            "designs-found",
            Text("Mean size of the designs found", "可用设计的平均例数"),
            Text("Exact mean number of participants against the true rate.", "真实率下的精确平均例数。"),
            Axis(Text("true rate", "真实率"), Scale.PERCENT, low, high),
            Axis(Text("mean number of participants", "平均例数"), low=0),
            lines,
            (
                Rule(Text("p0", "p0"), wanted.p0, upright=True),
                Rule(Text("p1", "p1"), wanted.p1, upright=True),
            ),
        )


_HEADS = (
    Text("rank", "序"), Text("design", "设计"), Text("stages", "阶段"), Text("largest n", "最大例数"),
    Text("looks: stop at most / reject from", "分析：停止≤ / 拒绝≥"), Text("size", "水准"),
    Text("size not binding", "非约束水准"), Text("power", "把握度"), Text("mean n at p0", "p0时平均例数"),
    Text("at p1", "p1时"), Text("stops early at p0", "p0时提前停止"),
)  # fmt: skip


def propose(wanted: Wanted) -> Proposals:
    """Every kind of design that holds alpha at p0 and the power at p1 exactly, best first.

    A stop for futility pays for a smaller final count in Simon's and the Bayesian designs (binding); in the
    group-sequential ones it does not, so that alpha holds whether or not it is obeyed.

    Raises
    ------
    InputRefused
        Where no design of the stages asked for works within the largest n.
    """
    found: list[Proposal] = []
    none: list[Kind] = []
    for kinds, search in _searches(wanted):
        designs: list[tuple[Kind, Staged, str]] = []
        with suppress(InputRefused):
            designs = list(search)
        designs = [one for one in designs if one[1].n <= wanted.n_max]
        found += [_proposal(wanted, *one) for one in designs]
        none += [kind for kind in kinds if kind not in {one[0] for one in designs}]
    works = [
        one
        for one in found
        if one.null.rejects <= wanted.alpha + 1e-12 and one.truth.rejects >= wanted.power - 1e-12
    ]
    if not works:
        raise InputRefused(
            f"no design holds alpha {wanted.alpha:g} at {wanted.p0:g} and power {wanted.power:g} at "
            f"{wanted.p1:g} with at most {wanted.n_max}",
            where="designs",
            do="allow more participants or larger errors, or look for a larger difference",
        )
    ranked = sorted(works, key=lambda one: (_cost(wanted.objective, one), one.design.n, one.kind))
    return Proposals(wanted, tuple(ranked), tuple(kind for kind in none if kind is not Kind.SIMON_ADMISSIBLE))


def _searches(wanted: Wanted) -> Iterator[tuple[tuple[Kind, ...], Iterator[tuple[Kind, Staged, str]]]]:
    stages = wanted.stages
    if stages in (None, 1):
        yield (Kind.SINGLE, Kind.SAFE), _singles(wanted)
    if stages in (None, 2):
        yield (Kind.SIMON_OPTIMAL, Kind.SIMON_MINIMAX), _simons(wanted)
    if stages in (None, 3):
        yield (Kind.THREE_STAGE,), _three(wanted)
    if stages != 1:
        looks = stages or 3
        yield (Kind.OBRIEN_FLEMING,), _spent(wanted, looks, Kind.OBRIEN_FLEMING, ObrienFleming())
        yield (Kind.POCOCK,), _spent(wanted, looks, Kind.POCOCK, Pocock())
        yield (Kind.BOP2,), _bop2(wanted, looks)
    if stages is None:
        yield (Kind.PREDICTIVE,), _predictive(wanted)


def _singles(wanted: Wanted) -> Iterator[tuple[Kind, Staged, str]]:
    found = single(wanted.p0, wanted.p1, wanted.alpha, wanted.beta)
    yield Kind.SINGLE, found.smallest.staged, ""
    yield Kind.SAFE, found.safe.staged, ""


def _simons(wanted: Wanted) -> Iterator[tuple[Kind, Staged, str]]:
    found = simon(wanted.p0, wanted.p1, wanted.alpha, wanted.beta, wanted.n_max)
    yield Kind.SIMON_OPTIMAL, found.optimal.staged, f"search to n = {wanted.n_max}"
    yield Kind.SIMON_MINIMAX, found.minimax.staged, f"search to n = {wanted.n_max}"
    for one in found.admissible[1:-1]:
        weights = f"weight of n {one.lower:.3f} to {one.upper:.3f}"
        yield Kind.SIMON_ADMISSIBLE, one.design.staged, weights


def _three(wanted: Wanted) -> Iterator[tuple[Kind, Staged, str]]:
    most = min(wanted.n_max, _MOST_THREE)
    found = three_stage(wanted.p0, wanted.p1, wanted.alpha, wanted.beta, most)
    yield Kind.THREE_STAGE, found.design, f"search to n = {most}"


def _spent(wanted: Wanted, looks: int, kind: Kind, spending: Spending) -> Iterator[tuple[Kind, Staged, str]]:
    fractions = [(place + 1) / looks for place in range(looks)]
    design = spending_design(
        fractions, wanted.p0, wanted.p1, wanted.alpha, wanted.beta, spending,
        futility=HwangShihDeCani(-4), n_max=wanted.n_max,
    )  # fmt: skip
    yield kind, design, "futility: Hwang-Shih-DeCani, gamma = -4, not binding"


def _bop2(wanted: Wanted, looks: int) -> Iterator[tuple[Kind, Staged, str]]:
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
                f"lambda = {cut.lam:g}, gamma = {cut.gamma:g}, prior Beta({prior.a:g}, {prior.b:g})",
            )
            return


def _predictive(wanted: Wanted) -> Iterator[tuple[Kind, Staged, str]]:
    least = single(wanted.p0, wanted.p1, wanted.alpha, wanted.beta).min_n
    found = find_predictive(
        wanted.p0, wanted.p1, wanted.alpha, wanted.beta, n_from=max(10, least - 5), n_max=wanted.n_max
    )
    yield (
        Kind.PREDICTIVE,
        found.design,
        f"P(p > p0) >= {found.convinced:.4f}; stop below {found.too_low:g}",
    )


def _proposal(wanted: Wanted, kind: Kind, design: Staged, settings: str) -> Proposal:
    null, truth = operating_many(design, (wanted.p0, wanted.p1))
    loose = operating(design, wanted.p0, binding=False).rejects
    return Proposal(kind, design, null, truth, loose, settings)


def _cost(objective: Objective, one: Proposal) -> float:
    match objective:
        case Objective.OPTIMAL:
            return one.null.expected_n
        case Objective.MINIMAX:
            return one.design.n
        case Objective.ADMISSIBLE:
            return (one.design.n + one.null.expected_n) / 2
        case Objective.EXPECTED:
            return (one.null.expected_n + one.truth.expected_n) / 2


def _row(one: Proposal) -> tuple[str, ...]:
    looks = one.design.looks
    shown = (
        "; ".join(boundary(look) for look in looks)
        if len(looks) <= 4
        else f"{boundary(looks[0])}; ...; {boundary(looks[-1])}"
    )
    return (
        str(one.stages), str(one.design.n), shown, f"{one.null.rejects:.4f}", f"{one.size_not_binding:.4f}",
        f"{one.truth.rejects:.4f}", f"{one.null.expected_n:.1f}", f"{one.truth.expected_n:.1f}",
        f"{one.null.early:.3f}",
    )  # fmt: skip


def boundary(look: Look) -> str:
    """A look in short: `9/17` stops at 9 or fewer of 17, `9/17/15` and rejects from 15 on."""
    low = "-" if look.futility is None or look.futility < 0 else str(look.futility)
    high = "" if look.efficacy is None or look.efficacy > look.n else f"/{look.efficacy}"
    return f"{low}/{look.n}{high}"
