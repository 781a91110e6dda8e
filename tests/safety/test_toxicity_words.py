"""Whatever the ward writes, a toxicity falls under the rules that are meant for it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.protocol.study import Treatment
from remission.safety.holding import What, action, is_seizure, rule_terms

GENERAL, NERVOUS = "General disorders", "Nervous system disorders"


def said(treatment: Treatment, term: str, grade: int, system: str = GENERAL) -> What:
    return action(
        treatment, term=term, system=system, grade=grade, at_low_dose=False, seizures=0, held_days=None
    ).action


def test_every_word_of_the_study_reaches_its_rules(treatment: Treatment) -> None:
    for row in treatment.terms:
        falls_under = "neurologic" if row.id == "repeated_seizure" else row.id
        for name in row.names:
            assert rule_terms(treatment, name, GENERAL) == (falls_under,), name
        for system in row.systems:
            assert rule_terms(treatment, "something never heard of", system) == (row.id,), system


@pytest.mark.parametrize(
    ("term", "system", "ruled"),
    [
        ("crs", GENERAL, ("crs",)),
        (" CRS ", GENERAL, ("crs",)),
        ("Cytokine_Release_Syndrome", GENERAL, ("crs",)),
        ("cytokine-release   syndrome", GENERAL, ("crs",)),
        ("CRS grade 4", GENERAL, ("crs",)),
        ("细胞因子释放综合征", GENERAL, ("crs",)),
        ("Seizure", GENERAL, ("neurologic",)),
        ("generalised tonic-clonic seizure", GENERAL, ("neurologic",)),
        ("Febrile convulsion", GENERAL, ("neurologic",)),
        ("ICANS", "Immune system disorders", ("neurologic",)),
        ("全身惊厥发作", GENERAL, ("neurologic",)),
        ("headache", NERVOUS, ("neurologic",)),
        ("headache", " nervous  system DISORDERS", ("neurologic",)),
        ("insomnia", "Psychiatric disorders", ("neurologic",)),
        ("ALT increased", "Investigations", ("liver",)),
        ("raised AST", "Investigations", ("liver",)),
        ("Blood bilirubin increased", "Investigations", ("liver",)),
        ("veno-occlusive", "Hepatobiliary disorders", ("liver",)),
        ("liver", GENERAL, ("liver",)),
        ("CRS with seizure", GENERAL, ("crs", "neurologic")),
        ("seizure", "Hepatobiliary disorders", ("neurologic",)),  # its own word, whatever the system says
        ("repeated seizure", GENERAL, ("repeated_seizure",)),
        ("salt loss", GENERAL, ("other",)),  # whole words: no ALT in it
        ("rash", "Skin disorders", ("other",)),
        ("", GENERAL, ("other",)),
        ("other", NERVOUS, ("neurologic",)),
        ("other", GENERAL, ("other",)),
    ],
)
def test_words_as_they_are_written(
    treatment: Treatment, term: str, system: str, ruled: tuple[str, ...]
) -> None:
    assert rule_terms(treatment, term, system) == ruled


def test_free_text_does_not_fall_into_the_milder_rules(treatment: Treatment) -> None:
    """The two that the audit found."""
    held = action(
        treatment, term="seizure", system=GENERAL, grade=3, at_low_dose=False, seizures=1, held_days=None
    )
    assert (held.action, held.restart, held.for_days) == (What.HOLD, "low", 3)
    assert said(treatment, "cytokine release syndrome", 4) is What.STOP


def test_of_two_terms_the_severer_rule_holds(treatment: Treatment) -> None:
    assert said(treatment, "liver failure with seizure", 4) is What.STOP  # liver alone: consider stopping
    assert said(treatment, "liver failure", 4) is What.CONSIDER_STOPPING


@settings(deadline=None)
@given(
    name=st.sampled_from(["cytokine release syndrome", "seizure", "status epilepticus", "alt", "icans"]),
    gaps=st.lists(st.sampled_from([" ", "  ", "_", "-", "\t"]), min_size=4, max_size=4),
    upper=st.booleans(),
    around=st.sampled_from(["{}", " {} ", "{} (probable)", "severe {}", "{}, grade 4"]),
)
def test_case_and_spacing_make_no_difference(
    treatment: Treatment, name: str, gaps: list[str], upper: bool, around: str
) -> None:
    words = name.upper().split() if upper else name.split()
    written = "".join(word + gap for word, gap in zip(words, gaps, strict=False)).rstrip()
    assert rule_terms(treatment, around.format(written), GENERAL) == rule_terms(treatment, name, GENERAL)
    assert rule_terms(treatment, name, GENERAL) != ("other",)


@pytest.mark.parametrize(
    ("term", "one"),
    [
        ("seizure", True), (" Seizures", True), ("CONVULSION", True), ("febrile_convulsion", True),
        ("惊厥", True),
        ("status epilepticus", True), ("neurologic", False), ("icans", False), ("confusion", False),
    ],
)  # fmt: skip
def test_what_counts_as_a_seizure(treatment: Treatment, term: str, one: bool) -> None:
    assert is_seizure(treatment, term) is one


def test_without_words_everything_but_the_terms_themselves_is_other(treatment: Treatment) -> None:
    bare = replace(treatment, terms=())
    assert rule_terms(bare, "seizure", NERVOUS) == ("other",)
    assert rule_terms(bare, "Neurologic", GENERAL) == ("neurologic",)
