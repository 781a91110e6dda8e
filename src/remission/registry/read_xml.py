"""Legacy ClinicalTrials.gov XML (`clinical_study`) -> record, by one table of elements.

Elements that have no typed place are kept as XML; elements nobody knows are kept and reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from remission.errors import Malformed, UnknownFormat
from remission.registry.door import LIMIT, read_text
from remission.registry.json_door import Json
from remission.registry.read_v2 import study_of
from remission.registry.record import Kept, RegistryRecord
from remission.registry.shape import WrongValue
from remission.registry.xml_tree import Node, tree
from remission.registry.xml_words import (
    NOTHING,
    Convert,
    as_id,
    block,
    code,
    date,
    dated,
    enrollment,
    masking,
    model,
    nct,
    phases,
    study_type,
    unless_na,
    words,
    yes,
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element that is one value, at a dotted place of the study object; `many` makes a list."""

    to: str
    convert: Convert = words
    many: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """An element with elements inside; `to` "" means that they go where it would."""

    to: str
    inside: Mapping[str, "Rule"]
    many: bool = False
    fixed: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Keep:
    """A known element without a typed place."""


Rule = Leaf | Branch | Keep
KEEP = Keep()


def _contact(role: str | None = "CONTACT") -> dict[str, Rule]:
    inside: dict[str, Rule] = {
        "last_name": Leaf("name"),
        "phone": Leaf("phone"),
        "phone_ext": Leaf("phoneExt"),
        "email": Leaf("email"),
    }
    return inside if role else {**inside, "role": Leaf("role", code), "affiliation": Leaf("affiliation")}


_CONTACT: Mapping[str, Json] = {"role": "CONTACT"}
_OUTCOME: dict[str, Rule] = {
    "measure": Leaf("measure"),
    "time_frame": Leaf("timeFrame"),
    "description": Leaf("description", block),
}
_SPONSOR: dict[str, Rule] = {"agency": Leaf("name"), "agency_class": Leaf("class", code)}
_REFERENCE: dict[str, Rule] = {"citation": Leaf("citation"), "PMID": Leaf("pmid")}

_ID = "protocolSection.identificationModule."
_STATUS = "protocolSection.statusModule."
_SPONSORS = "protocolSection.sponsorCollaboratorsModule."
_OVERSIGHT = "protocolSection.oversightModule."
_DESIGN = "protocolSection.designModule."
_ARMS = "protocolSection.armsInterventionsModule."
_OUTCOMES = "protocolSection.outcomesModule."
_WHO = "protocolSection.eligibilityModule."
_PLACES = "protocolSection.contactsLocationsModule."
_READING = "protocolSection.referencesModule."
_SHARING = "protocolSection.ipdSharingStatementModule."

