"""Any design against any truth: by enumeration where that can be, else by trials played."""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.staged import Staged, operating
from remission.stats.operating.estimates import Estimate
from remission.stats.operating.participants import Calendar, Group, Trial, simulate
from remission.stats.pairs.cells import Cells, Handling
from remission.stats.pairs.power import power
from remission.stats.pairs.rules import Against, Rule
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class OneRate:
    """Everybody responds with the same chance."""

    rate: float


@dataclass(frozen=True, slots=True)
class Children:
    """Strata that respond differently, some results never counted, everybody coming when they come.

    `most`: enrolled at most; None: whoever is not counted is replaced without end.
    """

    groups: tuple[Group, ...]
    calendar: Calendar | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class PairDesign:
    """A fixed number of participants and two endpoints: what they must show, and what gaps count as."""

    n: int
    rule: Rule
    handling: Handling
    against: Against


Truth = OneRate | Children | Cells
Design = Staged | PairDesign


@dataclass(frozen=True, slots=True)
class Characteristics(Printable):
    """The chance to end in favour, and the mean number enrolled; errors are 0 where `trials` is None."""

    rejects: Estimate
    enrolled: Estimate
    trials: int | None = None
    seed: int | None = None

    @property
    def exact(self) -> bool:
        """Whether it was enumerated."""
        return self.trials is None

    def printed(self) -> PrintedTable:
        """Both quantities, with the error where there is one."""
        errors = ["–" if self.exact else f"{one.error:.4f}" for one in (self.rejects, self.enrolled)]
        how = (
            Text("Exact, by enumeration.", "精确枚举。")
            if self.exact
            else Text(
                f"Monte Carlo: {self.trials} trials, seed {self.seed}.",
                f"蒙特卡罗模拟：{self.trials}次试验，种子{self.seed}。",
            )
        )
        return PrintedTable(
            Text("What the design does", "设计的表现"),
            (Text("quantity", "指标"), Text("value", "数值"), Text("standard error", "标准误")),
            (
                (Text("ends in favour", "结论为有效"), f"{self.rejects.value:.4f}", errors[0]),
                (Text("enrolled", "入组例数"), f"{self.enrolled.value:.2f}", errors[1]),
            ),
            (how,),
            simulated=not self.exact,
        )


def characteristics(
    design: Design, truth: Truth, *, trials: int | None = None, seed: int = 0, cores: int = 1
) -> Characteristics:
    """What a design does when it meets a truth.

    Parameters
    ----------
    design : Staged or PairDesign
    truth : OneRate, Children or Cells
        A pair of endpoints needs the cells of both; one endpoint a rate or children.
    trials, seed, cores
        For a truth that must be played (a calendar, or a limit to replacement), as in
        `participants.simulate`; not used where the answer is exact.

    Raises
    ------
    InputRefused
        For a design and a truth of different numbers of endpoints, for trials that must be played where no
        number of them is given, and as the design's own functions refuse.
    """
    if isinstance(design, PairDesign):
        if not isinstance(truth, Cells):
            raise _misfit("two endpoints and the truth of one", "give the chances of their cells")
        found = power(truth, design.n, design.rule, design.handling, design.against)
        return Characteristics(_sure(found.success), _sure(design.n))
    if isinstance(truth, Cells):
        raise _misfit("one endpoint and the truth of two", "give one rate, or children")
    if isinstance(truth, OneRate):
        exact = operating(design, truth.rate)
        return Characteristics(_sure(exact.rejects), _sure(exact.expected_n))
    if truth.calendar is None and truth.most is None:
        return _replaced_without_end(design, truth)
    if trials is None:
        raise _misfit("a truth that must be played", "say how many trials")
    most = truth.most if truth.most is not None else _enough(design, truth.groups)
    played = simulate(Trial(design, truth.groups, truth.calendar, most), trials, seed, cores=cores)
    return Characteristics(played.rejects, played.enrolled, trials, seed)


def _replaced_without_end(design: Staged, truth: Children) -> Characteristics:
    """Who is counted is a sample of one rate: the strata's, weighted by who is counted in them."""
    Trial(design, truth.groups)  # refuses groups that are none
    counted = sum(one.share * (1 - one.not_counted) for one in truth.groups)
    if counted <= 0:
        raise _misfit("children of whom none is ever counted", "let some be counted")
    whole = sum(one.share for one in truth.groups)
    rate = min(1.0, sum(one.share * one.response for one in truth.groups) / counted)
    exact = operating(design, rate)
    return Characteristics(_sure(exact.rejects), _sure(exact.expected_n * whole / counted))


def _enough(design: Staged, groups: tuple[Group, ...]) -> int:
    """Children among whom the design's n are counted, but for less than one trial in a billion."""
    kept = sum(one.share * (1 - one.not_counted) for one in groups) / sum(one.share for one in groups)
    return design.n if kept >= 1 else int(design.n / max(kept, 1e-3) * 2 + 100 / max(kept, 1e-3))


def _sure(value: float) -> Estimate:
    return Estimate(value, 0.0, value, value)


def _misfit(what: str, do: str) -> InputRefused:
    return InputRefused(what, where="design and truth", do=do)
