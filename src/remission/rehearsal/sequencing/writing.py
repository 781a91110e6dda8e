"""The files beside the reads: spikes, run sheet and truth, each saying that it is SIMULATED."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields

from remission.mrd.limits import PG_PER_GENOME
from remission.rehearsal.sequencing.repertoire import ROUND
from remission.rehearsal.sequencing.spec import SIMULATED, Run, Sample

TRUTH = f"{SIMULATED}-truth.csv"
SPIKES = f"{SIMULATED}-spikes.fasta"
SHEET = f"{SIMULATED}-run-sheet.csv"


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
    """The spikes of a run, as the laboratory's list of them: their window is the drawn bases."""
    lines: list[str] = []
    for spike in run.spikes:
        clone, (start, end) = spike.clone, spike.clone.window
        facts = f"locus={clone.locus} copies={spike.copies:g} window={start + ROUND + 1}-{end - ROUND}"
        lines += [f">{clone.name} {facts} origin={SIMULATED}", clone.bases]
    return "".join(f"{line}\n" for line in lines)


def names_of(run: Run, sample: Sample) -> tuple[str, ...]:
    """The names of the files of one sample's reads."""
    ending = "fastq" if run.plain else "fastq.gz"
    mates = (1, 2) if run.reading.paired else (1,)
    return tuple(f"{SIMULATED}-{sample.name}_R{mate}.{ending}" for mate in mates)


def run_sheet(run: Run) -> str:
    """The sheet of the run, as the laboratory reads it; DNA at 6.5 pg for each cell."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(["sample", "patient", "role", "r1", "r2", "dna_ng", "spike"])
    for sample in run.samples:
        first, second, *_ = (*names_of(run, sample), "")
        ng = f"{sample.cells * PG_PER_GENOME / 1000:.10g}"
        spikes = SPIKES if run.spikes else ""
        lines.writerow([sample.name, sample.patient, sample.role, first, second, ng, spikes])
    return out.getvalue()
