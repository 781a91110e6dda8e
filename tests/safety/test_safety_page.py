from pathlib import Path

import pytest

from remission.protocol.study import ToxicityRule, Treatment
from remission.safety.crs import TABLE
from remission.safety.ctcae import FALLING, RISING

PAGE = (Path(__file__).parents[2] / "docs" / "rooms" / "safety.md").read_text("utf-8")
PRINTED = [
    *(f"| {grade} | {pressure} | {oxygen} |" for grade, (pressure, oxygen) in TABLE.items()),
    *(
        f"| {row.term} | < LLN | {' | '.join(f'< {limit}' for limit in row.below)} |"
        for row in FALLING.values()
    ),
    *(
        f"| {row.term} | > 1 | {' | '.join(f'> {times}' for times in row.above)}"
        f" | {'≥' if row.first_included else '>'} {row.first} |"
        for row in RISING.values()
    ),
]


@pytest.mark.parametrize("line", PRINTED)
def test_the_page_prints_the_table_in_the_code(line: str) -> None:
    assert line in PAGE.splitlines()


def printed(rule: ToxicityRule) -> str:
    stops = [
        *([f"held > {rule.stop_if_longer_than_days} days"] if rule.stop_if_longer_than_days else []),
        *(["at the low dose"] if rule.stop_if_at_low_dose else []),
    ]
    cells = (
        rule.term,
        f"{rule.grade}",
        rule.action,
        "" if rule.until_grade is None else f"grade {rule.until_grade}",
        f"{rule.for_days} days" if rule.for_days else "",
        rule.restart if rule.action == "hold" else "",
        f"{rule.escalate_after_days} days" if rule.escalate_after_days else "",
        "; ".join(stops),
    )
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def test_the_page_prints_the_shipped_study_s_rules(treatment: Treatment) -> None:
    assert [line for line in map(printed, treatment.toxicity) if line not in PAGE.splitlines()] == []
