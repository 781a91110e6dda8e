import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from remission.mrd.calls import Answer, Call
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Repertoire, Uniqueness
from remission.mrd.ngs.fates import FATE_NAMES, Fate
from remission.mrd.ngs.measured import CloneLevel, Measured
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.tally import Sighting, Tolerance
from remission.mrd.result import from_ngs_counts
from remission.paper import canvas
from remission.paper.words import SMALL
from remission.results.figures import ngs_abundance, ngs_alignment, ngs_fates, ngs_tracking
from remission.results.figures.ngs_alignment import Stretch, aligned, stretches, why
from remission.results.figures.ngs_clones import MOST_CLONES, clone_mark
from remission.results.figures.ngs_fates import GROUPS
from remission.results.figures.ngs_tracking import TrackedSample, lines_of
from remission.terms.evidence import Evidence, FileRef
from remission.terms.words import Text

SVG = "{http://www.w3.org/2000/svg}"
EVIDENCE = Evidence("ngs track", "1", (FileRef("reads.fastq.gz", "0" * 64, 10),), simulated=True)
ABOUT = Text("01-001 · sample 01-001-d46", "01-001 · 样本01-001-d46")
TOLERANCE = Tolerance(
    2, 1, Text("2 substitutions: the nearest other clonotype is 6 away.", "2处替换：最近者相差6处。")
)
FATES = {
    Fate.INDEX: 412, Fate.STEM: 9, Fate.SPIKE: 60_210, Fate.NEIGHBOUR: 31, Fate.OTHER: 1_204_551,
    Fate.NO_REARRANGEMENT: 88_123, Fate.NOT_MERGED: 30_999, Fate.TOO_SHORT: 120, Fate.LOW_QUALITY: 5_021,
}  # fmt: skip
V, N1, D, N2, J = "TGTGCGAGAGATCG", "GGTTC", "TATTACGATATTTTGACTGG", "CA", "ACTGGTTCGACCCCTGGGGCCAAGGAACC"
SEQUENCE = "ACGGCTGTGTATTAC" + V + N1 + D + N2 + J + "CTGGTCACC"
WINDOW = (12, 15 + len(V + N1 + D + N2 + J))


def part(name: str, start: int, length: int) -> Part:
    return Part((f"{name}*01",), start, start + length, 0, length, 0, 0, 0)


def index_clone(name: str = "IGH-1", sequence: str = SEQUENCE, reads: int = 50_000) -> IndexClone:
    at = 15 + len(V)
    rearrangement = Rearrangement(
        Locus.IGH, Kind.V_D_J, part("IGHV3-23", 0, at), (part("IGHD3-9", at + len(N1), len(D)),),
        part("IGHJ5", at + len(N1 + D + N2), len(J) + 9), (15, 70), True, False,
    )  # fmt: skip
    clonotype = Clonotype(sequence, rearrangement, WINDOW, reads, reads - 12)
    return IndexClone(name, clonotype, 0.342, name, None, Uniqueness(6, 12, 1e-4, "normal"))


def clone_level(name: str, templates: float, cells: int, sightings: tuple[Sighting, ...] = ()) -> CloneLevel:
    level = templates / cells
    lower = max(level - 1.4 * templates**0.5 / cells, 0.0) if templates > 2 else 0.0
    return CloneLevel(
        name, "IGH", "IGHV3-23", "IGHD3-9", "IGHJ5", "TGTGCG", name, int(templates * 4), int(templates * 3),
        9, 31, 1, templates, level, lower, level + 4 / cells, TOLERANCE, 1e-4, sightings,
        3 / cells, True,
    )  # fmt: skip


def measured(sample: str, levels: dict[str, float], *, cells: int = 3_080_000, lob: float = 2e-7) -> Measured:
    most = max(levels.values(), default=0.0)
    return Measured(
        sample, "01-001-d1", from_ngs_counts(most, cells, EVIDENCE, loq_templates=10),
        Answer(Call.NEGATIVE, Text("why", "原因")), 1e-6, 1e-6, cells, cells, lob,
        tuple(clone_level(name, found, cells) for name, found in levels.items()), (), (), FATES, "ogrdb", (),
    )  # fmt: skip


