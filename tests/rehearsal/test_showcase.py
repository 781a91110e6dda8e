"""A rehearsal in which one sample is sequenced for real: simulated reads through the laboratory's engine."""

from pathlib import Path

import pytest

from remission.conduct import events as ev
from remission.mrd.result import MrdResult
from remission.rehearsal.rehearse import rehearse, reuse
from remission.rehearsal.script import script
from remission.trial.sequenced import sequenced
from remission.trial.trial import Trial


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reads") / "trial"
    rehearse(script("nct06607419"), 7, place, participants=4, reads=True)
    return place


def results(trial: Trial) -> list[MrdResult]:
    return [
        item.event.result
        for participant in trial.participants().values()
        for item in participant.all(ev.MrdReported)
        if isinstance(item.event, ev.MrdReported) and item.event.result.method == "ngs"
    ]


def test_one_sample_leads_back_to_its_reads(folder: Path) -> None:
    trial = Trial.open(folder)
    behind = [(result, found) for result in results(trial) if (found := sequenced(trial, result)) is not None]
    ((result, found),) = behind
    assert len(results(trial)) > 1
    assert result.evidence.simulated and found.measured.result.level == result.level
    assert found.index is not None
    assert {clone.name for clone in found.index.clones} == {"IGH-1", "IGK-1"}
    assert found.listed is not None and found.listed.sample == found.index.sample
    names = [file.name for file in result.evidence.files]
    assert sum(name.endswith(".fastq.gz") for name in names) == 2
    assert all("SIMULATED" in name for name in names if name.endswith((".gz", ".fasta")))
    assert trial.files.verify(result.evidence.files)
    assert found.measured.reads_total == 12_000


def test_it_is_another_rehearsal_than_one_without_reads(folder: Path) -> None:
    assert reuse(script("nct06607419"), 7, folder, participants=4, reads=True)
    assert not reuse(script("nct06607419"), 7, folder, participants=4)
