"""A result carries its proof, or is refused."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused, InvariantBroken, Refusal
from remission.mrd.result import (
    COUNTS_ONLY,
    Denominator,
    Method,
    MrdResult,
    from_flow_counts,
    from_ngs_counts,
)
from remission.stats.rates.proportions import clopper_pearson
from remission.terms.evidence import Evidence, FileRef, Setting

EVIDENCE = Evidence("gated by hand", "1", (FileRef("tube1.fcs", "a" * 64, 10),), (Setting("panel", "B"),))
EXAMINED = (Denominator("nucleated cells", 500_000), Denominator("mononuclear cells", 300_000))


def flow(found: int = 45) -> MrdResult:
    return from_flow_counts(found, EXAMINED, "nucleated cells", EVIDENCE)


def test_flow_from_counts() -> None:
    result = flow()
    assert (result.level, result.exact_level, result.cells) == (45 / 500_000, Fraction(9, 100_000), 500_000)
    assert (result.lod, result.loq) == (4e-5, 1e-4)
    interval = clopper_pearson(45, 500_000)
    assert (result.lower, result.upper) == (interval.lower, interval.upper)
    assert result.evidence.files == EVIDENCE.files
    rule = Setting("limits", "LOD 20/N, LOQ 50/N, N = nucleated cells (unverified rule)")
    assert result.evidence.settings == (Setting("panel", "B"), rule)


def test_the_denominator_changes_the_level_and_the_limits() -> None:
    other = from_flow_counts(45, EXAMINED, "mononuclear cells", EVIDENCE, lod_events=30, loq_events=60)
    assert (other.level, other.lod, other.loq) == (45 / 300_000, 30 / 300_000, 60 / 300_000)


def test_nothing_found_has_an_upper_limit_of_three_over_n() -> None:
    for result in (flow(0), from_ngs_counts(0, 500_000, EVIDENCE, loq_templates=10)):
        assert (result.level, result.lower) == (0.0, 0.0)
        assert result.upper * 500_000 == pytest.approx(3.0, rel=0, abs=0.05)


def test_ngs_from_counts() -> None:
    result = from_ngs_counts(5, 3_000_000, EVIDENCE, loq_templates=10)
    assert (result.method, result.primary) == (Method.NGS, "cell equivalents")
    assert result.lower * 3e6 == pytest.approx(1.62, rel=0, abs=5e-3)  # Garwood
    assert result.upper * 3e6 == pytest.approx(11.67, rel=0, abs=5e-3)
    assert result.lod == pytest.approx(-math.log(0.05) / 3e6, rel=1e-15)
    assert result.loq == 10 / 3e6
    assert from_ngs_counts(2.4, 10, EVIDENCE, loq_templates=5).exact_level == Fraction(2.4) / 10


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_every_honest_count_makes_a_result(case: tuple[int, int]) -> None:
    found, cells = case
    made = from_flow_counts(found, (Denominator("cells", cells),), "cells", EVIDENCE)
    assert 0 <= made.lower <= made.level <= made.upper <= 1
    sequenced = from_ngs_counts(found / 3, cells, EVIDENCE, loq_templates=10)
    assert 0 <= sequenced.lower <= sequenced.level <= sequenced.upper


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"found": -1}, InputRefused, "-1 found"),
        ({"found": 45.0}, InputRefused, r"45\.0 events"),
        ({"found": math.nan}, InputRefused, "nan found"),
        ({"found": 500_001}, InvariantBroken, "500001 events found among 500000 cells"),
        ({"level": 8.9e-5}, InvariantBroken, "is not 45 / 500000"),
        ({"level": math.nan}, InputRefused, "level nan"),
        ({"lower": 9.1e-5}, InvariantBroken, "outside"),
        ({"upper": 8.9e-5}, InvariantBroken, "outside"),
        ({"upper": math.inf}, InputRefused, "upper inf"),
        ({"lower": -1e-9}, InputRefused, "lower -1e-09"),
        ({"lod": 2e-4}, InvariantBroken, r"LOD 0\.0002, LOQ 0\.0001"),
        ({"lod": 0.0}, InvariantBroken, r"LOD 0\.0"),
        ({"loq": math.nan}, InputRefused, "LOQ nan"),
        ({"primary": "blasts"}, InvariantBroken, "'blasts' names 0 of 2 denominators"),
        ({"examined": ()}, InvariantBroken, "names 0 of 0"),
        ({"examined": (*EXAMINED, EXAMINED[1])}, InvariantBroken, "name each denominator, once"),
        ({"examined": (*EXAMINED, Denominator("", 1))}, InvariantBroken, "name each denominator, once"),
        ({"examined": (*EXAMINED, Denominator("T cells", -1))}, InputRefused, "-1 T cells"),
        ({"method": "pcr"}, InputRefused, "'pcr' is not a method"),
        ({"evidence": Evidence("typed", "1")}, InputRefused, "no file stands behind this result"),
    ],
)
def test_what_contradicts_itself_is_refused(
    change: dict[str, object], kind: type[Refusal], words: str
) -> None:
    with pytest.raises(kind, match=words) as refusal:
        replace(flow(), **change)  # type: ignore[arg-type]
    assert type(refusal.value) is kind


def test_counts_without_files_must_say_so() -> None:
    told = from_flow_counts(0, EXAMINED, "nucleated cells", Evidence("letter", "1"), flags=(COUNTS_ONLY,))
    assert told.evidence.files == ()


def test_no_cells_is_no_result() -> None:
    with pytest.raises(InputRefused, match="0 cells examined"):
        from_flow_counts(0, (Denominator("cells", 0),), "cells", EVIDENCE)
    with pytest.raises(InputRefused, match="0 cell equivalents examined"):
        from_ngs_counts(0, 0, EVIDENCE, loq_templates=10)


def test_a_count_that_cannot_be_is_refused_before_any_interval() -> None:
    with pytest.raises(InvariantBroken, match="11 events found among 10 cells"):
        from_flow_counts(11, (Denominator("cells", 10),), "cells", EVIDENCE)
    with pytest.raises(InputRefused, match="nan found"):
        from_ngs_counts(math.nan, 10, EVIDENCE, loq_templates=10)


def test_a_sequencing_lod_that_its_cells_cannot_carry_is_refused() -> None:
    shallow = from_ngs_counts(0, 1000, EVIDENCE, loq_templates=10)
    with pytest.raises(InvariantBroken, match="lower than 1,000 cells can show"):
        replace(shallow, lod=1e-9)


def test_more_templates_than_cells_can_hold_are_refused() -> None:
    assert from_ngs_counts(200, 100, EVIDENCE, loq_templates=10).level == 2.0
    with pytest.raises(InvariantBroken, match="1e\\+300 templates found in 100 cells"):
        from_ngs_counts(1e300, 100, EVIDENCE, loq_templates=10)
