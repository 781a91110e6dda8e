"""Designs that do what is wanted, of every kind there is here, side by side and ranked."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Rule, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import single
from remission.stats.designs.staged import Look, Operating, Staged, operating, operating_many
from remission.stats.operating.searches import most_power, searches
from remission.stats.operating.wanted import KIND_WORDS, OBJECTIVE_WORDS, Kind, Objective, Wanted
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Proposal:
    """A design with what it does at p0 and p1; `size_not_binding`: at p0 when futility stops are ignored."""

    kind: Kind
    design: Staged
    null: Operating
    truth: Operating
    size_not_binding: float
    settings: Text | None = None

    @property
    def stages(self) -> int:
        """Looks, the last with them."""
        return len(self.design.looks)


@dataclass(frozen=True, slots=True)
class Proposals(Printable, Drawable):
    """The designs found, best first by the objective; `none`: kinds without a design that works.

    `skipped`: kinds that were not searched, with the reason.
    """

    wanted: Wanted
    found: tuple[Proposal, ...]
    none: tuple[Kind, ...]
    skipped: tuple[tuple[Kind, Text], ...] = ()

    def printed(self) -> PrintedTable:
        """One row a design, best first."""
        rows = tuple(
            (str(place), KIND_WORDS[one.kind], *_row(one)) for place, one in enumerate(self.found, start=1)
        )
        wanted, ranked = self.wanted, OBJECTIVE_WORDS[self.wanted.objective]
        notes = [
            Text(
                f"p0 = {wanted.p0:g}, p1 = {wanted.p1:g}, one-sided alpha {wanted.alpha:g}, power "
                f"{wanted.power:g}, at most {wanted.n_max}; ranked: {ranked.en}. Exact, by "
                "enumeration.",
                f"p0 = {wanted.p0:g}，p1 = {wanted.p1:g}，单侧α {wanted.alpha:g}，把握度{wanted.power:g}，"
                f"至多{wanted.n_max}例；排序：{ranked.zh}。精确枚举。",
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
        notes += [
            Text(
                f"Not searched: {KIND_WORDS[kind].en}: {why.en}.",
                f"未搜索：{KIND_WORDS[kind].zh}：{why.zh}。",
            )
            for kind, why in self.skipped
        ]
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


def propose(wanted: Wanted, told: Callable[[int, int], None] | None = None) -> Proposals:
    """Every kind of design that holds alpha at p0 and the power at p1 exactly, best first.

    A stop for futility pays for a smaller final count in Simon's and the Bayesian designs (binding); in the
    group-sequential ones it does not, so that alpha holds whether or not it is obeyed. `told` is told how
    many of how many searches are done.

    Raises
    ------
    InputRefused
        Where no design of the stages asked for works within the largest n: at once where no test of so many
        has the power.
    """
    if most_power(wanted.n_max, wanted.p0, wanted.p1, wanted.alpha) < wanted.power - 1e-12:
        raise _nothing(wanted)
    found: list[Proposal] = []
    none: list[Kind] = []
    skipped: list[tuple[Kind, Text]] = []
    every = list(searches(wanted))
    for place, (kinds, search) in enumerate(every, start=1):
        if isinstance(search, Text):
            skipped += [(kind, search) for kind in kinds]
            continue
        designs: list[tuple[Kind, Staged, Text | None]] = []
        with suppress(InputRefused):
            designs = list(search)
        designs = [one for one in designs if one[1].n <= wanted.n_max]
        found += [_proposal(wanted, *one) for one in designs]
        none += [kind for kind in kinds if kind not in {one[0] for one in designs}]
        if told:
            told(place, len(every))
    works = [
        one
        for one in found
        if one.null.rejects <= wanted.alpha + 1e-12 and one.truth.rejects >= wanted.power - 1e-12
    ]
    if not works:
        raise _nothing(wanted)
    ranked = sorted(works, key=lambda one: (_cost(wanted.objective, one), one.design.n, one.kind))
    without = tuple(kind for kind in none if kind is not Kind.SIMON_ADMISSIBLE)
    return Proposals(wanted, tuple(ranked), without, tuple(skipped))


def _nothing(wanted: Wanted) -> InputRefused:
    do = "allow more participants or larger errors, or look for a larger difference"
    with suppress(InputRefused):
        one = single(wanted.p0, wanted.p1, wanted.alpha, wanted.beta).min_n
        do += f" (one stage needs {one})"
    return InputRefused(
        f"no design holds alpha {wanted.alpha:g} at {wanted.p0:g} and power {wanted.power:g} at "
        f"{wanted.p1:g} with at most {wanted.n_max}",
        where="designs",
        do=do,
    )


def _proposal(wanted: Wanted, kind: Kind, design: Staged, settings: Text | None) -> Proposal:
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
