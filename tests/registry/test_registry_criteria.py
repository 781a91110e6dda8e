"""Criteria and outlines: every word kept, nesting as a reader sees it."""

import json
import re
import textwrap
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.registry.criteria import Criteria, numbered, split
from remission.registry.outline import Item, outline
from remission.registry.words import Markup

REGISTRY = Path(__file__).parents[2].parent / "shared" / "data" / "registry"


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def words_of(criteria: Criteria) -> Counter[str]:
    items = (*criteria.inclusion, *criteria.exclusion, *criteria.other)
    return words("\n".join([*criteria.headers, *(item.words() for item in items)]))


def real_texts() -> dict[str, Markup]:
    found: dict[str, Markup] = {}
    for path in sorted(REGISTRY.glob("ctgov_v2_json/*.json")):
        module = json.loads(path.read_bytes())["protocolSection"].get("eligibilityModule")
        if module:
            found[path.name] = Markup(module["eligibilityCriteria"])
    for path in sorted(REGISTRY.glob("ctgov_xml/*.xml")):
        text = ElementTree.parse(path).getroot().findtext("eligibility/criteria/textblock")
        if text:
            found[path.name] = Markup.escaped(text)
    return found


@pytest.mark.skipif(not REGISTRY.is_dir(), reason="the shared folder is not here")
def test_real_texts_lose_no_word() -> None:
    texts = real_texts()
    assert len(texts) == 106
    for name, text in texts.items():
        assert words_of(split(text)) == words(text.plain), name


# Counted by eye in the files: top-level inclusion and exclusion items.
@pytest.mark.skipif(not REGISTRY.is_dir(), reason="the shared folder is not here")
@pytest.mark.parametrize(
    ("name", "inclusion", "exclusion"),
    [
        ("NCT00763412.json", 5, 6),
        ("NCT01305200.json", 6, 1),
        ("NCT02552212.json", 6, 11),
        ("NCT03275402.json", 3, 5),
        ("NCT03475563.json", 5, 7),
        ("NCT05594173.json", 1, 7),
        ("NCT00056407.xml", 4, 8),
        ("NCT02591810.xml", 3, 5),
        ("NCT03446690.xml", 1, 3),
        ("NCT05381285.xml", 3, 3),
        ("NCT05381649.xml", 4, 1),
    ],
)
def test_real_counts(name: str, inclusion: int, exclusion: int) -> None:
    criteria = split(real_texts()[name])
    assert (len(criteria.inclusion), len(criteria.exclusion)) == (inclusion, exclusion)


def shape(items: tuple[Item, ...]) -> list[object]:
    return [(item.text, shape(item.children)) if item.children else item.text for item in items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* a\n* b", ["a", "b"]),
        ("- a\n\n- b", ["a", "b"]),
        ("1. a\n2) b\n(3) c", ["a", "b", "c"]),
        ("1. a\n\n   1. b\n   2. c\n2. d", [("a", ["b", "c"]), "d"]),
        ("* a:\n\nA. b; B. c;\n\n* d", [("a:", ["b;", "c;"]), "d"]),
        ("para:\n\n* a\n* b\n\nnext:\n\n* c", [("para:", ["a", "b"]), ("next:", ["c"])]),
        ("* a\n  * b\n    * c\n* d", [("a", [("b", ["c"])]), "d"]),
        ("1.5 mg or more\n2. b", ["1.5 mg or more", "b"]),
        ("\\* not a bullet\n* \\>= 2", ["* not a bullet", ">= 2"]),
        ("* a\n*\n* b", ["a", "b"]),
        ("", []),
    ],
)
def test_outline(text: str, expected: list[object]) -> None:
    assert shape(outline(Markup(text))) == expected


def test_wrapped_lines_are_one_item() -> None:
    block = """\
          -  history within the last two years of at least six months with menstrually-related mood
             or behavioral disturbances

          -  age 18 to 50
    """
    assert shape(outline(Markup(textwrap.dedent(block)))) == [
        "history within the last two years of at least six months with menstrually-related mood or behavioral"
        " disturbances",
        "age 18 to 50",
    ]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Inclusion Criteria:", "inclusion"),
        ("INCLUSION CRITERIA", "inclusion"),
        ("Key Exclusion Criteria:", "exclusion"),
        ("-  EXCLUSION CRITERIA:", "exclusion"),
        ("Exclusion:", "exclusion"),
        ("Inclusion criteria for group A:", "inclusion"),
        ("Inclusion criteria will be checked again at visit 2.", "other"),
        ("Inclusion and exclusion criteria:", "other"),
        ("No other exclusion", "other"),
    ],
)
def test_headers(line: str, kind: str) -> None:
    criteria = split(Markup(f"{line}\n\n* item"))
    groups = {group: getattr(criteria, group) for group in ("inclusion", "exclusion", "other")}
    assert {group for group, items in groups.items() if items} == {kind}


def test_text_after_a_header_is_its_first_item() -> None:
    criteria = split(Markup("Inclusion Criteria: adults\n\nExclusion Criteria: none"))
    assert (shape(criteria.inclusion), shape(criteria.exclusion)) == (["adults"], ["none"])


def test_numbers_follow_letters_under_a_parent() -> None:
    items = outline(Markup("* a\n* b:\n\nA. c; B. d;\n\n* e"))
    assert [number for number, _ in numbered(items)] == ["1", "2", "2.A", "2.B", "3"]


LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "", "  ", "    "]),
        st.sampled_from(["", "* ", "- ", "1. ", "a) ", "A. ", "Inclusion Criteria:", "Exclusion criteria "]),
        st.text("ab .;:-*\\<>é", max_size=12),
    ).map("".join),
    max_size=12,
)


@given(LINES)
def test_no_word_is_lost(lines: list[str]) -> None:
    text = Markup("\n".join(lines))
    assert words_of(split(text)) == words(text.plain)


@given(st.text(max_size=40))
def test_escapes_come_off_again(text: str) -> None:
    assert Markup.escaped(text).plain == text
