"""What sequencing costs: the commands themselves, from 100,000 to 30 million reads, beside other programs.

SIMULATED reads: 250 bases, diagnosis and follow-up of one invented patient. Every line is a process of its
own from start to end, imports included: processor time (neighbours do not count), time on the clock, and the
highest memory. Promised: 400,000 reads a second and core tracked, 150,000 clonotyped, 600 MB, a first result
within 10 s where nothing is compiled and 2 s where it is. The rates are judged from the
smallest file to the largest, so that the second or two of the start count once, and not in the rate.

Beside them, on the same reads and one thread each: `igzip` or `zcat` with `wc -l` (the least anything can
take), `vsearch` (identical reads counted, then denoised: no V, no J), `igblastn` with the same germline (an
AIRR table of each read). Debian has isal and vsearch; its igblast package holds no igblastn: a folder with
igblastn, makeblastdb and internal_data goes into REMISSION_IGBLAST. What is not here is said and left out.

Run `python bench/ngs_speed.py [--full]`: with `--full` 10 and 30 million reads too (20 minutes, 7 GB).
"""

import argparse
import gzip
import itertools
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TRACKED, CLONOTYPED, PEAK_MB, FIRST_S, AGAIN_S = 400_000, 150_000, 600, 10.0, 2.0
FEW, MANY, FULL = 100_000, 1_000_000, (10_000_000, 30_000_000)
SINGLE = 2_000
"""Reads that are annotated one by one."""

REMISSION = [Path(sys.executable).with_name("remission")]
DIAGNOSIS, FOLLOW_UP = "SIMULATED-D1_R1.fastq.gz", "SIMULATED-F1_R1.fastq.gz"
SPIKES, INDEX = "SIMULATED-spikes.fasta", "index.json"


@dataclass(frozen=True)
class Cost:
    """Of one process and its children."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def cost(*words: str | Path, **settings: str) -> Cost:
    """Run a command to its end."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=said, stderr=said, env={**os.environ, **settings})
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(map(str, words))}\n{said.read().decode()}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - begun, used.ru_maxrss / 1024)


def simulate(folder: Path, reads: int, follow_up: bool) -> None:
    """Write one sample of so many reads and the spikes; the diagnosis as an index too where it is small."""
    import numpy as np

    from remission.lab.sheet import Role
    from remission.mrd.ngs.germline import shipped
    from remission.mrd.ngs.rearrangement import Kind, Locus
    from remission.rehearsal.sequencing.repertoire import clone_of, spikes_of
    from remission.rehearsal.sequencing.simulate import simulate_run
    from remission.rehearsal.sequencing.spec import Run, Sample

    numbers, germline = np.random.default_rng(20261122), shipped()
    kinds = (
        (Locus.IGH, Kind.V_D_J),
        (Locus.IGH, Kind.D_J),
        (Locus.IGK, Kind.V_J),
        (Locus.IGK, Kind.V_KDE),
        (Locus.IGL, Kind.V_J),
    )
    clones = tuple(clone_of(germline, kind, locus, f"{locus} {kind}", numbers) for locus, kind in kinds)
    shares = {clone.name: 1e-3 if follow_up else 0.3 for clone in clones}
    sample = (
        Sample("F1", "P", clones, 3_080_000, shares, 0.02, reads)
        if follow_up
        else Sample("D1", "P", clones, 200_000, shares, 0.5, reads, Role.DIAGNOSIS)
    )
    run = Run((sample,), germline, spikes_of(germline, 4, 100.0, numbers))
    simulate_run(run, numbers, lambda name: (folder / name).open("wb"))


def made(folder: Path, reads: int, *, follow_up: bool) -> Path:
    """The file of a sample, made by a process of its own: memory of this one counts for its children."""
    process = multiprocessing.get_context("spawn").Process(target=simulate, args=(folder, reads, follow_up))
    process.start()
    process.join()
    return folder / (FOLLOW_UP if follow_up else DIAGNOSIS)


