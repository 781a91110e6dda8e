"""What a design does: at its numbers, over a sweep, and when assay, samples or rules are others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from remission.errors import InputRefused
from remission.lab.work import Alone, Crew, Failed
from remission.protocol.study import Indeterminate, Joint
from remission.rehearsal.twin.seen import (
    cells,
    groups,
    handled,
    holds_both,
    levels_of,
    rates_of,
    seen,
)
from remission.rehearsal.twin.settings import EndpointSettings, Settings
from remission.rehearsal.twin.sweep import Axis, points
from remission.stats.control.control import Control, Evidence
from remission.stats.control.operating import over_histories
from remission.stats.designs.staged import operating
from remission.stats.operating.counted import counted_test
from remission.stats.operating.levels import share_below
from remission.stats.operating.participants import Calendar, Simulated, Trial, simulate
from remission.stats.operating.weighting import Weighted, simulate_weighted
from remission.stats.pairs.cells import NO_GAPS, Cells, Handling, independent, nested
from remission.stats.pairs.missing import Sampling, imputed_power, size
from remission.stats.pairs.power import JointPower, power
from remission.stats.pairs.rules import Against, Rule

DEPTHS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
MISSING = (0.0, 0.05, 0.10, 0.144, 0.20, 0.30)
HISTORIES = (50, 100, 300, 1000)
_MOST_DRAWS = 10_000  # data sets imputed, at most
PARTS = 64
"""Points of a sweep done as one job."""


@dataclass(frozen=True, slots=True)
class Point:
    """One endpoint at one combination of settings; `values` in the order of the axes.

    `critical`: the count that rejects, None if none does (`size` and `power` are then 0). `size` and `power`
    hold for p0 and p1 as rates of counted responders; `expected_p0`, `expected_p1`: mean numbers of
    participants; `joint`: power of all primary endpoints together, nested where they can be, None for one.
    `seen_size`, `seen_power`: the same two for p0 and p1 as true rates, seen through assay and lost samples.
    No power (None) where p1 is not above p0. `held`: one log-normal of true levels holds the rates of all
    endpoints; where it does not, what is seen rests on this endpoint's rate and the spread of the settings.
    """

    values: tuple[float, ...]
    n: int
    critical: int | None
    size: float
    power: float | None
    expected_p0: float
    expected_p1: float
    joint: float | None
    seen_size: float
    seen_power: float | None
    held: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """One row of what something does: rates found and chances to reject at true rates p0 and p1."""

    name: str
    value: float
    unknown: float
    found_p0: float
    size: float
    found_p1: float
    power: float


@dataclass(frozen=True, slots=True)
class Together:
    """How often the trial succeeds by a rule for two endpoints.

    At p1 with the endpoints nested (or, where the rates forbid it, independent), independent, and as seen
    through assay, lost samples and each endpoint's rule for unknown results (None where no true levels hold
    both rates); `at_p0`: with both at p0. `largest`: type I error, the largest over the truths that the null
    leaves open, nested or not (`stats.pairs.missing.size`).
    """

    rule: Rule
    nested: float
    independent: float
    as_seen: float | None
    at_p0: float
    largest: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Two endpoints as seen, their unknown results handled one way: with both true rates at p1, and at p0."""

    handling: Handling
    at_p1: JointPower
    at_p0: JointPower


@dataclass(frozen=True, slots=True)
class Played:
    """Trials played at true rates p1 and p0, and weighted by stratum at p1 and p0.

    `handled`: both endpoints as seen, unknown results counted as failures and left out (exact), and imputed
    (simulated); empty for one endpoint, and where no true levels hold the rates of both.
    """

    at_p1: Simulated
    at_p0: Simulated
    weighted_p1: Weighted
    weighted_p0: Weighted
    handled: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """What each thing does alone, everything else as in the settings."""

    depth: tuple[Effect, ...]
    missing: tuple[Effect, ...]
    rules: tuple[Effect, ...]
    dropped: tuple[Effect, ...]
    histories: tuple[tuple[int, float, float], ...]
    together: tuple[Together, ...]


def at_point(settings: Settings, endpoint: str, values: tuple[float, ...] = ()) -> Point:
    """One endpoint of a design at its settings. Exact."""
    one, n = settings.endpoint(endpoint), settings.participants
    design = settings.staged(endpoint)
    size_seen, power_seen = _through_tests(settings, one)
    better, held = one.p1 > one.p0, holds_both(settings)
    through = power_seen if better else None
    if design is None:
        return Point(values, n, None, 0.0, 0.0 if better else None, n, n, None, size_seen, through, held)
    below, above = operating(design, one.p0), operating(design, one.p1)
    return Point(
        values, n, design.looks[-1].efficacy, below.rejects, above.rejects if better else None,
        below.expected_n, above.expected_n, _joint(settings), size_seen, through, held,
    )  # fmt: skip


