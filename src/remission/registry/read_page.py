"""The registry page's text -> record."""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from remission.errors import InputRefused, Malformed, UnknownFormat
from remission.registry.door import LIMIT, check_characters, check_lines, read_text
from remission.registry.json_door import Json
from remission.registry.page_content import ORG_STUDY_ID, SECONDARY_ID, named
from remission.registry.page_cursor import Lines
from remission.registry.page_lines import from_line, from_place_line, unguarded
from remission.registry.page_words import BASIC, DESIGN, ELIGIBILITY, RESULTS, SECTIONS, Section
from remission.registry.read_v2 import study_of
from remission.registry.record import RegistryRecord
from remission.registry.shape import WrongValue
from remission.registry.words import ABSENT, Absent, NctId, PartialDate

Object = dict[str, Json]
LINE = 1_000_000
"""Characters in one line of a page."""

_UPDATED_NOTE = "'Last Updated' does not say whether submitted or posted; it is kept as the posted date"
_PMID = re.compile(r"PMID: (.*) \(View on PubMed\)")
_RELATED = re.compile(r"(NCT[0-9]{8})(?: (\S+))?(?: (\S+))?")


def read_page(stream: BinaryIO, name: str, limit: int = LIMIT) -> RegistryRecord:
    """The record on one registry page.

    Raises
    ------
    Malformed, Truncated, WrongEncoding, TooLarge, UnknownFormat
        With the file and the line of the fault.
    """
    return record_of(read_text(stream, name, limit), name)[0]


def record_of(text: str, name: str) -> tuple[RegistryRecord, tuple[str, ...]]:
    """The record in a page's text, and notes on what the page leaves open."""
    check_lines(text, name, LINE)
    check_characters(text, name)
    if text.partition("\n")[0].endswith("\r"):
        text = text.replace("\r\n", "\n")
    page = Lines(name, [*text.split("\n"), ""], 0, ends_file=True)
    study: Object = {"protocolSection": {}}
    notes = _top(page, study)
    bodies = _bodies(page)
    for section in SECTIONS:
        if section.key in bodies:
            _READERS[section.key](bodies[section.key], study)
    if "groups" in bodies:
        _groups(bodies["groups"], study)
    try:
        record, odd = study_of(study, (), ())
    except WrongValue as wrong:
        raise Malformed(wrong.what, where=name, do="correct the page") from None
    lacking = [section.heading for section in SECTIONS if section.key not in bodies]
    if lacking:
        notes = (*notes, f"the page has no section {', '.join(lacking)}; it may be incomplete")
    return record, (*notes, *odd)


def _top(page: Lines, study: Object) -> tuple[str, ...]:
    if not any(line.startswith("NCT ID: ") for line in page.lines[:10]):
        if "NCT ID: ".startswith("\n".join(page.lines[2:]).strip()):
            page.at = len(page.lines) - 1
            page.refuse("'NCT ID:' is missing")
        raise UnknownFormat(
            f"the text begins {page.look()[:40]!r} and has no 'NCT ID: ' line",
            where=f"{page.name}, line 1",
            do="give a registry page, API v2 JSON or legacy XML",
        )
    _set(study, "identificationModule.briefTitle", page.value("the title"))
    _set(study, "identificationModule.nctId", _checked(page, NctId, page.marked("NCT ID:")))
    if not page.look().startswith("Last Updated: "):
        return ()
    date = _checked(page, PartialDate.parse, page.marked("Last Updated:"))
    _set(study, "statusModule.lastUpdatePostDateStruct.date", date)
    return (_UPDATED_NOTE,)


