"""The page of the patient-level methods shows what they print."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "rooms" / "stats-adjusting.md"


def test_the_examples_are_what_is_printed() -> None:
    done = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert done.attempted > 8
    assert done.failed == 0
