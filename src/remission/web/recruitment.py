"""Recruitment by site, and the number enrolled day by day against the number planned."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from remission.conduct import events as ev
from remission.conduct.state import Participant, Stage
from remission.protocol.study import Site, Study
from remission.web.roster import Line

LEFT, TOP, WIDTH, HEIGHT = 40.0, 12.0, 560.0, 200.0


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A hospital's counts; `failures` are the criteria that shut children out, most frequent first."""

    site: Site
    active: date | None
    screened: int
    in_screening: int
    failed: int
    failures: tuple[tuple[str, int], ...]
    eligible: int
    enrolled: int
    on_treatment: int
    late: int


@dataclass(frozen=True, slots=True)
class Recruitment:
    """The cumulative curve as an SVG path, its axes, and the last point's place."""

    line: str
    plan: float
    enrolled: int
    planned: int
    across: tuple[tuple[float, str], ...]
    upward: tuple[tuple[float, str], ...]
    end: tuple[float, float]


def by_site(study: Study, active: dict[str, date], lines: Sequence[Line]) -> tuple[SiteLine, ...]:
    """One line for every hospital of the study, also where nobody was screened."""
    return tuple(
        _site_line(site, active.get(site.id), [line for line in lines if line.participant.site == site.id])
        for site in study.sites
    )


def total(study: Study, lines: Sequence[Line]) -> SiteLine:
    """All hospitals together."""
    return _site_line(study.sites[0], None, lines)


def _site_line(site: Site, active: date | None, lines: Sequence[Line]) -> SiteLine:
    stages = Counter(line.participant.stage for line in lines)
    return SiteLine(
        site,
        active,
        len(lines),
        stages[Stage.SCREENING],
        stages[Stage.SCREEN_FAILED],
        tuple(_failures(line.participant for line in lines).most_common()),
        sum(line.participant.last(ev.FoundEligible) is not None for line in lines),
        sum(line.number is not None for line in lines),
        stages[Stage.ON_TREATMENT] + stages[Stage.PAUSED],
        sum(line.late for line in lines),
    )


def _failures(participants: Iterable[Participant]) -> Counter[str]:
    """How often each criterion shut a child out; one child may fail several."""
    counts: Counter[str] = Counter()
    for participant in participants:
        found = participant.last(ev.FoundIneligible)
        if (
            found is not None
            and isinstance(found.event, ev.FoundIneligible)
            and participant.stage is Stage.SCREEN_FAILED
        ):
            counts.update(judged.criterion for judged in found.event.judgements if judged.admits == "no")
    return counts


def recruitment(study: Study, participants: Iterable[Participant]) -> Recruitment | None:
    """The curve of enrolment; None while nobody is enrolled."""
    events = (participant.last(ev.Enrolled) for participant in participants)
    days = sorted(found.event.on for found in events if found and isinstance(found.event, ev.Enrolled))
    if not days:
        return None
    first, last = days[0], max(days[-1], days[0] + timedelta(days=30))
    planned = study.design.participants
    top = max(planned, len(days))

    def x(day: date) -> float:
        return round(LEFT + WIDTH * (day - first).days / (last - first).days, 1)

    def y(count: int) -> float:
        return round(TOP + HEIGHT * (1 - count / top), 1)

    steps = [f"M{x(first)} {y(0)}", *(f"L{x(day)} {y(n)}L{x(day)} {y(n + 1)}" for n, day in enumerate(days))]
    return Recruitment(
        "".join(steps),
        y(planned),
        len(days),
        planned,
        tuple((x(day), f"{day:%Y-%m}") for day in _months(first, last)),
        tuple((y(count), str(count)) for count in range(0, top + 1, max(top // 6, 1))),
        (x(days[-1]), y(len(days))),
    )


def _months(first: date, last: date) -> list[date]:
    """First days of at most eight months, evenly spaced."""
    count = (last.year - first.year) * 12 + last.month - first.month
    step = max(1, -(-count // 8))
    found = [divmod(first.year * 12 + first.month - 1 + number, 12) for number in range(1, count + 1, step)]
    return [date(year, month + 1, 1) for year, month in found]
