"""Virtual trials, child by child: when they come, who answers, whose sample is lost, when a look is due.

For what cannot be enumerated. What can be (`designs.staged.operating`, `operating.counted`) needs no dice.
"""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.staged import Staged
from remission.stats.operating.estimates import Estimate, mean_of, rate_of
from remission.terms.words import Text

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]
Words = NDArray[np.uint64]
BLOCK = 8192
"""Trials summed up at once; a constant, since sums of days depend on their order in the last digit."""
_MOST_TRIALS = 100_000_000


@dataclass(frozen=True, slots=True)
class Group:
    """A stratum of children: its share, the chance to respond, and the chance not to be counted.

    Shares need not add up to 1: each counts by its part of all.
    """

    name: str
    share: float
    response: float
    not_counted: float = 0.0


@dataclass(frozen=True, slots=True)
class Accrual:
    """Sites: each opens on a day and then enrols by a Poisson process of so many children a day."""

    opens: tuple[float, ...]
    a_day: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Delay:
    """Days from enrolment to the result: evenly `earliest` to `latest`; a share `late` has it `by` later."""

    earliest: float = 0.0
    latest: float = 0.0
    late: float = 0.0
    by: float = 0.0


@dataclass(frozen=True, slots=True)
class Calendar:
    """Accrual and results in time; `pauses`: enrolment waits at each look until the results are in."""

    accrual: Accrual
    delay: Delay = Delay()
    pauses: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What is played: a design, the children, and when they come.

    A look is due when its number of children are *counted*; who is not counted is replaced, until `most`
    children are enrolled (the design's n if left out). A trial that runs out of children is undecided, and
    counts as not in favour. Without a calendar everybody has the result at once.

    Raises
    ------
    InputRefused
        For shares or chances that are none, delays out of order, sites that never enrol, or a `most` below
        the design's n.
    """

    design: Staged
    groups: tuple[Group, ...]
    calendar: Calendar | None = None
    most: int | None = None

    def __post_init__(self) -> None:
        check_groups(self.groups)
        if self.calendar:
            _check_calendar(self.calendar)
        if self.most is not None and self.most < self.design.n:
            raise InputRefused(
                f"{self.most} children at most for a design of {self.design.n}",
                where="most children",
                do=f"give {self.design.n} or more",
            )


@dataclass(frozen=True, slots=True)
class Simulated(Printable):
    """What became of the trials; every number with its Monte-Carlo error.

    `enrolled` counts all children, `beyond` those enrolled while the results of the last look were waited
    for; days count from the first opening and are None without a calendar.
    """

    trials: int
    seed: int
    rejects: Estimate
    undecided: Estimate
    early: Estimate
    futility: tuple[Estimate, ...]
    efficacy: tuple[Estimate, ...]
    counted: Estimate
    enrolled: Estimate
    beyond: float
    enrolled_by_day: Estimate | None
    decided_by_day: Estimate | None

    def printed(self) -> PrintedTable:
        """One row a quantity, with standard error and 95 % interval."""
        rows = [
            _row(Text("ends in favour", "结论为有效"), self.rejects),
            _row(Text("never decided", "未能作出结论"), self.undecided),
            _row(Text("stops early", "提前停止"), self.early),
            _row(Text("children counted", "计入例数"), self.counted),
            _row(Text("children enrolled", "入组例数"), self.enrolled),
            (Text("  while waiting for results", "  其中等待结果期间入组"), f"{self.beyond:.2f}", "–", "–"),
        ]
        if self.enrolled_by_day and self.decided_by_day:
            rows.append(_row(Text("day of the last enrolment", "末例入组日"), self.enrolled_by_day))
            rows.append(_row(Text("day of the decision", "作出结论日"), self.decided_by_day))
        return PrintedTable(
            Text("Trials played", "模拟试验"),
            (
                Text("quantity", "指标"),
                Text("mean or share", "均值或比例"),
                Text("standard error", "标准误"),
                Text("95 % interval", "95%区间"),
            ),
            tuple(rows),
            (
                Text(
                    f"Monte Carlo: {self.trials} trials, seed {self.seed}; the interval holds the error of "
                    "simulation only.",
                    f"蒙特卡罗模拟：{self.trials}次试验，种子{self.seed}；区间仅反映模拟误差。",
                ),
            ),
            simulated=True,
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """What was summed up over some trials: adds to that of others, in their order."""

    trials: int
    whole: Counts
    days: Numbers


def simulate(
    trial: Trial, trials: int, seed: int, *, cores: int = 1, told: Callable[[int], None] | None = None
) -> Simulated:
    """Play a trial many times.

    Parameters
    ----------
    trial : Trial
    trials : int
        How many; with 10,000 the standard error of a power of 80 % is 0.4 %.
    seed : int
        Equal seeds give equal numbers, bit for bit, whatever `cores`; child c of trial t has the same random
        numbers under every design, so designs compare with less error than each has alone.
    cores : int
        Threads.
    told : callable, optional
        Told how many more trials are done, as they are.

    Raises
    ------
    InputRefused
        Unless 1 <= trials <= 1e8, seed >= 0 and cores >= 1.
    """
    blocks = blocks_of(trials, seed, cores)

    def played(block: tuple[int, int]) -> Sums:
        sums = play(trial, seed, *block)
        if told:
            told(sums.trials)
        return sums

    if cores == 1:
        return summed_up(trial, seed, [played(block) for block in blocks])
    with ThreadPoolExecutor(cores) as pool:
        return summed_up(trial, seed, list(pool.map(played, blocks)))


def blocks_of(trials: int, seed: int, cores: int = 1) -> tuple[tuple[int, int], ...]:
    """First trial and that after the last of each block. `Raises` as in `simulate`."""
    if not (1 <= trials <= _MOST_TRIALS and seed >= 0 and cores >= 1):
        raise InputRefused(
            f"{trials} trials, seed {seed}, {cores} cores",
            where="trials to play",
            do=f"ask for 1 to {_MOST_TRIALS:,} trials, a seed of 0 or more, at least one core",
        )
    return tuple((first, min(first + BLOCK, trials)) for first in range(0, trials, BLOCK))


def play(trial: Trial, seed: int, first: int, after: int) -> Sums:
    """Play trials `first` to before `after`: the same on any core of any machine."""
    from remission.stats.operating import kernels_trials as kernels

    looks = trial.design.looks
    low = [-1 if look.futility is None else look.futility for look in looks]
    high = [look.n + 1 if look.efficacy is None else look.efficacy for look in looks]
    what = (
        first, after, key_of(seed),
        np.array([look.n for look in looks], np.int64), np.array(low, np.int64), np.array(high, np.int64),
        any_child(trial.groups), trial.most or trial.design.n,
    )  # fmt: skip
    if trial.calendar is None:
        return Sums(after - first, kernels.trials(*what), np.zeros(4))
    delay = trial.calendar.delay
    delays = np.array((delay.earliest, delay.latest, delay.late, delay.by))
    whole, days = kernels.trials_in_time(
        *what, *_steps(trial.calendar.accrual), delays, trial.calendar.pauses
    )
    return Sums(after - first, whole, days)


def summed_up(trial: Trial, seed: int, blocks: Sequence[Sums]) -> Simulated:
    """The estimates from the sums of all blocks, in the order of the blocks."""
    n = sum(block.trials for block in blocks)
    whole = np.zeros_like(blocks[0].whole)
    days = np.zeros_like(blocks[0].days)
    for block in blocks:
        whole, days = whole + block.whole, days + block.days
    looks = len(trial.design.looks)
    counts = [int(count) for count in whole]
    timed = trial.calendar is not None
    return Simulated(
        n, seed,
        rate_of(counts[0], n), rate_of(counts[1], n), rate_of(counts[8], n),
        tuple(rate_of(count, n) for count in counts[9 : 9 + looks]),
        tuple(rate_of(count, n) for count in counts[9 + looks :]),
        mean_of(counts[4], counts[5], n), mean_of(counts[2], counts[3], n), counts[6] / n,
        mean_of(float(days[0]), float(days[1]), n) if timed else None,
        mean_of(float(days[2]), float(days[3]), n) if timed else None,
    )  # fmt: skip


def key_of(seed: int) -> Words:
    """The two words of 32 bits that a seed means."""
    return np.random.SeedSequence(seed).generate_state(2, np.uint32).astype(np.uint64)


def any_child(groups: Sequence[Group]) -> Words:
    """The `cuts_of` a child of whom the group is not known: the mean chances, weighted by share.

    Nothing told of a trial is told by group, and children are drawn one by one, so the law of what is told is
    exactly that of drawing each child's group first.
    """
    whole = math.fsum(group.share for group in groups)
    return cuts_of(
        math.fsum(group.share * group.response for group in groups) / whole,
        math.fsum(group.share * group.not_counted for group in groups) / whole,
    )


def cuts_of(response: float, not_counted: float) -> Words:
    """Below which words of 32 bits a child responds, and below which it is not counted. Shape (2,)."""
    chances = np.minimum((response, response + not_counted), 1.0)
    return np.ceil(chances * 2.0**32).astype(np.uint64)


def _steps(accrual: Accrual) -> tuple[Numbers, Numbers, Numbers]:
    """The sites together: from each opening on, the rate of all that are open, children expected by then."""
    sites = sorted(zip(accrual.opens, accrual.a_day, strict=True))
    openings = sorted({day for day, rate in sites if rate > 0})
    rates = [math.fsum(rate for day, rate in sites if day <= opening) for opening in openings]
    opened = [0.0]
    for place in range(1, len(openings)):
        opened.append(opened[-1] + (openings[place] - openings[place - 1]) * rates[place - 1])
    return np.array(openings), np.array(opened), np.array(rates)


def check_groups(groups: Sequence[Group]) -> None:
    """Refuse no group at all, and shares or chances that are none."""
    for group in groups:
        if not (
            0 < group.share < math.inf
            and group.response >= 0
            and group.not_counted >= 0
            and group.response + group.not_counted <= 1 + 1e-9
        ):
            raise InputRefused(
                f"share {group.share!r}, response {group.response!r}, not counted {group.not_counted!r}",
                where=f"group {group.name!r}",
                do="give a finite share above 0, and chances from 0 to 1 that sum to at most 1",
            )
    if not groups:
        raise InputRefused("no group of children", where="groups", do="give at least one")


def _check_calendar(calendar: Calendar) -> None:
    accrual, delay = calendar.accrual, calendar.delay
    sites = len(accrual.opens) == len(accrual.a_day) and min(accrual.opens, default=-1.0) >= 0
    if not (sites and min(accrual.a_day) >= 0 < sum(accrual.a_day)):
        raise InputRefused(
            f"sites opening on days {accrual.opens}, enrolling {accrual.a_day} a day",
            where="accrual",
            do="give a day of 0 or more and a rate of 0 or more for each site, at least one above 0",
        )
    if not (0 <= delay.earliest <= delay.latest and 0 <= delay.late < 1 and delay.by >= 0):
        raise InputRefused(
            f"{delay}",
            where="days to the result",
            do="give 0 <= earliest <= latest, a share below 1, by >= 0",
        )


def _row(name: Text, found: Estimate) -> tuple[Text | str, ...]:
    return (name, f"{found.value:.4f}", f"{found.error:.4f}", f"{found.lower:.4f} – {found.upper:.4f}")
