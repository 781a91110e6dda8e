"""What a decision says: of the claim only, once everybody planned is enrolled and answered, after its looks.

Read after each child at full alpha, an exact test would be passed by chance far too often; so until the end,
and beside every analysis that is not the claim, a p-value is nominal and nothing is decided.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remission.protocol.plan import Estimand, Purpose, Role
from remission.protocol.plan_said import PURPOSES
from remission.protocol.study import Indeterminate, Study
from remission.results.control import above_what, is_control
from remission.results.numbers import NOT_EVALUABLE, Book, Number
from remission.terms.words import Text

YES_NO = "yes (1) or no (0)"
ENROLLED, PLANNED = "flow.enrolled", "design.participants"
NOMINAL = Text("nominal p", "名义p值")
TOGETHER = Text("decided with the others", "与其他终点一并判定")
_LABEL = Text("Decision", "判定")


@dataclass(frozen=True, slots=True)
class Stop:
    """A look that said stop: the id of its answer, its name, why, at what, and after how many."""

    id: str
    name: Text
    purpose: Purpose
    watched: str
    at: int


def primary_of(study: Study, endpoint: str) -> Estimand | None:
    """The primary estimand that claims an endpoint; None without a plan."""
    estimands = () if study.plan is None else study.plan.estimands
    return next((one for one in estimands if one.role is Role.PRIMARY and endpoint in one.variable), None)


def alpha_of(study: Study, endpoint: str) -> str:
    """The id of the alpha at which an endpoint is tested: its primary estimand's, or the design's."""
    estimand = primary_of(study, endpoint)
    return "design.alpha" if estimand is None else f"design.alpha.{estimand.id}"


def claim_id(estimand: Estimand) -> str:
    """The id of the decision on a whole estimand."""
    if len(estimand.variable) == 1:
        return f"plan.{estimand.id}.{estimand.variable[0]}.decision"
    return f"plan.{estimand.id}.{estimand.joined}.decision"


def withheld(numbers: Mapping[str, Number], pending: Sequence[str]) -> Text | None:
    """Why nothing can be decided yet: fewer enrolled than planned, or results to come; None where it can."""
    enrolled, planned = numbers[ENROLLED].value or 0, numbers[PLANNED].value or 0
    en: list[str] = []
    zh: list[str] = []
    if enrolled < planned:
        en.append(f"{enrolled} of {planned} enrolled")
        zh.append(f"计划{planned}例，已入组{enrolled}例")
    if any(numbers[id].value for id in pending):
        en.append("results are pending")
        zh.append("结果未齐")
    return Text(f"not yet: {', '.join(en)}", f"尚不能判定：{'，'.join(zh)}") if en else None


def decision(
    book: Book, study: Study, id: str, p_id: str, endpoints: Sequence[str],
    *, pending: Sequence[str], alpha: str, stop: Stop | None = None, every: bool = True,
) -> str:  # fmt: skip
    """Enter whether the claim on `endpoints` is shown: whether the p-value at `p_id` is at most `alpha`.

    Withheld as `withheld` says, and where `alpha` has no value, for the reason it gives. Where a look stopped
    the trial it was decided there, not by the final test; `every`: all endpoints are claimed, or any
    one is enough.
    """
    if stop is not None:
        return _stopped(book, study, id, stop, endpoints, every=every)
    waiting, what = (
        withheld(book.numbers, pending) or _moved(book, study, endpoints),
        above_what(study, endpoints),
    )
    p, level = book.numbers[p_id].value, book.numbers[alpha].value
    value = None if waiting or p is None or level is None else int(p <= level or math.isclose(p, level))
    inputs = [p_id, alpha, ENROLLED, PLANNED, *pending]
    if value is None:
        text = waiting or (book.numbers[alpha].text if level is None else NOT_EVALUABLE)
    elif value:
        uncertain, ids = _uncertain(book, study, endpoints)
        inputs += ids
        text = Text(f"above {what.en}{uncertain.en}", f"高于{what.zh}{uncertain.zh}")
    else:
        text = Text(f"not shown above {what.en}", f"未显示高于{what.zh}")
    words = Text(
        "p <= alpha, once everybody planned is enrolled and nothing is pending",
        "p <= α（计划例数全部入组且无待定结果时）",
    )
    return book.enter(Number(id, value, text, YES_NO, _LABEL, words, tuple(dict.fromkeys(inputs))))


def _moved(book: Book, study: Study, endpoints: Sequence[str]) -> Text | None:
    """Why the final test of several endpoints no longer holds the alpha that efficacy looks left to it.

    The check of the plan reckons with the planned number, all of them counted.
    """
    estimand = primary_of(study, endpoints[0])
    if estimand is None or study.plan is None or len(estimand.variable) == 1:
        return None
    spent = any(
        one.purpose is Purpose.EFFICACY and one.watched in estimand.variable for one in study.plan.monitoring
    )
    more = (book.numbers[ENROLLED].value or 0) > (book.numbers[PLANNED].value or 0)
    fewer = any(study.endpoint(id).indeterminate is Indeterminate.EXCLUDED for id in estimand.variable)
    if not (spent and (more or fewer)):
        return None
    return Text(
        "cannot be told: with its efficacy looks alpha holds for the planned number only, all counted",
        "无法判定：设有疗效查看时，α仅对全部计入的计划例数成立",
    )


def _uncertain(book: Book, study: Study, endpoints: Sequence[str]) -> tuple[Text, list[str]]:
    """Beside *above the control*: the type I error when the control's rate is what was counted, not known."""
    if not all(is_control(study, endpoint) for endpoint in endpoints):
        return Text("", ""), []
    ids = [f"control.{endpoint}.history{study.rate(endpoint).of}.type1" for endpoint in endpoints]
    error = max(book.numbers[id].value or 0 for id in ids)
    return Text(
        f" (type I error {error:.3f}, its rate being counted and not known)",
        f"（对照率来自计数而非已知，I类错误{error:.3f}）",
    ), ids


