"""One endpoint of one estimand, and what its numbers have in common whatever the method."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remission.protocol.plan import Estimand
from remission.protocol.study import Study
from remission.results.control import above_what
from remission.results.numbers import (
    FRACTION,
    NOT_EVALUABLE,
    Basis,
    Book,
    Cell,
    Number,
    p_text,
    percent_of,
    plain,
)
from remission.results.planned.counting import As, Placed
from remission.results.planned.subgroups import Grouped
from remission.results.verdicts import Stop
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Asked:
    """One endpoint of an estimand: where its numbers stand, its name, and what each member counts as.

    `stop`: the look that stopped the trial, if one did.
    """

    study: Study
    estimand: Estimand
    endpoint: str
    stem: str
    name: Text
    placed: Sequence[Placed]
    made: Mapping[str, Grouped]
    stop: Stop | None = None

    @property
    def alpha(self) -> str:
        """The id of the estimand's alpha."""
        return f"design.alpha.{self.estimand.id}"

    @property
    def pending(self) -> tuple[str, ...]:
        """The id of the count of those still due."""
        return (f"{self.stem}.pending",)

    def bases(self, *which: As) -> list[Basis]:
        """What those rest on who count as one of `which`."""
        return [one.basis for one in self.placed if one.counts in which]


def worded(name: Text, en: str, zh: str) -> Text:
    """The name of a number: of what, and what."""
    return Text(f"{name.en}: {en}", f"{name.zh}：{zh}")


def p0_of(asked: Asked) -> float:
    """The control's rate, or the one assumed in its place."""
    return asked.study.rate(asked.endpoint).bar


def tested(book: Book, asked: Asked, p: float | None, words: Text, inputs: tuple[str, ...]) -> Cell:
    """Enter the p-value."""
    what = above_what(asked.study, [asked.endpoint])
    label = worded(asked.name, f"one-sided p against {what.en}", f"与{what.zh}比较的单侧p值")
    text = NOT_EVALUABLE if p is None else plain(p_text(p))
    return Cell((book.enter(Number(f"{asked.stem}.p", p, text, FRACTION, label, words, inputs)),))


def rate_with_limits(
    book: Book, asked: Asked, found: tuple[float, float, float] | None, method: Text, inputs: tuple[str, ...]
) -> Cell:
    """Enter a rate, lower and upper limit that a method gave, or that nothing could be estimated."""
    ids: list[str] = []
    for place, (end, en, zh) in enumerate(_ENDS):
        value = None if found is None else found[place]
        text = NOT_EVALUABLE if value is None else plain(percent_of(value))
        label = worded(asked.name, en, zh)
        ids.append(book.enter(Number(f"{asked.stem}.{end}", value, text, FRACTION, label, method, inputs)))
    return Cell(tuple(ids), "{} [{}, {}]")


_ENDS = (
    ("rate", "rate", "缓解率"),
    ("ci_lower", "95 % interval, lower limit", "95%区间下限"),
    ("ci_upper", "95 % interval, upper limit", "95%区间上限"),
)
