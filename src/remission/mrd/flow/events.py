"""Events as the rest of the room reads them, whether they lie in a file or in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.mrd.flow.spectrum import Spectrum

Values = NDArray[np.float64]
"""Scale values: shape (channels, events), C-contiguous."""
Mask = NDArray[np.bool_]
"""One truth per event."""

CHUNK = 1 << 16
"""Events worked on at once: a chunk of a dozen channels stays in a processor's cache."""


class Events(Protocol):
    """Events that can be read by channel, a run at a time."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels (`$PnN`), each once, in the file's order."""
        ...

    @property
    def count(self) -> int:
        """How many events there are."""
        ...

    @property
    def spill(self) -> Spectrum | None:
        """The spillover that the file itself states."""
        ...

    def read(self, channels: Sequence[str], start: int, stop: int) -> Values:
        """Scale values of events `start` to `stop` (from 0, half open), in a new array.

        Raises
        ------
        InputRefused
            For a channel that is not there.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Events held in memory: `values` has one row per channel."""

    channels: tuple[str, ...]
    values: Values
    spill: Spectrum | None = None

    @property
    def count(self) -> int:
        """How many events there are."""
        return int(self.values.shape[1])

    def read(self, channels: Sequence[str], start: int, stop: int) -> Values:
        """As in `Events`."""
        return self.values[[place(self.channels, name) for name in channels], start:stop]


def place(channels: Sequence[str], name: str) -> int:
    """Where a channel stands among others.

    Raises
    ------
    InputRefused
        If it is not there.
    """
    if name not in channels:
        raise InputRefused(
            f"there is no channel {name!r}",
            where="events",
            do="use one of: " + ", ".join(channels),
        )
    return channels.index(name)
