"""A sample's page shows what stands behind a flow result that was entered with its measurement."""

import html
import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from django.test import Client

from remission.conduct import events as ev
from remission.lab.flow_asked import flow_asked_by
from remission.lab.flow_files import OpenedSample, opened
from remission.lab.flow_sample import flow_evidence, quality_of
from remission.lab.flow_sources import panel_at
from remission.lab.flow_telling import CATEGORIES
from remission.mrd.flow.gates.gates import Polygon
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.measure import measure
from remission.mrd.flow.measured import FlowMeasured
from remission.mrd.flow.measured_json import write_flow
from remission.mrd.flow.strategies.applying import applied, mrd_gate
from remission.mrd.flow.strategies.reading import shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment
from remission.mrd.flow.suggestion.suggested import GATES, SUGGESTION, Acceptance, Cluster, Suggestion
from remission.protocol.study import Study
from remission.terms.actors import Actor, Role
from remission.terms.evidence import FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.terms.words import Text
from remission.trial.gated import report_gated
from remission.trial.gated_behind import GatedBehind
from remission.trial.laboratory import measurement_of
from remission.trial.trial import By, Trial
from remission.web.flow_result import flow_result

Pages = Callable[[Path], Client]
MEASURED = "/participants/01-001/samples/01-001-d19"
SUGGESTED = "/participants/01-003/samples/01-003-d19"
STRATEGY = "ball-cd19-independent"
AT = "2026-03-20T09:30:00Z"
both = pytest.mark.parametrize("prefix", ["", "/zh"])


def moved() -> Adjustment:
    """A gate on the way to disease, moved by a hair."""
    gate = next(gate for gate in shipped_strategy(STRATEGY).gates if gate.id == "cd10-cd38-dim")
    assert isinstance(gate, Polygon)
    (x, y), *others = gate.vertices
    return Adjustment(replace(gate, vertices=((x + 0.001, y), *others)), "Wang <Min>", "drift of & CD38", AT)


def measured_of(
    sample: OpenedSample, label: str, study: Study, *, suggested: bool = False, adjusted: bool = False
) -> FlowMeasured:
    strategy, (panel, _) = shipped_strategy(STRATEGY), panel_at(None, sample)
    on_channels = applied(strategy, panel, sample.events, sample.ranges)
    found = apply(on_channels.gating, sample.events)
    mask = found.populations[mrd_gate(on_channels)].mask
    cluster = Cluster(int(mask.sum()), {"CD10": 0.71, "CD45": 0.35}, {"CD10": 0.05, "CD45": 0.05}, 9.0)
    unfit, about = (), Text("compared on <11> markers", "按<11>个标志比较")
    suggestion = Suggestion(
        cluster.events, found.populations["nucleated"].count, "nucleated cells", 4.0, 10, 40, 6.0, (cluster,),
        unfit, False, "SIMULATED-normal.ref " + "a" * 64, (about,),
    )  # fmt: skip
    accepted = Acceptance("Dr Wu", SUGGESTION if suggested else GATES, "seen in each plot", AT)
    return measure(
        label, strategy, panel, sample.events, sample.ranges, quality_of(sample, panel),
        flow_asked_by(study, "d19"), evidence=flow_evidence(sample, ()),
        adjustments=(moved(),) if adjusted else (), suggested=(suggestion, mask) if suggested else None,
        acceptance=accepted,
    )  # fmt: skip


def enter(
    trial: Trial, subject: str, measured: FlowMeasured, files: tuple[FileRef, ...], *flags: str
) -> None:
    by = By(Actor("Li", Role.LABORATORY), datetime(2026, 3, 21, 6, tzinfo=UTC))
    report_gated(
        trial, by, SubjectId(subject), sample=SampleId(f"{subject}-d19"),
        measured=write_flow(measured).encode(), name="d19.flow.json", files=files,
        on=date(2026, 3, 21), flags=flags,
    )  # fmt: skip


