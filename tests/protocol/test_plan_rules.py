"""Analysis plans broken on purpose, each refused for its own reason; what the two readers see of a plan."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from remission.protocol.check import Checked
from remission.protocol.plan import Counted, Intercurrent, Method, Role, Strategy, Summary
from remission.protocol.plan_rules import CARRIES
from remission.protocol.plan_said import monitoring_said, strategies_said, summary_said
from remission.protocol.show import show
from remission.protocol.study import Study

Run = Callable[..., Checked]
FIRST, SECOND = "nct06607419", "nct03441061"
MISSING = '  { event = "missing", strategy = "composite" },\n'
PRIMARY = 'id = "primary"\nrole = "primary"'
RUBIN = 'method = "rubin"'
SET = 'role = "primary"\nname = { en = "both day-46 rates, unknown answers as no response", '
SET += 'zh = "第46天两项阴性率，未知结果计为未缓解" }\npopulation = "itt"'
DAY19 = 'of = "level"\nmethod = "flow"\npoint = "d19"\ncuts = [0.001, 0.01]'
FLOW_RATE = 'evidence = "assumed"\nevidence_id = "cccg_D46neg_rate"\nmethod = "flow"\nmark = "assumed"'
PUBLISHED = FLOW_RATE.replace('ce = "assumed"', 'ce = "published"').replace(
    'rk = "assumed"', 'rk = "verified"'
)
FOLLOW_UP = "[follow_up]\n"
GRADE_3 = "stop = [3, 5]\ngrade = 3\nwindow_days = 28"
STRATIFIED = 'summary = "stratified_rate"\nmethod = "stratified"'
DIFFERENCE = 'summary = "risk_difference"\nmethod = "newcombe"'


def counted(responders: int, of: int, mark: str = "verified") -> str:
    source = f'source = {{ mark = "{mark}", cite = "a paper" }}'
    return f"{PUBLISHED}\nresponders = {responders}\nof = {of}\n{source}"


def looks(
    *,
    purpose: str = "futility",
    at: str = "[30, 60]",
    rest: str = "stop = [15, 35]",
    watched: str = "",
    id: str = "",
) -> str:
    watched = watched or ("crs" if purpose == "toxicity" else "flow_negative")
    return (
        f'[[plan.monitoring]]\nid = "{id or purpose}"\nname = {{ en = "Looks", zh = "期中" }}\n'
        f'purpose = "{purpose}"\n'
        f'watched = "{watched}"\nat = {at}\n{rest}\nbinding = false\nmark = "assumed"\ncite = "a test"\n\n'
    )


def with_looks(*blocks: str) -> tuple[str, str]:
    return FOLLOW_UP, "".join(blocks) + FOLLOW_UP


def efficacy(rest: str, *, ngs: str = "stop = [26, 49]", at: str = "[30, 60]", id: str = "e") -> str:
    """Looks for efficacy at both endpoints."""
    both = (("flow_negative", rest), ("ngs_negative", ngs))
    return "".join(
        looks(purpose="efficacy", at=at, rest=one, watched=name, id=f"{id}_{name}") for name, one in both
    )


FLOW_LOOK = looks(purpose="efficacy", rest="stop = [30, 60]")
NGS_ONCE = looks(purpose="efficacy", at="[30]", rest="stop = [26]", watched="ngs_negative", id="n")
ONCE = efficacy("stop = [24]", at="[30]", ngs="stop = [26]")
EITHER = [
    ('joint = "all"', 'joint = "any"'),
    (PRIMARY, PRIMARY.replace('"primary"\nrole', '"both"\nrole').replace('= "primary"', '= "supplementary"')),
    ('id = "either"\nrole = "supplementary"', 'id = "either"\nrole = "primary"'),
]
POCOCK = 'spending = "pocock"\nspend = 0.024'
SPENT = 'spending = "pocock"\nspend = 0.006'
EITHER_ALPHA = (
    'alpha = 0.025\nmark = "assumed"\ncite = "The record\'s',
    'alpha = 0.01\nmark = "assumed"\ncite = "The record\'s',
)


def primary(event: str, strategy: str) -> tuple[str, str]:
    """Another strategy for an event, in the primary estimand alone."""
    head = 'assumed (A3, A18). Day-46 disease of 1 % or more stays as no response."\nintercurrent = [\n'
    events = (
        ("missing", "composite"), ("not_evaluable", "composite"), ("late_sample", "composite"),
        ("never_treated", "treatment_policy"), ("stopped_early", "treatment_policy"),
        ("relapse", "composite"), ("death", "composite"),
    )  # fmt: skip
    lines = [f'  {{ event = "{name}", strategy = "{how}" }},\n' for name, how in events]
    changed = [
        f'  {{ event = "{name}", strategy = "{strategy if name == event else how}" }},\n'
        for name, how in events
    ]
    return head + "".join(lines), head + "".join(changed)


def without(event: str) -> tuple[str, str]:
    line = f'  {{ event = "{event}", strategy = "hypothetical" }},\n'
    return line, ""


HYPOTHETICAL = """intercurrent = [
  { event = "never_treated", strategy = "hypothetical" },
  { event = "stopped_early", strategy = "hypothetical" },
  { event = "missing", strategy = "composite" },
"""
TOO_LATE = """intercurrent = [
  { event = "never_treated", strategy = "hypothetical" },
  { event = "missing", strategy = "composite" },
  { event = "stopped_early", strategy = "hypothetical" },
"""
TIPPING_ALPHA = 'method = "tipping_point"\nalpha = 0.025'
WINDOW_COUNTS = ('outside_window = "indeterminate"', 'outside_window = "counts"')
LEFT_OUT = ('indeterminate = "non_responder"', 'indeterminate = "excluded"')
STATED = FLOW_RATE.replace('ce = "assumed"', 'ce = "stated"').replace('rk = "assumed"', 'rk = "record"')

BROKEN = [
    ("plan-unknown-name", [(SET, SET.replace('"itt"', '"fas"'))]),
    ("plan-unknown-name", [('variable = ["flow_negative", ', 'variable = ["flow", ')]),
    ("plan-unknown-name", [('strata = ["risk"]', 'strata = ["danger"]')]),
    ("plan-unknown-name", [('fact = "sex"', 'fact = "gender"')]),
    ("plan-unknown-name", [(DAY19, DAY19.replace('"d19"', '"d20"'))]),
    ("plan-unknown-name", [(DAY19, DAY19.replace('"flow"', '"pcr"'))]),
    ("plan-unknown-name", [('by = "ngs_negative"', 'by = "ngs"')]),
    ("plan-unknown-name", [('id = "tipping"', 'id = "Tipping point"')]),
    ("plan-unknown-name", [with_looks(looks(watched="crs"))]),
    ("plan-unknown-name", [with_looks(looks(purpose="toxicity", watched="fever", rest=GRADE_3))]),
    ("plan-primary", [(PRIMARY, PRIMARY.replace('role = "primary"', 'role = "supplementary"'))]),
    ("plan-primary", [('id = "either"\nrole = "supplementary"', 'id = "either"\nrole = "primary"')]),
    ("plan-primary", [(SET, SET.replace('"itt"', '"evaluable"'))]),
    ("plan-primary", [('joint = "all"', 'joint = "any"')]),
    ("plan-alpha", [("alpha = 0.025\njoint", "alpha = 0.02\njoint")]),
    ("plan-alpha", [("alpha = 0.025\njoint", "alpha = 0.05\njoint")]),
    ("plan-strategy", [(MISSING, "")]),
    ("plan-strategy", [(MISSING, MISSING + MISSING)]),
    ("plan-strategy", [(MISSING, MISSING.replace("composite", "hypothetical"))]),
    ("plan-strategy", [(MISSING, MISSING.replace("composite", "treatment_policy"))]),
    ("plan-strategy", [('"death", strategy = "composite"', '"death", strategy = "treatment_policy"')]),
    ("plan-strategy", [without("never_treated")]),
    ("plan-strategy", [without("stopped_early")]),
    ("plan-strategy", [('  { event = "relapse", strategy = "composite" },\n', "")]),
    ("plan-strategy", [(HYPOTHETICAL, TOO_LATE)]),
    ("plan-strategy", [primary("late_sample", "hypothetical")]),
    ("plan-strategy", [primary("late_sample", "treatment_policy")]),
    ("plan-strategy", [primary("never_treated", "hypothetical")]),
    ("plan-strategy", [primary("stopped_early", "hypothetical")]),
    ("plan-strategy", [primary("relapse", "hypothetical")]),
    ("plan-strategy", [primary("death", "hypothetical")]),
    ("plan-strategy", [WINDOW_COUNTS]),
    ("plan-strategy", [LEFT_OUT]),
    ("plan-alpha", [(TIPPING_ALPHA, TIPPING_ALPHA.replace("0.025", "0.4"))]),
    ("plan-method", [(RUBIN, 'method = "exact_binomial"')]),
    ("plan-method", [(RUBIN, 'method = "tipping_point"')]),
    ("plan-method", [(RUBIN, 'method = "stratified"')]),
    ("plan-method", [('alpha = 0.025\nstrata = ["risk", "day19"]', "alpha = 0.025")]),
    ("plan-method", [(STRATIFIED, DIFFERENCE)]),
    ("plan-subgroup", [(DAY19, DAY19.replace("[0.001, 0.01]", "[0.01, 0.001]"))]),
    ("plan-subgroup", [(DAY19, DAY19.replace('point = "d19"\n', ""))]),
    ("plan-subgroup", [('of = "fact"\nfact = "sex"', 'of = "fact"\nfact = "birth_date"')]),
    ("plan-subgroup", [('of = "fact"\nfact = "sex"', 'of = "fact"\nfact = "wbc"')]),
    ("plan-subgroup", [('of = "age"\ncuts = [12, 120]', 'of = "age"')]),
    ("plan-landmark", [("day = 50", "day = 46")]),
    ("duplicate-id", [('id = "tipping"', 'id = "imputed"')]),
    ("plan-looks", [with_looks(looks(at="[30, 90]"))]),
    ("plan-looks", [with_looks(looks(at="[60, 30]"))]),
    ("plan-looks", [with_looks(looks(rest="stop = [15]"))]),
    ("plan-looks", [with_looks(looks(rest="stop = [30, 35]"))]),
    ("plan-looks", [with_looks(looks(rest="stop = [25, 20]"))]),
    ("plan-looks", [with_looks(looks(rest="stop = [15, 35]\ngrade = 3"))]),
    ("plan-looks", [with_looks(looks(rest='spending = "pocock"\nspend = 0.01'))]),
    ("plan-looks", [with_looks(looks(purpose="efficacy", rest='spending = "pocock"\nspend = 0.05'))]),
    ("plan-looks", [with_looks(looks(purpose="efficacy", rest='spending = "pocock"'))]),
    ("plan-looks", [with_looks(looks(), efficacy("stop = [15, 50]"))]),
    ("plan-looks", [with_looks(FLOW_LOOK)]),
    ("plan-looks", [with_looks(FLOW_LOOK, NGS_ONCE)]),
    ("plan-looks", [with_looks(looks(purpose="toxicity", rest="stop = [3, 5]\nwindow_days = 28"))]),
    ("plan-looks", [with_looks(looks(purpose="toxicity", rest="stop = [3, 5]\ngrade = 3"))]),
    ("plan-looks", [with_looks(looks(purpose="toxicity", rest=GRADE_3.replace("28", "-1")))]),
    ("plan-looks", [with_looks(looks(rest="stop = [15, 35]\nwindow_days = 28"))]),
    ("plan-alpha", [with_looks(efficacy("stop = [25, 49]"))]),
    ("plan-alpha", [with_looks(efficacy('spending = "pocock"\nspend = 0.025'))]),
    ("plan-alpha", [with_looks(efficacy("stop = [30, 60]", ngs="stop = [15, 30]"))]),
    ("plan-alpha", [with_looks(ONCE, ONCE.replace("24", "30").replace('"e_', '"f_'))]),
    ("plan-alpha", [*EITHER, with_looks(efficacy(POCOCK, ngs=POCOCK))]),
    ("plan-alpha", [*EITHER, EITHER_ALPHA, with_looks(efficacy(POCOCK, ngs=POCOCK))]),
    ("plan-alpha", [*EITHER, with_looks(looks(purpose="efficacy", rest=POCOCK))]),
    ("control-without-source", [(FLOW_RATE, PUBLISHED)]),
    ("control-without-source", [(FLOW_RATE, STATED)]),
    ("control-without-source", [(FLOW_RATE, FLOW_RATE.replace('rk = "assumed"', 'rk = "record"'))]),
    ("control-without-source", [(FLOW_RATE, FLOW_RATE + "\nresponders = 70\nof = 100")]),
    ("control-counts-differ", [(FLOW_RATE, counted(71, 100))]),
    ("control-counts-differ", [(FLOW_RATE, counted(101, 100))]),
    ("control-counts-differ", [("p0 = 0.70", "p0 = 0.7"), (FLOW_RATE, counted(149, 200))]),
    ("evidence-from-memory", [(FLOW_RATE, counted(70, 100, "unverified"))]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "edits"), BROKEN, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(BROKEN)])
def test_each_plan_is_refused_for_its_own_reason(
    rule: str, edits: list[tuple[str, str]], checked: Run
) -> None:
    refusals = checked(FIRST, *edits).refusals
    assert {refused.rule for refused in refusals} == {rule}
    assert all(refused.what and refused.do for refused in refusals)


GOOD = [
    [with_looks(looks())],
    [with_looks(looks(purpose="toxicity", at="[10, 90]", rest="stop = [4, 20]\ngrade = 3\nwindow_days = 0"))],
    [with_looks(efficacy('spending = "obrien_fleming"\nspend = 0.001'))],
    [with_looks(efficacy("stop = [30, 60]"))],
    EITHER,
    [*EITHER, EITHER_ALPHA, with_looks(efficacy(SPENT, ngs=SPENT))],
    [*EITHER, EITHER_ALPHA, with_looks(looks(purpose="efficacy", rest=SPENT))],
    [primary("never_treated", "composite")],
    [WINDOW_COUNTS, primary("late_sample", "treatment_policy")],
    [(TIPPING_ALPHA, TIPPING_ALPHA.replace("0.025", "0.01"))],
    [(FLOW_RATE, counted(70, 100))],
    [(FLOW_RATE, counted(70, 100).replace("published", "stated"))],
    [(FLOW_RATE, counted(211, 300))],
    [("alpha = 0.025\njoint", "alpha = 0.025\njoint"), ('joined = "both"', 'joined = "both"')],
]  # fmt: skip


@pytest.mark.parametrize("edits", GOOD)
def test_a_plan_that_holds_together_is_taken(edits: list[tuple[str, str]], checked: Run) -> None:
    assert checked(FIRST, *edits).refusals == ()


def test_published_counts_permit_a_difference_to_the_control(checked: Run) -> None:
    refusals = checked(FIRST, (STRATIFIED, DIFFERENCE), (FLOW_RATE, counted(70, 100))).refusals
    assert ["the control of ngs_negative has none" in refused.what for refused in refusals] == [True]


def test_a_study_without_a_plan_is_refused_by_name(checked: Run, study_text: Callable[[str], str]) -> None:
    text = study_text(SECOND)
    start, end = text.index("[plan]\n"), text.index(FOLLOW_UP)
    assert [one.rule for one in checked(SECOND, (text[start:end], "")).refusals] == ["plan-missing"]


def test_every_method_estimates_something_and_carries_the_known_strategies() -> None:
    assert set(CARRIES) == set(Method)
    assert {summary for summary, _ in CARRIES.values()} == set(Summary)
    for _, carried in CARRIES.values():
        assert {Strategy.COMPOSITE, Strategy.HYPOTHETICAL} <= carried


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_the_shipped_plans_are_assumed_and_look_at_nothing(
    name: str, shipped: Callable[[str], tuple[Study, object]]
) -> None:
    plan = shipped(name)[0].plan
    assert plan is not None
    assert plan.monitoring == ()  # no record states a look, and none is invented
    assert {one.mark for one in plan.estimands} == {"assumed"}
    assert [one.id for one in plan.estimands if one.role is Role.PRIMARY] == ["primary"]
    for one in plan.estimands:
        assert one.strategy(Intercurrent.MISSING) is not None


def test_a_counted_rate_is_called_the_controls(checked: Run) -> None:
    study = checked(FIRST, (FLOW_RATE, counted(70, 100))).study
    assert study.plan is not None
    primary = study.plan.estimands[0]
    assert summary_said(replace(primary, variable=("flow_negative",)), study).en.endswith(
        "against the control's rate"
    )
    assert summary_said(primary, study).en.endswith("against the assumed rate")


def test_strategies_are_said_in_the_order_in_which_they_decide(
    shipped: Callable[[str], tuple[Study, object]],
) -> None:
    plan = shipped(FIRST)[0].plan
    assert plan is not None
    said = strategies_said(
        replace(
            plan.estimands[0],
            intercurrent=(
                Counted(Intercurrent.STOPPED_EARLY, Strategy.TREATMENT_POLICY),
                Counted(Intercurrent.MISSING, Strategy.COMPOSITE),
                Counted(Intercurrent.DEATH, Strategy.HYPOTHETICAL),
                Counted(Intercurrent.RELAPSE, Strategy.COMPOSITE),
            ),
        )
    )
    assert [part.split(":")[0] for part in said.en.split("; ")] == [
        "no result",
        "death before the endpoint",
        "relapse or second cancer before the endpoint",
        "treatment stopped early",
    ]
    assert "剔除（视同结果已知者）（假想策略）" in said.zh


def test_efficacy_of_all_endpoints_is_claimed_at_one_look(checked: Run) -> None:
    study = checked(FIRST, with_looks(efficacy("stop = [30, 60]"))).study
    assert study.plan is not None
    said = monitoring_said(study.plan.monitoring[0], study)
    assert "only where every endpoint says so at the same look [assumed]" in said.en
    assert "同一次查看" in said.zh


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reader", ["doctor", "lawyer"])
def test_both_readers_see_the_plan(
    reader: str, language: str, checked: Run, shipped: Callable[..., tuple]
) -> None:
    study, record = shipped(FIRST)
    page = show(study, record, for_=reader, language=language)
    said = {
        "en": (
            "unknown answers as no response. Population: Intention to treat. Treatment: Blinatumomab.",
            "Summary: the rate, against the assumed rate.",
            "the answer counts as it is (treatment policy)",
            "one-sided alpha 0.025. [assumed]",
        ),
        "zh": (
            "人群：意向治疗集。治疗：贝林妥欧单抗。",
            "汇总指标：率，与假设率比较。",
            "计为未缓解（复合变量策略）",
            "单侧α=0.025。[假设]",
        ),
    }
    for words in said[language]:
        assert words in page
    assert "the control's rate" not in page and "与对照率比较" not in page
    landmark = {"en": "from protocol day 50", "zh": "自第50天起"}[language]
    assert (landmark in page) is (reader == "lawyer")
    tipping = {"en": "how many of the unknown would have to respond", "zh": "未知者中须有多少缓解"}[language]
    assert (tipping in page) is (reader == "lawyer")
