"""Exact tests of two rates at n = 90 against 300, and the peer in the same run.

The peer of Barnard's and Boschloo's tests is scipy (a maximum found by sampling); processor time, warm.
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from scipy import stats

from remission.stats.rates.coverage import coverage
from remission.stats.rates.one import blaker
from remission.stats.rates.two import TwoCounts
from remission.stats.rates.unconditional import barnard, boschloo, exact_difference

COUNTS = TwoCounts(75, 90, 210, 300)
TABLE = [[75, 210], [15, 90]]


def took(act: Callable[[], Any], times: int) -> float:
    """Seconds of processor time of one call, the best of `times`, after a first."""
    act()
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        act()
        best = min(best, time.process_time() - start)
    return best


def main() -> int:
    """Print each figure, the peer's, their ratio, and the promise."""
    peer: Any = stats
    rows: list[tuple[str, float, float | None, float]] = [
        (
            "Barnard 75/90 against 210/300",
            took(lambda: barnard(COUNTS), 5),
            took(lambda: peer.barnard_exact(TABLE, n=32), 1),
            0.25,
        ),
        (
            "Boschloo 75/90 against 210/300",
            took(lambda: boschloo(COUNTS), 5),
            took(lambda: peer.boschloo_exact(TABLE, n=32), 1),
            0.25,
        ),
        ("exact interval of the difference", took(lambda: exact_difference(COUNTS), 2), None, 2.0),
        ("Blaker's interval, 81/90", took(lambda: blaker(81, 90), 5), None, 0.01),
        ("coverage of Blaker's, n = 90", took(lambda: coverage(blaker, 90, [0.5]), 2), None, 0.5),
    ]
    missed = 0
    for name, ours, theirs, promised in rows:
        beside = "" if theirs is None else f"  scipy {1000 * theirs:9.1f} ms  ratio {theirs / ours:6.0f}"
        print(f"{name:36}{1000 * ours:8.1f} ms  promised {1000 * promised:5.0f} ms{beside}")
        missed += ours > promised
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
