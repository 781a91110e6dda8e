"""What the page shows of a record: one function a section, whatever source the record came from."""

from dataclasses import dataclass

from remission.registry.codes import IdType, InterventionType
from remission.registry.page_words import BASIC, DESIGN, ELIGIBILITY, INTERVENTION_LABELS, RESULTS
from remission.registry.record import (
    ArmGroup,
    Contact,
    ContactsLocations,
    DatedAs,
    Design,
    Eligibility,
    Enrollment,
    Intervention,
    Location,
    Reference,
    RegistryRecord,
    RelatedTrial,
    ResponsibleParty,
    Sponsor,
    Status,
)
from remission.registry.words import ABSENT, Absent, Markup, PartialDate

ORG_STUDY_ID = "org_study_id"
SECONDARY_ID = "secondary_id"
_CODES = {label: code for code, label in INTERVENTION_LABELS.items()}


@dataclass(frozen=True, slots=True)
class OtherId:
    """A number beside the registry's; `source` is `org_study_id` or `secondary_id`."""

    id: str | Absent
    type: IdType | Absent
    source: str


def named(kind: str | Absent, name: str) -> str:
    """`Drug: Blinatumomab`, as an arm names an intervention; the name alone without a kind."""
    return name if kind is ABSENT else f"{INTERVENTION_LABELS.get(kind, kind)}: {name}"


def kind_and_name(written: str) -> tuple[str | Absent, str]:
    """The kind's code and the name that `named` joined."""
    label, colon, name = written.partition(": ")
    return (_CODES[label], name) if colon and label in _CODES else (ABSENT, written)


def last_updated(record: RegistryRecord) -> PartialDate | Absent:
    """The date of the last update: as posted, else as submitted."""
    if record.status is ABSENT:
        return ABSENT
    posted = record.status.last_update_post_date_struct
    return posted.date if posted is not ABSENT else record.status.last_update_submit_date


def locations(record: RegistryRecord) -> tuple[Location, ...] | Absent:
    """The sites."""
    return _places(record).locations


def central_contacts(record: RegistryRecord) -> tuple[Contact, ...] | Absent:
    """Contacts for the whole trial."""
    return _places(record).central_contacts


def _places(record: RegistryRecord) -> ContactsLocations:
    return ContactsLocations() if record.contacts_locations is ABSENT else record.contacts_locations


def facility_contacts(record: RegistryRecord) -> tuple[Contact, ...] | Absent:
    """Contacts at sites: those the source lists apart, else those of its sites in order."""
    if record.supplement is not ABSENT and record.supplement.facility_contacts is not ABSENT:
        return record.supplement.facility_contacts
    sites = _places(record).locations
    lists = () if sites is ABSENT else [site.contacts for site in sites]
    known = [contacts for contacts in lists if contacts is not ABSENT]
    return tuple(one for contacts in known for one in contacts) if known else ABSENT


def countries(record: RegistryRecord) -> tuple[str, ...] | Absent:
    """The countries listed, else those of the sites, each once."""
    if record.supplement is not ABSENT and record.supplement.countries is not ABSENT:
        return record.supplement.countries
    sites = _places(record).locations
    found = () if sites is ABSENT else [site.country for site in sites]
    known = dict.fromkeys(country for country in found if country is not ABSENT)
    return tuple(known) if known else ABSENT


def arms(record: RegistryRecord) -> tuple[ArmGroup, ...] | Absent:
    """The arms."""
    return ABSENT if record.arms_interventions is ABSENT else record.arms_interventions.arm_groups


def interventions(record: RegistryRecord) -> tuple[Intervention, ...] | Absent:
    """The interventions."""
    return ABSENT if record.arms_interventions is ABSENT else record.arms_interventions.interventions


def given_in(arm: ArmGroup, record: RegistryRecord) -> tuple[Intervention, ...]:
    """What an arm receives: as the arm names it, else as the interventions name the arm."""
    listed = interventions(record)
    known = () if listed is ABSENT else listed
    if arm.intervention_names is ABSENT:
        return tuple(
            one for one in known if one.arm_group_labels is not ABSENT and arm.label in one.arm_group_labels
        )
    return tuple(_called(written, known) for written in arm.intervention_names)


def _called(written: str, known: tuple[Intervention, ...]) -> Intervention:
    for one in known:
        if one.name is not ABSENT and named(one.type, one.name) == written:
            return one
    kind, name = kind_and_name(written)
    return Intervention(name=name) if kind is ABSENT else Intervention(name=name, type=InterventionType(kind))


