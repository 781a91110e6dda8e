"""The study file as one frozen tree. Every word in it is the study's; nothing here knows a trial.

One tree in one place, in the order of the study file, which is why it is long; the reader from TOML is in
`read_study`.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from remission.protocol.plan import Plan
from remission.terms.days import Window
from remission.terms.ids import SiteId, StudyId
from remission.terms.words import Mark, Text


class Phase(StrEnum):
    """When a criterion is put to a participant, and so what it can do."""

    ENROLMENT = "enrolment"  # not met, or unknown, holds enrolment
    AFTER_TREATMENT = "after_treatment"  # known only later; never removes a child from the analysis


class Consequence(StrEnum):
    """What a criterion of phase AFTER_TREATMENT does when it applies."""

    NONE = "none"
    KEEP_AS_NON_RESPONDER = "keep_as_non_responder"
    LEAVE_TREATMENT = "leave_treatment"


class World(StrEnum):
    """What silence means: OPEN, nothing; CLOSED, *no*, once a named person has closed the list."""

    OPEN = "open"
    CLOSED = "closed"


class Indeterminate(StrEnum):
    """How an endpoint counts a participant whose result is missing or not evaluable."""

    NON_RESPONDER = "non_responder"
    EXCLUDED = "excluded"


class OutsideWindow(StrEnum):
    """What a result says where every sample with one was taken outside the time point's window."""

    INDETERMINATE = "indeterminate"
    COUNTS = "counts"


class Joint(StrEnum):
    """What several primary endpoints must show together."""

    ALL = "all"
    ANY = "any"


class Evidence(StrEnum):
    """Where a control rate comes from."""

    PUBLISHED = "published"
    STATED = "stated"  # in the record
    ASSUMED = "assumed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value comes from, and how far it is verified."""

    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something the record leaves open and this file decides; the sponsor must confirm it."""

    id: str
    text: Text
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class TherapyGiven:
    """Therapy that the study presupposes: every participant receives it on these protocol days."""

    therapy: str
    first_day: int
    last_day: int
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class TimePoint:
    """A named point of the timeline, with its window of protocol days."""

    id: str
    name: Text
    window: Window
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class RiskGroup:
    """A provisional risk group; `trigger` is the entry level of disease, None if it may not enter."""

    id: str
    name: Text
    may_enter: bool
    record_text: str
    trigger: Decimal | None = None


def _named(word: str, words: tuple[str, ...], names: tuple[Text, ...]) -> Text:
    named = dict(zip(words, names, strict=False))
    return named.get(word, Text(word.replace("_", " "), word.replace("_", " ")))


class FactKind(StrEnum):
    """What an answer looks like."""

    YES_NO = "yes_no"
    NUMBER = "number"
    CODE = "code"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class FactSpec:
    """A question put to a site or laboratory. `due_day`: the protocol day by which it must be known."""

    id: str
    kind: FactKind
    label: Text
    asked_of: str
    due_day: int
    unit: str = ""
    codes: tuple[str, ...] = ()
    may_change: bool = False
    lowest: Decimal | None = None
    highest: Decimal | None = None
    code_names: tuple[Text, ...] = ()

    def said(self, code: str) -> Text:
        """A code as people say it: its name in the study file, else the code itself."""
        return _named(code, self.codes, self.code_names)


@dataclass(frozen=True, slots=True)
class ListSpec:
    """A dated list (therapies given, things that happened) that a named person can declare complete.

    `spans`: its entries last; one without a last day still goes on. In other lists it was one day.
    """

    id: str
    name: Text
    asked_of: str
    due_day: int
    kinds: tuple[str, ...]
    spans: bool = False
    kind_names: tuple[Text, ...] = ()

    def said(self, kind: str) -> Text:
        """A kind as people say it: its name in the study file, else the word itself."""
        return _named(kind, self.kinds, self.kind_names)


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of the record. `expression` says when the *sentence* is true of a participant."""

    id: str
    kind: str  # "inclusion" or "exclusion"
    record_text: str
    name: Text
    expression: str
    phase: Phase
    anchor: str
    world: World
    answered_by: str
    may_change: bool
    settled_day: int
    mark: Mark
    note: Text
    consequence: Consequence = Consequence.NONE


@dataclass(frozen=True, slots=True)
class DoseRule:
    """A dose for a weight band; exactly one of `fixed` and `per_m2` is given, in the treatment's unit."""

    weight_from: Decimal
    source: Source
    weight_below: Decimal | None = None
    fixed: Decimal | None = None
    per_m2: Decimal | None = None
    at_most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DoseStep:
    """The doses from protocol day `day` on (continuous) or on that day (single); rules by weight band."""

    id: str
    day: int
    days: int
    rules: tuple[DoseRule, ...]


