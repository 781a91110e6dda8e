"""A trap in a protocol; a study made ready for the check: criteria parsed, the record's sentences found."""

from collections.abc import Iterator
from dataclasses import dataclass

from remission.errors import StudyRefused
from remission.protocol.criteria import Expression, parse
from remission.protocol.sentences import Sentence, containing, sentences
from remission.protocol.study import Criterion, Phase, Study
from remission.registry.record import RegistryRecord
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Finding:
    """A trap: rule, the record's sentence, why it matters, what the study file decided, the places hit."""

    rule: str
    sentence: str
    why: Text
    decision: Text | None
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trap:
    """What a rule reports: the sentences of the record it rests on, why, and the places hit."""

    sentences: tuple[str, ...]
    why: Text
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A study beside its record: what every rule of the check looks at."""

    study: Study
    record: RegistryRecord
    sentences: tuple[Sentence, ...]
    rules: tuple[tuple[Criterion, Expression], ...]

    @classmethod
    def of(cls, study: Study, record: RegistryRecord) -> "Subject":
        """Parse the criteria and find the sentences.

        Raises
        ------
        StudyRefused
            For an expression that is not of the language.
        """
        rules = tuple((criterion, parsed(study, criterion)) for criterion in study.criteria)
        return cls(study, record, sentences(record), rules)

    @property
    def at_enrolment(self) -> tuple[tuple[Criterion, Expression], ...]:
        """The criteria that hold enrolment."""
        return tuple(rule for rule in self.rules if rule[0].phase is Phase.ENROLMENT)

    def refuse(self, rule: str, what: str, at: str, do: str) -> StudyRefused:
        """A refusal by `rule`, at a place of the study file."""
        return StudyRefused(what, where=f"study {self.study.id}, {at}", do=do, rule=rule)

    def sentence(self, words: str) -> str:
        """The record's whole sentence around `words`; the words themselves when it has none."""
        found = containing(words, self.sentences)
        return words if found is None else found.text


Refusals = Iterator[StudyRefused]


def parsed(study: Study, criterion: Criterion) -> Expression:
    """The expression of a criterion.

    Raises
    ------
    StudyRefused
        For an expression that is not of the language.
    """
    return parse(criterion.expression, where=f"study {study.id}, criterion {criterion.id}")
