"""One trial as a registry describes it. Fields are named as in ClinicalTrials.gov API v2, in snake case.

Every field that a source may leave out is `T | Absent`; `ABSENT` says that this source does not state it.
One file past 400 lines, because it is one table: the field tree of the protocol section.
"""

from dataclasses import dataclass

from remission.registry import codes
from remission.registry.words import ABSENT, Absent, Markup, NctId, PartialDate


@dataclass(frozen=True, slots=True)
class OrgStudyId:
    """The organisation's own number for the study."""

    id: str | Absent = ABSENT
    type: codes.IdType | Absent = ABSENT
    link: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class SecondaryId:
    """Another number of the study, and who gave it (`domain`)."""

    id: str | Absent = ABSENT
    type: codes.IdType | Absent = ABSENT
    domain: str | Absent = ABSENT
    link: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Organization:
    """The organisation that keeps the record."""

    full_name: str | Absent = ABSENT
    class_: codes.AgencyClass | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Identification:
    """Numbers and titles; the registry number is required."""

    nct_id: NctId
    nct_id_aliases: tuple[str, ...] | Absent = ABSENT
    org_study_id_info: OrgStudyId | Absent = ABSENT
    secondary_id_infos: tuple[SecondaryId, ...] | Absent = ABSENT
    brief_title: str | Absent = ABSENT
    official_title: str | Absent = ABSENT
    acronym: str | Absent = ABSENT
    organization: Organization | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class DatedAs:
    """A date and whether it is actual or estimated."""

    date: PartialDate | Absent = ABSENT
    type: codes.DateType | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class ExpandedAccess:
    """Expanded access, and the record that describes it."""

    has_expanded_access: bool | Absent = ABSENT
    nct_id: str | Absent = ABSENT
    status_for_nct_id: codes.OverallStatus | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Status:
    """Recruitment status and dates."""

    status_verified_date: PartialDate | Absent = ABSENT
    overall_status: codes.OverallStatus | Absent = ABSENT
    last_known_status: codes.OverallStatus | Absent = ABSENT
    delayed_posting: bool | Absent = ABSENT
    why_stopped: Markup | Absent = ABSENT
    expanded_access_info: ExpandedAccess | Absent = ABSENT
    start_date_struct: DatedAs | Absent = ABSENT
    primary_completion_date_struct: DatedAs | Absent = ABSENT
    completion_date_struct: DatedAs | Absent = ABSENT
    study_first_submit_date: PartialDate | Absent = ABSENT
    study_first_submit_qc_date: PartialDate | Absent = ABSENT
    study_first_post_date_struct: DatedAs | Absent = ABSENT
    results_first_submit_date: PartialDate | Absent = ABSENT
    results_first_submit_qc_date: PartialDate | Absent = ABSENT
    results_first_post_date_struct: DatedAs | Absent = ABSENT
    disp_first_submit_date: PartialDate | Absent = ABSENT
    disp_first_submit_qc_date: PartialDate | Absent = ABSENT
    disp_first_post_date_struct: DatedAs | Absent = ABSENT
    last_update_submit_date: PartialDate | Absent = ABSENT
    last_update_post_date_struct: DatedAs | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class ResponsibleParty:
    """Who answers for the record."""

    type: codes.PartyType | Absent = ABSENT
    investigator_full_name: str | Absent = ABSENT
    investigator_title: str | Absent = ABSENT
    investigator_affiliation: str | Absent = ABSENT
    old_name_title: str | Absent = ABSENT
    old_organization: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Sponsor:
    """An organisation and its class; its role (lead, collaborator) is its place in `Sponsors`."""

    name: str | Absent = ABSENT
    class_: codes.AgencyClass | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Sponsors:
    """Lead sponsor, collaborators in the source's order, responsible party."""

    responsible_party: ResponsibleParty | Absent = ABSENT
    lead_sponsor: Sponsor | Absent = ABSENT
    collaborators: tuple[Sponsor, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Oversight:
    """Monitoring committee and regulation."""

    oversight_has_dmc: bool | Absent = ABSENT
    is_fda_regulated_drug: bool | Absent = ABSENT
    is_fda_regulated_device: bool | Absent = ABSENT
    is_unapproved_device: bool | Absent = ABSENT
    is_ppsd: bool | Absent = ABSENT
    is_us_export: bool | Absent = ABSENT
    fdaaa801_violation: bool | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Description:
    """Brief summary and detailed description."""

    brief_summary: Markup | Absent = ABSENT
    detailed_description: Markup | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Conditions:
    """Diseases studied, and keywords."""

    conditions: tuple[str, ...] | Absent = ABSENT
    keywords: tuple[str, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class ExpandedAccessTypes:
    """Kinds of expanded access."""

    individual: bool | Absent = ABSENT
    intermediate: bool | Absent = ABSENT
    treatment: bool | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class MaskingInfo:
    """Blinding and who is blinded."""

    masking: codes.Masking | Absent = ABSENT
    masking_description: Markup | Absent = ABSENT
    who_masked: tuple[codes.WhoMasked, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class DesignInfo:
    """Allocation, model, purpose, blinding."""

    allocation: codes.Allocation | Absent = ABSENT
    intervention_model: codes.InterventionModel | Absent = ABSENT
    intervention_model_description: Markup | Absent = ABSENT
    primary_purpose: codes.Purpose | Absent = ABSENT
    observational_model: codes.ObservationalModel | Absent = ABSENT
    time_perspective: codes.TimePerspective | Absent = ABSENT
    masking_info: MaskingInfo | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class BioSpec:
    """Specimens kept."""

    retention: codes.Retention | Absent = ABSENT
    description: Markup | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Enrollment:
    """Number of participants, and whether actual or estimated."""

    count: int | Absent = ABSENT
    type: codes.DateType | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Design:
    """Study type, phases, design, enrolment."""

    study_type: codes.StudyType | Absent = ABSENT
    n_ptrs_to_this_exp_acc_nct_id: int | Absent = ABSENT
    expanded_access_types: ExpandedAccessTypes | Absent = ABSENT
    patient_registry: bool | Absent = ABSENT
    target_duration: str | Absent = ABSENT
    phases: tuple[codes.Phase, ...] | Absent = ABSENT
    design_info: DesignInfo | Absent = ABSENT
    bio_spec: BioSpec | Absent = ABSENT
    enrollment_info: Enrollment | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class ArmGroup:
    """An arm; `intervention_names` are written `Drug: Name`."""

    label: str | Absent = ABSENT
    type: codes.ArmType | Absent = ABSENT
    description: Markup | Absent = ABSENT
    intervention_names: tuple[str, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Intervention:
    """What is given or done."""

    type: codes.InterventionType | Absent = ABSENT
    name: str | Absent = ABSENT
    description: Markup | Absent = ABSENT
    arm_group_labels: tuple[str, ...] | Absent = ABSENT
    other_names: tuple[str, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class ArmsInterventions:
    """Arms and interventions."""

    arm_groups: tuple[ArmGroup, ...] | Absent = ABSENT
    interventions: tuple[Intervention, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Outcome:
    """A planned outcome."""

    measure: str | Absent = ABSENT
    description: Markup | Absent = ABSENT
    time_frame: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Planned outcomes."""

    primary_outcomes: tuple[Outcome, ...] | Absent = ABSENT
    secondary_outcomes: tuple[Outcome, ...] | Absent = ABSENT
    other_outcomes: tuple[Outcome, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Who may take part; `criteria.split` gives the items of `eligibility_criteria`."""

    eligibility_criteria: Markup | Absent = ABSENT
    healthy_volunteers: bool | Absent = ABSENT
    sex: codes.Sex | Absent = ABSENT
    gender_based: bool | Absent = ABSENT
    gender_description: Markup | Absent = ABSENT
    minimum_age: str | Absent = ABSENT
    maximum_age: str | Absent = ABSENT
    std_ages: tuple[codes.StandardAge, ...] | Absent = ABSENT
    study_population: Markup | Absent = ABSENT
    sampling_method: codes.SamplingMethod | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to ask."""

    name: str | Absent = ABSENT
    role: codes.ContactRole | Absent = ABSENT
    phone: str | Absent = ABSENT
    phone_ext: str | Absent = ABSENT
    email: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Official:
    """A person with overall responsibility."""

    name: str | Absent = ABSENT
    affiliation: str | Absent = ABSENT
    role: codes.ContactRole | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """Degrees north and east."""

    lat: float | Absent = ABSENT
    lon: float | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Location:
    """A site."""

    facility: str | Absent = ABSENT
    status: codes.OverallStatus | Absent = ABSENT
    city: str | Absent = ABSENT
    state: str | Absent = ABSENT
    zip: str | Absent = ABSENT
    country: str | Absent = ABSENT
    contacts: tuple[Contact, ...] | Absent = ABSENT
    geo_point: GeoPoint | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class ContactsLocations:
    """Contacts, officials, sites."""

    central_contacts: tuple[Contact, ...] | Absent = ABSENT
    overall_officials: tuple[Official, ...] | Absent = ABSENT
    locations: tuple[Location, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Retraction:
    """A retraction notice."""

    pmid: str | Absent = ABSENT
    source: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Reference:
    """A publication; `pmid` is its PubMed number."""

    pmid: str | Absent = ABSENT
    type: codes.ReferenceType | Absent = ABSENT
    citation: str | Absent = ABSENT
    retractions: tuple[Retraction, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class SeeAlsoLink:
    """A page that says more."""

    label: Markup | Absent = ABSENT
    url: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class AvailableIpd:
    """A data set or document that can be had."""

    id: str | Absent = ABSENT
    type: str | Absent = ABSENT
    url: str | Absent = ABSENT
    comment: Markup | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class References:
    """Publications, links, available data."""

    references: tuple[Reference, ...] | Absent = ABSENT
    see_also_links: tuple[SeeAlsoLink, ...] | Absent = ABSENT
    avail_ipds: tuple[AvailableIpd, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class IpdSharingStatement:
    """Plan to share participant data."""

    ipd_sharing: codes.IpdSharing | Absent = ABSENT
    description: Markup | Absent = ABSENT
    info_types: tuple[codes.IpdInfoType, ...] | Absent = ABSENT
    time_frame: Markup | Absent = ABSENT
    access_criteria: Markup | Absent = ABSENT
    url: str | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class RelatedTrial:
    """A trial that the page's similarity analysis names."""

    title: str
    nct_id: NctId
    status: codes.OverallStatus | Absent = ABSENT
    phases: tuple[codes.Phase, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Supplement:
    """What a page or XML record states and API v2 has no place for.

    `facility_contacts` are contacts that the source does not link to a site.
    """

    countries: tuple[str, ...] | Absent = ABSENT
    facility_contacts: tuple[Contact, ...] | Absent = ABSENT
    related_trials: tuple[RelatedTrial, ...] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Kept:
    """A part of the source kept as it was: JSON at a pointer, or XML at a path (`format` says which)."""

    format: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class RegistryRecord:
    """A trial record.

    `kept` holds known sections that are not typed here (results, documents, derived terms);
    `unknown` holds what no version of the format we know describes.
    """

    identification: Identification
    status: Status | Absent = ABSENT
    sponsors: Sponsors | Absent = ABSENT
    oversight: Oversight | Absent = ABSENT
    description: Description | Absent = ABSENT
    conditions: Conditions | Absent = ABSENT
    design: Design | Absent = ABSENT
    arms_interventions: ArmsInterventions | Absent = ABSENT
    outcomes: Outcomes | Absent = ABSENT
    eligibility: Eligibility | Absent = ABSENT
    contacts_locations: ContactsLocations | Absent = ABSENT
    references: References | Absent = ABSENT
    ipd_sharing: IpdSharingStatement | Absent = ABSENT
    has_results: bool | Absent = ABSENT
    supplement: Supplement | Absent = ABSENT
    kept: tuple[Kept, ...] = ()
    unknown: tuple[Kept, ...] = ()


MODULES: dict[str, str] = {
    "identification": "identificationModule",
    "status": "statusModule",
    "sponsors": "sponsorCollaboratorsModule",
    "oversight": "oversightModule",
    "description": "descriptionModule",
    "conditions": "conditionsModule",
    "design": "designModule",
    "arms_interventions": "armsInterventionsModule",
    "outcomes": "outcomesModule",
    "eligibility": "eligibilityModule",
    "contacts_locations": "contactsLocationsModule",
    "references": "referencesModule",
    "ipd_sharing": "ipdSharingStatementModule",
}
"""Field of `RegistryRecord` -> module of the protocol section."""
