"""Estimands without a guess: exact rates, rates by stratum, and the difference to the control's counts."""

from collections.abc import Iterator
from itertools import product

from remission.results.numbers import Book, Cell, Row
from remission.results.planned.asked import Asked, p0_of, rate_with_limits, tested, worded
from remission.results.planned.counting import As, Placed
from remission.results.rates import estimated
from remission.stats.rates.proportions import binomial_p_greater
from remission.stats.rates.weighted import weighted_rate
from remission.terms.words import Text


def exact(book: Book, asked: Asked) -> list[Row]:
    """The rate, its Clopper-Pearson interval, and the exact one-sided test against the control's rate."""
    whole, part = asked.bases(As.RESPONDER, As.NON_RESPONDER), asked.bases(As.RESPONDER)
    cells = estimated(book, asked.stem, asked.name, whole, part)
    p = binomial_p_greater(len(part), len(whole), p0_of(asked)) if whole else None
    words = Text(
        "P(X >= responders), X ~ Binomial(n, control rate)", "P(X >= 缓解数)，X ~ 二项分布(n, 对照率)"
    )
    inputs = (f"{asked.stem}.responders", f"{asked.stem}.n", f"control.{asked.endpoint}.p0")
    return [Row(asked.name, (*cells, *tested(book, asked, p, words, inputs)), 1)]


def stratified(book: Book, asked: Asked) -> list[Row]:
    """The rate of each stratum, and their mean weighted by size."""
    strata = list(_strata(asked))
    rows: list[Row] = []
    for key, name in strata:
        inside = [one for one in asked.placed if _key(asked, one) == key]
        whole = [one.basis for one in inside if one.counts in (As.RESPONDER, As.NON_RESPONDER)]
        part = [one.basis for one in inside if one.counts is As.RESPONDER]
        words = Text(f"{asked.name.en}, {name.en}", f"{asked.name.zh}，{name.zh}")
        rows.append(Row(name, estimated(book, f"{asked.stem}.{'-'.join(key)}", words, whole, part), 2))
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
        "sum of n / N x rate over the strata; Wilson's interval at the effective number that the variance "
        "within strata gives",
        "各层n/N×率之和；按层内方差所得有效例数的Wilson区间",
    )
    over_all = Row(
        asked.name, (Cell((n,)), Cell((x,)), rate_with_limits(book, asked, limits, method, inputs)), 1
    )
    return [over_all, *rows]


def _key(asked: Asked, one: Placed) -> tuple[str, ...]:
    return tuple(asked.made[id].of[one.dossier.subject] for id in asked.estimand.strata)


def _strata(asked: Asked) -> Iterator[tuple[tuple[str, ...], Text]]:
    """Every combination of groups in which there is somebody, in the plan's order."""
    held = {_key(asked, one) for one in asked.placed}
    for groups in product(*(asked.made[id].groups for id in asked.estimand.strata)):
        key = tuple(group.id for group in groups)
        if key in held:
            yield key, Text(", ".join(g.name.en for g in groups), "，".join(g.name.zh for g in groups))
