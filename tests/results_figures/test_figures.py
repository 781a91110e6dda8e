import io
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from remission.conduct import events as ev
from remission.paper import canvas
from remission.paper.words import SMALL, width_of, wrapped
from remission.protocol.study import Study
from remission.results.analysis import Results, analyse
from remission.results.figures.before_after import columns_of, rows_of
from remission.results.figures.calls import MARKS, Kind
from remission.results.figures.gallery import FIGURES
from remission.results.figures.incidence import curves_of
from remission.results.figures.levels import decades_around, drawn_at, thresholds
from remission.results.figures.recruitment import enrolment_days
from remission.results.figures.swimmer import lanes_of
from remission.results.figures.waterfall import slots_of

SVG = "{http://www.w3.org/2000/svg}"
each = pytest.mark.parametrize("name", sorted(FIGURES))
both = pytest.mark.parametrize("language", ["en", "zh"])


def svg_of(results: Results, name: str, language: str = "en") -> ET.Element:
    return ET.fromstring(FIGURES[name].draw(results, language=language, format="svg"))


def texts(svg: ET.Element) -> list[ET.Element]:
    return list(svg.iter(f"{SVG}text"))


def numbers_in(svg: ET.Element) -> dict[str, str]:
    return {el.attrib["data-number"]: el.text or "" for el in texts(svg) if "data-number" in el.attrib}


@each
@both
def test_a_figure_can_stand_in_a_page(results: Results, name: str, language: str) -> None:
    drawn = FIGURES[name].draw(results, language=language, format="svg")
    svg = ET.fromstring(drawn)
    assert drawn.startswith(b"<svg ") and svg.attrib["role"] == "img"
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None and description is not None
    assert svg.attrib["aria-labelledby"].split() == [title.attrib["id"], description.attrib["id"]]
    assert FIGURES[name].title.in_(language) in (title.text or "") and len(description.text or "") > 20
    # A page whose policy forbids inline styles would lose them.
    assert not [el for el in svg.iter() if "style" in el.attrib or el.tag == f"{SVG}style"]
    assert min(float(el.attrib["font-size"]) for el in texts(svg)) >= SMALL
    ids = [el.attrib["id"] for el in svg.iter() if "id" in el.attrib]
    pointed = {*re.findall(r'(?:href="#|url\(#)([\w-]+)', drawn.decode()), *ids[:2]}
    assert sorted(ids) == sorted(pointed)


@each
@both
def test_simulated_data_say_so_and_real_data_do_not(results: Results, name: str, language: str) -> None:
    mark = {"en": "SIMULATED DATA", "zh": "模拟数据"}[language]
    simulated, real = (
        svg_of(results, name, language),
        svg_of(replace(results, simulated=False), name, language),
    )
    assert mark in [el.text for el in texts(simulated)]
    assert mark in (simulated.findtext(f"{SVG}title") or "")
    assert mark not in ET.tostring(real, encoding="unicode")


@each
def test_equal_results_give_equal_bytes_from_any_thread(results: Results, name: str) -> None:
    draw = FIGURES[name].draw
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: draw(results, language="zh", format="svg"), range(6)))
    assert len(set(drawn)) == 1
    with mpl.rc_context({"lines.linewidth": 9, "svg.fonttype": "path", "font.size": 30, "savefig.dpi": 31}):
        assert draw(results, language="zh", format="svg") == drawn[0]
        assert mpl.rcParams["svg.fonttype"] == "path"  # the process's own settings are given back


@each
@both
def test_nothing_of_a_png_is_cut_off(results: Results, name: str, language: str) -> None:
    drawn = FIGURES[name].draw(results, language=language, format="png")
    pixels = imread(io.BytesIO(drawn))
    assert abs(pixels.shape[1] - 400 / 72 * 200) <= 1
    edges = (pixels[:, :8], pixels[:, -8:], pixels[:8], pixels[-8:])
    assert all(np.all(edge == 1.0) for edge in edges)
    assert (pixels[..., :3] < 0.5).any()


@each
def test_a_png_is_english_where_no_chinese_font_is_installed(
    results: Results, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "_CJK_FONTS", ())
    draw = FIGURES[name].draw
    assert draw(results, language="zh", format="png") == draw(results, language="en", format="png")


def test_chinese_words_in_an_english_png_without_the_font_are_question_marks(
    study: Study, build: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "_CJK_FONTS", ())
    life = build.screened(1, build.AS_OF.date(), "low")
    life.add(ev.FoundEligible(life.day(24), ()), ev.Enrolled(life.day(25), 1, "low"))
    life.add(ev.TreatmentNotGiven(life.day(29), "家长拒绝"))
    results = analyse(study, [life.made()], build.AS_OF)
    assert FIGURES["consort"].draw(results, language="en", format="png")  # a missing glyph would warn


@each
@both
def test_an_empty_trial_says_so(study: Study, build: SimpleNamespace, name: str, language: str) -> None:
    results = analyse(study, [], build.AS_OF)
    words = "".join(el.text or "" for el in texts(svg_of(results, name, language)))
    assert re.search({"en": "Nobody has been|No participant has been", "zh": "尚无受试者"}[language], words)
    assert FIGURES[name].draw(results, language=language, format="png")


