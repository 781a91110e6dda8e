"""What sequencing finds, and what it invents, in SIMULATED runs whose every template is known.

From files to the answer, by the laboratory's own functions: index from a diagnosis sample, every sample of
a run searched for the clones of all, the run held against itself, each sample measured. Promised: of the
reads of a clone 99 % counted; the mean level within 3 standard errors of the truth; its 95 % interval holds
the truth in 93-97 % of 200 samples (more at 1e-6, where three templates are a coarse scale); a unique clone
at 1e-6 of 3M cells found in 93 % (95.0 % of tubes hold a template of it); in 200 samples without disease
nothing found.

Every tube holds 3M cells, 1 % of them with a rearrangement of their own, 3 spikes a locus of 100 copies
each. DNA is weighed with an error of 5 %, as `measure` assumes. In dilutions 1 % of the background's reads
is written, the others are counted as `other`; samples without disease are written in full.

Run `python bench/ngs_accuracy.py [dilutions] [depth] [thinning] [negatives] [--runs 10]`.
"""

import argparse
import gzip
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.random import Generator

from remission.lab.sample import follow_up_evidence, index_sample, spikes_at, targets, track_sample
from remission.lab.sheet import Role
from remission.mrd.limits import PG_PER_GENOME
from remission.mrd.ngs.blank import from_controls
from remission.mrd.ngs.clonotype import Index, IndexClone
from remission.mrd.ngs.crosscheck import SampleKind, Sequenced, cross_check
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.index import IndexRule
from remission.mrd.ngs.measure import ASSUMED_MASS_CV, measure
from remission.mrd.ngs.measured import CloneLevel, Measured
from remission.mrd.ngs.source import Preparation
from remission.mrd.ngs.tally import Tally
from remission.rehearsal.sequencing.repertoire import MIX, clone_of, spikes_of
from remission.rehearsal.sequencing.simulate import simulate_run
from remission.rehearsal.sequencing.spec import Clone, Run, Sample
from remission.rehearsal.sequencing.writing import SPIKES, Truth, names_of
from remission.terms.evidence import Evidence

GERMLINE = shipped()
LEVELS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
KINDS = tuple(MIX)
CELLS, BACKGROUND, SPIKES_EACH, COPIES = 3_000_000, 0.01, 3, 100
PER_RUN = 20
THIN = 0.01
UNIQUE = 1e-3
"""A clone that a million healthy rearrangements match so seldom is one that chance does not hide."""
ASKED = Fraction("0.000001")
TURN = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Patient:
    """Clones of one patient, what was chosen from them, and the index clone of each (by the clone's name)."""

    name: str
    clones: tuple[Clone, ...]
    index: Index
    chosen: Mapping[str, IndexClone]


@dataclass(frozen=True)
class Seen:
    """One clone in one sample: the truth beside what was measured."""

    sample: str
    clone: Clone
    chosen: IndexClone
    fraction: float
    templates: int
    reads: int
    hopped: int
    hopping_expected: float
    level: CloneLevel
    alone: CloneLevel
    """The same with two negative controls only, no run."""
    raw: float
    """The level by all reads counted, the limit of blank aside."""
    exact_50: int | None

    @property
    def unique(self) -> bool:
        return self.chosen.uniqueness.by_chance < UNIQUE


def matched(clones: Sequence[Clone], index: Index) -> dict[str, IndexClone]:
    """The index clone of each clone: the one whose window its bases hold."""
    return {clone.name: chosen for clone in clones for chosen in index.clones if chosen.window in clone.bases}


def simulated(run: Run, rng: Generator, folder: Path) -> tuple[Truth, ...]:
    return simulate_run(run, rng, lambda name: (folder / name).open("wb"))


def files_of(run: Run, sample: Sample, folder: Path) -> list[str]:
    return [str(folder / name) for name in names_of(run, sample)]