def _bodies(page: Lines) -> dict[str, Lines]:
    """The lines under each heading; headings must stand in page order, each once."""
    starts = list(_headings(page))
    if not starts and page.more():
        page.refuse(f"{page.look()[:60]!r} stands where a section's heading is expected")
    if starts and starts[0][0] != page.at:
        page.refuse(f"{page.look()[:60]!r} stands before the first heading")
    bodies: dict[str, Lines] = {}
    order = [section.key for section in SECTIONS]
    for number, (start, section) in enumerate(starts):
        page.at = start
        if section.key in bodies:
            page.refuse(f"section {section.heading!r} stands twice")
        if bodies and order.index(section.key) < max(order.index(key) for key in bodies):
            page.refuse(f"section {section.heading!r} is out of order")
        end = starts[number + 1][0] if number + 1 < len(starts) else len(page.lines)
        begin = start + (4 if section.sentence else 2)
        bodies[section.key] = Lines(page.name, page.lines[begin:end], begin, end == len(page.lines))
    return bodies


def _headings(page: Lines) -> Iterator[tuple[int, Section]]:
    by_heading = {section.heading: section for section in SECTIONS}
    for at in range(page.at, len(page.lines) - 2):
        section = by_heading.get(page.lines[at])
        if section is None or page.lines[at + 1]:
            continue
        follows = page.lines[at + 2]
        if follows in _RESULTS if section.key == "results" else follows == section.sentence:
            yield at, section


_RESULTS = {words: posted for posted, (words, _) in RESULTS.items()}


def _set(study: Object, place: str, value: Json | Absent) -> None:
    """Put a value at a dotted place of the protocol section; nothing for an absent one."""
    if value is ABSENT:
        return
    *way, last = place.split(".")
    target = cast(Object, study["protocolSection"])
    for step in way:
        target = cast(Object, target.setdefault(step, {}))
    target[last] = value


def _checked(body: Lines, check: Callable[[str], object], value: str | Absent) -> str | Absent:
    if value is ABSENT:
        return ABSENT
    try:
        return str(check(value))
    except InputRefused as refusal:
        body.refuse_above(refusal.what)


def _made(**given: Json | Absent) -> Object:
    return {key: value for key, value in given.items() if value is not ABSENT}


def _listed(body: Lines, one: Callable[[Lines], Json]) -> Json:
    made: list[Json] = []
    while body.more():
        made.append(one(body))
    return made


def _results(body: Lines, study: Object) -> None:
    posted = _RESULTS[body.take("whether results are posted")]
    if body.take("the note on results") != RESULTS[posted][1]:
        body.refuse_above(f"the note on results is not {RESULTS[posted][1][:40]!r}...")
    study["hasResults"] = posted


def _labelled(body: Lines, study: Object, places: dict[str, str]) -> None:
    seen: set[str] = set()
    while body.more():
        label = body.take("a label")
        if label not in places or label in seen:
            body.refuse_above(f"{label[:60]!r} is not a label expected here")
        seen.add(label)
        bare = body.look() in places or not body.look()
        _set(study, places[label], "" if bare else _as_written(body, label))
        if label == "Clinical Phase" and bare:
            _set(study, places[label], [])


def _as_written(body: Lines, label: str) -> Json | Absent:
    """The value of a labelled line, as API v2 writes it."""
    value = body.value(label)
    if value is ABSENT:
        return ABSENT
    match label:
        case "Clinical Phase":
            return cast(Json, value.split("/"))
        case "Total Enrollment":
            if (found := re.fullmatch(r"([0-9]{1,12}) participants?", value)) is None:
                body.refuse_above(f"{value[:60]!r} is not a number of participants")
            return int(found[1])
        case "Accepts Healthy Volunteers":
            if value not in ("Yes", "No"):
                body.refuse_above(f"{value[:60]!r} is neither Yes nor No")
            return value == "Yes"
        case "Study Start Date" | "Study Completion Date":
            return _checked(body, PartialDate.parse, value)
        case _:
            return value


def _design(body: Lines, study: Object) -> None:
    _set(study, "designModule.designInfo", {})
    _labelled(body, study, DESIGN)


def _free(place: str) -> Callable[[Lines, Object], None]:
    def read(body: Lines, study: Object) -> None:
        _set(study, place, unguarded(body.lines[:-1]) if body.lines else "")

    return read


