"""The first shipped study, and one child whom it admits on day 26, changed question by question."""

import io
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from remission.mrd.result import COUNTS_ONLY, Denominator, MrdResult, from_flow_counts
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.screening.facts import Facts, Happening, Known, Measured, Value
from remission.screening.judge import Judge
from remission.studies import files
from remission.terms.evidence import Evidence

DAY_ONE = date(2026, 3, 1)
ON = date(2026, 3, 26)
EARLIER = date(2026, 3, 20)
ANSWERS: dict[str, Value] = {
    "birth_date": date(2019, 5, 2),
    "sex": "female",
    "induction_start": DAY_ONE,
    "weight": Decimal("21.5"),
    "height": Decimal(117),
    "wbc": Decimal("12.4"),
    "morphology_all": True,
    "immunophenotype": "B-ALL",
    "sigm_positive": False,
    "risk": "intermediate",
    "consent_understood": True,
    "from_cml": False,
    "down_syndrome": False,
    "congenital_disease": False,
    "secondary_leukaemia": False,
    "cns_status": "CNS1",
    "epilepsy": False,
    "immunodeficiency": False,
    "metabolic_disease": False,
    "heart_insufficiency": False,
}
LIST_OF = {
    "glucocorticoid": "prior_therapy",
    "abl_inhibitor": "prior_therapy",
    "chemotherapy": "prior_therapy",
    "radiotherapy": "prior_therapy",
    "convulsion": "seizures",
}
CLOSED = {"prior_therapy": ON, "seizures": ON}
Had = tuple[str, date, date] | tuple[str, date, date, str]


@cache
def shipped(name: str) -> Study:
    raw = files(name).joinpath("study.toml").read_bytes()
    return read_study(io.BytesIO(raw), name="study.toml")


def flow(found: int, cells: int, flags: tuple[str, ...] = ()) -> MrdResult:
    counted = (Denominator("nucleated cells", cells),)
    evidence = Evidence("flow counts", "1.0")
    return from_flow_counts(
        found, counted, "nucleated cells", evidence, flags=(COUNTS_ONLY, "cd19-independent-gate", *flags)
    )


def child(
    *,
    had: tuple[Had, ...] = (),
    closed: Mapping[str, date] = CLOSED,
    d19: MrdResult | None = None,
    no_result: bool = False,
    reported: date = EARLIER,
    d46: MrdResult | None = None,
    missed: frozenset[str] = frozenset(),
    told: date = EARLIER,
    **changed: Value | None,
) -> Facts:
    answers = {fact: value for fact, value in {**ANSWERS, **changed}.items() if value is not None}
    lists: dict[str, tuple[Happening, ...]] = {}
    for kind, first, last, *purpose in had:
        lists[LIST_OF[kind]] = (*lists.get(LIST_OF[kind], ()), Happening(kind, first, last, *purpose))
    results: dict[tuple[str, str], Measured] = {}
    if not no_result:
        results["flow", "d19"] = Measured(d19 or flow(2400, 512_000), reported)
    if d46 is not None:
        results["flow", "d46"] = Measured(d46, date(2026, 4, 17))
    known = {fact: Known(value, told) for fact, value in answers.items()}
    return Facts(known, lists, closed, results, missed)


@pytest.fixture(scope="session")
def study() -> Study:
    return shipped("nct06607419")


@pytest.fixture(scope="session")
def judge(study: Study) -> Judge:
    return Judge(study)


@pytest.fixture(scope="session")
def make_child() -> Callable[..., Facts]:
    return child


@pytest.fixture(scope="session")
def counted() -> Callable[..., MrdResult]:
    return flow


@pytest.fixture(scope="session")
def second() -> Study:
    return shipped("nct03441061")
