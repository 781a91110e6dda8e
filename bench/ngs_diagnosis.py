"""From SIMULATED diagnosis samples to an index: is every clone found as it was made, and nothing invented?

Each sample holds 1 to 5 clones of any kind that 6 to 90 % of the cells bear, some with sisters (V to the
same D-J) and a V-replaced relative, and a background. Promised: every sequence whose reads are more than 7
% of those of its kind (a little above the rule's 5 %) is an index clone, with the window and the V (D,
intron) and J (Kde) gene that it was made of, unless less than 6 bases of the D of a D-J are left; no index
clone is anything but a sequence that was in the tube. Relatives that became two families are counted: a
stem needs its own bases.

Run `python bench/ngs_diagnosis.py [--samples 60]`.
"""

import argparse
import gzip
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ngs_accuracy import GERMLINE, KINDS, TURN, files_of, simulated
from numpy.random import Generator

from remission.lab.sample import Indexed, index_sample, spikes_at
from remission.lab.sheet import Role
from remission.mrd.ngs.clonotype import IndexClone
from remission.mrd.ngs.index import IndexRule, group_of
from remission.mrd.ngs.rearrangement import Kind
from remission.mrd.ngs.source import Preparation
from remission.rehearsal.sequencing.repertoire import MIX, ROUND, clone_of, family_of, spikes_of
from remission.rehearsal.sequencing.spec import Clone, Relation, Run, Sample
from remission.rehearsal.sequencing.writing import SPIKES, Truth

SURE = 0.07
READS = 60_000
FLANK = 110  # bases before D in a simulated D-J
LEAST_D = 6
"""Bases of D without which nothing says where a D-J begins: what lies before D is not in the germline set."""


@dataclass(frozen=True)
class Diagnosed:
    """One sample: what it was made of, with each sequence's share of its kind, and what was chosen."""

    name: str
    clones: tuple[Clone, ...]
    share: dict[str, float]
    found: Indexed
    background: tuple[IndexClone, ...]
    """Index clones that only background reads show: healthy clonotypes over the rule."""
    invented: tuple[IndexClone, ...]


def shares_of(truth: Sequence[Truth]) -> dict[str, float]:
    """Share of each sequence of the reads of its kind; the background's reads are shared out by kind."""
    groups: Counter[str] = Counter()
    for row in truth:
        if row.relation == Relation.BACKGROUND:
            for (kind, locus), part in MIX.items():
                groups[group_of(locus, kind)] += row.reads * part
        elif row.locus and row.relation != Relation.SPIKE:
            groups[_group(row)] += row.reads
    kept = (Relation.CLONE, Relation.SISTER, Relation.REPLACED)
    return {row.name: row.reads / groups[_group(row)] for row in truth if row.relation in kept}


def _group(row: Truth) -> str:
    kinds = {(str(kind), str(locus)): group_of(locus, kind) for kind, locus in KINDS}
    return kinds[row.kind, row.locus]


def clones_of(rng: Generator) -> tuple[tuple[Clone, ...], dict[str, float]]:
    """Clones of any kinds, with their shares of the cells."""
    clones: list[Clone] = []
    fractions: dict[str, float] = {}
    for place in range(int(rng.integers(1, 6))):
        if rng.random() < 0.35:
            made = family_of(GERMLINE, f"C{place}", int(rng.integers(0, 3)), int(rng.integers(0, 2)), rng)
        else:
            made = (clone_of(GERMLINE, *KINDS[rng.integers(len(KINDS))], f"C{place}", rng),)
        share = rng.uniform(0.06, 0.9)
        fractions |= {made[0].name: share}
        fractions |= {one.name: share * rng.uniform(0.02, 0.8) for one in made[1:]}
        clones += made
    return tuple(clones), fractions


