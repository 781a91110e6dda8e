from datetime import date
from pathlib import Path

import pytest

from remission.rehearsal.play import Rehearsal
from remission.rehearsal.rehearse import rehearse
from remission.rehearsal.report import Report
from remission.rehearsal.script import Script, script

SEED = 7
PARTICIPANTS = 25


@pytest.fixture(scope="session")
def children() -> Script:
    return script("nct06607419")


@pytest.fixture(scope="session")
def adults() -> Script:
    return script("nct03441061")


@pytest.fixture(scope="session")
def played(children: Script, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """A rehearsal of 25 children, cut off early enough to be quick."""
    folder = tmp_path_factory.mktemp("rehearsed") / "trial"
    return folder, rehearse(children, SEED, folder, participants=PARTICIPANTS, until=date(2027, 1, 31))


@pytest.fixture(scope="session")
def report(played: tuple[Path, Report]) -> Report:
    return played[1]


@pytest.fixture(scope="session")
def rehearsal(report: Report) -> Rehearsal:
    return report.rehearsal
