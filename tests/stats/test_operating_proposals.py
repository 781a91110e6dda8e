"""Designs side by side: each holds what it promises; any design against any truth."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from remission.errors import InputRefused
from remission.stats.designs.staged import Look, Staged, operating
from remission.stats.operating.pair_proposals import PairWanted, propose_pair
from remission.stats.operating.paragraphs import paragraphs
from remission.stats.operating.participants import Accrual, Calendar, Group
from remission.stats.operating.proposals import Kind, Objective, Wanted, propose
from remission.stats.operating.truths import Children, OneRate, PairDesign, characteristics
from remission.stats.pairs.cells import Handling, independent, nested
from remission.stats.pairs.rules import Against, Rule

SIMON = Staged((Look(15, 5, None), Look(46, 18, 19)))


@pytest.mark.parametrize(
    ("p0", "p1", "alpha", "power", "optimal", "minimax"),
    [  # clinfun 1.1.5 ph2simon, in shared/reference/statistics.json: r1, n1, r, n
        (0.05, 0.20, 0.05, 0.8, (0, 10, 3, 29), (0, 13, 3, 27)),
        (0.20, 0.35, 0.05, 0.8, (5, 22, 19, 72), (6, 31, 15, 53)),
        (0.70, 0.85, 0.05, 0.9, (18, 25, 61, 79), (33, 44, 53, 68)),
    ],
)
def test_simon_s_designs_are_among_them(
    p0: float, p1: float, alpha: float, power: float, optimal: tuple[int, ...], minimax: tuple[int, ...]
) -> None:
    found = propose(Wanted(p0, p1, alpha, power, stages=2))
    for kind, (r1, n1, r, n) in ((Kind.SIMON_OPTIMAL, optimal), (Kind.SIMON_MINIMAX, minimax)):
        one = next(one for one in found.found if one.kind is kind)
        assert one.design.looks == (Look(n1, r1, None), Look(n, r, r + 1))


@given(
    st.sampled_from([(0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9)]),
    st.sampled_from([0.025, 0.05, 0.1]),
    st.sampled_from([0.7, 0.8, 0.9]),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from(list(Objective)),
)
@settings(max_examples=12, deadline=None)
def test_every_design_holds_both_errors(
    rates: tuple[float, float], alpha: float, power: float, stages: int | None, objective: Objective
) -> None:
    wanted = Wanted(*rates, alpha, power, stages, objective=objective)
    found = propose(wanted)
    for one in found.found:
        assert operating(one.design, rates[0]).rejects <= alpha + 1e-12
        assert operating(one.design, rates[1]).rejects >= power - 1e-12
        assert stages is None or one.stages == stages
        said = paragraphs(wanted, one)
        for text in (said.protocol, said.analysis_plan):
            assert f"{one.design.n}" in said.protocol.en and text.zh
        assert said.references
    assert found.text() and "可用设计" in found.html("zh") and found.chart().lines


def test_group_sequential_sizes_hold_without_obeying_futility() -> None:
    found = propose(Wanted(0.7, 0.85, 0.025, 0.9))
    by_kind = {one.kind: one for one in found.found}
    assert by_kind[Kind.OBRIEN_FLEMING].size_not_binding <= 0.025
    assert by_kind[Kind.POCOCK].size_not_binding <= 0.025
    assert "not binding" in paragraphs(found.wanted, by_kind[Kind.POCOCK]).analysis_plan.en
    optimal = by_kind[Kind.SIMON_OPTIMAL]
    assert optimal.size_not_binding > 0.025
    assert (
        f"would be {optimal.size_not_binding:.4f}, above alpha"
        in paragraphs(found.wanted, optimal).analysis_plan.en
    )


def test_both_endpoints_in_one_stage() -> None:
    """.70 -> .85 and .40 -> .60 nested: 90, from 94 on safe; a slow sum agrees."""
    found = propose_pair(PairWanted((0.7, 0.85), (0.4, 0.6), Rule.BOTH, True, 0.025, 0.9))
    assert found.smallest.n == 90 and found.safe is not None and found.safe.n == 94
    slow = sum(
        stats.binom.pmf(flow, 90, 0.85) * stats.binom.sf(45, flow, 0.6 / 0.85) for flow in range(72, 91)
    )
    assert found.smallest.success == pytest.approx(slow, abs=1e-12)
    assert found.text() and "嵌套" in found.text("zh")
    with pytest.raises(InputRefused, match="no n to 20"):
        propose_pair(PairWanted((0.7, 0.85), (0.4, 0.6), Rule.BOTH, True, 0.025, 0.9, 20))
    with pytest.raises(InputRefused):
        propose_pair(PairWanted((0.4, 0.6), (0.7, 0.85), Rule.BOTH, True))


def test_one_rate_and_two_endpoints_are_enumerated() -> None:
    exact = operating(SIMON, 0.5)
    found = characteristics(SIMON, OneRate(0.5))
    assert found.exact and (found.rejects.value, found.enrolled.value) == (exact.rejects, exact.expected_n)
    pair = PairDesign(90, Rule.BOTH, Handling.FAILURE, Against((0.7, 0.4), 0.025))
    both = characteristics(pair, nested(0.85, 0.6))
    assert both.rejects.value == pytest.approx(0.904, abs=0.0005) and both.enrolled.value == 90
    assert both.rejects.value > characteristics(pair, independent(0.85, 0.6)).rejects.value


def test_children_are_enumerated_where_they_can_be_and_played_where_not() -> None:
    groups = (Group("a", 0.6, 0.45, 0.1), Group("b", 0.4, 0.3, 0.2))
    exact = characteristics(SIMON, Children(groups))
    kept = 0.6 * 0.9 + 0.4 * 0.8
    rate = (0.6 * 0.45 + 0.4 * 0.3) / kept
    assert exact.exact and exact.rejects.value == pytest.approx(operating(SIMON, rate).rejects)
    assert exact.enrolled.value == pytest.approx(operating(SIMON, rate).expected_n / kept)
    calendar = Calendar(Accrual((0.0,), (0.2,)), pauses=True)
    timed = characteristics(SIMON, Children(groups, calendar), trials=50_000, seed=2)
    assert not timed.exact and "50000 trials, seed 2" in timed.text()
    assert timed.rejects.value == pytest.approx(exact.rejects.value, abs=4 * timed.rejects.error)
    assert timed.enrolled.value == pytest.approx(exact.enrolled.value, abs=4 * timed.enrolled.error)
    assert "Exact" in exact.text()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Wanted(0.5, 0.3),
        lambda: Wanted(0.3, 0.5, alpha=0),
        lambda: Wanted(0.3, 0.5, n_max=1),
        lambda: Wanted(0.3, 0.5, stages=11),
        lambda: propose(Wanted(0.5, 0.52, n_max=40)),
        lambda: characteristics(SIMON, nested(0.8, 0.6)),
        lambda: characteristics(SIMON, OneRate(1.5)),
        lambda: characteristics(SIMON, Children((Group("a", 1, 0.5),), most=60)),
        lambda: characteristics(SIMON, Children((Group("a", 1, 0.0, 1.0),))),
        lambda: characteristics(
            PairDesign(9, Rule.BOTH, Handling.FAILURE, Against((0.5, 0.5), 0.05)), OneRate(0.5)
        ),
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(InputRefused):
        wrong()
