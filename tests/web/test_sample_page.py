"""The page of one sample: no result, counts only, flow, a measurement with its reads; in both languages."""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.test import Client

from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Uniqueness
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured import Foreign, Measured
from remission.mrd.ngs.measured_json import write_measured
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Sighting, Tally, Target, TargetCount, Tier, Tolerance
from remission.mrd.result import Denominator
from remission.terms.actors import Actor, Role
from remission.terms.days import date_of
from remission.terms.evidence import Evidence, FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.terms.words import Text
from remission.trial import laboratory
from remission.trial.trial import By, Trial

Pages = Callable[[Path], Client]
D46 = "/participants/01-001/samples/01-001-d46"
D19 = "/participants/01-001/samples/01-001-d19"
COUNTED = "/participants/01-002/samples/01-002-d19"
WAITING = "/participants/01-003/samples/01-003-d19"
FIGURES = ("tracking", "fates", "abundance", "alignment-IGH-1", "alignment-IGH-2")
SEQUENCE = "TGTGCGAGAGATCGGGTTCTATTACGATATTTTGACTGGCAACTGGTTCGACCCCTGGGGC"
TABLE = "\n".join(
    [
        "sequence_id\tsequence\tduplicate_count\trepertoire_id",
        f"a\tAC{SEQUENCE}GT\t900\t01-001-d1",
        *(f"b{rank}\tACGTACGT\t{300 // rank}\t01-001-d1" for rank in range(1, 40)),
    ]
)
both = pytest.mark.parametrize("prefix", ["", "/zh"])


def part(name: str, start: int, end: int) -> Part:
    return Part((f"{name}*01",), start, end, 0, end - start, 0, 0, 0)


def index_clone(name: str, sequence: str) -> IndexClone:
    rearrangement = Rearrangement(
        Locus(name[:3]), Kind.V_D_J, part("IGHV3-23", 0, 14), (part("IGHD3-9", 19, 39),),
        part("IGHJ5", 41, len(sequence)), (0, len(sequence)), True, False,
    )  # fmt: skip
    clonotype = Clonotype(sequence, rearrangement, (0, len(sequence)), 900, 880)
    return IndexClone(name, clonotype, 0.4, name, None, Uniqueness(6, 3, 1e-4, "normal"))


CLONES = (index_clone("IGH-1", SEQUENCE), index_clone("IGH-2", SEQUENCE[::-1]))


def index(*clones: IndexClone) -> Index:
    evidence = Evidence("ngs index", "1", (FileRef("d1.fastq", "1" * 64, 9),), simulated=True)
    return Index("01-001-d1", clones, 1_000, {Fate.CLONOTYPE: 1_000}, "share > 5 %", "ogrdb", evidence)


def counted(clone: IndexClone, seen: tuple[Sighting, ...], neighbours: int) -> TargetCount:
    why = Text("the nearest other clonotype is <6> away", "最近者相差<6>处")
    exact = sum(one.reads for one in seen if one.substitutions == 0)
    tolerated = sum(one.reads for one in seen if one.belongs) - exact
    target = Target("01-001-d1", clone.name, Tier.EXACT, "IGH", clone.window)
    return TargetCount(target, exact, tolerated, neighbours, Tolerance(2, 1, why), seen)


