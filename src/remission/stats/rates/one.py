"""More intervals of one proportion, and all of them side by side."""

import math
from dataclasses import dataclass

from remission.paper.charts import Axis, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import check_counts, clopper_pearson, wilson
from remission.stats.rates.roots import root
from remission.stats.tails import beta_quantile, binomial_at_least, normal_quantile
from remission.terms.words import Text


def mid_p(x: int, n: int, level: float = 0.95) -> Interval:
    """Mid-P interval of a proportion: each limit gives the observed count half its probability in the tail.

    Shorter than Clopper-Pearson; its coverage may fall a little below `level`. The lower limit is exactly 0
    at x = 0, the upper exactly 1 at x = n.

    Raises
    ------
    InputRefused
        Unless 0 <= x <= n, n >= 1 and 0 < level < 1.

    References
    ----------
    Lancaster 1961, Journal of the American Statistical Association 56:223-234
    """
    check_counts(x, n)
    check_level(level)
    tail = (1 - level) / 2
    return Interval(_mid_lower(x, n, tail), 1 - _mid_lower(n - x, n, tail), level)


def blaker(x: int, n: int, level: float = 0.95) -> Interval:
    """Blaker's exact interval: the two-sided test by acceptability, inverted; inside Clopper-Pearson's.

    The limits are the ends of all rates whose acceptability exceeds 1 - level. Acceptability jumps, so each
    limit is either such a jump or a root between two of them; both are solved for, no grid is walked.

    `Raises` as in `mid_p`.

    References
    ----------
    Blaker 2000, Canadian Journal of Statistics 28:783-798; Klaschka 2010, COMPSTAT proceedings, on the
    computation
    """
    check_counts(x, n)
    check_level(level)
    alpha = 1 - level
    return Interval(_blaker_lower(x, n, alpha), 1 - _blaker_lower(n - x, n, alpha), level)


def jeffreys(x: int, n: int, level: float = 0.95) -> Interval:
    """Equal-tailed interval of the posterior Beta(x + 1/2, n - x + 1/2) under Jeffreys' prior.

    The plain quantiles, also at x = 0 (lower limit just above 0) and x = n; some authors set these two to 0
    and 1.

    `Raises` as in `mid_p`.

    References
    ----------
    Brown, Cai and DasGupta 2001, doi:10.1214/ss/1009213286
    """
    check_counts(x, n)
    check_level(level)
    tail = (1 - level) / 2
    a, b = x + 0.5, n - x + 0.5
    return Interval(beta_quantile(tail, a, b), beta_quantile(1 - tail, a, b), level)


def agresti_coull(x: int, n: int, level: float = 0.95) -> Interval:
    """Wald's interval about the middle of Wilson's, with z² participants added, half of them responders.

    Not cut at 0 and 1: limits outside are what the formula gives.

    `Raises` as in `mid_p`.

    References
    ----------
    Agresti and Coull 1998, The American Statistician 52:119-126
    """
    check_counts(x, n)
    check_level(level)
    z = normal_quantile((1 + level) / 2)
    size = n + z * z
    middle = (x + z * z / 2) / size
    half = z * math.sqrt(middle * (1 - middle) / size)
    return Interval(middle - half, middle + half, level)


@dataclass(frozen=True, slots=True)
class OneRate(Printable, Drawable):
    """`x` of `n` with every interval at confidence `level`; all are two-sided."""

    x: int
    n: int
    level: float
    clopper_pearson: Interval
    blaker: Interval
    mid_p: Interval
    wilson: Interval
    jeffreys: Interval
    agresti_coull: Interval

    @property
    def rate(self) -> float:
        """The observed rate, a fraction."""
        return self.x / self.n

    def rows(self) -> tuple[tuple[Text, Interval], ...]:
        """Each interval with its name, the exact ones first."""
        return tuple((name, getattr(self, field)) for field, (name, _) in _METHODS.items())

    def printed(self) -> PrintedTable:
        """One row a method, in percent; limits outside 0 to 100 % are shown cut."""
        rows = tuple(
            (name, promise, f"{percent(max(0.0, one.lower))}–{percent(min(1.0, one.upper))} %")
            for (name, promise), one in zip(_METHODS.values(), self._intervals(), strict=True)
        )
        share = f"{self.x}/{self.n} = {percent(self.rate)} %"
        level = f"{100 * self.level:g} %"
        return PrintedTable(
            Text(f"{share}, {level} intervals", f"{share}，{level} 区间"),
            (Text("method", "方法"), Text("coverage", "覆盖率"), Text("interval", "区间")),
            rows,
            (_NOTE,),
        )

    def chart(self) -> Forest:
        """The intervals one below the other."""
        share = f"{self.x}/{self.n} = {percent(self.rate)} %"
        return Forest(
            "rate-intervals",
            Text("Intervals of a rate", "率的区间"),
            Text(f"{share}, by method.", f"{share}，按方法。"),
            Axis(Text("rate", "率"), Scale.PERCENT),
            tuple(
                Row(
                    name,
                    self.rate,
                    max(0.0, one.lower),
                    min(1.0, one.upper),
                    f"{percent(max(0.0, one.lower))}–{percent(min(1.0, one.upper))} %",
                )
                for name, one in self.rows()
            ),
        )

    def _intervals(self) -> tuple[Interval, ...]:
        return tuple(one for _, one in self.rows())


