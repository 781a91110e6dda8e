"""The registry's results section: schema, invariants, marks of simulation, and nobody at all."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
import yaml

from remission.errors import InvariantBroken
from remission.protocol.study import Study
from remission.registry.record import Contact, ContactsLocations, Identification, RegistryRecord
from remission.registry.words import NctId
from remission.results.analysis import analyse
from remission.results.invariants import check_invariants, check_review_rules
from remission.results.publish import results_section

REGISTRY = Path(__file__).parents[2].parent / "shared" / "data" / "registry"
SCHEMA = REGISTRY / "schema" / "ctg-oas-v2.yaml"
RECORDS = sorted((REGISTRY / "ctgov_v2_json").glob("*.json"))


@pytest.fixture(scope="module")
def validator() -> Any:
    if not SCHEMA.is_file():
        pytest.skip("the shared registry schema is not here")
    components = yaml.safe_load(SCHEMA.read_text("utf-8"))["components"]
    for schema in components["schemas"].values():
        if schema.get("properties"):
            schema["additionalProperties"] = False  # stricter than the source, which lets unknown keys pass
    return jsonschema.Draft202012Validator(
        {"$ref": "#/components/schemas/ResultsSection", "components": components}
    )


def sections() -> Iterator[Any]:
    for path in RECORDS:
        section = json.loads(path.read_text("utf-8")).get("resultsSection")
        if section:
            yield pytest.param(section, id=path.stem)


@pytest.fixture(scope="module")
def section(study: Study, build: SimpleNamespace) -> dict[str, Any]:
    study = build.sized(study, 6)
    return results_section(study, analyse(study, build.golden(), build.AS_OF))


def test_it_validates_against_the_schema_without_unknown_keys(
    validator: Any, section: dict[str, Any]
) -> None:
    validator.validate(section)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**section, "unheardOf": 1})


@pytest.mark.parametrize("seed", range(5))
def test_any_trial_validates_and_keeps_the_invariants(
    study: Study, build: SimpleNamespace, validator: Any, seed: int
) -> None:
    chance = random.Random(seed)
    children = [build.any_child(number, chance) for number in range(1, 3 + 9 * seed)]
    validator.validate(results_section(study, analyse(study, children, build.AS_OF)))


def test_nobody_at_all_is_published_with_an_explanation(
    study: Study, build: SimpleNamespace, validator: Any
) -> None:
    section: Any = results_section(study, analyse(study, [], build.AS_OF))
    validator.validate(section)
    for measure in section["outcomeMeasuresModule"]["outcomeMeasures"]:
        assert measure["denoms"][0]["counts"][0]["value"] == "0"
        assert "Nobody" in measure["populationDescription"]
        assert "analyses" not in measure


def test_the_numbers_are_those_of_the_results(section: dict[str, Any]) -> None:
    period = section["participantFlowModule"]["periods"][0]
    counts = {m["type"]: m["achievements"][0]["numSubjects"] for m in period["milestones"]}
    assert counts == {
        "STARTED": "6",
        "Received at least one dose": "5",
        "COMPLETED": "4",
        "NOT COMPLETED": "2",
    }
    drops = {drop["type"]: drop["reasons"][0]["numSubjects"] for drop in period["dropWithdraws"]}
    assert drops == {"Treatment not given": "1", "Stopped by a rule of the protocol": "1"}
    primary = [m for m in section["outcomeMeasuresModule"]["outcomeMeasures"] if m["type"] == "PRIMARY"]
    flow = primary[0]
    assert flow["classes"][0]["categories"][0]["measurements"][0]["value"] == "3"
    analysis = flow["analyses"][0]
    assert (analysis["paramValue"], analysis["ciLowerLimit"], analysis["ciUpperLimit"]) == (
        "50.0",
        "11.8",
        "88.2",
    )
    assert analysis["pValue"] == "0.9295"
    assert "70.0 % is an assumption" in analysis["groupDescription"]
    events = section["adverseEventsModule"]
    assert events["eventGroups"][0]["deathsNumAffected"] == 1
    assert events["seriousEvents"][0]["term"] == "Fever"
    assert [event["term"] for event in events["otherEvents"]] == ["Cytokine release syndrome", "Fever"]


def test_pending_answers_are_named_where_they_are_not_counted(study: Study, build: SimpleNamespace) -> None:
    early = build.AS_OF.replace(year=2025, month=4, day=10)
    section: Any = results_section(study, analyse(study, [build.full_course(1).made()], early))
    measure = section["outcomeMeasuresModule"]["outcomeMeasures"][0]
    assert "Results still pending, not counted: 1." in measure["populationDescription"]


def test_simulated_results_say_so_in_every_title_and_description(
    study: Study, build: SimpleNamespace
) -> None:
    section = results_section(study, analyse(study, build.golden(), build.AS_OF, simulated=True))
    keys = ("title", "description", "populationDescription", "preAssignmentDetails", "recruitmentDetails")
    texts = [text for key, text in leaves(section) if key in keys]
    assert len(texts) > 100
    assert [text for text in texts if not text.startswith("SIMULATED DATA: ")] == []
    plain = results_section(study, analyse(study, build.golden(), build.AS_OF))
    assert "SIMULATED" not in json.dumps(plain)
    check_invariants(section)
    check_review_rules(section)


def leaves(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for item in node:
            yield from leaves(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str):
                yield key, value
            yield from leaves(value)


def test_the_point_of_contact_comes_from_the_record(
    study: Study, build: SimpleNamespace, validator: Any
) -> None:
    contact = Contact(name="Dr Wang", phone="021", email="w@example.org")
    record = RegistryRecord(
        Identification(NctId("NCT06607419")),
        contacts_locations=ContactsLocations(central_contacts=(contact,)),
    )
    results = analyse(study, [], build.AS_OF, simulated=True)
    section: Any = results_section(study, results, record)
    validator.validate(section)
    found = section["moreInfoModule"]["pointOfContact"]
    assert found == {"title": "Dr Wang", "phone": "021", "email": "w@example.org"}


@pytest.mark.skipif(not RECORDS, reason="the shared registry records are not here")
def test_there_are_real_results_to_check() -> None:
    assert len(list(sections())) == 8


@pytest.mark.parametrize("real", list(sections()))
def test_real_records_keep_every_rule(real: dict[str, Any]) -> None:
    check_invariants(real)
    check_review_rules(real)


@pytest.mark.parametrize("real", list(sections()))
def test_a_wrong_count_in_a_real_record_is_found(real: dict[str, Any]) -> None:
    flow, events = copy.deepcopy(real), copy.deepcopy(real)
    started = flow["participantFlowModule"]["periods"][0]["milestones"][0]["achievements"][0]
    started["numSubjects"] = str(int(started["numSubjects"]) + 1)
    with pytest.raises(InvariantBroken, match="STARTED"):
        check_invariants(flow)
    groups = events["adverseEventsModule"]["eventGroups"]
    groups[0]["seriousNumAffected"] = groups[0]["seriousNumAtRisk"] + 1
    with pytest.raises(InvariantBroken, match="affected of"):
        check_invariants(events)


def first(section: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(m for m in section["outcomeMeasuresModule"]["outcomeMeasures"] if m["paramType"] == kind)


def change_reason(section: dict[str, Any]) -> None:
    section["participantFlowModule"]["periods"][0]["dropWithdraws"][0]["reasons"][0]["numSubjects"] = "9"


def change_baseline(section: dict[str, Any]) -> None:
    measures = section["baselineCharacteristicsModule"]["measures"]
    sex = next(measure for measure in measures if measure["title"].startswith("Sex"))
    sex["classes"][0]["categories"][0]["measurements"][-1]["value"] = "99"


def change_baseline_denominator(section: dict[str, Any]) -> None:
    section["baselineCharacteristicsModule"]["denoms"][0]["counts"][0]["value"] = "99"


def change_term(section: dict[str, Any]) -> None:
    section["adverseEventsModule"]["otherEvents"][0]["stats"][0]["numAffected"] = 4


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (change_reason, "reasons sum"),
        (change_baseline, "total 99"),
        (change_baseline_denominator, "sum of the groups"),
        (change_term, "4 affected of 2"),
    ],
)
def test_a_broken_count_is_refused(section: dict[str, Any], change: Any, what: str) -> None:
    broken = copy.deepcopy(section)
    check_invariants(broken)
    change(broken)
    with pytest.raises(InvariantBroken, match=what):
        check_invariants(broken)


def percent_unit(section: dict[str, Any]) -> None:
    first(section, "COUNT_OF_PARTICIPANTS")["unitOfMeasure"] = "percentage of participants"


def count_unit(section: dict[str, Any]) -> None:
    first(section, "NUMBER")["unitOfMeasure"] = "Participants"


def bare_time(section: dict[str, Any]) -> None:
    first(section, "NUMBER")["timeFrame"] = "46"


def no_dispersion(section: dict[str, Any]) -> None:
    del section["baselineCharacteristicsModule"]["measures"][0]["dispersionType"]


def unexplained(section: dict[str, Any]) -> None:
    measure = first(section, "NUMBER")
    measure["denoms"][0]["counts"][0]["value"] = "0"
    measure["populationDescription"] = " "


def conclusion(section: dict[str, Any]) -> None:
    first(section, "NUMBER")["description"] += " The drug was well tolerated and is superior to control."


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (percent_unit, "promises a number"),
        (count_unit, "promises a percentage"),
        (bare_time, "has no unit"),
        (no_dispersion, "without a measure of dispersion"),
        (unexplained, "nothing says why"),
        (conclusion, "draws a conclusion"),
    ],
)
def test_what_reviewers_would_send_back_is_refused(section: dict[str, Any], change: Any, what: str) -> None:
    broken = copy.deepcopy(section)
    check_review_rules(broken)
    change(broken)
    with pytest.raises(InvariantBroken, match=what):
        check_review_rules(broken)
