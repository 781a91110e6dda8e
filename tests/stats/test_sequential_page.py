"""The page about looks during a trial prints what it says."""

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "rooms" / "stats-sequential.md"


def test_the_page_runs() -> None:
    done = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert done.attempted > 10 and done.failed == 0
