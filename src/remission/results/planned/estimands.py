"""The table `plan`: every estimand of the study file with its numbers, by the method that the file names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from remission.protocol.plan import Estimand, Joined, Method, Role
from remission.protocol.plan_said import METHODS, estimand_title, strategies_said
from remission.protocol.study import Study
from remission.results.control import caveats
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
from remission.results.planned.after_looks import after_notes
from remission.results.planned.asked import Asked, worded
from remission.results.planned.counting import As, Placed
from remission.results.planned.exact import difference, exact, stratified
from remission.results.planned.subgroups import Grouped
from remission.results.planned.unknown import imputed, tipping
from remission.results.rates import estimated
from remission.results.verdicts import (
    NOMINAL,
    NOMINAL_NOTE,
    TOGETHER,
    Stop,
    decision,
    interval_notes,
    looks_notes,
    size_notes,
    undecided,
)
from remission.stats.pairs.joint import both_required, holm
from remission.terms.ids import SubjectId
from remission.terms.words import Text

_COLUMNS = (
    Text("Decision", "判定"),
    Text("Counted", "计入例数"),
    Text("Responders", "缓解例数"),
    Text("Rate [95 % interval]", "缓解率[95%区间]"),
    Text("One-sided p", "单侧p值"),
)


def plan_table(
    book: Book,
    study: Study,
    estimands: Sequence[Estimand],
    placed: Mapping[tuple[str, str], Sequence[Placed]],
    made: Mapping[str, Grouped],
    stop: Stop | None,
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
    stop : Stop or None
        The look that stopped the trial, if one did.
    """
    rows: list[Row] = []
    notes: list[Text] = []
    for estimand in estimands:
        rows.append(Row(estimand_title(estimand)))
        asked = [
            Asked(
                study, estimand, id, f"plan.{estimand.id}.{id}", study.endpoint(id).name,
                placed[estimand.id, id], made, stop if estimand.role is Role.PRIMARY else None,
            )
            for id in estimand.variable
        ]  # fmt: skip
        carried: list[list[Row]] = []
        for one in asked:
            label = Text(f"{one.name.en}: pending", f"{one.name.zh}：待定")
            book.count(one.pending[0], label, one.bases(As.PENDING))
            carried.append(_CARRIED_OUT[estimand.method](book, one))
        together = len(asked) > 1 and estimand.method in (Method.EXACT_BINOMIAL, Method.RUBIN)
        adjusted = _adjusted(book, asked) if together and estimand.joined is Joined.EITHER else ()
        for place, (one, found) in enumerate(zip(asked, carried, strict=True)):
            *cells, p = found[0].cells if len(found[0].cells) == 4 else (*found[0].cells, BLANK)
            p_id = adjusted[place] if adjusted else None
            decided = _decided(book, one, p_id, claim=bool(adjusted) or len(asked) == 1)
            rows.append(replace(found[0], cells=(decided, *cells, Cell((p_id,)) if p_id else p)))
            rows += found[1:]
        if together:
            rows += _together(book, estimand, asked, adjusted)
        notes.append(_note(study, estimand))
    title = Text("Analysis plan", "分析计划")
    return Table("plan", title, _COLUMNS, tuple(rows), (*_read_first(book, study, estimands), *notes))


def _read_first(book: Book, study: Study, estimands: Sequence[Estimand]) -> tuple[Text, ...]:
    """What must be known before the table is read: the rates compared with, the number, intervals, looks."""
    primary = [one for one in estimands if one.role is Role.PRIMARY]
    endpoints = [endpoint.id for endpoint in study.endpoints]
    joint = [id for one in primary if len(one.variable) > 1 for id in one.variable]
    others = [id for one in estimands if one.role is not Role.PRIMARY for id in one.variable]
    found = [
        *size_notes(book),
        *(caveat for id in endpoints for caveat in caveats(study, id)),
        *(note for one in primary for note in interval_notes(book, f"design.alpha.{one.id}")),
        *looks_notes(study, joint),
        *(() if joint else after_notes(study, [one.variable[0] for one in primary], others)),
        NOMINAL_NOTE,
    ]
    return tuple(dict.fromkeys(found))


def _adjusted(book: Book, asked: Sequence[Asked]) -> tuple[str, ...]:
    """Enter each endpoint's p-value adjusted by Holm for all of them."""
    p_ids = tuple(f"{one.stem}.p" for one in asked)
    known = [value for id in p_ids if (value := book.numbers[id].value) is not None]
    adjusted = holm(known) if len(known) == len(p_ids) else [None] * len(p_ids)
    ids: list[str] = []
    for one, p in zip(asked, adjusted, strict=True):
        text = NOT_EVALUABLE if p is None else plain(p_text(p))
        label = worded(one.name, "one-sided p, adjusted", "校正后的单侧p值")
        words = Text("adjusted by Holm 1979 for all endpoints", "按Holm 1979校正")
        ids.append(book.enter(Number(f"{one.stem}.p_holm", p, text, FRACTION, label, words, p_ids)))
    return tuple(ids)


