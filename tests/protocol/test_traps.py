"""The seven rules on another study, in other words: they look at the tree and the sentences."""

from collections.abc import Callable

import pytest

from remission.protocol.check import Checked
from remission.protocol.finding import Finding

Run = Callable[..., Checked]
SECOND = "nct03441061"
VINCRISTINE = (
    '[[background]]\ntherapy = "vincristine"\nfirst_day = -10\nlast_day = -3\nmark = "assumed"\ncite = ""\n'
)
LIST = ('kinds = ["inotuzumab"]', 'kinds = ["inotuzumab", "vincristine"]')
SENTENCE = 'record_text = "Pregnancy or breast-feeding."'
EXPRESSION = 'expression = "pregnant_or_nursing"'


def only(found: Checked, rule: str) -> Finding | None:
    findings = [finding for finding in found.findings if finding.rule == rule]
    assert len(findings) <= 1
    return findings[0] if findings else None


def with_sentence(checked: Run, sentence: str, expression: str, *edits: tuple[str, str]) -> Checked:
    """The second study with another last exclusion criterion."""
    return checked(
        SECOND,
        (SENTENCE, f'record_text = "{sentence}"'),
        (EXPRESSION, f'expression = "{expression}"'),
        *edits,
        record=(("* Pregnancy or breast-feeding.", f"* {sentence}"),),
    )


BACKGROUND = (("background = []\n", ""), ("[title]", VINCRISTINE + "\n[title]"), LIST)


@pytest.mark.parametrize(
    ("sentence", "expression", "hit"),
    [
        ("Vincristine within 2 weeks.", "exposed('vincristine', days=14)", True),
        ("Vincristine within 2 weeks before enrolment.", "exposed('vincristine', days=14)", True),
        ("Vincristine within two weeks before enrolment.", "pregnant_or_nursing", True),
        ("Vincristine ever.", "exposed('vincristine')", True),
        ("Vincristine for 7 days or more.", "days_of('vincristine', days=14) >= 7", True),
        ("Vincristine for 9 days or more.", "days_of('vincristine', days=14) >= 9", False),
        ("Neutropenia within 2 weeks.", "pregnant_or_nursing", False),
        ("Vincristine and pregnancy.", "exposed('vincristine', days=14) and pregnant_or_nursing", False),
    ],
)
def test_a_look_back_over_own_therapy(sentence: str, expression: str, hit: bool, checked: Run) -> None:
    # The background ends on day -3, enrolment is on day -2, so one day back sees it and day 1 does too.
    found = only(with_sentence(checked, sentence, expression, *BACKGROUND), "lookback-covers-own-therapy")
    assert (found is not None) is hit
    if found is not None:
        assert found.sentence == sentence
        assert "vincristine" in found.places[0]


def test_an_anchor_that_keeps_own_therapy_out_is_no_refusal(checked: Run) -> None:
    later = ("first_day = -10\nlast_day = -3", "first_day = 1\nlast_day = 5")
    # From the first dose back there is nothing of it; from enrolment, day -2, neither.
    found = with_sentence(
        checked, "Vincristine within 2 weeks.", "exposed('vincristine', days=14)", *BACKGROUND, later
    )
    assert only(found, "lookback-covers-own-therapy") is None
    assert "nobody-can-enrol" not in {refused.rule for refused in found.refusals}


def test_an_anchor_that_does_not_is_one(checked: Run) -> None:
    found = with_sentence(
        checked, "Vincristine within 2 weeks.", "exposed('vincristine', days=14)", *BACKGROUND
    )
    assert "nobody-can-enrol" in {refused.rule for refused in found.refusals}


