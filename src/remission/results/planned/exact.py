"""Estimands without a guess: exact rates, rates by stratum, and the difference to the control's counts."""

from collections.abc import Iterator
from itertools import product

from remission.results.numbers import (
    BLANK,
    FRACTION,
    NOT_EVALUABLE,
    PARTICIPANTS,
    Book,
    Cell,
    Number,
    Row,
    plain,
)
from remission.results.planned.after_looks import after_looks
from remission.results.planned.asked import Asked, p0_of, rate_with_limits, tested, worded
from remission.results.planned.counting import As, Placed
from remission.results.rates import estimated
from remission.stats.rates.difference import newcombe
from remission.stats.rates.proportions import binomial_p_greater
from remission.stats.rates.two import Side, TwoCounts
from remission.stats.rates.unconditional import boschloo
from remission.stats.rates.weighted import weighted_rate
from remission.terms.words import Text


def exact(book: Book, asked: Asked) -> list[Row]:
    """The rate, its Clopper-Pearson interval, and the exact one-sided test against the control's rate.

    Of a primary claim with looks, once it ended: as the looks left it (`after_looks`).
    """
    looked = after_looks(book, asked)
    if looked is not None:
        return [looked]
    whole, part = asked.bases(As.RESPONDER, As.NON_RESPONDER), asked.bases(As.RESPONDER)
    cells = estimated(book, asked.stem, asked.name, whole, part)
    p = binomial_p_greater(len(part), len(whole), p0_of(asked)) if whole else None
    words = Text(
        "P(X >= responders), X ~ Binomial(n, control rate)", "P(X >= 缓解数)，X ~ 二项分布(n, 对照率)"
    )
    inputs = (f"{asked.stem}.responders", f"{asked.stem}.n", f"control.{asked.endpoint}.p0")
    return [Row(asked.name, (*cells, tested(book, asked, p, words, inputs)), 1)]


def difference(book: Book, asked: Asked) -> list[Row]:
    """The rate less that of the control's participants, with Newcombe's interval and Boschloo's test."""
    whole, part = asked.bases(As.RESPONDER, As.NON_RESPONDER), asked.bases(As.RESPONDER)
    n = book.count(f"{asked.stem}.n", worded(asked.name, "counted", "计入例数"), whole)
    x = book.count(f"{asked.stem}.responders", worded(asked.name, "responders", "缓解例数"), part)
    control = _control(book, asked)
    rate = asked.study.rate(asked.endpoint)
    counts = None
    if whole and rate.responders is not None and rate.of is not None:
        counts = TwoCounts(len(part), len(whole), rate.responders, rate.of)
    interval = None if counts is None else newcombe(counts)
    ids: list[str] = []
    for end, value, en, zh in (
        ("difference", None if counts is None else counts.difference, "difference", "率差"),
        ("ci_lower", interval and interval.lower, "95 % interval, lower limit", "95%区间下限"),
        ("ci_upper", interval and interval.upper, "95 % interval, upper limit", "95%区间上限"),
    ):
        text = NOT_EVALUABLE if value is None else plain(f"{100 * value:+.1f} %")
        words = Text("rate less the control's; Newcombe 1998, method 10", "率减对照率；Newcombe 1998，方法10")
        label = worded(asked.name, en, zh)
        number = Number(f"{asked.stem}.{end}", value, text, FRACTION, label, words, (x, n, *control))
        ids.append(book.enter(number))
    p = None if counts is None else boschloo(counts, Side.GREATER).p
    test = Text("Boschloo 1970, one-sided, unconditional exact", "Boschloo 1970，单侧，非条件精确检验")
    p_cell = tested(book, asked, p, test, (x, n, *control))
    name = worded(asked.name, "difference to the control", "与对照之差")
    return [Row(name, (Cell((n,)), Cell((x,)), Cell(tuple(ids), "{} [{}, {}]"), p_cell), 1)]


def _control(book: Book, asked: Asked) -> tuple[str, str]:
    """Enter the control's counts."""
    rate, ids = asked.study.rate(asked.endpoint), list[str]()
    cite = "" if rate.source is None else rate.source.cite
    for what, count, en, zh in (
        ("control_responders", rate.responders, "control's responders", "对照缓解例数"),
        ("control_n", rate.of, "control's participants", "对照例数"),
    ):
        formula = Text(f"study file, [[control.rates]]: {cite}", f"研究文件，[[control.rates]]：{cite}")
        text = NOT_EVALUABLE if count is None else plain(str(count))
        inputs = (f"control.{asked.endpoint}.p0",)
        label = worded(asked.name, en, zh)
        ids.append(
            book.enter(Number(f"{asked.stem}.{what}", count, text, PARTICIPANTS, label, formula, inputs))
        )
    return ids[0], ids[1]


def stratified(book: Book, asked: Asked) -> list[Row]:
    """The rate of each stratum, and their mean weighted by size."""
    strata = list(_strata(asked))
    rows: list[Row] = []
    for key, name in strata:
        inside = [one for one in asked.placed if _key(asked, one) == key]
        whole = [one.basis for one in inside if one.counts in (As.RESPONDER, As.NON_RESPONDER)]
        part = [one.basis for one in inside if one.counts is As.RESPONDER]
        words = Text(f"{asked.name.en}, {name.en}", f"{asked.name.zh}，{name.zh}")
        cells = estimated(book, f"{asked.stem}.{'-'.join(key)}", words, whole, part)
        rows.append(Row(name, (BLANK, *cells), 2))
    stems = [f"{asked.stem}.{'-'.join(key)}" for key, _ in strata]
    inputs = tuple(f"{stem}.{what}" for stem in stems for what in ("responders", "n"))
    counts = [
        (int(book.numbers[f"{stem}.responders"].value or 0), n)
        for stem in stems
        if (n := int(book.numbers[f"{stem}.n"].value or 0))
    ]
    n = book.count(
        f"{asked.stem}.n",
        worded(asked.name, "counted", "计入例数"),
        asked.bases(As.RESPONDER, As.NON_RESPONDER),
    )
    x = book.count(
        f"{asked.stem}.responders", worded(asked.name, "responders", "缓解例数"), asked.bases(As.RESPONDER)
    )
    found = weighted_rate(counts, [size for _, size in counts]) if counts else None
    limits = None if found is None else (found.rate, found.interval.lower, found.interval.upper)
    method = Text(
        "sum of n / N x rate over the strata; Wilson's interval of each stratum combined (MOVER; Zou, Huang "
        "and Zhang 2009), for this mix of strata",
        "各层n/N×率之和；由各层Wilson区间合成（MOVER；Zou、Huang与Zhang 2009），以本研究的分层构成为条件",
    )
    over_all = Row(
        asked.name, (Cell((n,)), Cell((x,)), rate_with_limits(book, asked, limits, method, inputs)), 1
    )
    return [over_all, *rows]


def _key(asked: Asked, one: Placed) -> tuple[str, ...]:
    return tuple(asked.made[id].of[one.dossier.subject] for id in asked.estimand.strata)


def _strata(asked: Asked) -> Iterator[tuple[tuple[str, ...], Text]]:
    """Every combination of groups in which there is somebody, in the plan's order."""
    held = {_key(asked, one) for one in asked.placed if one.counts in (As.RESPONDER, As.NON_RESPONDER)}
    for groups in product(*(asked.made[id].groups for id in asked.estimand.strata)):
        key = tuple(group.id for group in groups)
        if key in held:
            yield key, Text(", ".join(g.name.en for g in groups), "，".join(g.name.zh for g in groups))