def _stopped(book: Book, study: Study, id: str, stop: Stop, endpoints: Sequence[str], *, every: bool) -> str:
    """Futility of one refutes a claim on every endpoint; efficacy of one shows a claim on any of them."""
    alone = tuple(endpoints) == (stop.watched,)
    inside = stop.watched in endpoints
    value: int | None = None
    if stop.purpose is Purpose.FUTILITY and inside and (alone or every):
        value = 0
    elif stop.purpose is Purpose.EFFICACY and inside:
        value = 1  # of every endpoint, where all are claimed: else the look stops nothing
    why = PURPOSES[stop.purpose]
    then, ids = _there(book, study, endpoints, value)
    text = Text(
        f"stopped at look {stop.name.en} for {why.en}{then.en}", f"于{stop.name.zh}因{why.zh}停止{then.zh}"
    )
    words = Text("as the look said; the final test decides nothing", "以该次查看为准；最终检验不作判定")
    return book.enter(Number(id, value, text, YES_NO, _LABEL, words, (stop.id, *ids)))


def _there(book: Book, study: Study, endpoints: Sequence[str], value: int | None) -> tuple[Text, list[str]]:
    """What the look that stopped the trial decided on these endpoints, and what that rests on."""
    if value is None and len(endpoints) == 1:
        return Text("; this endpoint was not decided", "；本终点未作判定"), []
    if value is None:
        return Text("; this claim was not decided", "；本结论未作判定"), []
    what = above_what(study, endpoints)
    en, zh = ": decided there", "：已于该次查看判定"
    if not value:
        return Text(f"{en}: not shown above {what.en}", f"{zh}：未显示高于{what.zh}"), []
    uncertain, ids = _uncertain(book, study, endpoints)
    return Text(f"{en}: above {what.en}{uncertain.en}", f"{zh}：高于{what.zh}{uncertain.zh}"), ids


def undecided(book: Book, id: str, text: Text, inputs: tuple[str, ...]) -> str:
    """Enter that a row makes no decision of its own, and why."""
    words = Text("no decision is made on this row", "本行不作判定")
    return book.enter(Number(id, None, text, YES_NO, _LABEL, words, inputs))


def as_claimed(book: Book, id: str, claims: Sequence[str]) -> str:
    """Enter the decision of the plan's primary estimands as it stands; of several any one is enough."""
    numbers = [book.numbers[claim] for claim in claims]
    best = next((one for one in numbers if one.value == 1), None)
    first = best or next((one for one in numbers if one.value is None), numbers[0])
    words = Text("as the primary estimand of the plan decides", "以分析计划的主要估计目标为准")
    return book.enter(Number(id, first.value, first.text, YES_NO, _LABEL, words, tuple(claims)))


def size_notes(book: Book) -> tuple[Text, ...]:
    """What must be read beside a p-value while fewer, or more, are enrolled than planned."""
    enrolled, planned = (int(book.numbers[id].value or 0) for id in (ENROLLED, PLANNED))
    if enrolled == planned:
        return ()
    if enrolled < planned:
        return (
            Text(
                f"{enrolled} of {planned} planned participants enrolled: alpha holds for the planned number "
                "only, p-values are nominal, and nothing is decided.",
                f"计划{planned}例，已入组{enrolled}例：α仅对计划例数成立，p值为名义值，不作判定。",
            ),
        )
    return (
        Text(
            f"{enrolled} enrolled, {planned} planned: the tests are those of the number counted, which holds "
            "alpha only where the answers had no part in going on.",
            f"已入组{enrolled}例，计划{planned}例：检验按实际计入例数进行，仅当继续入组与已知结果无关时α成立。",
        ),
    )


def interval_notes(book: Book, alpha: str) -> tuple[Text, ...]:
    """That 95 % intervals are not those of a test at another level than 0.025."""
    level = float(book.numbers[alpha].value or 0)
    if math.isclose(level, 0.025):
        return ()
    inside = f"{100 * (1 - 2 * level):g} %"
    return (
        Text(
            f"Intervals are two-sided 95 %, the test is one-sided at {level:g}: it belongs to the lower "
            f"limit of the {inside} interval, so the 95 % interval may hold a rate that the test excludes.",
            f"区间为双侧95%，检验为单侧{level:g}，对应{inside}区间的下限；95%区间可能包含检验所排除的率。",
        ),
    )


def looks_notes(study: Study, endpoints: Sequence[str]) -> tuple[Text, ...]:
    """That a table's intervals and p-values do not know of the looks at its endpoints before the end."""
    if not watched(study, endpoints):
        return ()
    return (
        Text(
            "Intervals and p-values here ignore the looks before the end.",
            "此处区间与p值未计入期中查看。",
        ),
    )


def watched(study: Study, endpoints: Sequence[str]) -> bool:
    """Whether the plan looks at one of these endpoints before the end."""
    looks = () if study.plan is None else study.plan.monitoring
    return any(one.purpose is not Purpose.TOXICITY and one.watched in endpoints for one in looks)


NOMINAL_NOTE = Text(
    "A p-value beside no decision is nominal: it is no test of the claim.",
    "未作判定之行的p值为名义值，不构成对结论的检验。",
)
