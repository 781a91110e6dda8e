"""Reading reads: gzip FASTQ to blocks in at most 1.2 us of CPU for 250 bases, merging 2 x 250 in at most 3.

Where the time goes (inflating, finding records), other packings, trimming, merging, the first block in a
process that has compiled nothing, and memory as the file grows. Reads are invented, from a fixed seed, with
qualities in four bins as current sequencers write them.
"""

import gzip
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

from remission.mrd.ngs.bases import reverse_complement
from remission.mrd.ngs.inflate import Inflated
from remission.mrd.ngs.primers import End, Primer
from remission.mrd.ngs.source import Preparation, batches

READS = 60_000
BASES = 250
LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
AS_THEY_ARE = Preparation()
PROMISED_READ_US, PROMISED_PAIR_US = 1.2, 3.0
FIRST = (
    "import io, sys, time; from remission.mrd.ngs.source import batches; "
    "next(iter(batches([('R1', io.BytesIO(sys.stdin.buffer.read()))]))); print(time.process_time())"
)


def fastq(codes: list[np.ndarray], rng: np.random.Generator) -> bytes:
    """Reads with names of the usual length and binned qualities."""
    bins = np.array([2, 12, 23, 37], dtype=np.uint8) + 33
    parts: list[bytes] = []
    for i, read in enumerate(codes):
        quality = bins[3 - np.minimum(3, rng.geometric(0.85, len(read)) - 1)]
        name = b"@M01234:55:000000000-ABCDE:1:1101:%d:%d 1:N:0:ACGTACGT" % (i % 19997, i % 7919)
        parts += [name, LETTERS[read].tobytes(), b"+", quality.tobytes()]
    return b"\n".join(parts) + b"\n"


def molecules(rng: np.random.Generator, count: int, least: int, most: int) -> list[np.ndarray]:
    """A few hundred clones, a few bases of each copy changed."""
    clones = rng.integers(0, 4, (300, most)).astype(np.uint8)
    found = [clones[i % 300, : rng.integers(least, most + 1)].copy() for i in range(count)]
    for molecule in found:
        molecule[rng.integers(0, len(molecule), 2)] = rng.integers(0, 4, 2)
    return found


def pair(rng: np.random.Generator, count: int, bases: int) -> tuple[bytes, bytes]:
    """Both mates of inserts of 0.8 to 1.8 read lengths, filled up with one adapter."""
    adapter = rng.integers(0, 4, bases).astype(np.uint8)
    inserts = molecules(rng, count, int(0.8 * bases), int(1.8 * bases))
    one = [np.concatenate((insert, adapter))[:bases] for insert in inserts]
    two = [np.concatenate((reverse_complement(insert), adapter))[:bases] for insert in inserts]
    return fastq(one, rng), fastq(two, rng)


def best_us(act: Callable[[], int], times: int = 5) -> float:
    """CPU microseconds a read, the best of several runs."""
    found: list[float] = []
    for _ in range(times):
        start = time.process_time()
        reads = act()
        found.append((time.process_time() - start) / reads * 1e6)
    return min(found)


def read(*contents: bytes, preparation: Preparation = AS_THEY_ARE) -> int:
    """All reads of the files, lost ones too."""
    files = [(f"R{i}", io.BytesIO(content)) for i, content in enumerate(contents, 1)]
    return sum(len(batch.block) + sum(batch.lost.values()) for batch in batches(files, preparation))


def inflated(content: bytes) -> int:
    """Only uncompress."""
    source = Inflated(io.BytesIO(content), "R1")
    while source.read(1 << 20):
        pass
    return READS


def first_block_s(content: bytes, cache: str) -> float:
    """CPU seconds of a new process until it has its first block."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST],
        input=content,
        capture_output=True,
        check=True,
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
    )
    return float(done.stdout)


def oligos(rng: np.random.Generator) -> tuple[Primer, ...]:
    """30 primers and 2 adapters that no read holds: the slowest case."""
    words = ["".join("ACGT"[c] for c in rng.integers(0, 4, 22)) for _ in range(32)]
    return tuple(Primer(str(i), word, End.PRIMER if i < 30 else End.ADAPTER) for i, word in enumerate(words))


def main() -> int:
    """Print every measurement; 1 when a promise is missed."""
    rng = np.random.default_rng(20260101)
    plain = fastq(molecules(rng, READS, BASES, BASES), rng)
    packed = gzip.compress(plain, 5)
    fasta = b"".join(b">r\n" + line + b"\n" for line in plain.split(b"\n")[1::4])
    reading = best_us(lambda: read(packed))
    print(f"gzip FASTQ, {BASES} bases: {reading:.2f} us a read (promised {PROMISED_READ_US})")
    print(f"  of which inflating: {best_us(lambda: inflated(packed)):.2f} us ({len(packed) / 1e6:.1f} MB)")
    print(f"plain FASTQ: {best_us(lambda: read(plain)):.2f} us")
    print(f"plain FASTA: {best_us(lambda: read(fasta)):.2f} us")
    trimming = Preparation(primers=oligos(rng))
    print(
        f"gzip FASTQ, 30 primers and 2 adapters: {best_us(lambda: read(packed, preparation=trimming)):.2f} us"
    )
    merging = 0.0
    for bases in (150, 250):
        one, two = pair(rng, READS // 3, bases)
        apart = best_us(lambda one=one: read(one)) + best_us(lambda two=two: read(two))
        merging = best_us(lambda one=one, two=two: read(one, two)) - apart
        print(f"merging 2 x {bases}: {merging:.2f} us a pair (promised {PROMISED_PAIR_US})")
    with tempfile.TemporaryDirectory() as cache:
        print(f"first block, nothing compiled: {first_block_s(packed, cache):.1f} s of CPU, imports included")
        print(f"first block, compiled before: {first_block_s(packed, cache):.1f} s")
    many = packed * 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read(many)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"memory, {20 * READS} reads instead of {READS}: {grown:.0f} MB more")
    return int(reading > PROMISED_READ_US or merging > PROMISED_PAIR_US)


if __name__ == "__main__":
    sys.exit(main())
