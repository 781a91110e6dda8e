"""The trial behind the pages: opened once, read anew only where the ledger has grown."""

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest

from remission.protocol.check import check
from remission.protocol.finding import Finding
from remission.results.analysis import Results, analyse
from remission.terms.ids import SiteId
from remission.trial.trial import Trial, now
from remission.web.benches import Benches

P = ParamSpec("P")
T = TypeVar("T")
Moment = tuple[int | date, ...]
"""The ledger's last entry and the calendar days at the sites."""

DESK = "remission.desk"
"""Under this name each request carries the desk (see `site.application`)."""


class Desk:
    """One opened trial, and what was gathered from it as of the ledger's end and of today."""

    addresses = "remission.web.addresses"

    def __init__(self, folder: Path, reference: str | None = None) -> None:
        """Open the trial in `folder`; `reference`: address of normal marrows for the flow page."""
        self.reference = reference
        self.trial = Trial.open(folder)
        self.opened_simulated = self.trial.simulated
        self.benches = Benches()
        self._alone = RLock()
        self._clock: tuple[int, datetime] = (-1, now())
        self._moment: Moment = (-1,)
        self._gathered: dict[object, object] = {}
        self._settle()

    def _settle(self) -> None:
        """Read the ledger, and take what was read out of the garbage collector's rounds (160 ms each)."""
        self.trial.participants()
        gc.collect()
        gc.freeze()

    @contextmanager
    def alone(self) -> Generator[None]:
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
            self._clock = (head, datetime.fromisoformat(last[-1]).astimezone(UTC))
        return self._clock[1]

    def today(self, site: SiteId) -> date:
        """Today in the calendar of a site."""
        return self.trial.today(site, self.at)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What `protocol check` finds in this trial's record."""
        return check(self.trial.study, self.trial.record).findings

    def gathered(self, gather: Callable[Concatenate["Desk", P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `gather` makes of the trial; made again when the ledger has grown or a day has passed."""
        moment = (self.trial.head(), *sorted({self.today(site.id) for site in self.trial.study.sites}))
        if moment != self._moment:
            self._moment, self._gathered = moment, {}
        key = (gather, *args, *kwargs.items())
        if key not in self._gathered:
            self._gathered[key] = gather(self, *args, **kwargs)
        return cast(T, self._gathered[key])

    @property
    def simulated(self) -> bool:
        """Whether anything in this trial is made up: all of it, or evidence that is marked so."""
        return self.results().simulated

    def results(self) -> Results:
        """The results as of now."""
        return self.gathered(_results)


def _results(desk: Desk) -> Results:
    trial = desk.trial
    participants = list(trial.participants().values())
    return analyse(trial.study, participants, desk.at, simulated=trial.simulated, head=trial.end())


def desk_of(request: HttpRequest) -> Desk:
    """The desk a request came to."""
    return request.META[DESK]
