"""The sequential probability ratio test against gsDesign and by its likelihood ratio."""

import json
import math
from pathlib import Path

import pytest

from remission.errors import InputRefused
from remission.stats.designs.sprt import sprt
from remission.stats.designs.staged import operating

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"
# gsDesign 3.4.0 binomialSPRT(p0 = .05, p1 = .25, alpha = .1, beta = .15, minn = 10, maxn = 35)
LOWER = [0] * 6 + [1] * 8 + [2] * 8 + [3] * 4
UPPER = [3] * 5 + [4] * 8 + [5] * 7 + [6] * 6


def test_boundaries_as_gsdesign() -> None:
    found = sprt(0.05, 0.25, 0.1, 0.15, 10, 35)
    assert (list(found.lower), list(found.upper), list(found.sizes)) == (LOWER, UPPER, list(range(10, 36)))
    if REFERENCE.exists():
        rows = json.loads(REFERENCE.read_text())
        want = next(row["value"] for row in rows if row["id"] == "binomialSPRT_.05_.25")
        assert (want["a"], want["b"], want["n"]) == (LOWER, UPPER, list(range(10, 36)))


def test_boundaries_are_where_the_likelihood_ratio_passes_walds_limits() -> None:
    p0, p1, alpha, beta = 0.3, 0.5, 0.05, 0.1
    found = sprt(p0, p1, alpha, beta, 1, 120)
    for n, low, high in zip(found.sizes, found.lower, found.upper, strict=True):
        ratios = [(p1 / p0) ** x * ((1 - p1) / (1 - p0)) ** (n - x) for x in range(n + 1)]
        accepts = [x for x, ratio in enumerate(ratios) if ratio <= beta / (1 - alpha)]
        rejects = [x for x, ratio in enumerate(ratios) if ratio >= (1 - beta) / alpha]
        assert low == (accepts[-1] if accepts else None)
        assert high == (rejects[0] if rejects else None)


def test_walds_bounds_on_the_errors() -> None:
    found = sprt(0.3, 0.5, 0.05, 0.1, 1, 400)
    assert found.null.rejects <= 0.05 / 0.9
    assert 1 - found.truth.rejects <= 0.1 / 0.95
    assert found.null == operating(found.staged, 0.3)
    assert math.isclose(sum(found.truth.futility) + sum(found.truth.efficacy), 1, abs_tol=1e-12)


def test_it_prints_and_draws() -> None:
    found = sprt(0.05, 0.25, 0.1, 0.15, 10, 35)
    assert "≥ 6" in found.text() and "Wald 1947" in found.html("zh")
    assert len(found.chart().lines[0].points) == 26


@pytest.mark.parametrize(
    "asked", [(0.3, 0.5, 0.6, 0.5, 1, 9), (0.3, 0.5, 0.05, 0.1, 9, 3), (0.3, 0.5, 0.05, 0.1, 1, 2)]
)
def test_impossible_questions_are_refused(asked: tuple) -> None:
    with pytest.raises(InputRefused):
        sprt(*asked)
