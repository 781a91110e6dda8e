from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from remission.protocol.read_study import read_study
from remission.protocol.study import DoseRule, DoseStep, DoseTable, Source, Treatment
from remission.terms.words import Mark

SHIPPED = Path(__file__).parents[2] / "src/remission/studies/nct06607419/study.toml"


@pytest.fixture(scope="session")
def treatment() -> Treatment:
    with SHIPPED.open("rb") as stream:
        return read_study(stream, name="study.toml").treatment


@pytest.fixture(scope="session")
def single(treatment: Treatment) -> Treatment:
    """Single doses in mg/m2, no low level, no premedication."""
    source = Source(Mark.UNVERIFIED, "made up for a test")
    steps = tuple(
        DoseStep(name, day, 1, (DoseRule(Decimal(0), source, per_m2=Decimal(amount)),))
        for name, day, amount in (("d1", 1, "0.8"), ("d8", 8, "0.5"), ("d22", 22, "0.6"))
    )
    return replace(
        treatment,
        drug="other",
        mode="single",
        unit="mg",
        tables=(DoseTable(date(2020, 1, 1), steps),),
        premedication=(),
    )
