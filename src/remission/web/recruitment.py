"""Recruitment by site."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Participant, Stage
from remission.protocol.study import Site, Study
from remission.web.roster import Line


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
