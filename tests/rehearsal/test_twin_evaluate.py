"""What a design does: the record's own figures, traps, and the same numbers from any crew."""

from dataclasses import replace
from io import BytesIO

import pytest
from distributed import LocalCluster

from remission.errors import InputRefused
from remission.lab.work import crew
from remission.paper.charts import Curves, Shades
from remission.protocol.read_study import read_study
from remission.protocol.study import Indeterminate
from remission.rehearsal.population import read_population
from remission.rehearsal.script import script
from remission.rehearsal.twin.evaluate import at_point, effects, played, swept
from remission.rehearsal.twin.evaluation import Evaluation
from remission.rehearsal.twin.seen import levels_of, rates_of, seen
from remission.rehearsal.twin.settings import Settings, Stop, settings_of
from remission.rehearsal.twin.sweep import read_sweeps
from remission.stats.operating.levels import share_below
from remission.stats.pairs.rules import Rule

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
    assert with_look.power < plain.power and with_look.size < plain.size


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
    powers = [p.power for p in swept(twin, FLOW, read_sweeps(["n=60,90,150,250"], twin, FLOW))]
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
    assert found.text() and found.html("zh") and found.latex()


def test_three_settings_have_a_table_and_no_figure(twin: Settings) -> None:
    axes = read_sweeps(["p0=.5,.6", "p1=.8,.9", "n=80,90"], twin, FLOW)
    base = tuple(at_point(twin, one.id) for one in twin.endpoints)
    found = Evaluation(twin, FLOW, base, axes, swept(twin, FLOW, axes), effects(twin, FLOW), None)
    with pytest.raises(InputRefused, match="a figure of 3 settings"):
        found.chart()
