"""A study's design as settings, and the sweeps people write."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import CommandRefused
from remission.protocol.read_study import read_study
from remission.protocol.study import Joint
from remission.rehearsal.population import read_population
from remission.rehearsal.script import script
from remission.rehearsal.twin.settings import Settings, settings_of
from remission.rehearsal.twin.sweep import points, read_sweeps
from remission.terms.words import Mark


def settings(name: str) -> Settings:
    files = script(name)
    return settings_of(
        read_study(BytesIO(files.study), name=name), read_population(BytesIO(files.population), name=name)
    )


@pytest.fixture(scope="module")
def children_twin() -> Settings:
    return settings("nct06607419")


def test_the_numbers_are_those_of_the_two_files(children_twin: Settings) -> None:
    s = children_twin
    assert (s.participants, s.alpha, s.joint) == (90, 0.025, Joint.ALL)
    assert [(e.id, e.p0, e.p1) for e in s.endpoints] == [
        ("flow_negative", 0.7, 0.85),
        ("ngs_negative", 0.4, 0.6),
    ]
    flow, ngs = s.endpoints
    assert flow.assay.cells == pytest.approx(500_000 * 1.6) and ngs.assay.cells == pytest.approx(
        3.08e6 * 1.35
    )
    assert ngs.assay.unusable == pytest.approx(1 - 0.96 * 0.99)  # no index clone, contaminated
    assert flow.assay.blind == pytest.approx(1 - 0.98 * 0.99 * 0.99)  # dilute; CD19-only; not stated
    assert flow.delay.earliest == 46 - 26 + 1 and ngs.delay.latest == 46 - 26 + 21
    assert sum(one.share for one in s.strata) == pytest.approx(1)
    assert s.missing == pytest.approx(1 - 0.97 * 0.99 * 0.995 * 0.96)
    assert len(s.accrual.opens) == 12 and s.accrual.opens[:2] == (0, 0)


def test_nothing_assumed_is_shown_as_a_finding(children_twin: Settings) -> None:
    assert {line.mark for line in children_twin.assumed} == {Mark.ASSUMED}
    assert all(line.cite and line.value for line in children_twin.assumed)


def test_higher_day_19_disease_shifts_levels_up(children_twin: Settings) -> None:
    shifts = {one.name: one.shift for one in children_twin.strata}
    assert min(shifts.values()) == 0
    assert shifts["low >=1%"] > shifts["low <1%"] and shifts["intermediate >=1%"] > shifts["intermediate <1%"]


def test_looks_of_the_plan_are_looks_of_the_twin() -> None:
    files = script("nct06607419")
    look = b"""
[[plan.monitoring]]
id = "early"
name = { en = "early", zh = "early" }
purpose = "efficacy"
watched = "flow_negative"
at = [45]
binding = false
spending = "obrien_fleming"
spend = 0.002
mark = "assumed"
cite = "a test"

[[plan.monitoring]]
id = "futile"
name = { en = "futile", zh = "futile" }
purpose = "futility"
watched = "flow_negative"
at = [30]
stop = [18]
binding = false
mark = "assumed"
cite = "a test"
"""
    study = read_study(BytesIO(files.study + look), name="with looks")
    found = settings_of(study, read_population(BytesIO(files.population), name="p")).staged("flow_negative")
    assert found is not None
    futile, early, last = found.looks
    assert (futile.n, futile.futility, futile.efficacy) == (30, 18, None)
    assert (early.n, early.futility) == (45, None) and (early.efficacy is None or early.efficacy > 38)
    assert (last.n, last.efficacy) == (90, 72)


def test_another_study_has_its_own_numbers() -> None:
    s = settings("nct03441061")
    assert s.participants == 26 and [e.id for e in s.endpoints] == ["mrd_negative"]
    assert s.staged("mrd_negative") is not None


def test_what_is_written_is_what_is_swept(children_twin: Settings) -> None:
    axes = read_sweeps(["p0=.4:.9", "ngs_negative.p1=.5,.6", "n=60:120:3"], children_twin, "flow_negative")
    assert axes[0].values == (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    assert [axis.words for axis in axes] == ["flow_negative.p0", "ngs_negative.p1", "n"]
    assert axes[2].values == (60, 90, 120)
    made = points(children_twin, axes)
    assert len(made) == 6 * 2 * 3
    values, changed = made[-1]
    assert values == (0.9, 0.6, 120) and changed.participants == 120
    assert changed.endpoint("flow_negative").p0 == 0.9 and changed.endpoint("ngs_negative").p1 == 0.6
    assert children_twin.participants == 90


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["p0"], "sweeps nothing"),
        (["size=1:2"], "cannot be swept"),
        (["n.p0=1"], "no endpoint 'n'"),
        (["flow_negative.n=60:90"], "is the study's"),
        (["p0=high"], "no range that can be read"),
        (["p0=.9:.4"], "no range that can be read"),
        (["p0=.4:.9:1"], "no range that can be read"),
        (["p0=.4:.9:3:3"], "no range that can be read"),
        (["p0=nan"], "no number"),
        (["p0=.4,1.2"], "p0 = 1.2"),
        (["n=0"], "n = 0"),
        (["p0=.4", "flow_negative.p0=.5"], "swept twice"),
        (["p0=.1:.9:200", "p1=.1:.9:200"], "40,000 combinations"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_with_a_remedy(
    children_twin: Settings, words: list[str], said: str
) -> None:
    with pytest.raises(CommandRefused, match=said) as refused:
        read_sweeps(words, children_twin, "flow_negative")
    assert refused.value.do and refused.value.exit_status == 2


@given(st.text(max_size=20))
def test_any_other_text_is_read_or_refused(text: str) -> None:
    s = settings("nct03441061") if not _KEPT else _KEPT[0]
    _KEPT[:] = [s]
    try:
        read_sweeps([text], s, "mrd_negative")
    except CommandRefused as refused:
        assert refused.do


_KEPT: list[Settings] = []
