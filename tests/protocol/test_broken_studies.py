"""Studies broken on purpose, each in one place, each refused for its own reason."""

import random
import re
from collections.abc import Callable

import pytest

from remission.errors import StudyRefused
from remission.protocol.check import UNREADABLE, Checked

Run = Callable[..., Checked]
FIRST, SECOND = "nct06607419", "nct03441061"
I4 = "risk == 'low' and mrd('flow', 'd19') >= 0.001"
EARLIER = "exposed('chemotherapy', months=3)"
X9_ANCHOR = (
    'except_for=\'airway_emergency\')"\nphase = "enrolment"\nanchor = "day_one"',
    'except_for=\'airway_emergency\')"\nphase = "enrolment"\nanchor = "enrolment"',
)
LIGHT = "weight_from = 0\nweight_below = 45\nper_m2 = 15"
RATES = "p0 = 0.70\np1 = 0.85"
FLOW_RATE = 'evidence = "assumed"\nevidence_id = "cccg_D46neg_rate"\nmethod = "flow"\nmark = "assumed"'
START = "window = { target = 29, first = 29, last = 31 }\nmark"
TREATED = "start_window = { target = 29, first = 29, last = 31 }"
ENROLMENT = "window = { target = 26, first = 20, last = 29 }"
D19 = "window = { target = 19, first = 17, last = 22 }"
D46 = "window = { target = 46, first = 44, last = 50 }"