def patient_of(name: str, clones: tuple[Clone, ...], rng: Generator) -> Patient:
    """Index a diagnosis that holds the clones alone, sequenced apart from all else."""
    sample = Sample(f"{name}-dx", name, clones, 6_000, {clone.name: 0.15 for clone in clones}, 0.0, 4_000)
    run = Run((sample,), GERMLINE)
    with TemporaryDirectory() as made:
        simulated(run, rng, Path(made))
        found = index_sample(
            sample.name, files_of(run, sample, Path(made)), IndexRule(), GERMLINE, Preparation()
        )
    return Patient(name, clones, found.index, matched(clones, found.index))


def reads_for(fractions: Mapping[str, float], per_template: float) -> int:
    spikes = SPIKES_EACH * COPIES * 3
    return round(per_template * (CELLS * (BACKGROUND + sum(fractions.values())) + spikes))


def tracked(run: Run, sample: Sample, owner: str, looked_for: tuple, truth: Sequence[Truth], folder: Path):
    """The tally of a sample, and its files; background reads that were not written count as `other`."""
    found = track_sample(sample.name, files_of(run, sample, folder), owner, looked_for, Preparation())
    tally = found.tally
    left_out = sum(row.left_out for row in truth if row.sample == sample.name)
    fates = {**tally.fates, Fate.OTHER: tally.fates.get(Fate.OTHER, 0) + left_out}
    return replace(tally, fates=fates), found.seen


def holding_50(path: str, clone: Clone, row: int) -> int:
    """Reads of one row of the truth that show the 50 bases round the middle of the joint, unchanged."""
    middle = sum(clone.window) // 2
    window = clone.bases[middle - 25 : middle + 25]
    either = window.encode(), window.translate(TURN)[::-1].encode()
    found = 0
    with gzip.open(path) as file:
        for name in file:
            bases = next(file)
            next(file), next(file)
            if int(name.split()[0].rsplit(b":", 1)[1]) == row:
                found += either[0] in bases or either[1] in bases
    return found


