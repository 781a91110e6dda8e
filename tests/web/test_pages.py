"""Every page, both languages, of an empty trial and of a small one."""

import ast
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.test import Client

from remission.web import screens
from remission.web.desk import DESK

Pages = Callable[[Path], Client]
SCREENS = Path(screens.__file__).parent
EVERYWHERE = [
    "/",
    "/participants",
    "/sites",
    "/protocol",
    "/why/flow.consented",
    "/why/control.flow_negative.p0",
]
OF_CHILDREN = [
    *(f"/participants/01-00{number}" for number in (1, 2, 3, 4)),
    "/participants/01-001/samples/01-001-d46",
    "/participants/01-003/samples/01-003-d19",
]
LANGUAGES = {"en": "", "zh-Hans": "/zh"}


class Seen(HTMLParser):
    """The tags of a page: those left open, ids, links, and what a strict content policy would refuse."""

    VOID = frozenset(("meta", "link", "input", "br", "img"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.refused: list[str] = []
        self.lang = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.lang = self.lang or (given.get("lang") or "")
        self.ids += [given["id"]] if given.get("id") else []
        self.links += [given["href"]] if tag == "a" and given.get("href") else []
        inline = [name for name in given if name == "style" or name.startswith("on")]
        if inline or (tag == "script" and not given.get("src")) or tag == "style":
            self.refused.append(f"{tag} {inline}")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()


def fetched(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.content.decode()


@pytest.mark.parametrize("path", EVERYWHERE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_an_empty_trial_answers_and_marks_nothing_as_simulated(
    pages: Pages, empty: Path, path: str, language: str
) -> None:
    page = fetched(pages(empty), LANGUAGES[language] + path)
    assert Seen(page).lang == language
    assert "Simulated data" not in page and "模拟数据" not in page


@pytest.mark.parametrize("path", EVERYWHERE + OF_CHILDREN)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_a_simulated_trial_is_well_formed_and_says_simulated(
    pages: Pages, small: Path, path: str, language: str
) -> None:
    page = fetched(pages(small), LANGUAGES[language] + path)
    seen = Seen(page)
    assert (seen.lang, seen.open, seen.refused) == (language, [], [])
    assert len(seen.ids) == len(set(seen.ids))
    assert {link[1:] for link in seen.links if link.startswith("#")} <= set(seen.ids)
    assert ("Simulated data" if language == "en" else "模拟数据") in page


def test_every_results_caption_and_figure_of_a_simulated_trial_carries_the_mark(
    pages: Pages, small: Path
) -> None:
    page = fetched(pages(small), "/")
    captions = re.findall(r"<(caption|figcaption)>(.*?)</\1>", page, flags=re.DOTALL)
    pictures = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert (len(captions), len(pictures)) == (12, 7)
    assert [words for words in pictures if "Simulated data" not in words] == []
    assert [words for _, words in captions if "mark-simulated" not in words] == []


@pytest.mark.parametrize("prefix", ["", "/zh"])
def test_links_stay_in_the_language_and_lead_somewhere(pages: Pages, small: Path, prefix: str) -> None:
    client, other = pages(small), "/zh" if not prefix else ""
    links: set[str] = set()
    for path in (
        "/",
        "/participants",
        "/sites",
        "/participants/01-001",
        "/why/endpoint.flow_negative.itt.rate",
    ):
        seen = Seen(fetched(client, prefix + path))
        assert other + path in seen.links, "the switch leads to this very page"
        links |= {link.split("#")[0] for link in seen.links if link.startswith("/") and link != other + path}
    inside = {link for link in links if link}
    assert all(link == prefix + "/" or link.startswith(f"{prefix}/") for link in inside)
    sample = sorted(inside)[:: max(1, len(inside) // 40)]
    assert [link for link in sample if client.get(link).status_code != 200] == []


def test_the_switch_keeps_what_was_asked_for(pages: Pages, small: Path) -> None:
    page = fetched(pages(small), "/participants?site=01&late=1")
    assert 'href="/zh/participants?site=01&amp;late=1"' in page


@pytest.mark.parametrize("prefix", ["", "/zh"])
def test_another_study_has_the_same_pages(pages: Pages, other: Path, prefix: str) -> None:
    client = pages(other)
    child = next(iter(client.defaults[DESK].trial.participants()))
    for path in (
        "/",
        "/participants",
        f"/participants/{child}",
        "/sites",
        "/protocol",
        "/why/flow.consented",
    ):
        page = fetched(client, prefix + path)
        assert Seen(page).open == []
        assert path != "/" or ("Consented and screened" if not prefix else "签署同意并筛选") in page
        assert path == "/" or "linatumomab" not in page, "its record may name the drug; no code does"


def test_what_people_wrote_is_shown_and_never_becomes_markup(pages: Pages, small: Path) -> None:
    page = fetched(pages(small), "/participants/01-001")
    assert "&lt;i&gt;Li&lt;/i&gt; &amp; doctor" in page
    assert "<i>" not in page and "scale &lt;misread&gt;" in page


def test_a_correction_stands_beside_what_it_replaced(pages: Pages, small: Path) -> None:
    page = fetched(pages(small), "/participants/01-001")
    old = re.search(r'<tr id="entry-(\d+)" class="replaced">(.*?)</tr>', page, flags=re.DOTALL)
    assert old and "<del>21.5 kg</del>" in old[2]
    new = re.search(r'replaced by entry <a href="#entry-(\d+)">', old[2])
    assert new
    row = re.search(rf'<tr id="entry-{new[1]}">(.*?)</tr>', page, flags=re.DOTALL)
    assert row and "22.5 kg" in row[1] and f'replaces entry <a href="#entry-{old[1]}">' in row[1]


def text_of(page: str) -> str:
    body = re.sub(
        r"<title>.*?</title>", "", page[page.index("<main") : page.index("</main>")], flags=re.DOTALL
    )
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


@pytest.mark.parametrize(
    ("child", "words"),
    [
        ("01-001", ["Follow-up", "336 of 336 hours", "line blocked", "crs", "negative", "12.8 ug/d"]),
        ("01-002", ["On treatment", "late", "Day-46 marrow", "planned end"]),
        ("01-003", ["Screening", "Missing for a decision", "unknown", "Decide on eligibility"]),
        ("01-004", ["Not eligible", "shuts out", "CNS3"]),
    ],
)  # fmt: skip
def test_a_childs_page_says_where_it_stands(pages: Pages, small: Path, child: str, words: list[str]) -> None:
    shown = text_of(fetched(pages(small), f"/participants/{child}"))
    assert [word for word in words if word not in shown] == []


def test_verdicts_are_told_by_word_and_sign_not_by_colour_alone(pages: Pages, small: Path) -> None:
    page = fetched(pages(small), "/participants/01-003")
    answers = re.findall(r'<li class="(yes|no|unknown)"><span class="answer">.*?</span>(.*?)</span>', page)
    assert {(kind, word.strip()) for kind, word in answers} == {("yes", "admits"), ("unknown", "unknown")}
    assert len(answers) == 15


def test_the_list_can_be_searched_and_filtered(pages: Pages, small: Path) -> None:
    def ids(query: str) -> list[str]:
        return re.findall(r'href="/participants/([\d-]+)"', fetched(pages(small), f"/participants?{query}"))

    assert ids("") == ["01-001", "01-002", "01-003", "01-004"]
    assert ids("q=003") == ["01-003"]
    assert ids("stage=on_treatment") == ["01-002"]
    assert ids("site=02") == []
    assert ids("late=1") == ["01-002", "01-003"]
    assert "No participant fits" in fetched(pages(small), "/participants?q=zz")


def test_empty_states_say_so(pages: Pages, empty: Path) -> None:
    client = pages(empty)
    assert "No participant is enrolled yet" in fetched(client, "/")
    assert "Nobody has consented yet" in fetched(client, "/participants")
    assert "Nobody is enrolled yet" in fetched(client, "/sites")
    assert fetched(client, "/sites").count("not active") == 12


def test_sites_count_what_the_ledger_says(pages: Pages, small: Path) -> None:
    page = fetched(pages(small), "/sites")
    row = re.search(r'<tr>\s*<th scope="row"><span class="small">01</span>(.*?)</tr>', page, flags=re.DOTALL)
    assert row
    cells = [text_of(f"<main{cell}</main>").removeprefix("<main") for cell in row[1].split("<td")[1:]]
    numbers = [cell.split(">")[-1].strip() for cell in cells]
    assert numbers == ["active since 2026-01-06", "4", "1", "1", "X5 1", "2", "2", "1", "2"]


@pytest.mark.parametrize("prefix", ["", "/zh"])
def test_figures_are_drawn_in_the_language_of_the_page(pages: Pages, small: Path, prefix: str) -> None:
    client = pages(small)
    figures = re.findall(
        r'<img src="([^"]+)"', fetched(client, prefix + "/") + fetched(client, prefix + "/sites")
    )
    assert [path.removeprefix(prefix) for path in figures] == [
        f"/figures/{name}.svg"
        for name in (
            "waterfall",
            "before-after",
            "subgroups",
            "survival",
            "incidence",
            "landmarks",
            "swimmer",
            "recruitment",
        )
    ]
    for path in figures:
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert ("模拟数据" if prefix else "SIMULATED") in answer.content.decode()
    assert client.get(prefix + "/figures/nothing.svg").status_code == 404


def test_a_number_leads_to_the_checksums_of_its_files(pages: Pages, small: Path) -> None:
    client = pages(small)
    rate = fetched(client, "/why/endpoint.flow_negative.itt.rate")
    assert 'href="/why/endpoint.flow_negative.itt.responders"' in rate
    part = fetched(client, "/why/endpoint.flow_negative.itt.responders")
    assert re.search(r"01-001-d46\.fcs.*?<code class=\"hash\">[0-9a-f]{64}</code>", part, flags=re.DOTALL)


def test_the_protocol_page_lists_the_seven_findings(pages: Pages, small: Path) -> None:
    page = fetched(pages(small), "/protocol")
    assert page.count('<article class="finding">') == 7
    assert "outside the drug" in page


@pytest.mark.parametrize("path", sorted(SCREENS.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_a_screen_is_one_short_view_and_a_template_of_the_same_name(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    views = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert len(views) == 1
    begin = views[0].body[1].lineno
    assert (views[0].end_lineno or 0) - begin < 15
    assert (
        path.stem
        in ("own_file", "figure", "sample_figure", "flow_act", "flow_picture", "flow_state", "flow_time")
        or (SCREENS.parent / "templates" / f"{path.stem}.html").is_file()
    )
    assert views[0].name == path.stem


@pytest.mark.parametrize(("language", "words", "rate"), [
    ("en", "not yet: ", "Assumed rate: "), ("zh-Hans", "尚不能判定：", "假设率: "),
])  # fmt: skip
def test_a_decision_may_break_its_line_and_names_what_it_compares_with(
    pages: Pages, small: Path, language: str, words: str, rate: str
) -> None:
    page = fetched(pages(small), LANGUAGES[language] + "/")
    plan = page.split('id="table-plan"')[1].split("</table>")[0]
    told = re.findall(rf'<span class="(\w+)"><a [^>]*plan\.primary\.both\.decision[^>]*>{words}', plan)
    assert told == ["words"]
    assert rate in page and "Control: " not in page
    first, second = re.findall(r"<th scope=\"col\">([^<]*)</th>", plan)[:2]
    assert (first, second) == {"en": ("Decision", "Counted"), "zh-Hans": ("判定", "计入例数")}[language]
