from pathlib import Path

import pytest

from remission.protocol.read_study import read_study
from remission.protocol.study import Treatment

SHIPPED = Path(__file__).parents[2] / "src/remission/studies/nct06607419/study.toml"


@pytest.fixture(scope="session")
def treatment() -> Treatment:
    with SHIPPED.open("rb") as stream:
        return read_study(stream, name="study.toml").treatment