@pytest.fixture(scope="module")
def gated(received: Path, marrow: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """01-001 measured with a moved gate; 01-003 by an accepted suggestion, entered as hemodilute."""
    place = tmp_path_factory.mktemp("gated") / "trial"
    shutil.copytree(received, place)
    trial = Trial.open(place)
    enter(trial, "01-001", measured_of(opened([str(marrow)]), "01-001-d19", trial.study, adjusted=True), ())
    again = marrow.with_name("SIMULATED-again.fcs")
    again.write_bytes(marrow.read_bytes() + b"\r\n")
    files = (trial.files.keep(BytesIO(again.read_bytes()), again.name),)
    measured = measured_of(opened([str(again)]), "01-003-d19", trial.study, suggested=True)
    enter(trial, "01-003", measured, files, "hemodilute")
    trial.ledger.close()
    return place


def words(pages: Pages, folder: Path, path: str) -> str:
    answer = pages(folder).get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    body = page[page.index("<main") : page.index("</main>")]
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            MEASURED,
            [
                "Simulated data", "Category positive, quantifiable sensitivity:",
                "Who stands for it Dr Wu for the gates: seen in each plot (2026-03-20 09:30:00 UTC)",
                "Strategy B-ALL, B cells without CD19 ball-cd19-independent 1.",
                "Panel the file's own labels compensation: the file's own matrix",
                "Abnormal immature B cells", "MRD",
                "Wang <Min>: drift of & CD38 (2026-03-20 09:30:00 UTC)", "moved", "Unmoved gates:",
                "No reference of normal marrows was given", "Doublets (area against height)",
                "CD19 (PE-Cy7-A)", "Open the files and move gates", "ball-cd19-independent.toml",
            ],
        ),
        (
            "/zh" + MEASURED,
            [
                "模拟数据", "类别 阳性，可定量 灵敏度:", "责任人 Dr Wu 认可设门: seen in each plot",
                "策略 B-ALL：不依赖CD19识别B系", "抗体组合 文件自带标签 补偿: 文件自带矩阵", "异常幼稚B细胞",
                "Wang <Min>: drift of & CD38", "未移动的门：", "未提供正常骨髓参考", "粘连体",
            ],
        ),
        (
            SUGGESTED,
            [
                "Category positive, quantifiable", "for the suggestion: seen in each plot",
                "Accepted suggestion:",
                "normal marrows show up to 4 (limit of blank)", "CD10 0.71", "compared on <11> markers",
                "Every gate is where the strategy has it.", "hemodilute",
            ],
        ),
        (
            "/zh" + SUGGESTED,
            [
                "类别 阳性，可定量", "认可提示: seen in each plot", "按<11>个标志比较",
                "所有门都在策略规定的位置。", "采纳的提示：",
            ],
        ),
    ],
)  # fmt: skip
def test_a_measured_marrow_shows_everything_it_rests_on(
    pages: Pages, gated: Path, path: str, said: list[str]
) -> None:
    text = words(pages, gated, path)
    assert [one for one in said if one not in text] == [], text


@both
def test_the_tree_is_drawn_from_the_measurement_in_the_language_of_the_page(
    pages: Pages, gated: Path, prefix: str
) -> None:
    client = pages(gated)
    page = client.get(prefix + MEASURED).content.decode()
    assert re.findall(r'<img src="([^"]+)"', page) == [f"{prefix}{MEASURED}/gates.svg"]
    assert f'href="{prefix}{MEASURED}/flow"' in page
    answer = client.get(f"{prefix}{MEASURED}/gates.svg")
    assert answer.headers["Content-Type"] == "image/svg+xml"
    drawn = answer.content.decode()
    ET.fromstring(answer.content)
    assert ("模拟数据" if prefix else "SIMULATED DATA") in drawn
    assert ("样本01-001-d19" if prefix else "sample 01-001-d19") in drawn
    assert "40,000" in drawn and ("有核细胞" if prefix else "Nucleated cells") in drawn


