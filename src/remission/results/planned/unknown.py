"""Estimands that guess at unknown answers: imputed from those known, or tried from none to all."""

from remission.results.numbers import (
    FRACTION,
    NOT_EVALUABLE,
    PARTICIPANTS,
    Book,
    Cell,
    Number,
    Row,
    p_text,
    percent_of,
    plain,
)
from remission.results.planned.asked import Asked, p0_of, rate_with_limits, tested, worded
from remission.results.planned.counting import As
from remission.results.verdicts import ENROLLED, PLANNED, withheld
from remission.stats.rates.imputed import Known, imputed_rate, tipping_point
from remission.stats.rates.proportions import binomial_p_greater
from remission.terms.words import Text


def _unknown(book: Book, asked: Asked) -> tuple[str, str, str]:
    """Enter n (the unknown among them), the known responders, and the unknown."""
    label = worded(asked.name, "counted, the unknown among them", "计入例数（含未知）")
    whole = asked.bases(As.RESPONDER, As.NON_RESPONDER, As.UNKNOWN)
    n = book.count(f"{asked.stem}.n", label, whole)
    label = worded(asked.name, "known responders", "已知缓解例数")
    x = book.count(f"{asked.stem}.responders", label, asked.bases(As.RESPONDER))
    label = worded(asked.name, "unknown", "未知例数")
    return n, x, book.count(f"{asked.stem}.unknown", label, asked.bases(As.UNKNOWN))


def imputed(book: Book, asked: Asked) -> list[Row]:
    """The rate with unknown answers imputed from the known of the same stratum."""
    n, x, unknown = _unknown(book, asked)
    strata = _strata(asked)
    found = imputed_rate(strata, p0_of(asked)) if any(one.known for one in strata) else None
    by = ", ".join(asked.made[id].subgroup.name.en for id in asked.estimand.strata) or "no strata"
    zh = "、".join(asked.made[id].subgroup.name.zh for id in asked.estimand.strata) or "不分层"
    words = Text(
        f"unknown answers imputed within: {by}, and from the other strata where nobody in one is known; "
        "Beta(1/2, 1/2) prior, Rubin's rules at infinitely many imputations, "
        "Wilson's interval at the effective number (Lott and Reiter 2020)",
        f"未知结果分层填补：{zh}（某层无已知结果时由其他层填补）；"
        "Beta(1/2, 1/2)先验，Rubin法则取无限次填补之极限，按有效例数的Wilson区间（Lott与Reiter 2020）",
    )
    limits = None if found is None else (found.rate, found.interval.lower, found.interval.upper)
    cell = rate_with_limits(book, asked, limits, words, (x, n, unknown))
    score = Text("score test at the effective number of participants", "按有效例数的计分检验")
    inputs = (x, n, unknown, f"control.{asked.endpoint}.p0")
    p = tested(book, asked, None if found is None else found.p, score, inputs)
    return [Row(asked.name, (Cell((n,)), Cell((x, unknown), "{} + {} ?"), cell, p), 1)]


def _strata(asked: Asked) -> list[Known]:
    """Known and unknown answers by stratum."""
    counts: dict[tuple[str, ...], list[int]] = {}
    for one in asked.placed:
        if one.counts in (As.LEFT_OUT, As.PENDING):
            continue
        key = tuple(asked.made[id].of[one.dossier.subject] for id in asked.estimand.strata)
        held = counts.setdefault(key, [0, 0, 0])
        held[0] += one.counts is As.RESPONDER
        held[1] += one.counts is not As.UNKNOWN
        held[2] += one.counts is As.UNKNOWN
    return [Known(*counts[key]) for key in sorted(counts)]


def tipping(book: Book, asked: Asked) -> list[Row]:
    """From the worst to the best that the unknown could be, and where the decision turns."""
    n, x, unknown = _unknown(book, asked)
    size, known, open_ = (int(book.numbers[id].value or 0) for id in (n, x, unknown))
    ends: list[str] = []
    p_ids: list[str] = []
    control = f"control.{asked.endpoint}.p0"
    for end, count, en, zh in (
        ("worst", known, "none of the unknown responded", "未知者均未缓解"),
        ("best", known + open_, "all of the unknown responded", "未知者均缓解"),
    ):
        value = count / size if size else None
        text = NOT_EVALUABLE if value is None else plain(percent_of(value))
        words, inputs = Text(f"rate if {en}", f"{zh}时的缓解率"), (x, n, unknown)
        label = worded(asked.name, f"rate if {en}", f"{zh}时的缓解率")
        ends.append(book.enter(Number(f"{asked.stem}.{end}", value, text, FRACTION, label, words, inputs)))
        p = binomial_p_greater(count, size, p0_of(asked)) if size else None
        text = NOT_EVALUABLE if p is None else plain(p_text(p))
        label = worded(asked.name, f"one-sided p if {en}", f"{zh}时的单侧p值")
        p_ids.append(
            book.enter(
                Number(f"{asked.stem}.p_{end}", p, text, FRACTION, label, words, (x, n, unknown, control))
            )
        )
    inputs = (x, n, unknown, control, asked.alpha, ENROLLED, PLANNED, *asked.pending)
    _tips(book, asked, size, known, open_, inputs)
    cells = (
        Cell((n,)), Cell((x, unknown), "{} + {} ?"), Cell(tuple(ends), "{} – {}"),
        Cell(tuple(p_ids), "{} – {}"),
    )  # fmt: skip
    return [Row(asked.name, cells, 1)]


def _tips(book: Book, asked: Asked, size: int, known: int, unknown: int, inputs: tuple[str, ...]) -> str:
    alpha = float(asked.estimand.alpha)
    found = tipping_point(known, unknown, size, p0_of(asked), alpha) if size else None
    waiting = withheld(book.numbers, asked.pending)
    value = None if found is None or waiting else found.needed
    if found is None or waiting:
        text = waiting or NOT_EVALUABLE
    elif value is None:
        text = Text(
            f"p above {alpha:g} even if all {unknown} responded", f"即使{unknown}例均缓解p值仍大于{alpha:g}"
        )
    elif value == 0:
        text = Text(f"p at most {alpha:g} whatever they are", f"无论其结果如何p值均不大于{alpha:g}")
    else:
        text = Text(
            f"p at most {alpha:g} from {value} of {unknown} on",
            f"{unknown}例中至少{value}例缓解时p值不大于{alpha:g}",
        )
    label = worded(asked.name, "fewest of the unknown that would have to respond", "未知者中至少须缓解的例数")
    words = Text("fewest that make the exact one-sided p at most alpha", "使精确单侧p值不大于α的最少例数")
    return book.enter(Number(f"{asked.stem}.tips", value, text, PARTICIPANTS, label, words, inputs))
