"""What a rehearsal assumes of children, laboratories and conduct: `population.toml`, beside the study file.

Every table carries a `mark` (assumed, unverified, ...) and a `cite`. Shares and chances are fractions,
levels fractions of cells, kills powers of ten, rates per year unless the name says otherwise.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

import cattrs
from cattrs.errors import ForbiddenExtraKeysError

from remission.errors import StudyRefused
from remission.protocol.study import Study
from remission.terms.ids import StudyId
from remission.terms.words import Mark

FILE = "population.toml"
SCHEMA_VERSION = 1
_LARGEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Recruitment:
    """Who comes when: children screened a month with all sites open; log spread between the sites.

    Sites that the study file calls recruiting are open from `starts`; the others open, evenly spaced,
    until `last_site_after_months`. Consent is signed 0 to `consent_lead_days` days before the first sample.
    """

    starts: date
    screened_per_month: float
    site_log_spread: float
    last_site_after_months: float
    consent_lead_days: int
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class AgeBand:
    """A share of the children, evenly aged from `from_months` to below `to_months` on day 1."""

    share: float
    from_months: float
    to_months: float


@dataclass(frozen=True, slots=True)
class Ages:
    """Ages on day 1."""

    bands: tuple[AgeBand, ...]
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Growth:
    """Median weight (kg) and height (cm) at `years`, joined by straight lines, with log spreads."""

    years: tuple[float, ...]
    weight: tuple[float, ...]
    height: tuple[float, ...]
    weight_log_spread: float
    height_log_spread: float
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Case:
    """Shares that hold for children of whom the expression `when` (language of the criteria) is true."""

    when: str
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AnswerDraw:
    """How the true answer to a question is drawn.

    Either `shares` of answers (with `cases` tried first, in order), or a log-normal number with `median`
    and `log_spread`. `hidden`: chance that an answer other than the commonest one is not known at
    screening, and the commonest one is entered instead.
    """

    fact: str
    mark: Mark
    cite: str
    shares: Mapping[str, float] = field(default_factory=dict[str, float])
    cases: tuple[Case, ...] = ()
    median: float = 0.0
    log_spread: float = 0.0
    hidden: float = 0.0


@dataclass(frozen=True, slots=True)
class HappeningDraw:
    """A dated thing before day 1: its chance, how many days it took, and when it ended."""

    kind: str
    chance: float
    days: tuple[int, int]
    ended_before: tuple[int, int]
    mark: Mark
    cite: str
    purposes: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class GroupLevel:
    """Level of disease at the trigger sample in one risk group: log-normal, spread in powers of ten."""

    group: str
    median: float
    spread: float


@dataclass(frozen=True, slots=True)
class Disease:
    """What treatment does to disease between trigger and endpoint sample, in powers of ten.

    `other_kill` is what therapy outside the study's drug does; `drug_kill` what a whole course of the
    drug does. In a share `escape_share` of children a part of the cells (log-uniform from
    `escape_part` to 1) does not carry the drug's target and only `other_kill` reaches it. A level under
    `cure_below` is none.
    """

    groups: tuple[GroupLevel, ...]
    other_kill: float
    other_kill_spread: float
    drug_kill: float
    drug_kill_spread: float
    escape_share: float
    escape_part: float
    cure_below: float
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class AssayDraw:
    """A laboratory's tests: depth relative to the study's plan, background and what spoils a test.

    `depth_median` and `depth_log_spread` multiply the planned cells; `background` is the level found where
    there is nothing; `flags` are chances of flags that the laboratory raises, `states` those of statements it
    makes of a test that is not blind; `blind_flag` names the flag
    of a test that cannot see cells without the drug's target. `result_days`: from, to after the sample.
    """

    method: str
    depth_median: float
    depth_log_spread: float
    background: float
    flags: Mapping[str, float]
    result_days: tuple[int, int]
    late_result: float
    mark: Mark
    cite: str
    blind_flag: str = ""
    states: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Screening:
    """Chances in screening, each for one child."""

    late_answer: float
    early_decision: float
    wrong_entry: float
    typing_error: float
    sample_missed: float
    sample_late: float
    declines: float
    late_for_window: float
    hidden_found: float
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Conduct:
    """Chances between enrolment and the endpoint, each for one child."""

    never_treated: float
    late_start: float
    forgotten_premedication: float
    line_pause: float
    line_pause_hours: tuple[int, int]
    withdraws_treatment: float
    withdraws_study: float
    sample_missed: float
    sample_late: float
    dies_of_treatment: float
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class ToxicityDraw:
    """A toxicity of the study's drug: chances of grades 1, 2, ..., first day and length in days."""

    term: str
    system: str
    related: str
    grades: tuple[float, ...]
    begins: tuple[int, int]
    lasts: tuple[int, int]
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Relapse:
    """Relapses a year for children whose true level at the endpoint is below `below`."""

    below: float
    per_year: float


