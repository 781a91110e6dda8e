"""A small SIMULATED run, written once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from remission.lab.asked import asked_at
from remission.lab.jobs import How
from remission.lab.sheet import Sheet, read_sheet
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.index import IndexRule
from remission.mrd.ngs.source import Preparation
from remission.rehearsal.sequencing.example import write_example


@dataclass(frozen=True)
class Example:
    """Where the files lie; two patients, a follow-up at 1 % and one without disease each, controls."""

    folder: Path

    def file(self, sample: str) -> Path:
        return self.folder / f"SIMULATED-{sample}_R1.fastq.gz"

    @property
    def spikes(self) -> Path:
        return self.folder / "SIMULATED-spikes.fasta"

    def sheet(self) -> Sheet:
        path = self.folder / "SIMULATED-run-sheet.csv"
        return read_sheet(path.read_bytes(), name=path.name, address=str(path))


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Example:
    folder = tmp_path_factory.mktemp("sequencer") / "run"
    write_example(folder, 7, 2, (1e-2, 0.0), 50_000, 8_000, paired=False)
    return Example(folder)


@pytest.fixture
def how() -> Callable[..., How]:
    def made(threshold: str = "1e-4", share: float = 0.05) -> How:
        return How(IndexRule(share=share), asked_at(threshold), shipped(), Preparation())

    return made


@pytest.fixture(scope="session")
def marrow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SIMULATED marrow of 60,000 events with 1 % of blasts that lost CD19, as an FCS file."""
    import numpy as np

    from remission.mrd.flow.fcs.writing import write_fcs
    from remission.rehearsal.cytometry.clones import clone_of
    from remission.rehearsal.cytometry.simulate import simulate
    from remission.rehearsal.cytometry.spec import Cd19, Look, Marrow, MarrowSpec

    numbers = np.random.default_rng(3)
    clone = clone_of(Look.TYPICAL, Cd19.LOST, numbers)
    made = simulate(MarrowSpec(Marrow.BLINATUMOMAB, 60_000, clone, 0.01), numbers)
    path = tmp_path_factory.mktemp("marrow") / "SIMULATED-S1.fcs"
    with path.open("wb") as file:
        write_fcs(file, made.events, labels=made.labels, ranges=made.ranges, keywords=made.keywords)
    return path
