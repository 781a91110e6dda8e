"""One endpoint against its historical control: exact test, critical value, and how far the control holds."""

from collections.abc import Sequence

from remission.mrd.words import method_name
from remission.protocol.study import ControlRate, Evidence, Study
from remission.results.numbers import (
    FRACTION,
    NOT_EVALUABLE,
    PARTICIPANTS,
    Book,
    Number,
    p_text,
    percent_of,
    plain,
)
from remission.stats.rates.proportions import binomial_p_greater, critical_value
from remission.terms.words import Text

YES_NO = "yes (1) or no (0)"
_NO_COUNT = Text("no count would do", "任何例数均不足")
NOT_YET = Text("not yet: results are pending", "尚不能判定：结果未齐")


def constants(book: Book, study: Study) -> None:
    """Enter what the study file fixes: size, alpha, and the control's rate for each endpoint."""
    source = f"study file {study.id}, version {study.version}, sha256 {study.digest or 'not given'}"
    size, alpha = study.design.participants, float(study.design.alpha)
    words = Text(f"{source}, [design]: {study.design.cite}", f"{source}，[design]：{study.design.cite}")
    label = Text("Participants planned", "计划例数")
    book.enter(Number("design.participants", size, plain(str(size)), PARTICIPANTS, label, words))
    label = Text("One-sided alpha", "单侧α")
    book.enter(Number("design.alpha", alpha, plain(f"{alpha:g}"), FRACTION, label, words))
    for rate in study.control.rates:
        name, p0 = study.endpoint(rate.endpoint).name, float(rate.p0)
        label = Text(f"Control rate: {name.en}", f"对照率：{name.zh}")
        if not shown_by_evidence(rate):
            label = Text(f"Assumed rate: {name.en}", f"假设率：{name.zh}")
        counts = "" if not rate.counted else f" {rate.responders}/{rate.of}"
        cite = "" if rate.source is None else f" ({rate.source.cite})"
        words = Text(
            f"{source}, [[control.rates]], evidence: {rate.evidence}{counts}{cite}. {rate.note.en}",
            f"{source}，[[control.rates]]，证据：{rate.evidence}{counts}{cite}。{rate.note.zh}",
        )
        book.enter(Number(f"control.{rate.endpoint}.p0", p0, plain(percent_of(p0)), FRACTION, label, words))


def shown_by_evidence(rate: ControlRate) -> bool:
    """Whether a control rate rests on more than a choice: published with its counts, or in the record."""
    return rate.evidence is Evidence.STATED or (rate.evidence is Evidence.PUBLISHED and rate.counted)


def above_what(study: Study, endpoints: Sequence[str]) -> Text:
    """What a comparison of these endpoints is with; never *the control* where a rate was only assumed."""
    if all(shown_by_evidence(study.rate(endpoint)) for endpoint in endpoints):
        return Text("the control", "对照")
    return Text("the assumed rate", "假设率")


def caveats(study: Study, endpoint: str) -> tuple[Text, ...]:
    """What must be read beside a comparison with the control: no evidence, or another method."""
    rate, end = study.rate(endpoint), study.endpoint(endpoint)
    p0, found = percent_of(float(rate.p0)), list[Text]()
    words = {
        Evidence.NONE: Text("has no evidence", "无证据"),
        Evidence.ASSUMED: Text("is an assumption", "为假设值"),
    }.get(rate.evidence)
    if words is not None:
        found.append(
            Text(
                f"{end.name.en}: the control rate {p0} {words.en}. {rate.note.en}",
                f"{end.name.zh}：对照率{p0}{words.zh}。{rate.note.zh}",
            )
        )
    if rate.method != end.method:
        was, now = method_name(rate.method), method_name(end.method)
        found.append(
            Text(
                f"{end.name.en}: the control was measured by {was.en}, the endpoint by {now.en}.",
                f"{end.name.zh}：对照采用{was.zh}检测，终点采用{now.zh}检测。",
            )
        )
    return tuple(found)


def against_control(
    book: Book, study: Study, endpoint: str, stem: str, *, pending: tuple[str, ...]
) -> tuple[str, str, str]:
    """Test the rate entered under `stem` against the control: ids of p-value, critical value, decision.

    The decision is withheld while one of the counts named by `pending` is not 0, and not evaluable where
    nobody is counted.
    """
    x, n = book.numbers[f"{stem}.responders"].value, book.numbers[f"{stem}.n"].value
    p0, alpha = float(study.rate(endpoint).p0), float(study.design.alpha)
    control = f"control.{endpoint}.p0"
    p, critical = None, None
    if isinstance(x, int) and isinstance(n, int) and n > 0:
        p, critical = binomial_p_greater(x, n, p0), critical_value(n, p0, alpha)
    what = above_what(study, [endpoint])
    label = Text(f"Exact one-sided p against {what.en}", f"与{what.zh}比较的精确单侧p值")
    words = Text(
        "P(X >= responders), X ~ Binomial(n, control rate)", "P(X >= 缓解数)，X ~ 二项分布(n, 对照率)"
    )
    text = NOT_EVALUABLE if p is None else plain(p_text(p))
    inputs = (f"{stem}.responders", f"{stem}.n", control)
    p_id = book.enter(Number(f"{stem}.p", p, text, FRACTION, label, words, inputs))
    label = Text("Responders needed", "所需缓解例数")
    words = Text(
        "smallest x with P(X >= x) <= alpha, X ~ Binomial(n, control rate)",
        "满足P(X >= x) <= α的最小x，X ~ 二项分布(n, 对照率)",
    )
    text = NOT_EVALUABLE if p is None else _NO_COUNT if critical is None else plain(str(critical))
    inputs = (f"{stem}.n", control, "design.alpha")
    critical_id = book.enter(Number(f"{stem}.critical", critical, text, PARTICIPANTS, label, words, inputs))
    decided = decision(book, above_what(study, [endpoint]), f"{stem}.decision", p_id, pending=pending)
    return p_id, critical_id, decided


def decision(
    book: Book, what: Text, id: str, p_id: str, *, pending: tuple[str, ...], alpha: str = "design.alpha"
) -> str:
    """Enter whether the p-value at `p_id` is at most the number `alpha`, in words about `what` it is above.

    Withheld while a `pending` count is not 0.
    """
    waiting = any(book.numbers[count].value for count in pending)
    p, level = book.numbers[p_id].value, book.numbers[alpha].value
    value = None if waiting or p is None or level is None else int(p <= level)
    text = {
        1: Text(f"above {what.en}", f"高于{what.zh}"),
        0: Text(f"not shown above {what.en}", f"未显示高于{what.zh}"),
    }.get(-1 if value is None else value, NOT_YET if waiting else NOT_EVALUABLE)
    label, words = (
        Text("Decision", "判定"),
        Text("p <= alpha, once nothing is pending", "p <= α（无待定结果时）"),
    )
    return book.enter(Number(id, value, text, YES_NO, label, words, (p_id, alpha, *pending)))