def intervals(x: int, n: int, level: float = 0.95) -> OneRate:
    """`x` of `n` with every interval of this room, to be printed or drawn.

    Raises
    ------
    InputRefused
        Unless 0 <= x <= n, n >= 1 and 0 < level < 1.
    """
    return OneRate(
        x,
        n,
        level,
        clopper_pearson=clopper_pearson(x, n, level),
        blaker=blaker(x, n, level),
        mid_p=mid_p(x, n, level),
        wilson=wilson(x, n, level),
        jeffreys=jeffreys(x, n, level),
        agresti_coull=agresti_coull(x, n, level),
    )


def percent(fraction: float) -> str:
    """A fraction as percent with one decimal, without its sign."""
    return f"{100 * fraction:.1f}"


_EXACT = Text("at least the level", "不低于置信水平")
_MEAN = Text("about the level", "约为置信水平")
_METHODS = {
    "clopper_pearson": (Text("Clopper-Pearson", "Clopper-Pearson"), _EXACT),
    "blaker": (Text("Blaker", "Blaker"), _EXACT),
    "mid_p": (Text("mid-P", "mid-P"), _MEAN),
    "wilson": (Text("Wilson", "Wilson"), _MEAN),
    "jeffreys": (Text("Jeffreys", "Jeffreys"), _MEAN),
    "agresti_coull": (Text("Agresti-Coull", "Agresti-Coull"), _MEAN),
}
_NOTE = Text(
    "Two-sided. Clopper-Pearson 1934 and Blaker 2000 are exact; mid-P: Lancaster 1961; Wilson 1927; "
    "Jeffreys, equal-tailed: Brown, Cai and DasGupta 2001; Agresti and Coull 1998.",
    "双侧。Clopper-Pearson 1934 与 Blaker 2000 为精确法；mid-P：Lancaster 1961；Wilson 1927；"
    "Jeffreys（等尾）：Brown、Cai 与 DasGupta 2001；Agresti 与 Coull 1998。",
)


def _mid_lower(x: int, n: int, tail: float) -> float:
    if x == 0:
        return 0.0

    def beyond(p: float) -> float:
        return (binomial_at_least(x, n, p) + binomial_at_least(x + 1, n, p)) / 2 - tail

    return root(beyond, 0.0, 1.0)


def _blaker_lower(x: int, n: int, alpha: float) -> float:
    """The least rate whose acceptability exceeds alpha.

    Below x/n the acceptability of p is P(X >= x) + P(X <= q), q the largest count whose lower tail is no more
    than that upper tail. With q fixed it falls, then rises, as p grows; where q steps up it jumps up, to
    twice the tail.
    """
    if x == 0:
        return 0.0
    start = beta_quantile(alpha / 2, x, n - x + 1)  # below it even twice the tail is less than alpha
    tail, q, beyond = binomial_at_least(x, n, start), -1, x
    while beyond - q > 1:  # the lower tail grows with the count, so halve
        middle = (q + beyond) // 2
        if _at_most(middle, n, start) <= tail:
            q = middle
        else:
            beyond = middle
    while True:

        def over(p: float, q: int = q) -> float:
            return binomial_at_least(x, n, p) + _at_most(q, n, p) - alpha

        end = _step(q + 1, x, n, start)
        if over(end) > 0:  # the rising part of this piece crosses alpha
            return root(over, _lowest(q, x, n, start, end), end)
        if 2 * binomial_at_least(x, n, end) > alpha:
            return end
        q, start = q + 1, end


def _step(q: int, x: int, n: int, start: float) -> float:
    """The rate from which the lower tail of `q` is no more than the upper tail of `x`."""
    return root(lambda p: binomial_at_least(x, n, p) - _at_most(q, n, p), start, 1.0)


def _lowest(q: int, x: int, n: int, start: float, end: float) -> float:
    """Where P(X >= x) + P(X <= q) is least between start and end: the derivative is 0 at `odds`."""
    if q < 0:
        return start
    ways = math.lgamma(x) + math.lgamma(n - x + 1) - math.lgamma(q + 1) - math.lgamma(n - q)
    odds = math.exp(ways / (x - 1 - q)) if x - 1 > q else 0.0
    return min(max(start, odds / (1 + odds)), end)


def _at_most(x: int, n: int, p: float) -> float:
    return binomial_at_least(n - x, n, 1 - p)