def diagnosed(number: int, seed: int, reads: int = READS) -> Diagnosed:
    rng = np.random.default_rng([seed, 6, number])
    clones, fractions = clones_of(rng)
    sample = Sample(
        f"D{number}", "P", clones, 60_000, fractions, float(rng.uniform(0.05, 0.5)), reads, Role.DIAGNOSIS
    )
    run = Run((sample,), GERMLINE, spikes_of(GERMLINE, 3, 500, rng))
    with TemporaryDirectory() as made:
        folder = Path(made)
        truth = simulated(run, rng, folder)
        files = files_of(run, sample, folder)
        found = index_sample(
            sample.name, files, IndexRule(), GERMLINE, Preparation(), spikes_at(str(folder / SPIKES))
        )
        strange = [
            chosen for chosen in found.index.clones if not any(chosen.window in one.bases for one in clones)
        ]
        healthy = [chosen for chosen in strange if _of_background(files[0], chosen.window, truth)]
    invented = [chosen for chosen in strange if chosen not in healthy]
    return Diagnosed(sample.name, clones, shares_of(truth), found, tuple(healthy), tuple(invented))


def _of_background(path: str, window: str, truth: Sequence[Truth]) -> bool:
    """Whether the reads that show a window are nearly all of the background."""
    relation = {row.row: row.relation for row in truth}
    either = window.encode(), window.translate(TURN)[::-1].encode()
    seen: Counter[str] = Counter()
    with gzip.open(path) as file:
        for name in file:
            bases = next(file)
            next(file), next(file)
            if either[0] in bases or either[1] in bases:
                seen[relation[int(name.split()[0].rsplit(b":", 1)[1])]] += 1
    return seen[Relation.BACKGROUND] > 0.9 * seen.total()


def report(samples: Sequence[Diagnosed]) -> int:
    """Print what was measured; how often a promise was missed."""
    missed, made, healthy = 0, Counter[str](), 0
    for one in samples:
        index = one.found.index
        families: dict[str, set[str]] = {}
        for clone in one.clones:
            share = one.share.get(clone.name, 0.0)
            if share <= SURE or _crowded(one):
                made["not promised"] += 1
                continue
            if clone.kind is Kind.D_J and clone.window[0] + ROUND - FLANK < LEAST_D:
                made["D-J almost without D"] += 1
                made["of these found"] += any(found.window in clone.bases for found in index.clones)
                continue
            made["promised"] += 1
            chosen = [found for found in index.clones if found.window in clone.bases]
            if len(chosen) != 1:
                missed += 1
                print(f"{one.name} {clone.name} {clone.kind} share {share:.3f}: {len(chosen)} index clones")
                continue
            families.setdefault(clone.of, set()).add(chosen[0].family)
            made["found"] += 1
            genes = _genes(clone, chosen[0])
            made[genes] += 1
            if genes == "other gene":
                missed += 1
                part = chosen[0].clonotype.rearrangement
                print(
                    f"{one.name} {clone.five} {clone.three}: called {part.five.alleles} {part.three.alleles}"
                )
        made["families"] += sum(len(names) > 0 for names in families.values())
        made["families split"] += sum(len(names) > 1 for names in families.values())
        healthy += len(one.background)
        for chosen in one.invented:
            missed += 1
            print(f"{one.name} {chosen.name}: invented, {chosen.clonotype.reads} reads, {chosen.window}")
    print(dict(made), f"healthy clonotypes over the rule: {healthy}")
    return missed


def _crowded(one: Diagnosed) -> bool:
    """More than ten clones qualify."""
    return sum(share > 0.05 for share in one.share.values()) > 10


def _genes(clone: Clone, chosen: IndexClone) -> str:
    part = chosen.clonotype.rearrangement
    pairs = ((clone.five, part.five), (clone.three, part.three))
    if all(name.split("*")[0] == call.gene for name, call in pairs):
        return "genes right"
    tied = all(name.split("*")[0] in {a.split("*")[0] for a in call.alleles} for name, call in pairs)
    return "genes among equals" if tied else "other gene"


def main(words: argparse.Namespace) -> int:
    start = time.process_time()
    missed = report([diagnosed(number, words.seed) for number in range(words.samples)])
    print(f"{words.samples} samples, CPU {time.process_time() - start:.0f} s; promises missed: {missed}")
    return int(missed > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(main(parser.parse_args()))
