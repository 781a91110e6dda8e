"""The study as the doctor and the lawyer read it."""

import re
from collections.abc import Callable
from unicodedata import east_asian_width

import pytest

from remission.errors import StudyRefused
from remission.protocol.sentences import sentences
from remission.protocol.show import show
from remission.protocol.study import Study
from remission.registry.record import RegistryRecord
from remission.studies import STUDIES

Shipped = Callable[[str], tuple[Study, RegistryRecord]]
FIRST, SECOND = "nct06607419", "nct03441061"


def width(line: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in line)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", STUDIES)
def test_the_doctor_s_page_has_everything_of_the_bedside(name: str, language: str, shipped: Shipped) -> None:
    study, record = shipped(name)
    page = show(study, record, for_="doctor", language=language)
    for criterion in study.criteria:
        assert f"- {criterion.id} {criterion.name.in_(language)}" in page
    for point in study.points:
        assert f"| {point.window.target} " in page
        assert point.name.in_(language) in page
    for table in study.treatment.tables:
        for step in table.steps:
            assert step.id in page
    for endpoint in study.endpoints:
        assert endpoint.name.in_(language) in page
    assert study.treatment.pause.longer.in_(language) in page
    assert len(page.splitlines()) < 120


@pytest.mark.parametrize(
    "line",
    [
        "I1 Age 1 month to < 18 years: age ≥ 1 month and age < 18 years",
        "X9 .*glucocorticoid on ≥ 14 days within 1 month or .*counted back from: First day of induction",
        "X11 .*flow MRD, Day-46 marrow ≥ 1 %: stays in the analysis, as a non-responder",
        r"\| course +\| 29 \.\. 43 \| < 45 kg \| 15 ug/d per m², at most 28 ug/d \|",
        r"\| course +\| 29 \.\. 43 \| ≥ 45 kg \| 28 ug/d +\|",
        "dexamethasone 5 mg/m², at most 20 mg",
        "neurologic, grade 3: hold until grade 1 or less for 3 days; restart at the low dose; "
        "full dose after 7 days; stop if it lasts more than 7 days; stop if it came at the low dose",
        r"\| Day-46 marrow \| ngs +\| 0\.0001 % \| 3,080,000 cells \(20000 ng DNA\) \|",
        r"- Index clones \(NGS\): clonotypes with more than 5 % of the reads of their kind .*\(assumed\)",
        "Then every 3 months until 2030-05-31",
        "licensed for: B-ALL in remission",
    ],
)
def test_lines_of_the_first_study(line: str, shipped: Shipped) -> None:
    assert re.search(line, show(*shipped(FIRST), for_="doctor", language="en"))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", STUDIES)
def test_the_lawyer_s_page_has_every_sentence_assumption_and_source(
    name: str, language: str, shipped: Shipped
) -> None:
    study, record = shipped(name)
    page = show(study, record, for_="lawyer", language=language)
    for sentence in sentences(record):
        assert f"### {sentence.place}\n\n> {sentence.text}\n" in page
    for criterion in study.criteria:
        assert f"- {criterion.id} [{criterion.mark}]" in page
        assert criterion.note.in_(language) in page
    for assumption in study.assumptions:
        assert assumption.text.in_(language) in page
    for decision in study.decisions:
        assert decision.text.in_(language) in page
    for rule in study.treatment.toxicity:
        assert rule.source.cite in page
    for rate in study.control.rates:
        assert rate.note.in_(language) in page
    assert study.digest in page


def test_a_sentence_that_decides_nothing_is_said_to(shipped: Shipped) -> None:
    page = show(*shipped(FIRST), for_="lawyer", language="en")
    assert "> Participants will:\n\n- Nothing in the study file rests on this sentence." in page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("for_", ["doctor", "lawyer"])
def test_tables_line_up_in_both_languages(for_: str, language: str, shipped: Shipped) -> None:
    page = show(*shipped(FIRST), for_=for_, language=language)
    tables = [block.splitlines() for block in page.split("\n\n") if block.startswith("|")]
    assert tables
    for table in tables:
        assert len({width(line) for line in table}) == 1


def test_a_refused_study_says_so_on_top(shipped: Shipped) -> None:
    import dataclasses

    study, record = shipped(FIRST)
    design = dataclasses.replace(study.design, participants=91)
    broken = dataclasses.replace(study, design=design)
    assert "!! size-differs-from-record" in show(broken, record, for_="doctor", language="en")[:400]
    assert "size-differs-from-record: 91" in show(broken, record, for_="lawyer", language="en")


def test_a_study_of_unknown_names_is_not_shown(shipped: Shipped) -> None:
    import dataclasses

    study, record = shipped(FIRST)
    with pytest.raises(StudyRefused, match="danger"):
        show(dataclasses.replace(study, risk_fact="danger"), record, for_="doctor", language="en")
