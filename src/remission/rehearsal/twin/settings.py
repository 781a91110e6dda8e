"""A study's design as settings: numbers of the study file and its population file, with their marks."""

import math
from dataclasses import dataclass, replace

from remission.mrd.limits import EXPECTED_FOR_95
from remission.mrd.result import Method
from remission.protocol.plan import Purpose
from remission.protocol.plan_boundaries import boundaries
from remission.protocol.study import Endpoint, Indeterminate, Joint, OutsideWindow, Study
from remission.rehearsal.children import arrivals, child_of, openings
from remission.rehearsal.population import Population
from remission.stats.designs.staged import Look, Staged
from remission.stats.operating.assay import Assay
from remission.stats.operating.levels import Stratum
from remission.stats.operating.participants import Accrual, Delay
from remission.stats.rates.proportions import critical_value
from remission.terms.words import Mark, Text

FAR = 0.01
"""Day-46 disease from which a child would be left out if failures were dropped (trap 2): 1 %."""
JOINT_WORDS = {
    Joint.ALL: Text("both endpoints", "两终点均须"),
    Joint.ANY: Text("either endpoint", "任一终点"),
}
"""What the primary endpoints must show together."""
_POOL, _SEED = 600, 7
_DAYS_A_MONTH = 30.4375
_LATE_RESULT_DAYS = 6.0  # a late result comes 2 to 10 days later in a rehearsal


@dataclass(frozen=True, slots=True)
class Stop:
    """A look of the plan: at `n` children stop for futility at most, for efficacy at least, so many."""

    n: int
    futility: int | None
    efficacy: int | None


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """One endpoint: design rates, the test that answers it, and when the answer comes.

    `cells` and the rest of `assay` are those of the laboratory assumed; `depth` multiplies its cells.
    `unknown`: what a result that is missing or not evaluable counts as.
    """

    id: str
    name: Text
    p0: float
    p1: float
    mark: Mark
    note: Text
    assay: Assay
    unknown: Indeterminate
    delay: Delay
    looks: tuple[Stop, ...] = ()
    depth: float = 1.0

    @property
    def tested(self) -> Assay:
        """The test at the depth set."""
        return replace(self.assay, cells=self.assay.cells * self.depth)