@pytest.mark.parametrize(
    ("sentence", "expression", "phase", "hit"),
    [
        (
            "MRD of 1 % or more after two cycles.",
            "mrd('flow', 'after_cycle_2') >= 0.01",
            "after_treatment",
            True,
        ),
        ("Disease on day 30.", "pregnant_or_nursing", "after_treatment", True),
        ("Disease on D30.", "pregnant_or_nursing", "enrolment", True),
        ("Disease for 30 days.", "pregnant_or_nursing", "enrolment", False),
        ("MRD of 50 % or more at screening.", "mrd('flow', 'screening') >= 0.5", "enrolment", False),
    ],
)
def test_a_criterion_known_too_late(
    sentence: str, expression: str, phase: str, hit: bool, checked: Run
) -> None:
    edit = (
        f'expression = "{expression}"\nphase = "enrolment"',
        f'expression = "{expression}"\nphase = "{phase}"',
    )
    found = with_sentence(checked, sentence, expression, edit)
    finding = only(found, "exclusion-known-after-treatment")
    assert (finding is not None) is hit
    assert ("after-treatment-criterion-at-enrolment" in {r.rule for r in found.refusals}) is (
        hit and phase == "enrolment"
    )
    if finding is not None and "after_cycle_2" in expression:
        assert "endpoint mrd_negative itself" in finding.why.en


DEEPER = ("threshold = 0.0001", "threshold = 0.00001")


def test_a_threshold_that_needs_more_than_an_ordinary_test(checked: Run) -> None:
    found = checked(
        SECOND,
        DEEPER,
        ("required_lod = 0.0001", "required_lod = 0.00001"),
        ("cells = 400000", "cells = 2000000"),
    )
    finding = only(found, "threshold-needs-depth")
    assert finding is not None
    assert "2,000,000 cells" in finding.why.en  # 20 events at 1e-5
    assert finding.sentence.startswith("MRD negative (below 0.01 %)")


def test_a_control_that_was_never_measured_so(checked: Run) -> None:
    finding = only(
        checked(SECOND, ('measured_by = ["flow"]', 'measured_by = ["ngs"]')), "endpoint-without-control"
    )
    assert finding is not None
    assert finding.places == ("endpoint mrd_negative",)


def test_a_control_without_evidence(checked: Run) -> None:
    assert only(checked(SECOND, ('evidence = "assumed"', 'evidence = "none"')), "endpoint-without-control")


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("Central nervous system disease.", "Central nervous system disease"),
        ("Renal impairment.", "Renal impairment"),
        ("Uncontrolled infection.", "Uncontrolled infection"),
        ("Not adequate liver function.", "adequate liver function"),
        ("CNS disease (CNS3).", None),
        ("Renal failure, grade 3 or more.", None),
        ("High-risk disease as defined in the protocol.", None),
        ("High-risk disease.", "High-risk"),
    ],
)
def test_words_that_need_a_level(sentence: str, word: str | None, checked: Run) -> None:
    finding = only(with_sentence(checked, sentence, "pregnant_or_nursing"), "wording-without-level")
    assert (None if finding is None else finding.places) == (
        None if word is None else (f"exclusion criterion 3: {word}",)
    )


def test_groups_that_enter_at_different_levels(checked: Run) -> None:
    other = ('trigger = 0.0001\nrecord_text = "a later', 'trigger = 0.001\nrecord_text = "a later')
    expression = (
        "expression = \"mrd('flow', 'screening') >= 0.0001\"",
        "expression = \"remission == 'CR1' and mrd('flow', 'screening') >= 0.0001"
        " or mrd('flow', 'screening') >= 0.001\"",
    )
    found = checked(SECOND, other, expression)
    assert only(found, "trigger-differs-by-group")
    assert {refused.rule for refused in found.refusals} == {"undecided-trap"}


def test_a_label_that_covers_the_entry(checked: Run) -> None:
    found = checked(SECOND, ("lowest_level = 0.05", "lowest_level = 0.0001"))
    assert only(found, "outside-label") is None
    assert [refused.rule for refused in found.refusals] == ["decision-without-trap"]


def test_a_label_that_asks_for_remission(checked: Run) -> None:
    found = checked(
        SECOND,
        ("lowest_level = 0.05", "lowest_level = 0.0001"),
        ("remission_required = false", "remission_required = true"),
        ("remission_at_entry = true", "remission_at_entry = false"),
    )
    finding = only(found, "outside-label")
    assert finding is not None
    assert finding.places == ("phase of disease",)