def _eligibility(body: Lines, study: Object) -> None:
    _set(study, "eligibilityModule", {})
    end = next((at for at, line in enumerate(body.lines) if line in ELIGIBILITY), None)
    text = body.lines[:-1] if end is None else body.lines[:end]
    if text:
        _set(study, "eligibilityModule.eligibilityCriteria", unguarded(text))
    if end is not None:
        body.at = end
        _labelled(body, study, ELIGIBILITY)


def _intervention(body: Lines) -> Json:
    name = body.value("an intervention's name")
    text = body.until("Intervention Type")
    described = unguarded(text[:-1]) if text else ABSENT
    return _made(name=name, description=described, type=body.marked("Intervention Type"))


def _groups(body: Lines, study: Object) -> None:
    """Arms; what each receives ends where its description under Interventions says."""
    module = cast(Object, cast(Object, study["protocolSection"]).get("armsInterventionsModule", {}))
    known = cast(list[dict[str, str]], module.get("interventions", []))
    made: list[Json] = []
    while body.more():
        label = body.value("a group's name")
        text = body.until("Group Type")
        arm = _made(
            label=label,
            type=body.marked("Group Type"),
            description=unguarded(text[:-1]) if text else ABSENT,
        )
        names = list(_received(body, known))
        made.append({**arm, "interventionNames": cast(Json, names)} if names else arm)
    _set(study, "armsInterventionsModule.armGroups", made)


def _received(body: Lines, known: list[dict[str, str]]) -> Iterator[str]:
    while body.look(2).startswith("Intervention Type "):
        name = body.value("an intervention's name")
        kind = body.marked("Intervention Type")
        said = ABSENT if name is ABSENT else name
        texts = [
            one["description"]
            for one in known
            if one.get("name", ABSENT) == said and one.get("type", ABSENT) == kind and "description" in one
        ]
        for text in sorted(texts, key=len, reverse=True):
            length = text.count("\n") + 1
            if unguarded(body.lines[body.at : body.at + length]) == text and not body.look(length):
                body.at += length + 1
                break
        yield "-" if said is ABSENT else named(kind, said)


def _sponsors(body: Lines, study: Object) -> None:
    helping: list[Json] = []
    leading: Json | Absent = ABSENT
    while body.more():
        sponsor = {"name": body.value("a sponsor's name"), "class": body.value("a sponsor's class")}
        role = body.marked("Sponsor Role")
        if role == "lead" and leading is ABSENT:
            leading = _made(**sponsor)
        elif role == "collaborator":
            helping.append(_made(**sponsor))
        else:
            body.refuse_above("a second lead sponsor" if role == "lead" else f"sponsor role {role!r}")
    _set(study, "sponsorCollaboratorsModule.leadSponsor", leading)
    _set(
        study, "sponsorCollaboratorsModule.collaborators", helping if helping or leading is ABSENT else ABSENT
    )


def _responsible(body: Lines, study: Object) -> None:
    lines = body.until("Responsibility Role")
    if len(lines) not in (0, 2, 4) or any(lines[1::2]):
        body.refuse("a name and a title are expected before 'Responsibility Role'")
    name, title = [*(from_line(line) for line in lines[::2]), ABSENT, ABSENT][:2]
    party = _made(investigatorFullName=name, investigatorTitle=title, type=body.marked("Responsibility Role"))
    _set(study, "sponsorCollaboratorsModule.responsibleParty", party)


def _location(body: Lines) -> Json:
    facility = body.value("a site's name")
    line = body.take("a site's place")
    if (place := from_place_line(line)) is None:
        body.refuse_above(f"{line[:60]!r} is not 'City, State, Country'")
    city, state, country = place
    status = body.marked("Site Status")
    return _made(facility=facility, status=status, city=city, state=state, country=country)


def _line(body: Lines) -> Json:
    if (value := body.value("a name")) is ABSENT:
        body.refuse_above("a name is missing")
    return value


