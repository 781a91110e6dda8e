"""What a design does: the record's own figures, traps, and the same numbers from any crew."""

from dataclasses import replace
from io import BytesIO

import pytest
from distributed import LocalCluster

from remission.errors import InputRefused
from remission.lab.work import crew
from remission.paper.charts import Curves, Shades
from remission.paper.tables import PrintedTable
from remission.protocol.read_study import read_study
from remission.protocol.study import Indeterminate, Joint
from remission.rehearsal.population import read_population
from remission.rehearsal.script import script
from remission.rehearsal.twin.evaluate import at_point, effects, played, swept
from remission.rehearsal.twin.evaluation import Evaluation
from remission.rehearsal.twin.seen import WIDEST, cells, levels_of, rates_of, seen, tables
from remission.rehearsal.twin.settings import Settings, Stop, settings_of
from remission.rehearsal.twin.sweep import read_sweeps
from remission.stats.operating.assay import FAR, NEGATIVE, NOT_EVALUABLE
from remission.stats.operating.counted import counted_test
from remission.stats.operating.levels import share_below
from remission.stats.pairs.rules import Rule
from remission.stats.rates.proportions import critical_value
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text

FLOW, NGS = "flow_negative", "ngs_negative"


@pytest.fixture(scope="module")
def twin() -> Settings:
    files = script("nct06607419")
    return settings_of(
        read_study(BytesIO(files.study), name="s"), read_population(BytesIO(files.population), name="p")
    )


def test_the_figures_of_the_record_s_size(twin: Settings) -> None:
    """DOMAIN.md: .70 -> .85 rejects at >= 72, power .926; both required, nested: joint .904."""
    flow, ngs = at_point(twin, FLOW), at_point(twin, NGS)
    assert flow.critical == 72 and flow.power == pytest.approx(0.926, abs=0.0005)
    assert ngs.power == pytest.approx(0.965, abs=0.0005)
    assert flow.joint == pytest.approx(0.904, abs=0.0005) and flow.joint == ngs.joint
    other = twin.with_endpoint(replace(twin.endpoint(FLOW), p0=0.5, p1=0.65))
    assert at_point(other, FLOW).critical == 55
    assert at_point(other, FLOW).power == pytest.approx(0.812, abs=0.0005)


def test_a_p0_taken_from_few_children_costs_type_1_error(twin: Settings) -> None:
    """DOMAIN.md: true .70, nominal .025: .063 / .034 / .023 for 100 / 300 / 1000 historical children."""
    found = {of: size for of, size, _ in effects(twin, FLOW).histories}
    for of, size in {100: 0.063, 300: 0.034, 1000: 0.023}.items():
        assert found[of] == pytest.approx(size, abs=0.0005)


def test_dropping_those_who_failed_shows_as_type_1_error(twin: Settings) -> None:
    """DOMAIN.md, trap 2."""
    kept, dropped = effects(twin, FLOW).dropped
    assert kept.size == pytest.approx(at_point(twin, FLOW).size, rel=1e-12)
    assert kept.size < 0.025 < 0.2 < dropped.size
    assert dropped.found_p0 == pytest.approx(0.7 / (1 - dropped.value))


def test_levels_have_both_true_rates(twin: Settings) -> None:
    assumed = levels_of(twin, FLOW, rates_of(twin, at_p1=True))
    assert assumed.both
    assert share_below(twin.strata, assumed.levels, 1e-4) == pytest.approx(0.85, abs=1e-9)
    assert share_below(twin.strata, assumed.levels, 1e-6) == pytest.approx(0.60, abs=1e-6)
    crossed = {FLOW: 0.5, NGS: 0.6}
    alone = levels_of(twin, NGS, crossed)
    assert not alone.both and share_below(twin.strata, alone.levels, 1e-6) == pytest.approx(0.6)


def test_tests_without_limits_see_the_true_rate(twin: Settings) -> None:
    ideal = replace(
        twin,
        missing=0.0,
        endpoints=tuple(
            replace(e, assay=replace(e.assay, cells=1e9, background=0.0, unusable=0.0, blind=0.0))
            for e in twin.endpoints
        ),
    )
    levels = levels_of(ideal, FLOW, rates_of(ideal, at_p1=True)).levels
    assert seen(ideal, FLOW, levels).negative == pytest.approx(0.85, abs=2e-4)
    assert seen(ideal, NGS, levels).negative == pytest.approx(0.60, abs=2e-3)
    assert at_point(ideal, FLOW).seen_power == pytest.approx(at_point(ideal, FLOW).power, abs=0.001)


