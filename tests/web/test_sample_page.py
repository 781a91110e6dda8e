"""The page of one sample: no result, counts only, flow, a measurement with its reads; in both languages."""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from remission.trial.trial import Trial

Pages = Callable[[Path], Client]
D46 = "/participants/01-001/samples/01-001-d46"
D19 = "/participants/01-001/samples/01-001-d19"
COUNTED = "/participants/01-002/samples/01-002-d19"
WAITING = "/participants/01-003/samples/01-003-d19"
FIGURES = ("tracking", "fates", "abundance", "alignment-IGH-1", "alignment-IGH-2")
SEQUENCE = "TGTGCGAGAGATCGGGTTCTATTACGATATTTTGACTGGCAACTGGTTCGACCCCTGGGGC"
both = pytest.mark.parametrize("prefix", ["", "/zh"])


def words(pages: Pages, measured: Path, path: str, status: int = 200) -> str:
    answer = pages(measured).get(path)
    assert answer.status_code == status
    page = answer.content.decode()
    body = re.sub(r"<title>.*?</title>", "", page[page.index("<main") : page.index("</main>")])
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", body).split()))


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        (
            "",
            [
                "day 46", "NGS not evaluable", "Flagged contaminated",
                "0.0000722 % [0.0000117 %, 0.000242 %]",
                "Limit of blank 0.00000361 %", "IGH-1", SEQUENCE, "20 (15) 2.22", "not detected",
                "substitutions: up to 2; insertions or deletions: up to 1",
                "the nearest other clonotype is <6> away", "background is assumed, not measured",
                "IGH-7 of 03-004-d46 is in this sample", "also in this patient's own diagnosis",
                "spike-in 9,000 22.5 %", "all 40,000", "Index of sample 01-001-d1; germline set ogrdb.",
                "contaminated, repeat", "Simulated data",
            ],
        ),
        (
            "/zh",
            [
                "第46天", "NGS 不可评估", "空白限 0.00000361 %", "20 (15) 2.22", "未检出", "替换至多2处",
                "最近者相差<6>处", "本样本中有03-004-d46的IGH-7", "内参 9,000 22.5 %", "全部 40,000",
                "模拟数据",
            ],
        ),
    ],
)  # fmt: skip
def test_a_measured_sample_shows_everything_it_rests_on(
    pages: Pages, measured: Path, prefix: str, said: list[str]
) -> None:
    text = words(pages, measured, prefix + D46)
    assert [one for one in said if one not in text] == [], text


@both
def test_every_kept_file_is_named_with_its_sha256(pages: Pages, measured: Path, prefix: str) -> None:
    text = words(pages, measured, prefix + D46)
    kept = Trial.open(measured)
    for name in ("R1.fastq", "index.json", "result.json"):
        found = re.search(rf"{re.escape(name)}, [\d,]+ \S+ sha256 ([0-9a-f]{{64}})", text)
        assert found, name
        kept.files.open(found[1]).close()


@both
def test_the_pictures_of_the_sample_are_drawn_in_the_language_of_the_page(
    pages: Pages, measured: Path, prefix: str
) -> None:
    client = pages(measured)
    page = client.get(prefix + D46).content.decode()
    found = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', page)
    assert [path for path, _ in found] == [f"{prefix}{D46}/{name}.svg" for name in FIGURES]
    mark = "模拟数据" if prefix else "SIMULATED DATA"
    for path, alt in found:
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert mark in answer.content.decode() and ("模拟数据" if prefix else "Simulated data") in alt
        ET.fromstring(answer.content)
    tracking = client.get(f"{prefix}{D46}/tracking.svg").content.decode()
    assert ("第46天" if prefix else "day 46") in tracking and "IGH-2" in tracking
    abundance = client.get(f"{prefix}{D46}/abundance.svg").content.decode()
    assert "01-001-d1" in abundance and ("IGH-1：900" if prefix else "IGH-1: 900 reads, 40 %") in abundance


@pytest.mark.parametrize(
    "path",
    [
        f"{D46}/nothing.svg",
        f"{D46}/alignment-IGH-9.svg",
        f"{D19}/tracking.svg",
        f"{WAITING}/fates.svg",
    ],
)
def test_a_picture_there_is_not_is_not_found(pages: Pages, measured: Path, path: str) -> None:
    assert pages(measured).get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/participants/01-001/samples/none", "/participants/01-002/samples/01-001-d46",
        "/participants/09-999/samples/01-001-d46", "/participants/01-002/samples/01-001-d46/tracking.svg",
    ],
)  # fmt: skip
def test_a_sample_is_found_under_its_own_participant_only(pages: Pages, measured: Path, path: str) -> None:
    answer = pages(measured).get(path)
    assert answer.status_code == 404
    assert "IGH" not in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "en", "zh"),
    [
        (WAITING, "No laboratory has reported a result of this sample yet.", "尚无实验室报告该样本的结果。"),
        (WAITING, "flow: still to come", "流式: 待报告"),
        (COUNTED, "Entered as counts only: no file was handed over.", "仅录入计数，未提交文件。"),
        (D19, "2,400", "2,400"),
        (D19, "quantified", "可定量"),
    ],
)
def test_samples_without_a_measurement_say_what_is_there(
    pages: Pages, measured: Path, path: str, en: str, zh: str
) -> None:
    assert en in words(pages, measured, path)
    assert zh in words(pages, measured, "/zh" + path)


@both
def test_sequencing_entered_as_counts_has_no_pictures(pages: Pages, small: Path, prefix: str) -> None:
    text = words(pages, small, prefix + D46)
    assert ("以计数录入" if prefix else "entered as counts; there is no measurement") in text
    assert "<img" not in pages(small).get(prefix + D46).content.decode()


def test_the_participants_page_leads_to_every_sample(pages: Pages, measured: Path) -> None:
    page = pages(measured).get("/zh/participants/01-001").content.decode()
    assert f'href="/zh{D46}"' in page and f'href="/zh{D19}"' in page
    assert f'href="{WAITING}"' in pages(measured).get("/participants/01-003").content.decode()
