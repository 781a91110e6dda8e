"""A rate written shorter than it was counted lowers no bar: nothing is tested below its counts."""

from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest

from remission.protocol.study import Study
from remission.results.analysis import analyse
from remission.stats.rates.proportions import critical_value


def counted(study: Study, p0: str, responders: int, of: int) -> Study:
    rate = replace(study.control.rates[0], p0=Decimal(p0), responders=responders, of=of)
    return replace(study, control=replace(study.control, rates=(rate, *study.control.rates[1:])))


@pytest.mark.parametrize(
    ("p0", "responders", "of", "bar"),
    [("0.70", 141, 200, 0.705), ("0.71", 141, 200, 0.71), ("0.70", 210, 300, 0.70)],
)
def test_the_higher_of_p0_and_its_counts_is_tested(
    study: Study, build: SimpleNamespace, p0: str, responders: int, of: int, bar: float
) -> None:
    found = analyse(counted(study, p0, responders, of), build.golden(), build.AS_OF)
    assert found.numbers["control.flow_negative.p0"].value == pytest.approx(bar, abs=1e-12)
    n = found.numbers["endpoint.flow_negative.itt.n"].value
    assert isinstance(n, int)
    alpha = float(study.design.alpha)
    assert found.numbers["endpoint.flow_negative.itt.critical"].value == critical_value(n, bar, alpha)


def test_the_printed_type_1_error_is_that_of_the_children_counted(
    study: Study, build: SimpleNamespace
) -> None:
    exact = analyse(counted(study, "0.70", 70, 100), [], build.AS_OF).numbers
    assert exact["control.flow_negative.history100.type1"].value == pytest.approx(0.0630, abs=5e-5)
    other = analyse(counted(study, "0.70", 141, 200), [], build.AS_OF).numbers
    seen = analyse(counted(study, "0.705", 141, 200), [], build.AS_OF).numbers
    id = "control.flow_negative.history200.type1"
    assert other[id].value == seen[id].value
