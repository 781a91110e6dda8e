"""Coded values of the registry (ClinicalTrials.gov API v2). A code outside its list is kept, and reported.

Source of the lists: the OpenAPI description of API v2 (2.0.0-draft).
"""

from typing import ClassVar


class Code(str):
    """One coded value; `listed` says whether the registry's list has it."""

    __slots__ = ()
    known: ClassVar[frozenset[str]] = frozenset()

    @property
    def listed(self) -> bool:
        """Whether the registry's list holds this code."""
        return str(self) in self.known


class OverallStatus(Code):
    """Recruitment status of a study, a site or a related trial."""

    __slots__ = ()
    known = frozenset(
        {
            "ACTIVE_NOT_RECRUITING",
            "COMPLETED",
            "ENROLLING_BY_INVITATION",
            "NOT_YET_RECRUITING",
            "RECRUITING",
            "SUSPENDED",
            "TERMINATED",
            "WITHDRAWN",
            "AVAILABLE",
            "NO_LONGER_AVAILABLE",
            "TEMPORARILY_NOT_AVAILABLE",
            "APPROVED_FOR_MARKETING",
            "WITHHELD",
            "UNKNOWN",
        }
    )


class StudyType(Code):
    """Interventional, observational or expanded access."""

    __slots__ = ()
    known = frozenset({"EXPANDED_ACCESS", "INTERVENTIONAL", "OBSERVATIONAL"})


class Phase(Code):
    """Clinical phase; a phase 2/3 trial carries two of them."""

    __slots__ = ()
    known = frozenset({"NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"})


class Sex(Code):
    """Which sexes may take part."""

    __slots__ = ()
    known = frozenset({"FEMALE", "MALE", "ALL"})


class StandardAge(Code):
    """Age band."""

    __slots__ = ()
    known = frozenset({"CHILD", "ADULT", "OLDER_ADULT"})


class SamplingMethod(Code):
    """How an observational study samples."""

    __slots__ = ()
    known = frozenset({"PROBABILITY_SAMPLE", "NON_PROBABILITY_SAMPLE"})


class IpdSharing(Code):
    """Whether participant data will be shared."""

    __slots__ = ()
    known = frozenset({"YES", "NO", "UNDECIDED"})


class IpdInfoType(Code):
    """What is shared beside participant data."""

    __slots__ = ()
    known = frozenset({"STUDY_PROTOCOL", "SAP", "ICF", "CSR", "ANALYTIC_CODE"})


class IdType(Code):
    """Kind of an organisation's or secondary identifier."""

    __slots__ = ()
    known = frozenset(
        {
            "NIH",
            "FDA",
            "VA",
            "CDC",
            "AHRQ",
            "SAMHSA",
            "OTHER_GRANT",
            "EUDRACT_NUMBER",
            "CTIS",
            "REGISTRY",
            "OTHER",
        }
    )


class AgencyClass(Code):
    """Class of a sponsor or organisation."""

    __slots__ = ()
    known = frozenset(
        {"NIH", "FED", "OTHER_GOV", "INDIV", "INDUSTRY", "NETWORK", "AMBIG", "OTHER", "UNKNOWN"}
    )


class DateType(Code):
    """Whether a date or an enrolment count is actual or estimated."""

    __slots__ = ()
    known = frozenset({"ACTUAL", "ESTIMATED"})


class PartyType(Code):
    """Kind of responsible party."""

    __slots__ = ()
    known = frozenset({"SPONSOR", "PRINCIPAL_INVESTIGATOR", "SPONSOR_INVESTIGATOR"})


class Allocation(Code):
    """How participants are assigned."""

    __slots__ = ()
    known = frozenset({"RANDOMIZED", "NON_RANDOMIZED", "NA"})


class InterventionModel(Code):
    """Arrangement of the arms."""

    __slots__ = ()
    known = frozenset({"SINGLE_GROUP", "PARALLEL", "CROSSOVER", "FACTORIAL", "SEQUENTIAL"})


class Purpose(Code):
    """Primary purpose."""

    __slots__ = ()
    known = frozenset(
        {
            "TREATMENT",
            "PREVENTION",
            "DIAGNOSTIC",
            "ECT",
            "SUPPORTIVE_CARE",
            "SCREENING",
            "HEALTH_SERVICES_RESEARCH",
            "BASIC_SCIENCE",
            "DEVICE_FEASIBILITY",
            "OTHER",
        }
    )


class ObservationalModel(Code):
    """Arrangement of an observational study."""

    __slots__ = ()
    known = frozenset(
        {
            "COHORT",
            "CASE_CONTROL",
            "CASE_ONLY",
            "CASE_CROSSOVER",
            "ECOLOGIC_OR_COMMUNITY",
            "FAMILY_BASED",
            "DEFINED_POPULATION",
            "NATURAL_HISTORY",
            "OTHER",
        }
    )


class TimePerspective(Code):
    """Time perspective of an observational study."""

    __slots__ = ()
    known = frozenset({"RETROSPECTIVE", "PROSPECTIVE", "CROSS_SECTIONAL", "OTHER"})


class Retention(Code):
    """Which specimens are kept."""

    __slots__ = ()
    known = frozenset({"NONE_RETAINED", "SAMPLES_WITH_DNA", "SAMPLES_WITHOUT_DNA"})


class Masking(Code):
    """How many parties are blinded."""

    __slots__ = ()
    known = frozenset({"NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"})


class WhoMasked(Code):
    """A blinded party."""

    __slots__ = ()
    known = frozenset({"PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR"})


class ArmType(Code):
    """Role of an arm."""

    __slots__ = ()
    known = frozenset(
        {
            "EXPERIMENTAL",
            "ACTIVE_COMPARATOR",
            "PLACEBO_COMPARATOR",
            "SHAM_COMPARATOR",
            "NO_INTERVENTION",
            "OTHER",
        }
    )


class InterventionType(Code):
    """Kind of intervention."""

    __slots__ = ()
    known = frozenset(
        {
            "BEHAVIORAL",
            "BIOLOGICAL",
            "COMBINATION_PRODUCT",
            "DEVICE",
            "DIAGNOSTIC_TEST",
            "DIETARY_SUPPLEMENT",
            "DRUG",
            "GENETIC",
            "PROCEDURE",
            "RADIATION",
            "OTHER",
        }
    )


class ContactRole(Code):
    """Role of a contact; facility contacts on the page are `primary` or `backup`."""

    __slots__ = ()
    known = frozenset(
        {
            "STUDY_CHAIR",
            "STUDY_DIRECTOR",
            "PRINCIPAL_INVESTIGATOR",
            "SUB_INVESTIGATOR",
            "CONTACT",
            "primary",
            "backup",
        }
    )


class ReferenceType(Code):
    """Why a publication is cited."""

    __slots__ = ()
    known = frozenset({"BACKGROUND", "RESULT", "DERIVED"})
