"""The command line as a person meets it: words in, streams and exit status out; and a clock for the tests."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from remission.cli import desk, main, standing, treatment
from remission.trial import reading

STUDY = "nct06607419"


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        said = json.loads(self.out)
        assert said["schema_version"] == 1
        return said


@pytest.fixture
def remission(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command line in this process."""
    monkeypatch.delenv("REMISSION_TRIAL", raising=False)
    monkeypatch.setenv("REMISSION_BY", "Dr Lin")

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["remission", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        code = ended.value.code
        return Answer(code if isinstance(code, int) else int(code is not None), said.out, said.err)

    return run


@pytest.fixture
def done(remission: Callable[..., Answer]) -> Callable[..., Answer]:
    """Run a command line that must succeed."""

    def run(*words: object) -> Answer:
        answer = remission(*words)
        assert answer.status == 0, answer.err
        return answer

    return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock of the command line."""

    def set_to(moment: datetime) -> None:
        for module in (desk, standing, treatment, reading):
            monkeypatch.setattr(module, "now", lambda: moment)

    return set_to


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new, real trial, to be copied."""
    folder = tmp_path_factory.mktemp("fresh") / "trial"
    program = Path(sys.executable).with_name("remission")
    subprocess.run([program, "trial", "create", STUDY, folder], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def trial(fresh: Path, tmp_path: Path, remission: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new, real trial, named by the environment."""
    folder = tmp_path / "trial"
    shutil.copytree(fresh, folder)
    monkeypatch.setenv("REMISSION_TRIAL", str(folder))
    return folder


@pytest.fixture
def seed() -> Path:
    """The registry page of the first trial."""
    page = Path(__file__).parents[2].parent / "shared" / "seed" / "NCT06607419.txt"
    if not page.is_file():
        pytest.skip("no shared seed page beside the project")
    return page
