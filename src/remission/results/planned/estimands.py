"""The table `plan`: every estimand of the study file with its numbers, by the method that the file names."""

from collections.abc import Callable, Mapping, Sequence

from remission.protocol.plan import Estimand, Joined, Method
from remission.protocol.plan_said import METHODS, estimand_title, strategies_said
from remission.protocol.study import Study
from remission.results.control import above_what, decision
from remission.results.numbers import (
    BLANK,
    FRACTION,
    NOT_EVALUABLE,
    Basis,
    Book,
    Cell,
    Number,
    Row,
    Table,
    merged,
    p_text,
    plain,
)
from remission.results.planned.asked import Asked, worded
from remission.results.planned.counting import As, Placed
from remission.results.planned.exact import difference, exact, stratified
from remission.results.planned.subgroups import Grouped
from remission.results.planned.unknown import imputed, tipping
from remission.results.rates import estimated
from remission.stats.pairs.joint import both_required, holm
from remission.terms.ids import SubjectId
from remission.terms.words import Text

_COLUMNS = (
    Text("Counted", "计入例数"),
    Text("Responders", "缓解例数"),
    Text("Rate [95 % interval]", "缓解率[95%区间]"),
    Text("One-sided p", "单侧p值"),
    Text("Decision", "判定"),
)


def plan_table(
    book: Book,
    study: Study,
    estimands: Sequence[Estimand],
    placed: Mapping[tuple[str, str], Sequence[Placed]],
    made: Mapping[str, Grouped],
) -> Table:
    """Every estimand with its endpoints, and the claim on all or any of them.

    Parameters
    ----------
    book : Book
        Where numbers are entered, as ``plan.<estimand>.<endpoint>.<what>``.
    study : Study
        The study.
    estimands : sequence of Estimand
        Those to be shown, in order.
    placed : mapping
        What the members of each estimand's population count as, by estimand and endpoint.
    made : mapping
        The plan's subgroups by id, for strata.
    """
    rows: list[Row] = []
    notes: list[Text] = []
    for estimand in estimands:
        rows.append(Row(estimand_title(estimand)))
        _alpha(book, study, estimand)
        asked = [
            Asked(
                study, estimand, id, f"plan.{estimand.id}.{id}", study.endpoint(id).name,
                placed[estimand.id, id], made,
            )
            for id in estimand.variable
        ]  # fmt: skip
        for one in asked:
            label = Text(f"{one.name.en}: pending", f"{one.name.zh}：待定")
            book.count(one.pending[0], label, one.bases(As.PENDING))
            rows += _CARRIED_OUT[estimand.method](book, one)
        if len(asked) > 1 and estimand.method in (Method.EXACT_BINOMIAL, Method.RUBIN):
            rows.append(_together(book, estimand, asked))
        notes.append(_note(study, estimand))
    title = Text("Analysis plan", "分析计划")
    return Table("plan", title, _COLUMNS, tuple(rows), tuple(notes))


def _note(study: Study, estimand: Estimand) -> Text:
    who = next(chosen.name for chosen in study.sets if chosen.id == estimand.population)
    method, then = METHODS[estimand.method], strategies_said(estimand)
    title, alpha = estimand_title(estimand), f"{estimand.alpha:f}"
    return Text(
        f"{title.en}. {who.en}; {then.en}. {method.en}; one-sided alpha {alpha}.",
        f"{title.zh}。{who.zh}；{then.zh}。{method.zh}；单侧α={alpha}。",
    )


def _alpha(book: Book, study: Study, estimand: Estimand) -> None:
    label = Text(f"{estimand.name.en}: one-sided alpha", f"{estimand.name.zh}：单侧α")
    source = f"study file {study.id}, version {study.version}, sha256 {study.digest or 'not given'}"
    words = Text(
        f"{source}, [[plan.estimands]] {estimand.id}: {estimand.cite}",
        f"{source}，[[plan.estimands]] {estimand.id}：{estimand.cite}",
    )
    alpha = float(estimand.alpha)
    book.enter(Number(f"design.alpha.{estimand.id}", alpha, plain(f"{alpha:g}"), FRACTION, label, words))


def _together(book: Book, estimand: Estimand, asked: Sequence[Asked]) -> Row:
    """Those counted for every endpoint, those who responded to all (or any), and the claim's p-value."""
    both = estimand.joined is Joined.BOTH
    known = [
        {one.dossier.subject: one for one in part.placed if one.counts in (As.RESPONDER, As.NON_RESPONDER)}
        for part in asked
    ]
    everyone = [subject for subject in known[0] if all(subject in answers for answers in known)]
    bases = {subject: [answers[subject] for answers in known] for subject in everyone}
    through = all if both else any
    part = [subject for subject in everyone if through(one.counts is As.RESPONDER for one in bases[subject])]
    stem = f"plan.{estimand.id}.{'both' if both else 'either'}"
    name = Text("every endpoint", "全部终点") if both else Text("any endpoint", "任一终点")
    words = Text(f"{estimand.name.en}, {name.en}", f"{estimand.name.zh}，{name.zh}")
    cells = (BLANK, BLANK, BLANK)
    if estimand.method is Method.EXACT_BINOMIAL:
        cells = estimated(book, stem, words, _joined(bases, everyone), _joined(bases, part))
    p_ids = tuple(f"{one.stem}.p" for one in asked)
    p_values = [value for id in p_ids if (value := book.numbers[id].value) is not None]
    p: float | None = None
    if len(p_values) == len(p_ids):
        p = both_required(p_values) if both else min(holm(p_values))
    formula = (
        Text("largest p (Berger 1982)", "最大p值（Berger 1982）")
        if both
        else Text("smallest p adjusted by Holm 1979", "按Holm 1979校正的最小p值")
    )
    text = NOT_EVALUABLE if p is None else plain(p_text(p))
    p_id = book.enter(Number(f"{stem}.p", p, text, FRACTION, worded(words, "p", "p值"), formula, p_ids))
    what = above_what(asked[0].study, estimand.variable)
    pending = tuple(id for one in asked for id in one.pending)
    decided = decision(book, what, f"{stem}.decision", p_id, pending=pending, alpha=asked[0].alpha)
    return Row(name, (*cells, Cell((p_id,)), Cell((decided,))), 1)


def _joined(bases: Mapping[SubjectId, list[Placed]], who: Sequence[SubjectId]) -> list[Basis]:
    return [merged([one.basis for one in bases[subject]]) for subject in who]


_CARRIED_OUT: dict[Method, Callable[[Book, Asked], list[Row]]] = {
    Method.EXACT_BINOMIAL: exact,
    Method.RUBIN: imputed,
    Method.TIPPING_POINT: tipping,
    Method.STRATIFIED: stratified,
    Method.NEWCOMBE: difference,
}
