"""The registry record as blocks to show: one tuple of blocks a section, nothing left out, nothing added."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from remission.registry import page_content as shown
from remission.registry.criteria import split
from remission.registry.outline import Item, outline
from remission.registry.page_words import SECTIONS
from remission.registry.record import Contact, Eligibility, RegistryRecord
from remission.registry.words import ABSENT, Absent, Markup

REGISTRY = "https://clinicaltrials.gov/study/"
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a section: a title, lines, list items, labelled values, lines below them.

    `fixed`: the title is one of the page's own words. `link` is an address and the words that lead there,
    `inside` are blocks under this one.
    """

    title: str = ""
    fixed: bool = False
    lines: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    below: tuple[str, ...] = ()
    link: tuple[str, str] | None = None
    inside: tuple["Block", ...] = ()


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section: key, heading, explanatory sentence and blocks (none: the record leaves it empty)."""

    key: str
    heading: str
    sentence: str
    blocks: tuple[Block, ...]


def sections(record: RegistryRecord) -> tuple[ShownSection, ...]:
    """The sections the record has, in the order of the registry page; that of the results is always there."""
    made: list[ShownSection] = []
    for section in SECTIONS:
        blocks = _BLOCKS[section.key](record)
        if blocks is not None:
            made.append(ShownSection(section.key, section.heading, section.sentence, tuple(blocks)))
    return tuple(made)


def updated(record: RegistryRecord) -> str:
    """The day of the record's last update; empty where it names none."""
    day = shown.last_updated(record)
    return "" if day is ABSENT else str(day)


Blocks = Iterable[Block] | None


def _words(*values: object) -> tuple[str, ...]:
    return tuple(str(value) for value in values if value is not ABSENT and str(value))


def _facts(*pairs: tuple[str, str | Absent]) -> tuple[tuple[str, str], ...]:
    return tuple((label, str(value)) for label, value in pairs if value is not ABSENT)


def _text(text: Markup | Absent) -> tuple[Item, ...]:
    return () if text is ABSENT else outline(text)


def _name(value: str | Absent) -> str:
    return "" if value is ABSENT else value


def _results(record: RegistryRecord) -> Blocks:
    said = shown.results_words(record)
    return () if said is ABSENT else (Block(title=said[0], fixed=True, lines=(said[1],)),)


def _basic(record: RegistryRecord) -> Blocks:
    facts = _facts(*shown.basic(record))
    return (Block(facts=facts),) if facts else None


def _design(record: RegistryRecord) -> Blocks:
    given = shown.design(record)
    return None if given is ABSENT else (Block(facts=_facts(*given)),)


def _free(text: Markup | Absent) -> Blocks:
    return None if text is ABSENT else (Block(items=outline(text)),) if text.source else ()


def _names(given: tuple[str, ...] | Absent) -> Blocks:
    return None if given is ABSENT else (Block(title=one) for one in given)


def _groups(record: RegistryRecord) -> Blocks:
    given = shown.arms(record)
    if given is ABSENT:
        return None
    return (
        Block(
            title=_name(arm.label), items=_text(arm.description), facts=_facts((_("Group Type"), arm.type)),
            inside=tuple(
                Block(
                    title=_name(one.name), facts=_facts((_("Intervention Type"), one.type)),
                    below=tuple(item.words() for item in _text(one.description)),
                )
                for one in shown.given_in(arm, record)
            ),
        )
        for arm in given
    )  # fmt: skip


def _interventions(record: RegistryRecord) -> Blocks:
    given = shown.interventions(record)
    if given is ABSENT:
        return None
    return (
        Block(
            title=_name(one.name),
            items=_text(one.description),
            facts=_facts((_("Intervention Type"), one.type)),
        )
        for one in given
    )


def _eligibility(record: RegistryRecord) -> Blocks:
    return None if record.eligibility is ABSENT else tuple(_who(record.eligibility))


def _who(who: Eligibility) -> Iterator[Block]:
    if who.eligibility_criteria is not ABSENT:
        criteria = split(who.eligibility_criteria)
        if criteria.other:
            yield Block(items=criteria.other)
        for heading, items in (
            (_("Inclusion Criteria"), criteria.inclusion),
            (_("Exclusion Criteria"), criteria.exclusion),
        ):
            if items:
                yield Block(title=heading, fixed=True, items=items)
    yield Block(facts=_facts(*shown.limits(who)))


def _sponsors(record: RegistryRecord) -> Blocks:
    given = shown.sponsors(record)
    if given is ABSENT:
        return None
    return (
        Block(title=_name(one.name), lines=_words(one.class_), facts=_facts((_("Sponsor Role"), role)))
        for one, role in given
    )


def _responsible(record: RegistryRecord) -> Blocks:
    party = shown.responsible(record)
    if party is ABSENT:
        return None
    facts = _facts((_("Responsibility Role"), party.type))
    return (
        Block(title=_name(party.investigator_full_name), lines=_words(party.investigator_title), facts=facts),
    )


def _locations(record: RegistryRecord) -> Blocks:
    given = shown.locations(record)
    if given is ABSENT:
        return None
    return (
        Block(
            title=_name(site.facility), lines=(", ".join(_words(site.city, site.state, site.country)),),
            facts=_facts((_("Site Status"), site.status)),
        )
        for site in given
    )  # fmt: skip


def _contacts(given: tuple[Contact, ...] | Absent) -> Blocks:
    if given is ABSENT:
        return None
    return (
        Block(
            title=_name(one.name),
            facts=_facts((_("Role:"), one.role)),
            below=_words(shown.phone_line(one), one.email),
        )
        for one in given
    )


def _references(record: RegistryRecord) -> Blocks:
    given = shown.references(record)
    if given is ABSENT:
        return None
    return (
        Block(
            lines=_words(one.citation), facts=_facts((_("Reference Type"), one.type)),
            link=None if one.pmid is ABSENT else _on_pubmed(one.pmid),
        )
        for one in given
    )  # fmt: skip


def _on_pubmed(pmid: str) -> tuple[str, str]:
    return f"{PUBMED}{pmid}/", f"PMID: {pmid} (View on PubMed)"


def _identifiers(record: RegistryRecord) -> Blocks:
    given = shown.identifiers(record)
    if given is ABSENT:
        return None
    return (
        Block(
            title=_name(one.id),
            facts=(
                (_("Identifier Type:"), "-" if one.type is ABSENT else one.type),
                (_("Identifier Source:"), one.source),
            ),
        )
        for one in given
    )


def _related(record: RegistryRecord) -> Blocks:
    given = shown.related(record)
    if given is ABSENT:
        return None
    return (
        Block(title=one.title, link=(f"{REGISTRY}{one.nct_id}", shown.related_line(one))) for one in given
    )


_BLOCKS: dict[str, Callable[[RegistryRecord], Blocks]] = {
    "results": _results,
    "basic": _basic,
    "summary": lambda record: _free(shown.summary(record)),
    "description": lambda record: _free(shown.description(record)),
    "conditions": lambda record: _names(shown.conditions(record)),
    "design": _design,
    "groups": _groups,
    "interventions": _interventions,
    "eligibility": _eligibility,
    "sponsors": _sponsors,
    "responsible": _responsible,
    "locations": _locations,
    "countries": lambda record: _names(shown.countries(record)),
    "central_contacts": lambda record: _contacts(shown.central_contacts(record)),
    "facility_contacts": lambda record: _contacts(shown.facility_contacts(record)),
    "references": _references,
    "identifiers": _identifiers,
    "related": _related,
}