def test_counts_on_the_page_are_those_of_the_ledger(pages: Pages, gated: Path) -> None:
    kept = Trial.open(gated)
    reported = [one.event for one in kept.participant(SubjectId("01-001")).all(ev.MrdReported)]
    (event,) = reported
    assert isinstance(event, ev.MrdReported)
    result = event.result
    text = words(pages, gated, MEASURED)
    assert f"Found {result.found:,}" in text and f"{result.cells:,} nucleated cells" in text
    assert f"MRD {result.found:,}" in text, "the table's row of disease"
    file = measurement_of(result)
    assert file is not None and file.sha256 in text


def test_what_the_laboratory_adds_decides_the_category_and_gates_without_names_keep_their_ids(
    gated: Path, marrow: Path
) -> None:
    measured = measured_of(opened([str(marrow)]), "x", Trial.open(gated).study, adjusted=True)
    assert measured.result is not None
    behind = GatedBehind(replace(measured, disqualifying_flags=("clotted",)), None)
    clean = flow_result(behind, measured.result, None, None)
    assert (clean.category, clean.sensitivity) == (
        CATEGORIES[measured.category],
        Text("insufficient", "不足"),
    )
    spoilt = flow_result(behind, replace(measured.result, flags=("clotted",)), None, None)
    assert spoilt.category.en == "not evaluable"
    deep = flow_result(behind, measured.result, measured.answer, Fraction(1, 10))
    assert deep.sensitivity.en == "sufficient"
    assert [one.name.en for one in clean.branches if one.moved] == ["cd10-cd38-dim"]
    assert [(one.name.en, one.denominator) for one in clean.branches if one.denominator] == [
        ("nucleated", "nucleated cells")
    ]


@pytest.mark.parametrize(
    "path",
    [
        f"{MEASURED}/tracking.svg",
        f"{MEASURED}/nothing.svg",
        "/participants/01-002/samples/01-002-d19/gates.svg",
    ],
)
def test_a_picture_there_is_not_is_not_found(pages: Pages, gated: Path, path: str) -> None:
    assert pages(gated).get(path).status_code == 404


@both
def test_files_that_wait_for_a_result_are_named(
    pages: Pages, received: Path, marrow: Path, prefix: str
) -> None:
    text = words(pages, received, prefix + MEASURED)
    digest = sha256(marrow.read_bytes()).hexdigest()
    assert re.search(rf"{marrow.name}, [\d,]+ \S+ sha256 {digest}", text)
    assert ("收到文件" if prefix else "Files received") in text
    assert ("流式: 待报告" if prefix else "No result yet. flow: still to come") in text
    other = words(pages, received, f"{prefix}{SUGGESTED}")
    assert ("收到文件" if prefix else "Files received") not in other


@both
def test_a_page_stands_where_this_version_cannot_read_the_measurement(
    pages: Pages, gated: Path, prefix: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from remission.mrd.flow import measured_json

    monkeypatch.setattr(measured_json, "SCHEMA_VERSION", 99)
    shutil.copytree(gated, tmp_path / "trial")
    text = words(pages, tmp_path / "trial", prefix + MEASURED)
    assert ("本版程序无法读取" if prefix else "this version of the program cannot read it: ") in text
    assert ("可定量" if prefix else "quantified") in text and "schema_version" in text
    assert pages(tmp_path / "trial").get(f"{MEASURED}/gates.svg").status_code == 404


def test_a_measurement_that_was_altered_is_refused(pages: Pages, gated: Path, tmp_path: Path) -> None:
    place = tmp_path / "trial"
    shutil.copytree(gated, place)
    trial = Trial.open(place)
    (recorded,) = trial.participant(SubjectId("01-001")).all(ev.MrdReported)
    assert isinstance(recorded.event, ev.MrdReported)
    file = measurement_of(recorded.event.result)
    assert file is not None
    path = trial.files.root / file.sha256[:2] / file.sha256[2:4] / file.sha256
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"Dr Wu", b"Dr Xu"))
    assert pages(place).get(MEASURED).status_code == 503
