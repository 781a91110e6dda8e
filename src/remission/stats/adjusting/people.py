"""The people of a trial and of its control: who responded, and what was known before treatment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.terms.words import Text

UNKNOWN = "unknown"
"""The level that missing answers to a factor form."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A covariate in numbers, one for each person; none may be missing."""

    id: str
    name: Text
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """A covariate in levels, one for each person; None is a level of its own, `UNKNOWN`.

    `words`: levels in both languages, each by its English words, which are its value.
    """

    id: str
    name: Text
    values: tuple[str | None, ...]
    words: tuple[Text, ...] = ()

    def said(self, level: str) -> Text:
        """A level as printed."""
        known = {text.en: text for text in (*self.words, Text(UNKNOWN, "未知"))}
        return known.get(level, Text(level, level))

    def level(self, person: int) -> str:
        """The level of a person, counted from 0."""
        return self.values[person] or UNKNOWN


Covariate = Measured | Factor


@dataclass(frozen=True, slots=True)
class People:
    """One entry for each person, in one order throughout.

    `treated`: in the trial; False: in the control. `responded`: the outcome, known for everybody here: those
    without one are left out by the caller, who says how many. Covariates are what was known before treatment.

    Raises
    ------
    InputRefused
        For unequal lengths, a group without people, an id twice, or a number that is missing or not finite.
    """

    treated: tuple[bool, ...]
    responded: tuple[bool, ...]
    covariates: tuple[Covariate, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.responded), *(len(covariate.values) for covariate in self.covariates)}
        if lengths != {len(self.treated)} or len(set(self.treated)) != 2:
            raise InputRefused(
                f"{len(self.treated)} people, {sum(self.treated)} of them treated; other columns have "
                f"{sorted(lengths)}",
                where="people compared",
                do="give every column one entry for each person, and people in both groups",
            )
        ids = [covariate.id for covariate in self.covariates]
        if len(set(ids)) != len(ids):
            raise InputRefused(f"covariates {ids}", where="people compared", do="name each only once")
        for covariate in self.covariates:
            if isinstance(covariate, Measured):
                _check_finite(covariate)

    @property
    def n(self) -> int:
        """How many."""
        return len(self.treated)

    def arm(self) -> NDArray[np.float64]:
        """1 for the treated, 0 for the control, shape (n,)."""
        return np.array(self.treated, dtype=np.float64)

    def outcome(self) -> NDArray[np.float64]:
        """1 for responders, shape (n,)."""
        return np.array(self.responded, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Term:
    """A column of a model: the covariate, and the level it stands for ('' for a number)."""

    covariate: Covariate
    level: str

    @property
    def name(self) -> Text:
        """As printed."""
        words = self.covariate.name
        if not self.level or isinstance(self.covariate, Measured):
            return words
        level = self.covariate.said(self.level)
        return Text(f"{words.en}: {level.en}", f"{words.zh}：{level.zh}")


def columns(people: People) -> tuple[tuple[Term, ...], NDArray[np.float64]]:
    """Every number as it is, and every level of every factor as 0 or 1: shape (n, terms)."""
    terms: list[Term] = []
    values: list[NDArray[np.float64]] = []
    for covariate in people.covariates:
        if isinstance(covariate, Measured):
            terms.append(Term(covariate, ""))
            values.append(np.array(covariate.values, dtype=np.float64))
            continue
        levels = [covariate.level(person) for person in range(people.n)]
        for level in sorted(set(levels)):
            terms.append(Term(covariate, level))
            values.append(np.array([own == level for own in levels], dtype=np.float64))
    matrix = np.column_stack(values) if values else np.zeros((people.n, 0))
    return tuple(terms), matrix


def model_matrix(people: People) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Intercept, numbers centred and in units of their standard deviation, factors without their first level.

    Shape (n, 1 + terms), with the words of each column. A number that is the same in everybody is left out.
    """
    terms, values = columns(people)
    names, kept = ["intercept"], [np.ones(people.n)]
    first: set[str] = set()
    for place, term in enumerate(terms):
        column = values[:, place]
        if term.level:
            if term.covariate.id in first:
                names.append(term.name.en)
                kept.append(column)
            first.add(term.covariate.id)
        elif (spread := float(column.std())) > 0:
            names.append(term.name.en)
            kept.append((column - column.mean()) / spread)
    return tuple(names), np.column_stack(kept)


def strata(people: People, of: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The levels of the factors named, for each person.

    Raises
    ------
    InputRefused
        For a name that is no factor.
    """
    factors = {covariate.id: covariate for covariate in people.covariates if isinstance(covariate, Factor)}
    absent = [id for id in of if id not in factors]
    if absent or not of:
        raise InputRefused(
            f"{absent or 'nothing'} to stratify by", where="strata", do=f"choose from {sorted(factors)}"
        )
    return tuple(tuple(factors[id].level(person) for id in of) for person in range(people.n))


def _check_finite(covariate: Measured) -> None:
    for person, value in enumerate(covariate.values, start=1):
        if not np.isfinite(value):
            raise InputRefused(
                f"{value!r} for {covariate.name.en}",
                where=f"person {person}",
                do="give a number, or make the covariate a factor in which unknown is a level",
            )
