"""What is decided, when, and on which row: never before the end, never beside a look that stopped."""

import json
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from remission.conduct import events as ev
from remission.protocol.plan import Joined, Monitoring, Purpose, Role
from remission.protocol.study import Evidence, Indeterminate, Joint, OutsideWindow, Source, Study
from remission.results.analysis import Results, analyse
from remission.results.control import Compared, compared
from remission.results.publish import results_section
from remission.stats.designs.after import after
from remission.stats.designs.staged import Look, Staged, operating
from remission.stats.pairs.joint import holm
from remission.stats.rates.proportions import binomial_p_greater, critical_value
from remission.terms.words import Mark, Text

FLOW, NGS = "flow_negative", "ngs_negative"


def alone(study: Study, alpha: str = "0.025") -> Study:
    """The flow endpoint alone, claimed at `alpha`; the study's other estimands are left out."""
    assert study.plan is not None
    first = replace(study.plan.estimands[0], variable=(FLOW,), alpha=Decimal(alpha))
    return replace(
        study,
        endpoints=study.endpoints[:1],
        control=replace(study.control, rates=study.control.rates[:1]),
        plan=replace(study.plan, estimands=(first,), landmarks=()),
    )


def looking(study: Study, *looks: Monitoring) -> Study:
    assert study.plan is not None
    return replace(study, plan=replace(study.plan, monitoring=looks))


def look(
    purpose: Purpose, at: int, stop: int, *, watched: str = FLOW, binding: bool = True, **more: Any
) -> Monitoring:
    name = Text(f"{purpose} of {watched}", "期中")
    return Monitoring(
        f"{purpose}_{watched}", name, purpose, watched, (at,), binding, Mark.ASSUMED, "test", (stop,), **more
    )  # fmt: skip


def answered(build: SimpleNamespace, flow: int, of: int, ngs: int | None = None) -> list[Any]:
    """So many treated children; the first `flow` are negative by flow, the first `ngs` by NGS."""
    return [
        build.full_course(n)
        .report(
            "d46", 46, build.flow(0 if n <= flow else 400),
            build.ngs(0 if n <= (flow if ngs is None else ngs) else 400),
        )
        .made()
        for n in range(1, of + 1)
    ]  # fmt: skip


def said(results: Results, id: str) -> tuple[float | None, str]:
    number = results.numbers[id]
    return number.value, number.text.en


# ------------------------------------------------------------ before the end


def test_pending_children_stay_in_every_set_and_withhold_its_decision(
    study: Study, build: SimpleNamespace
) -> None:
    early = build.AS_OF.replace(year=2025, month=4, day=10)  # day 39 of the second
    children = [*answered(build, 1, 1), build.treated(2).made(), build.enrolled(3).made()]
    found = analyse(study, children, early)
    for chosen in ("itt", "evaluable", "per_protocol"):
        stem = f"endpoint.{FLOW}.{chosen}"
        assert (found.numbers[f"{stem}.pending"].value, found.numbers[f"{stem}.n"].value) == (2, 1), chosen
        assert found.numbers[f"set.{chosen}.{FLOW}.n"].value == 3
    assert found.numbers[f"set.evaluable.{FLOW}.left_out.evaluable"].value == 0
    section: Any = results_section(study, found)
    evaluable = section["outcomeMeasuresModule"]["outcomeMeasures"][1]
    assert "No evaluable result" not in evaluable["populationDescription"]
    assert "pending, not counted: 2" in evaluable["populationDescription"]


def test_an_evaluable_primary_set_waits_for_pending_results(study: Study, build: SimpleNamespace) -> None:
    one = alone(study)
    sets = tuple(replace(chosen, primary=chosen.id == "evaluable") for chosen in one.sets)
    assert one.plan is not None
    first = replace(one.plan.estimands[0], population="evaluable")
    one = replace(build.sized(one, 12), sets=sets, plan=replace(one.plan, estimands=(first,)))
    early = build.AS_OF.replace(year=2025, month=4, day=10)
    found = analyse(one, [*answered(build, 11, 11), build.treated(12).made()], early)
    assert said(found, "plan.primary.flow_negative.decision") == (None, "not yet: results are pending")