BROKEN = [
    ("unknown-fact", [("risk == 'high'", "risk_group == 'high'")]),
    ("unknown-fact", [(EARLIER, "exposed('chemo', months=3)")]),
    ("unknown-fact", [("mrd('flow', 'd46')", "mrd('flow', 'd47')")]),
    ("unknown-fact", [("mrd('flow', 'd46')", "mrd('pcr', 'd46')")]),
    ("unknown-fact", [('risk_fact = "risk"', 'risk_fact = "danger"')]),
    ("unknown-fact", [('day_one = "induction_start"', 'day_one = "start_day"')]),
    ("unknown-fact", [('anchor = "d46"', 'anchor = "d60"')]),
    ("unknown-fact", [('id = "enrolment"\nname', 'id = "entry"\nname')]),
    ("expression", [("expression = \"risk == 'high'\"", 'expression = "risk is high"')]),
    ("wrong-comparison", [("risk == 'high'", "risk == 'hihg'")]),
    ("wrong-comparison", [("risk == 'high'", "risk > 'high'")]),
    ("wrong-comparison", [('expression = "sigm_positive"', 'expression = "sigm_positive == 1"')]),
    ("wrong-comparison", [("mrd('flow', 'd46') >= 0.01", "mrd('flow', 'd46') > 0.01")]),
    ("wrong-comparison", [("mrd('flow', 'd46') >= 0.01", "mrd('flow', 'd46') >= 1.5")]),
    ("wrong-comparison", [("1 <= age_months < 216", "birth_date < 216")]),
    ("unknown-word", [('action = "consider_stopping"', 'action = "think"')]),
    ("unknown-word", [('kind = "exclusion"', 'kind = "exlusion"')]),
    ("unknown-word", [('body_surface = "mosteller"', 'body_surface = "du_bois"')]),
    ("unknown-word", [('asked_of = "laboratory"', 'asked_of = "lab"')]),
    ("impossible-day", [("due_day = 28", "due_day = 0")]),
    ("impossible-day", [("first_day = 1\nlast_day = 46", "first_day = 1\nlast_day = 460000")]),
    ("impossible-number", [("threshold = 0.000001", "threshold = 1.1")]),
    ("impossible-number", [("certainty = 0.95", "certainty = 1.0")]),
    ("impossible-number", [("per_m2 = 15", "per_m2 = -15")]),
    ("impossible-number", [("grade = 4", "grade = 6")]),
    ("impossible-number", [("until_grade = 1", "until_grade = 3")]),
    ("impossible-number", [("continue_within_days = 7", "continue_within_days = -1")]),
    ("impossible-number", [("highest = 215", "highest = 30")]),
    ("impossible-number", [('id = "course"\nday = 29\ndays = 14', 'id = "course"\nday = 29\ndays = 0')]),
    ("wrong-kind", [('earliest_birth_fact = "birth_date"', 'earliest_birth_fact = "sex"')]),
    ("duplicate-id", [('id = "X2"', 'id = "X1"')]),
    ("duplicate-id", [('[[sites]]\nid = "02"', '[[sites]]\nid = "01"')]),
    ("duplicate-id", [('kinds = ["convulsion"]', 'kinds = ["convulsion", "chemotherapy"]')]),
    ("criterion-not-in-record", [('record_text = "CNS involvement;"', 'record_text = "CNS disease;"')]),
    ("criterion-not-in-record", [('"I3"\nkind = "inclusion"', '"I3"\nkind = "exclusion"')]),
    ("sentence-not-in-record", [('"Initial diagnosis of high risk"', '"High risk"')]),
    ("another-trial", [('id = "nct06607419"', 'id = "nct06607418"')]),
    ("timeline-out-of-order", [(D46, "window = { target = 40, first = 38, last = 42 }")]),
    ("timeline-out-of-order", [(D19, "window = { target = 27, first = 26, last = 28 }")]),
    ("timeline-out-of-order", [(D19, "window = { target = 19, first = 17, last = 30 }")]),
    ("timeline-out-of-order", [(ENROLMENT, "window = { target = 30, first = 20, last = 31 }")]),
    ("timeline-out-of-order", [(ENROLMENT, "window = { target = 26, first = 20, last = 33 }")]),
    ("timeline-out-of-order", [(TREATED, "start_window = { target = 30, first = 29, last = 31 }")]),
    ("timeline-out-of-order", [("first_day = 1\nlast_day = 28", "first_day = 29\nlast_day = 28")]),
    ("nobody-can-enrol", [X9_ANCHOR]),
    ("unknown-fact", [('[[treatment.terms]]\nid = "liver"', '[[treatment.terms]]\nid = "hepar"')]),
    ("unknown-fact", [('terms]]\nid = "repeated_seizure"', 'terms]]\nid = "seizure"')]),
    ("duplicate-id", [("hours = 48\n", "hours = 24\n")]),
    ("impossible-number", [("within_hours = 12", "within_hours = 0")]),
    ("impossible-number", [("pump_ml_per_h = 10\n", "pump_ml_per_h = 0\n")]),
    ("dose-gap", [(LIGHT, "weight_from = 0\nweight_below = 40\nper_m2 = 15")]),
    ("dose-gap", [(LIGHT, "weight_from = 3\nweight_below = 45\nper_m2 = 15")]),
    ("dose-gap", [("weight_from = 45\nfixed = 28", "weight_from = 45\nweight_below = 90\nfixed = 28")]),
    ("dose-gap", [('id = "course"\nday = 29\ndays = 14', 'id = "course"\nday = 29\ndays = 13')]),
    ("dose-gap", [('id = "course"\nday = 29\ndays = 14', 'id = "course"\nday = 30\ndays = 13')]),
    ("dose-gap", [("in_force_from = 2024-05-21", "in_force_from = 2024-05-22")]),
    ("dose-gap", [("treatment.tables.restart_low", "treatment.tables.steps.rules")]),
    ("dose-overlap", [(LIGHT, "weight_from = 0\nweight_below = 50\nper_m2 = 15")]),
    ("dose-amount", [("weight_from = 45\nfixed = 28", "weight_from = 45\nfixed = 28\nper_m2 = 15")]),
    ("dose-amount", [("weight_from = 45\nfixed = 28", "weight_from = 45")]),
    ("lod-above-threshold", [("required_lod = 0.000001", "required_lod = 0.00001")]),
    ("lod-above-threshold", [("cells = 3080000", "cells = 2900000")]),
    ("lod-above-threshold", [("cells = 500000", "cells = 100000")]),
    ("dna-too-little", [("dna_ng = 20000", "dna_ng = 19000")]),
    ("impossible-number", [("index_share = 0.05", "index_share = 0.0")]),
    ("impossible-number", [("index_share = 0.05", "index_share = 1")]),
    ("endpoint-without-sample", [('methods = ["flow", "ngs"]', 'methods = ["flow"]')]),
    ("endpoint-without-sample", [('purpose = "endpoint"', 'purpose = "trigger"')]),
    ("control-rates-impossible", [(RATES, "p0 = 0.85\np1 = 0.70")]),
    ("control-rates-impossible", [(RATES, "p0 = 0.70\np1 = 0.70")]),
    ("control-rates-impossible", [(RATES, "p0 = 0.0\np1 = 0.70")]),
    ("control-rates-impossible", [(RATES, "p0 = 0.70\np1 = 1.0")]),
    ("evidence-from-memory", [(FLOW_RATE, FLOW_RATE.replace('mark = "assumed"', 'mark = "unverified"'))]),
    ("evidence-from-memory", [(FLOW_RATE, FLOW_RATE.replace('ce = "assumed"', 'ce = "published"'))]),
    (
        "after-treatment-criterion-at-enrolment",
        [('phase = "after_treatment"', 'phase = "enrolment"')],
    ),
    ("settled-too-late", [('may_change = true\nsettled_day = 29', 'may_change = true\nsettled_day = 30')]),
    ("settled-too-late", [("due_day = 28", "due_day = 30")]),
    ("age-differs-from-record", [("1 <= age_months < 216", "1 <= age_months < 180")]),
    ("age-differs-from-record", [("1 <= age_months < 216", "age_months < 216")]),
    ("age-differs-from-record", [("1 <= age_months < 216", "12 <= age_months < 216")]),
    ("age-differs-from-record", [("1 <= age_months < 216", "1 <= age_months < 300")]),
    ("sex-differs-from-record", [('expression = "from_cml"', "expression = \"from_cml or sex == 'male'\"")]),
    ("size-differs-from-record", [("participants = 90", "participants = 96")]),
    ("follow-up-differs-from-record", [("until = 2030-05-31", "until = 2030-06-01")]),
    ("no-group-may-enter", [("may_enter = true", "may_enter = false")]),
    ("trigger-mismatch", [("trigger = 0.001\n", "trigger = 0.002\n")]),
    ("trigger-mismatch", [("trigger = 0.001\n", "trigger = 0.0001\n")]),
    ("trigger-mismatch", [("trigger = 0.001\n", "")]),
    ("trigger-mismatch", [(I4, "risk == 'low' and mrd('flow', 'd19') >= 0.01")]),
    ("trigger-mismatch", [('purpose = "trigger"', 'purpose = "endpoint"')]),
    ("contradiction", [("1 <= age_months < 216", "216 <= age_months < 1")]),
    ("contradiction", [('"sigm_positive"\nphase', '"sigm_positive or not sigm_positive"\nphase')]),
    ("contradiction", [('expression = "from_cml"', 'expression = "from_cml or morphology_all"')]),
    ("time-zone-unknown", [('id = "03"\nname', 'id = "03"\nname'), ("Asia/Shanghai", "Asia/Shangai")]),
    ("time-zone-unknown", [("Asia/Shanghai", "../etc/passwd")]),
    ("time-zone-unknown", [("Asia/Shanghai", "Asia")]),
    ("primary-set-not-one", [("primary = true", "primary = false")]),
    ("primary-set-not-one", [('"evaluable"]\nprimary = false', '"evaluable"]\nprimary = true')]),
    ("site-not-in-record", [("Fujian Children's Hospital", "Fujian Hospital")]),
    ("undecided-trap", [('rule = "outside-label"', 'rule = "outside-of-label"')]),
    ("decision-without-trap", [('rule = "outside-label"', 'rule = "outside-of-label"')]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "edits"), BROKEN, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(BROKEN)])
