"""Predictive prior of eight studies by quadrature, and REML beside R's metafor."""

import shutil
import subprocess
import sys
import time

from remission.stats.borrowing.fitting import fitted
from remission.stats.borrowing.meta import pooled
from remission.stats.borrowing.predictive import predictive_prior

RESPONDERS, N = (23, 12, 19, 9, 39, 6, 9, 10), (107, 44, 51, 39, 139, 20, 78, 35)
PROMISED, RECORDED = 0.3, 9.0  # seconds; the peer samples (RBesT) and is not installed here: as recorded
METAFOR = """
suppressMessages(library(metafor))
r <- c(23,12,19,9,39,6,9,10); n <- c(107,44,51,39,139,20,78,35)
t <- system.time(for (i in 1:100) rma(measure="PLO", xi=r, ni=n, method="REML"))["user.self"]
cat(t / 100)
"""


def seconds(call, times: int) -> float:
    """CPU seconds of the fastest of `times` calls."""
    taken = []
    for _ in range(times):
        begin = time.process_time()
        call()
        taken.append(time.process_time() - begin)
    return min(taken)


def main() -> int:
    """Print each figure beside its promise or its peer."""
    begin = time.process_time()
    prior = predictive_prior(RESPONDERS, N)
    first = time.process_time() - begin
    again = seconds(lambda: predictive_prior(RESPONDERS, N), 5)
    fit = seconds(lambda: fitted(prior.rate), 3)
    print(f"predictive prior, eight studies  {again:.3f} s warm, {first:.3f} s first (promised {PROMISED} s)")
    print(f"  peer by sampling, recorded     {RECORDED:.0f} s: {RECORDED / again:.0f} times")
    print(f"Beta mixture next to it          {fit:.3f} s")
    ours = seconds(lambda: pooled(RESPONDERS, N), 20)
    script = shutil.which("Rscript")
    if script is None:
        print(f"REML                             {1e3 * ours:.2f} ms (R is not installed: no peer)")
    else:
        told = subprocess.run([script, "-e", METAFOR], capture_output=True, text=True, check=False).stdout
        peer = float(told) if told else float("nan")
        print(f"REML                             {1e3 * ours:.2f} ms; metafor {1e3 * peer:.2f} ms: "
              f"{peer / ours:.1f} times")  # fmt: skip
    return 0 if again <= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