def measurement(files: tuple[FileRef, ...]) -> Measured:
    """IGH-1 in 20 reads of two kinds, IGH-2 unseen, another sample's clone where it does not belong."""
    spikes = tuple(Spike(f"SP{n}", Locus.IGH, 250.0, f"{n:040b}", f"{n:040b}") for n in range(4))
    spikes = tuple(
        replace(spike, window=spike.window.replace("0", "A").replace("1", "C")) for spike in spikes
    )
    none = Tolerance(2, 1, Text("spike", "内参"))
    seen = (Sighting(SEQUENCE, 15, 0, 0, True), Sighting(SEQUENCE[:-1] + "A", 5, 1, 0, True))
    counts = [counted(CLONES[0], seen, 7), counted(CLONES[1], (), 0)]
    for spike, reads in zip(spikes, (2_200, 2_300, 2_250, 2_250), strict=True):
        target = Target("", spike.name, Tier.SPIKE, "IGH", spike.window)
        counts.append(TargetCount(target, reads, 0, 0, none, ()))
    tally = Tally("01-001-d46", tuple(counts), {Fate.INDEX: 20, Fate.SPIKE: 9_000, Fate.OTHER: 30_980})
    foreign = (
        Foreign("03-004-d46", "IGH-7", 900, 3.2, True), Foreign("05-001-d46", "IGK-1", 2, 3.2, False),
        Foreign("07-001-d46", "IGK-9", 80, 1.0, False, shared=True),
    )  # fmt: skip
    return measure(
        index(*CLONES), tally, spikes, 20_000, threshold=Fraction("0.000001"),
        required_lod=Fraction("0.000001"), backgrounds={}, foreign=foreign,
        evidence=Evidence("ngs track", "1", files, simulated=True),
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(hands: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """01-001 with a measured day-46 sample, 01-002 with counts only, 01-003 waiting for a result."""
    place, raw = tmp_path_factory.mktemp("sampled") / "trial", tmp_path_factory.mktemp("raw")
    trial = hands.create(place, simulated=True)
    trial.activate_site(By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 6, tzinfo=UTC)), hands.SITE)
    subjects = [hands.admit(trial) for _ in range(3)]
    hands.decide(trial, subjects[0], raw)
    hands.begin(trial, subjects[0])
    hands.treat(trial, subjects[0], raw)
    laboratory.report_flow(
        trial, hands.by(21, Role.LABORATORY), subjects[1], sample=SampleId("01-002-d19"), found=40,
        examined=[Denominator("nucleated cells", 500_000)], primary="nucleated cells", files=[],
        on=date_of(21, hands.DAY_ONE), method_version="1.0",
    )  # fmt: skip
    report(trial, hands)
    return place


def report(trial: Trial, hands: SimpleNamespace) -> None:
    files = tuple(
        trial.files.keep(BytesIO(content), name)
        for name, content in (
            ("R1.fastq", b"@1\nA\n+\nI\n"),
            ("index.json", write_index(index(*CLONES)).encode()),
            ("x.json", b"{}"),
            ("other.tsv", b"sample\tsequence\na\tb\n"),
            ("clonotypes.tsv", TABLE.encode()),
        )
    )  # fmt: skip
    laboratory.report_measured(
        trial, hands.by(50, Role.LABORATORY), SubjectId("01-001"), sample=SampleId("01-001-d46"),
        measured=write_measured(measurement(files[:2])).encode(), name="result.json", files=files,
        on=date_of(50, hands.DAY_ONE), flags=["repeat"],
    )  # fmt: skip


def words(pages: Pages, folder: Path, path: str, status: int = 200) -> str:
    answer = pages(folder).get(path)
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
    pages: Pages, folder: Path, prefix: str, said: list[str]
) -> None:
    text = words(pages, folder, prefix + D46)
    assert [one for one in said if one not in text] == [], text


@both
def test_every_kept_file_is_named_with_its_sha256(pages: Pages, folder: Path, prefix: str) -> None:
    text = words(pages, folder, prefix + D46)
    kept = Trial.open(folder)
    for name in ("R1.fastq", "index.json", "result.json"):
        found = re.search(rf"{re.escape(name)}, [\d,]+ \S+ sha256 ([0-9a-f]{{64}})", text)
        assert found, name
        kept.files.open(found[1]).close()


@both
def test_the_pictures_of_the_sample_are_drawn_in_the_language_of_the_page(
    pages: Pages, folder: Path, prefix: str
) -> None:
    client = pages(folder)
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
def test_a_picture_there_is_not_is_not_found(pages: Pages, folder: Path, path: str) -> None:
    assert pages(folder).get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/participants/01-001/samples/none", "/participants/01-002/samples/01-001-d46",
        "/participants/09-999/samples/01-001-d46", "/participants/01-002/samples/01-001-d46/tracking.svg",
    ],
)  # fmt: skip
def test_a_sample_is_found_under_its_own_participant_only(pages: Pages, folder: Path, path: str) -> None:
    answer = pages(folder).get(path)
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
    pages: Pages, folder: Path, path: str, en: str, zh: str
) -> None:
    assert en in words(pages, folder, path)
    assert zh in words(pages, folder, "/zh" + path)


@both
def test_sequencing_entered_as_counts_has_no_pictures(pages: Pages, small: Path, prefix: str) -> None:
    text = words(pages, small, prefix + D46)
    assert ("以计数录入" if prefix else "entered as counts; there is no measurement") in text
    assert "<img" not in pages(small).get(prefix + D46).content.decode()


def test_the_participants_page_leads_to_every_sample(pages: Pages, folder: Path) -> None:
    page = pages(folder).get("/zh/participants/01-001").content.decode()
    assert f'href="/zh{D46}"' in page and f'href="/zh{D19}"' in page
    assert f'href="{WAITING}"' in pages(folder).get("/participants/01-003").content.decode()
