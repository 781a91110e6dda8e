"""Two-stage search and exact operating characteristics of staged designs, beside peers that run here.

Peers of the search: a plain search in numpy, and clinfun's `ph2simon` where R has it. Peers of the
characteristics: a dictionary of counts in Python, and base R by dbinom (rpact has no exact ones for a
given design in counts). CPU time; R's own clock for R.
"""

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.stats import binom

from remission.stats.designs.k_stage import three_stage
from remission.stats.designs.simon import simon
from remission.stats.designs.single_stage import single
from remission.stats.designs.staged import Look, Staged, operating

SIMON, LOOKS = 5.0, 2.0  # ms, promised
ASKED = (0.3, 0.5, 0.05, 0.2)
DESIGN = Staged((*(Look(n, n // 2, None) for n in (20, 30, 40, 50, 60, 75)), Look(90, 54, 55)))


def ms(work: Callable[[], object], times: int) -> float:
    """The median CPU time of one call in milliseconds, after one call that is not counted."""
    work()
    taken: list[float] = []
    for _ in range(9):
        start = time.process_time()
        for _ in range(times):
            work()
        taken.append((time.process_time() - start) / times * 1000)
    return statistics.median(taken)


def plain_search(p0: float, p1: float, alpha: float, beta: float, n_max: int) -> tuple[float, int]:
    """Simon's optimal design by a search in numpy over every n, n1 and r1, each r at once."""
    best = (np.inf, 0)
    for n in range(2, n_max + 1):
        r = np.arange(n)
        for n1 in range(1, n):
            x = np.arange(n1 + 1)
            first = [binom.pmf(x, n1, p) for p in (p0, p1)]
            later = [binom.sf(r[None, :] - x[:, None], n - n1, p) for p in (p0, p1)]
            for r1 in range(n1 - 1, -1, -1):
                expected = n1 + first[0][r1 + 1 :].sum() * (n - n1)
                if expected >= best[0]:
                    break
                size, power = (f[r1 + 1 :] @ g[r1 + 1 :] for f, g in zip(first, later, strict=True))
                if ((size <= alpha) & (power >= 1 - beta) & (r > r1)).any():
                    best = (float(expected), n)
                    break
    return best


def plain_operating(design: Staged, rate: float) -> float:
    """P(reject) as a dictionary of counts, participant by participant."""
    alive, before, rejects = {0: 1.0}, 0, 0.0
    for look in design.looks:
        for _ in range(look.n - before):
            moved: dict[int, float] = {}
            for count, chance in alive.items():
                moved[count] = moved.get(count, 0.0) + chance * (1 - rate)
                moved[count + 1] = moved.get(count + 1, 0.0) + chance * rate
            alive = moved
        before = look.n
        low = -1 if look.futility is None else look.futility
        high = look.n + 1 if look.efficacy is None else look.efficacy
        rejects += sum(chance for count, chance in alive.items() if count >= high)
        alive = {count: chance for count, chance in alive.items() if low < count < high}
    return rejects


R_LOOKS = """
n <- c(20,30,40,50,60,75,90); low <- c(10,15,20,25,30,37,54)
oc <- function(p) { a <- 1; b <- 0; for (i in seq_along(n)) { m <- n[i]-b
  a <- convolve(a, rev(dbinom(0:m, m, p)), type='open'); b <- n[i]
  if (i < length(n)) a[0:low[i]+1] <- 0 }; sum(a[(low[7]+2):91]) }
t <- system.time(for (i in 1:500) oc(.65))[['elapsed']]; cat(t/500*1000, sprintf('%.12f', oc(.65)))
"""
R_SIMON = """
if (!requireNamespace('clinfun', quietly=TRUE)) quit(status=3)
t <- system.time(for (i in 1:20) d <- clinfun::ph2simon(.3,.5,.05,.2,100))[['elapsed']]; cat(t/20*1000)
"""


def in_r(script: str) -> list[float] | None:
    """The numbers an R script prints; None where R or what it needs is absent."""
    if shutil.which("Rscript") is None:
        return None
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    return [float(word) for word in done.stdout.split()] if done.returncode == 0 else None


def beside(name: str, ours: float, peer: float | None) -> None:
    if peer is None:
        print(f"  {name:<44} absent here")
    else:
        print(f"  {name:<44} {peer:9.3f} ms   {peer / ours:7.0f} x ours")


def main() -> None:
    search = ms(lambda: simon(*ASKED), 20)
    print(f"Simon search .3/.5, .05/.2, n <= 100:        {search:9.3f} ms   (asked: <= {SIMON:g} ms)")
    start = time.process_time()
    expected, n = plain_search(*ASKED, 60)
    beside("plain numpy search, n <= 60 only", search, (time.process_time() - start) * 1000)
    found = simon(*ASKED).optimal
    assert n == found.n and abs(expected - found.expected_n) < 1e-9
    clinfun = in_r(R_SIMON)
    beside("clinfun ph2simon (R)", search, clinfun[0] if clinfun else None)
    looks = ms(lambda: operating(DESIGN, 0.65), 500)
    print(f"Exact characteristics of 7 looks, n = 90:    {looks:9.3f} ms   (asked: <= {LOOKS:g} ms)")
    beside("dictionary of counts, Python", looks, ms(lambda: plain_operating(DESIGN, 0.65), 5))
    base = in_r(R_LOOKS)
    beside("base R, dbinom and convolve", looks, base[0] if base else None)
    if base:
        assert abs(base[1] - operating(DESIGN, 0.65).rejects) < 1e-9
    one, three = ms(lambda: single(0.7, 0.85, 0.025, 0.1), 20), ms(lambda: three_stage(*ASKED), 5)
    print(f"One stage .7/.85, .025/.1, proved for all n: {one:9.3f} ms")
    print(f"Three stages .3/.5, .05/.2, n <= 80:         {three:9.3f} ms")
    sys.exit(search > SIMON or looks > LOOKS)


if __name__ == "__main__":
    main()
