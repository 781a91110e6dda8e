"""The trial behind the pages: opened once, read anew only where the ledger has grown."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import RLock

from django.http import HttpRequest

from remission.protocol.check import check
from remission.protocol.finding import Finding
from remission.results.analysis import Results, analyse
from remission.terms.ids import SiteId
from remission.trial.trial import Trial, now

DESK = "remission.desk"
"""Under this name each request carries the desk (see `site.application`)."""


class Desk:
    """One opened trial, its instant of reading, and its results as of the ledger's end and of today."""

    def __init__(self, folder: Path) -> None:
        self.trial = Trial.open(folder)
        self._alone = RLock()
        self._clock: tuple[int, datetime] = (-1, now())
        self._results: tuple[tuple[object, ...], Results] | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One request at a time reads the trial: its state is kept in memory and grows with the ledger."""
        with self._alone:
            yield

    @property
    def at(self) -> datetime:
        """The server's clock; a rehearsal's clock stands at its last entry."""
        if not self.trial.simulated:
            return now()
        head = self.trial.head()
        if self._clock[0] != head:
            last = [entry.recorded_at for entry in self.trial.ledger.entries(after=head - 1)]
            self._clock = (head, datetime.fromisoformat(last[-1]).astimezone(UTC) if last else now())
        return self._clock[1]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What `protocol check` finds in this trial's record."""
        return check(self.trial.study, self.trial.record).findings

    def today(self, site: SiteId) -> date:
        """Today in the calendar of a site."""
        return self.trial.today(site, self.at)

    def results(self) -> Results:
        """The results, analysed again when the ledger has grown or a day has passed at some site."""
        at = self.at
        participants = self.trial.participants()
        days = sorted({self.trial.today(site.id, at) for site in self.trial.study.sites})
        key = (self.trial.head(), *days)
        if self._results is None or self._results[0] != key:
            found = analyse(self.trial.study, list(participants.values()), at, simulated=self.trial.simulated)
            self._results = (key, found)
        return self._results[1]


def desk_of(request: HttpRequest) -> Desk:
    """The desk a request came to."""
    return request.META[DESK]
