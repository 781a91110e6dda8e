import csv
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.safety.ctcae import FALLING, RISING, falling_grade, grade_against_limit, rising_grade

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "clinical" / "ctcae"
ANC = "Neutrophil count decreased"
ALT = "Alanine aminotransferase increased"
GGT = "GGT increased"
BILIRUBIN = "Blood bilirubin increased"


@pytest.mark.parametrize(
    ("term", "value", "lower", "grade"),
    [
        (ANC, "2.0", "2.0", 0),
        (ANC, "1.99", "2.0", 1),
        (ANC, "1.5", "2.0", 1),
        (ANC, "1.499", "2.0", 2),
        (ANC, "1.0", "2.0", 2),
        (ANC, "0.999", "2.0", 3),
        (ANC, "0.5", "2.0", 3),
        (ANC, "0.499", "2.0", 4),
        (ANC, "0", None, 4),
        (ANC, "1.2", None, 2),
        (ANC, "1.2", "1.0", 2),
        ("Platelet count decreased", "75", "100", 1),
        ("Platelet count decreased", "74.9", "100", 2),
        ("Platelet count decreased", "49.9", "100", 3),
        ("Platelet count decreased", "25", "100", 3),
        ("Platelet count decreased", "24.9", "100", 4),
        ("White blood cell decreased", "2.0", "4", 2),
        ("White blood cell decreased", "0.99", "4", 4),
    ],
)
def test_falling_counts(term: str, value: str, lower: str | None, grade: int) -> None:
    found = falling_grade(term, Decimal(value), lower_limit=None if lower is None else Decimal(lower))
    assert (found.grade, found.missing) == (grade, ())


# upper limit 40 (ALT, GGT) or 20 (bilirubin); the last column but one is the baseline
@pytest.mark.parametrize(
    ("term", "value", "upper", "baseline", "grade"),
    [
        (ALT, "40", "40", "30", 0),
        (ALT, "40.1", "40", "30", 1),
        (ALT, "120", "40", "40", 1),
        (ALT, "120.1", "40", "30", 2),
        (ALT, "200", "40", "30", 2),
        (ALT, "200.1", "40", "30", 3),
        (ALT, "800", "40", "30", 3),
        (ALT, "800.1", "40", "30", 4),
        (ALT, "119.9", "40", "80", 0),
        (ALT, "120", "40", "80", 1),
        (ALT, "240", "40", "80", 1),
        (ALT, "240.1", "40", "80", 2),
        (ALT, "400.1", "40", "80", 3),
        (ALT, "1600.1", "40", "80", 4),
        (GGT, "100.1", "40", "30", 2),
        (GGT, "160", "40", "80", 1),
        (GGT, "159.9", "40", "80", 0),
        (BILIRUBIN, "20", "20", "10", 0),
        (BILIRUBIN, "30", "20", "10", 1),
        (BILIRUBIN, "60", "20", "10", 2),
        (BILIRUBIN, "60.1", "20", "10", 3),
        (BILIRUBIN, "200.1", "20", "10", 4),
        (BILIRUBIN, "40", "20", "40", 0),
        (BILIRUBIN, "40.1", "20", "40", 1),
    ],
)
def test_rising_values(term: str, value: str, upper: str, baseline: str, grade: int) -> None:
    found = rising_grade(term, Decimal(value), upper_limit=Decimal(upper), baseline=Decimal(baseline))
    assert (found.grade, found.missing) == (grade, ())


@pytest.mark.parametrize(
    ("value", "upper", "baseline", "span", "missing"),
    [
        ("250", None, "30", (0, 4), ("upper_limit",)),
        ("250", None, None, (0, 4), ("upper_limit", "baseline")),
        ("250", "40", None, (0, 3), ("baseline",)),
        ("40", "40", None, (0, 0), ()),
    ],
)
def test_unknown_limits_give_a_span(
    value: str, upper: str | None, baseline: str | None, span: tuple[int, int], missing: tuple[str, ...]
) -> None:
    limits = [None if text is None else Decimal(text) for text in (upper, baseline)]
    found = rising_grade(ALT, Decimal(value), upper_limit=limits[0], baseline=limits[1])
    assert (found.lowest, found.highest, found.missing) == (*span, missing)


def test_a_count_without_its_lower_limit_may_be_grade_1() -> None:
    found = falling_grade(ANC, Decimal("1.5"), lower_limit=None)
    assert (found.lowest, found.highest, found.missing) == (0, 1, ("lower_limit",))


@settings(deadline=None)
@given(st.sampled_from(sorted(RISING)), st.integers(0, 20000), st.integers(1, 4000))
def test_no_baseline_gives_more_than_the_limit_alone(term: str, value: int, baseline: int) -> None:
    grade = grade_against_limit(term, Decimal(value), Decimal(40))
    found = rising_grade(term, Decimal(value), upper_limit=Decimal(40), baseline=Decimal(baseline))
    assert found.grade is not None
    assert found.grade <= grade


