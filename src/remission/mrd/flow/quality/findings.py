"""What quality control found: flagged and shown, never silently taken away."""

from dataclasses import dataclass
from enum import StrEnum

from remission.terms.words import Text


class Concern(StrEnum):
    """What quality looks at."""

    DRIFT = "drift"
    CLOG = "clog"
    RATE = "rate"
    MARGIN = "margin"
    DOUBLETS = "doublets"
    DEBRIS = "debris"
    TIME = "time"
    """Time that is missing, or runs backwards."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One concern: events it touches, said in words. `flag`: the flag it raises on the result, or ""."""

    concern: Concern
    events: int
    flag: str
    said: Text