def swept(
    settings: Settings,
    endpoint: str,
    axes: Sequence[Axis],
    crew: Crew | None = None,
    told: Callable[[int, int], None] | None = None,
) -> tuple[Point, ...]:
    """Every combination, in order, over the cores or machines of a crew; equal whoever does it.

    `told` is told how many of how many points are done.

    Raises
    ------
    InputRefused
        What a combination refuses, first of all.
    """
    whole = points(settings, axes)
    jobs = [
        _Job(place, endpoint, tuple(whole[place : place + PARTS])) for place in range(0, len(whole), PARTS)
    ]
    done: dict[int, tuple[Point, ...]] = {}
    finished = 0
    for job, made in (crew or Alone()).each(_do, jobs):
        if isinstance(made, Failed):
            raise InputRefused(made.what, where=made.where, do=made.do)
        done[job.place] = made
        finished += len(made)
        if told:
            told(finished, len(whole))
    return tuple(point for place in sorted(done) for point in done[place])


def effects(settings: Settings, endpoint: str) -> Effects:
    """What depth, missing samples, rules and an uncertain p0 do to one endpoint. Exact.

    p0 and p1 are taken as true rates below the threshold; `found` is what remains of them.
    """
    one = settings.endpoint(endpoint)
    depth = tuple(
        _effect(settings.with_endpoint(replace(one, depth=times)), endpoint, "depth", times)
        for times in DEPTHS
    )
    missing = tuple(
        _effect(settings.with_endpoint(_unusable(one, share, rule)), endpoint, rule.value, share)
        for rule in (Indeterminate.NON_RESPONDER, Indeterminate.EXCLUDED)
        for share in MISSING
    )
    return Effects(
        depth, missing, _rules(settings, one), _dropped(settings, one), _histories(settings, one),
        _together(settings),
    )  # fmt: skip


def played(
    settings: Settings,
    endpoint: str,
    trials: int,
    seed: int,
    cores: int = 1,
    told: Callable[[int], None] | None = None,
) -> Played | None:
    """Play the trial child by child: calendar, late results, strata. None where no count rejects.

    Participants whose result is not known count as the settings say; where they are not counted they are
    replaced, up to twice the number planned. The weighted test leaves them out and weights their stratum up.
    """
    one, design = settings.endpoint(endpoint), settings.staged(endpoint)
    if design is None:
        return None
    calendar = Calendar(settings.accrual, one.delay)
    found: list[Simulated] = []
    weighted: list[Weighted] = []
    for at_p1 in (True, False):
        levels = levels_of(settings, endpoint, rates_of(settings, at_p1=at_p1)).levels
        some = groups(settings, one, levels)
        trial = Trial(design, some, calendar, most=2 * settings.participants)
        found.append(simulate(trial, trials, seed, cores=cores, told=told))
        left_out = groups(settings, replace(one, unknown=Indeterminate.EXCLUDED), levels)
        weighted.append(
            simulate_weighted(
                left_out, settings.participants, one.p0, settings.alpha, trials, seed, cores=cores
            )
        )
    return Played(found[0], found[1], weighted[0], weighted[1], _handled(settings, trials, seed))


def _handled(settings: Settings, trials: int, seed: int) -> tuple[Compared, ...]:
    pair = _pair(settings)
    if pair is None or not holds_both(settings):
        return ()
    first, last = pair
    rule = Rule.BOTH if settings.joint is Joint.ALL else Rule.HOLM
    against, n = Against((first.p0, last.p0), settings.alpha), settings.participants
    draws = Sampling(min(max(trials, 100), _MOST_DRAWS), seed)

    def found(as_seen: Cells, handling: Handling) -> JointPower:
        if handling is Handling.IMPUTED:
            return imputed_power(as_seen, n, rule, against, draws, nested=False)[0]
        return power(as_seen, n, rule, handling, against)

    above, below = (_as_seen(settings, at_p1=at_p1) for at_p1 in (True, False))
    return tuple(Compared(one, found(above, one), found(below, one)) for one in Handling)


def _as_seen(settings: Settings, *, at_p1: bool) -> Cells:
    rates = rates_of(settings, at_p1=at_p1)
    return cells(settings, levels_of(settings, settings.endpoints[0].id, rates).levels, rates)


@dataclass(frozen=True, slots=True)
class _Job:
    place: int
    endpoint: str
    points: tuple[tuple[tuple[float, ...], Settings], ...]


def _do(job: _Job) -> tuple[Point, ...]:
    return tuple(at_point(settings, job.endpoint, values) for values, settings in job.points)


def _through_tests(settings: Settings, one: EndpointSettings) -> tuple[float, float]:
    """Type I error and power where p0 and p1 are true rates, seen through assay and lost samples."""
    row = _effect(settings, one.id, "", 0.0)
    return row.size, row.power


def _effect(settings: Settings, endpoint: str, name: str, value: float) -> Effect:
    one = settings.endpoint(endpoint)
    excluded = one.unknown is Indeterminate.EXCLUDED
    found: list[tuple[float, float, float]] = []
    for at_p1 in (False, True):
        levels = levels_of(settings, endpoint, rates_of(settings, at_p1=at_p1)).levels
        what = seen(settings, endpoint, levels)
        test = counted_test(
            settings.participants, one.p0, settings.alpha, what.negative, what.unknown if excluded else 0.0
        )
        found.append((test.rate, test.rejects, what.unknown))
    return Effect(name, value, found[1][2], *found[0][:2], *found[1][:2])