@each
@pytest.mark.parametrize("of", [1, 2, 13, 89])
def test_a_trial_under_way_is_drawn(study: Study, build: SimpleNamespace, name: str, of: int) -> None:
    results = analyse(study, build.trial(90, 0)[-of:], build.AS_OF)
    shown = texts(svg_of(results, name))
    assert not [el for el in shown if re.search(r"\bnan\b|\binf\b|None", el.text or "")]
    # Of one or two nobody may have been followed beyond the landmark: the figure says so.
    assert len(shown) > (3 if name == "landmarks" and of < 13 else 8)


def test_every_number_of_the_diagram_is_a_published_number(results: Results) -> None:
    for language in ("en", "zh"):
        svg = svg_of(results, "consort", language)
        printed = numbers_in(svg)
        assert len(printed) > 40
        assert printed == {id: results.numbers[id].text.in_(language) for id in printed}
        rows = results.table("flow").rows
        names = [*(row.label for row in rows), *(e.name for e in results.study.endpoints)]
        names += [*(s.name for s in results.study.sets), *(p.name for p in results.study.points)]
        labels = [name.in_(language) for name in names]
        others = [el.text or "" for el in texts(svg) if "data-number" not in el.attrib]
        digits = [words for words in others[3:] if re.search(r"\d", words)]
        heads = {"en": "(Analysed: | of the enrolled)", "zh": "(纳入分析：|入组者的)"}[language]
        strange = [w for w in digits if not any(re.sub(heads, "", w) in label for label in labels)]
        assert strange == []


def test_the_branches_of_the_diagram_add_up(results: Results) -> None:
    printed = {id: int(text) for id, text in numbers_in(svg_of(results, "consort")).items()}

    def total(*stems: str) -> int:
        return sum(n for id, n in printed.items() if id in stems or id.rpartition(".")[0] in stems)

    before = total("flow.screening", "flow.before_enrolment") + printed["flow.screen_failed"]
    assert printed["flow.consented"] == before + printed["flow.enrolled"] == 250
    started = printed["flow.treated"] + printed["flow.not_treated"] + printed["flow.awaiting_treatment"]
    assert printed["flow.enrolled"] == started == total("flow.sample.d46") == 90
    ended = printed["flow.completed"] + printed["flow.stopped"] + printed["flow.on_treatment"]
    assert printed["flow.treated"] == ended
    reasons = [n for id, n in printed.items() if re.fullmatch(r"flow\.stopped\.[a-z_]+", id)]
    assert printed["flow.stopped"] == sum(reasons)
    criteria = [n for id, n in printed.items() if id.startswith("flow.screen_failed.by.")]
    assert criteria == sorted(criteria, reverse=True) and len(criteria) == 10


def test_a_lane_for_each_enrolled_the_longest_first(results: Results) -> None:
    lanes = lanes_of(results)
    assert sorted(lane.subject for lane in lanes) == sorted(results.responses)
    assert [lane.end for lane in lanes] == sorted((lane.end for lane in lanes), reverse=True)
    words = [el.text for el in texts(svg_of(results, "swimmer"))]
    assert [word for word in words if word in results.responses] == [lane.subject for lane in lanes]
    paused = next(lane for lane in lanes if lane.subject.endswith("-006"))
    assert [round((b - a) * 30.4375, 1) >= 1 for a, b in paused.paused] == [True] and len(paused.given) == 2
    died = next(lane for lane in lanes if lane.subject.endswith("-013"))
    assert died.events == ((ev.Died, died.end),) and not died.ongoing


def test_an_infusion_that_has_not_ended_lasts_to_the_day_of_the_data(
    study: Study, build: SimpleNamespace
) -> None:
    life = build.screened(1, build.AS_OF.date(), "low")
    life.first_day = build.AS_OF.date().replace(month=2, day=1)  # day 30 is the day of the data
    life.recorded.clear()
    life.add(ev.Consented(life.day(18), "guardian", "v1"))
    life.add(ev.FactRecorded("induction_start", str(life.first_day), life.day(18)))
    life.add(ev.FoundEligible(life.day(24), ()), ev.Enrolled(life.day(25), 1, "low"))
    life.add(ev.InfusionStarted(life.at(29), "course"), ev.DoseGiven(life.at(29.5), "course"))
    (lane,) = lanes_of(analyse(study, [life.made()], build.AS_OF))
    ((start, end),) = lane.given
    # 02:00 UTC is 10:00 at the site; the data are of noon on day 30, drawn at its beginning.
    assert [round(x * 30.4375, 3) for x in (start, end)] == [round(4 + 10 / 24, 3), 5.0]
    assert lane.ongoing and len(lane.doses) == 1


