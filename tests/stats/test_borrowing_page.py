"""The pages about borrowing and the control print what they say."""

import doctest
from pathlib import Path

import pytest

ROOMS = Path(__file__).parents[2] / "docs" / "rooms"


@pytest.mark.parametrize(("page", "least"), [("stats-borrowing.md", 7), ("stats-control.md", 4)])
def test_the_page_runs(page: str, least: int) -> None:
    text = (ROOMS / page).read_text(encoding="utf-8").replace("```", "")
    test = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    done = doctest.DocTestRunner().run(test)
    assert done.attempted >= least
    assert done.failed == 0