# One table, longer than a function should be, so that it can be read beside the registry's public.xsd.
STUDY: dict[str, Rule] = {
    "id_info": Branch(
        "",
        {
            "org_study_id": Leaf(_ID + "orgStudyIdInfo", as_id),
            "secondary_id": Leaf(_ID + "secondaryIdInfos", as_id, many=True),
            "nct_id": Leaf(_ID + "nctId", nct),
            "nct_alias": Leaf(_ID + "nctIdAliases", many=True),
        },
    ),
    "brief_title": Leaf(_ID + "briefTitle"),
    "official_title": Leaf(_ID + "officialTitle"),
    "acronym": Leaf(_ID + "acronym"),
    "source": Leaf(_ID + "organization.fullName"),
    "overall_status": Leaf(_STATUS + "overallStatus", code),
    "last_known_status": Leaf(_STATUS + "lastKnownStatus", code),
    "why_stopped": Leaf(_STATUS + "whyStopped", block),
    "has_expanded_access": Leaf(_STATUS + "expandedAccessInfo.hasExpandedAccess", yes),
    "verification_date": Leaf(_STATUS + "statusVerifiedDate", date),
    "start_date": Leaf(_STATUS + "startDateStruct", dated),
    "primary_completion_date": Leaf(_STATUS + "primaryCompletionDateStruct", dated),
    "completion_date": Leaf(_STATUS + "completionDateStruct", dated),
    "study_first_submitted": Leaf(_STATUS + "studyFirstSubmitDate", date),
    "study_first_submitted_qc": Leaf(_STATUS + "studyFirstSubmitQcDate", date),
    "study_first_posted": Leaf(_STATUS + "studyFirstPostDateStruct", dated),
    "results_first_submitted": Leaf(_STATUS + "resultsFirstSubmitDate", date),
    "results_first_submitted_qc": Leaf(_STATUS + "resultsFirstSubmitQcDate", date),
    "results_first_posted": Leaf(_STATUS + "resultsFirstPostDateStruct", dated),
    "disposition_first_submitted": Leaf(_STATUS + "dispFirstSubmitDate", date),
    "disposition_first_submitted_qc": Leaf(_STATUS + "dispFirstSubmitQcDate", date),
    "disposition_first_posted": Leaf(_STATUS + "dispFirstPostDateStruct", dated),
    "last_update_submitted": Leaf(_STATUS + "lastUpdateSubmitDate", date),
    "last_update_posted": Leaf(_STATUS + "lastUpdatePostDateStruct", dated),
    "sponsors": Branch(
        "",
        {
            "lead_sponsor": Branch(_SPONSORS + "leadSponsor", _SPONSOR),
            "collaborator": Branch(_SPONSORS + "collaborators", _SPONSOR, many=True),
        },
    ),
    "responsible_party": Branch(
        _SPONSORS + "responsibleParty",
        {
            "responsible_party_type": Leaf("type", code),
            "investigator_full_name": Leaf("investigatorFullName"),
            "investigator_title": Leaf("investigatorTitle"),
            "investigator_affiliation": Leaf("investigatorAffiliation"),
            "name_title": Leaf("oldNameTitle"),
            "organization": Leaf("oldOrganization"),
        },
    ),
    "oversight_info": Branch(
        "",
        {
            "has_dmc": Leaf(_OVERSIGHT + "oversightHasDmc", yes),
            "is_fda_regulated_drug": Leaf(_OVERSIGHT + "isFdaRegulatedDrug", yes),
            "is_fda_regulated_device": Leaf(_OVERSIGHT + "isFdaRegulatedDevice", yes),
            "is_unapproved_device": Leaf(_OVERSIGHT + "isUnapprovedDevice", yes),
            "is_ppsd": Leaf(_OVERSIGHT + "isPpsd", yes),
            "is_us_export": Leaf(_OVERSIGHT + "isUsExport", yes),
        },
    ),
    "brief_summary": Leaf("protocolSection.descriptionModule.briefSummary", block),
    "detailed_description": Leaf("protocolSection.descriptionModule.detailedDescription", block),
    "condition": Leaf("protocolSection.conditionsModule.conditions", many=True),
    "keyword": Leaf("protocolSection.conditionsModule.keywords", many=True),
    "study_type": Leaf("protocolSection.designModule", study_type),
    "phase": Leaf(_DESIGN + "phases", phases),
    "enrollment": Leaf(_DESIGN + "enrollmentInfo", enrollment),
    "target_duration": Leaf(_DESIGN + "targetDuration"),
    "biospec_retention": Leaf(_DESIGN + "bioSpec.retention", code),
    "biospec_descr": Leaf(_DESIGN + "bioSpec.description", block),
    "expanded_access_info": Branch(
        _DESIGN + "expandedAccessTypes",
        {
            "expanded_access_type_individual": Leaf("individual", yes),
            "expanded_access_type_intermediate": Leaf("intermediate", yes),
            "expanded_access_type_treatment": Leaf("treatment", yes),
        },
    ),
    "study_design_info": Branch(
        _DESIGN + "designInfo",
        {
            "allocation": Leaf("allocation", code),
            "intervention_model": Leaf("interventionModel", model),
            "intervention_model_description": Leaf("interventionModelDescription", block),
            "primary_purpose": Leaf("primaryPurpose", code),
            "observational_model": Leaf("observationalModel", code),
            "time_perspective": Leaf("timePerspective", code),
            "masking": Leaf("maskingInfo", masking),
            "masking_description": Leaf("maskingInfo.maskingDescription", block),
        },
    ),
    "arm_group": Branch(
        _ARMS + "armGroups",
        {
            "arm_group_label": Leaf("label"),
            "arm_group_type": Leaf("type", code),
            "description": Leaf("description", block),
        },
        many=True,
    ),
    "intervention": Branch(
        _ARMS + "interventions",
        {
            "intervention_type": Leaf("type", code),
            "intervention_name": Leaf("name"),
            "description": Leaf("description", block),
            "arm_group_label": Leaf("armGroupLabels", many=True),
            "other_name": Leaf("otherNames", many=True),
        },
        many=True,
    ),
    "primary_outcome": Branch(_OUTCOMES + "primaryOutcomes", _OUTCOME, many=True),
    "secondary_outcome": Branch(_OUTCOMES + "secondaryOutcomes", _OUTCOME, many=True),
    "other_outcome": Branch(_OUTCOMES + "otherOutcomes", _OUTCOME, many=True),
    "eligibility": Branch(
        "",
        {
            "criteria": Leaf(_WHO + "eligibilityCriteria", block),
            "study_pop": Leaf(_WHO + "studyPopulation", block),
            "sampling_method": Leaf(_WHO + "samplingMethod", code),
            "gender": Leaf(_WHO + "sex", code),
            "gender_based": Leaf(_WHO + "genderBased", yes),
            "gender_description": Leaf(_WHO + "genderDescription", block),
            "minimum_age": Leaf(_WHO + "minimumAge", unless_na(words)),
            "maximum_age": Leaf(_WHO + "maximumAge", unless_na(words)),
            "healthy_volunteers": Leaf(_WHO + "healthyVolunteers", yes),
        },
    ),
    "overall_official": Branch(_PLACES + "overallOfficials", _contact(None), many=True),
    "overall_contact": Branch(_PLACES + "centralContacts", _contact(), many=True, fixed=_CONTACT),
    "overall_contact_backup": Branch(_PLACES + "centralContacts", _contact(), many=True, fixed=_CONTACT),
    "location": Branch(
        _PLACES + "locations",
        {
            "facility": Branch(
                "",
                {
                    "name": Leaf("facility"),
                    "address": Branch(
                        "",
                        {key: Leaf(key) for key in ("city", "state", "zip", "country")},
                    ),
                },
            ),
            "status": Leaf("status", code),
            "contact": Branch("contacts", _contact(), many=True, fixed=_CONTACT),
            "contact_backup": Branch("contacts", _contact(), many=True, fixed=_CONTACT),
            "investigator": Branch("contacts", _contact(None), many=True),
        },
        many=True,
    ),
    "location_countries": Branch("", {"country": Leaf("supplementSection.countries", many=True)}),
    "link": Branch(
        _READING + "seeAlsoLinks", {"url": Leaf("url"), "description": Leaf("label", block)}, many=True
    ),
    "reference": Branch(_READING + "references", _REFERENCE, many=True),
    "results_reference": Branch(_READING + "references", _REFERENCE, many=True, fixed={"type": "RESULT"}),
    "study_docs": Branch(
        "",
        {
            "study_doc": Branch(
                _READING + "availIpds",
                {
                    "doc_id": Leaf("id"),
                    "doc_type": Leaf("type"),
                    "doc_url": Leaf("url"),
                    "doc_comment": Leaf("comment", block),
                },
                many=True,
            )
        },
    ),
    "patient_data": Branch(
        "",
        {
            "sharing_ipd": Leaf(_SHARING + "ipdSharing", code),
            "ipd_description": Leaf(_SHARING + "description", block),
            "ipd_info_type": Leaf(_SHARING + "infoTypes", code, many=True),
            "ipd_time_frame": Leaf(_SHARING + "timeFrame", block),
            "ipd_access_criteria": Leaf(_SHARING + "accessCriteria", block),
            "ipd_url": Leaf(_SHARING + "url"),
        },
    ),
    "clinical_results": KEEP,
    "condition_browse": KEEP,
    "firstreceived_date": KEEP,
    "intervention_browse": KEEP,
    "last_update_submitted_qc": KEEP,
    "lastchanged_date": KEEP,
    "number_of_arms": KEEP,
    "number_of_groups": KEEP,
    "pending_results": KEEP,
    "provided_document_section": KEEP,
    "removed_countries": KEEP,
    "required_header": KEEP,
}


