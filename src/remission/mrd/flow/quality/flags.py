"""Flags that the quality of an acquisition raises on a result, and which of them we propose to believe.

The study file's lists decide; these are what they begin with.
"""

UNSTABLE_SIGNAL = "unstable-signal"
TIME_FAULT = "time-fault"
NO_TIME = "no-time"
JOINED_WITHOUT_TIME = "joined-without-time"
UNSTEADY_FLOW = "unsteady-flow"
OFF_SCALE = "off-scale"
MANY_DOUBLETS = "many-doublets"
MUCH_DEBRIS = "much-debris"
"""Signals that drift, in more events than `ASSUMED_MOST` allows; a clock that runs backwards; no clock to go
by; several files, one of them without a clock; clogs and bursts; events at the end of a range; doublets;
debris."""

DISQUALIFYING: frozenset[str] = frozenset()
"""None by itself: what was found in such a file was seen, and the count without the flagged events stands
beside it."""

BLINDING = frozenset({UNSTABLE_SIGNAL, TIME_FAULT, JOINED_WITHOUT_TIME})
"""A negative needs a gate that held still over the run, one acquisition of one tube in each file, and as
many events as it counts: without a clock nothing says that files do not hold the same."""

ASSUMED_MOST = {
    UNSTABLE_SIGNAL: 0.05,
    TIME_FAULT: 0.01,
    UNSTEADY_FLOW: 0.10,
    OFF_SCALE: 0.05,
    MANY_DOUBLETS: 0.30,
    MUCH_DEBRIS: 0.50,
}
"""The flag is raised where more than this share of the events is touched. ASSUMED, by us."""


def raised(flag: str, share: float) -> str:
    """The flag where more than its share of the events is touched, else ""."""
    return flag if share > ASSUMED_MOST[flag] else ""
