"""A result held against a threshold as the study's assay demands it."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from remission.mrd import own_flags
from remission.mrd.calls import Call
from remission.mrd.result import (
    COUNTS_ONLY,
    Denominator,
    Method,
    MrdResult,
    from_flow_counts,
    from_ngs_counts,
)
from remission.protocol.answering import answered
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.terms.evidence import Evidence

LIMIT = Decimal("0.0001")
GATE = "cd19-independent-gate"


@pytest.fixture(scope="module")
def shipped() -> Study:
    folder = Path(__file__).parents[2] / "src" / "remission" / "studies" / "nct06607419"
    with (folder / "study.toml").open("rb") as stream:
        return read_study(stream, name="study.toml")


@pytest.fixture
def flow() -> Callable[..., MrdResult]:
    def made(found: int, cells: int, *flags: str, primary: str = "nucleated cells") -> MrdResult:
        evidence = Evidence("counts", "1")
        return from_flow_counts(
            found, (Denominator(primary, cells),), primary, evidence, flags=(COUNTS_ONLY, *flags)
        )

    return made


@pytest.mark.parametrize(
    ("point", "found", "cells", "flags", "call"),
    [
        ("d46", 0, 500_000, (GATE,), Call.NEGATIVE),
        ("d46", 0, 500_000, (), Call.NOT_EVALUABLE),  # the gate is not stated: never negative
        ("d46", 0, 500_000, ("cd19-only-gate",), Call.NOT_EVALUABLE),
        ("d46", 0, 500_000, (GATE, "cd19-only-gate"), Call.NOT_EVALUABLE),
        ("d46", 0, 500_000, (GATE, "hemodilute"), Call.NOT_EVALUABLE),
        ("d46", 5000, 500_000, (), Call.POSITIVE),  # seen is seen, by whatever gate
        ("d46", 5000, 500_000, ("cd19-only-gate", "hemodilute"), Call.POSITIVE),
        ("d46", 0, 199_999, (GATE,), Call.NOT_EVALUABLE),
        ("d46", 0, 200_000, (GATE,), Call.NEGATIVE),
        ("d19", 0, 500_000, (), Call.NEGATIVE),  # before the drug no such gate is asked for
        ("d19", 0, 500_000, ("cd19-only-gate",), Call.NEGATIVE),
        ("d19", 0, 500_000, ("hemodilute",), Call.NOT_EVALUABLE),
        ("d19", 600, 500_000, ("hemodilute",), Call.POSITIVE),
    ],
)
def test_flow(
    shipped: Study, flow: Callable[..., MrdResult], point: str, found: int, cells: int,
    flags: tuple[str, ...], call: Call,
) -> None:  # fmt: skip
    assert answered(shipped, point, flow(found, cells, *flags), LIMIT, LIMIT).call is call


@pytest.mark.parametrize("primary", ["mononuclear cells", "CD19 positive cells"])
@pytest.mark.parametrize("found", [0, 5, 5000])
def test_another_denominator_answers_nothing(
    shipped: Study, flow: Callable[..., MrdResult], primary: str, found: int
) -> None:
    answer = answered(shipped, "d46", flow(found, 500_000, GATE, primary=primary), LIMIT, LIMIT)
    assert answer.call is Call.NOT_EVALUABLE
    assert "nucleated cells" in answer.reason.en and "有核细胞" in answer.reason.zh


@pytest.mark.parametrize(
    ("flags", "call"),
    [
        ((), Call.NEGATIVE),
        (("no-index-clone",), Call.NOT_EVALUABLE),
        (("contaminated",), Call.NOT_EVALUABLE),
        (("weak-spikes",), Call.NOT_EVALUABLE),
        (("hemodilute",), Call.NOT_EVALUABLE),
        (("stem-only",), Call.NOT_EVALUABLE),
        (("reads-too-short",), Call.NOT_EVALUABLE),
    ],
)
def test_sequencing(shipped: Study, flags: tuple[str, ...], call: Call) -> None:
    limit = Decimal("0.000001")
    result = from_ngs_counts(
        0, 3_000_000, Evidence("counts", "1"), loq_templates=10, flags=(COUNTS_ONLY, *flags)
    )
    assert answered(shipped, "d46", result, limit, limit).call is call


def test_a_method_the_study_does_not_plan_answers_nothing(
    shipped: Study, flow: Callable[..., MrdResult]
) -> None:
    without = replace(shipped, assays=tuple(assay for assay in shipped.assays if assay.method != "flow"))
    assert answered(without, "d46", flow(0, 500_000, GATE), LIMIT, LIMIT).call is Call.NOT_EVALUABLE


@pytest.mark.parametrize("flag", sorted(own_flags.BLINDING[Method.FLOW]))
@pytest.mark.parametrize(("found", "call"), [(0, Call.NOT_EVALUABLE), (5000, Call.POSITIVE)])
def test_what_a_measurement_raises_by_itself_blinds_whatever_the_study_lists(
    shipped: Study, flow: Callable[..., MrdResult], flag: str, found: int, call: Call
) -> None:
    assert {
        "uncompensated",
        "time-fault",
        "unstable-signal",
        "rests-on-flagged-events",
    } <= own_flags.BLINDING[Method.FLOW]
    for point in ("d19", "d46"):
        assert answered(shipped, point, flow(found, 500_000, GATE, flag), LIMIT, LIMIT).call is call
