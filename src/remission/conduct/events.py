"""Everything that can be said about a participant, one frozen class each.

Answers to questions (`FactRecorded.value`) are kept as the text that was entered: "yes", "no", "12.5",
"low", "2015-03-01"; the study file says how to read them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from remission.mrd.result import Method, MrdResult
from remission.terms.evidence import Evidence, FileRef, Setting
from remission.terms.ids import SampleId
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Consented:
    """Informed consent was signed; screening begins."""

    on: date
    signed_by: str  # "guardian", "participant" or "both"
    form: str


@dataclass(frozen=True, slots=True)
class FactRecorded:
    """A question of the study was answered: true of the participant on day `on`."""

    fact: str
    value: str
    on: date
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class ThingHappened:
    """An entry of a dated list (therapy given, seizure, ...).

    `last` None: it still goes on, in a list that spans; in other lists, one day.
    """

    list: str
    kind: str
    first: date
    last: date | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class ListClosed:
    """A named person declares a dated list complete up to and including `as_of`."""

    list: str
    as_of: date


@dataclass(frozen=True, slots=True)
class MarrowTaken:
    """A marrow sample of a time point was taken."""

    sample: SampleId
    point: str
    on: date


@dataclass(frozen=True, slots=True)
class SampleMissed:
    """The sample of a time point will not come."""

    point: str
    on: date
    why: str


@dataclass(frozen=True, slots=True)
class FilesReceived:
    """Raw files of a sample came from the instrument and are kept; no result is said yet."""

    sample: SampleId
    method: Method
    files: tuple[FileRef, ...]
    on: date


@dataclass(frozen=True, slots=True)
class MrdReported:
    """The laboratory's result for a sample; `point` repeats the sample's time point."""

    sample: SampleId
    point: str
    result: MrdResult
    on: date


@dataclass(frozen=True, slots=True)
class Judgement:
    """One criterion's answer as it was when the decision was taken: "yes", "no" or "unknown" admits."""

    criterion: str
    admits: str
    reason: Text


@dataclass(frozen=True, slots=True)
class FoundEligible:
    """Every criterion of the enrolment phase admits the participant."""

    on: date
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class FoundIneligible:
    """At least one criterion shuts the participant out; screening ends."""

    on: date
    judgements: tuple[Judgement, ...]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The participant is enrolled, as the trial's `number`-th, in a provisional risk group."""

    on: date
    number: int
    risk_group: str


@dataclass(frozen=True, slots=True)
class DoseOrdered:
    """An order for a dose step; `amount` in `unit`; `rule` cites the row of the dose table."""

    on: date
    step: str
    drug: str
    amount: Decimal
    unit: str
    level: str  # "full" or "low"
    weight_kg: Decimal
    height_cm: Decimal | None
    body_surface_m2: Decimal | None
    rule: str


@dataclass(frozen=True, slots=True)
class PremedicationGiven:
    """A premedication, and what it was given before: first_dose, step_up or restart."""

    drug: str
    amount: Decimal
    unit: str
    at: datetime
    before: str


@dataclass(frozen=True, slots=True)
class InfusionStarted:
    """A continuous infusion began."""

    at: datetime
    step: str


@dataclass(frozen=True, slots=True)
class InfusionPaused:
    """The infusion was interrupted; `toxicity` names the report that made it so, if one did."""

    at: datetime
    why: str
    toxicity: str = ""


@dataclass(frozen=True, slots=True)
class InfusionRestarted:
    """The infusion went on, at level "full" or "low"."""

    at: datetime
    level: str


@dataclass(frozen=True, slots=True)
class DoseGiven:
    """A single dose of a step was given."""

    at: datetime
    step: str


@dataclass(frozen=True, slots=True)
class TreatmentCompleted:
    """The course was completed."""

    at: datetime


@dataclass(frozen=True, slots=True)
class TreatmentStopped:
    """The course was ended early; `as_protocol`: because a rule of the protocol said so."""

    at: datetime
    why: str
    as_protocol: bool


@dataclass(frozen=True, slots=True)
class TreatmentNotGiven:
    """An enrolled participant never received the drug."""

    on: date
    why: str


@dataclass(frozen=True, slots=True)
class ToxicityReported:
    """A toxicity with its grade and the components the grade rests on. `id` is unique per participant."""

    id: str
    term: str
    system: str
    grade: int
    began: date
    serious: bool
    related: str  # "yes", "no" or "unknown"
    components: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True)
class ToxicityRegraded:
    """The grade of a reported toxicity on a later day; grade 0: it has ended."""

    id: str
    grade: int
    on: date


@dataclass(frozen=True, slots=True)
class EndpointCall:
    """One endpoint's answer: "negative", "positive", "not-evaluable", "missing" or "failed".

    "failed": a relapse, second cancer or death came first.
    """

    endpoint: str
    call: str


@dataclass(frozen=True, slots=True)
class ResponseAssessed:
    """Every endpoint was answered from the results then known; follow-up begins."""

    on: date
    calls: tuple[EndpointCall, ...]


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """A follow-up contact: alive on that day; `in_remission` None: not known."""

    on: date
    in_remission: bool | None


@dataclass(frozen=True, slots=True)
class Relapsed:
    """The leukaemia came back."""

    on: date
    place: str


@dataclass(frozen=True, slots=True)
class SecondCancer:
    """A second malignancy was found."""

    on: date
    what: str


@dataclass(frozen=True, slots=True)
class Died:
    """The participant died."""

    on: date
    cause: str  # "leukaemia", "treatment", "other" or "unknown"


@dataclass(frozen=True, slots=True)
class LostToFollowUp:
    """No contact any more since `last_seen`."""

    on: date
    last_seen: date


@dataclass(frozen=True, slots=True)
class Withdrew:
    """Consent withdrawn: `scope` "treatment" (follow-up goes on) or "study"."""

    on: date
    scope: str
    why: str
    by: str  # "guardian", "participant" or "doctor"


@dataclass(frozen=True, slots=True)
class FoundIneligibleLate:
    """After enrolment it turned out that a criterion had not admitted the participant."""

    on: date
    criterion: str
    why: str


@dataclass(frozen=True, slots=True)
class DeviationReported:
    """Something was done otherwise than the protocol says."""

    on: date
    rule: str
    major: bool
    what: str


@dataclass(frozen=True, slots=True)
class FollowUpEnded:
    """Follow-up reached the end the study set for it."""

    on: date


@dataclass(frozen=True, slots=True)
class Voided:
    """Stands in the place of an entry that should never have been made."""

    why: str


Event = (
    Consented | FactRecorded | ThingHappened | ListClosed | MarrowTaken | SampleMissed | FilesReceived
    | MrdReported | FoundEligible | FoundIneligible | Enrolled | DoseOrdered | PremedicationGiven
    | InfusionStarted | InfusionPaused | InfusionRestarted | DoseGiven | TreatmentCompleted | TreatmentStopped
    | TreatmentNotGiven | ToxicityReported | ToxicityRegraded | ResponseAssessed | FollowedUp | Relapsed
    | SecondCancer | Died | LostToFollowUp | Withdrew | FoundIneligibleLate | DeviationReported
    | FollowUpEnded | Voided
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrialOpened:
    """Trial-level: the study file (by sha256) this trial runs on, and whether it is a simulation."""

    study: str
    version: str
    study_sha256: str
    record_sha256: str
    simulated: bool


@dataclass(frozen=True, slots=True)
class SiteActivated:
    """Trial-level: a hospital may enrol from this day on."""

    site: str
    on: date


TrialEvent = TrialOpened | SiteActivated