SAMPLES = (
    TrackedSample(
        Text("day 19", "第19天"),
        measured("a", {"IGH-1": 5_000.0, "IGH-2": 900.0, "IGK-1": 4_400.0}, lob=4e-7),
        Call.POSITIVE,
    ),
    TrackedSample(
        Text("day 46", "第46天"), measured("b", {"IGH-1": 12.0, "IGH-2": 0.0, "IGK-1": 1.0}), Call.POSITIVE
    ),
    TrackedSample(
        Text("day 120", "第120天"),
        measured("c", {"IGH-1": 0.0, "IGH-2": 0.0, "IGK-1": 0.0}, cells=400_000, lob=0.0),
        Call.NOT_EVALUABLE,
    ),
)
SIGHTINGS = (
    Sighting(SEQUENCE[slice(*WINDOW)], 300, 0, 0, True),
    Sighting(SEQUENCE[slice(*WINDOW)].replace("GATCGGG", "GATAGGG"), 60, 1, 0, True),
    Sighting(SEQUENCE[slice(*WINDOW)].replace("TATTTTG", "TATTTTTG"), 12, 0, 1, True),
    Sighting(SEQUENCE[slice(*WINDOW)].replace("TTCTATTACG", "TACTCTTGCC"), 31, 4, 0, False),
    Sighting(SEQUENCE[slice(*WINDOW)].replace("ATTTTG", "ATTTG"), 9, 0, 1, False),
)


def clonotypes(counts: list[int]) -> tuple[Clonotype, ...]:
    made = [
        index_clone(sequence=SEQUENCE[:30] + f"{number:030b}".replace("0", "A").replace("1", "C"))
        for number in range(len(counts))
    ]
    return tuple(
        replace(one.clonotype, window=(0, 60), reads=count) for one, count in zip(made, counts, strict=True)
    )


COUNTS = [max(1, round(90_000 / rank**1.3)) for rank in range(1, 700)]
REPERTOIRE = Repertoire(clonotypes(COUNTS), FATES, 0)
INDEX = Index(
    "01-001-d1",
    (*(
        IndexClone(name, REPERTOIRE.clonotypes[rank - 1], share, name, None, Uniqueness(None, 0, 0.0, "-"))
        for name, rank, share in (("IGH-1", 1, 0.342), ("IGK-1", 2, 0.2), ("IGH-2", 41, 0.05))
    ), index_clone("IGL-1")),
    1_000_000, FATES, "share > 5 %", "ogrdb", EVIDENCE,
)  # fmt: skip


def tracking(language: canvas.Language, format: canvas.Format, simulated: bool = True) -> bytes:
    return ngs_tracking.draw(
        SAMPLES, threshold=1e-6, about=ABOUT, simulated=simulated, language=language, format=format
    )


def abundance(language: canvas.Language, format: canvas.Format, simulated: bool = True) -> bytes:
    return ngs_abundance.draw(
        REPERTOIRE, INDEX, about=ABOUT, simulated=simulated, language=language, format=format
    )


def fates(language: canvas.Language, format: canvas.Format, simulated: bool = True) -> bytes:
    return ngs_fates.draw(FATES, about=ABOUT, simulated=simulated, language=language, format=format)


def alignment(language: canvas.Language, format: canvas.Format, simulated: bool = True) -> bytes:
    level = clone_level("IGH-1", 100.0, 3_080_000, SIGHTINGS)
    return ngs_alignment.draw(
        index_clone(), level, about=ABOUT, simulated=simulated, language=language, format=format
    )


Draw = Callable[..., bytes]
DRAWN: dict[str, Draw] = {
    "tracking": tracking, "abundance": abundance, "fates": fates, "alignment": alignment,
}  # fmt: skip
each = pytest.mark.parametrize("name", DRAWN)
both = pytest.mark.parametrize("language", ["en", "zh"])


def words_of(drawn: bytes) -> list[str]:
    return [el.text or "" for el in ET.fromstring(drawn).iter(f"{SVG}text")]


def places_of(drawn: bytes) -> list[tuple[str, float]]:
    return [(el.text or "", float(el.attrib["y"])) for el in ET.fromstring(drawn).iter(f"{SVG}text")]