def test_less_depth_and_more_missing_never_help(twin: Settings) -> None:
    found = effects(twin, NGS)
    powers = [row.power for row in found.depth]
    assert powers == sorted(powers) and powers[0] == 0  # a tenth of the cells: no negative is accepted
    for rule in ("non_responder", "excluded"):
        rows = [row for row in found.missing if row.name == rule]
        assert [row.power for row in rows] == sorted((row.power for row in rows), reverse=True)
    failure, excluded = (
        next(row for row in found.missing if (row.name, row.value) == (rule, 0.144))
        for rule in ("non_responder", "excluded")
    )
    assert failure.power < excluded.power


def test_rules_for_two_endpoints_keep_their_order(twin: Settings) -> None:
    rows = {row.rule: row for row in effects(twin, FLOW).together}
    assert rows[Rule.BOTH].nested < rows[Rule.HIERARCHICAL].nested < rows[Rule.HOLM].nested
    assert rows[Rule.BOTH].nested > rows[Rule.BOTH].independent
    assert max(row.at_p0 for row in rows.values()) <= 0.025


def test_a_look_for_futility_saves_children_and_costs_power(twin: Settings) -> None:
    looked = twin.with_endpoint(replace(twin.endpoint(FLOW), looks=(Stop(45, 31, None),)))
    plain, with_look = at_point(twin, FLOW), at_point(looked, FLOW)
    assert with_look.expected_p0 < plain.expected_p0 == pytest.approx(90)
    assert (with_look.power or 1) < (plain.power or 0) and with_look.size < plain.size


def test_no_count_rejects_is_said_and_not_an_error(twin: Settings) -> None:
    tiny = replace(twin, participants=3)
    point = at_point(tiny, FLOW)
    assert (point.critical, point.size, point.power, point.joint) == (None, 0, 0, None)
    assert played(tiny, FLOW, 10, 1) is None


def test_a_sweep_is_the_same_from_one_process_and_from_dask(twin: Settings) -> None:
    axes = read_sweeps(["p0=.5:.8:8", "p1=.7:.95:9"], twin, FLOW)
    told: list[tuple[int, int]] = []
    alone = swept(twin, FLOW, axes, told=lambda done, of: told.append((done, of)))
    assert len(alone) == 72 and told[-1] == (72, 72)
    assert [point.values for point in alone[:2]] == [(0.5, 0.7), (0.5, 0.73125)]
    with (
        LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        crew(1, cluster.scheduler_address) as some,
    ):
        assert swept(twin, FLOW, axes, some) == alone


def test_more_children_have_more_power_where_the_sawtooth_allows(twin: Settings) -> None:
    powers = [p.power or 0 for p in swept(twin, FLOW, read_sweeps(["n=60,90,150,250"], twin, FLOW))]
    assert powers == sorted(powers)


def test_trials_played_agree_with_the_exact_sums(twin: Settings) -> None:
    for endpoint in (FLOW, NGS):
        found, exact = played(twin, endpoint, 40_000, 3, cores=2), at_point(twin, endpoint)
        assert found is not None
        assert found.at_p1.rejects.value == pytest.approx(
            exact.seen_power, abs=4 * found.at_p1.rejects.error + 1e-4
        )
        assert found == played(twin, endpoint, 40_000, 3)
    assert found.at_p1.decided_by_day is not None
    assert found.at_p1.decided_by_day.value > 30 * 12  # 90 children at five or six a month


def test_left_out_participants_are_replaced_when_played(twin: Settings) -> None:
    left_out = twin.with_endpoint(replace(twin.endpoint(FLOW), unknown=Indeterminate.EXCLUDED))
    found = played(left_out, FLOW, 2_000, 3)
    assert found is not None and found.at_p1.enrolled.value > 95
    assert found.at_p1.counted.value == pytest.approx(90)


@pytest.mark.parametrize(
    ("words", "kind"), [([], Curves), (["p0=.5:.8"], Curves), (["p0=.5:.8:3", "p1=.7:.9:3"], Shades)]
)
def test_it_prints_and_plots_in_both_languages(twin: Settings, words: list[str], kind: type) -> None:
    axes = read_sweeps(words, twin, FLOW)
    base = tuple(at_point(twin, one.id) for one in twin.endpoints)
    some = played(twin, FLOW, 100, 1)
    found = Evaluation(twin, FLOW, base, axes, swept(twin, FLOW, axes), effects(twin, FLOW), some)
    assert isinstance(found.chart(), kind)
    assert found.plot().startswith(b"<?xml") or b"<svg" in found.plot()[:300]
    text = "\n".join(f"{one.title.in_('zh')}" for one in found.tables())
    assert "假设" in text and "运行特征" in found.chart().title.zh
    assert "assumptions of the study file" in "".join(note.en for note in found.tables()[0].notes)
    assert all(one.simulated for one in found.tables()[-4:])
    assert not any("looks before the end" in note.en for one in found.tables() for note in one.notes)
    assert found.text() and found.html("zh") and found.latex()


