"""Every item the page displays, in order: what a web page must hold, and a test can compare."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from remission.registry import page_content as shown
from remission.registry.criteria import numbered, split
from remission.registry.outline import Item, outline
from remission.registry.page_words import SECTIONS
from remission.registry.record import Contact, Eligibility, RegistryRecord
from remission.registry.words import ABSENT, Absent, Markup

Pairs = Iterator[tuple[str, str | Absent]]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One displayed item: key of its section ("" for the top of the page), label, text as read."""

    section: str
    label: str
    text: str


def leaves(record: RegistryRecord) -> tuple[Leaf, ...]:
    """The displayed items in page order. Text is without escapes; list items are without their marker."""
    found = [
        Leaf("", "Title", _shown(record.identification.brief_title)),
        Leaf("", "NCT ID", record.identification.nct_id),
        Leaf("", "Last Updated", _shown(shown.last_updated(record))),
    ]
    for section in SECTIONS:
        pairs = _LEAVES[section.key](record)
        found += [Leaf(section.key, label, _shown(text)) for label, text in pairs]
    return tuple(leaf for leaf in found if leaf.text)


def _shown(value: object) -> str:
    return "" if value is ABSENT else str(value)


def _results(record: RegistryRecord) -> Pairs:
    if (said := shown.results_words(record)) is not ABSENT:
        yield "Status", said[0]
        yield "Note", said[1]


def _design(record: RegistryRecord) -> Pairs:
    if (given := shown.design(record)) is not ABSENT:
        yield from given


def _free(text: Markup | Absent) -> Pairs:
    if text is not ABSENT:
        yield from (("", line) for item in outline(text) for line in _texts(item))


def _texts(item: Item) -> Iterator[str]:
    yield item.text
    for child in item.children:
        yield from _texts(child)


def _conditions(record: RegistryRecord) -> Pairs:
    if (given := shown.conditions(record)) is not ABSENT:
        yield from (("Condition", one) for one in given)


def _groups(record: RegistryRecord) -> Pairs:
    if (given := shown.arms(record)) is ABSENT:
        return
    for arm in given:
        yield "Group", arm.label
        yield from _free(arm.description)
        yield "Group Type", arm.type
        for one in shown.given_in(arm, record):
            yield "Intervention", one.name
            yield "Intervention Type", one.type
            yield from _free(one.description)


def _interventions(record: RegistryRecord) -> Pairs:
    if (given := shown.interventions(record)) is ABSENT:
        return
    for one in given:
        yield "Intervention", one.name
        yield from _free(one.description)
        yield "Intervention Type", one.type


def _eligibility(record: RegistryRecord) -> Pairs:
    who = Eligibility() if record.eligibility is ABSENT else record.eligibility
    if who.eligibility_criteria is not ABSENT:
        criteria = split(who.eligibility_criteria)
        for label, items in (
            ("Eligibility", criteria.other),
            ("Inclusion", criteria.inclusion),
            ("Exclusion", criteria.exclusion),
        ):
            yield from ((f"{label} {number}", item.text) for number, item in numbered(items))
    yield from shown.limits(who)


def _sponsors(record: RegistryRecord) -> Pairs:
    if (given := shown.sponsors(record)) is ABSENT:
        return
    for sponsor, role in given:
        yield "Sponsor", sponsor.name
        yield "Class", sponsor.class_
        yield "Sponsor Role", role


def _responsible(record: RegistryRecord) -> Pairs:
    if (party := shown.responsible(record)) is not ABSENT:
        yield "Name", party.investigator_full_name
        yield "Title", party.investigator_title
        yield "Responsibility Role", party.type


def _locations(record: RegistryRecord) -> Pairs:
    if (given := shown.locations(record)) is ABSENT:
        return
    for site in given:
        yield "Facility", site.facility
        known = [part for part in (site.city, site.state, site.country) if part is not ABSENT]
        yield "Place", ", ".join(known)
        yield "Site Status", site.status


def _countries(record: RegistryRecord) -> Pairs:
    if (given := shown.countries(record)) is not ABSENT:
        yield from (("Country", one) for one in given)


def _contacts(given: tuple[Contact, ...] | Absent) -> Pairs:
    for person in () if given is ABSENT else given:
        yield "Name", person.name
        yield "Role", person.role
        yield "Telephone", shown.phone_line(person)
        yield "E-mail", person.email


def _references(record: RegistryRecord) -> Pairs:
    if (given := shown.references(record)) is ABSENT:
        return
    for one in given:
        yield "Citation", one.citation
        yield "Reference Type", one.type
        yield "PMID", one.pmid


def _identifiers(record: RegistryRecord) -> Pairs:
    if (given := shown.identifiers(record)) is ABSENT:
        return
    for one in given:
        yield "Identifier", one.id
        yield "Identifier Type", one.type
        yield "Identifier Source", one.source


def _related(record: RegistryRecord) -> Pairs:
    for one in () if (given := shown.related(record)) is ABSENT else given:
        yield "Trial", one.title
        yield "NCT ID", one.nct_id
        yield "Status", one.status
        yield "Phase", ABSENT if one.phases is ABSENT else "/".join(one.phases)


_LEAVES: dict[str, Callable[[RegistryRecord], Pairs]] = {
    "results": _results,
    "basic": lambda record: iter(shown.basic(record)),
    "summary": lambda record: _free(shown.summary(record)),
    "description": lambda record: _free(shown.description(record)),
    "conditions": _conditions,
    "design": _design,
    "groups": _groups,
    "interventions": _interventions,
    "eligibility": _eligibility,
    "sponsors": _sponsors,
    "responsible": _responsible,
    "locations": _locations,
    "countries": _countries,
    "central_contacts": lambda record: _contacts(shown.central_contacts(record)),
    "facility_contacts": lambda record: _contacts(shown.facility_contacts(record)),
    "references": _references,
    "identifiers": _identifiers,
    "related": _related,
}
