"""The analysis plan as data: what is estimated, in whom, by which method, and when it is looked at.

The words are those of ICH E9(R1): an estimand is a population, a variable, a strategy for each
intercurrent event and a summary measure. `[plan]` in a study file is read into these; `plan_rules` refuses
what is undefined or contradicts itself, `plan_said` puts it into words, and `results` carries it out.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from remission.terms.words import Mark, Text


class Role(StrEnum):
    """What an estimand is for."""

    PRIMARY = "primary"
    SUPPLEMENTARY = "supplementary"
    SENSITIVITY = "sensitivity"
    EXPLORATORY = "exploratory"


class Joined(StrEnum):
    """How several endpoints make one claim."""

    BOTH = "both"  # all of them must be shown; no alpha is split
    EITHER = "either"  # one is enough; adjusted by Holm


class Intercurrent(StrEnum):
    """What may happen to a participant that decides how the answer is counted."""

    MISSING = "missing"  # no result
    NOT_EVALUABLE = "not_evaluable"  # a result that says nothing
    LATE_SAMPLE = "late_sample"  # a sample only from outside the time point's window
    NEVER_TREATED = "never_treated"
    STOPPED_EARLY = "stopped_early"  # treatment ended before the full course
    RELAPSE = "relapse"  # or a second cancer, before the endpoint
    DEATH = "death"  # before the endpoint


class Strategy(StrEnum):
    """What an intercurrent event does to the answer."""

    TREATMENT_POLICY = "treatment_policy"  # nothing: the answer counts as it is
    COMPOSITE = "composite"  # counts as no response
    HYPOTHETICAL = "hypothetical"  # left out: as if like those whose answer is known
    MULTIPLE_IMPUTATION = "multiple_imputation"  # from the known answers of the same stratum
    TIPPING_POINT = "tipping_point"  # every number of responders among them, from none to all


class Summary(StrEnum):
    """What is estimated."""

    RATE = "rate"  # a rate, held against the control's rate
    RISK_DIFFERENCE = "risk_difference"  # a rate less that of the control's participants
    STRATIFIED_RATE = "stratified_rate"  # the rate of each stratum, and their weighted mean


class Method(StrEnum):
    """By which method; the list is closed, and each carries some summaries and strategies only."""

    EXACT_BINOMIAL = "exact_binomial"  # Clopper-Pearson interval, exact one-sided test
    RUBIN = "rubin"  # multiple imputation without drawing, Rubin's rules at infinitely many
    TIPPING_POINT = "tipping_point"  # the exact test for each number of responders among the unknown
    NEWCOMBE = "newcombe"  # difference to the control's counts, score interval; Boschloo's exact test
    STRATIFIED = "stratified"  # weighted mean of the strata's rates


class Purpose(StrEnum):
    """Why the data are looked at before the end."""

    FUTILITY = "futility"
    EFFICACY = "efficacy"
    TOXICITY = "toxicity"


class Spending(StrEnum):
    """A function that says how much of alpha is spent when a fraction of the participants is known."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"


class Of(StrEnum):
    """What a subgroup is made by."""

    RISK_GROUP = "risk_group"
    FACT = "fact"
    AGE = "age"
    LEVEL = "level"
    SITE = "site"


class Curve(StrEnum):
    """What time is counted to."""

    EVENT_FREE = "event_free"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True)
class Counted:
    """An intercurrent event and its strategy."""

    event: Intercurrent
    strategy: Strategy


@dataclass(frozen=True, slots=True)
class Estimand:
    """What is estimated. `population`: an analysis set; `variable`: endpoints; `alpha`: one-sided.

    `intercurrent` in the order in which they decide: the first that happened, and whose strategy is not
    TREATMENT_POLICY, counts. `strata`: subgroups of the plan, for STRATIFIED_RATE and the imputation.
    """

    id: str
    role: Role
    name: Text
    population: str
    variable: tuple[str, ...]
    intercurrent: tuple[Counted, ...]
    summary: Summary
    method: Method
    alpha: Decimal
    mark: Mark
    cite: str
    joined: Joined = Joined.BOTH
    strata: tuple[str, ...] = ()

    def strategy(self, event: Intercurrent) -> Strategy | None:
        """The strategy for an event, or None where none is stated."""
        return next((one.strategy for one in self.intercurrent if one.event is event), None)


@dataclass(frozen=True, slots=True)
class Subgroup:
    """Groups of participants. `cuts`: where one group ends and the next begins, the limit in the upper one.

    Of AGE the cuts are completed months at enrolment; of LEVEL, the fraction of cells by `method` at `point`;
    of FACT, the unit of the question; other facts are grouped by their codes.
    """

    id: str
    name: Text
    of: Of
    mark: Mark
    cite: str
    fact: str = ""
    method: str = ""
    point: str = ""
    cuts: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Monitoring:
    """Looks before the end, at the first `at` participants by enrolment.

    `watched`: an endpoint; for TOXICITY a term of the toxicity rules, at `grade` or worse, among the first
    `at` treated, reported within `window_days` of the end of each one's course: after that many days a
    participant is known to have had none. A look says stop where the count is at most (FUTILITY) or at least
    (EFFICACY, TOXICITY) that of `stop`; for EFFICACY the counts may instead follow from `spending` of `spend`
    (one-sided) at the control's rate.
    """

    id: str
    name: Text
    purpose: Purpose
    watched: str
    at: tuple[int, ...]
    binding: bool
    mark: Mark
    cite: str
    stop: tuple[int, ...] = ()
    spending: Spending | None = None
    spend: Decimal | None = None
    grade: int | None = None
    window_days: int | None = None


@dataclass(frozen=True, slots=True)
class Landmark:
    """Time from protocol day `day` on, by the answer to endpoint `by`, among those free of the event then."""

    id: str
    name: Text
    day: int
    by: str
    curve: Curve
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole plan. Subgroups describe; nothing is decided on them."""

    estimands: tuple[Estimand, ...]
    mark: Mark
    cite: str
    subgroups: tuple[Subgroup, ...] = ()
    monitoring: tuple[Monitoring, ...] = ()
    landmarks: tuple[Landmark, ...] = ()

    def subgroup(self, id: str) -> Subgroup:
        """The subgroup named `id`."""
        return next(one for one in self.subgroups if one.id == id)
