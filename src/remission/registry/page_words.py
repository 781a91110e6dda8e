"""The registry page's fixed words, in page order.

A section that the source lacks has no heading; a heading with nothing under it is empty.
"""

from dataclasses import dataclass

RESULTS = {
    False: (
        "Results pending",
        "The study team has not published outcome measurements, participant flow, or safety data for this"
        " trial yet. Check back later for updates.",
    ),
    True: ("Results posted", "The study team has published results for this trial."),
}
"""By whether results are posted. The second pair is ours: the pages at hand show the first only."""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: key, heading, and the sentence that explains it."""

    key: str
    heading: str
    sentence: str


SECTIONS: tuple[Section, ...] = (
    Section("results", "Study Results", ""),
    Section(
        "basic",
        "Basic Information",
        "Get a concise snapshot of the trial, including recruitment status, study phase, enrollment targets,"
        " and key timeline milestones.",
    ),
    Section(
        "summary",
        "Brief Summary",
        "Review the sponsor-provided synopsis that highlights what the study is about and why it is being"
        " conducted.",
    ),
    Section(
        "description",
        "Detailed Description",
        "Dive into the extended narrative that explains the scientific background, objectives, and procedures"
        " in greater depth.",
    ),
    Section(
        "conditions",
        "Conditions",
        "See the medical conditions and disease areas that this research is targeting or investigating.",
    ),
    Section(
        "design",
        "Study Design",
        "Understand how the trial is structured, including allocation methods, masking strategies, primary"
        " purpose, and other design elements.",
    ),
    Section(
        "groups",
        "Study Groups",
        "Review each arm or cohort in the study, along with the interventions and objectives associated with"
        " them.",
    ),
    Section(
        "interventions",
        "Interventions",
        "Learn about the drugs, procedures, or behavioral strategies being tested and how they are applied"
        " within this trial.",
    ),
    Section(
        "eligibility",
        "Eligibility Criteria",
        "Check the participation requirements, including inclusion and exclusion rules, age limits, and"
        " whether healthy volunteers are accepted.",
    ),
    Section(
        "sponsors",
        "Sponsors",
        "Meet the organizations funding or collaborating on the study and learn about their roles.",
    ),
    Section(
        "responsible",
        "Responsible Party",
        "Identify the individual or organization who holds primary responsibility for the study information"
        " submitted to regulators.",
    ),
    Section(
        "locations",
        "Locations",
        "Explore where the study is taking place and check the recruitment status at each participating"
        " site.",
    ),
    Section(
        "countries",
        "Countries",
        "Review the countries where the study has at least one active or historical site.",
    ),
    Section(
        "central_contacts",
        "Central Contacts",
        "Reach out to these primary contacts for questions about participation or study logistics.",
    ),
    Section(
        "facility_contacts",
        "Facility Contacts",
        "Find local site contact details for specific facilities participating in the trial.",
    ),
    Section(
        "references",
        "References",
        "Explore related publications, articles, or registry entries linked to this study.",
    ),
    Section(
        "identifiers",
        "Other Identifiers",
        "Review additional registry numbers or institutional identifiers associated with this trial.",
    ),
    Section(
        "related",
        "More Related Trials",
        "Additional clinical trials that may be relevant based on similarity analysis.",
    ),
)

BASIC = {
    "Recruitment Status": "statusModule.overallStatus",
    "Clinical Phase": "designModule.phases",
    "Total Enrollment": "designModule.enrollmentInfo.count",
    "Study Classification": "designModule.studyType",
    "Study Start Date": "statusModule.startDateStruct.date",
    "Study Completion Date": "statusModule.completionDateStruct.date",
}
DESIGN = {
    "Allocation Method": "designModule.designInfo.allocation",
    "Intervention Model": "designModule.designInfo.interventionModel",
    "Primary Study Purpose": "designModule.designInfo.primaryPurpose",
    "Blinding Strategy": "designModule.designInfo.maskingInfo.masking",
}
ELIGIBILITY = {
    "Minimum Eligible Age": "eligibilityModule.minimumAge",
    "Maximum Eligible Age": "eligibilityModule.maximumAge",
    "Eligible Sex": "eligibilityModule.sex",
    "Accepts Healthy Volunteers": "eligibilityModule.healthyVolunteers",
}
INTERVENTION_LABELS = {
    "BEHAVIORAL": "Behavioral",
    "BIOLOGICAL": "Biological",
    "COMBINATION_PRODUCT": "Combination Product",
    "DEVICE": "Device",
    "DIAGNOSTIC_TEST": "Diagnostic Test",
    "DIETARY_SUPPLEMENT": "Dietary Supplement",
    "DRUG": "Drug",
    "GENETIC": "Genetic",
    "PROCEDURE": "Procedure",
    "RADIATION": "Radiation",
    "OTHER": "Other",
}
"""How API v2 writes an intervention's type in front of its name (`Drug: Blinatumomab`)."""
