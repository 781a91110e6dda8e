"""Random-effects meta-analysis of rates on the log-odds: one mean, and how much studies differ."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from remission.errors import InputRefused
from remission.paper.charts import Axis, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.borrowing.log_odds import check_counts
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import clopper_pearson
from remission.stats.tails import Numbers, chi_square_at_least, normal_quantile, student_quantile
from remission.terms.words import Text

_MOST_STEPS = 1000


class Method(StrEnum):
    """How the variance between studies is estimated."""

    REML = "REML"  # restricted maximum likelihood
    DL = "DL"  # DerSimonian and Laird's moments


@dataclass(frozen=True, slots=True)
class Pooled(Printable, Drawable):
    """The mean of studies' log-odds and the variance `tau2` about it; rates are fractions.

    `q`, `q_p`: Cochran's test of equal rates. `i2`: share of variance that lies between studies, a fraction.
    `rate`: of the mean log-odds, with `interval`. `prediction`: where the rate of a new study lies (Student t
    with two degrees of freedom fewer than studies); None below three studies.
    """

    responders: tuple[int, ...]
    n: tuple[int, ...]
    method: Method
    mean: float
    se: float
    tau2: float
    q: float
    q_p: float
    i2: float
    rate: float
    interval: Interval
    prediction: Interval | None

    def printed(self) -> PrintedTable:
        """Each study, then the mean and a new study."""
        rows = [
            (Text(f"study {k}", f"研究 {k}"), f"{x}/{n}", f"{x / n:.3f}", _range(clopper_pearson(x, n)))
            for k, (x, n) in enumerate(zip(self.responders, self.n, strict=True), start=1)
        ]
        rows.append((Text("mean", "均值"), "", f"{self.rate:.3f}", _range(self.interval)))
        if self.prediction is not None:
            rows.append((Text("new study", "新研究"), "", "", _range(self.prediction)))
        level = f"{100 * self.interval.level:g} %"
        return PrintedTable(
            Text("Rates of earlier studies, pooled", "既往研究率的合并"),
            (Text("", ""), Text("responders", "缓解数"), Text("rate", "率"), Text(level, level)),
            tuple(rows),
            self._notes(),
        )

    def chart(self) -> Forest:
        """Studies with exact intervals, the mean, and where a new study lies."""
        rows = [
            _row(
                Text(f"study {k}", f"研究 {k}"), x / n, clopper_pearson(x, n, self.interval.level), f"{x}/{n}"
            )
            for k, (x, n) in enumerate(zip(self.responders, self.n, strict=True), start=1)
        ]
        rows.append(_row(Text("mean", "均值"), self.rate, self.interval, "", strong=True))
        if self.prediction is not None:
            rows.append(_row(Text("new study", "新研究"), self.rate, self.prediction, ""))
        return Forest(
            "pooled-rates",
            Text("Rates of earlier studies, pooled", "既往研究率的合并"),
            Text("Rate of each study with its interval, then the mean.", "各研究的率及区间，最后为均值。"),
            Axis(Text("rate", "率"), Scale.PERCENT),
            tuple(rows),
            notes=self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        numbers = f"tau² {self.tau2:.4f}, Q {self.q:.2f} (p {self.q_p:.3f}), I² {100 * self.i2:.1f} %"
        return (
            Text(
                f"Random effects on the log-odds, {self.method}: {numbers}. "
                "Studies: exact intervals (Clopper-Pearson); new study: Higgins 2009.",
                f"对数优势随机效应模型，{self.method}：{numbers}。"
                "各研究：精确区间（Clopper-Pearson）；新研究：Higgins 2009。",
            ),
        )


def pooled(
    responders: Sequence[int],
    n: Sequence[int],
    method: Method | str = Method.REML,
    *,
    level: float = 0.95,
    tolerance: float = 1e-13,
) -> Pooled:
    """Random-effects mean of the studies' log-odds.

    A study with no or only responders has one half added to both counts.

    Parameters
    ----------
    responders, n : sequence of int, one for each study
    method : Method
        `REML` or `DL`.
    level : float
        Of the intervals.
    tolerance : float
        Step of tau2 at which REML stops. R's metafor stops at 1e-5, four or five digits into tau2.

    Raises
    ------
    InputRefused
        For fewer than two studies, counts that cannot be, or an unknown method.

    References
    ----------
    DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2; Viechtbauer 2005,
    doi:10.3102/10769986030003261; Higgins, Thompson and Spiegelhalter 2009,
    doi:10.1111/j.1467-985X.2008.00552.x
    """
    check_level(level)
    logs, variances = _log_odds(responders, n)
    if method not in (Method.REML, Method.DL):
        raise InputRefused(f"method {method!r}", where="pooled rates", do="give REML or DL")
    q = _cochran(logs, variances)
    tau2 = _moments(q, variances) if method == Method.DL else _reml(logs, variances, tolerance)
    weights = 1 / (variances + tau2)
    mean, se = float(weights @ logs / weights.sum()), 1 / math.sqrt(float(weights.sum()))
    half = normal_quantile((1 + level) / 2) * se
    freedom = logs.size - 1
    prediction = None
    if freedom >= 2:
        reach = student_quantile((1 + level) / 2, freedom - 1) * math.sqrt(tau2 + se * se)
        prediction = Interval(_rate(mean - reach), _rate(mean + reach), level)
    return Pooled(
        tuple(responders), tuple(n), Method(method), mean, se, tau2, q, chi_square_at_least(q, freedom),
        tau2 / (tau2 + _typical(variances)), _rate(mean),
        Interval(_rate(mean - half), _rate(mean + half), level), prediction,
    )  # fmt: skip


def _log_odds(responders: Sequence[int], n: Sequence[int]) -> tuple[Numbers, Numbers]:
    if len(responders) != len(n) or len(n) < 2:
        raise InputRefused(
            f"{len(responders)} numbers of responders for {len(n)} studies",
            where="pooled rates",
            do="give responders and n of each study, two studies at least",
        )
    for x, m in zip(responders, n, strict=True):
        check_counts(x, m)
    seen, missed = np.array(responders, float), np.array(n, float) - np.array(responders, float)
    bare = (seen == 0) | (missed == 0)
    seen, missed = np.where(bare, seen + 0.5, seen), np.where(bare, missed + 0.5, missed)
    return np.log(seen / missed), 1 / seen + 1 / missed


def _cochran(logs: Numbers, variances: Numbers) -> float:
    weights = 1 / variances
    mean = weights @ logs / weights.sum()
    return float(weights @ (logs - mean) ** 2)


def _moments(q: float, variances: Numbers) -> float:
    weights = 1 / variances
    spread = weights.sum() - (weights**2).sum() / weights.sum()
    return max(0.0, float((q - (variances.size - 1)) / spread))


def _reml(logs: Numbers, variances: Numbers, tolerance: float) -> float:
    """Fisher's scoring from Hedges' estimate on, each step halved while it leads below 0."""
    tau2 = max(0.0, float(np.var(logs, ddof=1) - variances.mean()))
    for _ in range(_MOST_STEPS):
        weights = 1 / (variances + tau2)
        projection = np.diag(weights) - np.outer(weights, weights) / weights.sum()
        pulled = projection @ logs
        step = float((pulled @ pulled - np.trace(projection)) / np.trace(projection @ projection))
        while tau2 + step < 0 and abs(step) > tolerance:
            step /= 2
        before, tau2 = tau2, max(0.0, tau2 + step)
        if abs(tau2 - before) <= tolerance:
            return tau2
    raise InputRefused(
        f"REML does not settle; tau2 is about {tau2:.3g}",
        where="pooled rates",
        do="use method DL, and look at the studies",
    )


def _typical(variances: Numbers) -> float:
    weights = 1 / variances
    return float((variances.size - 1) * weights.sum() / (weights.sum() ** 2 - (weights**2).sum()))


def _rate(log_odds: float) -> float:
    return (1 + math.tanh(log_odds / 2)) / 2


def _range(interval: Interval) -> str:
    return f"{interval.lower:.3f}-{interval.upper:.3f}"


def _row(label: Text, estimate: float, interval: Interval, words: str, *, strong: bool = False) -> Row:
    return Row(label, estimate, interval.lower, interval.upper, words, strong)
