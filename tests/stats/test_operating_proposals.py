"""Designs side by side: each holds what it promises; any design against any truth."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from remission.errors import InputRefused
from remission.stats.designs.staged import Look, Staged, operating
from remission.stats.operating.p0_source import P0Source, uncertain_p0
from remission.stats.operating.pair_paragraphs import pair_paragraphs, uncertain_pair
from remission.stats.operating.pair_proposals import PairWanted, propose_pair
from remission.stats.operating.paragraphs import paragraphs
from remission.stats.operating.participants import Accrual, Calendar, Group
from remission.stats.operating.proposals import propose
from remission.stats.operating.searches import most_power
from remission.stats.operating.truths import Children, OneRate, PairDesign, characteristics
from remission.stats.operating.wanted import Kind, Objective, Wanted
from remission.stats.pairs.cells import Handling, independent, nested
from remission.stats.pairs.power import power
from remission.stats.pairs.rules import Against, Rule
from remission.stats.rates.proportions import critical_value

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
        lambda: Wanted(0.3, 0.5, alpha=0.5),
        lambda: Wanted(0.3, 0.5, alpha=0.1, power=0.1),
        lambda: Wanted(0.3, 0.5, source=P0Source(210, 300, "a paper")),
        lambda: Wanted(0.7, 0.8, source=P0Source(210, 300, " ")),
        lambda: PairWanted((0.7, 0.85), (0.4, 0.6), Rule.BOTH, True, 0.9),
        lambda: PairWanted((0.7, 0.85), (0.75, 0.9), Rule.BOTH, True),
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


RATES = ((0.7, 0.85), (0.4, 0.6))


def _familywise(n: int, first: tuple[int, ...], second: tuple[int, ...]) -> float:
    """Independent endpoints, both at p0: one rejects at the count of the first step."""
    one, two = (stats.binom.sf(counts[0] - 1, n, p0) for counts, p0 in ((first, 0.7), (second, 0.4)))
    return float(1 - (1 - one) * (1 - two))


@pytest.mark.parametrize(
    ("rule", "first", "second"), [(Rule.BONFERRONI, (48,), (32,)), (Rule.HOLM, (48, 47), (32, 31))]
)
def test_counts_printed_are_those_of_the_rule_s_alpha(
    rule: Rule, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    """At n = 57 the counts at the whole of alpha, 47 and 31, would err with a chance of .0432."""
    found = propose_pair(PairWanted(*RATES, rule, False, 0.025, 0.9))
    null = found.smallest_null
    assert (found.smallest.n, null.first, null.second) == (57, first, second)
    assert null.both_at_p0 == pytest.approx(_familywise(57, first, second), abs=1e-12)
    assert null.both_at_p0 is not None and null.both_at_p0 <= null.largest <= 0.025
    assert _familywise(57, (47,), (31,)) == pytest.approx(0.0432, abs=5e-5)
    row = found.printed().rows[0]
    words = [cell if isinstance(cell, str) else cell.en for cell in row]
    assert words[1:4] == ["57", ", then ".join(map(str, first)), ", then ".join(map(str, second))]
    assert "alpha / 2" in found.printed().notes[0].en and "其后" not in found.text()


@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize("nest", [True, False])
def test_bounds_decide_as_the_full_sum_does(rule: Rule, nest: bool) -> None:
    wanted = PairWanted(*RATES, rule, nest, 0.05, 0.8, 70)
    works = [
        power(wanted.truth, n, rule, Handling.FAILURE, wanted.against).success >= 0.8 for n in range(1, 71)
    ]
    found = propose_pair(wanted)
    assert found.smallest.n == works.index(True) + 1
    assert found.safe is not None and all(works[found.safe.n - 1 :]) and not works[found.safe.n - 2]


@pytest.mark.parametrize("rule", list(Rule))
def test_two_endpoints_are_said_in_words(rule: Rule) -> None:
    sources = (P0Source(210, 300, "a paper"), None)
    found = propose_pair(PairWanted(*RATES, rule, False, 0.025, 0.9, sources=sources))
    said, n = pair_paragraphs(found), found.smallest.n
    for counts in (found.smallest_null.first, found.smallest_null.second):
        for count in counts:
            assert f"{count} or more" in said.protocol.en and str(count) in said.protocol.zh
    for text in (said.protocol, said.analysis_plan):
        assert f"mong {n} participants" in text.en and f"{found.smallest_null.largest:.4f}" in text.en
        assert f"{found.smallest_null.largest:.4f}" in text.zh
    assert "210/300 participants (a paper)" in said.protocol.en
    assert "p0 is assumed; no source given." in said.protocol.en and "未给出来源" in said.protocol.zh
    assert len(said.references) == 2
    assert uncertain_pair(found)[0].alpha == (0.0125 if rule in (Rule.BONFERRONI, Rule.HOLM) else 0.025)


def test_a_p0_without_a_source_says_so_and_what_it_costs() -> None:
    """DOMAIN.md: true .70, 90 children, nominal .025: .063 / .034 / .023 for 100 / 300 / 1000."""
    found = uncertain_p0(0.7, 90, 0.025)
    assert [of for of, _ in found.sizes] == [100, 300, 1000]
    assert [size for _, size in found.sizes] == pytest.approx([0.063, 0.034, 0.023], abs=0.0005)
    assert found.known == pytest.approx(0.0223, abs=5e-5)
    sourced = uncertain_p0(0.7, 90, 0.025, P0Source(210, 300, "a paper"))
    assert sourced.sizes == (found.sizes[1],) and "不确定" in sourced.text("zh")
    assert "210/300" in sourced.text() and "no source" in found.text()
    wanted = Wanted(0.7, 0.85, 0.025, 0.9, stages=1)
    one = propose(wanted).found[0]
    assert "p0 is assumed; no source given." in paragraphs(wanted, one).protocol.en
    with_source = Wanted(0.7, 0.85, 0.025, 0.9, stages=1, source=P0Source(210, 300, "a paper"))
    said = paragraphs(with_source, one).protocol
    assert "p0 is the rate of 210/300 participants (a paper)." in said.en and "210/300例" in said.zh
    slow = sum(
        stats.binom.pmf(x, 300, 0.7)
        * stats.binom.sf((critical_value(one.design.n, x / 300, 0.025) or 0) - 1, one.design.n, 0.7)
        for x in range(150, 270)
    )
    assert f"{slow:.4f}" in said.en


def test_no_design_has_more_power_than_the_best_test() -> None:
    for wanted in (Wanted(0.3, 0.5), Wanted(0.7, 0.85, 0.025, 0.9)):
        for one in propose(wanted).found:
            assert one.truth.rejects <= most_power(one.design.n, wanted.p0, wanted.p1, wanted.alpha) + 1e-12
    assert most_power(90, 0.7, 0.85, 0.025) >= stats.binom.sf(71, 90, 0.85)


def test_what_cannot_work_is_refused_at_once_and_what_takes_long_is_said() -> None:
    """Before: 61 seconds, then the same refusal."""
    began = time.process_time()
    with pytest.raises(InputRefused, match="with at most 500") as refused:
        propose(Wanted(0.7, 0.75, 0.025, 0.9, n_max=500))
    assert "one stage needs 845" in refused.value.do
    told: list[tuple[int, int]] = []
    found = propose(Wanted(0.7, 0.8, 0.025, 0.8), lambda done, of: told.append((done, of)))
    assert time.process_time() - began < 15
    assert [kind for kind, _ in found.skipped] == [Kind.THREE_STAGE] and told[-1] == (7, 7)
    assert "Not searched: three stages, optimal: one stage needs 155" in found.text()
    assert "未搜索" in found.text("zh")


def test_references_bear_what_the_plan_promises() -> None:
    wanted = Wanted(0.3, 0.5)
    for one in propose(wanted).found:
        said = paragraphs(wanted, one)
        names = [reference.split()[0] for reference in said.references]
        promised = "UMVUE" in said.analysis_plan.en
        assert promised == (one.stages > 1) == ("Jennison" in names)
        assert (not promised) == ("Clopper" in names)
        if promised:
            assert any("2004;23:881-896" in reference for reference in said.references)


def test_chinese_words_have_no_english_settings() -> None:
    wanted = Wanted(0.3, 0.5)
    found = propose(wanted)
    assert "排序：最优" in found.text("zh")
    for one in found.found:
        if one.settings:
            for word in ("search", "weight", "not binding", "stop below", "prior"):
                assert word not in paragraphs(wanted, one).analysis_plan.zh
