"""The analysis plan carried out: six children by hand, looks and counts in test study files."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from types import SimpleNamespace

import pytest

from remission.conduct import events as ev
from remission.protocol.plan import Intercurrent, Method, Plan, Role, Strategy, Summary
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.results.analysis import Results, analyse
from remission.results.numbers import Number
from remission.results.publish import results_section
from remission.results.why import why
from remission.stats.rates.proportions import binomial_p_greater, clopper_pearson, critical_value, wilson
from remission.stats.rates.two import Side, TwoCounts
from remission.stats.rates.unconditional import boschloo
from remission.terms.evidence import EntryRef

FOLLOW_UP = "[follow_up]\n"
FLOW_RATE = 'evidence = "assumed"\nevidence_id = "cccg_D46neg_rate"\nmethod = "flow"\nmark = "assumed"'


def text_of() -> str:
    return (files("remission.studies") / "nct06607419" / "study.toml").read_text("utf-8")


def study_of(text: str) -> Study:
    return read_study(io.BytesIO(text.encode()), name="study.toml")


def looked(purpose: str, at: list[int], rest: str, watched: str = "flow_negative") -> Study:
    block = (
        f'[[plan.monitoring]]\nid = "look"\nname = {{ en = "Looks", zh = "期中" }}\npurpose = "{purpose}"\n'
        f'watched = "{watched}"\nat = {at}\n{rest}\nbinding = false\nmark = "assumed"\ncite = "a test"\n\n'
    )
    return study_of(text_of().replace(FOLLOW_UP, block + FOLLOW_UP))


def one_endpoint(study: Study, alpha: str = "0.025", role: Role = Role.PRIMARY) -> Study:
    """The study with the flow endpoint alone, claimed at `alpha`."""
    plan = study.plan
    assert plan is not None
    first = replace(plan.estimands[0], variable=("flow_negative",), alpha=Decimal(alpha), role=role)
    return replace(
        study,
        endpoints=tuple(one for one in study.endpoints if one.id == "flow_negative"),
        control=replace(study.control, rates=study.control.rates[:1]),
        plan=replace(plan, estimands=(first,), landmarks=plan.landmarks[:1]),
    )


@pytest.fixture(scope="module")
def results(study: Study, build: SimpleNamespace) -> Results:
    return analyse(build.sized(study, 6), build.golden(), build.AS_OF)


# Flow: 1, 3, 6 negative; 2 positive; 5 kept as non-responder; 4 missed (stopped, died on day 126, after the
# window). NGS: 1, 6 negative; 2 positive; 5 kept; 3 too shallow; 4 missed. 6 never treated, 4 stopped early.
HAND = {
    "primary.flow_negative": (6, 3), "primary.ngs_negative": (6, 2), "primary.both": (6, 2),
    "either.either": (6, 3), "treated.flow_negative": (4, 2), "treated.ngs_negative": (4, 1),
    "left_out.flow_negative": (5, 3), "left_out.ngs_negative": (4, 2), "left_out.both": (4, 2),
    "by_stratum.flow_negative": (6, 3), "imputed.flow_negative": (6, 3), "tipping.flow_negative": (6, 3),
    "tipping.ngs_negative": (6, 2), "late_counts.ngs_negative": (6, 2),
}  # fmt: skip


@pytest.mark.parametrize(("stem", "counts"), HAND.items())
def test_counts_of_each_estimand_are_those_worked_out_by_hand(
    results: Results, stem: str, counts: tuple[int, int]
) -> None:
    n, x = (results.numbers[f"plan.{stem}.{what}"].value for what in ("n", "responders"))
    assert (n, x) == counts


def test_the_hypothetical_strategy_leaves_out_whom_its_event_befell(results: Results) -> None:
    """4 stopped early and missed its sample: the treatment is asked first; 6 was never treated."""
    of = results.numbers["plan.treated.flow_negative.n"].rests_on
    assert {str(basis.subject) for basis in of} == {"01-001", "01-002", "01-003", "01-005"}


def test_the_primary_estimand_says_what_the_endpoint_table_says(results: Results) -> None:
    for endpoint in results.study.endpoints:
        for what in ("n", "responders", "rate", "ci_lower", "ci_upper", "p", "decision"):
            planned = results.numbers[f"plan.primary.{endpoint.id}.{what}"]
            published = results.numbers[f"endpoint.{endpoint.id}.itt.{what}"]
            assert (planned.value, planned.text) == (published.value, published.text)
    assert results.numbers["plan.primary.both.p"].value == results.numbers["joint.all.p"].value
    assert results.numbers["plan.either.either.p"].value == results.numbers["joint.any.p"].value
    planned, published = results.numbers["plan.primary.both.decision"], results.numbers["joint.all.decision"]
    assert (planned.value, planned.text) == (published.value, published.text)


def test_the_tipping_point_is_that_of_the_exact_test(study: Study, build: SimpleNamespace) -> None:
    """Twenty children: 17 negative, 3 without a sample; p0 = 0.7, alpha 0.025 needs 19 of 20... or more."""
    children = [
        build.full_course(n).report("d46", 46, build.flow(0), build.ngs(0)).made() for n in range(1, 18)
    ]
    missed = [
        build.full_course(n).add(ev.SampleMissed("d46", build.day(47), "transferred")).made()
        for n in range(18, 21)
    ]
    found = analyse(build.sized(study, 20), [*children, *missed], build.AS_OF).numbers
    critical = critical_value(20, 0.7, 0.025)
    assert critical is not None
    tips = found["plan.tipping.flow_negative.tips"]
    assert tips.value == critical - 17
    assert tips.text.en == f"p at most 0.025 from {critical - 17} of 3 on"
    assert found["plan.tipping.flow_negative.p_worst"].value == binomial_p_greater(17, 20, 0.7)
    assert found["plan.tipping.flow_negative.p_best"].value == binomial_p_greater(20, 20, 0.7)


def test_imputation_lies_between_the_worst_and_the_best(results: Results) -> None:
    def value(id: str) -> float:
        found = results.numbers[id].value
        assert found is not None
        return found

    for endpoint in results.study.endpoints:
        stem = f"plan.imputed.{endpoint.id}"
        worst, best = (value(f"plan.tipping.{endpoint.id}.{end}") for end in ("worst", "best"))
        assert worst < value(f"{stem}.rate") < best
        assert value(f"{stem}.ci_lower") < value(f"{stem}.rate") < value(f"{stem}.ci_upper")


def test_strata_add_up_to_all(results: Results) -> None:
    for endpoint in results.study.endpoints:
        for what in ("n", "responders"):
            stem = f"plan.by_stratum.{endpoint.id}"
            parts = [n.value for id, n in results.numbers.items() if id.startswith(stem) and _part(id, what)]
            assert sum(parts) == results.numbers[f"{stem}.{what}"].value


def _part(id: str, what: str) -> bool:
    return id.endswith(f".{what}") and id.count(".") == 4


def test_every_subgroup_holds_everybody_once(results: Results) -> None:
    assert results.study.plan is not None
    for subgroup in results.study.plan.subgroups:
        for endpoint in results.study.endpoints:
            whole = [
                number.value
                for id, number in results.numbers.items()
                if id.startswith(f"subgroup.{subgroup.id}.") and id.endswith(f".{endpoint.id}.n")
            ]
            assert sum(whole) == results.numbers[f"plan.primary.{endpoint.id}.n"].value


def test_subgroups_are_those_worked_out_by_hand(results: Results) -> None:
    def count(id: str) -> tuple[object, object]:
        stem = f"subgroup.{id}.flow_negative"
        return results.numbers[f"{stem}.responders"].value, results.numbers[f"{stem}.n"].value

    assert count("risk.low") == (1, 3)
    assert count("risk.intermediate") == (2, 3)
    assert count("day19.band1") == (3, 6)  # all at 0.2 %: the cut at 0.1 % is in the band above it
    assert count("sex.male") == (1, 3)  # 2, 4, 6; of them 6 is negative
    assert count("age.band2") == (1, 1)  # the child of 15 years
    assert count("site.01") == (3, 6)
    assert "subgroup.site.02.flow_negative.n" not in results.numbers


# ------------------------------------------------------------ late samples


def test_a_late_sample_counts_where_the_plan_lets_it(study: Study, build: SimpleNamespace) -> None:
    late = build.full_course(1).report("d46", 55, build.flow(0), build.ngs(0)).made()
    known = build.full_course(2).report("d46", 46, build.flow(0), build.ngs(0)).made()
    found = analyse(study, [late, known], build.AS_OF).numbers
    for stem, n, x in (("primary", 2, 1), ("left_out", 1, 1), ("late_counts", 2, 2)):
        assert found[f"plan.{stem}.flow_negative.n"].value == n
        assert found[f"plan.{stem}.flow_negative.responders"].value == x


def test_the_first_event_of_the_plan_that_happened_decides(study: Study, build: SimpleNamespace) -> None:
    """A child who stopped and missed its sample is left out when stopping stands first, else a failure."""
    child = build.treated(1).add(
        ev.TreatmentStopped(build.instant(33), "CRS grade 4", True),
        ev.SampleMissed("d46", build.day(47), "transferred"),
    )
    plan = study.plan
    assert isinstance(plan, Plan)
    estimand = next(one for one in plan.estimands if one.id == "treated")
    turned = replace(estimand, intercurrent=estimand.intercurrent[::-1])
    for one, n in ((estimand, 0), (turned, 1)):
        changed = replace(study, plan=replace(plan, estimands=(plan.estimands[0], one)))
        found = analyse(changed, [child.made()], build.AS_OF).numbers
        assert found["plan.treated.flow_negative.n"].value == n


@pytest.mark.parametrize(
    ("event", "name"), [(ev.Relapsed, Intercurrent.RELAPSE), (ev.Died, Intercurrent.DEATH)]
)
def test_relapse_and_death_are_told_apart(
    study: Study, build: SimpleNamespace, event: type, name: Intercurrent
) -> None:
    child = build.full_course(1).add(event(build.day(45), "marrow")).made()
    plan = study.plan
    assert plan is not None
    first = plan.estimands[0]
    rules = tuple(
        replace(one, strategy=Strategy.HYPOTHETICAL) if one.event is name else one
        for one in first.intercurrent
    )
    changed = replace(
        study, plan=replace(plan, estimands=(first, replace(first, id="no", intercurrent=rules)))
    )
    found = analyse(changed, [child], build.AS_OF).numbers
    assert found["plan.primary.flow_negative.n"].value == 1
    assert found["plan.no.flow_negative.n"].value == 0


# ------------------------------------------------------------ looks


def cohort(build: SimpleNamespace, negative: int, positive: int, due: int = 0) -> list[object]:
    """Children enrolled one after the other: first the negative, then the positive, then those still due."""
    made = [
        build.full_course(n).report("d46", 46, build.flow(0 if n <= negative else 400), build.ngs(0)).made()
        for n in range(1, negative + positive + 1)
    ]
    last = len(made)
    return [*made, *(build.treated(n).made() for n in range(last + 1, last + due + 1))]


@pytest.mark.parametrize(
    ("purpose", "stop", "negative", "says", "words"),
    [
        ("futility", [3], 3, 1, "stop for futility (not binding)"),
        ("futility", [3], 4, 0, "go on"),
        ("efficacy", [5], 5, 1, "stop for efficacy (not binding)"),
        ("efficacy", [5], 4, 0, "go on"),
    ],
)
def test_a_look_that_is_reached_says_what_its_boundary_says(
    build: SimpleNamespace, purpose: str, stop: list[int], negative: int, says: int, words: str
) -> None:
    study = one_endpoint(looked(purpose, [5], f"stop = {stop}"))
    numbers = analyse(study, cohort(build, negative, 7 - negative), build.AS_OF).numbers
    assert numbers["look.look.5.known"].value == 5
    assert numbers["look.look.5.count"].value == min(negative, 5)
    assert (numbers["look.look.5.says"].value, numbers["look.look.5.says"].text.en) == (says, words)


def test_a_look_is_not_reached_before_every_answer_is_known(build: SimpleNamespace) -> None:
    study = looked("futility", [3, 5], "stop = [1, 2]")
    early = build.AS_OF.replace(year=2025, month=4, day=10)  # day 39 of those still due
    numbers = analyse(study, cohort(build, 3, 0, due=2), early).numbers
    assert numbers["look.look.3.says"].text.en == "go on"
    for stem, known in (("look.look.5", 3),):
        assert numbers[f"{stem}.says"].value is None
        assert numbers[f"{stem}.says"].text.en == "look not reached"
        assert numbers[f"{stem}.known"].value == known


def test_spent_alpha_gives_boundaries_within_it(build: SimpleNamespace) -> None:
    for rule in ("pocock", "obrien_fleming"):
        study = looked("efficacy", [30, 60], f'spending = "{rule}"\nspend = 0.02')
        numbers = analyse(study, [], build.AS_OF).numbers
        bounds = [numbers[f"look.look.{n}.boundary"].value for n in (30, 60)]
        assert all(isinstance(bound, int) for bound in bounds)
        alive = {0: 1.0}
        stopped = 0.0
        before = 0
        for n, bound in zip((30, 60), bounds, strict=True):  # slow and obvious: child by child
            for _ in range(n - before):
                moved: dict[int, float] = {}
                for count, chance in alive.items():
                    moved[count] = moved.get(count, 0.0) + chance * 0.3
                    moved[count + 1] = moved.get(count + 1, 0.0) + chance * 0.7
                alive = moved
            stopped += sum(chance for count, chance in alive.items() if count >= bound)
            alive = {count: chance for count, chance in alive.items() if count < bound}
            before = n
        assert 0 < stopped <= 0.02


def test_toxicity_is_counted_in_the_treated_by_first_dose(build: SimpleNamespace) -> None:
    study = looked("toxicity", [2, 5], "stop = [1, 4]\ngrade = 3", watched="crs")
    numbers = analyse(study, build.golden(), build.AS_OF).numbers
    assert numbers["look.look.2.count"].value == 1  # the first child had CRS of grade 3
    assert numbers["look.look.2.says"].text.en == "stop for toxicity (not binding)"
    assert numbers["look.look.5.says"].text.en == "go on"


def test_the_shipped_study_looks_at_nothing_before_the_end(results: Results) -> None:
    assert [table.id for table in results.tables if table.id == "looks"] == []
    assert [id for id in results.numbers if id.startswith("look.")] == []


# ------------------------------------------------------------ landmarks


def test_a_landmark_groups_by_what_was_known_then(study: Study, build: SimpleNamespace) -> None:
    children = build.golden()
    # 7: negative, relapsed on day 50 itself: the event is not after the landmark.
    gone = (
        build.full_course(9)
        .report("d46", 46, build.flow(0), build.ngs(0))
        .add(ev.Relapsed(build.day(50), "m"))
    )
    numbers = analyse(study, [*children, gone.made()], build.AS_OF).numbers
    stem = "landmark.d46_flow"
    assert numbers[f"{stem}.responders.n"].value == 3  # 1, 3, 6
    assert numbers[f"{stem}.non_responders.n"].value == 2  # 2, 5
    assert numbers[f"{stem}.non_responders.events"].value == 1  # 2 relapsed
    assert numbers[f"{stem}.before"].value == 1
    assert numbers[f"{stem}.unknown"].value == 1  # 4 missed its sample
    assert numbers[f"{stem}.responders.at.1y"].value == 1.0
    # One event among 5 at risk, 3 of them responders: (O - E)^2 / V = (0.6)^2 / (0.4 x 0.6) = 1.5.
    assert numbers[f"{stem}.p"].value == pytest.approx(0.2206713619, abs=1e-9)  # 1 - pchisq(1.5, 1) in R


# ------------------------------------------------------------ the control


def published(study_text: str, responders: int, of: int) -> Study:
    rate = FLOW_RATE.replace('ce = "assumed"', 'ce = "published"').replace(
        'rk = "assumed"', 'rk = "verified"'
    )
    source = 'source = { mark = "verified", cite = "a paper" }'
    return study_of(study_text.replace(FLOW_RATE, f"{rate}\nresponders = {responders}\nof = {of}\n{source}"))


def words_of(results: Results) -> str:
    shown = [number.text.en + number.label.en for number in results.numbers.values()]
    tables = [text.en for table in results.tables for text in (table.title, *table.notes)]
    return " ".join([*shown, *tables, json.dumps(results_section(results.study, results))])


def test_nothing_speaks_of_superiority_where_the_rate_was_assumed(results: Results) -> None:
    said = words_of(results)
    assert results.numbers["joint.all.decision"].text.en == "not shown above the assumed rate"
    assert results.numbers["joint.all.decision"].text.zh == "未显示高于假设率"
    for word in (
        "above the control",
        "against the control",
        "SUPERIORITY",
        "superior to",
        "historical control",
    ):
        assert word not in said
    assert said.count("no source exists for the rate compared with") == 2
    assert "Superiority to a control cannot be concluded" in said


def test_a_published_rate_with_its_counts_is_a_control(build: SimpleNamespace) -> None:
    study = build.sized(published(text_of(), 210, 300), 6)
    alone = analyse(one_endpoint(study), build.golden(), build.AS_OF)
    assert alone.numbers["endpoint.flow_negative.itt.decision"].text.en == "not shown above the control"
    found = analyse(study, build.golden(), build.AS_OF)
    assert found.numbers["joint.all.decision"].text.en == "not shown above the assumed rate"
    assert "210/300 (a paper)" in found.numbers["control.flow_negative.p0"].formula.en
    assert "control.flow_negative.history300.type1" in found.numbers
    assert "control.flow_negative.history100.type1" not in found.numbers
    section: Mapping[str, object] = results_section(study, found)
    assert "SUPERIORITY" in json.dumps(section)


def test_a_difference_to_the_controls_counts(build: SimpleNamespace) -> None:
    """4 of 5 against 210 of 300: limits by Newcombe's formula, the test by Boschloo's."""
    study = published(text_of(), 210, 300)
    plan = study.plan
    assert plan is not None
    one = replace(
        plan.estimands[0], id="difference", role=Role.SUPPLEMENTARY, variable=("flow_negative",),
        summary=Summary.RISK_DIFFERENCE, method=Method.NEWCOMBE,
    )  # fmt: skip
    changed = replace(study, plan=replace(plan, estimands=(plan.estimands[0], one)))
    numbers = analyse(changed, cohort(build, 4, 1), build.AS_OF).numbers
    stem = "plan.difference.flow_negative"
    found = [numbers[f"{stem}.{what}"].value for what in ("difference", "ci_lower", "ci_upper")]
    mine, theirs = wilson(4, 5), wilson(210, 300)
    lower = 0.1 - math.hypot(0.8 - mine.lower, theirs.upper - 0.7)
    upper = 0.1 + math.hypot(mine.upper - 0.8, 0.7 - theirs.lower)
    assert found == pytest.approx([0.1, lower, upper], rel=1e-12)
    assert numbers[f"{stem}.difference"].text.en == "+10.0 %"
    assert numbers[f"{stem}.p"].value == pytest.approx(boschloo(TwoCounts(4, 5, 210, 300), Side.GREATER).p)
    assert numbers[f"{stem}.decision"].text.en == "nominal p"
    row = next(
        row for row in analyse(changed, [], build.AS_OF).table("plan").rows if "difference" in row.label.en
    )
    assert row.label.zh.endswith("与对照之差")


@pytest.mark.parametrize(("of", "type1"), [(100, 0.063), (300, 0.034), (1000, 0.023)])
def test_type_i_error_under_uncertainty_of_p0(
    study: Study, build: SimpleNamespace, of: int, type1: float
) -> None:
    """Exact, one-sided 0.025, n = 90, true .70 (reference/statistics.json)."""
    found = analyse(study, [], build.AS_OF).numbers[f"control.flow_negative.history{of}.type1"].value
    assert found == pytest.approx(type1, abs=5e-4)


# ------------------------------------------------------------ the whole


def test_results_carry_study_file_data_cut_and_ledger_head(study: Study, build: SimpleNamespace) -> None:
    head = EntryRef(17, "ab" * 32)
    found = analyse(study, build.golden(), build.AS_OF, head=head)
    assert found.as_json()["ledger_head"] == {"seq": 17, "hash": head.hash}
    assert "entry 17" in found.cut.en and head.hash in found.cut.zh and "2028-03-01T12:00" in found.cut.en
    assert analyse(study, [], build.AS_OF).as_json()["ledger_head"] is None


def test_every_number_of_the_plan_walks_back(results: Results) -> None:
    ids = [id for id in results.numbers if id.split(".")[0] in ("plan", "subgroup", "landmark")]
    assert len(ids) > 200
    for id in ids:
        chain = why(results, id)
        number: Number = chain.number
        assert number.formula.en and number.formula.zh
        if number.value:
            assert chain.inputs or chain.participants


def test_a_study_without_a_plan_is_analysed_as_before(study: Study, build: SimpleNamespace) -> None:
    found = analyse(replace(study, plan=None), build.golden(), build.AS_OF)
    with_plan = analyse(study, build.golden(), build.AS_OF)
    assert {table.id for table in with_plan.tables} - {table.id for table in found.tables} == {
        "plan", "subgroups", "landmarks",
    }  # fmt: skip
    for id, number in found.numbers.items():
        same = with_plan.numbers[id]
        assert (same.value, same.text, same.unit, same.rests_on) == (
            number.value, number.text, number.unit, number.rests_on,
        )  # fmt: skip


def test_intervals_are_clopper_and_pearsons(results: Results) -> None:
    interval = clopper_pearson(2, 4)
    assert results.numbers["plan.treated.flow_negative.ci_lower"].value == interval.lower
    assert results.numbers["plan.treated.flow_negative.ci_upper"].value == interval.upper
