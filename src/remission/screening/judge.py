"""Judge one child: every criterion, one reason each, and for what is unknown what is missing and by when.

The criteria are the study's; the logic is Kleene's three-valued logic ("On a notation for ordinal numbers",
J. Symb. Logic 1938;3:150-155): *and* is false when one part is false, *or* is true when one part is true,
otherwise an unknown part leaves the whole unknown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from remission.protocol.criteria import All, Any, Expression, Not, Truth, parse
from remission.protocol.study import Criterion, Phase, Study, World
from remission.screening.facts import Facts
from remission.screening.leaves import Leaf, Place, answer
from remission.terms.evidence import EntryRef
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Missing:
    """What must still be known, whom it is asked of, and by which day (None: day 1 is unknown)."""

    what: Text
    asked_of: str
    by: date | None


@dataclass(frozen=True, slots=True)
class Judged:
    """One criterion: is its sentence true of the child, does it admit the child, and why."""

    criterion: str
    sentence: Truth
    admits: Truth
    reason: Text
    missing: tuple[Missing, ...]
    refs: tuple[EntryRef, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The criteria of one phase on one day. `admits`: TRUE only when every criterion does."""

    on: date
    phase: Phase
    judged: tuple[Judged, ...]

    @property
    def admits(self) -> Truth:
        """FALSE when one criterion shuts the child out, else UNKNOWN when one is unknown, else TRUE."""
        answers = {judged.admits for judged in self.judged}
        if Truth.FALSE in answers:
            return Truth.FALSE
        return Truth.UNKNOWN if Truth.UNKNOWN in answers else Truth.TRUE

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Everything missing, each once, soonest first."""
        each = dict.fromkeys(missing for judged in self.judged for missing in judged.missing)
        return tuple(
            sorted(each, key=lambda missing: (missing.by is None, missing.by or date.max, missing.what.en))
        )


class Judge:
    """The criteria of a study, read once, put to any number of children."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._rules = [
            (criterion, parse(criterion.expression, where=f"study {study.id}, criterion {criterion.id}"))
            for criterion in study.criteria
        ]

    def judge(self, facts: Facts, *, on: date, phase: Phase = Phase.ENROLMENT) -> Verdict:
        """Put the criteria of a phase to one child.

        Parameters
        ----------
        facts : Facts
            What is known.
        on : date
            The day of judgement in the site's calendar; answers dated later are not used.
        phase : Phase
            Which criteria are asked.
        """
        judged = tuple(
            self._one(criterion, expression, facts, on)
            for criterion, expression in self._rules
            if criterion.phase is phase
        )
        return Verdict(on, phase, judged)

    def _one(self, criterion: Criterion, expression: Expression, facts: Facts, on: date) -> Judged:
        place = Place(self._study, facts, on, criterion.anchor, criterion.world is World.CLOSED)
        sentence, decisive = _evaluate(expression, place)
        admits = sentence if criterion.kind == "inclusion" else sentence.negated()
        missing = tuple(
            dict.fromkeys(
                Missing(leaf.missing, leaf.asked_of, leaf.by) for leaf in decisive if leaf.missing is not None
            )
        )
        refs = tuple(dict.fromkeys(ref for leaf in decisive for ref in leaf.refs))
        return Judged(criterion.id, sentence, admits, _reason(decisive), missing, refs)


def _evaluate(expression: Expression, place: Place) -> tuple[Truth, list[Leaf]]:
    """The truth of an expression, and the leaves that made it so."""
    match expression:
        case All(parts=parts):
            return _joined((_evaluate(part, place) for part in parts), decides=Truth.FALSE)
        case Any(parts=parts):
            return _joined((_evaluate(part, place) for part in parts), decides=Truth.TRUE)
        case Not(part=part):
            truth, decisive = _evaluate(part, place)
            return truth.negated(), decisive
        case leaf:
            answered = answer(leaf, place)
            return answered.truth, [answered]


def _joined(parts: Iterable[tuple[Truth, list[Leaf]]], *, decides: Truth) -> tuple[Truth, list[Leaf]]:
    """One part with the truth that `decides` settles it; else an unknown part leaves it unknown."""
    unknown: list[Leaf] = []
    rest: list[Leaf] = []
    for truth, decisive in parts:
        if truth is decides:
            return truth, decisive
        (unknown if truth is Truth.UNKNOWN else rest).extend(decisive)
    return (Truth.UNKNOWN, unknown) if unknown else (decides.negated(), rest)


def _reason(decisive: list[Leaf]) -> Text:
    said = dict.fromkeys(leaf.said for leaf in decisive)
    return Text("; ".join(text.en for text in said), "；".join(text.zh for text in said))
