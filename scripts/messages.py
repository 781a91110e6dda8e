"""The pages' catalogue of translations: compile it, and say what is missing in it or in it for nothing.

`python scripts/messages.py` writes django.mo beside django.po; status 1 when one of the lists is not empty.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[1] / "src" / "remission" / "web"
PO = WEB / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None,
    "ngettext": (1, 2), "pgettext_lazy": ((1, "c"), 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip

Key = tuple[str | None, str]
"""Context and words (of a plural, the singular)."""


def catalogue() -> Catalog:
    """The translations as written by hand."""
    with PO.open("rb") as stream:
        return read_po(stream, locale="zh_Hans")


def in_catalogue() -> dict[Key, str | tuple[str, ...]]:
    """What is translated, and how."""
    return {
        (message.context, message.id[0] if isinstance(message.id, tuple) else message.id): message.string
        for message in catalogue()
        if message.id
    }


def on_pages() -> set[Key]:
    """What the pages ask to have translated, in templates, modules, and the registry page's fixed words."""
    found: set[Key] = set(_fixed_words())
    from remission.web.site import configure

    configure()
    from django.utils.translation.template import templatize

    for path in (*WEB.rglob("*.html"), *WEB.rglob("*.py")):
        text = path.read_text("utf-8")
        source = templatize(text, origin=path.name) if path.suffix == ".html" else text
        for _, words, _, context in extract("python", BytesIO(source.encode()), keywords=KEYWORDS):
            first = words[0] if isinstance(words, tuple) else words
            if first:
                found.add((context, first))
    return found


def _fixed_words() -> Iterator[Key]:
    from remission.registry.page_words import BASIC, DESIGN, ELIGIBILITY, RESULTS, SECTIONS

    for section in SECTIONS:
        yield None, section.heading
        if section.sentence:
            yield None, section.sentence
    yield from ((None, words) for pair in RESULTS.values() for words in pair)
    yield from ((None, label) for label in (*BASIC, *DESIGN, *ELIGIBILITY))


def main() -> int:
    """Compile, and report."""
    with PO.with_suffix(".mo").open("wb") as stream:
        write_mo(stream, catalogue())
    known, asked = in_catalogue(), on_pages()
    missing = sorted(words for context, words in asked - known.keys())
    unused = sorted(words for context, words in known.keys() - asked)
    sys.stdout.writelines(
        [*(f"missing: {words}\n" for words in missing), *(f"unused: {words}\n" for words in unused)]
    )
    return 1 if missing or unused else 0


if __name__ == "__main__":
    sys.exit(main())