def run_through(
    run: Run,
    patients: Mapping[str, Patient],
    rng: Generator,
    exact: Sequence[int] = (),
    diagnoses: bool = False,
) -> list[Seen]:
    """Simulate a run, search and measure every follow-up; `diagnoses`: indexes come from the run itself."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        truth = simulated(run, rng, folder)
        if diagnoses:
            patients = {
                patient.name: indexed(patient, run, folder, spikes_at(str(folder / SPIKES)))
                for patient in patients.values()
            }
        spikes = spikes_at(str(folder / SPIKES))
        looked_for = targets([patient.index for patient in patients.values()], spikes)
        tallies: dict[str, Tally] = {}
        evidence: dict[str, Evidence] = {}
        for sample in run.samples:
            owner = patients[sample.patient].index.sample if sample.patient else ""
            tallies[sample.name], read = tracked(run, sample, owner, looked_for, truth, folder)
            evidence[sample.name] = follow_up_evidence(
                [one.ref for one in read], Preparation(), {}, simulated=True
            )
        kinds = {Role.DIAGNOSIS: SampleKind.DIAGNOSIS, Role.FOLLOW_UP: SampleKind.FOLLOW_UP}
        check = cross_check(
            [
                Sequenced(
                    patients[sample.patient].index.sample if sample.patient else "",
                    tallies[sample.name],
                    kinds.get(sample.role, SampleKind.CONTROL),
                )
                for sample in run.samples
            ],
            {
                (patient.index.sample, clone.name): clone.uniqueness.by_chance
                for patient in patients.values()
                for clone in patient.index.clones
            },
        )
        controls = [tallies[sample.name] for sample in run.samples if sample.role is Role.NEGATIVE]
        seen: list[Seen] = []
        for number, sample in enumerate(run.samples):
            if sample.role is not Role.FOLLOW_UP:
                continue
            patient, tally = patients[sample.patient], tallies[sample.name]
            ng = CELLS * PG_PER_GENOME / 1000 * rng.gamma(1 / ASSUMED_MASS_CV**2, ASSUMED_MASS_CV**2)

            def measured(
                backgrounds, foreign=(), patient=patient, tally=tally, ng=ng, sample=sample
            ) -> Measured:
                return measure(
                    patient.index, tally, spikes, ng, threshold=ASKED, required_lod=ASKED,
                    backgrounds=backgrounds, foreign=foreign, evidence=evidence[sample.name],
                )  # fmt: skip

            full = measured(check.backgrounds[sample.name], check.foreign[sample.name])
            alone = measured(from_controls(patient.index, controls))
            paths = files_of(run, sample, folder)
            seen += _beside(sample, patient, full, alone, truth, check, paths[0] if number in exact else "")
        return seen


def indexed(patient: Patient, run: Run, folder: Path, spikes) -> Patient:
    sample = next(one for one in run.samples if one.patient == patient.name and one.role is Role.DIAGNOSIS)
    index = index_sample(
        sample.name, files_of(run, sample, folder), IndexRule(), GERMLINE, Preparation(), spikes
    ).index
    return replace(patient, index=index, chosen=matched(patient.clones, index))


def _beside(sample, patient, full: Measured, alone: Measured, truth: Sequence[Truth], check, path: str):
    per_template = {spike.locus: spike.reads_per_template for spike in full.spikes}
    for clone in patient.clones:
        chosen = patient.chosen.get(clone.name)
        if chosen is None:
            continue
        rows = [row for row in truth if row.sample == sample.name and row.name == clone.name]
        own = [row for row in rows if row.tube == sample.name]
        hopped = sum(row.reads + row.in_chimeras for row in rows if row.tube != sample.name)
        level = next(one for one in full.clones if one.name == chosen.name)
        yield Seen(
            sample.name, clone, chosen, sample.fractions.get(clone.name, 0.0),
            sum(row.templates for row in own), sum(row.reads + row.in_chimeras for row in own), hopped,
            check.backgrounds[sample.name][chosen.name].hopped,
            level, next(one for one in alone.clones if one.name == chosen.name),
            level.reads / per_template[str(clone.locus)] / full.cells,
            holding_50(path, clone, own[0].row) if path and own else None,
        )  # fmt: skip


def controls_of(number: int, reads: int) -> list[Sample]:
    return [
        Sample(f"N{place}", "", (), CELLS, {}, BACKGROUND, reads, Role.NEGATIVE) for place in range(number)
    ]


def diluted(
    rng: Generator,
    levels: Sequence[float],
    per_template: float,
    samples: int = PER_RUN,
    kinds: Sequence = KINDS,
) -> tuple:
    """A run of patients with a clone of another kind at each level, and two negative controls."""
    patients: dict[str, Patient] = {}
    made: list[Sample] = []
    for number in range(samples):
        name = f"P{number}"
        clones = tuple(
            clone_of(GERMLINE, *kinds[(number + place) % len(kinds)], f"{name}-{place}", rng)
            for place in range(len(levels))
        )
        patients[name] = patient_of(name, clones, rng)
        fractions = {clone.name: level for clone, level in zip(clones, levels, strict=True)}
        reads = reads_for(fractions, per_template)
        made.append(Sample(f"S{number}", name, clones, CELLS, fractions, BACKGROUND, reads))
    samples_ = (*made, *controls_of(2, reads_for({}, per_template)))
    spikes = spikes_of(GERMLINE, SPIKES_EACH, COPIES, rng)
    return Run(samples_, GERMLINE, spikes, background_share=THIN), patients


def dilution_run(number: int, seed: int) -> list[Seen]:
    """A clone of every level in each sample; in every sixth sample 50 bases are looked for unchanged, too."""
    rng = np.random.default_rng([seed, 1, number])
    run, patients = diluted(rng, LEVELS, 10)
    return run_through(run, patients, rng, range(number % 6, PER_RUN, 6))


def depth_run(number: int, seed: int, per_template: float) -> list[Seen]:
    """Five clones of 1e-6 in each sample, half of them V-D-J."""
    rng = np.random.default_rng([seed, 2, number])
    kinds = [kind for other in KINDS[1:] for kind in (KINDS[0], other)]
    run, patients = diluted(rng, (1e-6,) * 5, per_template, kinds=kinds)
    return run_through(run, patients, rng)


def negatives_run(number: int, seed: int, per_template: float = 10) -> tuple[str, list[Seen]]:
    """Samples without disease, the background in full; in every other run beside the owners' diagnoses."""
    rng = np.random.default_rng([seed, 4, number])
    reads = reads_for({}, per_template)
    beside = number % 2 == 1
    hopping = 1e-3 if number % 4 == 3 else 1e-4
    patients: dict[str, Patient] = {}
    made: list[Sample] = []
    for place in range(PER_RUN):
        name = f"P{place}"
        clones = tuple(
            clone_of(GERMLINE, *KINDS[(place + at) % len(KINDS)], f"{name}-{at}", rng) for at in range(5)
        )
        if beside:
            shares = dict(zip((clone.name for clone in clones), rng.uniform(0.06, 0.9, 5), strict=True))
            made.append(Sample(f"D{place}", name, clones, 100_000, shares, 0.2, 200_000, Role.DIAGNOSIS))
            patients[name] = Patient(name, clones, None, {})  # type: ignore[arg-type]
        else:
            patients[name] = patient_of(name, clones, rng)
        made.append(Sample(f"S{place}", name, clones, CELLS, {}, BACKGROUND, reads))
    made += controls_of(2, reads)
    spikes = spikes_of(GERMLINE, SPIKES_EACH, COPIES, rng)
    run = Run(tuple(made), GERMLINE, spikes, hopping=hopping)
    word = f"beside the diagnosis, hopping {hopping:g}" if beside else "diagnosis sequenced apart"
    return word, run_through(run, patients, rng, diagnoses=beside)