def _decided(book: Book, asked: Asked, p_id: str | None, *, claim: bool) -> Cell:
    """The decision on one endpoint: only of the primary estimand, and where it makes a claim of its own."""
    estimand, p_id = asked.estimand, p_id or f"{asked.stem}.p"
    if estimand.method is Method.TIPPING_POINT:
        return Cell((f"{asked.stem}.tips",))
    if estimand.method is Method.STRATIFIED:
        return BLANK
    id = f"{asked.stem}.decision"
    if estimand.role is not Role.PRIMARY:
        return Cell((undecided(book, id, NOMINAL, (p_id,)),))
    if not claim:
        return Cell((undecided(book, id, TOGETHER, (p_id,)),))
    size = f"{asked.stem}.size"
    alpha = size if size in book.numbers else asked.alpha
    decided = decision(
        book, asked.study, id, p_id, [asked.endpoint], pending=asked.pending, alpha=alpha, stop=asked.stop
    )
    return Cell((decided,))


def _note(study: Study, estimand: Estimand) -> Text:
    who = next(chosen.name for chosen in study.sets if chosen.id == estimand.population)
    method, then = METHODS[estimand.method], strategies_said(estimand)
    title, alpha = estimand_title(estimand), f"{estimand.alpha:f}"
    return Text(
        f"{title.en}. {who.en}; {then.en}. {method.en}; one-sided alpha {alpha}.",
        f"{title.zh}。{who.zh}；{then.zh}。{method.zh}；单侧α={alpha}。",
    )


def _together(book: Book, estimand: Estimand, asked: Sequence[Asked], adjusted: Sequence[str]) -> list[Row]:
    """Those who responded to all (or any) of those counted for each; then the claim, with its p-value."""
    both = estimand.joined is Joined.BOTH
    stem = f"plan.{estimand.id}.{estimand.joined}"
    name = Text("every endpoint", "全部终点") if both else Text("any endpoint", "任一终点")
    words = Text(f"{estimand.name.en}, {name.en}", f"{estimand.name.zh}，{name.zh}")
    rows: list[Row] = []
    if estimand.method is Method.EXACT_BINOMIAL:
        rows.append(Row(name, (BLANK, *_all_or_any(book, stem, words, asked, both=both)), 1))
    p_ids = tuple(adjusted) or tuple(f"{one.stem}.p" for one in asked)
    p_values = [value for id in p_ids if (value := book.numbers[id].value) is not None]
    p: float | None = None
    if len(p_values) == len(p_ids):
        p = both_required(p_values) if both else min(p_values)
    formula = (
        Text("largest p (Berger 1982)", "最大p值（Berger 1982）")
        if both
        else Text("smallest p adjusted by Holm 1979", "按Holm 1979校正的最小p值")
    )
    text = NOT_EVALUABLE if p is None else plain(p_text(p))
    p_id = book.enter(Number(f"{stem}.p", p, text, FRACTION, worded(words, "p", "p值"), formula, p_ids))
    if estimand.role is Role.PRIMARY:
        pending = tuple(id for one in asked for id in one.pending)
        decided = decision(
            book, asked[0].study, f"{stem}.decision", p_id, estimand.variable,
            pending=pending, alpha=asked[0].alpha, stop=asked[0].stop, every=both,
        )  # fmt: skip
    else:
        decided = undecided(book, f"{stem}.decision", NOMINAL, (p_id,))
    together = Text(f"together: {formula.en}", f"合并：{formula.zh}")
    return [*rows, Row(together, (Cell((decided,)), BLANK, BLANK, BLANK, Cell((p_id,))), 1)]


def _all_or_any(
    book: Book, stem: str, words: Text, asked: Sequence[Asked], *, both: bool
) -> tuple[Cell, Cell, Cell]:
    """Those counted for every endpoint, and those of them who responded to all, or any."""
    known = [
        {one.dossier.subject: one for one in part.placed if one.counts in (As.RESPONDER, As.NON_RESPONDER)}
        for part in asked
    ]
    everyone = [subject for subject in known[0] if all(subject in answers for answers in known)]
    bases = {subject: [answers[subject] for answers in known] for subject in everyone}
    through = all if both else any
    part = [subject for subject in everyone if through(one.counts is As.RESPONDER for one in bases[subject])]
    return estimated(book, stem, words, _joined(bases, everyone), _joined(bases, part))


def _joined(bases: Mapping[SubjectId, list[Placed]], who: Sequence[SubjectId]) -> list[Basis]:
    return [merged([one.basis for one in bases[subject]]) for subject in who]


_CARRIED_OUT: dict[Method, Callable[[Book, Asked], list[Row]]] = {
    Method.EXACT_BINOMIAL: exact,
    Method.RUBIN: imputed,
    Method.TIPPING_POINT: tipping,
    Method.STRATIFIED: stratified,
    Method.NEWCOMBE: difference,
}