def index(reads: Path, cores: int = 1, **settings: str) -> Cost:
    """`remission ngs index`, written over what was there."""
    output = reads.with_name(INDEX)
    output.unlink(missing_ok=True)
    return cost(*REMISSION, "ngs", "index", reads, "-o", output, "--cores", str(cores), **settings)


def track(reads: Path, cores: int = 1, **settings: str) -> Cost:
    """`remission ngs track` with the index that lies beside the reads."""
    output = reads.with_name("result.json")
    output.unlink(missing_ok=True)
    spikes = ("--spike", reads.with_name(SPIKES), "--dna-ng", "20020")
    words = (reads.with_name(INDEX), reads, "-o", output, *spikes, "--cores", str(cores))
    return cost(*REMISSION, "ngs", "track", *words, **settings)


def row(what: str, reads: int, spent: Cost) -> float:
    """Print a line of the table; reads a second and core."""
    rate = reads / spent.cpu_s
    print(
        f"{what:<34}{reads:>12,}{spent.cpu_s:>10.1f}{spent.wall_s:>10.1f}{rate:>12,.0f}{spent.peak_mb:>9.0f}",
        flush=True,
    )
    return rate


def first_results(folder: Path) -> bool:
    """Both commands where nothing is compiled, and again; whether both promises hold."""
    kept = True
    for name, act, reads in (("index", index, folder / DIAGNOSIS), ("track", track, folder / FOLLOW_UP)):
        with tempfile.TemporaryDirectory() as cache:
            for when, promised in (("nothing compiled", FIRST_S), ("compiled before", AGAIN_S)):
                spent = act(reads, NUMBA_CACHE_DIR=cache)
                print(
                    f"first result of {name} ({FEW:,} reads), {when}: {spent.cpu_s:.1f} s of CPU,"
                    f" {spent.wall_s:.1f} s on the clock (promised {promised:.0f})"
                )
                kept &= spent.cpu_s <= promised
    return kept


def tool(name: str) -> str | None:
    """Where another program is."""
    return shutil.which(name, path=os.environ.get("REMISSION_IGBLAST")) or shutil.which(name)


def floor(reads: Path, count: int) -> None:
    """Inflate and count lines."""
    unzip = tool("igzip") or "zcat"
    row(f"{Path(unzip).name} | wc -l", count, cost("sh", "-c", f"{unzip} -dc < '{reads}' | wc -l"))


def vsearch(reads: Path, count: int) -> float:
    """Identical reads counted on both strands, then denoised: reads a second, 0 where it is not here."""
    if tool("vsearch") is None:
        print("vsearch is not here: no comparison")
        return 0.0
    unique = reads.with_name("unique.fasta")
    counting = ("--fastx_uniques", reads, "--strand", "both", "--sizeout", "--fastaout", unique)
    denoising = ("--cluster_unoise", unique, "--sizein", "--centroids", reads.with_name("denoised.fasta"))
    first = cost("vsearch", *counting, "--threads", "1")
    row("vsearch, identical reads", count, first)
    second = cost("vsearch", *denoising, "--strand", "both", "--threads", "1")
    both = Cost(first.cpu_s + second.cpu_s, first.wall_s + second.wall_s, max(first.peak_mb, second.peak_mb))
    return row("vsearch, and denoised", count, both)