def test_a_broken_rule_leaves_a_pending_child_out(study: Study, build: SimpleNamespace) -> None:
    early = build.AS_OF.replace(year=2025, month=4, day=10)
    stopped = build.treated(1).add(ev.TreatmentStopped(build.instant(33), "pump", False)).made()
    never = build.enrolled(2).add(ev.TreatmentNotGiven(build.day(30), "declined")).made()
    found = analyse(study, [stopped, never], early).numbers
    assert found[f"set.per_protocol.{FLOW}.left_out.full_course"].value == 1
    assert found[f"set.per_protocol.{FLOW}.left_out.treated"].value == 1


def test_nothing_is_decided_before_the_planned_number_is_enrolled(
    study: Study, build: SimpleNamespace
) -> None:
    children = answered(build, 12, 12)
    for enough, decided in ((12, (1, "above the assumed rate")), (13, (None, "not yet: 12 of 13 enrolled"))):
        found = analyse(build.sized(alone(study), enough), children, build.AS_OF)
        for id in ("plan.primary.flow_negative", "endpoint.flow_negative.itt", "joint.all"):
            assert said(found, f"{id}.decision") == decided
        assert found.numbers["plan.primary.flow_negative.p"].value == pytest.approx(0.7**12)
        words = " ".join(note.en for note in found.table("plan").notes)
        assert ("p-values are nominal" in words) is (enough == 13)
    over = analyse(build.sized(alone(study), 11), children, build.AS_OF)
    assert any(note.en.startswith("12 enrolled, 11 planned") for note in over.table("plan").notes)


def test_the_registry_has_no_p_value_before_it_is_decidable(study: Study, build: SimpleNamespace) -> None:
    children = answered(build, 12, 12)
    for planned, there in ((13, False), (12, True)):
        section = json.dumps(
            results_section(study, analyse(build.sized(study, planned), children, build.AS_OF))
        )
        assert ("pValue" in section) is there


def test_the_registry_states_the_primary_estimands_alpha(study: Study, build: SimpleNamespace) -> None:
    found = analyse(build.sized(alone(study, "0.02"), 12), answered(build, 12, 12), build.AS_OF)
    assert found.numbers["endpoint.flow_negative.itt.critical"].inputs[-1] == "design.alpha.primary"
    section: Any = results_section(found.study, found)
    analysis = section["outcomeMeasuresModule"]["outcomeMeasures"][0]["analyses"][0]
    assert analysis["pValueComment"] == "One-sided; alpha 0.02."


# ------------------------------------------------------------ which rows


def test_only_the_claim_is_decided(study: Study, build: SimpleNamespace) -> None:
    found = analyse(build.sized(study, 14), answered(build, 14, 14), build.AS_OF)
    decided = [id for id, n in found.numbers.items() if id.endswith(".decision") and n.value is not None]
    assert decided == ["plan.primary.both.decision", "joint.all.decision"]
    assert said(found, "plan.primary.flow_negative.decision") == (None, "decided with the others")
    assert said(found, f"endpoint.{FLOW}.itt.decision") == (None, "decided with the others")
    for id in (f"endpoint.{FLOW}.itt.as_responder", f"endpoint.{FLOW}.per_protocol", "joint.any",
               f"plan.late_counts.{FLOW}", "plan.imputed.both"):  # fmt: skip
        assert said(found, f"{id}.decision") == (None, "nominal p")


def test_without_a_plan_the_design_decides(study: Study, build: SimpleNamespace) -> None:
    found = analyse(replace(build.sized(study, 14), plan=None), answered(build, 14, 14), build.AS_OF)
    decided = [id for id, n in found.numbers.items() if id.endswith(".decision") and n.value is not None]
    assert decided == ["joint.all.decision"]


