"""The sentences of a registry record in which a study was promised, each with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from remission.registry.criteria import split
from remission.registry.outline import Item, outline
from remission.registry.record import RegistryRecord
from remission.registry.words import ABSENT, Absent, Markup


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words of the record, white space made single. `group`: inclusion, exclusion or text."""

    text: str
    group: str
    place: str


def sentences(record: RegistryRecord) -> tuple[Sentence, ...]:
    """Every sentence of summary, description, arms, interventions, outcomes and criteria, in that order."""
    return (*_described(record), *_arms(record), *_outcomes(record), *_criteria(record))


def containing(words: str, among: tuple[Sentence, ...]) -> Sentence | None:
    """The sentence that holds `words`, white space aside; None when the record does not say them.

    A sentence that says nothing else is found before a longer one.
    """
    wanted = one_space(words)
    if not wanted:
        return None
    return min(
        (sentence for sentence in among if wanted in sentence.text), key=lambda s: len(s.text), default=None
    )


def one_space(text: str) -> str:
    """The text with each run of white space made one space."""
    return " ".join(text.split())


def _described(record: RegistryRecord) -> Iterator[Sentence]:
    if isinstance(record.description, Absent):
        return
    for place, text in (
        ("brief summary", record.description.brief_summary),
        ("detailed description", record.description.detailed_description),
    ):
        if text is not ABSENT:
            yield from _numbered(_flat(outline(text)), "text", place)


def _arms(record: RegistryRecord) -> Iterator[Sentence]:
    if isinstance(record.arms_interventions, Absent):
        return
    for number, arm in enumerate(_present(record.arms_interventions.arm_groups), 1):
        yield from _marked(arm.description, f"arm {number}")
    for number, given in enumerate(_present(record.arms_interventions.interventions), 1):
        yield from _marked(given.description, f"intervention {number}")


def _outcomes(record: RegistryRecord) -> Iterator[Sentence]:
    if isinstance(record.outcomes, Absent):
        return
    for name, outcomes in (
        ("primary outcome", record.outcomes.primary_outcomes),
        ("secondary outcome", record.outcomes.secondary_outcomes),
        ("other outcome", record.outcomes.other_outcomes),
    ):
        for number, outcome in enumerate(_present(outcomes), 1):
            if outcome.measure is not ABSENT:
                yield Sentence(one_space(outcome.measure), "text", f"{name} {number}")
            yield from _marked(outcome.description, f"{name} {number}, description")


def _criteria(record: RegistryRecord) -> Iterator[Sentence]:
    if isinstance(record.eligibility, Absent) or isinstance(record.eligibility.eligibility_criteria, Absent):
        return
    criteria = split(record.eligibility.eligibility_criteria)
    for group, items in (("inclusion", criteria.inclusion), ("exclusion", criteria.exclusion)):
        yield from _numbered((_whole(item) for item in items), group, f"{group} criterion")


def _marked(text: Markup | Absent, place: str) -> Iterator[Sentence]:
    if isinstance(text, Markup):
        yield from _numbered(_flat(outline(text)), "text", place)


def _numbered(texts: Iterator[str], group: str, place: str) -> Iterator[Sentence]:
    for number, text in enumerate(texts, 1):
        yield Sentence(
            one_space(text), group, f"{place} {number}" if group != "text" else f"{place}, {number}"
        )


def _whole(item: Item) -> str:
    return " ".join((item.text, *(child.words() for child in item.children)))


def _flat(items: tuple[Item, ...]) -> Iterator[str]:
    """Each item's own words, those under it after it; bullets are not words, letters and numbers are."""
    for item in items:
        marker = re.sub(r"[^0-9A-Za-z.()]", "", item.marker)
        yield f"{marker} {item.text}".strip()
        yield from _flat(item.children)


_T = TypeVar("_T")


def _present(items: tuple[_T, ...] | Absent) -> tuple[_T, ...]:
    return () if isinstance(items, Absent) else items
