"""A primary claim on one endpoint that was looked at before the end: rate, interval and p after the looks.

The plain rate is biased by a stop, and its interval and p-value do not know of one. Outcomes are ordered by
the look at which the trial stopped (`stats.designs.after`), exactly. Before the end nothing of it is defined.
"""

from collections.abc import Sequence

from remission.errors import InputRefused
from remission.protocol.plan import Monitoring, Plan, Purpose, Role
from remission.protocol.plan_boundaries import boundaries
from remission.protocol.study import Study
from remission.results.numbers import FRACTION, Book, Cell, Number, Row, p_text, plain
from remission.results.planned.asked import Asked, p0_of, rate_with_limits, tested, worded
from remission.results.planned.counting import As
from remission.results.verdicts import Stop, watched, withheld
from remission.stats.designs.after import AfterStopping, after
from remission.stats.designs.staged import Look, Staged
from remission.stats.rates.proportions import critical_value
from remission.terms.words import Text


def after_looks(book: Book, asked: Asked) -> Row | None:
    """The row of a primary claim on one endpoint with looks, once the trial ended; None for any other."""
    estimand, plan = asked.estimand, asked.study.plan
    if plan is None or estimand.role is not Role.PRIMARY or estimand.variable != (asked.endpoint,):
        return None
    looked = watched(asked.study, [asked.endpoint])
    if not looked or (asked.stop is None and withheld(book.numbers, asked.pending)):
        return None
    whole, part = asked.bases(As.RESPONDER, As.NON_RESPONDER), asked.bases(As.RESPONDER)
    found, inputs = _ended(book, asked, plan, len(whole), len(part))
    if found is None:
        return None
    n = book.count(f"{asked.stem}.n", worded(asked.name, "counted", "计入例数"), whole)
    x = book.count(f"{asked.stem}.responders", worded(asked.name, "responders", "缓解例数"), part)
    inputs = (*inputs, n, x, f"control.{asked.endpoint}.p0", asked.alpha)
    limits = (found.median, found.interval.lower, found.interval.upper)
    cell = rate_with_limits(book, asked, limits, _METHOD, inputs)
    p = tested(book, asked, found.p, _METHOD, inputs)
    label = worded(asked.name, "type I error of the looks and the final test", "期中查看与最终检验的I类错误")
    words = Text("exact, at the rate compared with", "按所比较的率精确计算")
    size = Number(f"{asked.stem}.size", found.size, plain(p_text(found.size)), FRACTION, label, words, inputs)
    book.enter(size)
    return Row(asked.name, (Cell((n,)), Cell((x,)), cell, p), 1)


_METHOD = Text(
    "ordered by the look at which the trial stopped: median-unbiased rate, exact interval and p "
    "(Jennison and Turnbull 1983)",
    "按停止时的查看次序排序：中位无偏率、精确区间与p值（Jennison与Turnbull 1983）",
)


def after_notes(study: Study, claimed: Sequence[str], others: Sequence[str]) -> tuple[Text, ...]:
    """How the claims on one endpoint take their looks into account, and that nothing else does."""
    if not watched(study, [*claimed, *others]):
        return ()
    return (
        Text(
            "Once the trial has ended, the primary rate is the median-unbiased one, and its interval and p "
            "take the looks into account exactly; the p-value is held against the type I error of the looks "
            "and the final test. After a stop they rest on the count of that look. "
            "All other rows, and this one before, ignore the looks.",
            "试验结束后，主要率为中位无偏估计，其区间与p值精确计入期中查看，p值与查看及最终检验的I类错误比较；提前停止时以该次查看的计数为准；"
            "其余各行及此前均未计入。",
        ),
    )


def _ended(
    book: Book, asked: Asked, plan: Plan, n: int, x: int
) -> tuple[AfterStopping | None, tuple[str, ...]]:
    """The inference where the trial ended, and the counts of the look it rests on."""
    rules = [one for one in plan.monitoring if one.watched == asked.endpoint]
    rules = [one for one in rules if one.purpose is not Purpose.TOXICITY]
    design = _staged(asked, rules)
    if design is None or not n:
        return None, ()
    stop, p0 = asked.stop, p0_of(asked)
    try:
        if stop is not None:
            return _at_a_look(book, asked, design, stop, p0)
        if n == design.n:
            return after(design, look=len(design.looks), responders=x, p0=p0), ()
        last, *_ = (id for id in (_count_of(one, design.looks[-2].n) for one in rules) if id in book.numbers)
        before = int(book.numbers[last].value or 0)
        return after(design, look=len(design.looks), responders=x, p0=p0, n=n, before=before), (last,)
    except InputRefused:  # an end that the plan did not foresee: the plain row, and the note that it is plain
        return None, ()


def _at_a_look(
    book: Book, asked: Asked, design: Staged, stop: Stop, p0: float
) -> tuple[AfterStopping | None, tuple[str, ...]]:
    if stop.watched != asked.endpoint or stop.purpose is Purpose.TOXICITY:
        return None, ()
    place = next(place for place, look in enumerate(design.looks, start=1) if look.n == stop.at)
    count = stop.id.removesuffix(".says") + ".count"
    return after(design, look=place, responders=int(book.numbers[count].value or 0), p0=p0), (count,)


def _count_of(one: Monitoring, at: int) -> str:
    return f"look.{one.id}.{at}.count"


def _staged(asked: Asked, rules: Sequence[Monitoring]) -> Staged | None:
    """The looks and the final test as one design; futility that does not bind is no part of it."""
    size = asked.study.design.participants
    last = critical_value(size, p0_of(asked), float(asked.estimand.alpha))
    if last is None:
        return None
    low: dict[int, int] = {}
    high: dict[int, int] = {}
    for one in rules:
        for at, stop in zip(one.at, boundaries(one, asked.study), strict=True):
            if stop is not None and one.purpose is Purpose.EFFICACY:
                high[at] = min(stop, high.get(at, stop))
            elif stop is not None and one.binding:
                low[at] = max(stop, low.get(at, stop))
    looks = [Look(at, low.get(at), high.get(at)) for at in sorted({at for one in rules for at in one.at})]
    return Staged((*looks, Look(size, last - 1, last)))