def test_either_is_decided_by_holms_adjusted_p(study: Study, build: SimpleNamespace) -> None:
    """11 of 11 by flow: p = 0.7^11 = 0.0198 is at most 0.025, twice it is not."""
    assert study.plan is not None
    first = replace(study.plan.estimands[0], joined=Joined.EITHER)
    either = replace(
        build.sized(study, 11), design=replace(study.design, participants=11, joint=Joint.ANY),
        plan=replace(study.plan, estimands=(first,)),
    )  # fmt: skip
    found = analyse(either, answered(build, 11, 11, ngs=5), build.AS_OF)
    p = [found.numbers[f"plan.primary.{id}.p"].value or 0 for id in (FLOW, NGS)]
    assert p[0] == pytest.approx(0.7**11) and p[0] < 0.025
    adjusted = [found.numbers[f"plan.primary.{id}.p_holm"].value for id in (FLOW, NGS)]
    assert adjusted == list(holm(p))
    for id in (f"plan.primary.{FLOW}", "plan.primary.either", f"endpoint.{FLOW}.itt", "joint.any"):
        assert found.numbers[f"{id}.decision"].value == 0, id
    assert said(found, "joint.all.decision") == (None, "nominal p")
    assert any("adjusted for all endpoints" in n.en for n in found.table(f"endpoint.{FLOW}").notes)


def test_the_rate_of_every_endpoint_stands_beside_no_p_value(study: Study, build: SimpleNamespace) -> None:
    rows = analyse(study, [], build.AS_OF).table("plan").rows
    every = [row for row in rows if row.label.en == "every endpoint"]
    assert every and all(len(row.cells) == 4 and not row.cells[0].numbers for row in every)
    claim = next(row for row in rows if row.label.en.startswith("together: largest p"))
    assert claim.cells[-1].numbers == ("plan.primary.both.p",)


def test_the_plan_says_that_the_rate_is_assumed(study: Study, build: SimpleNamespace) -> None:
    words = " ".join(note.en for note in analyse(study, [], build.AS_OF).table("plan").notes)
    assert "the control rate 70.0 % is an assumption" in words and "has no evidence" in words


def test_the_decision_is_the_first_column(study: Study, build: SimpleNamespace) -> None:
    found = analyse(study, answered(build, 1, 1), build.AS_OF)
    for table in (found.table("plan"), found.table(f"endpoint.{FLOW}")):
        assert table.columns[0].en == "Decision"
        firsts = {row.cells[0].numbers[0].rsplit(".", 1)[1] for row in table.rows if row.cells[:1] != ()
                  and row.cells[0].numbers}  # fmt: skip
        assert firsts <= {"decision", "tips"}
        assert all(len(row.cells) <= len(table.columns) for row in table.rows)


def test_an_interval_of_another_level_than_the_tests_is_said(study: Study, build: SimpleNamespace) -> None:
    for alpha, there in (("0.025", False), ("0.05", True)):
        notes = analyse(alone(study, alpha), [], build.AS_OF).table("plan").notes
        assert any("90 % interval" in note.en for note in notes) is there


# ------------------------------------------------------------ what it is compared with


def control(study: Study, **changed: Any) -> Study:
    rate = replace(study.control.rates[0], **changed)
    return replace(study, control=replace(study.control, rates=(rate, *study.control.rates[1:])))


COUNTED = {
    "responders": 70, "of": 100, "source": Source(Mark.VERIFIED, "a paper"), "evidence": Evidence.PUBLISHED,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        ({}, Compared.ASSUMED, "above the assumed rate"),
        ({"evidence": Evidence.STATED}, Compared.STATED, "above the stated rate"),
        ({**COUNTED, "evidence": Evidence.ASSUMED}, Compared.ASSUMED, "above the assumed rate"),
        ({**COUNTED, "method": "ngs"}, Compared.OTHER_METHOD, "above a rate by another method"),
        ({**COUNTED, "source": None}, Compared.STATED, "above the stated rate"),
        (
            COUNTED, Compared.CONTROL,
            "above the control (type I error 0.063, its rate being counted and not known)",
        ),
    ],
)  # fmt: skip
def test_a_control_is_counted_sourced_and_by_the_same_method(
    study: Study, build: SimpleNamespace, changed: dict[str, Any], kind: Compared, words: str
) -> None:
    one = control(alone(study), **changed)
    assert compared(one, FLOW) is kind
    found = analyse(one, answered(build, 90, 90), build.AS_OF)
    assert said(found, "plan.primary.flow_negative.decision") == (1, words)
    section = json.dumps(results_section(one, found))
    assert ("SUPERIORITY" in section) is (kind is Compared.CONTROL)


