"""Drawing virtual children: when they come, who they are, how much disease they have.

Every child has random numbers of its own, keyed by seed, site and order of arrival, so that what one child
is does not depend on the others.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from remission.conduct.enrolment import enrolment_window
from remission.protocol.study import Study
from remission.rehearsal.population import AnswerDraw, Case, Disease, HappeningDraw, Population
from remission.rehearsal.truth import Child, TrueHappening, holds, parsed
from remission.terms.days import date_of
from remission.terms.ids import SiteId

_ARRIVALS, _TRUTH, _CONDUCT, _CONSENT, _READS, _EVENTS = 0, 1, 2, 3, 4, 5
_DAYS_A_MONTH = 30.4375
_RECRUITING = "RECRUITING"


def random_for(seed: int, what: int, *key: int) -> Generator:
    """The random numbers of one purpose; equal keys give equal numbers."""
    return Generator(PCG64(SeedSequence(entropy=seed, spawn_key=(what, *key))))


def conduct_numbers(seed: int, site: SiteId, number: int) -> Generator:
    """The random numbers by which things go well or wrong for a child."""
    return random_for(seed, _CONDUCT, int(site), number)


def read_numbers(seed: int) -> Generator:
    """The random numbers of simulated reads."""
    return random_for(seed, _READS)


def event_numbers(seed: int) -> Generator:
    """The random numbers of simulated events of a flow cytometer."""
    return random_for(seed, _EVENTS)


def openings(study: Study, population: Population) -> dict[SiteId, date]:
    """The day on which each site opens: those recruiting at once, the others evenly spaced after them."""
    starts = population.recruitment.starts
    waiting = [site for site in study.sites if site.status != _RECRUITING]
    step = population.recruitment.last_site_after_months * _DAYS_A_MONTH / max(len(waiting), 1)
    days = {site.id: starts for site in study.sites}
    for place, site in enumerate(waiting if len(waiting) < len(study.sites) else waiting[1:], start=1):
        days[site.id] = starts + timedelta(days=round(place * step))
    return days


def arrivals(study: Study, population: Population, seed: int) -> Iterator[tuple[date, SiteId, int]]:
    """Day 1, site and number of each child that may come, in order of day 1, until follow-up ends."""
    opened = openings(study, population)
    spread = population.recruitment.site_log_spread
    weights = {site: math.exp(spread * random_for(seed, _ARRIVALS, int(site)).normal()) for site in opened}
    whole = sum(weights.values())
    comers: list[tuple[date, SiteId, int]] = []
    for site, day in opened.items():
        numbers = random_for(seed, _ARRIVALS, int(site), 1)
        a_month = population.recruitment.screened_per_month * weights[site] / whole
        at, number = 0.0, 0
        while (on := day + timedelta(days=int(at))) < study.follow_up.until:
            if number:
                comers.append((on, site, number))
            at, number = at + numbers.exponential(_DAYS_A_MONTH / a_month), number + 1
    return iter(sorted(comers))


def child_of(
    study: Study, population: Population, seed: int, day_one: date, site: SiteId, number: int
) -> Child:
    """Draw one child."""
    numbers = random_for(seed, _TRUTH, int(site), number)
    answers = _dates(study, population, numbers, day_one)
    answers |= _size(study, population, numbers, answers[study.earliest_birth_fact], day_one)
    hidden: set[str] = set()
    for draw in population.answers:
        answers[draw.fact] = _answer(study, draw, answers, day_one, numbers)
        commonest = max(draw.shares, key=lambda text: draw.shares[text], default="")
        if draw.hidden and numbers.random() < draw.hidden and answers[draw.fact] != commonest:
            hidden.add(draw.fact)
    happenings = tuple(
        happening
        for draw in population.happenings
        if (happening := _happening(draw, day_one, numbers)) is not None
    )
    group = answers[study.risk_fact]
    level, other, drug, escape = disease(population.disease, np.array([group]), numbers)
    return Child(
        site, number, day_one, answers, frozenset(hidden), happenings,
        float(level[0]), float(other[0]), float(drug[0]), float(escape[0]),
    )  # fmt: skip


def disease(
    assumed: Disease, groups: NDArray[np.str_], numbers: Generator
) -> tuple[NDArray[np.float64], ...]:
    """Trigger level, other kill, drug kill and escaping part of children in `groups`, each shape (n,)."""
    n = len(groups)
    known = {group.group: group for group in assumed.groups}
    median = np.array([known[str(group)].median for group in groups])
    spread = np.array([known[str(group)].spread for group in groups])
    level = np.minimum(0.97, median * 10 ** (spread * numbers.normal(size=n)))
    other = np.maximum(0.0, numbers.normal(assumed.other_kill, assumed.other_kill_spread, n))
    drug = np.maximum(0.0, numbers.normal(assumed.drug_kill, assumed.drug_kill_spread, n))
    part = assumed.escape_part ** (1 - numbers.random(n))
    escape = np.where(numbers.random(n) < assumed.escape_share, part, 0.0)
    return level, other, drug, escape


def consent_day(
    study: Study, population: Population, seed: int, day_one: date, site: SiteId, number: int
) -> date:
    """The day of consent: some days before the first sample that must be seen, or before enrolment."""
    points = [study.point(spec.point).window for spec in study.samples if spec.purpose == "trigger"]
    window = points[0] if points else enrolment_window(study) or study.treatment.start_window
    numbers = random_for(seed, _CONSENT, int(site), number)
    lead = int(numbers.integers(0, population.recruitment.consent_lead_days + 1))
    return date_of(window.target, day_one) - timedelta(days=lead)


def _dates(study: Study, population: Population, numbers: Generator, day_one: date) -> dict[str, str]:
    bands = population.ages.bands
    band = bands[int(_drawn({str(place): band.share for place, band in enumerate(bands)}, numbers))]
    months = numbers.uniform(band.from_months, band.to_months)
    birth = day_one - timedelta(days=int(months * _DAYS_A_MONTH))
    return {study.earliest_birth_fact: birth.isoformat(), study.day_one: day_one.isoformat()}


def _size(
    study: Study, population: Population, numbers: Generator, birth: str, day_one: date
) -> dict[str, str]:
    growth, years = population.growth, (day_one - date.fromisoformat(birth)).days / 365.25
    heavier, taller = growth.weight_log_spread * numbers.normal(), growth.height_log_spread * numbers.normal()
    weight = np.interp(years, growth.years, growth.weight) * math.exp(heavier)
    height = np.interp(years, growth.years, growth.height) * math.exp(taller)
    return {
        study.weight_fact: _within(study, study.weight_fact, float(weight)),
        study.height_fact: _within(study, study.height_fact, float(height)),
    }


def _answer(
    study: Study, draw: AnswerDraw, answers: Mapping[str, str], day_one: date, numbers: Generator
) -> str:
    if draw.median:
        value = draw.median * math.exp(draw.log_spread * numbers.normal())
        return _within(study, draw.fact, value)
    fitting = (case.shares for case in draw.cases if _applies(study, case, answers, day_one))
    return _drawn(next(fitting, draw.shares), numbers)


def _drawn(shares: Mapping[str, float], numbers: Generator) -> str:
    """One of the texts, each as likely as its share of the sum."""
    lot = float(numbers.random()) * math.fsum(shares.values())
    for text, share in shares.items():
        lot -= share
        if lot < 0:
            return text
    return list(shares)[-1]


def _applies(study: Study, case: Case, answers: Mapping[str, str], day_one: date) -> bool:
    so_far = Child(SiteId("00"), 0, day_one, answers, frozenset(), (), 0.0, 0.0, 0.0, 0.0)
    return holds(study, so_far, parsed(case.when), day_one, day_one, {})


def _within(study: Study, fact: str, value: float) -> str:
    """A number as it is written down: one decimal, inside the plausible range."""
    spec = study.fact(fact)
    written = Decimal(f"{value:.1f}")
    if spec.lowest is not None:
        written = max(written, spec.lowest)
    if spec.highest is not None:
        written = min(written, spec.highest)
    return str(written)


def _happening(draw: HappeningDraw, day_one: date, numbers: Generator) -> TrueHappening | None:
    if numbers.random() >= draw.chance:
        return None
    days = int(numbers.integers(draw.days[0], draw.days[1] + 1))
    before = int(numbers.integers(draw.ended_before[0], draw.ended_before[1] + 1))
    purpose = _drawn(draw.purposes, numbers) if draw.purposes else ""
    last = day_one - timedelta(days=before)
    return TrueHappening(draw.kind, last - timedelta(days=days - 1), last, purpose)
