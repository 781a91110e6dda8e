"""Following clones in gzip FASTQ: reads a second and core, from the file to the tally.

Reads of 250 bases, either strand, errors of 0.05 % rising to 0.5 %, qualities in four steps; repertoires of
60 V and 6 J sequences (invented), N of 5 to 30 bases; 1 % of reads from the first clone, 1 % from a spike.
Processor time, not wall time, so that neighbours on the machine do not count. The promise: 400,000 reads a
second and core with up to 50 targets; what 2,000 targets cost is printed without a promise.

Run `python bench/ngs_tracking.py [--reads 200000]`.
"""

import argparse
import io
import sys
import time

import numpy as np
from isal import igzip

from remission.mrd.ngs.bases import decode
from remission.mrd.ngs.matching import matcher
from remission.mrd.ngs.source import batches
from remission.mrd.ngs.tally import Target, Tier
from remission.mrd.ngs.tracking import track

PROMISED = 400_000
READ = 250
FLANK = 25


class Genes:
    """Invented V and J sequences, and rearrangements of them."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.v = rng.integers(0, 4, (60, 300))
        self.j = rng.integers(0, 4, (6, 60))

    def rearranged(self) -> tuple[np.ndarray, str]:
        """The last 250 bases before the end of J, and the window around N."""
        rng = self.rng
        v = self.v[rng.integers(60), : rng.integers(288, 300)]
        n = rng.integers(0, 4, rng.integers(5, 31))
        j = self.j[rng.integers(6), rng.integers(0, 10) :]
        whole = np.concatenate([v, n, j]).astype(np.uint8)
        window = whole[len(v) - FLANK : len(v) + len(n) + FLANK]
        return whole[-READ:], decode(window)


def fastq(sequences: np.ndarray, rng: np.random.Generator) -> bytes:
    """Reads with errors as a gzip FASTQ."""
    count = len(sequences)
    chance = np.linspace(0.0005, 0.005, READ) * np.exp(rng.normal(0, 0.8, (count, READ)) - 0.32)
    codes = sequences.copy()
    wrong = rng.random(codes.shape) < chance
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, wrong.sum())) % 4
    turned = rng.random(count) < 0.5
    codes[turned] = 3 - codes[turned, ::-1]
    chance[turned] = chance[turned, ::-1]
    steps = np.array([2, 12, 23, 37], dtype=np.uint8)
    quality = steps[np.digitize(-10 * np.log10(chance), [8, 17, 26])] + 33
    names = np.frombuffer("".join(f"@read:{n:010d}\n" for n in range(count)).encode(), dtype=np.uint8)
    middle = np.broadcast_to(np.frombuffer(b"\n+\n", dtype=np.uint8), (count, 3))
    end = np.full((count, 1), 10, dtype=np.uint8)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)[codes]
    rows = np.hstack([names.reshape(count, -1), letters, middle, quality, end])
    return igzip.compress(rows.tobytes(), compresslevel=2)


def timed(targets: list[Target], file: bytes, times: int) -> tuple[float, float]:
    """Microseconds of processor time a read, end to end and for the comparison alone."""
    reads = 0
    begun = time.process_time()
    for _ in range(times):
        reads += track(targets, batches([("made", io.BytesIO(file))]), "made", "P").reads_total
    whole = (time.process_time() - begun) / reads
    laid_out = matcher(targets, "P")
    compared = 0.0
    for batch in batches([("made", io.BytesIO(file))]):
        begun = time.process_time()
        laid_out.find(batch.block)
        compared += time.process_time() - begun
    return whole * 1e6, compared / (reads / times) * 1e6


def main(words: argparse.Namespace) -> int:
    rng = np.random.default_rng(words.seed)
    genes = Genes(rng)
    clones = [genes.rearranged() for _ in range(2000)]
    spike = rng.integers(0, 4, READ).astype(np.uint8)
    sequences = np.stack([genes.rearranged()[0] for _ in range(words.reads)])
    sequences[: words.reads // 100] = clones[0][0]
    sequences[-words.reads // 100 :] = spike
    file = fastq(sequences, rng)
    targets = [
        Target("P", f"IGH-{n}", Tier.EXACT, "IGH", window) for n, (_, window) in enumerate(clones, start=1)
    ]
    spikes = [Target("", "spike 1", Tier.SPIKE, "IGH", decode(spike[100:180]))]
    begun = time.process_time()
    tally = track([*targets[:10], *spikes], batches([("made", io.BytesIO(file))]), "made", "P")
    print(f"first run, with compilation where none is kept: {time.process_time() - begun:.1f} s")
    print({fate.value: reads for fate, reads in tally.fates.items()})
    slow = False
    for number in (1, 10, 50, 200, 2000):
        whole, compared = timed([*targets[:number], *spikes], file, 2)
        promise = f" (promised {PROMISED:,})" if number <= 50 else ""
        print(
            f"{number:5} targets: {whole:.2f} us a read, of which comparison {compared:.2f}:"
            f" {1e6 / whole:,.0f} reads a second and core{promise}"
        )
        slow |= number <= 50 and 1e6 / whole < PROMISED
    return int(slow)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(main(parser.parse_args()))
