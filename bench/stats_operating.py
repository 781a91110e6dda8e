"""Virtual trials child by child: a million of the two-stage design; and against a loop in numpy."""

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from remission.stats.designs.staged import Look, Staged, operating
from remission.stats.operating.participants import Accrual, Calendar, Delay, Group, Trial, simulate

TRIALS, CORES, PROMISED = 1_000_000, 2, 1.0
DESIGN = Staged((Look(15, 5, None), Look(46, 18, 19)))  # Simon, .3 against .5
Found = TypeVar("Found")
STRATA = (("low", 0.6), ("intermediate", 0.4))


def groups(rate: float) -> tuple[Group, ...]:
    return tuple(Group(name, share, rate) for name, share in STRATA)


def numpy_trials(rate: float, trials: int, seed: int) -> float:
    """The same without stopping the draws: whole arrays, every child of every trial."""
    dice, favour = np.random.default_rng(seed), 0
    for first in range(0, trials, 50_000):
        said = dice.random((min(50_000, trials - first), 46)) < rate
        went_on = said[:, :15].sum(axis=1) > 5
        favour += int((went_on & (said.sum(axis=1) > 18)).sum())
    return favour / trials


def timed(play: Callable[[], Found], times: int = 3) -> tuple[float, float, Found]:
    """Seconds by the clock and of processor time, the least of some runs each, and what came out."""
    walls, works, found = list[float](), list[float](), play()
    for _ in range(times):
        wall, work = time.perf_counter(), time.process_time()
        found = play()
        walls.append(time.perf_counter() - wall)
        works.append(time.process_time() - work)
    return min(walls), min(works), found


def main() -> int:
    calendar = Calendar(Accrual((0.0, 60.0, 120.0), (0.1, 0.05, 0.05)), Delay(14, 28, 0.1, 14))
    simulate(Trial(DESIGN, groups(0.3), calendar), 10, 1)  # compiled
    worst = 0.0
    for rate in (0.3, 0.5):
        exact = operating(DESIGN, rate)
        peer, peer_work, shares = timed(lambda rate=rate: numpy_trials(rate, TRIALS, 7), 1)
        print(
            f"p = {rate}, numpy, no strata, no calendar: {peer:.2f} s ({peer_work:.2f} s work); "
            f"in favour {shares:.5f}, exact {exact.rejects:.5f}"
        )
        for words, when, cores in (
            ("no calendar", None, 1),
            ("no calendar", None, CORES),
            ("sites, delays, overrun", calendar, CORES),
        ):
            trial = Trial(DESIGN, groups(rate), when)
            wall, work, found = timed(
                lambda trial=trial, cores=cores: simulate(trial, TRIALS, 7, cores=cores)
            )
            worst = max(worst, wall if when is None else 0.0)
            print(
                f"p = {rate}, {words}: {TRIALS:,} trials on {cores} cores {wall:.2f} s ({work:.2f} s work), "
                f"numpy's time over ours {peer / wall:.1f} (work {peer_work / work:.1f}); "
                f"in favour {found.rejects.value:.5f} ± {found.rejects.error:.5f}"
            )
    print(f"{worst:.2f} s without a calendar at worst, promised {PROMISED:.2f} s")
    return int(worst > PROMISED)


if __name__ == "__main__":
    sys.exit(main())
