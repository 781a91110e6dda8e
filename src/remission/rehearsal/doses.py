"""Single doses of one virtual child, each on its day, and what comes between them."""

import heapq
from collections.abc import Generator, Iterator
from datetime import date, timedelta

from remission.rehearsal.coming import (
    Coming,
    deviation,
    drawn,
    premedicate,
    regrade,
    report,
    steps,
    weigh,
    withdraw,
)  # fmt: skip
from remission.rehearsal.desk import Desk, Story, clock
from remission.safety.holding import What
from remission.terms.days import date_of
from remission.trial import treatment

_MORNING, _DOSE, _EVENT = 8, 10, 14


def give(desk: Desk, story: Story, on: date) -> Iterator[date]:
    """Give every dose, the first on a day; a toxicity may delay the next one or end treatment."""
    site, subject = story.child.site, story.known_as
    planned = steps(desk, on)
    delay = max(on - date_of(planned[0].day, story.child.day_one), timedelta(0))
    coming = drawn(desk, story, on)
    for place, step in enumerate(planned):
        due = date_of(step.day, story.child.day_one) + delay
        while place and coming and coming[0].on < due:
            if not (yield from _comes(desk, story, heapq.heappop(coming))):
                return
        if due > desk.today(site):
            yield due
        today = desk.today(site)
        weigh(desk, story)
        treatment.order_dose(desk.trial, desk.by(site), subject, on=today, step=step.id)
        if place == 0:
            premedicate(desk, story, clock(desk.study, site, today, _MORNING), treatment.FIRST_DOSE)
        treatment.give_dose(
            desk.trial, desk.by(site), subject, at=clock(desk.study, site, today, _DOSE), step=step.id,
            deviation=deviation(desk, story, today),
        )  # fmt: skip
    at = clock(desk.study, site, desk.today(site), _EVENT)
    treatment.complete(desk.trial, desk.by(site), subject, at=at)


def _comes(desk: Desk, story: Story, what: Coming) -> Generator[date, None, bool]:
    """Something between two doses; answers whether treatment goes on."""
    site = story.child.site
    if what.on > desk.today(site):
        yield what.on
    if what.kind != "toxicity":
        withdraw(desk, story, "treatment" if what.kind == "withdraws" else "study")
        return False
    said = report(desk, story, what)
    if said is None or what.draw is None:
        return False
    lasts = story.between(*what.draw.lasts)
    longest = said.stop_after_days or lasts
    doubtful = said.action is What.CONSIDER_STOPPING and story.chance(0.5)
    if said.action is What.STOP or doubtful or lasts > longest:
        if said.action is What.HOLD:
            yield desk.today(site) + timedelta(days=longest + 1)
        at = clock(desk.study, site, desk.today(site), _EVENT)
        treatment.stop(desk.trial, desk.by(site), story.known_as, at=at, why=what.words, as_protocol=True)
        return False
    yield desk.today(site) + timedelta(days=lasts)
    regrade(desk, story, what.id, 0)
    return True
