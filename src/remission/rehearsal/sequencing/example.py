"""A small SIMULATED sequencing run to try the laboratory's commands on."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.random import Generator

from remission.errors import InputRefused
from remission.lab.sheet import Role
from remission.mrd.ngs.germline import Germline, shipped
from remission.mrd.ngs.rearrangement import Kind, Locus
from remission.rehearsal.sequencing.repertoire import clone_of, spikes_of
from remission.rehearsal.sequencing.simulate import simulate_run
from remission.rehearsal.sequencing.spec import Clone, Reading, Run, Sample

SPIKES_EACH, SPIKE_COPIES = 4, 100.0
_DIAGNOSIS_CELLS, _DIAGNOSIS_READS = 20_000, 20_000
_CONTROL_CELLS, _EMPTY_READS = 100_000, 200
_B_CELLS, _B_CELLS_AFTER = 0.2, 0.0002
"""Share of cells with a rearrangement of their own: at diagnosis, and after treatment against B cells.

So few that 60,000 reads are 25 for each template of a follow-up; with more healthy B cells a sample without
disease needs more reads before it can be called negative at 1e-6."""


def write_example(
    folder: Path, seed: int, patients: int, levels: Sequence[float], cells: int, reads: int, *, paired: bool
) -> tuple[str, ...]:
    """Write an example into a new folder; the names of its files.

    Raises
    ------
    InputRefused
        If the folder holds anything, or a level is no fraction of cells.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputRefused("the folder is not empty", where=str(folder), do="choose a new one")
    if not all(0 <= level < 1 for level in levels):
        raise InputRefused(
            f"levels {', '.join(f'{level:g}' for level in levels)}",
            where="--level",
            do="give fractions of cells",
        )
    folder.mkdir(parents=True, exist_ok=True)
    numbers = np.random.default_rng(seed)
    written: list[str] = []

    def into(name: str) -> BinaryIO:
        written.append(name)
        return (folder / name).open("wb")

    simulate_run(example(patients, levels, cells, reads, numbers, paired=paired), numbers, into)
    return tuple(written)


def example(
    patients: int, levels: Sequence[float], cells: int, reads: int, numbers: Generator, *, paired: bool
) -> Run:
    """Patients with a diagnosis and a follow-up at each level, a negative control and an empty tube."""
    germline = shipped()
    samples: list[Sample] = []
    for place in range(patients):
        samples += _patient(f"P{place + 1}", levels, cells, reads, germline, numbers)
    samples += [
        Sample("N1", "", (), _CONTROL_CELLS, {}, _B_CELLS, reads, Role.NEGATIVE),
        Sample("W1", "", (), 0, {}, 0.0, _EMPTY_READS, Role.NO_TEMPLATE),
    ]
    spikes = spikes_of(germline, SPIKES_EACH, SPIKE_COPIES, numbers)
    return Run(tuple(samples), germline, spikes, reading=Reading(paired=paired), clonotypes=5_000)


def _patient(
    name: str, levels: Sequence[float], cells: int, reads: int, germline: Germline, numbers: Generator
) -> list[Sample]:
    clones: tuple[Clone, ...] = (
        clone_of(germline, Kind.V_D_J, Locus.IGH, f"{name}-heavy", numbers),
        clone_of(germline, Kind.V_KDE, Locus.IGK, f"{name}-kappa", numbers),
    )
    diagnosis = {clone.name: 0.8 for clone in clones}
    first = Sample(
        f"{name}-D1", name, clones, _DIAGNOSIS_CELLS, diagnosis, _B_CELLS, _DIAGNOSIS_READS, Role.DIAGNOSIS
    )
    later = [
        Sample(
            f"{name}-F{number}",
            name,
            clones,
            cells,
            {clone.name: level for clone in clones} if level else {},
            _B_CELLS_AFTER,
            reads,
        )
        for number, level in enumerate(levels, 1)
    ]
    return [first, *later]