# ------------------------------------------------------------ looks


def toxic(build: SimpleNamespace, number: int, *, began: int | None, ended: int | None = 43) -> Any:
    child = build.treated(number)
    if began is not None:
        child.add(ev.ToxicityReported("t", "crs", "Immune system", 3, build.day(began), True, "yes"))
    if ended is not None:
        child.add(ev.TreatmentCompleted(build.instant(ended)))
    return child.made()


def test_a_toxicity_look_waits_for_the_course_and_its_window(study: Study, build: SimpleNamespace) -> None:
    """Two children, both through on day 43, counted for 14 days more: known after day 57."""
    watching = looking(study, look(Purpose.TOXICITY, 2, 1, watched="crs", grade=3, window_days=14))

    def says(day: int, *children: Any) -> str:
        at = build.instant(day)
        return analyse(watching, children, at).numbers["look.toxicity_crs.2.says"].text.en

    fine, other = toxic(build, 1, began=None), toxic(build, 2, began=None)
    on_infusion = toxic(build, 2, began=None, ended=None)
    assert says(50, fine, on_infusion) == says(80, fine, on_infusion) == "look not reached"
    assert says(57, fine, other) == "look not reached"
    assert says(58, fine, other) == "go on"
    assert says(80, fine, toxic(build, 2, began=57)) == "stop for toxicity"
    assert says(80, fine, toxic(build, 2, began=58)) == "go on"
    first = toxic(build, 1, began=30, ended=None)
    assert says(32, first) == says(32, first, on_infusion) == "stop for toxicity"  # enough: no waiting


def test_a_later_worsening_does_not_change_what_a_toxicity_look_said(
    study: Study, build: SimpleNamespace
) -> None:
    watching = looking(study, look(Purpose.TOXICITY, 1, 1, watched="crs", grade=3, window_days=7))
    child = build.treated(1).add(ev.ToxicityReported("t", "crs", "I", 2, build.day(40), True, "yes"))
    child.add(ev.TreatmentCompleted(build.instant(43)), ev.ToxicityRegraded("t", 4, build.day(51)))
    found = analyse(watching, [child.made()], build.AS_OF).numbers
    assert found["look.toxicity_crs.1.says"].text.en == "go on"


def test_binding_futility_is_the_decision(study: Study, build: SimpleNamespace) -> None:
    watching = looking(study, look(Purpose.FUTILITY, 5, 4))
    children = answered(build, 4, 5) + answered(build, 90, 90)[5:]
    found = analyse(watching, children, build.AS_OF)
    words = (
        "stopped at look futility of flow_negative, first 5 for futility: decided there: "
        "not shown above the assumed rate"
    )
    for id in ("plan.primary.both", "joint.all"):
        assert said(found, f"{id}.decision") == (0, words)
    loose = looking(study, look(Purpose.FUTILITY, 5, 4, binding=False))
    free = analyse(loose, children, build.AS_OF)
    assert said(free, "look.futility_flow_negative.5.says") == (1, "stop for futility (not binding)")
    assert said(free, "plan.primary.both.decision") == (1, "above the assumed rate")


@pytest.mark.parametrize(("planned", "told"), [(12, True), (11, False)])
def test_two_endpoints_with_efficacy_looks_are_not_decided_at_another_number(
    study: Study, build: SimpleNamespace, planned: int, told: bool
) -> None:
    looks = tuple(replace(look(Purpose.EFFICACY, 6, 6), id=id, watched=id) for id in (FLOW, NGS))
    watching = looking(build.sized(study, planned), *looks)
    children = answered(build, 12, 12)
    children[0] = build.full_course(1).report("d46", 46, build.flow(400), build.ngs(400)).made()
    value, text = said(analyse(watching, children, build.AS_OF), "plan.primary.both.decision")
    assert (value is not None) is told
    assert text.startswith("cannot be told") is not told


