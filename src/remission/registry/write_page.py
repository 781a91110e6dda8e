"""Record -> the registry page's text. A page that was read comes back byte for byte."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from remission.registry import page_content as shown
from remission.registry.page_lines import guarded, one_line, place_line
from remission.registry.page_words import SECTIONS
from remission.registry.record import (
    ArmGroup,
    Contact,
    Eligibility,
    Intervention,
    Location,
    Reference,
    RegistryRecord,
    RelatedTrial,
    ResponsibleParty,
    Sponsor,
)
from remission.registry.words import ABSENT, Absent, Markup

Lines = list[str]
T = TypeVar("T")


def write_page(record: RegistryRecord) -> str:
    """The page's text, without a line end after the last line.

    Raises
    ------
    InputRefused
        If a field that stands on one line has a line break.
    """
    lines = [one_line(record.identification.brief_title), "", f"NCT ID: {record.identification.nct_id}", ""]
    if (updated := shown.last_updated(record)) is not ABSENT:
        lines += [f"Last Updated: {updated}", ""]
    for section in SECTIONS:
        if (body := _BODIES[section.key](record)) is not None:
            sentence = [section.sentence, ""] if section.sentence else []
            lines += [section.heading, "", *sentence, *body]
    return "\n".join(lines[:-1])


def _if_known(value: T | Absent, lines_of: Callable[[T], Lines]) -> Lines | None:
    return None if value is ABSENT else lines_of(value)


def _each(items: tuple[T, ...] | Absent, lines_of: Callable[[T], Lines]) -> Lines | None:
    return None if items is ABSENT else [line for item in items for line in lines_of(item)]


def _line(value: str | Absent) -> Lines:
    return [one_line(value), ""]


def _labelled(values: Iterable[tuple[str, str | Absent]]) -> Lines:
    lines: Lines = []
    for label, value in values:
        if value is not ABSENT:
            lines += [label, "", *(_line(value) if value else [])]
    return lines


def _text(text: Markup | Absent) -> Lines:
    return [] if text is ABSENT else [*guarded(text.source), ""]


def _free(text: Markup) -> Lines:
    return _text(text) if text.source else []


def _group(arm: ArmGroup, record: RegistryRecord) -> Lines:
    lines = [*_line(arm.label), *_text(arm.description), *_line_of("Group Type", arm.type)]
    for one in shown.given_in(arm, record):
        lines += [*_line(one.name), *_line_of("Intervention Type", one.type), *_text(one.description)]
    return lines


def _line_of(label: str, value: str | Absent) -> Lines:
    return [f"{label} {one_line(value)}", ""]


def _intervention(one: Intervention) -> Lines:
    return [*_line(one.name), *_text(one.description), *_line_of("Intervention Type", one.type)]


def _eligibility(who: Eligibility) -> Lines:
    """The criteria's last line and the first label follow each other without a blank line."""
    labelled = _labelled(shown.limits(who))
    if who.eligibility_criteria is ABSENT:
        return labelled
    return [*guarded(who.eligibility_criteria.source), *(labelled or [""])]


def _sponsor(one: tuple[Sponsor, str]) -> Lines:
    sponsor, role = one
    return [*_line(sponsor.name), *_line(sponsor.class_), *_line_of("Sponsor Role", role)]


def _responsible(party: ResponsibleParty) -> Lines:
    name, title = party.investigator_full_name, party.investigator_title
    lines = [] if name is ABSENT and title is ABSENT else _line(name)
    lines += [] if title is ABSENT else _line(title)
    return [*lines, *_line_of("Responsibility Role", party.type)]


def _location(site: Location) -> Lines:
    place = place_line(site.city, site.state, site.country)
    return [*_line(site.facility), place, "", *_line_of("Site Status", site.status)]


def _contact(person: Contact) -> Lines:
    lines = [*_line(person.name), *_line_of("Role:", person.role)]
    for value in (shown.phone_line(person), person.email):
        lines += [] if value is ABSENT else _line(value)
    return lines


def _reference(one: Reference) -> Lines:
    cited = [] if one.citation is ABSENT else [*guarded(one.citation), ""]
    kind = f"Reference Type {one_line(one.type)}"
    number = [] if one.pmid is ABSENT else [f"PMID: {one_line(one.pmid)} (View on PubMed)"]
    return [*cited, kind, *number, ""]


def _identifier(one: shown.OtherId) -> Lines:
    return [
        *_line(one.id),
        *_line_of("Identifier Type:", one.type),
        *_line_of("Identifier Source:", one.source),
    ]


def _related(trial: RelatedTrial) -> Lines:
    return [one_line(trial.title), shown.related_line(trial), ""]


def _basic(record: RegistryRecord) -> Lines | None:
    return _labelled(shown.basic(record)) or None


_BODIES: dict[str, Callable[[RegistryRecord], Lines | None]] = {
    "results": lambda record: _if_known(shown.results_words(record), lambda said: [said[0], "", said[1], ""]),
    "basic": _basic,
    "summary": lambda record: _if_known(shown.summary(record), _free),
    "description": lambda record: _if_known(shown.description(record), _free),
    "conditions": lambda record: _each(shown.conditions(record), _line),
    "design": lambda record: _if_known(shown.design(record), _labelled),
    "groups": lambda record: _each(shown.arms(record), lambda arm: _group(arm, record)),
    "interventions": lambda record: _each(shown.interventions(record), _intervention),
    "eligibility": lambda record: _if_known(record.eligibility, _eligibility),
    "sponsors": lambda record: _each(shown.sponsors(record), _sponsor),
    "responsible": lambda record: _if_known(shown.responsible(record), _responsible),
    "locations": lambda record: _each(shown.locations(record), _location),
    "countries": lambda record: _each(shown.countries(record), _line),
    "central_contacts": lambda record: _each(shown.central_contacts(record), _contact),
    "facility_contacts": lambda record: _each(shown.facility_contacts(record), _contact),
    "references": lambda record: _each(shown.references(record), _reference),
    "identifiers": lambda record: _each(shown.identifiers(record), _identifier),
    "related": lambda record: _each(shown.related(record), _related),
}
