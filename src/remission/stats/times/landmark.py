"""Landmark analysis: outcome from a fixed day on, by what was known on that day.

Comparing responders with others from time 0 credits responders with the time they had to survive in order to
respond (immortal time). Here everyone starts at the landmark, in the group known then, whatever comes later.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.times.logrank import LogRank, log_rank
from remission.stats.times.risk_sets import checked_outcomes, checked_times
from remission.stats.times.survival import KaplanMeier, kaplan_meier
from remission.terms.words import Text


class Why(StrEnum):
    """Why a person is not in the analysis."""

    EVENT = "event by the landmark"
    CENSORED = "censored by the landmark"
    UNKNOWN = "answer not known by the landmark"


_WHY = {
    Why.EVENT: Text(Why.EVENT.value, "界标时或之前发生事件"),
    Why.CENSORED: Text(Why.CENSORED.value, "界标时或之前删失"),
    Why.UNKNOWN: Text(Why.UNKNOWN.value, "界标时结果未知"),
}


@dataclass(frozen=True, slots=True)
class Landmark(Printable, Drawable):
    """Curves from `day` on, times counted from it, by group; who is out (counted from 0 as given), and why.

    `test` is None when fewer than two groups, or no event in comparable groups, remain.
    """

    day: float
    curves: tuple[tuple[str, KaplanMeier], ...]
    excluded: tuple[tuple[int, Why], ...]
    test: LogRank | None

    def printed(self) -> PrintedTable:
        """Each group from the landmark on, who is out and why, and the log-rank test."""
        rows = tuple(
            (
                name,
                str(curve.n),
                str(sum(step.events for step in curve.steps)),
                "–" if curve.median is None else f"{curve.median:g}",
            )
            for name, curve in self.curves
        )
        counts = {why: sum(reason is why for _, reason in self.excluded) for why in Why}
        en = ", ".join(f"{count} {_WHY[why].en}" for why, count in counts.items())
        zh = "，".join(f"{_WHY[why].zh} {count}" for why, count in counts.items())
        test = (
            Text("No log-rank test: no two groups can be compared.", "无法进行对数秩检验：没有可比较的两组。")
            if self.test is None
            else Text(
                f"Log-rank chi-square {self.test.chi_square:.4f} on {self.test.degrees} df, "
                f"p = {self.test.p:.4g}.",
                f"对数秩卡方 {self.test.chi_square:.4f}，自由度 {self.test.degrees}，p = {self.test.p:.4g}。",
            )
        )
        return PrintedTable(
            Text(f"From the landmark at {self.day:g}", f"自界标 {self.day:g} 起"),
            (
                Text("group", "组"),
                Text("n", "例数"),
                Text("events", "事件"),
                Text("median from the landmark", "自界标起中位时间"),
            ),
            rows,
            (Text(f"Not in the analysis: {en}.", f"未纳入：{zh}。"), test),
        )

    def chart(self) -> Curves:
        """One curve a group, times from the landmark."""
        return Curves(
            "landmark",
            Text(f"From the landmark at {self.day:g}", f"自界标 {self.day:g} 起"),
            Text(
                f"Kaplan-Meier curves of {len(self.curves)} groups known at {self.day:g}.",
                f"按 {self.day:g} 时已知分组的{len(self.curves)}条Kaplan-Meier曲线。",
            ),
            Axis(Text("time from the landmark", "自界标起时间"), low=0),
            Axis(Text("survival", "生存率"), Scale.PERCENT, low=0, high=1),
            tuple(
                Line(
                    Text(name, name),
                    ((0.0, 1.0), *((step.time, step.survival) for step in curve.steps)),
                    stepped=True,
                )
                for name, curve in self.curves
            ),
        )


def landmark(
    times: Sequence[float],
    observed: Sequence[bool],
    groups: Sequence[str | None],
    known: Sequence[float | None],
    day: float,
    *,
    otherwise: str | None = None,
    level: float = 0.95,
) -> Landmark:
    """Compare people from `day` on by the group known by then.

    Who had the event, or was censored, on or before the landmark is out. At most six groups can be drawn.

    Parameters
    ----------
    times : sequence of float, length n
        From each person's origin to the event or to censoring, in the unit of `day`.
    observed : sequence of bool, length n
    groups : sequence of str or None, length n
        The answer (response), None if there never was one.
    known : sequence of float or None, length n
        When the answer was known (or reached), in the same unit; None with a group of None.
    day : float
        The landmark.
    otherwise : str or None
        The group of those whose answer was not known by the landmark ("no response"); None: they are out.
    level : float

    Raises
    ------
    InputRefused
        For unequal lengths, a bad time, outcome or day, a group without its time, or nobody left.

    References
    ----------
    Anderson, Cain and Gelber 1983, Journal of Clinical Oncology 1:710-719
    """
    values = checked_times(times, len(observed)).tolist()
    seen = checked_outcomes(observed).tolist()
    _check(len(values), groups, known, day)
    out: list[tuple[int, Why]] = []
    kept: list[tuple[float, bool, str]] = []
    for place, (time, event, group, when) in enumerate(zip(values, seen, groups, known, strict=True)):
        answer = group if group is not None and when is not None and when <= day else otherwise
        if time <= day:
            out.append((place, Why.EVENT if event else Why.CENSORED))
        elif answer is None:
            out.append((place, Why.UNKNOWN))
        else:
            kept.append((time - day, event, answer))
    if not kept:
        raise InputRefused(
            f"nobody of {len(values)} is left at {day:g}", where="landmark", do="choose an earlier landmark"
        )
    names = sorted({group for _, _, group in kept})
    curves: list[tuple[str, KaplanMeier]] = []
    for name in names:
        own = [(time, event) for time, event, group in kept if group == name]
        curves.append((name, kaplan_meier([t for t, _ in own], [e for _, e in own], level)))
    return Landmark(day, tuple(curves), tuple(out), _tested(kept))


def _tested(kept: list[tuple[float, bool, str]]) -> LogRank | None:
    if len({group for _, _, group in kept}) < 2:
        return None
    try:
        return log_rank([t for t, _, _ in kept], [e for _, e, _ in kept], [g for _, _, g in kept])
    except InputRefused:  # no event while two groups were under observation
        return None


def _check(n: int, groups: Sequence[str | None], known: Sequence[float | None], day: float) -> None:
    if len(groups) != n or len(known) != n:
        raise InputRefused(
            f"{n} times, {len(groups)} groups, {len(known)} days on which they were known",
            where="landmark",
            do="give one of each for every person",
        )
    if not (math.isfinite(day) and day >= 0):
        raise InputRefused(f"{day!r} is not a day", where="landmark", do="give a finite day, 0 or later")
    for place, (group, when) in enumerate(zip(groups, known, strict=True), start=1):
        if group is not None and (when is None or not math.isfinite(when)):
            raise InputRefused(
                f"group {group!r} known at {when!r}",
                where=f"person {place}",
                do="say when each answer was known; None for the group if there is none",
            )