@each
@both
def test_a_picture_can_stand_in_a_page_beside_others(name: str, language: str) -> None:
    drawn = DRAWN[name](language, "svg")
    svg = ET.fromstring(drawn)
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None and description is not None and len(description.text or "") > 20
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert not [el for el in svg.iter() if "style" in el.attrib or el.tag == f"{SVG}style"]
    assert min(float(el.attrib["font-size"]) for el in svg.iter(f"{SVG}text")) >= SMALL
    ids = [el.attrib["id"] for el in svg.iter() if "id" in el.attrib]
    pointed = {*re.findall(r'(?:href="#|url\(#)([\w-]+)', drawn.decode()), *ids[:2]}
    assert sorted(ids) == sorted(pointed)
    assert re.search("[\u4e00-\u9fff]", drawn.decode()) is None if language == "en" else True


@each
@both
def test_simulated_data_say_so_and_real_data_do_not(name: str, language: str) -> None:
    mark = {"en": "SIMULATED DATA", "zh": "模拟数据"}[language]
    assert mark in words_of(DRAWN[name](language, "svg"))
    assert mark not in DRAWN[name](language, "svg", simulated=False).decode()


@each
def test_equal_values_give_equal_bytes_from_any_thread(name: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: DRAWN[name]("zh", "svg"), range(4)))) == 1


@each
@both
def test_nothing_of_a_png_is_cut_off(name: str, language: str) -> None:
    pixels = imread(io.BytesIO(DRAWN[name](language, "png")))
    edges = (pixels[:, :8], pixels[:, -8:], pixels[:8], pixels[-8:])
    assert all(np.all(edge == 1.0) for edge in edges)


@each
def test_words_stay_on_the_sheet(name: str) -> None:
    svg = ET.fromstring(DRAWN[name]("en", "svg"))
    _, _, width, height = (float(number) for number in svg.attrib["viewBox"].split())
    for el in svg.iter(f"{SVG}text"):
        assert 0 <= float(el.attrib["x"]) <= width and 0 < float(el.attrib["y"]) < height


# ---------------------------------------------------------------- tracking


def test_the_clones_of_all_samples_are_followed_the_highest_first() -> None:
    assert lines_of(SAMPLES) == [("01-001-d1", name) for name in ("IGH-1", "IGK-1", "IGH-2")]
    assert lines_of(SAMPLES[::-1]) == lines_of(SAMPLES)


def test_every_sample_stands_with_its_call_and_the_key_names_what_is_drawn() -> None:
    words = words_of(tracking("en", "svg"))
    for said in ("day 19", "day 46", "day 120", "positive", "IGH-1", "IGH-2", "IGK-1", "threshold 0.0001 %"):
        assert said in words
    assert {"not detected", "limit of detection", "up to the limit of blank"} <= set(words)


def test_without_blank_or_undetected_clones_the_key_does_not_name_them() -> None:
    one = TrackedSample(Text("d", "d"), measured("a", {"IGH-1": 40.0}, lob=0.0), Call.POSITIVE)
    drawn = ngs_tracking.draw(
        [one], threshold=1e-6, about=ABOUT, simulated=False, language="en", format="svg"
    )
    assert not {"not detected", "up to the limit of blank"} & set(words_of(drawn))


def test_what_is_undetected_is_an_open_mark_at_the_limit_of_detection() -> None:
    def marks(templates: float) -> tuple[list[str], float]:
        one = TrackedSample(Text("d", "d"), measured("a", {"IGH-1": templates}), Call.NEGATIVE)
        drawn = ngs_tracking.draw(
            [one], threshold=1e-6, about=ABOUT, simulated=False, language="en", format="svg"
        ).decode()
        uses = re.findall(r'<use [^>]*?y="([\d.]+)" fill="(#\w+)"', drawn)
        assert uses, "marks are uses of a shape"
        return [face for _, face in uses], float(uses[-1][0])

    empty, at_lod = marks(0.0)
    full, at_level = marks(2.9957)
    assert empty[-1] == canvas.PAPER and full[-1] == clone_mark(0).colour
    assert at_lod == pytest.approx(at_level, abs=0.05), "2.996 templates are the limit of detection"


def test_more_clones_and_samples_than_fit_are_counted() -> None:
    levels = {f"IGH-{number}": 100.0 - number for number in range(MOST_CLONES + 3)}
    many = [
        TrackedSample(Text(f"day {number}", f"第{number}天"), measured(str(number), levels), Call.POSITIVE)
        for number in range(12)
    ]
    for language, said in (
        ("en", ("and 3 more clones", "and 5 more samples")), ("zh", ("另有3个", "另有5个更早的样本")),
    ):  # fmt: skip
        words = "".join(
            words_of(
                ngs_tracking.draw(
                    many, threshold=1e-6, about=ABOUT, simulated=False, language=language, format="svg"
                )
            )
        )
        assert all(part in words for part in said)
    assert "day 11" in words_of(
        ngs_tracking.draw(many, threshold=1e-6, about=ABOUT, simulated=False, language="en", format="svg")
    )


