"""What a design shall do, and the kinds of design there are."""

from dataclasses import dataclass
from enum import StrEnum

from remission.errors import InputRefused
from remission.stats.designs.single_stage import check_rates
from remission.stats.operating.p0_source import P0Source
from remission.terms.words import Text

_LARGEST = 500  # children, in a search


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


OBJECTIVE_WORDS = {
    Objective.OPTIMAL: Text("optimal (mean n at p0)", "最优（p0时平均例数）"),
    Objective.MINIMAX: Text("minimax (largest n)", "极小极大（最大例数）"),
    Objective.ADMISSIBLE: Text("admissible (half of each)", "可容许（两者各半）"),
    Objective.EXPECTED: Text("expected (mean n over p0 and p1)", "期望（p0与p1平均例数）"),
}
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

    `source`: where p0 comes from; None: it is assumed.

    Raises
    ------
    InputRefused
        For rates out of order, alpha of one half or more, a power not above alpha, sizes and stages that
        cannot be, or a source whose rate is not p0.
    """

    p0: float
    p1: float
    alpha: float = 0.05
    power: float = 0.8
    stages: int | None = None
    n_max: int = 150
    objective: Objective = Objective.OPTIMAL
    source: P0Source | None = None

    def __post_init__(self) -> None:
        check_rates(self.p0, self.p1, self.alpha, 1 - self.power)
        check_errors(self.alpha, self.power)
        if self.source:
            self.source.control(self.p0)
        if not 2 <= self.n_max <= _LARGEST:
            raise InputRefused(f"{self.n_max} at most", where="largest n", do=f"give 2 to {_LARGEST}")
        if self.stages is not None and not 1 <= self.stages <= 10:
            raise InputRefused(f"{self.stages} stages", where="stages", do="give 1 to 10, or leave it out")

    @property
    def beta(self) -> float:
        """Type II error."""
        return round(1 - self.power, 12)


def check_errors(alpha: float, power: float) -> None:
    """Refuse an alpha of one half or more, and a power that is not above alpha."""
    if alpha >= 0.5:
        raise InputRefused(f"alpha {alpha:g}", where="errors", do="give an alpha below 0.5")
    if power <= alpha:
        raise InputRefused(
            f"power {power:g} at alpha {alpha:g}", where="errors", do="give a power above alpha"
        )