@pytest.mark.parametrize(
    ("purpose", "negative", "decided", "zh"),
    [
        (Purpose.EFFICACY, 12, (1, "above the assumed rate"), "高于假设率"),
        (Purpose.FUTILITY, 4, (0, "not shown above the assumed rate"), "未显示高于假设率"),
    ],
)
def test_a_stop_decides_only_the_endpoint_that_it_watched(
    study: Study, build: SimpleNamespace, purpose: Purpose, negative: int,
    decided: tuple[int, str], zh: str,
) -> None:  # fmt: skip
    """Either endpoint is enough: what stopped for the one says nothing of the other."""
    assert study.plan is not None
    first = replace(study.plan.estimands[0], joined=Joined.EITHER)
    either = replace(
        study, design=replace(study.design, joint=Joint.ANY), plan=replace(study.plan, estimands=(first,))
    )
    watching = looking(either, look(purpose, 12, 12 if negative == 12 else 4))
    found = analyse(watching, answered(build, negative, 12, ngs=5), build.AS_OF)
    before = f"stopped at look {purpose} of flow_negative, first 12 for {purpose}"
    flow, ngs = (found.numbers[f"plan.primary.{id}.decision"] for id in (FLOW, NGS))
    assert (flow.value, flow.text.en) == (decided[0], f"{before}: decided there: {decided[1]}")
    assert flow.text.zh.endswith(f"已于该次查看判定：{zh}")
    assert (ngs.value, ngs.text.en) == (None, f"{before}; this endpoint was not decided")
    assert ngs.text.zh.endswith("；本终点未作判定")
    joint = found.numbers["plan.primary.either.decision"]
    assert joint.text.en.endswith(decided[1] if decided[0] else "; this claim was not decided")


def test_a_stop_for_efficacy_above_a_counted_control_says_its_type_i_error(
    study: Study, build: SimpleNamespace
) -> None:
    watching = looking(control(alone(study), **COUNTED), look(Purpose.EFFICACY, 12, 12))
    decided = analyse(watching, answered(build, 12, 12), build.AS_OF).numbers[
        "plan.primary.flow_negative.decision"
    ]
    said_there = "decided there: above the control (type I error 0.063, its rate being counted and not known)"
    assert decided.value == 1 and decided.text.en.endswith(said_there)
    assert any(".history" in id and id.endswith(".type1") for id in decided.inputs)


def test_efficacy_of_one_endpoint_stops_no_claim_on_all(study: Study, build: SimpleNamespace) -> None:
    looks = [look(Purpose.EFFICACY, 12, 12, watched=id) for id in (FLOW, NGS)]
    watching = looking(study, *looks)
    one = analyse(watching, answered(build, 12, 12, ngs=11), build.AS_OF)
    assert said(one, "look.efficacy_flow_negative.12.says")[1].startswith("go on: the boundary is reached")
    assert said(one, "joint.all.decision") == (None, "not yet: 12 of 90 enrolled")
    both = analyse(watching, answered(build, 12, 12), build.AS_OF)
    assert both.numbers["joint.all.decision"].value == 1
    assert any("ignore the looks" in note.en for note in both.table("plan").notes)


def staged(study: Study) -> Staged:
    last = critical_value(20, 0.7, 0.015)
    assert last is not None
    return Staged((Look(10, 5, 10), Look(20, last - 1, last)))