def test_nobody_falls_out_of_the_waterfall(results: Results) -> None:
    for endpoint in results.study.endpoints:
        slots = slots_of(results, endpoint)
        assert sorted(slot.subject for slot in slots) == sorted(results.responses)
        counts = {kind: sum(slot.kind is kind for slot in slots) for kind in Kind}
        stem = f"endpoint.{endpoint.id}.itt"
        published = {
            part: results.numbers[f"{stem}.{part}"].value for part in ("negative", "indeterminate", "pending")
        }
        assert published == {
            "negative": counts[Kind.NEGATIVE],
            "indeterminate": counts[Kind.MISSING] + counts[Kind.NOT_EVALUABLE],
            "pending": counts[Kind.PENDING],
        }
        assert min(counts.values()) > 0
        bars = [slot.level for slot in slots if slot.kind is Kind.POSITIVE]
        assert bars == sorted(bars, reverse=True)


def test_undetected_disease_is_drawn_at_the_limit_of_detection(results: Results) -> None:
    seen = {True: 0, False: 0}
    for row in rows_of(results, columns_of(results.study)):
        for measured in row:
            if measured.result is not None:
                level, detected = drawn_at(measured.result)
                assert level == (measured.result.level if detected else measured.result.lod)
                seen[detected] += 1
    assert min(seen.values()) > 20


def test_thresholds_are_the_endpoint_s_and_those_of_criteria_known_after_treatment(study: Study) -> None:
    assert [thresholds(study, endpoint) for endpoint in study.endpoints] == [[1e-4, 1e-2], [1e-6]]


@pytest.mark.parametrize(
    ("levels", "ends"),
    [
        ((1e-6, 0.95), (1e-7, 1.0)),
        ((3e-5, 0.02), (1e-5, 0.1)),
        ((2e-6, 0.09), (1e-6, 1.0)),
        ((0.5, 1.2), (0.1, 10.0)),
    ],
)
def test_a_log_axis_encloses_the_levels(levels: tuple[float, float], ends: tuple[float, float]) -> None:
    assert decades_around(levels) == pytest.approx(ends)


def test_who_was_found_eligible_and_not_enrolled_is_said_to_be_counted(
    study: Study, build: SimpleNamespace
) -> None:
    life = build.screened(1, build.AS_OF.date(), "low")
    life.add(ev.FoundEligible(life.day(24), ()), ev.Withdrew(life.day(25), "study", "no", "guardian"))
    words = [el.text for el in texts(svg_of(analyse(study, [life.made()], build.AS_OF), "consort"))]
    assert "those of them not" in words
    full = analyse(study, build.trial(2, 3), build.AS_OF)
    assert "those of them not" not in [el.text for el in texts(svg_of(full, "consort"))]


def test_columns_follow_the_samples_of_the_study(study: Study) -> None:
    columns = [(c.point, c.method, c.endpoint and c.endpoint.id) for c in columns_of(study)]
    assert columns == [
        ("d19", "flow", None),
        ("d46", "flow", "flow_negative"),
        ("d46", "ngs", "ngs_negative"),
    ]


def test_numbers_at_risk_are_the_published_ones(results: Results) -> None:
    words = [el.text for el in texts(svg_of(results, "survival"))]
    rows = [words[place + 1 : place + 8] for place, word in enumerate(words) if word == "at risk"]
    for row, stem in zip(rows, ("efs", "os"), strict=True):
        published = [results.numbers[f"{stem}.at.{year}y.at_risk"].text.en for year in (1, 2)]
        assert [row[0], row[2], row[4], row[6]] == ["90", *published, "–"]


def test_relapse_its_competitors_and_the_event_free_make_up_everybody(results: Results) -> None:
    assert results.curves.relapse is not None
    relapse, other = curves_of(results.curves.relapse)
    for step, mine, others in zip(results.curves.relapse.steps, relapse.points, other.points, strict=True):
        assert mine.value + others.value + step.event_free == pytest.approx(1, abs=1e-12)
    last = results.curves.relapse.at(2.0)
    assert last is not None and 100 * last.incidence == pytest.approx(
        float(results.numbers["relapse.at.2y"].text.en.split()[0]), abs=0.05
    )
    assert others.value > 0


def test_recruitment_ends_at_the_number_enrolled(results: Results) -> None:
    assert len(enrolment_days(results)) == results.numbers["flow.enrolled"].value
    assert numbers_in(svg_of(results, "recruitment")) == {"flow.enrolled": "90"}
    assert "planned: 90" in [el.text for el in texts(svg_of(results, "recruitment"))]


def test_marks_differ_by_shape_and_not_by_colour_alone() -> None:
    assert len({mark.shape for mark in MARKS.values()}) == len(MARKS)


@pytest.mark.parametrize(
    "words", ["Earlier glucocorticoids, ABL inhibitor", "既往糖皮质激素、ABL抑制剂、化疗或放疗"]
)
def test_broken_lines_keep_every_word_and_fit(words: str) -> None:
    lines = wrapped(words, 100, 10)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "") and len(lines) > 1
    assert max(width_of(line, 10) for line in lines) <= 110  # closing marks may hang over
    assert not any(line[0] in "，、。,)）" for line in lines)