def test_what_is_refused() -> None:
    with pytest.raises(InputRefused, match="'Headache' is not graded here"):
        falling_grade("Headache", Decimal(1), lower_limit=None)
    with pytest.raises(InputRefused, match="is not graded here"):
        rising_grade(ANC, Decimal(1), upper_limit=None, baseline=None)
    with pytest.raises(InputRefused, match="is not graded here"):
        grade_against_limit(ANC, Decimal(1), Decimal(1))
    for value in ("-1", "NaN"):
        with pytest.raises(InputRefused, match=value):
            falling_grade(ANC, Decimal(value), lower_limit=None)
    with pytest.raises(InputRefused, match="a limit of 0"):
        grade_against_limit(ALT, Decimal(1), Decimal(0))


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"the published table {name} is not beside the project")
    return path


@pytest.mark.parametrize("term", [*FALLING, *RISING])
def test_the_table_is_the_printed_one(term: str) -> None:
    with shared("ctcae_v5.csv").open(encoding="utf-8-sig", newline="") as stream:
        row = next(row for row in csv.reader(stream) if row[1].strip() == term)
    grades = row[2:6]
    if term in FALLING:
        printed = [re.findall(r"<([\d,.]+)(?= ?- ?[\d.]+ x 10e9| x 10e9)", text)[-1] for text in grades[1:]]
        assert tuple(map(Decimal, printed)) == FALLING[term].below
        return
    normal = [re.match(r">([\d.]+) ", text) for text in grades[1:]]
    assert tuple(Decimal(found[1]) for found in normal if found) == RISING[term].above
    first = re.search(r"; (>?) ?([\d.]+) - [\d.]+ x baseline", grades[0])
    assert first is not None
    assert (Decimal(first[2]), first[1] == "") == (RISING[term].first, RISING[term].first_included)


def admiral(term: str) -> dict[int, list[str]]:
    """The conditions of a peer's rules (R), by grade; the first that holds decides, from grade 4 down."""
    rows = json.loads(shared("admiral_ncictcaev5.json").read_text("utf-8"))
    row = next(row for row in rows if row["TERM"] == term)
    code = {grade: row[f"GRADE_{grade}_CODE"] for grade in (4, 3, 2, 1)}
    return {grade: re.findall(r"([^~]+?) ~ \"\d\",?\s*", text) for grade, text in code.items()}


def holds(condition: str, names: dict[str, Decimal], abnormal: bool) -> bool:
    """One condition, its few R words read as Python's."""
    for part in condition.split(" & "):
        part = part.split("NA_character_,")[-1].strip()
        if "high_indicator" in part:
            if part.startswith("!") == abnormal:
                return False
            continue
        found = re.fullmatch(
            r"signif\((.+?), signif_dig\) (<|>|>=) (?:signif\((.+?), signif_dig\)|([\d.]+))", part
        )
        assert found is not None, part
        left, right = (value_of(text, names) for text in (found[1], found[3] or found[4]))
        if not {"<": left < right, ">": left > right, ">=": left >= right}[found[2]]:
            return False
    return True


def value_of(text: str, names: dict[str, Decimal]) -> Decimal:
    product = Decimal(1)
    for factor in text.split("*"):
        product *= names[factor] if factor in names else Decimal(factor)
    return product


VALUES = [
    Decimal(number) / 4 for number in (*range(0, 480), *range(480, 6500, 7), 400, 800, 1600, 3200, 6400)
]


@pytest.mark.parametrize("term", [*FALLING, *RISING])
@pytest.mark.parametrize("baseline", [Decimal(30), Decimal(60)])
def test_as_a_peer_grades(term: str, baseline: Decimal) -> None:
    rules = admiral(term)
    upper, abnormal = Decimal(40), baseline > 40
    lower = Decimal(100 if "Platelet" in term else 4)
    for value in VALUES:
        names = {"AVAL": value, "ANRHI": upper, "ANRLO": lower, "BASE": baseline}
        peer = next(
            (grade for grade, found in rules.items() if any(holds(one, names, abnormal) for one in found)), 0
        )
        if term in FALLING:
            mine = falling_grade(term, value, lower_limit=lower).grade
        else:
            mine = rising_grade(term, value, upper_limit=upper, baseline=baseline).grade
        if (term, value) == (GGT, 2 * baseline) and abnormal:
            # CTCAE prints "2.0 - 2.5 x baseline"; the peer leaves 2.0 itself out.
            assert (mine, peer) == (1, 0)
        else:
            assert mine == peer, value