def test_each_is_refused_for_its_own_reason(rule: str, edits: list[tuple[str, str]], checked: Run) -> None:
    refusals = checked(FIRST, *edits).refusals
    assert rule in {refused.rule for refused in refusals}
    for refused in refusals:
        assert refused.where.startswith("study nct0660741")
        assert refused.what
        assert refused.do


# What else must then be wrong: one edit may break two promises.
ALSO = {
    "criterion-not-in-record": {"record-criterion-unanswered", "decision-without-trap"},
    "sentence-not-in-record": set[str](),
    "no-group-may-enter": {"trigger-mismatch"},
    "endpoint-without-sample": {"timeline-out-of-order", "trigger-mismatch"},
    "after-treatment-criterion-at-enrolment": {"settled-too-late"},
    "undecided-trap": {"decision-without-trap"},
    "decision-without-trap": {"undecided-trap"},
    "dose-gap": {"dose-overlap"},
    "settled-too-late": {"after-treatment-criterion-at-enrolment"},
    "contradiction": {"age-differs-from-record", "trigger-mismatch"},
    "lod-above-threshold": {"dna-too-little"},
    "evidence-from-memory": {"control-without-source"},
    "trigger-mismatch": {"timeline-out-of-order", "decision-without-trap"},
    "timeline-out-of-order": {"after-treatment-criterion-at-enrolment"},
}


