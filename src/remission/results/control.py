"""One endpoint against its historical control: exact test, critical value, and how far the control holds."""

from collections.abc import Sequence
from enum import StrEnum

from remission.mrd.words import method_name
from remission.protocol.study import Evidence, Study
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

_NO_COUNT = Text("no count would do", "任何例数均不足")


def constants(book: Book, study: Study) -> None:
    """Enter what the study file fixes: size, alpha, and the control's rate for each endpoint."""
    source = f"study file {study.id}, version {study.version}, sha256 {study.digest or 'not given'}"
    size, alpha = study.design.participants, float(study.design.alpha)
    words = Text(f"{source}, [design]: {study.design.cite}", f"{source}，[design]：{study.design.cite}")
    label = Text("Participants planned", "计划例数")
    book.enter(Number("design.participants", size, plain(str(size)), PARTICIPANTS, label, words))
    label = Text("One-sided alpha", "单侧α")
    book.enter(Number("design.alpha", alpha, plain(f"{alpha:g}"), FRACTION, label, words))
    for one in () if study.plan is None else study.plan.estimands:
        label = Text(f"{one.name.en}: one-sided alpha", f"{one.name.zh}：单侧α")
        words = Text(
            f"{source}, [[plan.estimands]] {one.id}: {one.cite}",
            f"{source}，[[plan.estimands]] {one.id}：{one.cite}",
        )
        alpha = float(one.alpha)
        book.enter(Number(f"design.alpha.{one.id}", alpha, plain(f"{alpha:g}"), FRACTION, label, words))
    for rate in study.control.rates:
        name, p0 = study.endpoint(rate.endpoint).name, rate.bar
        kind = RATES[compared(study, rate.endpoint)]
        label = Text(f"{kind.en}: {name.en}", f"{kind.zh}：{name.zh}")
        counts = "" if not rate.counted else f" {rate.responders}/{rate.of}"
        cite = "" if rate.source is None else f" ({rate.source.cite})"
        words = Text(
            f"{source}, [[control.rates]], evidence: {rate.evidence}{counts}{cite}. {rate.note.en}",
            f"{source}，[[control.rates]]，证据：{rate.evidence}{counts}{cite}。{rate.note.zh}",
        )
        book.enter(Number(f"control.{rate.endpoint}.p0", p0, plain(percent_of(p0)), FRACTION, label, words))


class Compared(StrEnum):
    """What an endpoint is compared with; the first that holds."""

    ASSUMED = "assumed"  # chosen
    OTHER_METHOD = "other_method"  # measured otherwise than the endpoint
    STATED = "stated"  # without the counts behind it
    CONTROL = "control"  # counted, sourced, measured as the endpoint is


_COMPARED: dict[Compared, Text] = {
    Compared.ASSUMED: Text("the assumed rate", "假设率"),
    Compared.OTHER_METHOD: Text("a rate by another method", "另一检测方法的率"),
    Compared.STATED: Text("the stated rate", "所述率"),
    Compared.CONTROL: Text("the control", "对照"),
}


RATES: dict[Compared, Text] = {
    Compared.ASSUMED: Text("Assumed rate", "假设率"),
    Compared.OTHER_METHOD: Text("Rate by another method", "另一检测方法的率"),
    Compared.STATED: Text("Stated rate", "所述率"),
    Compared.CONTROL: Text("Control rate", "对照率"),
}


def compared(study: Study, endpoint: str) -> Compared:
    """What the rate of an endpoint is compared with."""
    rate = study.rate(endpoint)
    if rate.evidence in (Evidence.ASSUMED, Evidence.NONE):
        return Compared.ASSUMED
    if rate.method != study.endpoint(endpoint).method:
        return Compared.OTHER_METHOD
    return Compared.CONTROL if rate.counted and rate.source is not None else Compared.STATED


def is_control(study: Study, endpoint: str) -> bool:
    """Whether a comparison is with a control: participants who were counted, by the endpoint's method."""
    return compared(study, endpoint) is Compared.CONTROL


def above_what(study: Study, endpoints: Sequence[str]) -> Text:
    """What a comparison of these endpoints is with; of several, the least that holds for one of them."""
    found = {compared(study, endpoint) for endpoint in endpoints}
    return _COMPARED[next(kind for kind in Compared if kind in found)]


def caveats(study: Study, endpoint: str) -> tuple[Text, ...]:
    """What must be read beside a comparison with the control: no evidence, or another method."""
    rate, end = study.rate(endpoint), study.endpoint(endpoint)
    p0, found = percent_of(rate.bar), list[Text]()
    words = {
        Evidence.NONE: Text("has no evidence", "无证据"),
        Evidence.ASSUMED: Text("is an assumption", "为假设值"),
        Evidence.STATED: None if rate.counted else Text("is stated without its counts", "仅有所述值，无计数"),
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


def against_control(book: Book, study: Study, endpoint: str, stem: str, alpha: str) -> tuple[str, str]:
    """Test the rate entered under `stem` against the control: ids of the p-value and the critical count.

    `alpha` is the id of the level that the critical count is for.
    """
    x, n = book.numbers[f"{stem}.responders"].value, book.numbers[f"{stem}.n"].value
    p0, level = study.rate(endpoint).bar, float(book.numbers[alpha].value or 0)
    control = f"control.{endpoint}.p0"
    p, critical = None, None
    if isinstance(x, int) and isinstance(n, int) and n > 0:
        p, critical = binomial_p_greater(x, n, p0), critical_value(n, p0, level)
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
    inputs = (f"{stem}.n", control, alpha)
    critical_id = book.enter(Number(f"{stem}.critical", critical, text, PARTICIPANTS, label, words, inputs))
    return p_id, critical_id