@dataclass(frozen=True, slots=True)
class FollowUpDraw:
    """Rates a year after the endpoint; `halves_every_years`: how fast the relapse rate falls."""

    relapse: tuple[Relapse, ...]
    halves_every_years: float
    death_after_relapse: float
    death_otherwise: float
    second_cancer: float
    lost: float
    withdraws: float
    visit_missed: float
    mark: Mark
    cite: str


@dataclass(frozen=True, slots=True)
class Population:
    """Everything a rehearsal of one study assumes."""

    schema_version: int
    study: StudyId
    recruitment: Recruitment
    ages: Ages
    growth: Growth
    answers: tuple[AnswerDraw, ...]
    happenings: tuple[HappeningDraw, ...]
    disease: Disease
    assays: tuple[AssayDraw, ...]
    screening: Screening
    conduct: Conduct
    toxicities: tuple[ToxicityDraw, ...]
    follow_up: FollowUpDraw

    def assay(self, method: str) -> AssayDraw:
        """The laboratory of a method."""
        return next(assay for assay in self.assays if assay.method == method)


def read_population(stream: BinaryIO, *, name: str) -> Population:
    """Read a population file (TOML, UTF-8).

    Raises
    ------
    StudyRefused
        Naming what does not fit.
    """
    try:
        tree = tomllib.loads(stream.read(_LARGEST).decode("utf-8"))
        if tree.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"schema_version {tree.get('schema_version')!r} is not {SCHEMA_VERSION}")
        return _CONVERTER.structure(tree, Population)
    except (ValueError, TypeError, KeyError, cattrs.BaseValidationError, ForbiddenExtraKeysError) as error:
        raise StudyRefused(
            f"the population file cannot be read: {_first(error)}", where=name, rule="population",
            do="compare it with the population file of a shipped study",
        ) from None  # fmt: skip


def check_fits(study: Study, population: Population) -> None:
    """Refuse a population that is of another study, or that leaves a question of the study open.

    Raises
    ------
    StudyRefused
        Naming the first thing that does not fit.
    """
    drawn = {study.earliest_birth_fact, study.day_one, study.weight_fact, study.height_fact}
    asked, told = {spec.id for spec in study.facts}, {draw.fact for draw in population.answers} | drawn
    kinds = {kind for spec in study.lists for kind in spec.kinds}
    groups = set(study.fact(study.risk_fact).codes)
    misfits = {
        "nothing says how these questions are answered": asked - told,
        "the study does not ask": told - asked,
        "no list of the study holds": {draw.kind for draw in population.happenings} - kinds,
        "no level of disease for risk group": groups - {level.group for level in population.disease.groups},
        "no laboratory for": {assay.method for assay in study.assays}
        - {assay.method for assay in population.assays},
    }
    if population.study != study.id:
        misfits = {f"the population of {population.study} is not that of": {str(study.id)}}
    for what, which in misfits.items():
        if which:
            raise StudyRefused(
                f"{what}: {', '.join(sorted(which))}", where=FILE, rule="population",
                do="make study file and population file agree",
            )  # fmt: skip


def _first(error: BaseException) -> str:
    path = ""
    while isinstance(error, cattrs.BaseValidationError):
        inner = error.exceptions[0]
        for note in getattr(inner, "__notes__", ()):
            step = getattr(note, "name", getattr(note, "index", None))
            path += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
        error = inner
    return f"{path}: {error}".lstrip(":. ")


def _chance(value: Any, _: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{value!r} is not a number of 0 or more")
    return float(value)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(float, _chance)
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(str(value)))
    converter.register_structure_hook(StudyId, lambda value, _: StudyId(value))
    return converter


_CONVERTER = _converter()