def test_clones_of_two_indexes_are_two_lines() -> None:
    other = replace(SAMPLES[0].measured, index_sample="relapse")
    both_indexes = [SAMPLES[0], replace(SAMPLES[1], measured=other)]
    assert len(lines_of(both_indexes)) == 6
    words = words_of(
        ngs_tracking.draw(
            both_indexes, threshold=1e-6, about=ABOUT, simulated=False, language="en", format="svg"
        )
    )
    assert "IGH-1, index of relapse" in words and "IGH-1, index of 01-001-d1" in words


def test_clones_differ_by_shape_and_not_by_colour_alone() -> None:
    assert len({clone_mark(place).shape for place in range(MOST_CLONES)}) == MOST_CLONES


def test_no_sample_is_said() -> None:
    drawn = ngs_tracking.draw([], threshold=1e-6, about=ABOUT, simulated=False, language="en", format="svg")
    assert "No sample has been measured yet." in words_of(drawn)


# ---------------------------------------------------------------- abundance


def test_index_clones_are_named_at_their_ranks_and_the_absent_ones_said() -> None:
    named, absent = ngs_abundance.ranked(REPERTOIRE, INDEX)
    assert [(one.name, one.rank, one.reads) for one in named] == [
        ("IGH-1", 1, COUNTS[0]), ("IGK-1", 2, COUNTS[1]), ("IGH-2", 41, COUNTS[40]),
    ]  # fmt: skip
    assert absent == ("IGL-1",)
    words = " ".join(words_of(abundance("en", "svg")))
    assert "IGH-1: 90,000 reads, 34.2 %" in words and "Not among the clonotypes: IGL-1." in words


@given(st.integers(1, 10**6))
def test_the_first_and_the_last_rank_are_drawn_and_few_between(count: int) -> None:
    ranks = ngs_abundance.drawn_ranks(count)
    assert ranks[0] == 1 and ranks[-1] == count and len(ranks) < 100
    assert ranks == sorted(set(ranks)) and set(range(1, min(count, 30) + 1)) <= set(ranks)


@pytest.mark.parametrize("counts", [[1], [7], [1, 1], [10**7, 3]])
def test_small_and_steep_repertoires_are_drawn(counts: list[int]) -> None:
    drawn = ngs_abundance.draw_ranks(
        counts, (), (), about=ABOUT, simulated=False, language="en", format="svg"
    )
    assert f"clonotype (of {len(counts):,})" in words_of(drawn)
    empty = ngs_abundance.draw_ranks([], (), (), about=ABOUT, simulated=False, language="en", format="svg")
    assert "No clonotype was found." in words_of(empty)


def test_more_index_clones_than_fit_are_counted() -> None:
    named = [ngs_abundance.Ranked(f"IGH-{rank}", rank, 100 - rank, 0.01) for rank in range(1, 12)]
    drawn = ngs_abundance.draw_ranks(
        [100 - rank for rank in range(1, 20)], named, (), about=ABOUT, simulated=False, language="en",
        format="svg",
    )  # fmt: skip
    assert "and 3 more index clones" in words_of(drawn)


# ---------------------------------------------------------------- fates


def test_every_fate_is_in_one_group() -> None:
    kinds = [kind for _, _, group in GROUPS for kind in group]
    assert sorted(kinds) == sorted(Fate)


def test_every_read_is_accounted_for_with_count_and_percent() -> None:
    words = words_of(fates("en", "svg"))
    total = sum(FATES.values())
    assert f"{total:,} reads" in words
    for kind, count in FATES.items():
        assert f"{count:,}" in words and FATE_NAMES[kind].en.split(",")[0].split(" ")[0] in " ".join(words)
    groups = [sum(FATES.get(kind, 0) for kind in kinds) for _, _, kinds in GROUPS]
    assert sum(groups) == total and all(f"{count:,}" in words for count in groups)
    assert "foreign" not in " ".join(words), "a fate of no read has no row"