@pytest.mark.parametrize("negative", [18, 19, 20])
def test_a_claim_after_looks_is_that_of_all_looks(
    study: Study, build: SimpleNamespace, negative: int
) -> None:
    """Looks at 10 of 20 children; the first nine negative, so that neither boundary is reached there."""
    looks = (look(Purpose.EFFICACY, 10, 10), look(Purpose.FUTILITY, 10, 5))
    watching = looking(build.sized(alone(study, "0.015"), 20), *looks)
    children = answered(build, negative, 20)
    first = build.full_course(1).report("d46", 46, build.flow(400), build.ngs(0)).made()
    found = analyse(watching, [first, *children[1:]], build.AS_OF)
    expected = after(staged(study), look=2, responders=negative - 1, p0=0.7)
    stem = "plan.primary.flow_negative"
    shown = [found.numbers[f"{stem}.{what}"].value for what in ("rate", "ci_lower", "ci_upper", "p", "size")]
    assert shown == [
        expected.median, expected.interval.lower, expected.interval.upper, expected.p, expected.size,
    ]  # fmt: skip
    assert expected.size == pytest.approx(operating(staged(study), 0.7).rejects)
    decided = [found.numbers[f"{id}.decision"].value for id in (stem, f"endpoint.{FLOW}.itt", "joint.all")]
    assert decided == [int(expected.claims)] * 3


def test_a_stop_for_efficacy_is_estimated_where_it_came(study: Study, build: SimpleNamespace) -> None:
    looks = (look(Purpose.EFFICACY, 10, 10), look(Purpose.FUTILITY, 10, 5))
    watching = looking(build.sized(alone(study, "0.015"), 20), *looks)
    found = analyse(watching, answered(build, 10, 11), build.AS_OF)
    expected = after(staged(study), look=1, responders=10, p0=0.7)
    stem = "plan.primary.flow_negative"
    assert found.numbers[f"{stem}.p"].value == expected.p == pytest.approx(0.7**10)
    assert found.numbers[f"{stem}.ci_lower"].value == expected.interval.lower
    assert found.numbers[f"{stem}.decision"].value == 1
    assert found.numbers[f"{stem}.decision"].inputs == ("look.efficacy_flow_negative.10.says",)


def test_another_number_at_the_end_keeps_the_conditional_error(study: Study, build: SimpleNamespace) -> None:
    looks = (look(Purpose.EFFICACY, 10, 10), look(Purpose.FUTILITY, 10, 5))
    watching = looking(build.sized(alone(study, "0.015"), 20), *looks)
    children = answered(build, 22, 22)
    first = build.full_course(1).report("d46", 46, build.flow(400), build.ngs(0)).made()
    found = analyse(watching, [first, *children[1:]], build.AS_OF)
    expected = after(staged(study), look=2, responders=21, p0=0.7, n=22, before=9)
    stem = "plan.primary.flow_negative"
    assert found.numbers[f"{stem}.p"].value == expected.p
    assert found.numbers[f"{stem}.decision"].value == int(expected.claims)


def missing(build: SimpleNamespace, number: int) -> Any:
    """A child whose sample of day 46 was never taken."""
    child = build.full_course(number).add(ev.SampleMissed("d46", build.day(47), "transferred"))
    return child.made()


@pytest.mark.parametrize(("enrolled", "gone", "count"), [(20, (3,), 1), (21, (3,), 1), (20, (15, 16), 2)])
def test_nothing_is_decided_after_looks_where_somebody_is_left_out(
    study: Study, build: SimpleNamespace, enrolled: int, gone: tuple[int, ...], count: int
) -> None:
    """The look counts them as no responders, the end not at all: no exact type I error is known."""
    one = alone(study, "0.015")
    one = replace(one, endpoints=(replace(one.endpoints[0], indeterminate=Indeterminate.EXCLUDED),))
    assert one.plan is not None
    plain = [each for each in study.plan.estimands if each.id == "left_out"] if study.plan else []
    first = replace(plain[0], id="primary", role=Role.PRIMARY, variable=(FLOW,), alpha=Decimal("0.015"))
    one = replace(build.sized(one, 20), plan=replace(one.plan, estimands=(first,)))
    children = answered(build, enrolled, enrolled)
    children[0] = build.full_course(1).report("d46", 46, build.flow(400), build.ngs(0)).made()
    for number in gone:
        children[number - 1] = missing(build, number)
    found = analyse(looking(one, look(Purpose.EFFICACY, 10, 10)), children, build.AS_OF)
    stem, n = "plan.primary.flow_negative", enrolled - count
    who = "1 participant is" if count == 1 else f"{count} participants are"
    for id in (stem, f"endpoint.{FLOW}.itt", "joint.all"):
        number = found.numbers[f"{id}.decision"]
        assert (number.value, number.text.en) == (
            None, f"cannot be told: {who} left out of a plan with looks",
        )  # fmt: skip
        assert number.text.zh.startswith("无法判定")
    assert found.numbers[f"{stem}.size"].value is None
    assert found.numbers[f"{stem}.rate"].value == (n - 1) / n
    assert found.numbers[f"{stem}.p"].value == pytest.approx(binomial_p_greater(n - 1, n, 0.7))
    assert any("is left out of the final count" in note.en for note in found.table("plan").notes)