def _unusable(one: EndpointSettings, share: float, rule: Indeterminate) -> EndpointSettings:
    return replace(one, unknown=rule, assay=replace(one.assay, unusable=share))


def _rules(settings: Settings, one: EndpointSettings) -> tuple[Effect, ...]:
    """Each rule for a result that is not known, with and without the children of 1 % or more."""
    rows: list[Effect] = []
    for rule in (Indeterminate.NON_RESPONDER, Indeterminate.EXCLUDED):
        for drops in (False, True):
            found: list[tuple[float, float]] = []
            for at_p1 in (False, True):
                levels = levels_of(settings, one.id, rates_of(settings, at_p1=at_p1)).levels
                what = seen(settings, one.id, levels)
                if rule is Indeterminate.EXCLUDED:
                    left_out = what.far_or_unknown if drops else what.unknown
                else:
                    left_out = what.far if drops else 0.0
                negative = what.negative_left if drops else what.negative
                test = counted_test(settings.participants, one.p0, settings.alpha, negative, left_out)
                found.append((test.rate, test.rejects))
            rows.append(Effect(rule.value, float(drops), left_out, *found[0], *found[1]))
    return tuple(rows)


def _dropped(settings: Settings, one: EndpointSettings) -> tuple[Effect, ...]:
    """Trap 2 alone: tests that see every level, nobody lost; those truly at 1 % or more kept, and dropped."""
    rows: list[Effect] = []
    for drops in (False, True):
        found: list[tuple[float, float, float]] = []
        for at_p1 in (False, True):
            rates = rates_of(settings, at_p1=at_p1)
            levels = levels_of(settings, one.id, rates).levels
            left_out = 1 - share_below(settings.strata, levels, one.assay.far) if drops else 0.0
            test = counted_test(settings.participants, one.p0, settings.alpha, rates[one.id], left_out)
            found.append((left_out, test.rate, test.rejects))
        rows.append(
            Effect("dropped" if drops else "kept", found[0][0], found[1][0], *found[0][1:], *found[1][1:])
        )
    return tuple(rows)


def _histories(settings: Settings, one: EndpointSettings) -> tuple[tuple[int, float, float], ...]:
    """For numbers of historical children: type I error and power where p0 is their rate, not the truth."""
    rows: list[tuple[int, float, float]] = []
    for children in HISTORIES:
        responders = round(one.p0 * children)
        history = Control.fixed(
            p0=responders / children,
            responders=responders,
            of=children,
            source="drawn anew each time",
            evidence=Evidence.ASSUMED,
        )
        below, above = (
            over_histories(history, settings.participants, rate, control_rate=one.p0, alpha=settings.alpha)
            for rate in (one.p0, one.p1)
        )
        rows.append((children, below, above))
    return tuple(rows)


def _pair(settings: Settings) -> tuple[EndpointSettings, EndpointSettings] | None:
    return (settings.endpoints[0], settings.endpoints[-1]) if len(settings.endpoints) == 2 else None


def _joint(settings: Settings) -> float | None:
    """Power of both endpoints by the study's reading, at the design rates; nested where the rates allow.

    None for one endpoint, and where a p1 is not above its p0.
    """
    pair = _pair(settings)
    if pair is None or any(one.p1 <= one.p0 for one in pair):
        return None
    rule = Rule.BOTH if settings.joint is Joint.ALL else Rule.HOLM
    first, last = pair
    truth = nested(first.p1, last.p1) if last.p1 <= first.p1 else independent(first.p1, last.p1)
    against = Against((first.p0, last.p0), settings.alpha)
    return power(truth, settings.participants, rule, Handling.FAILURE, against).success


def _together(settings: Settings) -> tuple[Together, ...]:
    pair = _pair(settings)
    if pair is None:
        return ()
    first, last = pair
    against, n = Against((first.p0, last.p0), settings.alpha), settings.participants
    told = handled(settings, _as_seen(settings, at_p1=True)) if holds_both(settings) else None
    rows: list[Together] = []
    for rule in (Rule.BOTH, Rule.BONFERRONI, Rule.HOLM, Rule.HIERARCHICAL):
        truths = [independent(first.p1, last.p1), independent(first.p0, last.p0)]
        if last.p1 <= first.p1 and last.p0 <= first.p0:
            truths = [nested(first.p1, last.p1), nested(first.p0, last.p0)]
        at_p1, at_p0 = (power(truth, n, rule, Handling.FAILURE, against).success for truth in truths)
        alone = power(independent(first.p1, last.p1), n, rule, Handling.FAILURE, against).success
        found = power(told[0], n, rule, told[1], against).success if told else None
        largest = size(NO_GAPS, n, rule, Handling.FAILURE, against, nested=False).value
        rows.append(Together(rule, at_p1, alone, found, at_p0, largest))
    return tuple(rows)