def results_words(record: RegistryRecord) -> tuple[str, str] | Absent:
    """Whether results are pending or posted, and the sentence that says so."""
    if record.has_results is ABSENT:
        return ABSENT
    return RESULTS[record.has_results]


def basic(record: RegistryRecord) -> tuple[tuple[str, str | Absent], ...]:
    """Label and text of the basic facts."""
    status = Status() if record.status is ABSENT else record.status
    design = Design() if record.design is ABSENT else record.design
    enrolled = Enrollment() if design.enrollment_info is ABSENT else design.enrollment_info
    values = (
        status.overall_status,
        ABSENT if design.phases is ABSENT else "/".join(design.phases),
        ABSENT if enrolled.count is ABSENT else f"{enrolled.count} participants",
        design.study_type,
        _date(status.start_date_struct),
        _date(status.completion_date_struct),
    )
    return tuple(zip(BASIC, values, strict=True))


def design(record: RegistryRecord) -> tuple[tuple[str, str | Absent], ...] | Absent:
    """Label and text of the design."""
    if record.design is ABSENT or record.design.design_info is ABSENT:
        return ABSENT
    info = record.design.design_info
    masking = ABSENT if info.masking_info is ABSENT else info.masking_info.masking
    values = (info.allocation, info.intervention_model, info.primary_purpose, masking)
    return tuple(zip(DESIGN, values, strict=True))


def limits(who: Eligibility) -> tuple[tuple[str, str | Absent], ...]:
    """Label and text of ages, sex and healthy volunteers."""
    healthy = who.healthy_volunteers
    values = (
        who.minimum_age,
        who.maximum_age,
        who.sex,
        ABSENT if healthy is ABSENT else "Yes" if healthy else "No",
    )
    return tuple(zip(ELIGIBILITY, values, strict=True))


def summary(record: RegistryRecord) -> Markup | Absent:
    """The brief summary."""
    return ABSENT if record.description is ABSENT else record.description.brief_summary


def description(record: RegistryRecord) -> Markup | Absent:
    """The detailed description."""
    return ABSENT if record.description is ABSENT else record.description.detailed_description


def conditions(record: RegistryRecord) -> tuple[str, ...] | Absent:
    """The diseases studied."""
    return ABSENT if record.conditions is ABSENT else record.conditions.conditions


def sponsors(record: RegistryRecord) -> tuple[tuple[Sponsor, str], ...] | Absent:
    """Every sponsor with its role: collaborators first, the lead last."""
    given = record.sponsors
    if given is ABSENT or (given.lead_sponsor is ABSENT and given.collaborators is ABSENT):
        return ABSENT
    helping = () if given.collaborators is ABSENT else given.collaborators
    leading = () if given.lead_sponsor is ABSENT else (given.lead_sponsor,)
    return (*((one, "collaborator") for one in helping), *((one, "lead") for one in leading))


def responsible(record: RegistryRecord) -> ResponsibleParty | Absent:
    """Who answers for the record."""
    return ABSENT if record.sponsors is ABSENT else record.sponsors.responsible_party


def references(record: RegistryRecord) -> tuple[Reference, ...] | Absent:
    """The publications."""
    return ABSENT if record.references is ABSENT else record.references.references


def identifiers(record: RegistryRecord) -> tuple[OtherId, ...] | Absent:
    """Numbers beside the registry's, each with its type and where it comes from."""
    given = record.identification
    own, others = given.org_study_id_info, given.secondary_id_infos
    if own is ABSENT and others is ABSENT:
        return ABSENT
    first = () if own is ABSENT else (OtherId(own.id, own.type, ORG_STUDY_ID),)
    rest = () if others is ABSENT else (OtherId(one.id, one.type, SECONDARY_ID) for one in others)
    return (*first, *rest)


def related(record: RegistryRecord) -> tuple[RelatedTrial, ...] | Absent:
    """Trials named by similarity."""
    return ABSENT if record.supplement is ABSENT else record.supplement.related_trials


def phone_line(contact: Contact) -> str | Absent:
    """The number, with ` ext. ` and the extension."""
    if contact.phone is ABSENT or contact.phone_ext is ABSENT:
        return contact.phone
    return f"{contact.phone} ext. {contact.phone_ext}"


def related_line(trial: RelatedTrial) -> str:
    """Registry number, status and phases on one line."""
    status = "-" if trial.status is ABSENT and trial.phases is not ABSENT else trial.status
    phases = ABSENT if trial.phases is ABSENT else "/".join(trial.phases)
    return " ".join(part for part in (trial.nct_id, status, phases) if part is not ABSENT)


def _date(given: DatedAs | Absent) -> str | Absent:
    return ABSENT if given is ABSENT or given.date is ABSENT else str(given.date)
