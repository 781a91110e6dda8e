"""Near neighbours at 100 times the clone, in SIMULATED samples: are they counted, and is it said why?

A decoy has the segments and N lengths of its clone and differs by 1 to 4 substitutions between the joints.
Promised, for 2 to 4: reads counted beyond the clone's own stay within the limit of blank, with the clone
there (1e-5 beside 1e-3) and without (the decoy alone at 1e-4 and 1e-3: no call); the tolerance names a
neighbour. `at its place`: it names one exactly so many substitutions away. Of a decoy whose substitutions
fall on all seeds only those reads are looked at that errors brought nearer: then these are named. A decoy
at one substitution is measured, and nothing promised.

Run `python bench/ngs_decoys.py [--runs 5]`.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from ngs_accuracy import (
    BACKGROUND,
    CELLS,
    COPIES,
    GERMLINE,
    KINDS,
    SPIKES_EACH,
    THIN,
    Patient,
    Seen,
    controls_of,
    patient_of,
    reads_for,
    run_through,
)
from numpy.random import Generator

from remission.mrd.ngs.bases import decode, encode
from remission.rehearsal.sequencing.repertoire import ROUND, clone_of, spikes_of
from remission.rehearsal.sequencing.spec import Clone, Relation, Run, Sample

SCENES = ((1e-5, 1e-3), (0.0, 1e-4), (0.0, 1e-3))
"""Levels of clone and decoy."""
_NAMED = re.compile(r"a neighbour at (\d) substitutions? with [\d,]+ reads")


@dataclass(frozen=True)
class Tried:
    """One clone beside its decoy."""

    apart: int
    scene: tuple[float, float]
    seen: Seen

    @property
    def excess(self) -> int:
        """Reads counted that are not the clone's."""
        return self.seen.level.reads - self.seen.reads - self.seen.hopped

    @property
    def named(self) -> int:
        """The distance of the neighbour that the tolerance names; 0 where it names none."""
        said = _NAMED.search(self.seen.level.tolerance.why.en)
        return int(said[1]) if said else 0


def decoy_of(clone: Clone, window: str, apart: int, rng: Generator) -> Clone:
    """Changed where nobody encoded the bases, as far as the window that is followed holds them."""
    codes = encode(clone.bases).copy()
    first, start, end = clone.bases.index(window), *clone.window
    joint = np.arange(max(first, start + ROUND - 2), min(first + len(window), end - ROUND + 2))
    at = rng.choice(joint, apart, replace=False)
    codes[at] = (codes[at] + rng.integers(1, 4, apart)) % 4
    name = f"{clone.name}-decoy"
    return replace(clone, name=name, relation=Relation.DECOY, bases=decode(codes))


def one_run(
    number: int, seed: int, apart: Sequence[int] = (1, 2, 3, 4), per_template: float = 10
) -> list[Tried]:
    """A sample for each distance and scene, with a clone of every kind and its decoy."""
    rng = np.random.default_rng([seed, 5, number])
    patients: dict[str, Patient] = {}
    samples: list[Sample] = []
    meant: dict[str, tuple[int, tuple[float, float]]] = {}
    for away in apart:
        for scene in SCENES:
            name = f"P{len(samples)}"
            clones = tuple(clone_of(GERMLINE, *kind, f"{name}-{n}", rng) for n, kind in enumerate(KINDS))
            patients[name] = patient_of(name, clones, rng)
            chosen = patients[name].chosen
            clones = tuple(clone for clone in clones if clone.name in chosen)
            decoys = tuple(decoy_of(clone, chosen[clone.name].window, away, rng) for clone in clones)
            fractions = {decoy.name: scene[1] for decoy in decoys}
            if scene[0]:
                fractions |= {clone.name: scene[0] for clone in clones}
            sample = f"S{len(samples)}"
            meant[sample] = away, scene
            reads = reads_for(fractions, per_template)
            samples.append(Sample(sample, name, (*clones, *decoys), CELLS, fractions, BACKGROUND, reads))
    spikes = spikes_of(GERMLINE, SPIKES_EACH, COPIES, rng)
    everything = (*samples, *controls_of(2, reads_for({}, per_template)))
    run = Run(everything, GERMLINE, spikes, background_share=THIN)
    return [Tried(*meant[seen.sample], seen) for seen in run_through(run, patients, rng)]


def report(tried: Sequence[Tried]) -> int:
    """Print what was measured; how often a promise was missed."""
    missed = 0
    print(
        "substitutions | clone, decoy | clones | excess reads: mean, most | over the blank | found "
        "| named | at its place"
    )
    for apart in (1, 2, 3, 4):
        for scene in SCENES:
            its = [one for one in tried if one.apart == apart and one.scene == scene]
            excess = [one.excess for one in its]
            over = sum(one.excess > one.seen.level.lob_reads for one in its)
            found = sum(one.seen.level.templates > 0 for one in its)
            named = sum(one.named > 0 for one in its)
            there = sum(one.named == apart for one in its)
            print(
                f"{apart} | {scene[0]:g}, {scene[1]:g} | {len(its)} | {np.mean(excess):.2f}, {max(excess)} | "
                f"{over} | {found} | {named} | {there}"
            )
            if apart > 1:
                missed += over + (len(its) - named) + (found if scene[0] == 0 else 0)
    return missed


def main(words: argparse.Namespace) -> int:
    tried = [one for number in range(words.runs) for one in one_run(number, words.seed)]
    return int(report(tried) > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(main(parser.parse_args()))