def test_three_settings_have_a_table_and_no_figure(twin: Settings) -> None:
    axes = read_sweeps(["p0=.5,.6", "p1=.8,.9", "n=80,90"], twin, FLOW)
    base = tuple(at_point(twin, one.id) for one in twin.endpoints)
    found = Evaluation(twin, FLOW, base, axes, swept(twin, FLOW, axes), effects(twin, FLOW), None)
    with pytest.raises(InputRefused, match="a figure of 3 settings"):
        found.chart()


@pytest.mark.parametrize(("endpoint", "size"), [(FLOW, 0.1863), (NGS, 0.0474)])
def test_who_is_left_out_is_summed_over_the_joint_table(twin: Settings, endpoint: str, size: float) -> None:
    """Unknown by this test, or 1 % or more by the first test: one sum, not a product of two shares."""
    found = {(row.name, row.value): row for row in effects(twin, endpoint).rules}
    levels = levels_of(twin, endpoint, rates_of(twin, at_p1=False)).levels
    left = negative = 0.0
    for share, table in tables(twin, endpoint, levels):
        for first in range(4):
            for asked in range(4):
                if first == FAR or asked == NOT_EVALUABLE:
                    left += share * table[first, asked]
                elif asked == NEGATIVE:
                    negative += share * table[first, asked]
    both = found["excluded", 1.0]
    slow = counted_test(twin.participants, twin.endpoint(endpoint).p0, twin.alpha, negative, left)
    assert both.size == pytest.approx(slow.rejects, rel=1e-12) == pytest.approx(size, abs=5e-5)
    assert both.found_p0 == pytest.approx(negative / (1 - left))


def test_rates_that_no_levels_hold_together_are_not_told_together(twin: Settings) -> None:
    """.62 below 1e-4 and .60 below 1e-6 would need levels 38 powers of ten wide."""
    near = twin.with_endpoint(replace(twin.endpoint(FLOW), p0=0.45, p1=0.62))
    assumed = levels_of(near, FLOW, rates_of(near, at_p1=True))
    assert not assumed.both and assumed.levels.spread == near.spread < WIDEST
    assert all(row.as_seen is None for row in effects(near, FLOW).together)
    assert not at_point(near, FLOW).held and at_point(twin, FLOW).held
    some = played(near, FLOW, 100, 1)
    assert some is not None and some.handled == ()
    axes = read_sweeps(["p1=.62,.85"], twin, FLOW)
    base = tuple(at_point(twin, one.id) for one in twin.endpoints)
    told = Evaluation(twin, FLOW, base, axes, swept(twin, FLOW, axes), effects(near, FLOW), some)
    marked, plain = told.printed().rows
    assert str(marked[-1]).endswith(" *") and not str(plain[-1]).endswith("*")
    assert any(note.en.startswith("* No log-normal") for note in told.printed().notes)
    chart = told.chart()
    assert any("no true levels hold all rates" in note.en for note in chart.notes)
    together = next(one for one in told.tables() if one.title.en == "Both endpoints together")
    assert [row[3] for row in together.rows] == ["–"] * 4


def test_each_endpoint_keeps_its_own_rule_for_unknown_results(twin: Settings) -> None:
    def read(flow: Indeterminate, ngs: Indeterminate) -> float:
        one = twin.with_endpoint(replace(twin.endpoint(FLOW), unknown=flow))
        one = one.with_endpoint(replace(one.endpoint(NGS), unknown=ngs))
        found = {row.rule: row.as_seen for row in effects(one, FLOW).together}
        last = found[Rule.HIERARCHICAL]
        assert last == pytest.approx(at_point(one, FLOW).seen_power, abs=1e-9)
        both = found[Rule.BOTH]
        assert both is not None and both <= min(at_point(one, id).seen_power or 0 for id in (FLOW, NGS))
        return both

    kept, out = Indeterminate.NON_RESPONDER, Indeterminate.EXCLUDED
    found = [read(kept, kept), read(out, kept), read(kept, out), read(out, out)]
    assert len({round(one, 6) for one in found}) == 4
    assert found[0] == min(found) and found[3] == max(found)


