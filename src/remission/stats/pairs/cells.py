"""Two yes-or-no endpoints in the same people, with gaps: the chances of the nine cells, and their counts.

Each endpoint of a person is negative (the good result), positive, or not evaluable; cells are named
`[first][second]`, each in this order. A rate is the chance to be negative.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from remission.errors import InputRefused
from remission.terms.words import Text

NAMES = (Text("first endpoint", "第一终点"), Text("second endpoint", "第二终点"))

Row = tuple[float, float, float]
CountRow = tuple[int, int, int]

_ROUNDING = 1e-9  # nine chances that sum to 1 but for this were meant to


def check_fractions(values: Sequence[float], where: str) -> None:
    """Refuse a value outside 0..1."""
    for value in values:
        if not 0 <= value <= 1:
            raise InputRefused(f"{value!r} is not a fraction", where=where, do="give fractions from 0 to 1")


class Handling(StrEnum):
    """What is done with a result that is not evaluable."""

    FAILURE = "failure"  # counted as positive: everybody stays in the denominator
    EXCLUDED = "excluded"  # left out, for that endpoint alone
    IMPUTED = "imputed"  # multiple imputation from the other endpoint


HANDLING_WORDS = {
    Handling.FAILURE: Text("counted as failure", "按失败计"),
    Handling.EXCLUDED: Text("excluded", "剔除"),
    Handling.IMPUTED: Text("multiple imputation", "多重插补"),
}


@dataclass(frozen=True, slots=True)
class Gap:
    """The chance that a result is not evaluable, for a person truly negative and one truly positive."""

    if_negative: float
    if_positive: float

    def __post_init__(self) -> None:
        check_fractions((self.if_negative, self.if_positive), "chance of a gap")


@dataclass(frozen=True, slots=True)
class Gaps:
    """How results come to be missing.

    `both`: the chance that both are lost together (no sample), whatever the truth. Where they are not,
    each endpoint is lost by its own `Gap`, which may depend on its truth; given the truth of both
    endpoints the two losses are independent.

    Raises
    ------
    InputRefused
        For a chance outside 0..1.
    """

    first: Gap
    second: Gap
    both: float = 0.0

    def __post_init__(self) -> None:
        check_fractions((self.both,), "chance of a gap")

    @classmethod
    def at_random(cls, first: float, second: float, both: float = 0.0) -> "Gaps":
        """Gaps that know nothing of the truth (missing completely at random)."""
        return cls(Gap(first, first), Gap(second, second), both)

    @property
    def swapped(self) -> "Gaps":
        """The same with the endpoints in the other order."""
        return Gaps(self.second, self.first, self.both)


NO_GAPS = Gaps.at_random(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Cells:
    """The chance of each of the nine cells, with the true rates behind them.

    `probabilities[i][j]`: first endpoint in state i, second in state j (0 negative, 1 positive, 2 not
    evaluable); they sum to 1. `truth`: the rates of negative results had nothing been missing; a bias is
    counted from them.

    Raises
    ------
    InputRefused
        For chances outside 0..1 or that do not sum to 1; for true rates outside the bounds that the
        observed cells leave (a negative result is truly negative).
    """

    probabilities: tuple[Row, Row, Row]
    truth: tuple[float, float]

    def __post_init__(self) -> None:
        cells = tuple(chain.from_iterable(self.probabilities))
        check_fractions((*cells, *self.truth), "nine cells")
        if abs(math.fsum(cells) - 1) > _ROUNDING:
            raise InputRefused(
                f"nine chances that sum to {math.fsum(cells)!r}", where="nine cells", do="let them sum to 1"
            )
        for rate, seen, lost in zip(self.truth, self.observed, self.missing, strict=True):
            if not seen - _ROUNDING <= rate <= seen + lost + _ROUNDING:
                raise InputRefused(
                    f"true rate {rate!r} where {seen:.6g} are seen negative and {lost:.6g} not at all",
                    where="nine cells",
                    do="give a true rate that the cells allow",
                )

    @property
    def observed(self) -> tuple[float, float]:
        """The chance of each endpoint to be seen negative."""
        grid = self.probabilities
        return math.fsum(grid[0]), math.fsum(row[0] for row in grid)

    @property
    def missing(self) -> tuple[float, float]:
        """The chance of each endpoint to be not evaluable."""
        grid = self.probabilities
        return math.fsum(grid[2]), math.fsum(row[2] for row in grid)

    @property
    def swapped(self) -> "Cells":
        """The same with the endpoints in the other order."""
        one, two, three = zip(*self.probabilities, strict=True)
        return Cells((one, two, three), (self.truth[1], self.truth[0]))

    def with_gaps(self, gaps: Gaps) -> "Cells":
        """The cells as they will be seen, where these are the truth.

        Raises
        ------
        InputRefused
            Where these cells have gaps already.
        """
        if any(chance > 0 for chance in self.missing):
            raise InputRefused(
                "these cells have gaps already", where="nine cells", do="add gaps to complete cells"
            )
        lost = (
            (gaps.first.if_negative, gaps.first.if_positive),
            (gaps.second.if_negative, gaps.second.if_positive),
        )
        seen = [[0.0] * 3 for _ in range(3)]
        for i in (0, 1):
            for j in (0, 1):
                chance = self.probabilities[i][j] * (1 - gaps.both)
                seen[i][j] += chance * (1 - lost[0][i]) * (1 - lost[1][j])
                seen[i][2] += chance * (1 - lost[0][i]) * lost[1][j]
                seen[2][j] += chance * lost[0][i] * (1 - lost[1][j])
                seen[2][2] += chance * lost[0][i] * lost[1][j]
        seen[2][2] += gaps.both
        one, two, three = ((row[0], row[1], row[2]) for row in seen)
        return Cells((one, two, three), self.truth)


def nested(first: float, second: float) -> Cells:
    """Nobody is negative on the second endpoint without being so on the first; no gaps.

    As NGS below 1e-6 within flow below 1e-4, up to the error of either assay.

    Raises
    ------
    InputRefused
        For rates outside 0..1, or a second rate above the first.
    """
    return _from_both_negative(first, second, second, "a second rate at most the first")


def independent(first: float, second: float) -> Cells:
    """The endpoints know nothing of each other; no gaps. Refuses rates outside 0..1."""
    return _from_both_negative(first, second, first * second, "rates from 0 to 1")


def with_odds_ratio(first: float, second: float, odds_ratio: float) -> Cells:
    """Both rates and the odds ratio between the endpoints (1: independent); no gaps.

    Raises
    ------
    InputRefused
        For rates outside 0..1 or an odds ratio that is not finite and above 0.

    References
    ----------
    Plackett 1965, Journal of the American Statistical Association 60:516-522
    """
    check_fractions((first, second), "rates")
    if not (math.isfinite(odds_ratio) and odds_ratio > 0):
        raise InputRefused(
            f"{odds_ratio!r} is not an odds ratio", where="two endpoints", do="give a number above 0"
        )
    less = odds_ratio - 1
    spread = 1 + (first + second) * less
    root = math.sqrt(max(0.0, spread * spread - 4 * odds_ratio * less * first * second))
    # Of the two forms of the root, the one in which no digits cancel.
    both = 2 * odds_ratio * first * second / (spread + root) if spread > 0 else (spread - root) / (2 * less)
    return _from_both_negative(first, second, both, "rates from 0 to 1")


def with_correlation(first: float, second: float, correlation: float) -> Cells:
    """Both rates and the correlation (phi) between the endpoints (0: independent); no gaps.

    Raises
    ------
    InputRefused
        For rates outside 0..1, or a correlation that two such rates cannot have.
    """
    check_fractions((first, second), "rates")
    both = first * second + correlation * math.sqrt(first * (1 - first) * second * (1 - second))
    if not abs(_within(first, second, both) - both) <= _ROUNDING:
        raise InputRefused(
            f"rates {first!r} and {second!r} cannot be correlated by {correlation!r}",
            where="two endpoints",
            do="give a correlation nearer to 0",
        )
    return _from_both_negative(first, second, both, "a correlation nearer to 0")


def furthest(first: float, second: float) -> tuple[Cells, Cells]:
    """The cells in which the endpoints most exclude each other, and most go together (Frechet's bounds)."""
    check_fractions((first, second), "rates")
    least = _from_both_negative(first, second, max(0.0, first + second - 1), "rates from 0 to 1")
    return least, _from_both_negative(first, second, min(first, second), "rates from 0 to 1")


@dataclass(frozen=True, slots=True)
class PairCounts:
    """How many people are in each of the nine cells, `cells[first][second]`, with the endpoints' names.

    Raises
    ------
    InputRefused
        For a count that is not a whole number of at least 0, or nobody at all.
    """

    cells: tuple[CountRow, CountRow, CountRow]
    names: tuple[Text, Text] = NAMES

    def __post_init__(self) -> None:
        counts = tuple(chain.from_iterable(self.cells))
        if len(counts) != 9 or any(count < 0 or count != int(count) for count in counts) or sum(counts) == 0:
            raise InputRefused(
                f"{counts!r} are not the counts of nine cells",
                where="nine cells",
                do="give three rows of three whole numbers, at least one above 0",
            )

    @property
    def n(self) -> int:
        """Everybody."""
        return sum(chain.from_iterable(self.cells))

    @property
    def negative(self) -> tuple[int, int]:
        """Seen negative, on each endpoint."""
        return sum(self.cells[0]), sum(row[0] for row in self.cells)

    @property
    def missing(self) -> tuple[int, int]:
        """Not evaluable, on each endpoint."""
        return sum(self.cells[2]), sum(row[2] for row in self.cells)

    @property
    def evaluable(self) -> tuple[int, int]:
        """With a result, on each endpoint."""
        lost = self.missing
        return self.n - lost[0], self.n - lost[1]

    @property
    def swapped(self) -> "PairCounts":
        """The same with the endpoints in the other order."""
        one, two, three = zip(*self.cells, strict=True)
        return PairCounts((one, two, three), (self.names[1], self.names[0]))

    def check_nested(self) -> None:
        """Refuse people who are negative on the second endpoint and positive on the first."""
        if self.cells[1][0]:
            raise InputRefused(
                f"{self.cells[1][0]} negative on the {self.names[1].en}, positive on the {self.names[0].en}",
                where="nine cells",
                do="do not call the second endpoint nested in the first",
            )


def _within(first: float, second: float, both: float) -> float:
    return min(max(both, first + second - 1, 0.0), first, second)


def _from_both_negative(first: float, second: float, both: float, do: str) -> Cells:
    check_fractions((first, second), "rates")
    near = _within(first, second, both)  # but for rounding what was given
    if not abs(near - both) <= _ROUNDING:
        raise InputRefused(
            f"rates {first!r} and {second!r} with {both!r} negative on both",
            where="two endpoints",
            do=f"give {do}",
        )
    neither = max(0.0, 1 - first - second + near)
    rows = ((near, first - near, 0.0), (second - near, neither, 0.0), (0.0, 0.0, 0.0))
    return Cells(rows, (first, second))