def _contact(body: Lines) -> Json:
    name = body.value("a contact's name")
    made = _made(name=name, role=body.marked("Role:"))
    while body.more() and not body.look(2).startswith("Role: "):
        value = body.value("a contact's telephone or address")
        if value is ABSENT or ("email" in made if "@" in value else "phone" in made or "email" in made):
            body.refuse_above(f"{value!r} is neither a telephone nor an e-mail address of the contact above")
        if "@" in value:
            made["email"] = value
            continue
        phone, mark, extension = value.rpartition(" ext. ")
        made |= {"phone": phone, "phoneExt": extension} if mark else {"phone": value}
    return made


def _reference(body: Lines) -> Json:
    lines = body.until("Reference Type")
    kind = from_line(body.look().removeprefix("Reference Type "))
    body.at += 1
    pmid: str | Absent = ABSENT
    if body.look():
        if (found := _PMID.fullmatch(body.look())) is None:
            body.refuse(f"{body.look()[:60]!r} is not 'PMID: number (View on PubMed)'")
        pmid = from_line(found[1])
        body.at += 1
    body.at += 1
    cited = unguarded(lines[:-1]) if lines else ABSENT
    return _made(pmid=pmid, type=kind, citation=cited)


def _identifiers(body: Lines, study: Object) -> None:
    others: list[Json] = []
    own: Json | Absent = ABSENT
    while body.more():
        given = _made(id=body.value("an identifier"), type=body.marked("Identifier Type:"))
        source = body.marked("Identifier Source:")
        if source == ORG_STUDY_ID and own is ABSENT:
            own = given
        elif source == SECONDARY_ID:
            others.append(given)
        else:
            body.refuse_above(
                f"identifier source {source!r} is neither a first {ORG_STUDY_ID} nor {SECONDARY_ID}"
            )
    _set(study, "identificationModule.orgStudyIdInfo", own)
    _set(study, "identificationModule.secondaryIdInfos", others if others or own is ABSENT else ABSENT)


def _related(body: Lines) -> Json:
    title = from_line(body.look())
    body.at += 1
    line = body.take("a related trial's number")
    if title is ABSENT or (found := _RELATED.fullmatch(line)) is None:
        body.refuse_above(f"{line[:60]!r} is not a related trial's number, status and phase")
    status = ABSENT if found[2] in (None, "-") else found[2]
    phases = ABSENT if found[3] is None else cast(Json, found[3].split("/"))
    return _made(title=title, nctId=found[1], status=status, phases=phases)


def _into(place: str, one: Callable[[Lines], Json]) -> Callable[[Lines, Object], None]:
    return lambda body, study: _set(study, place, _listed(body, one))


def _beyond(key: str, one: Callable[[Lines], Json]) -> Callable[[Lines, Object], None]:
    def read(body: Lines, study: Object) -> None:
        cast(Object, study.setdefault("supplementSection", {}))[key] = _listed(body, one)

    return read


_READERS: dict[str, Callable[[Lines, Object], None]] = {
    "results": _results,
    "basic": lambda body, study: _labelled(body, study, BASIC),
    "summary": _free("descriptionModule.briefSummary"),
    "description": _free("descriptionModule.detailedDescription"),
    "conditions": _into("conditionsModule.conditions", _line),
    "design": _design,
    "groups": lambda body, study: None,
    "interventions": _into("armsInterventionsModule.interventions", _intervention),
    "eligibility": _eligibility,
    "sponsors": _sponsors,
    "responsible": _responsible,
    "locations": _into("contactsLocationsModule.locations", _location),
    "countries": _beyond("countries", _line),
    "central_contacts": _into("contactsLocationsModule.centralContacts", _contact),
    "facility_contacts": _beyond("facilityContacts", _contact),
    "references": _into("referencesModule.references", _reference),
    "identifiers": _identifiers,
    "related": _beyond("relatedTrials", _related),
}
