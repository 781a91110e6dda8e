"""Every example in the documentation gives what its page says."""

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```python\n(>>> .*?)^```", re.DOTALL | re.MULTILINE)
PAGES = sorted(page for page in DOCS.rglob("*.md") if ">>> " in page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_give_what_is_printed(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(BLOCK.findall(text))
    assert blocks.count(">>> ") == text.count(">>> "), "an example stands outside of a python block"
    example = doctest.DocTestParser().get_doctest(blocks, {}, page.name, str(page), 0)
    done = doctest.DocTestRunner().run(example)
    assert done.attempted > 0
    assert done.failed == 0
