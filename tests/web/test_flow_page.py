"""The flow page by HTTP: empty, opening, open, refused; gates moved, kept, taken back; results accepted."""

import html
import json
import re
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image

from remission.mrd.flow.measured_json import read_flow
from remission.trial.trial import Trial
from remission.web.benches import MOST, Benches, Opening
from remission.web.flow_place import FlowDesk
from remission.web.site import configure

Pages = Callable[[Path], Client]
OPEN = "/participants/01-001/samples/01-001-d19/flow"
BROKEN = "/participants/01-002/samples/01-002-d19/flow"
EMPTY = "/participants/01-003/samples/01-003-d19/flow"
JSON = {"HTTP_ACCEPT": "application/json"}
both = pytest.mark.parametrize("prefix", ["", "/zh"])


def settled(client: Client, path: str) -> tuple[int, str]:
    """The page when the files are open, or could not be opened."""
    for _ in range(300):
        answer = client.get(path)
        page = answer.content.decode()
        if 'data-open="opening"' not in page:
            return answer.status_code, page
        time.sleep(0.05)
    raise AssertionError("it never opened")


def text_of(page: str) -> str:
    body = re.sub(r"<(title|option)>.*?</\1>", "", page[page.index("<main") : page.index("</main>")])
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


class Bench:
    """What the script does, without a browser."""

    def __init__(self, client: Client, path: str) -> None:
        self.client, self.path = client, path
        assert settled(client, path)[0] == 200
        self.state = client.get(f"{path}/state").json()

    def ask(self, status: int = 200, **asked: object) -> dict:
        body = {"seen": self.state["step"], **asked}
        answer = self.client.post(f"{self.path}/act", body, content_type="application/json", **JSON)
        assert answer.status_code == status, answer.content
        if status == 200:
            self.state = answer.json()
        return answer.json()

    def shifted(self, gate: str, by: float) -> list:
        return [[None if one is None else one + by for one in row] for row in self.state["gates"][gate]]

    def said(self, part: str) -> str:
        return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", self.state["fragments"][part]).split()))


@pytest.fixture
def bench(pages: Pages, received: Path) -> Bench:
    found = Bench(pages(received), OPEN)
    while found.state["undo"]:
        found.ask(act="undo")
    return found


@both
def test_without_files_the_page_says_how_they_come(pages: Pages, received: Path, prefix: str) -> None:
    answer = pages(received).get(prefix + EMPTY)
    said = text_of(answer.content.decode())
    assert answer.status_code == 200
    assert ("尚未收到" if prefix else "No FCS file of this sample has been received yet") in said
    assert "--sample 01-003-d19 --method flow" in said


@both
def test_a_file_that_cannot_be_read_says_what_where_and_what_to_do(
    pages: Pages, received: Path, prefix: str
) -> None:
    status, page = settled(pages(received), prefix + BROKEN)
    assert status == 400
    assert "broken.fcs" in page and ("处理办法" if prefix else "What to do") in page


@pytest.mark.parametrize(
    "path", ["/participants/01-001/samples/none/flow", "/participants/09-999/samples/01-001-d19/flow"]
)
@pytest.mark.parametrize("part", ["", "/state", "/density?plot=x", "/dots?plot=x"])
def test_a_sample_there_is_not_is_not_found(pages: Pages, received: Path, path: str, part: str) -> None:
    assert pages(received).get(path + part).status_code == 404


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        (
            "",
            [
                "01-001-d19", "positive", "Limit of detection", "Threshold 0.01 %", "nucleated cells *",
                "Singlets", "Abnormal", "Every gate is where the strategy has it", "Simulated data",
                "No reference of normal marrows was given", "Doublets", "SIMULATED-S1.fcs", "sha256",
            ],
        ),
        (
            "/zh",
            ["阳性", "检出限", "阈值 0.01 %", "有核细胞 *", "单个细胞", "模拟数据", "未提供正常骨髓参考"],
        ),
    ],
)  # fmt: skip
def test_an_open_sample_shows_answer_counts_gates_and_quality(
    pages: Pages, received: Path, prefix: str, said: list[str]
) -> None:
    status, page = settled(pages(received), prefix + OPEN + "?strategy=ball-cd19-independent")
    assert status == 200
    shown = text_of(page)
    assert [word for word in said if word not in shown] == [], shown