@pytest.mark.parametrize(("rule", "edits"), BROKEN, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(BROKEN)])
def test_and_for_no_unrelated_one(rule: str, edits: list[tuple[str, str]], checked: Run) -> None:
    rules = {refused.rule for refused in checked(FIRST, *edits).refusals}
    assert rules - {rule} <= ALSO.get(rule, set())


def test_an_endpoint_that_no_laboratory_measures(checked: Run, study_text: Callable[[str], str]) -> None:
    assay = re.search(r'\[\[assays\]\]\nmethod = "ngs"\n(?:.+\n)+', study_text(FIRST))
    assert assay is not None
    refusals = checked(FIRST, (assay[0], "")).refusals
    assert [refused.rule for refused in refusals] == ["endpoint-without-assay"]


def test_a_criterion_of_the_record_that_the_file_passes_over(checked: Run) -> None:
    text = "* Other secondary leukemias;\n"
    more = checked(FIRST, record=((text, text + "* Allergy to the drug;\n"),))
    assert [refused.rule for refused in more.refusals] == ["record-criterion-unanswered"]
    assert "Allergy to the drug" in more.refusals[0].what


def test_a_sex_that_the_record_shuts_out(checked: Run) -> None:
    only_girls = checked(FIRST, record=(("Eligible Sex\n\nALL", "Eligible Sex\n\nFEMALE"),))
    assert [refused.rule for refused in only_girls.refusals] == ["sex-differs-from-record"]


def test_a_single_dose_given_twice_on_a_day(checked: Run) -> None:
    twice = checked(SECOND, ('id = "c1d8"\nday = 8', 'id = "c1d8"\nday = 1'))
    assert {refused.rule for refused in twice.refusals} == {"dose-overlap"}


def test_a_study_that_cannot_be_read_is_asked_nothing_more(checked: Run) -> None:
    broken = checked(FIRST, ("risk == 'high'", "danger"), RATES_REVERSED)
    assert broken.unreadable
    assert broken.findings == ()
    assert {refused.rule for refused in broken.refusals} == {"unknown-fact"}
    assert len(UNREADABLE) == 8


RATES_REVERSED = (RATES, "p0 = 0.85\np1 = 0.70")


def test_every_broken_expression_is_named(checked: Run) -> None:
    broken = checked(FIRST, ("risk == 'high'", "risk ="), ('expression = "from_cml"', 'expression = "1"'))
    assert [refused.where.split(", ")[1] for refused in broken.refusals] == ["criterion X2", "criterion X10"]


VALUE = re.compile(
    r"(?<== )\"[^\"\n]*\"|(?<== )-?[\d.]+$|'[a-z_0-9]+'|(?<=[<>=] )[\d.]+|(?<==)\d+", re.MULTILINE
)
WORDS = ('""', '"x"', '"flow"', '"enrolment"', '"low"', '"01"', '"single"', '"low == 3"')
QUOTED = ("'low'", "'flow'", "'d46'", "'x'", "'chemotherapy'")
FRACTIONS = ("0.0", "1.0", "-1.0", "1e-30", "1e30", "0.9999", "2")
WHOLES = ("0", "1", "-1", "29", "46", "1000", "39999", "12345678901234567890")


@pytest.mark.parametrize("name", [FIRST, SECOND])
@pytest.mark.parametrize("seed", range(60))
def test_whatever_a_value_becomes_the_check_answers_in_our_words(
    name: str, seed: int, study_text: Callable[[str], str], checked: Run
) -> None:
    chance = random.Random(seed)
    text = study_text(name)
    value = chance.choice(list(VALUE.finditer(text)))
    kind = {'"': WORDS, "'": QUOTED}.get(value[0][0], FRACTIONS if "." in value[0] else WHOLES)
    broken = text[: value.start()] + chance.choice(kind) + text[value.end() :]
    try:
        found = checked(name, (text, broken))
    except StudyRefused as refused:
        assert refused.where.startswith("study.toml")
        return
    assert all(isinstance(refused, StudyRefused) for refused in found.refusals)