def test_an_end_that_does_not_follow_from_the_looks_decides_nothing(
    study: Study, build: SimpleNamespace
) -> None:
    """Eleven looked at with a boundary that none of them reached; the plan says the end is at ten."""
    watching = looking(build.sized(alone(study, "0.015"), 10), look(Purpose.EFFICACY, 11, 12))
    found = analyse(watching, answered(build, 11, 11), build.AS_OF)
    value, text = said(found, "plan.primary.flow_negative.decision")
    assert (value, text[:15]) == (None, "cannot be told:")


def test_before_the_end_the_rate_is_the_plain_one(study: Study, build: SimpleNamespace) -> None:
    watching = looking(build.sized(alone(study, "0.015"), 20), look(Purpose.EFFICACY, 10, 10))
    found = analyse(watching, answered(build, 8, 10), build.AS_OF)
    assert found.numbers["plan.primary.flow_negative.rate"].value == 0.8
    assert "plan.primary.flow_negative.size" not in found.numbers


def test_the_first_so_many_are_fixed(study: Study, build: SimpleNamespace) -> None:
    """The second child's answer is left out; nobody else takes its place."""
    assert study.plan is not None
    missed = build.full_course(2).add(ev.SampleMissed("d46", build.day(47), "transferred")).made()
    left_out = next(one for one in study.plan.estimands if one.id == "left_out")
    first = replace(left_out, id="primary", role=Role.PRIMARY)
    changed = replace(study, plan=replace(study.plan, estimands=(first,)))
    watching = looking(changed, look(Purpose.FUTILITY, 3, 1))
    children = answered(build, 4, 4)
    found = analyse(watching, [children[0], missed, *children[2:]], build.AS_OF).numbers
    assert found["look.futility_flow_negative.3.count"].value == 2
    assert {str(b.subject) for b in found["look.futility_flow_negative.3.known"].rests_on} == {
        "01-001", "01-002", "01-003",
    }  # fmt: skip


# ------------------------------------------------------------ landmarks


@pytest.mark.parametrize(("on", "group"), [(50, "responders"), (51, "unknown"), (60, "unknown")])
def test_a_sample_after_the_landmark_makes_no_group(
    study: Study, build: SimpleNamespace, on: int, group: str
) -> None:
    counting = tuple(replace(one, outside_window=OutsideWindow.COUNTS) for one in study.endpoints)
    child = build.followed(build.full_course(1).report("d46", on, build.flow(0), build.ngs(0))).made()
    numbers = analyse(replace(study, endpoints=counting), [child], build.AS_OF).numbers
    ids = {"responders": "landmark.d46_flow.responders.n", "unknown": "landmark.d46_flow.unknown"}
    assert {name: numbers[id].value for name, id in ids.items()} == {name: int(name == group) for name in ids}


def test_a_failure_after_the_landmark_makes_no_group(study: Study, build: SimpleNamespace) -> None:
    counting = tuple(replace(one, outside_window=OutsideWindow.COUNTS) for one in study.endpoints)
    child = build.full_course(1).report("d46", 60, build.flow(0), build.ngs(0))
    made = child.add(ev.Relapsed(build.day(55), "marrow")).made()
    numbers = analyse(replace(study, endpoints=counting), [made], build.AS_OF).numbers
    assert numbers["landmark.d46_flow.unknown"].value == 1
