"""The ASTCT grade of neurotoxicity (ICANS), from what was seen (Lee 2019, PMID 30592986).

The worst item decides. Encephalopathy is scored by ICE; under 12 years, or with developmental delay, by CAPD
(Traube 2014; reference not looked up).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from remission.errors import InputRefused
from remission.safety.graded import Graded, Span, graded, worst

ICE_FROM_MONTHS = 144


class Score(StrEnum):
    """The bedside score."""

    ICE = "ice"
    CAPD = "capd"


class Awakening(StrEnum):
    """Consciousness; `AWAKE` means not depressed."""

    AWAKE = "awake"
    SPONTANEOUSLY = "spontaneously"
    TO_VOICE = "to_voice"
    TO_TOUCH = "to_touch"
    VIGOROUS_OR_NOT = "vigorous_or_not"


class Seizure(StrEnum):
    """`BRIEF`: resolves rapidly. `PROLONGED`: over 5 minutes, or repeated without return to baseline."""

    NONE = "none"
    BRIEF = "brief"
    PROLONGED = "prolonged"


class Oedema(StrEnum):
    """Of the brain. `DIFFUSE` also: posturing, sixth nerve palsy, papilloedema, Cushing's triad."""

    NONE = "none"
    FOCAL = "focal"
    DIFFUSE = "diffuse"


# Points from which (included) the grade holds. ICE: 10 points are normal; CAPD: 0 is.
ICE_GRADES: tuple[tuple[int, int], ...] = ((10, 0), (7, 1), (3, 2), (0, 3))
CAPD_GRADES: tuple[tuple[int, int], ...] = ((9, 3), (1, 1), (0, 0))
AWAKENING_GRADES: Mapping[Awakening, int] = MappingProxyType(dict(zip(Awakening, range(5), strict=True)))
SEIZURE_GRADES: Mapping[Seizure, int] = MappingProxyType(
    {Seizure.NONE: 0, Seizure.BRIEF: 3, Seizure.PROLONGED: 4}
)
OEDEMA_GRADES: Mapping[Oedema, int] = MappingProxyType({Oedema.NONE: 0, Oedema.FOCAL: 3, Oedema.DIFFUSE: 4})
WEAKNESS_GRADE = 4
UNABLE_GRADE = 4


@dataclass(frozen=True, slots=True)
class Icans:
    """What was seen; None is unknown.

    `points`: of `score` (ICE 0-10, CAPD 0-32). `unable`: it could not be taken because the child cannot be
    roused. `weakness`: deep focal motor weakness. `attributable`: to the treatment. `dead`: of it.
    """

    score: Score
    points: int | None
    awakening: Awakening | None
    seizure: Seizure | None
    weakness: bool | None
    oedema: Oedema | None
    attributable: bool | None
    unable: bool = False
    dead: bool = False

    def __post_init__(self) -> None:
        highest = 10 if self.score is Score.ICE else 32
        if self.points is not None and not 0 <= self.points <= highest:
            raise _refused(f"{self.points} points of {self.score.upper()}", f"give 0 to {highest}")
        if self.points is not None and self.unable:
            raise _refused(
                f"{self.points} points, and the score could not be taken", "give the points or say unable"
            )


_VALUES: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "points": (0, 1, 3, 7, 9, 10),
        "awakening": tuple(Awakening),
        "seizure": tuple(Seizure),
        "weakness": (True, False),
        "oedema": tuple(Oedema),
        "attributable": (True, False),
    }
)


def icans_grade(seen: Icans) -> Graded:
    """The ASTCT grade, 0 (none) to 5, or its span where something that matters was not seen.

    A CAPD of 1 to 8 gives grade 1 by itself, and awakening to voice grade 2. CAPD 0 in a child who is awake
    is read as grade 0: the table begins at "below 9" and names no score that is normal.
    """
    values = {name: tried for name, tried in _VALUES.items() if not (name == "points" and seen.unable)}
    return graded(seen, _span, values)


def score_for(age_months: int, *, developmental_delay: bool | None) -> Score:
    """The bedside score for a child: CAPD under 12 years or with developmental delay, else ICE.

    Raises
    ------
    InputRefused
        From 12 years on, if it is not known whether development is delayed.
    """
    if age_months < ICE_FROM_MONTHS or developmental_delay:
        return Score.CAPD
    if developmental_delay is None:
        raise InputRefused(
            "developmental delay is not known", where="ICANS, choice of score", do="say whether there is any"
        )
    return Score.ICE


def ice_points(*, orientation: int, naming: int, command: int, writing: int, attention: int) -> int:
    """The ICE score: orientation 0-4, naming 0-3, command, writing and attention 0-1 each.

    Raises
    ------
    InputRefused
        If a part is out of its range.
    """
    parts = {
        "orientation": (orientation, 4),
        "naming": (naming, 3),
        "command": (command, 1),
        "writing": (writing, 1),
        "attention": (attention, 1),
    }
    for name, (given, highest) in parts.items():
        if not 0 <= given <= highest:
            raise _refused(f"{name} {given}", f"give 0 to {highest}")
    return sum(given for given, _ in parts.values())


def capd_points(answers: Sequence[int]) -> int:
    """The CAPD score from its eight answers, 0 (never) to 4 (always) each; items 1 to 4 count in reverse.

    Raises
    ------
    InputRefused
        If there are not eight answers, or one is out of range.
    """
    if len(answers) != 8:
        raise _refused(f"{len(answers)} answers of CAPD", "give all eight")
    for number, answer in enumerate(answers, start=1):
        if not 0 <= answer <= 4:
            raise _refused(f"CAPD item {number}: {answer}", "give 0 (never) to 4 (always)")
    return sum(4 - answer for answer in answers[:4]) + sum(answers[4:])


def _span(seen: Icans) -> Span:
    if seen.attributable is False:
        return 0, 0
    low, high = (5, 5) if seen.dead else _alive(seen)
    return (0 if seen.attributable is None else low), high


def _alive(seen: Icans) -> Span:
    return worst(
        _encephalopathy(seen),
        (0, 4) if seen.awakening is None else _known(AWAKENING_GRADES[seen.awakening]),
        (0, 4) if seen.seizure is None else _known(SEIZURE_GRADES[seen.seizure]),
        (0, 4) if seen.weakness is None else _known(WEAKNESS_GRADE * seen.weakness),
        (0, 4) if seen.oedema is None else _known(OEDEMA_GRADES[seen.oedema]),
    )


def _encephalopathy(seen: Icans) -> Span:
    if seen.unable:
        return _known(UNABLE_GRADE)
    if seen.points is None:
        return 0, 4
    rows = ICE_GRADES if seen.score is Score.ICE else CAPD_GRADES
    return _known(next(grade for least, grade in rows if seen.points >= least))


def _known(grade: int) -> Span:
    return grade, grade


def _refused(what: str, do: str) -> InputRefused:
    return InputRefused(what, where="ICANS, what was seen", do=do)