def thinning(seed: int) -> int:
    """The same three samples with 1 % of their background and with all of it: do the clones' reads differ?"""
    counted: list[list[Seen]] = []
    for share in (THIN, 1.0):
        rng = np.random.default_rng([seed, 3])
        run, patients = diluted(rng, LEVELS, 10, samples=3)
        counted.append(run_through(replace(run, background_share=share), patients, rng))
    missed = 0
    print("\nlevel, kind, matches by chance in a million | thinned: reads counted | in full: reads counted")
    for thin, full in zip(*counted, strict=True):
        pair = [f"{one.level.reads} of {one.reads + one.hopped}" for one in (thin, full)]
        kind = f"{thin.clone.locus} {thin.clone.kind}"
        print(f"{thin.fraction:g}, {kind}, {thin.chosen.uniqueness.by_chance:.2g} | {pair[0]} | {pair[1]}")
        missed += thin.unique and full.level.reads < 0.99 * (full.reads + full.hopped)
    return missed


def report_dilutions(seen: Sequence[Seen]) -> int:
    """Print recovery, mean level and coverage by level; how often a promise was missed."""
    missed = 0
    print("\nlevel | samples | reads counted | 50 bases unchanged | mean of measured / true | interval holds")
    for level in LEVELS:
        its = [one for one in seen if one.fraction == level]
        counted = sum(one.level.reads for one in its) / sum(one.reads + one.hopped for one in its)
        looked = [one for one in its if one.exact_50 is not None]
        exact = sum(one.exact_50 or 0 for one in looked) / max(sum(one.reads for one in looked), 1)
        # What chance adds to a clone that is not unique is no error of the measurement.
        ratio = np.array([one.raw / level for one in its if one.unique or level >= 1e-4])
        error = float(ratio.std() / np.sqrt(len(ratio)))
        held = [one.level.lower <= level <= one.level.upper for one in its]
        print(
            f"{level:g} | {len(its)} | {counted:.5f} (99 %) | {exact:.3f} | {ratio.mean():.3f} "
            f"+- {error:.3f} | {sum(held)} of {len(held)}: {np.mean(held):.3f} "
            f"+- {binomial_error(held):.3f} (93-97 %)"
        )
        missed += counted < 0.99
        missed += abs(ratio.mean() - 1) > 3 * error
        doubt, most = 2 * binomial_error(held), 1.0 if level < 3e-6 else 0.97
        missed += not 0.93 - doubt <= np.mean(held) <= most + doubt
    print("reads counted, by kind: all levels together; the worst clone with 1,000 reads or more")
    for kind, locus in KINDS:
        its = [one for one in seen if (one.clone.kind, one.clone.locus) == (kind, locus)]
        counted = sum(one.level.reads for one in its) / sum(one.reads + one.hopped for one in its)
        worst = min(one.level.reads / (one.reads + one.hopped) for one in its if one.reads >= 1000)
        print(f"{locus} {kind}: {counted:.5f}; {worst:.5f}")
    for word, short in (("N of less than 10 bases", True), ("N of 10 bases or more", False)):
        its = [one for one in seen if (n_bases(one) < 10) is short]
        print(
            f"{word}: {sum(one.level.reads for one in its) / sum(one.reads + one.hopped for one in its):.5f}"
        )
    return missed


