"""The ASTCT grade of cytokine release syndrome, from what was seen (Lee 2019, PMID 30592986).

CRS is fever not otherwise explained, alone or with hypotension, hypoxia or both; the worse of the two
decides. Once an antipyretic or anticytokine therapy has been given, fever is no longer asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from remission.errors import InputRefused
from remission.safety.graded import Graded, Span, graded, worst

FEVER_FROM_CELSIUS = Decimal("38.0")
LOW_FLOW_UP_TO_L_PER_MIN = Decimal(6)


class Oxygen(StrEnum):
    """How oxygen is given; `NONE` means none is needed."""

    NONE = "none"
    BLOW_BY = "blow_by"
    NASAL_CANNULA = "nasal_cannula"
    HIGH_FLOW_CANNULA = "high_flow_cannula"
    FACE_MASK = "face_mask"
    NON_REBREATHER = "non_rebreather"
    VENTURI = "venturi"
    CPAP = "cpap"
    BIPAP = "bipap"
    VENTILATED = "ventilated"


# A nasal cannula above 6 L/min is high flow: grade 3.
OXYGEN_GRADES: Mapping[Oxygen, int] = MappingProxyType(
    {
        Oxygen.NONE: 0,
        Oxygen.BLOW_BY: 2,
        Oxygen.NASAL_CANNULA: 2,
        Oxygen.HIGH_FLOW_CANNULA: 3,
        Oxygen.FACE_MASK: 3,
        Oxygen.NON_REBREATHER: 3,
        Oxygen.VENTURI: 3,
        Oxygen.CPAP: 4,
        Oxygen.BIPAP: 4,
        Oxygen.VENTILATED: 4,
    }
)

# Printed beside a grade: what each component means, by grade.
TABLE: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        1: ("no hypotension", "no hypoxia"),
        2: ("hypotension, no vasopressor", "nasal cannula up to 6 L/min, or blow-by"),
        3: (
            "one vasopressor, with or without vasopressin",
            "high-flow cannula (above 6 L/min), face mask, non-rebreather or Venturi mask",
        ),
        4: (
            "several vasopressors, vasopressin not counted",
            "positive pressure: CPAP, BiPAP, intubation and ventilation",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Crs:
    """What was seen; None is unknown.

    `fever`: 38.0 °C or more. `vasopressors`: how many, vasopressin not counted. `oxygen_flow`: L/min, asked
    for with a nasal cannula only. `fever_treated`: an antipyretic or anticytokine therapy was given.
    `attributable`: to the treatment, and not better explained. `dead`: of it.
    """

    fever: bool | None
    hypotension: bool | None
    vasopressors: int | None
    vasopressin: bool | None
    oxygen: Oxygen | None
    oxygen_flow: Decimal | None
    fever_treated: bool | None
    attributable: bool | None
    dead: bool = False

    def __post_init__(self) -> None:
        if self.vasopressors is not None and self.vasopressors < 0:
            raise _refused(f"{self.vasopressors} vasopressors", "give a number of 0 or more")
        flow = self.oxygen_flow
        if flow is not None and (not flow.is_finite() or flow < 0):
            raise _refused(f"an oxygen flow of {flow} L/min", "give a flow of 0 or more")


# Values of each component that reach every grade it can give.
_VALUES: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "fever": (True, False),
        "hypotension": (True, False),
        "vasopressors": (0, 1, 2),
        "vasopressin": (True, False),
        "oxygen": (Oxygen.NONE, Oxygen.NASAL_CANNULA, Oxygen.FACE_MASK, Oxygen.CPAP),
        "oxygen_flow": (LOW_FLOW_UP_TO_L_PER_MIN, LOW_FLOW_UP_TO_L_PER_MIN + 1),
        "fever_treated": (True, False),
        "attributable": (True, False),
    }
)


def crs_grade(seen: Crs) -> Graded:
    """The ASTCT grade, 0 (no CRS) to 5, or its span where something that matters was not seen.

    Vasopressin without another vasopressor is read as one vasopressor (grade 3); the table does not say.
    Without fever, hypotension and hypoxia, once fever has been treated, the grade is 0: it has resolved.
    """
    return graded(seen, _span, _VALUES)


def _span(seen: Crs) -> Span:
    if seen.attributable is False:
        return 0, 0
    low, high = (5, 5) if seen.dead else _alive(seen)
    return (0 if seen.attributable is None else low), high


def _alive(seen: Crs) -> Span:
    low, high = worst(_pressure(seen), _breathing(seen))
    if seen.fever:
        return max(1, low), max(1, high)
    possible = 0 if seen.fever is False and seen.fever_treated is False else high
    if seen.fever is None:
        possible = max(1, possible)
    return (low if seen.fever_treated else 0), possible


_VASOPRESSOR_SPANS: Mapping[int | None, Span] = MappingProxyType(
    {None: (0, 4), 0: (0, 0), 1: (3, 3), 2: (4, 4)}
)


def _pressure(seen: Crs) -> Span:
    return worst(
        {None: (0, 2), False: (0, 0), True: (2, 2)}[seen.hypotension],
        {None: (0, 3), False: (0, 0), True: (3, 3)}[seen.vasopressin],
        _VASOPRESSOR_SPANS[None if seen.vasopressors is None else min(seen.vasopressors, 2)],
    )


def _breathing(seen: Crs) -> Span:
    if seen.oxygen is None:
        return 0, 4
    grade = OXYGEN_GRADES[seen.oxygen]
    if seen.oxygen is not Oxygen.NASAL_CANNULA:
        return grade, grade
    if seen.oxygen_flow is None:
        return grade, 3
    grade = grade if seen.oxygen_flow <= LOW_FLOW_UP_TO_L_PER_MIN else 3
    return grade, grade


def _refused(what: str, do: str) -> InputRefused:
    return InputRefused(what, where="CRS, what was seen", do=do)
