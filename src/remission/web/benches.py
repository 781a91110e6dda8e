"""The benches that are open: opened in the background, two at a time, the one not used for longest closed."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock, Thread

from remission.errors import NotFound, Refusal
from remission.lab.flow_files import Told
from remission.lab.flow_work import Work

_LOG = logging.getLogger("django.flow")
MOST = 2
"""A bench of a million events holds about 200 MB."""


class Opening:
    """A bench that is being opened, is open, or could not be.

    `share` of the way; then `outcome`: what is on the bench, or what went wrong.
    """

    def __init__(self) -> None:
        self.share = 0.0
        self.outcome: Work | BaseException | None = None

    def open(self, make: Callable[[Told], Work]) -> None:
        """Open it; what goes wrong is kept for whoever looks."""
        try:
            self.outcome = make(self._told)
        except Refusal as refusal:
            self.outcome = refusal
        except BaseException as error:  # noqa: BLE001 (a thread's error is seen by nobody else)
            _LOG.exception("a flow sample could not be opened")
            self.outcome = error

    def _told(self, share: float) -> None:
        self.share = share


class Benches:
    """Benches by key; safe to use from several threads."""

    def __init__(self) -> None:
        self._alone = Lock()
        self._open: OrderedDict[object, Opening] = OrderedDict()

    def of(self, key: object, make: Callable[[Told], Work]) -> Opening:
        """The bench of `key`: opened before, or begun to be opened now."""
        with self._alone:
            known = self._open.get(key)
            if known is None:
                known = self._open[key] = Opening()
                Thread(target=known.open, args=(make,), daemon=True).start()
            self._open.move_to_end(key)
            while len(self._open) > MOST:
                self._open.popitem(last=False)
            return known

    def known(self, key: object) -> Opening | None:
        """The bench of `key`, if it was ever asked for and is not closed."""
        with self._alone:
            return self._open.get(key)

    def opened(self, key: object) -> Work:
        """What is on an open bench.

        Raises
        ------
        NotFound
            If it is not open.
        """
        found = self.known(key)
        if found is None or not isinstance(found.outcome, Work):
            raise NotFound("this bench is closed", where="flow page", do="reload the page to open it again")
        return found.outcome

    def forget(self, key: object) -> None:
        """Close a bench, so that it is opened anew when asked for."""
        with self._alone:
            self._open.pop(key, None)