def n_bases(seen: Seen) -> int:
    """Bases that nobody encoded."""
    return sum(end - start for start, end in seen.chosen.clonotype.rearrangement.n_regions)


def binomial_error(held: Sequence[bool]) -> float:
    share = float(np.mean(held))
    return float(np.sqrt(share * (1 - share) / len(held)))


def report_depth(per_template: float, seen: Sequence[Seen]) -> int:
    """Print how often a clone at 1e-6 was found; whether the promise was missed."""
    its = [one for one in seen if one.unique]
    found = [one.level.templates > 0 for one in its]
    alone = [one.alone.templates > 0 for one in its]
    there = np.mean([one.templates > 0 for one in its])
    blanks = [one.level.lob_reads for one in its], [one.alone.lob_reads for one in its]
    others = [one for one in seen if not one.unique]
    print(
        f"{per_template:g} | {len(its)} | {there:.3f} | {np.mean(found):.3f} +- {binomial_error(found):.3f} "
        f"(blank {np.median(blanks[0]):g}) | {np.mean(alone):.3f} (blank {np.median(blanks[1]):g}) | "
        f"{np.mean([one.level.templates > 0 for one in others]):.3f} of {len(others)}"
    )
    return int(per_template >= 10 and np.mean(found) + 2 * binomial_error(found) < 0.93)


def report_negatives(seen: Mapping[str, Sequence[Seen]]) -> int:
    """Print what was found where nothing is; in how many samples."""
    missed = 0
    for word, its in seen.items():
        called = {(one.sample, id(one.clone)) for one in its if one.level.templates > 0}
        alone = sum(one.alone.templates > 0 for one in its)
        some = [one for one in its if one.level.reads > 0]
        blank = np.median([one.level.lob_reads for one in its])
        print(
            f"{word}: {len(its)} clones, {len(some)} with reads (most "
            f"{max(one.level.reads for one in its)}), median limit of blank {blank:g}; "
            f"found {len(called)}, by two controls alone {alone}"
        )
        missed += len(called)
    return missed


def main(words: argparse.Namespace) -> int:
    parts = words.parts or ["dilutions", "depth", "thinning", "negatives"]
    missed, start, runs = 0, time.process_time(), range(words.runs)
    if "dilutions" in parts:
        missed += report_dilutions([one for run in runs for one in dilution_run(run, words.seed)])
    if "depth" in parts:
        print(
            "\nreads per template | unique clones at 1e-6 | with a template | found | by two controls alone |"
        )
        print("clones that are not unique: found")
        for per_template in (2, 5, 10, 20):
            seen = [one for run in runs for one in depth_run(run, words.seed, per_template)]
            missed += report_depth(per_template, seen)
    if "thinning" in parts:
        missed += thinning(words.seed)
    if "negatives" in parts:
        print("\nwithout disease")
        everything: dict[str, list[Seen]] = {}
        for per_template, run in product((10, 2), runs):
            word, seen = negatives_run(run, words.seed, per_template)
            everything.setdefault(f"{per_template} reads per template, {word}", []).extend(seen)
        missed += report_negatives(everything)
    print(f"CPU {time.process_time() - start:.0f} s; promises missed: {missed}")
    return int(missed > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--runs", type=int, default=10, help="of 20 samples each")
    parser.add_argument("--seed", type=int, default=1)
    sys.exit(main(parser.parse_args()))
