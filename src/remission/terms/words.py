"""Text in the two languages of the pages, and the mark that says how far a fact is verified."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in English and Simplified Chinese."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """The words in `language`: Chinese for any tag that begins with `zh`, else English."""
        return self.zh if language.lower().startswith("zh") else self.en


class Mark(StrEnum):
    """How far a fact is verified."""

    RECORD = "record"  # printed in the registry record
    VERIFIED = "verified"  # read in a public source, named
    DERIVED = "derived"  # by arithmetic from the above
    ASSUMED = "assumed"  # chosen by us; the sponsor must confirm
    UNVERIFIED = "unverified"  # from memory; never a constant in code


SIMULATED = Text("SIMULATED DATA", "模拟数据")
"""Shown wherever data from a simulation are."""
