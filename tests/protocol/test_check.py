"""The check of the shipped studies: exactly these traps, each with its sentence, numbers and decision."""

import ast
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from remission.protocol.check import REFUSING, TRAPS, Checked, as_json
from remission.protocol.study import Study
from remission.registry.record import RegistryRecord
from remission.studies import STUDIES
from remission.terms.words import Mark

Run = Callable[..., Checked]
Shipped = Callable[[str], tuple[Study, RegistryRecord]]
PROJECT = Path(__file__).parents[2]
SHARED = PROJECT.parent / "shared"
HOUSE = PROJECT / "src" / "remission"
FIRST, SECOND = "nct06607419", "nct03441061"


def plain(text: str) -> str:
    return " ".join(re.sub(r"\\([<>])", r"\1", text.replace("\n* ", "\n")).split())


def test_the_first_study_has_exactly_the_seven_traps(checked: Run) -> None:
    found = checked(FIRST)
    assert [finding.rule for finding in found.findings] == list(TRAPS)
    assert len(TRAPS) == 7
    assert found.refusals == ()


def test_every_sentence_is_the_registry_page_s_own(checked: Run) -> None:
    page = SHARED / "seed" / "NCT06607419.txt"
    if not page.is_file():
        pytest.skip("the seed page is not at hand")
    said = plain(page.read_text("utf-8"))
    for finding in checked(FIRST).findings:
        assert finding.sentence
        for sentence in finding.sentence.split(" / "):
            assert sentence in said, finding.rule


@pytest.mark.parametrize(
    ("rule", "sentence", "numbers", "places"),
    [
        (
            "lookback-covers-own-therapy",
            "Treated with glucocorticoids for ≥14 days, or ABL",
            ["day 26", "26 d glucocorticoid", "26 d chemotherapy"],
            ("glucocorticoid: >= 14 days within 1 month", "chemotherapy: any within 3 months"),
        ),
        (
            "exclusion-known-after-treatment",
            "D46MRD ≥1%.",
            ["day 29", "endpoint flow_negative itself", "failures only", "0.01 %"],
            ("criterion X11",),
        ),
        (
            "threshold-needs-depth",
            "If the flow cytometric MRD negative",
            ["2,995,733 cells", "3.0 million", "19.5 µg", "0.0001 %"],
            ("endpoint ngs_negative",),
        ),
        ("endpoint-without-control", "historical control", ["flow", "0.40"], ("endpoint ngs_negative",)),
        (
            "wording-without-level",
            "CNS involvement;",
            ["CNS1, CNS2, CNS3", "both or either", "0.025"],
            (
                "exclusion criterion 3: organ dysfunction",
                "exclusion criterion 5: CNS involvement",
                "exclusion criterion 8: cardiac insufficiency",
                "exclusion criterion 10: high risk",
                "endpoints flow_negative, ngs_negative: and",
            ),
        ),
        (
            "trigger-differs-by-group",
            "Meet one of the following situations:",
            ["0.1 %", "0.01 %", "not at all"],
            ("group low", "group intermediate", "group high"),
        ),
        (
            "outside-label",
            "since day 29 of induction for 14 days.",
            ["at least 0.1 %", "0.01 %", "day 29"],
            ("group intermediate", "phase of disease"),
        ),
    ],
)
def test_a_trap_says_where_why_and_what_was_decided(
    rule: str, sentence: str, numbers: list[str], places: tuple[str, ...], checked: Run
) -> None:
    finding = next(one for one in checked(FIRST).findings if one.rule == rule)
    assert sentence in finding.sentence
    assert [number for number in numbers if number not in finding.why.en] == []
    assert finding.places == places
    assert finding.decision is not None
    assert finding.why.zh != finding.why.en
    assert finding.decision.zh != finding.decision.en


@pytest.mark.parametrize("rule", list(TRAPS))
def test_a_trap_without_its_decision_refuses_the_study(
    rule: str, checked: Run, study_text: Callable[[str], str]
) -> None:
    decision = re.search(rf'\[\[decisions\]\]\nrule = "{rule}"\ntext = .*\n', study_text(FIRST))
    assert decision is not None
    without = checked(FIRST, (decision[0], ""))
    assert [refused.rule for refused in without.refusals] == ["undecided-trap"]
    assert rule in without.refusals[0].what
    assert [finding.rule for finding in without.findings if finding.decision is None] == [rule]


def test_the_second_study_passes_with_its_own_trap(checked: Run) -> None:
    found = checked(SECOND)
    assert found.refusals == ()
    assert [finding.rule for finding in found.findings] == ["outside-label"]


@pytest.mark.parametrize("name", STUDIES)
def test_the_json_is_whole_and_plain(name: str, checked: Run) -> None:
    found = checked(name)
    read = json.loads(json.dumps(as_json(found)))
    assert (read["schema_version"], read["study"]) == (1, name)
    assert [one["rule"] for one in read["findings"]] == [finding.rule for finding in found.findings]
    assert {key for one in read["findings"] for key in one} == {
        "rule", "sentence", "why", "why_zh", "decision", "decision_zh", "places",
    }  # fmt: skip
    assert read["refusals"] == []


def test_the_json_of_a_refused_study_names_the_rule(checked: Run) -> None:
    read = as_json(checked(FIRST, ("participants = 90", "participants = 91")))
    assert read["refusals"] == [
        {
            "rule": "size-differs-from-record",
            "what": "91 participants; the record says 90",
            "where": "study nct06607419, design",
            "do": "take the record's number, or have the record amended",
        }
    ]


@pytest.mark.parametrize("name", STUDIES)
def test_a_control_rate_called_verified_has_a_row_read_verbatim(name: str, shipped: Shipped) -> None:
    rows = SHARED / "reference" / "published_evidence.json"
    if not rows.is_file():
        pytest.skip("the published evidence is not at hand")
    status = {row["id"]: row["status"] for row in json.loads(rows.read_text("utf-8"))}
    for rate in shipped(name)[0].control.rates:
        assert rate.evidence_id in {"", *status}
        if rate.mark is Mark.VERIFIED:
            assert status[rate.evidence_id] == "verbatim"


# The names of a published model of a drug, of an example, and of a kind of word are not rules of a trial.
MAY_NAME = {"pharmacology/exposure.py", "terms/ids.py"}
OWN_WORDS = {"d19", "d46", "flow_negative", "ngs_negative", "blinatumomab", "inotuzumab", "cccg", *STUDIES}


def constants(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.value.lower()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_no_code_knows_a_trial() -> None:
    knowing = {
        (str(path.relative_to(HOUSE)), word)
        for path in sorted(HOUSE.rglob("*.py"))
        if path.relative_to(HOUSE).parts[0] not in ("studies", "rehearsal")
        for word in OWN_WORDS & constants(path)
    }
    assert {path for path, _ in knowing} <= MAY_NAME


def test_no_rule_so_much_as_mentions_one() -> None:
    words = re.compile(r"nct[0-9]{8}|blinatumomab|inotuzumab|cccg|asia/sh|\bd46\b", re.IGNORECASE)
    for path in sorted((HOUSE / "protocol").glob("*.py")):
        for text in constants(path):
            assert not words.search(text) or text == "write an iana name, such as asia/shanghai", path.name


def test_there_are_many_ways_to_be_refused() -> None:
    assert len(REFUSING) >= 14