def read_xml(stream: BinaryIO, name: str, limit: int = LIMIT) -> RegistryRecord:
    """The record in one legacy XML file.

    Raises
    ------
    Malformed, Truncated, WrongEncoding, TooLarge, Hostile, UnknownFormat
        With the file, line and column of the fault.
    """
    return record_of(read_text(stream, name, limit), name)[0]


def record_of(text: str, name: str) -> tuple[RegistryRecord, tuple[str, ...]]:
    """The record in XML text, and notes on codes outside the registry's lists."""
    root = tree(text, name)
    if root.tag != "clinical_study":
        raise UnknownFormat(
            f"the root element is <{root.tag[:60]}>", where=root.where, do="give a <clinical_study> file"
        )
    walk = _Walk()
    study: dict[str, Json] = {"protocolSection": {}}
    walk.branch(root, STUDY, study, "/clinical_study")
    if any(part.place == "/clinical_study/clinical_results" for part in walk.kept):
        study["hasResults"] = True
    try:
        return study_of(study, tuple(walk.kept), tuple(walk.unknown))
    except WrongValue as wrong:
        raise Malformed(wrong.what, where=root.where, do="add the missing element") from None


class _Walk:
    """One pass over the tree, filling a study object and setting aside what has no place in it."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.unknown: list[Kept] = []

    def branch(self, node: Node, rules: Mapping[str, Rule], target: dict[str, Json], path: str) -> None:
        for part in node.parts:
            if isinstance(part, Node):
                self.element(part, rules.get(part.tag), target, f"{path}/{part.tag}")
            elif part.strip():
                self.unknown.append(Kept("xml", path, part.strip()))

    def element(self, node: Node, rule: Rule | None, target: dict[str, Json], path: str) -> None:
        if rule is None:
            self.unknown.append(Kept("xml", path, node.written()))
        elif isinstance(rule, Keep):
            self.kept.append(Kept("xml", path, node.written()))
        elif isinstance(rule, Leaf):
            self.leaf(node, rule, target, path)
        elif not rule.to:
            self.branch(node, rule.inside, target, path)
        else:
            made: dict[str, Json] = dict(rule.fixed)
            self.branch(node, rule.inside, made, path)
            self.put(node, rule, made, target, path)

    def leaf(self, node: Node, rule: Leaf, target: dict[str, Json], path: str) -> None:
        for child in node.children:
            if child.tag != "textblock" or rule.convert is not block:
                self.unknown.append(Kept("xml", f"{path}/{child.tag}", child.written()))
        for attribute in node.attributes:
            if attribute != "type" or rule.convert not in (dated, enrollment):
                self.unknown.append(Kept("xml", f"{path}/@{attribute}", node.attributes[attribute]))
        value = rule.convert(node)
        if value is NOTHING:
            self.kept.append(Kept("xml", path, node.written()))
        else:
            self.put(node, rule, cast(Json, value), target, path)

    def put(self, node: Node, rule: Leaf | Branch, value: Json, target: dict[str, Json], path: str) -> None:
        *way, last = rule.to.split(".")
        for step in way:
            target = cast(dict[str, Json], target.setdefault(step, {}))
        if rule.many:
            cast(list[Json], target.setdefault(last, [])).append(value)
        elif last not in target:
            target[last] = value
        elif (
            isinstance(value, dict)
            and isinstance(known := target[last], dict)
            and not known.keys() & value.keys()
        ):
            known.update(value)
        else:
            self.unknown.append(Kept("xml", path, node.written()))