def annotated_singly(reads: Path) -> tuple[float, float]:
    """An AIRR table of some reads, one by one: our reads a second, and igblastn's (0: not here)."""
    fasta = reads.with_name("some.fasta")
    with gzip.open(reads, "rt") as lines, fasta.open("w") as some:
        for number, line in enumerate(itertools.islice(lines, 1, 4 * SINGLE, 4)):
            some.write(f">{number}\n{line}")
    ours = row("remission ngs annotate --airr", SINGLE, cost(*REMISSION, "ngs", "annotate", fasta, "--airr"))
    igblastn, makeblastdb = tool("igblastn"), tool("makeblastdb")
    if igblastn is None or makeblastdb is None:
        print("igblastn is not here: no comparison")
        return ours, 0.0
    from remission.mrd.ngs.germline import Segment, shipped

    words: list[str | Path] = []
    for segment in (Segment.V, Segment.D, Segment.J):
        base = reads.with_name(f"germline-{segment.value}")
        alleles = [allele for allele in shipped().alleles if allele.segment is segment]
        base.write_text("".join(f">{allele.name}\n{allele.bases}\n" for allele in alleles))
        cost(makeblastdb, "-in", base, "-dbtype", "nucl", "-parse_seqids")
        words += [f"-germline_db_{segment.value}", base, f"-num_alignments_{segment.value}", "1"]
    folder = str(Path(igblastn).resolve().parent)
    words += ["-organism", "human", "-outfmt", "19", "-num_threads", "1", "-query", fasta]
    spent = cost(igblastn, *words, "-out", reads.with_name("igblast.tsv"), IGDATA=folder)
    return ours, row("igblastn, AIRR table", SINGLE, spent)


def two_cores(folder: Path) -> None:
    for name, act, reads in (("index", index, folder / DIAGNOSIS), ("track", track, folder / FOLLOW_UP)):
        one, two = act(reads, 1).wall_s, act(reads, 2).wall_s
        print(f"{name}, {MANY:,} reads: {one:.1f} s on the clock with one core, {two:.1f} with two")


def peers(diagnosis: Path, rates: dict[str, float]) -> None:
    """Other programs on a million reads, and on some of them one by one."""
    floor(diagnosis, MANY)
    rates["vsearch"] = vsearch(diagnosis, MANY)
    rates["annotated singly"], rates["igblastn"] = annotated_singly(diagnosis)


def growth(folder: Path, sizes: tuple[int, ...], rates: dict[str, float]) -> float:
    """The table: both commands at each size; the highest memory of any."""
    peak, spent = 0.0, dict[str, list[float]](clonotyped=[], tracked=[])
    print(f"{'':<34}{'reads':>12}{'CPU s':>10}{'clock s':>10}{'reads/s':>12}{'peak MB':>9}")
    for reads in sizes:
        diagnosis = made(folder, reads, follow_up=False)
        indexing = index(diagnosis)
        row("remission ngs index", reads, indexing)
        if reads == MANY:
            peers(diagnosis, rates)
        elif reads > MANY:
            diagnosis.unlink()
        tracking = track(made(folder, reads, follow_up=True))
        row("remission ngs track", reads, tracking)
        spent["clonotyped"].append(indexing.cpu_s)
        spent["tracked"].append(tracking.cpu_s)
        peak = max(peak, indexing.peak_mb, tracking.peak_mb)
        if reads == MANY:
            two_cores(folder)
    for what, seconds in spent.items():
        rates[what] = (sizes[-1] - sizes[0]) / (seconds[-1] - seconds[0])
    return peak


def main(words: argparse.Namespace) -> int:
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=words.folder) as made_here:
        folder = Path(made_here)
        made(folder, FEW, follow_up=False)
        made(folder, FEW, follow_up=True)
        kept = first_results(folder)
        index(folder / DIAGNOSIS)
        track(folder / FOLLOW_UP)
        kept &= growth(folder, (FEW, MANY, *(FULL if words.full else ())), rates) <= PEAK_MB
    print(f"tracked: {rates['tracked']:,.0f} reads a second and core (promised {TRACKED:,})")
    print(f"clonotyped: {rates['clonotyped']:,.0f} reads a second and core (promised {CLONOTYPED:,})")
    for ours, peer in (
        ("clonotyped", "vsearch"),
        ("annotated singly", "igblastn"),
        ("clonotyped", "igblastn"),
    ):
        if rates[peer]:
            print(f"{ours} / {peer}: {rates[ours] / rates[peer]:.3g}")
    return int(not kept or rates["tracked"] < TRACKED or rates["clonotyped"] < CLONOTYPED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="10 and 30 million reads too")
    parser.add_argument("--folder", help="where the files are made for a while")
    sys.exit(main(parser.parse_args()))