def test_no_read_is_said() -> None:
    drawn = ngs_fates.draw({}, about=ABOUT, simulated=False, language="en", format="svg")
    assert "The file holds no read." in words_of(drawn)


# ---------------------------------------------------------------- alignment


def test_the_parts_of_a_window_are_its_segments_and_what_lies_between() -> None:
    found = stretches(index_clone())
    window = SEQUENCE[slice(*WINDOW)]
    assert [(one.kind, one.name) for one in found] == [
        ("V", "IGHV3-23"), ("N", "N"), ("D", "IGHD3-9"), ("N", "N"), ("J", "IGHJ5"),
    ]  # fmt: skip
    assert "".join(window[one.start : one.end] for one in found) == window
    assert [window[one.start : one.end] for one in found[1:]] == [N1, D, N2, J]


def test_incomplete_and_light_chain_rearrangements_have_their_own_parts() -> None:
    clone = index_clone()
    whole = clone.clonotype.rearrangement

    def kinds(kind: Kind, d: tuple[Part, ...]) -> list[str]:
        one = replace(clone, clonotype=replace(clone.clonotype, rearrangement=replace(whole, kind=kind, d=d)))
        return [stretch.kind for stretch in stretches(one)]

    assert kinds(Kind.D_J, ()) == ["D", "N", "J"]
    assert kinds(Kind.V_J, ()) == ["V", "N", "J"]
    assert kinds(Kind.V_KDE, ()) == ["V", "N", "Kde"]
    assert kinds(Kind.INTRON_KDE, ()) == ["intron", "N", "Kde"]
    assert Stretch("N", "N", 17, 22) in stretches(clone)


LETTERS = st.text("ACGT", min_size=1, max_size=30)


def distance(a: str, b: str) -> int:
    """Edit distance, by the recursion itself."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            before, row[j] = row[j], min(before + (x != y), row[j] + 1, row[j - 1] + 1)
    return row[-1]


@given(LETTERS, LETTERS)
def test_an_alignment_shows_the_read_and_as_few_differences_as_can_be(index: str, seen: str) -> None:
    row = aligned(index, seen)
    assert len(row) == len(index) + 1
    assert "".join(base.more + base.base.replace("-", "") for base in row) == seen
    differences = sum(base.base != letter for base, letter in zip(row, index, strict=False))
    differences += sum(len(base.more) for base in row)
    if len(index) == len(seen):
        assert differences == sum(a != b for a, b in zip(index, seen, strict=True))
    else:
        assert differences == distance(index, seen)


def test_a_read_is_counted_or_not_and_it_says_why() -> None:
    said = [why(one, TOLERANCE).en for one in SIGHTINGS]
    assert said == [
        "counted: unchanged",
        "counted: 1 substitution",
        "counted: 1 indel",
        "not counted: 4 substitutions, more than tolerated",
        "not counted: 1 indel, not explained by errors",
    ]


def test_the_window_stands_letter_by_letter_and_differing_bases_are_marked() -> None:
    drawn = alignment("en", "svg")
    letters = [word for word, _ in places_of(drawn) if word in set("ACGT")]
    index = SEQUENCE[slice(*WINDOW)]
    substitutions = sum(one.substitutions for one in SIGHTINGS)
    assert len(letters) == len(index) + substitutions + 1  # one base more, in the third row
    assert words_of(drawn).count("–") == 1
    assert TOLERANCE.why.en in " ".join(words_of(drawn))
    assert {"IGHV3-23", "IGHD3-9", "IGHJ5", "300 reads", "31 reads"} <= set(words_of(drawn))


def test_many_windows_are_cut_and_none_is_said() -> None:
    many = tuple(replace(SIGHTINGS[3], reads=100 - number, window=SIGHTINGS[3].window[:-2] + pair)
                 for number, pair in enumerate([a + b for a in "ACGT" for b in "ACGT"]))  # fmt: skip
    level = replace(clone_level("IGH-1", 1.0, 3_080_000), sightings=many)
    drawn = ngs_alignment.draw(
        index_clone(), level, about=ABOUT, simulated=False, language="en", format="svg"
    )
    rest = sum(100 - number for number in range(8, 16))
    assert f"and 8 more windows, reads in all: {rest}" in " ".join(words_of(drawn))
    none = ngs_alignment.draw(
        index_clone(), replace(level, sightings=()), about=ABOUT, simulated=False, language="en", format="svg"
    )
    assert "No read came near this clone." in words_of(none)