def test_its_pictures_are_png_of_the_plots_it_names(bench: Bench) -> None:
    assert len(bench.state["plots"]) > 10
    for plot in bench.state["plots"].values():
        for kind, size in (("density", 256), ("dots", 512)):
            answer = bench.client.get(plot[kind])
            assert answer.headers["Content-Type"] == "image/png"
            assert Image.open(BytesIO(answer.content)).size == (size, size)
    assert bench.client.get(f"{OPEN}/density?plot=none").status_code == 404
    assert bench.client.get(f"{OPEN}/nothing?plot=singlets").status_code == 404


@both
def test_the_run_over_time_is_drawn_in_the_language_of_the_page(bench: Bench, prefix: str) -> None:
    answer = bench.client.get(f"{prefix}{OPEN}/time.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert ("模拟数据" if prefix else "SIMULATED") in answer.content.decode()


def test_a_moved_gate_changes_counts_level_and_pictures_at_once_and_comes_back(bench: Bench) -> None:
    before = bench.state
    bench.ask(act="move", gate="nucleated", numbers=bench.shifted("nucleated", 0.2))
    after = bench.state
    assert bench.said("flow-answer") != text(before, "flow-answer")
    assert "Nucleated cells" in bench.said("flow-answer") and "waits for who and why" in bench.said(
        "flow-moves"
    )
    assert after["plots"]["mononuclear"] != before["plots"]["mononuclear"]
    assert after["plots"]["nucleated"]["density"] == before["plots"]["nucleated"]["density"]
    bench.ask(act="undo")
    assert bench.state["fragments"] == before["fragments"] and bench.state["redo"]
    bench.ask(act="redo")
    assert bench.state["fragments"] == after["fragments"]
    bench.ask(act="reset", gate="nucleated")
    assert bench.state["gates"] == before["gates"]


def text(state: dict, part: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", state["fragments"][part]).split()))


def test_who_and_why_are_asked_and_shown_and_never_become_markup(bench: Bench) -> None:
    bench.ask(act="move", gate="nucleated", numbers=bench.shifted("nucleated", 0.02))
    assert "both needed" in bench.ask(400, act="keep", by="", why="x")["refused"]["what"]
    assert (
        "nobody stands yet" in bench.ask(409, act="accept", what="gates", by="Li", why="x")["refused"]["what"]
    )
    bench.ask(act="keep", by="<b>Li", why="debris & dim")
    assert (
        "<b>Li: debris & dim" in bench.said("flow-moves")
        and "&lt;b&gt;Li" in bench.state["fragments"]["flow-moves"]
    )


def test_what_is_accepted_is_a_draft_and_nothing_enters_the_ledger(bench: Bench, received: Path) -> None:
    trial = Trial.open(received)
    head = trial.head()
    bench.ask(act="move", gate="nucleated", numbers=bench.shifted("nucleated", 0.02))
    bench.ask(act="keep", by="Li", why="dim")
    bench.ask(act="accept", what="gates", by="Wang; rm -rf", why="all plots seen")
    said = bench.said("flow-accepted")
    (path,) = re.findall(r"(/\S+\.flow\.json) sha256", said)
    read = read_flow(BytesIO(Path(path).read_bytes()), "draft")
    assert read.sample == "01-001-d19" and read.acceptance and read.acceptance.by == "Wang; rm -rf"
    assert [one.by for one in read.adjustments] == ["Li"]
    assert "remission sample flow 01-001 --sample 01-001-d19 --measured" in said
    assert "--by 'Wang; rm -rf'" in said
    assert Trial.open(received).head() == head


@pytest.mark.parametrize(
    ("status", "asked"),
    [
        (400, {"act": "fly"}), (400, {"act": "move", "gate": "nucleated", "numbers": "x"}),
        (400, {"act": "move", "gate": "nucleated"}), (404, {"act": "move", "gate": "none", "numbers": []}),
        (404, {"act": "reset", "gate": ""}), (409, {"act": "undo"}),
        (409, {"act": "keep", "by": "a", "why": "b"}),
        (400, {"act": "accept", "what": "all", "by": "a", "why": "b"}), (400, {"act": 5}),
        (400, {"act": "accept", "what": "suggestion", "by": 5, "why": "b"}),
        (400, {"seen": "1", "act": "undo"}),
        (400, {"act": "keep", "by": "a" * 3000, "why": "b"}), (409, {"seen": -1, "act": "undo"}),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_are_refused_in_json(bench: Bench, status: int, asked: dict) -> None:
    refused = bench.ask(status, **asked)["refused"]
    assert set(refused) == {"what", "where", "do"} and all(refused.values())
    assert bench.client.get(f"{OPEN}/state").json()["step"] == bench.state["step"]


@pytest.mark.parametrize("body", ["", "[]", "{", "5", "[" * 100_000, '{"act": "undo"}', "x" * 200_000])
def test_a_body_that_is_no_question_is_refused(bench: Bench, body: str) -> None:
    answer = bench.client.post(f"{OPEN}/act", body, content_type="application/json", **JSON)
    assert answer.status_code == 400 and "no question" in answer.json()["refused"]["what"]


def test_a_question_from_another_page_is_refused(bench: Bench) -> None:
    strict = Client(enforce_csrf_checks=True, **bench.client.defaults)
    body = json.dumps({"act": "undo", "seen": bench.state["step"]})
    assert strict.post(f"{OPEN}/act", body, content_type="application/json").status_code == 403
    page = strict.get(OPEN).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    told = {"HTTP_X_CSRFTOKEN": token[1], **JSON}
    asked = json.dumps({"act": "redo", "seen": -1})
    assert strict.post(f"{OPEN}/act", asked, content_type="application/json", **told).status_code == 409
    told["HTTP_ORIGIN"] = "http://elsewhere.example"
    assert strict.post(f"{OPEN}/act", asked, content_type="application/json", **told).status_code == 403
    assert bench.client.get(f"{OPEN}/act").status_code == 405


def test_another_strategy_is_another_bench(pages: Pages, received: Path, tmp_path: Path) -> None:
    (tmp_path / "evil.toml").write_bytes(b"")
    client = pages(received)
    assert settled(client, f"{OPEN}?strategy=ball-cd19")[0] == 200
    first = Bench(client, OPEN)
    page = client.get(f"{OPEN}?strategy=ball-cd19").content.decode()
    assert "cd19-only-gate" in page
    assert settled(client, f"{OPEN}?strategy={tmp_path}/evil.toml")[0] == 404
    assert first.state["state"] == "open"


def test_the_samples_page_leads_to_its_files(pages: Pages, received: Path) -> None:
    page = pages(received).get("/zh/participants/01-001/samples/01-001-d19").content.decode()
    assert f'href="/zh{OPEN}"' in page
    assert "Files received" in pages(received).get("/participants/01-001").content.decode()


# ------------------------------------------------------------ without a trial


@both
def test_files_without_a_trial_have_the_same_page(marrow: Path, tmp_path: Path, prefix: str) -> None:
    from urllib.request import urlopen

    from remission.lab.flow_asked import flow_asked_at
    from remission.lab.flow_work import Asking
    from remission.web.flow_view import running_flow

    asking = Asking(flow_asked_at("1e-4", after_anti_cd19=True), "ball-cd19-independent")
    with running_flow([str(marrow)], asking, label="S1", drafts=tmp_path) as address:
        for _ in range(300):
            with urlopen(f"{address}{prefix}/flow") as answer:
                page = answer.read().decode()
            if 'data-open="opening"' not in page:
                break
            time.sleep(0.05)
        shown = text_of(page)
        assert "S1" in shown and ("阳性" if prefix else "positive") in shown
        assert "/participants" not in page and ("模拟数据" if prefix else "Simulated data") in page
        with urlopen(f"{address}{prefix}/") as answer:
            assert answer.url == f"{address}{prefix}/flow"


def test_a_desk_without_a_trial_has_no_other_page(marrow: Path, tmp_path: Path) -> None:
    from remission.lab.flow_asked import flow_asked_at
    from remission.lab.flow_work import Asking
    from remission.web.desk import DESK

    configure()
    asking = Asking(flow_asked_at("1e-4", after_anti_cd19=True), "ball-cd19-independent")
    desk = FlowDesk([str(marrow)], "S1", asking, tmp_path)
    client = Client(**{DESK: desk, "SERVER_NAME": "localhost"})
    for path in ("/participants", "/sites", "/protocol", OPEN):
        answer = client.get(path)
        assert answer.status_code == 404 and "there is no such page" in answer.content.decode()


def test_benches_are_few_and_the_one_not_used_for_longest_is_closed() -> None:
    benches = Benches()

    def never(told: object) -> None:
        raise ValueError("broken")

    for key in range(MOST + 1):
        benches.of(key, never)
        benches.of(0, never) if key < MOST else None
    assert isinstance(benches.known(0), Opening) and benches.known(1) is None
    found = benches.known(0)
    assert found is not None
    for _ in range(100):
        if found.outcome:
            break
        time.sleep(0.01)
    assert isinstance(found.outcome, ValueError)
    benches.forget(0)
    assert benches.known(0) is None
