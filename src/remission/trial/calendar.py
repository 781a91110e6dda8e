"""Dates that acts may carry: not in the future at the site, and in the order of life."""

from datetime import date, datetime

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.errors import InputRefused
from remission.terms.ids import SiteId, SubjectId
from remission.trial.trial import By, Trial


def not_future(trial: Trial, by: By, site: SiteId, *days: date) -> None:
    """Refuse a day that has not come yet in the site's calendar.

    Raises
    ------
    InputRefused
        Naming the day and today's date at the site.
    """
    today = trial.today(site, by.at)
    for day in days:
        if day > today:
            raise InputRefused(
                f"{day} is in the future", where=f"site {site}, where today is {today}", do="check the date"
            )


def not_before(
    participant: Participant, kind: type[ev.Consented] | type[ev.Enrolled] | type[ev.FoundEligible], on: date
) -> None:
    """Refuse a day before the participant's latest event of a kind, if there is one.

    Raises
    ------
    InputRefused
        Naming both days.
    """
    last = participant.last(kind)
    if last is not None and isinstance(last.event, kind) and on < last.event.on:
        raise InputRefused(
            f"{on} is before {last.event.on}, the day of {kind.__name__}",
            where=f"participant {participant.id}",
            do="check the date",
        )


def instant(by: By, at: datetime, subject: SubjectId) -> datetime:
    """An instant with a time zone that has passed.

    Raises
    ------
    InputRefused
        For an instant without zone or in the future.
    """
    if at.tzinfo is None or at > by.at:
        raise InputRefused(
            f"{at.isoformat()} {'has no time zone' if at.tzinfo is None else 'is in the future'}",
            where=f"participant {subject}",
            do="give the time when it happened, with its time zone",
        )
    return at
