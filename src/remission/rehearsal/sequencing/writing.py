"""The files beside the reads: spikes, run sheet and truth, each saying that it is SIMULATED."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields

from remission.rehearsal.sequencing.spec import SIMULATED, Run, Sample


@dataclass(frozen=True, slots=True)
class Truth:
    """One row of the truth: reads of `sample` whose template was in the tube of `tube`.

    `asked`: fraction of cells, copies of a spike, or share of reads that are unrelated. `templates`: in this
    sample's tube (0 for what hopped in). `reads`: written, chimeras not among them; `changed` of these have
    an error in the window, `cut` do not hold it whole. `chimeras`: reads whose last part comes from here;
    `in_chimeras` of these show this row's window whole. `left_out`: background reads drawn, not written.
    """

    row: int
    sample: str
    tube: str
    name: str
    relation: str
    of: str
    kind: str
    locus: str
    asked: float
    templates: int
    reads: int
    changed: int
    cut: int
    chimeras: int
    in_chimeras: int
    left_out: int
    window: str


def truth_csv(rows: Sequence[Truth]) -> str:
    """The truth table; its first line says what it is."""
    out = io.StringIO()
    out.write(f"# {SIMULATED}: truth of simulated reads\n")
    lines = csv.writer(out, lineterminator="\n")
    names = [field.name for field in fields(Truth)]
    lines.writerow(names)
    lines.writerows([getattr(row, name) for name in names] for row in rows)
    return out.getvalue()


def spikes_fasta(run: Run) -> str:
    """The spikes of a run, as the laboratory's list of them."""
    return "".join(
        f">{spike.clone.name} locus={spike.clone.locus} copies={spike.copies:g} origin={SIMULATED}\n"
        f"{spike.clone.bases}\n"
        for spike in run.spikes
    )


def names_of(run: Run, sample: Sample) -> tuple[str, ...]:
    """The names of the files of one sample's reads."""
    ending = "fastq" if run.plain else "fastq.gz"
    return tuple(
        f"{SIMULATED}-{sample.name}_R{mate}.{ending}" for mate in ((1, 2) if run.reading.paired else (1,))
    )


def run_sheet(run: Run) -> str:
    """Samples, patients and files of a run."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["sample", "patient", "r1", "r2", "cells"])
    for sample in run.samples:
        first, second, *_ = (*names_of(run, sample), "")
        lines.writerow([sample.name, sample.patient, first, second, sample.cells])
    return out.getvalue()