@dataclass(frozen=True, slots=True)
class DoseTable:
    """The dose rules in force from a calendar date on; the latest one not after the order's date holds."""

    in_force_from: date
    steps: tuple[DoseStep, ...]
    restart_low: tuple[DoseRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Premedication:
    """Given before certain moments: `first_dose`, `step_up`, `restart`, at most `within_hours` earlier."""

    drug: str
    per_m2: Decimal
    at_most: Decimal
    unit: str
    before: tuple[str, ...]
    after_pause_hours: int
    within_hours: int
    source: Source


@dataclass(frozen=True, slots=True)
class PauseRule:
    """What an interruption means: up to `continue_within_days` the course goes on, longer it does not."""

    continue_within_days: int
    counts_toward_course: bool
    longer: Text
    source: Source


@dataclass(frozen=True, slots=True)
class ToxicityRule:
    """What a grade of a toxicity does to the infusion."""

    term: str
    grade: int
    action: str  # "continue", "hold", "stop", "consider_stopping"
    source: Source
    until_grade: int | None = None
    for_days: int = 0
    restart: str = "same"  # "same" or "low"
    escalate_after_days: int | None = None
    stop_if_longer_than_days: int | None = None
    stop_if_at_low_dose: bool = False
    treat_with: Text | None = None


@dataclass(frozen=True, slots=True)
class ToxicityTerm:
    """What a term of the toxicity rules covers, besides its own `id`.

    `names`: words that a report may use, lower case; one of them within a longer report is enough. `systems`:
    organ systems all of whose toxicities fall under it. The names of `repeated_seizure` are those of one
    seizure.
    """

    id: str
    name: Text
    names: tuple[str, ...]
    source: Source
    systems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bag:
    """An infusion bag by its duration; `weight_from` is the lightest child that may have it, in kg."""

    hours: int
    pump_ml_per_h: Decimal
    source: Source
    weight_from: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """The study's treatment: what, when, how much, and when not.

    `full_course_from`: the share of the planned hours from which a course counts as completed.
    """

    drug: str
    name: Text
    mode: str  # "continuous" or "single"
    unit: str
    first_day: int
    days: int
    start_window: Window
    body_surface: str
    tables: tuple[DoseTable, ...]
    premedication: tuple[Premedication, ...]
    pause: PauseRule
    toxicity: tuple[ToxicityRule, ...]
    therapy: str
    record_text: str
    full_course_from: Decimal = Decimal("0.95")
    terms: tuple[ToxicityTerm, ...] = ()
    bags: tuple[Bag, ...] = ()

    @property
    def last_day(self) -> int:
        """The protocol day on which the course, uninterrupted, ends: 14 days from day 29 end on day 43."""
        return (
            self.first_day + self.days
            if self.mode == "continuous"
            else max(step.day for table in self.tables for step in table.steps)
        )


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """A marrow sample: at which point, by which methods, and how deep each must go (LOD, fraction)."""

    point: str
    name: Text
    methods: tuple[str, ...]
    purpose: str  # "trigger" or "endpoint"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Level by `method` at `point` below `threshold`, shown by a test whose LOD is at most `required_lod`."""

    id: str
    name: Text
    method: str
    point: str
    threshold: Decimal
    required_lod: Decimal
    certainty: Decimal
    indeterminate: Indeterminate
    record_text: str
    mark: Mark
    note: Text
    outside_window: OutsideWindow = OutsideWindow.INDETERMINATE


@dataclass(frozen=True, slots=True)
class ControlRate:
    """The control's rate for one endpoint (`p0`), the rate hoped for (`p1`), and what they rest on.

    `responders` of `of` in `source`: the counts behind a published rate; without them it is a number
    chosen.
    """

    endpoint: str
    p0: Decimal
    p1: Decimal
    evidence: Evidence
    evidence_id: str
    method: str
    mark: Mark
    note: Text
    responders: int | None = None
    of: int | None = None
    source: Source | None = None

    @property
    def counted(self) -> bool:
        """Whether the rate rests on children who were counted."""
        return self.responders is not None and self.of is not None

    @property
    def bar(self) -> float:
        """What a rate is tested against: `p0`, or the rate of its counts where that is higher."""
        p0 = float(self.p0)
        if self.responders is None or not self.of:
            return p0
        return max(p0, self.responders / self.of)


@dataclass(frozen=True, slots=True)
class Control:
    """The historical control: who they were, what was measured in them, and when."""

    name: Text
    record_text: str
    point: str
    measured_by: tuple[str, ...]
    rates: tuple[ControlRate, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """Size, one-sided alpha, and what the primary endpoints must show together."""

    participants: int
    alpha: Decimal
    joint: Joint
    mark: Mark
    cite: str


class SetRule(StrEnum):
    """Who is in an analysis set, besides being enrolled."""

    ENROLLED = "enrolled"
    TREATED = "treated"  # at least one dose
    EVALUABLE = "evaluable"  # an evaluable result for the endpoint
    ELIGIBLE = "eligible"  # not found ineligible later
    NO_MAJOR_DEVIATION = "no_major_deviation"
    FULL_COURSE = "full_course"  # completed, or stopped as the protocol says
    IN_WINDOW = "in_window"  # endpoint sample within its window


@dataclass(frozen=True, slots=True)
class AnalysisSet:
    """A set of participants: those for whom all `rules` hold. Exactly one set is `primary`."""

    id: str
    name: Text
    rules: tuple[SetRule, ...]
    primary: bool
    mark: Mark


@dataclass(frozen=True, slots=True)
class Site:
    """A hospital. `source`: the part of the record it was read from."""

    id: SiteId
    name: Text
    city: str
    time_zone: str
    status: str
    source: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Follow-up after the endpoint: visit interval in months, and its last day."""

    every_months: int
    until: date
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Label:
    """The population for which the drug is licensed, as far as the check needs it."""

    drug: str
    indication: Text
    lowest_level: Decimal
    remission_required: bool
    source: Source


@dataclass(frozen=True, slots=True)
class Assay:
    """What the laboratory plans to put into a test of `method`, and what spoils it.

    `denominator`: the cells a level refers to; `cells` of them, or `dna_ng` nanograms of DNA, are asked for.
    With a flag of `disqualifying_flags` a result says nothing; of `blinding_flags` it can be positive, never
    negative; of `blinding_after_treatment` too, in a sample taken after the study's treatment began.
    `needed_after_treatment`: flags without which a sample taken after the study's treatment began
    is never negative. `index_share`: by sequencing, the fraction of the reads of its kind at diagnosis that a
    clone must exceed to be followed.
    """

    method: str
    denominator: str
    cells: int
    events_for_lod: int
    events_for_loq: int
    mark: Mark
    cite: str
    dna_ng: Decimal | None = None
    disqualifying_flags: tuple[str, ...] = ()
    blinding_flags: tuple[str, ...] = ()
    needed_after_treatment: tuple[str, ...] = ()
    blinding_after_treatment: tuple[str, ...] = ()
    index_share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What this study file decides about a trap that `protocol check` finds."""

    rule: str
    text: Text


@dataclass(frozen=True, slots=True)
class Study:
    """A whole study. `digest` is the sha256 of the file it was read from."""

    schema_version: int
    id: StudyId
    version: str
    dated: date
    title: Text
    record: str
    day_one: str
    earliest_birth_fact: str
    remission_at_entry: bool
    design: Design
    background: tuple[TherapyGiven, ...]
    points: tuple[TimePoint, ...]
    risk_fact: str
    risk_groups: tuple[RiskGroup, ...]
    facts: tuple[FactSpec, ...]
    lists: tuple[ListSpec, ...]
    criteria: tuple[Criterion, ...]
    treatment: Treatment
    samples: tuple[SampleSpec, ...]
    assays: tuple[Assay, ...]
    endpoints: tuple[Endpoint, ...]
    control: Control
    sets: tuple[AnalysisSet, ...]
    sites: tuple[Site, ...]
    follow_up: FollowUp
    label: Label
    assumptions: tuple[Assumption, ...]
    decisions: tuple[Decision, ...]
    weight_fact: str = "weight"
    height_fact: str = "height"
    plan: Plan | None = None
    digest: str = ""

    def point(self, id: str) -> TimePoint:
        """The time point named `id` (`KeyError` cannot happen in a checked study)."""
        return next(point for point in self.points if point.id == id)

    def fact(self, id: str) -> FactSpec:
        """The question named `id`."""
        return next(fact for fact in self.facts if fact.id == id)

    def criterion(self, id: str) -> Criterion:
        """The criterion named `id`."""
        return next(criterion for criterion in self.criteria if criterion.id == id)

    def assay(self, method: str) -> Assay | None:
        """What the laboratory plans by a method, or None."""
        return next((assay for assay in self.assays if assay.method == method), None)

    def endpoint(self, id: str) -> Endpoint:
        """The endpoint named `id`."""
        return next(endpoint for endpoint in self.endpoints if endpoint.id == id)

    def site(self, id: str) -> Site:
        """The site named `id`."""
        return next(site for site in self.sites if site.id == id)

    def risk_group(self, id: str) -> RiskGroup:
        """The risk group named `id`."""
        return next(group for group in self.risk_groups if group.id == id)

    def rate(self, endpoint: str) -> ControlRate:
        """The control's rate for an endpoint."""
        return next(rate for rate in self.control.rates if rate.endpoint == endpoint)
