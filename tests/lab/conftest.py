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
