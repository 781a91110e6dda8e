"""How far alpha holds when the rate compared with was itself counted in so many earlier participants.

A rate that was only assumed came from nowhere; histories of 100, 300 and 1000 show what would be lost if it
had been counted. A published rate is shown with its own number.
"""

from functools import lru_cache

from remission.protocol.study import ControlRate, Study
from remission.results.control import Compared, compared
from remission.results.numbers import FRACTION, PARTICIPANTS, Book, Cell, Number, Row, Table, plain
from remission.results.verdicts import alpha_of
from remission.stats.control.control import Control, Evidence
from remission.stats.control.operating import over_histories
from remission.terms.words import Text

HISTORIES = (100, 300, 1000)
_COLUMNS = (Text("Earlier participants", "既往例数"), Text("True type I error", "实际I类错误"))


def uncertain_control_table(book: Book, study: Study) -> Table:
    """Type I error of each endpoint's test by the size of the history its rate would have been counted in."""
    rows: list[Row] = []
    notes = [_HOW]
    for rate in study.control.rates:
        endpoint = study.endpoint(rate.endpoint)
        rows.append(Row(endpoint.name))
        sizes = (rate.of,) if rate.of is not None else HISTORIES
        rows += [_row(book, study, rate, size) for size in sizes]
        why = _NO_CONTROL.get(compared(study, rate.endpoint))
        if why is not None:
            notes.append(Text(f"{endpoint.name.en}: {why.en}", f"{endpoint.name.zh}：{why.zh}"))
    title = Text("Type I error if the rate compared with had been counted", "若对照率来自计数时的I类错误")
    return Table("uncertain_control", title, _COLUMNS, tuple(rows), tuple(notes))


_HOW = Text(
    "The exact chance that the planned number of participants, no better than the history they are compared "
    "with, are called better, the history being drawn anew each time and its rate then taken as known.",
    "计划例数的受试者实际不优于既往者，却被判定更优的精确概率（每次重新抽取既往例数，并将其率视为已知）。",
)


_NO_CONTROL: dict[Compared, Text] = {
    Compared.ASSUMED: Text(
        "no source exists for the rate compared with; it is assumed, and so is every history above. "
        "Superiority to a control cannot be concluded from it.",
        "所比较的率没有来源，为假设值，上列各历史例数亦为假设；不能据此得出优于对照的结论。",
    ),
    Compared.OTHER_METHOD: Text(
        "the rate compared with was measured by another method. Superiority to a control cannot be concluded "
        "from it.",
        "所比较的率由另一方法测得；不能据此得出优于对照的结论。",
    ),
    Compared.STATED: Text(
        "the rate compared with is stated without its counts or source. Superiority to a control cannot be "
        "concluded from it.",
        "所比较的率仅有所述值，无计数或来源；不能据此得出优于对照的结论。",
    ),
}


def _row(book: Book, study: Study, rate: ControlRate, size: int) -> Row:
    stem = f"control.{rate.endpoint}.history{size}"
    name = study.endpoint(rate.endpoint).name
    label = Text(f"{name.en}: earlier participants", f"{name.zh}：既往例数")
    told = Text("study file, [[control.rates]]", "研究文件，[[control.rates]]")
    formula = told if rate.counted else Text("assumed, to show the effect", "假设值，用以显示影响")
    of = book.enter(Number(f"{stem}.of", size, plain(str(size)), PARTICIPANTS, label, formula))
    alpha_id = alpha_of(study, rate.endpoint)
    planned, alpha = study.design.participants, float(book.numbers[alpha_id].value or 0)
    seen = float(rate.p0) if rate.responders is None else rate.responders / size
    error = type_i_error(seen, size, planned, alpha)
    label = Text(f"{name.en}: type I error, history of {size}", f"{name.zh}：既往{size}例时的I类错误")
    inputs = (of, f"control.{rate.endpoint}.p0", "design.participants", alpha_id)
    id = book.enter(Number(f"{stem}.type1", error, plain(f"{error:.4f}"), FRACTION, label, _HOW, inputs))
    return Row(Text(f"a history of {size}", f"既往{size}例"), (Cell((of,)), Cell((id,))), 1)


@lru_cache(maxsize=256)
def type_i_error(p0: float, of: int, n: int, alpha: float) -> float:
    """Type I error when `n` participants are held against the rate of `of` earlier ones, both truly `p0`."""
    responders = round(p0 * of)
    history = Control.fixed(
        p0=responders / of, responders=responders, of=of, source="assumed", evidence=Evidence.ASSUMED
    )
    return over_histories(history, n, p0, alpha=alpha)
