"""A primary claim on one endpoint that was looked at before the end: rate, interval and p after the looks.

The plain rate is biased by a stop, and its interval and p-value do not know of one. Outcomes are ordered by
the look at which the trial stopped (`stats.designs.after`), exactly. Before the end nothing of it is defined.
A look counts everybody enrolled: where the end counts fewer, or does not follow from the looks, nothing is
decided.
"""

from collections.abc import Sequence

from remission.errors import InputRefused
from remission.protocol.plan import Monitoring, Plan, Purpose, Role
from remission.protocol.plan_boundaries import boundaries
from remission.protocol.study import Study
from remission.results.numbers import FRACTION, Book, Cell, Number, Row, p_text, plain
from remission.results.planned.asked import Asked, p0_of, rate_with_limits, tested, worded
from remission.results.planned.counting import As
from remission.results.verdicts import ENROLLED, Stop, watched, withheld
from remission.stats.designs.after import AfterStopping, after
from remission.stats.designs.staged import Look, Staged
from remission.stats.rates.proportions import critical_value
from remission.terms.words import Text


def after_looks(book: Book, asked: Asked) -> Row | None:
    """The row of a primary claim on one endpoint with looks, once the trial ended; None for any other.

    None too where the looks cannot be taken into account: `.size` then has no value, and says why.
    """
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
    if isinstance(found, Text):
        label, words = worded(asked.name, *_SIZE), Text("not defined", "无定义")
        book.enter(Number(f"{asked.stem}.size", None, found, FRACTION, label, words, (ENROLLED, asked.alpha)))
        return None
    n = book.count(f"{asked.stem}.n", worded(asked.name, "counted", "计入例数"), whole)
    x = book.count(f"{asked.stem}.responders", worded(asked.name, "responders", "缓解例数"), part)
    inputs = (*inputs, n, x, f"control.{asked.endpoint}.p0", asked.alpha)
    limits = (found.median, found.interval.lower, found.interval.upper)
    cell = rate_with_limits(book, asked, limits, _METHOD, inputs)
    p = tested(book, asked, found.p, _METHOD, inputs)
    label = worded(asked.name, *_SIZE)
    words = Text("exact, at the rate compared with", "按所比较的率精确计算")
    size = Number(f"{asked.stem}.size", found.size, plain(p_text(found.size)), FRACTION, label, words, inputs)
    book.enter(size)
    return Row(asked.name, (Cell((n,)), Cell((x,)), cell, p), 1)


_SIZE = ("type I error of the looks and the final test", "期中查看与最终检验的I类错误")
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
            "Where somebody enrolled is left out of the final count, or the end does not follow from the "
            "looks, nothing is decided, and interval and p ignore the looks. "
            "All other rows, and this one before, ignore the looks.",
            "试验结束后，主要率为中位无偏估计，其区间与p值精确计入期中查看，p值与查看及最终检验的I类错误比较；提前停止时以该次查看的计数为准；"
            "如有已入组者未计入最终分析，或期末结果与期中查看不符，则不作判定，区间与p值未计入期中查看；"
            "其余各行及此前均未计入。",
        ),
    )


def _ended(
    book: Book, asked: Asked, plan: Plan, n: int, x: int
) -> tuple[AfterStopping | Text | None, tuple[str, ...]]:
    """The inference where the trial ended, and the counts of the look it rests on; or why there is none."""
    rules = [one for one in plan.monitoring if one.watched == asked.endpoint]
    rules = [one for one in rules if one.purpose is not Purpose.TOXICITY]
    design = _staged(asked, rules)
    left_out = int(book.numbers[ENROLLED].value or 0) - n
    stop, p0 = asked.stop, p0_of(asked)
    if stop is not None:
        return (None, ()) if design is None else _at_a_look(book, asked, design, stop, p0)
    if left_out or design is None:
        return _left_out(left_out) if left_out else _unforeseen(n, x), ()
    look, before, inputs = len(design.looks), None, ()
    if n != design.n:  # nobody is left out: those at the end are those of the last look, and all after it
        last = next(id for id in (_count_of(one, design.looks[-2].n) for one in rules) if id in book.numbers)
        before, inputs = int(book.numbers[last].value or 0), (last,)
    try:
        changed = None if before is None else n
        return after(design, look=look, responders=x, p0=p0, n=changed, before=before), inputs
    except InputRefused:  # an end that the plan did not foresee
        return _unforeseen(n, x), ()


def _left_out(count: int) -> Text:
    who = "1 participant is" if count == 1 else f"{count} participants are"
    return Text(
        f"cannot be told: {who} left out of a plan with looks",
        f"无法判定：设有期中查看，而{count}例未计入最终分析",
    )


def _unforeseen(n: int, x: int) -> Text:
    return Text(
        f"cannot be told: {x} of {n} at the end do not follow from the looks of the plan",
        f"无法判定：期末{n}例中{x}例缓解，与计划的期中查看不符",
    )


def _at_a_look(
    book: Book, asked: Asked, design: Staged, stop: Stop, p0: float
) -> tuple[AfterStopping | None, tuple[str, ...]]:
    if stop.watched != asked.endpoint or stop.purpose is Purpose.TOXICITY:
        return None, ()
    place = next(place for place, look in enumerate(design.looks, start=1) if look.n == stop.at)
    count = stop.id.removesuffix(".says") + ".count"
    try:
        return after(design, look=place, responders=int(book.numbers[count].value or 0), p0=p0), (count,)
    except InputRefused:  # decided at the look all the same: the plain row, and the note that it is plain
        return None, ()


def _count_of(one: Monitoring, at: int) -> str:
    return f"look.{one.id}.{at}.count"


def _staged(asked: Asked, rules: Sequence[Monitoring]) -> Staged | None:
    """The looks and the final test as one design; futility that does not bind is no part of it.

    None where they make none.
    """
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
    try:
        return Staged((*looks, Look(size, last - 1, last)))
    except InputRefused:  # a look at the planned end or after it
        return None