@dataclass(frozen=True, slots=True)
class Assumed:
    """A line of what the numbers rest on."""

    what: Text
    value: Text | str
    mark: Mark
    cite: Text | str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a twin needs. `missing`: share of children without a sample that counts.

    `spread`: powers of ten among children, used where one endpoint alone fixes the levels.
    """

    study: str
    digest: str
    participants: int
    alpha: float
    joint: Joint
    endpoints: tuple[EndpointSettings, ...]
    strata: tuple[Stratum, ...]
    spread: float
    missing: float
    accrual: Accrual
    assumed: tuple[Assumed, ...]

    def endpoint(self, id: str) -> EndpointSettings:
        """The endpoint named `id`."""
        return next(one for one in self.endpoints if one.id == id)

    def with_endpoint(self, changed: EndpointSettings) -> "Settings":
        """The same with one endpoint changed."""
        return replace(
            self, endpoints=tuple(changed if one.id == changed.id else one for one in self.endpoints)
        )

    def staged(self, id: str) -> Staged | None:
        """The design of one endpoint: its looks, then the exact test; None where no count rejects."""
        endpoint = self.endpoint(id)
        critical = critical_value(self.participants, endpoint.p0, self.alpha)
        if critical is None:
            return None
        looks = [Look(one.n, one.futility, one.efficacy) for one in endpoint.looks]
        return Staged((*looks, Look(self.participants, critical - 1, critical)))


def settings_of(study: Study, population: Population) -> Settings:
    """Read a design from its two files.

    A part of the children as virtual as a rehearsal's are looked at for the mix of risk groups; levels on the
    day of the trigger are the population file's. No number here is a finding.
    """
    strata = _strata(study, population)
    missing = _missing(study, population)
    return Settings(
        str(study.id), study.digest, study.design.participants, float(study.design.alpha), study.design.joint,
        tuple(_endpoint(study, population, endpoint) for endpoint in study.endpoints),
        strata, _spread(population), missing, _accrual(study, population),
        _assumed(study, population, strata, missing),
    )  # fmt: skip


def _endpoint(study: Study, population: Population, endpoint: Endpoint) -> EndpointSettings:
    rate = study.rate(endpoint.id)
    lab = population.assay(endpoint.method)
    taken = study.point(endpoint.point).window.target - _enrolled_on(study)
    first, last = lab.result_days
    return EndpointSettings(
        endpoint.id, endpoint.name, float(rate.p0), float(rate.p1), rate.mark, rate.note,
        _assay(study, population, endpoint), endpoint.indeterminate,
        Delay(max(0.0, taken + first), max(0.0, taken + last), lab.late_result, _LATE_RESULT_DAYS),
        _stops(study, endpoint.id),
    )  # fmt: skip


def _assay(study: Study, population: Population, endpoint: Endpoint) -> Assay:
    plan, lab = study.assay(endpoint.method), population.assay(endpoint.method)
    assert plan is not None, "a checked study has an assay for every endpoint"
    flow = endpoint.method == Method.FLOW
    sighted = math.prod(1 - lab.flags.get(flag, 0.0) for flag in plan.blinding_flags)
    sighted *= math.prod(1 - lab.flags.get(flag, 0.0) for flag in plan.blinding_after_treatment)
    sighted *= math.prod(lab.states.get(flag, 0.0) for flag in plan.needed_after_treatment)
    return Assay(
        threshold=float(endpoint.threshold),
        required_lod=float(endpoint.required_lod),
        events_for_lod=plan.events_for_lod if flow else EXPECTED_FOR_95,
        cells=plan.cells * lab.depth_median,
        cells_log_spread=lab.depth_log_spread,
        background=lab.background,
        unusable=1 - math.prod(1 - lab.flags.get(flag, 0.0) for flag in plan.disqualifying_flags),
        blind=1 - sighted,
        by_interval=not flow,
        far=FAR,
    )


def _stops(study: Study, endpoint: str) -> tuple[Stop, ...]:
    """The looks of the plan at an endpoint, by number of children; spending is at the p0 of the file."""
    low, high = dict[int, int | None](), dict[int, int | None]()
    for one in study.plan.monitoring if study.plan else ():
        if one.watched == endpoint:
            counts = low if one.purpose is Purpose.FUTILITY else high
            counts.update(zip(one.at, boundaries(one, study), strict=True))
    return tuple(Stop(n, low.get(n), high.get(n)) for n in sorted(low.keys() | high.keys()))


def _enrolled_on(study: Study) -> int:
    found = [point.window.target for point in study.points if point.id == "enrolment"]
    return found[0] if found else study.treatment.start_window.target


def _missing(study: Study, population: Population) -> float:
    conduct = population.conduct
    gone = [conduct.sample_missed, conduct.withdraws_study, conduct.dies_of_treatment]
    if any(one.outside_window is OutsideWindow.INDETERMINATE for one in study.endpoints):
        gone.append(conduct.sample_late)
    return 1 - math.prod(1 - one for one in gone)


def _mix(study: Study, population: Population) -> dict[str, float]:
    """Shares of the risk groups that may enter, among virtual children."""
    may = {group.id for group in study.risk_groups if group.may_enter}
    comers = list(arrivals(study, population, _SEED))[:_POOL]
    groups = [child_of(study, population, _SEED, *comer).answers[study.risk_fact] for comer in comers]
    return {group: groups.count(group) / len(groups) for group in sorted(may) if group in groups}


def _strata(study: Study, population: Population) -> tuple[Stratum, ...]:
    """Risk group by level at the trigger, below 1 % and from 1 %; shifts are means of log10 level.

    What treatment takes away is drawn alike for all, so a child that began higher ends higher.
    """
    levels = {one.group: one for one in population.disease.groups}
    wanted = {group.id: float(group.trigger or 0) for group in study.risk_groups}
    found: list[tuple[str, float, float]] = []
    for group, share in _mix(study, population).items():
        level = levels[group]
        at = math.log10(level.median)
        low = math.log10(wanted[group]) if wanted[group] > 0 else -math.inf
        for name, first, last in (("<1%", low, math.log10(FAR)), (">=1%", math.log10(FAR), 0.0)):
            inside, mean = _truncated(at, level.spread, max(low, first), last)
            if inside > 0:
                found.append((f"{group} {name}", share * inside, mean))
    whole, lowest = sum(share for _, share, _ in found), min(mean for _, _, mean in found)
    return tuple(Stratum(name, share / whole, mean - lowest) for name, share, mean in found)


def _truncated(mean: float, spread: float, low: float, high: float) -> tuple[float, float]:
    """The share of a normal variable between two values, and its mean there."""

    def density(at: float) -> float:
        return math.exp(-0.5 * ((at - mean) / spread) ** 2) / math.sqrt(2 * math.pi)

    def below(at: float) -> float:
        return 0.5 * math.erfc((mean - at) / spread / math.sqrt(2))

    inside = below(high) - below(low) if high > low else 0.0
    if inside <= 1e-12:
        return 0.0, mean
    return inside, mean + spread * (density(low) - density(high)) / inside


def _spread(population: Population) -> float:
    disease = population.disease
    widest = max(group.spread for group in disease.groups)
    return math.hypot(widest, disease.other_kill_spread, disease.drug_kill_spread)


def _accrual(study: Study, population: Population) -> Accrual:
    """The sites as a rehearsal opens them, enrolling evenly those screened children that may enter."""
    opened = openings(study, population)
    first = min(opened.values())
    levels = {one.group: one for one in population.disease.groups}
    enters = 0.0
    for group, share in _mix(study, population).items():
        trigger = float(study.risk_group(group).trigger or 0)
        low = math.log10(trigger) if trigger > 0 else -math.inf
        enters += share * _truncated(math.log10(levels[group].median), levels[group].spread, low, 0.0)[0]
    a_day = population.recruitment.screened_per_month / _DAYS_A_MONTH * enters
    a_day *= 1 - population.screening.declines
    days = tuple(float((day - first).days) for day in opened.values())
    return Accrual(days, (a_day / len(days),) * len(days))


def _assumed(
    study: Study, population: Population, strata: tuple[Stratum, ...], missing: float
) -> tuple[Assumed, ...]:
    """What the numbers rest on, line by line."""
    design, accrual = study.design, _accrual(study, population)
    lines = [
        Assumed(Text("participants", "例数"), str(design.participants), design.mark, design.cite),
        Assumed(Text("one-sided alpha", "单侧α"), f"{design.alpha}", design.mark, design.cite),
        Assumed(Text("endpoints required", "终点要求"), JOINT_WORDS[design.joint], design.mark, design.cite),
    ]
    for endpoint in study.endpoints:
        rate, assay = study.rate(endpoint.id), _assay(study, population, endpoint)
        name, lab = endpoint.name, population.assay(endpoint.method)
        lines.append(
            Assumed(Text(f"p0, p1: {name.en}", f"p0、p1：{name.zh}"), f"{rate.p0}, {rate.p1}", rate.mark,
                    rate.note)
        )  # fmt: skip
        lines.append(
            Assumed(
                Text(f"cells looked at: {name.en}", f"检测细胞数：{name.zh}"),
                f"{assay.cells:,.0f} (x/÷ {math.exp(assay.cells_log_spread):.2f})", lab.mark, lab.cite,
            )
        )  # fmt: skip
    mix = ", ".join(f"{one.name} {100 * one.share:.0f} % (+{one.shift:.2f})" for one in strata)
    disease, conduct, pace = population.disease, population.conduct, population.recruitment
    lines += [
        Assumed(
            Text("strata (shift in powers of ten)", "分层（10的幂次偏移）"), mix, disease.mark, disease.cite
        ),
        Assumed(
            Text("no sample that counts", "无有效样本"), f"{100 * missing:.1f} %", conduct.mark, conduct.cite
        ),
        Assumed(
            Text("enrolled a month, all sites open", "全部中心开放时每月入组例数"),
            f"{sum(accrual.a_day) * _DAYS_A_MONTH:.1f}",
            pace.mark,
            pace.cite,
        ),
    ]
    return tuple(lines)
