"""Annotation: curated rearrangements, agreement with BLAST on 1000 real reads, and reads per second.

BLAST is the search under IgBLAST: `blastn` and `makeblastdb` are taken from the folder in REMISSION_BLAST, or
from the PATH; without them that part says so. V and J of a read are each its best hits, all of equal score.
Real data lie in ../shared; the reads that anchoring is timed on are invented, from a fixed seed.
"""

import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from remission.mrd.ngs.anchoring import anchored
from remission.mrd.ngs.annotate import annotate
from remission.mrd.ngs.bases import Codes, decode, encode
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.germline import Segment, shipped
from remission.mrd.ngs.rearrangement import NoCall, Rearrangement
from remission.mrd.ngs.search import Searcher, searcher

ROOT = Path(__file__).parents[1]
READS = ROOT.parent / "shared" / "data" / "ngs" / "abstar_test" / "test_1k.fasta"
PROMISED_ANCHOR_US = 3.3
"""Half of what a core has for one read at 150,000 reads a second."""


def module_of(path: Path):
    """A test module, for its parser and its judgement."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def curated(search: Searcher) -> None:
    tests = module_of(ROOT / "tests" / "mrd_ngs" / "test_ngs_curated.py")
    if not tests.CURATED.is_dir():
        print("curated sequences: ../shared is not here")
        return
    rows = [tests.judged(search, entry) for entry in tests.curated()]
    table = Counter((row.entry.group, row.verdict) for row in rows)
    print("group   right  missed  not in the germline set")
    for group in ("IGH", "IGK", "IGL", "Kde", "D-J"):
        print(f"{group:6}", *(f"{table[group, word]:7d}" for word in ("right", "missed", "not-in-set")))
    for row in rows:
        if row.verdict != "right":
            print(f"  {row.verdict}: {row.entry.header[:70]} -> {row.said}")


def blast(tool: str, folder: Path, search: Searcher, segment: Segment, word: int) -> dict[str, set[str]]:
    """The genes of the best hits (all of equal score) of every read."""
    database = folder / segment.value
    alleles = [a for a in search.germline.alleles if a.segment is segment]
    database.write_text("".join(f">{a.name}\n{a.bases}\n" for a in alleles))
    make = str(Path(tool).with_name("makeblastdb"))
    subprocess.run([make, "-in", database, "-dbtype", "nucl"], check=True, stdout=subprocess.DEVNULL)
    options = ["-reward", "1", "-penalty", "-1", "-gapopen", "3", "-gapextend", "2", "-word_size", str(word)]
    columns = "6 qseqid sseqid score"
    answer = subprocess.run(
        [tool, "-query", READS, "-db", database, "-outfmt", columns, "-evalue", "0.05", *options],
        check=True,
        capture_output=True,
        text=True,
    )
    best: defaultdict[str, tuple[int, set[str]]] = defaultdict(lambda: (0, set()))
    for line in answer.stdout.splitlines():
        read, allele, score = line.split("\t")
        if int(score) > best[read][0]:
            best[read] = (int(score), set())
        if int(score) == best[read][0]:
            best[read][1].add(allele.split("*")[0])
    return {read: genes for read, (_, genes) in best.items()}


def seconds(act) -> tuple[float, object]:
    """CPU seconds of this process and of what it ran."""
    before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    result = act()
    after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return (
        sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True)),
        result,
    )


def against_blast(search: Searcher) -> None:
    if not READS.exists():
        print("real reads: ../shared is not here")
        return
    parts = READS.read_text().split(">")[1:]
    reads = {part.split()[0]: encode("".join(part.split("\n")[1:])) for part in parts}
    annotate(search, next(iter(reads.values())))
    ours_cpu, ours = seconds(lambda: {name: annotate(search, codes) for name, codes in reads.items()})
    called = {name: row for name, row in ours.items() if isinstance(row, Rearrangement)}
    print(f"1000 real reads: {len(called)} called, ", end="")
    print(dict(Counter(row.reason.value for row in ours.values() if isinstance(row, NoCall))))
    print(
        f"annotate: {1e3 * ours_cpu / len(reads):.2f} ms of CPU a read, {len(reads) / ours_cpu:.0f} reads/s"
    )
    folder = os.environ.get("REMISSION_BLAST")
    tool = shutil.which("blastn", path=folder)
    if tool is None or shutil.which("makeblastdb", path=folder) is None:
        print("BLAST is not here: no comparison")
        return
    with tempfile.TemporaryDirectory() as made:
        v_cpu, v = seconds(lambda: blast(tool, Path(made), search, Segment.V, 11))
        j_cpu, j = seconds(lambda: blast(tool, Path(made), search, Segment.J, 7))
    theirs_cpu = v_cpu + j_cpu
    print(
        f"blastn, V and J only: {1e3 * theirs_cpu / len(reads):.2f} ms a read, "
        f"{theirs_cpu / ours_cpu:.2f} of what annotate takes"
    )
    for segment, theirs in ((Segment.V, v), (Segment.J, j)):
        agree, apart = 0, []
        for name, row in called.items():
            part = row.five if segment is Segment.V else row.three
            if row.kind.value.startswith("V") and theirs.get(name):
                genes = {allele.split("*")[0] for allele in part.alleles}
                agree += bool(genes & theirs[name])
                if not genes & theirs[name]:
                    apart.append(
                        f"  {segment} {name}: we {part.alleles[:2]}, {part.mismatches} differ; "
                        f"blastn {sorted(theirs[name])[:3]}"
                    )
        print(f"{segment} genes agree in {agree} of {agree + len(apart)}")
        print(*apart[:25], sep="\n")


def invented(search: Searcher, rng: np.random.Generator, count: int) -> list[Codes]:
    """Reads of 250 bases of complete IGH rearrangements, 0.2 % errors, either strand."""
    of = {
        s: [a.bases for a in search.germline.alleles if a.segment is s and a.locus == "IGH"] for s in Segment
    }
    reads: list[Codes] = []
    for _ in range(count):
        v, d, j = (of[s][rng.integers(len(of[s]))] for s in (Segment.V, Segment.D, Segment.J))
        n1, n2 = (decode(rng.integers(0, 4, rng.integers(0, 12)).astype(np.uint8)) for _ in range(2))
        codes = encode((v[: -rng.integers(1, 6)] + n1 + d[3:-3] + n2 + j[rng.integers(0, 8) :])[-250:]).copy()
        wrong = rng.random(len(codes)) < 0.002
        codes[wrong] = (codes[wrong] + 1) % 4
        reads.append(codes if rng.random() < 0.5 else (3 - codes[::-1]).astype(np.uint8))
    return reads


def anchoring(search: Searcher) -> float:
    reads = invented(search, np.random.default_rng(1), 20_000)
    length = np.array([len(read) for read in reads], dtype=np.int32)
    at = (np.cumsum(length) - length).astype(np.int64)
    block = Block(1, np.concatenate(reads), at, at, length)
    anchored(search, block)
    times: list[float] = []
    for _ in range(5):
        begun = time.process_time()
        anchored(search, block)
        times.append(1e6 * (time.process_time() - begun) / len(block))
    print(f"anchoring: {min(times):.2f} us of CPU a read (promised {PROMISED_ANCHOR_US})")
    return min(times)


def main() -> int:
    search = searcher(shipped())
    curated(search)
    against_blast(search)
    return 0 if anchoring(search) <= PROMISED_ANCHOR_US else 1


if __name__ == "__main__":
    raise SystemExit(main())