def test_the_largest_type_1_error_of_both_is_that_of_one_endpoint(twin: Settings) -> None:
    """The other endpoint true: flow at .70 alone, 72 of 90, .0223; not the .0042 with both at p0."""
    rows = {row.rule: row for row in effects(twin, FLOW).together}
    alone = [binomial_at_least(72, 90, 0.7), binomial_at_least(46, 90, 0.4)]
    assert rows[Rule.BOTH].largest == pytest.approx(max(alone), abs=1e-12)
    assert rows[Rule.BOTH].at_p0 < 0.005
    half = [binomial_at_least(critical_value(90, p0, 0.0125) or 91, 90, p0) for p0 in (0.7, 0.4)]
    assert max(half) < rows[Rule.BONFERRONI].largest <= sum(half) + 1e-12
    assert all(row.at_p0 <= row.largest + 1e-12 <= 0.025 for row in rows.values())


def test_three_endpoints_have_each_their_own_numbers(twin: Settings) -> None:
    flow, ngs = twin.endpoints
    middle = replace(flow, id="mid", p0=0.6, p1=0.75, assay=replace(flow.assay, threshold=5e-5))
    three = replace(twin, endpoints=(flow, middle, ngs))
    two = replace(twin, endpoints=(flow, middle))
    rates = rates_of(three, at_p1=True)
    levels = levels_of(two, "mid", rates).levels
    assert seen(three, "mid", levels) == seen(two, "mid", levels) != seen(three, NGS, levels)
    assert effects(three, "mid").together == () and at_point(three, "mid").joint is None
    with pytest.raises(InputRefused, match="3 endpoints"):
        cells(three, levels, rates)


def test_no_power_is_told_where_p1_is_not_above_p0(twin: Settings) -> None:
    axes = read_sweeps(["p0=.7,.9", "p1=.8,.9"], twin, FLOW)
    found = swept(twin, FLOW, axes)
    assert [point.power is None for point in found] == [False, False, True, True]
    assert [(p.joint is None, p.seen_power is None) for p in found] == [(False, False)] * 2 + [
        (True, True)
    ] * 2
    base = tuple(at_point(twin, one.id) for one in twin.endpoints)
    told = Evaluation(twin, FLOW, base, axes, found, effects(twin, FLOW), None)
    assert [row[5] for row in told.printed().rows][2:] == ["–", "–"]
    chart = told.chart()
    assert isinstance(chart, Shades)
    assert chart.rows == (0.9, 0.8)  # upward: the first row is drawn on top
    assert chart.values[0] == (found[1].power, None) and chart.values[1] == (found[0].power, None)


def test_unknown_results_are_compared_at_p1_and_at_p0(twin: Settings) -> None:
    some = played(twin, FLOW, 300, 1)
    assert some is not None
    for row in some.handled:
        assert row.at_p0.success < row.at_p0.first < row.at_p1.first
    told = _told(twin, some=True)[-1]
    assert [row[1] for row in told.rows] == ["p1", "p0"] * 3


def test_words_of_the_figure_fit_what_is_drawn(twin: Settings) -> None:
    axes = read_sweeps(["n=60,90"], twin, FLOW)
    base = tuple(at_point(twin, one.id) for one in twin.endpoints)
    for joint, words in ((Joint.ALL, "power, both endpoints"), (Joint.ANY, "power, either endpoint")):
        read = replace(twin, joint=joint)
        chart = Evaluation(read, FLOW, base, axes, swept(read, FLOW, axes), effects(read, FLOW), None).chart()
        assert isinstance(chart, Curves) and chart.lines[-1].name.en == words
        assert chart.description.en == "Power over n; exact." and "(<0.01%)" in chart.title.en


def test_tables_of_the_final_test_say_so_where_there_are_looks(twin: Settings) -> None:
    looked = twin.with_endpoint(replace(twin.endpoint(FLOW), looks=(Stop(45, 31, None),)))
    without = {"What is assumed: nct06607419"}
    for table in _told(looked, some=False):
        said = any("looks before the end" in note.en for note in table.notes)
        assert said == (table.title.en not in without), table.title.en


def test_chinese_tables_have_chinese_words(twin: Settings) -> None:
    assumed, design = _told(twin, some=False)[:2]
    assert {row[2] for row in assumed.rows} == {Text("assumed", "假设")}
    assert Text("both endpoints", "两终点均须") in {row[1] for row in assumed.rows}
    assert {row[3] for row in design.rows} == {Text("assumed", "假设")}
    assert any(isinstance(row[3], Text) and "历史" in row[3].zh for row in assumed.rows)


def _told(twin: Settings, *, some: bool) -> tuple[PrintedTable, ...]:
    base = tuple(at_point(twin, one.id) for one in twin.endpoints)
    trials = played(twin, FLOW, 100, 1) if some else None
    return Evaluation(twin, FLOW, base, (), (), effects(twin, FLOW), trials).tables()
