"""Spectrum matrices: from keywords and tables, checked, undone; single stains, real and simulated."""

import io
from pathlib import Path

import flowio
import flowutils
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import Hostile, InvariantBroken, Malformed, Refusal, TooLarge, WrongEncoding
from remission.mrd.flow.events import Held
from remission.mrd.flow.light.compensation import (
    checked,
    condition,
    is_identity,
    of_keywords,
    read_matrix,
    unmixing,
)
from remission.mrd.flow.light.single_stains import SingleStain, from_controls
from remission.mrd.flow.spectrum import Spectrum

DATA = Path(__file__).parents[2].parent / "shared/data/flow"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data/flow")

CHANNELS = ("FSC-A", "FITC-A", "PE-A", "APC-A", "Time")
TWO = "2,FITC-A,PE-A,1,0.2,0.03,1"


def spectrum(values, detectors=("A", "B"), dyes=None) -> Spectrum:
    rows = tuple(tuple(float(one) for one in row) for row in values)
    return Spectrum("test", tuple(dyes or detectors), tuple(detectors), rows, "a test")


@pytest.mark.parametrize("key", ["$SPILLOVER", "SPILL", "SPILLOVER", "$spillover", "Spill"])
def test_every_spelling(key: str) -> None:
    found = of_keywords({key: TWO, "$PAR": "5"}, CHANNELS)
    assert found is not None
    assert found.detectors == found.fluorochromes == ("FITC-A", "PE-A")
    assert found.values == ((1.0, 0.2), (0.03, 1.0))
    assert found.origin == f"keyword {key.upper()}"


@pytest.mark.parametrize(
    "keywords", [{}, {"SPILL": ""}, {"SPILL": "0"}, {"$SPILLOVER": "UNDEFINED"}, {"$COMP": "0"}]
)
def test_none_stated(keywords: dict[str, str]) -> None:
    assert of_keywords(keywords, CHANNELS) is None


def test_channels_by_number_spaces_and_percent() -> None:
    found = of_keywords({"SPILL": "2, 3, 2, 100, 5, 2.5, 100"}, CHANNELS)
    assert found is not None
    assert found.detectors == ("PE-A", "FITC-A")
    assert found.values == ((1.0, 0.05), (0.025, 1.0))
    named = of_keywords({"SPILL": "2,2,1,1,.1,0,1"}, ("1", "2", "3"))
    assert named is not None
    assert named.detectors == ("2", "1")  # they are names


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ("two,FITC-A,PE-A,1,0,0,1", Malformed, "place 1"),
        ("-2,FITC-A,PE-A,1,0,0,1", Malformed, "place 1"),
        ("3,FITC-A,PE-A", Malformed, "place 4"),
        ("2,FITC-A,PE-A,1,0,0", Malformed, "place 7"),
        ("2,FITC-A,PE-A,1,0,0,1,5", Malformed, "place 8"),
        ("2,FITC-A,PE-A,1,x,0,1", Malformed, "place 5"),
        ("2,FITC-A,PE-A,1,nan,0,1", Malformed, "place 5"),
        ("2,FITC-A,PE-A,1,1_0,0,1", Malformed, "place 5"),
        ("2,FITC-A,PE-B,1,0,0,1", InvariantBroken, "place 3"),
        ("2,FITC-A,9,1,0,0,1", InvariantBroken, "place 3"),
        ("2,FITC-A,FITC-A,1,0,0,1", InvariantBroken, "'FITC-A' stands twice"),
        ("2,FITC-A,PE-A,1,0,0,0", InvariantBroken, "'PE-A' in its own detector is 0.0"),
        ("2,FITC-A,PE-A,1,1,1,1", InvariantBroken, "condition"),
        ("6,FL2-A,FL2-H,FL4-A,FL4-H,FL7-A,FL7-H", InvariantBroken, "'FL2-A', which is no channel"),
    ],
)
def test_malformed_keywords_name_keyword_and_place(value: str, kind: type, said: str) -> None:
    with pytest.raises(kind) as refused:
        of_keywords({"$SPILLOVER": value}, CHANNELS)
    assert said in str(refused.value)
    assert "$SPILLOVER" in str(refused.value)


def test_two_keywords_agree_or_are_refused() -> None:
    assert of_keywords({"$SPILLOVER": TWO, "SPILL": "2,PE-A,FITC-A,1,0.03,0.2,1"}, CHANNELS) is not None
    with pytest.raises(InvariantBroken, match="different spillover"):
        of_keywords({"$SPILLOVER": TWO, "SPILL": "2,FITC-A,PE-A,1,0.21,0.03,1"}, CHANNELS)


def test_comp_of_all_parameters() -> None:
    found = of_keywords({"$COMP": "3,1,0,0,0,1,0.2,0,0.1,1"}, ("FSC", "A", "B"))
    assert found is not None
    assert found.detectors == ("A", "B")
    assert found.values == ((1.0, 0.2), (0.1, 1.0))
    with pytest.raises(InvariantBroken, match="which it means"):
        of_keywords({"$COMP": "2,1,0,0,1"}, ("FSC", "A", "B"))
    with pytest.raises(InvariantBroken, match="inverse"):
        of_keywords({"$COMP": "3,1,0,0,0,1,-0.2,0,0.1,1"}, ("FSC", "A", "B"))


def test_fcs_2_percentages() -> None:
    keys = {"$DFC1TO2": "13.4", "$DFC2TO1": "1.2", "$DFC1TO3": "0.0", "$DFC3TO1": "0", "$DFC1TO1": "0"}
    found = of_keywords(keys, ("FS", "SS", "FL1", "FL2", "FL3", "TIME"))
    assert found is not None
    assert found.detectors == ("FL1", "FL2")
    assert found.values == ((1.0, 0.134), (0.012, 1.0))
    assert of_keywords({"$DFC1TO2": "0.0"}, ("FL1", "FL2")) is None
    with pytest.raises(InvariantBroken, match="number 3"):
        of_keywords(keys, ("FL1", "FL2", "FL3", "FL4"))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (spectrum([[1, 0.1], [0.1, 1]], ("A", "")), "has no name"),
        (spectrum([[1, 0.1], [0.1, 1]], ("A", "A")), "stands twice"),
        (spectrum([], ()), "there is no"),
        (spectrum([[1, 0.1]]), "1 rows for 2"),
        (spectrum([[1, 0.1], [1]]), "has 1 values"),
        (spectrum([[1, 0.1], [0.1, float("inf")]]), "is inf"),
        (spectrum([[1], [2]], ("A",), ("x", "y")), "cannot be told apart"),
        (spectrum([[0, 0.1], [0.1, 1]]), "must be above 0"),
        (spectrum([[0, 0, 0], [1, 0.1, 0]], ("A", "B", "C"), ("x", "y")), "must be above 0"),
        (spectrum([[1, 0.5], [1, 0.50001]]), "most alike"),
    ],
)
def test_checked_refuses(one: Spectrum, said: str) -> None:
    with pytest.raises(InvariantBroken, match=said):
        checked(one)
    with pytest.raises(InvariantBroken, match=said):
        unmixing(one)


@pytest.mark.parametrize(
    ("dyes", "detectors", "values", "so"),
    [
        ("AB", "AB", ((1.0, 0.0), (0.0, 1.0)), True),
        ("BA", "AB", ((0.0, 1.0), (1.0, 0.0)), True),
        ("AB", "AB", ((1.0, 1e-9), (-1e-9, 1.0)), True),
        ("AB", "AB", ((1.0, 0.001), (0.0, 1.0)), False),
        ("AB", "AB", ((1.0, 0.0), (-0.001, 1.0)), False),
        ("A", "A", ((1.0,),), False),
        ("AB", "ABC", ((1.0, 0.0, 0.2), (0.0, 1.0, 0.1)), False),
    ],
)
def test_what_says_that_there_is_no_spillover(
    dyes: str, detectors: str, values: tuple[tuple[float, ...], ...], so: bool
) -> None:
    assert is_identity(Spectrum("one", tuple(dyes), tuple(detectors), values, "tests")) is so


def test_condition_does_not_see_units() -> None:
    assert condition(spectrum([[1, 0], [0, 1]])) == 1.0
    assert condition(spectrum([[1000, 0], [0, 1]])) == 1.0
    assert condition(spectrum([[1, 0.1], [0.1, 1]])) == pytest.approx(1.1 / 0.9)


@given(st.integers(1, 6), st.integers(0, 4), st.integers(0, 1000))
def test_unmixing_goes_back(dyes: int, more: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.eye(dyes, dyes + more) + rng.uniform(0, 0.3 / (dyes + more), (dyes, dyes + more))
    one = spectrum(values, [f"D{d}" for d in range(dyes + more)], [f"F{f}" for f in range(dyes)])
    light = rng.normal(100, 300, (dyes, 20))
    m = unmixing(one)
    assert m.shape == (dyes, dyes + more)
    assert m.flags.c_contiguous
    assert np.abs(m @ (values.T @ light) - light).max() < 1e-9


def test_unmixing_is_least_squares_where_detectors_are_more() -> None:
    rng = np.random.default_rng(2)
    values = rng.uniform(0.05, 1, (3, 7))
    seen = rng.normal(0, 1, (7, 5))
    one = spectrum(values, [f"D{d}" for d in range(7)], ["x", "y", "z"])
    assert np.allclose(unmixing(one) @ seen, np.linalg.lstsq(values.T, seen)[0])


@needs_data
def test_events_compensated_as_the_peer_does_it() -> None:
    folder = DATA / "comp"
    stored = np.load(folder / "test_comp_event_data.npy")  # these are the events before compensation
    with pytest.warns(UserWarning, match="offset"):
        flow = flowio.FlowData(str(folder / "test_comp_example.fcs"), ignore_offset_error=True)
    assert np.array_equal(np.fromfile(folder / "test_comp_example.npy").reshape(stored.shape), stored)
    assert np.array_equal(np.reshape(flow.events, stored.shape), stored)
    with (folder / "comp_complete_example.csv").open("rb") as file:
        matrix = read_matrix(file, "comp_complete_example.csv")
    assert matrix.name == "comp_complete_example"
    places = [flow.pnn_labels.index(one) for one in matrix.detectors]
    theirs = flowutils.compensate.compensate(stored, np.array(matrix.values), places)
    ours = unmixing(matrix) @ stored[:, places].T
    assert np.abs(ours.T - theirs[:, places]).max() < 1e-8  # of values up to 2e5: 5e-14 of the largest
    again = np.array(matrix.values).T @ ours
    assert np.abs(again.T - stored[:, places]).max() < 1e-8


@pytest.mark.parametrize(
    "text",
    [
        "A,B\n1,0.05\n0.025,1\n",
        "A\tB\r\n1\t0.05\r\n0.025\t1",
        "\ufeffA;B\n1;0.05\n0.025;1\n\n",
        ',"A :: CD3",B\nA :: CD3,100,5\nB,2.5,100\n',
        "dye,A,B\nA,1,0.05\nB,0.025,1\n",
    ],
)
def test_tables(text: str) -> None:
    found = read_matrix(io.BytesIO(text.encode()), "folder/mine.csv")
    assert found == Spectrum(
        "mine", ("A", "B"), ("A", "B"), ((1.0, 0.05), (0.025, 1.0)), "file folder/mine.csv"
    )


def test_table_of_more_detectors_than_dyes() -> None:
    found = read_matrix(io.BytesIO(b",A,B,C\nFITC,1,.5,.1\nPE,.1,1,.2\n"), "x.csv")
    assert found.fluorochromes == ("FITC", "PE")
    assert found.detectors == ("A", "B", "C")
    assert found.values == ((1.0, 0.5, 0.1), (0.1, 1.0, 0.2))


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", Malformed, "no line of values"),
        (b"A,B\n", Malformed, "no line of values"),
        (b"A,B\n1,2,3\n4,5,6\n", Malformed, "line 2"),
        (b"A,B\n1,0\n0,x\n", Malformed, "line 3, column 2"),
        (b"A,B\n1,nan\n0,1\n", Malformed, "line 2, column 2"),
        (b"A,B,C\n1,0,0\n0,1,0\n", InvariantBroken, "without names"),
        (b"A,B\n1,1\n1,1\n", InvariantBroken, "condition"),
        (b"A,\xff\n1,1\n1,1\n", WrongEncoding, "UTF-8"),
        (b"9" * 4_000_001, TooLarge, "larger"),
        (b"<a/>", Malformed, "0 spillover matrices"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Hostile, "x.csv"),
    ],
)
def test_bad_tables_are_refused_by_place(content: bytes, kind: type, said: str) -> None:
    with pytest.raises(kind, match=said):
        read_matrix(io.BytesIO(content), "x.csv")


def test_flowjos_own_matrix() -> None:
    spaces = 'xmlns:transforms="http://www.isac-net.org/std/Gating-ML/v2.0/transformations" '
    spaces += 'xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes"'
    rows = "".join(
        f'<transforms:spillover data-type:parameter="{dye}">'
        + "".join(
            f'<transforms:coefficient data-type:parameter="{d}" transforms:value="{v}"/>' for d, v in row
        )
        + "</transforms:spillover>"
        for dye, row in (("A", (("A", 1), ("B", 0.05))), ("B", (("B", 1),)))
    )
    xml = (
        f'<transforms:spilloverMatrix {spaces} name="mine" prefix="Comp-">{rows}</transforms:spilloverMatrix>'
    )
    found = read_matrix(io.BytesIO(xml.encode()), "m.mtx")
    assert (found.name, found.values) == ("mine", ((1.0, 0.05), (0.0, 1.0)))
    twice = xml.replace('parameter="B"><', 'parameter="A"><')
    with pytest.raises(InvariantBroken, match="twice"):
        read_matrix(io.BytesIO(twice.encode()), "m.mtx")
    with pytest.raises(Malformed, match="which is no number"):
        read_matrix(io.BytesIO(xml.replace('"0.05"', '"much"').encode()), "m.mtx")
    weighted = xml.replace('name="mine"', 'name="mine" spectral="1" weightOptAlgorithmType="WLS"')
    with pytest.raises(InvariantBroken, match="WLS"):
        read_matrix(io.BytesIO(weighted.encode()), "m.mtx")


def simulated(rng: np.random.Generator, row: np.ndarray, bright: int, dim: int, level: float = 2e4) -> Held:
    """INVENTED events: autofluorescence, log-normal staining, photon noise, one in a hundred an outlier."""
    light = np.concatenate([rng.lognormal(np.log(level), 0.5, bright), np.zeros(dim)])
    seen = light[None, :] * row[:, None]
    seen = seen + rng.normal(60.0, 25.0, seen.shape) + rng.normal(0, 1, seen.shape) * np.sqrt(8 * seen)
    odd = rng.random(seen.shape[1]) < 0.01
    seen[:, odd] = rng.uniform(0, 5e4, (row.size, int(odd.sum())))
    return Held(tuple(f"D{d}" for d in range(row.size)), np.ascontiguousarray(seen))


TRUE = np.array(
    [[1.0, 0.24, 0.03, 0.001], [0.01, 1.0, 0.35, 0.02], [0.0, 0.05, 1.0, 0.6], [0.002, 0.0, 0.08, 1.0]]
)


@pytest.mark.parametrize("with_unstained", [True, False])
def test_simulated_controls_give_the_matrix_back(with_unstained: bool) -> None:
    rng = np.random.default_rng(7)
    controls = [SingleStain(f"dye {i}", simulated(rng, TRUE[i], 4000, 3000)) for i in (2, 0, 3, 1)]
    dark = simulated(rng, TRUE[0], 0, 5000) if with_unstained else None
    found, reports = from_controls(controls, ("D0", "D1", "D2", "D3"), unstained=dark)
    assert np.abs(np.array(found.values) - TRUE).max() < 0.002
    assert found.fluorochromes == ("D0", "D1", "D2", "D3")
    assert [one.fluorochrome for one in reports] == ["dye 0", "dye 1", "dye 2", "dye 3"]
    for one, row in zip(reports, TRUE, strict=True):
        assert one.separation > 50
        assert one.notes == ()
        assert abs(one.bright - 4000) < 120
        for channel, value in zip(found.detectors, row, strict=True):
            assert abs(one.slopes[channel] - value) <= 5 * one.errors[channel] + 2e-4


def test_spectral_controls_keep_the_dyes_names() -> None:
    rng = np.random.default_rng(8)
    rows = np.array([[0.5, 1.0, 0.6, 0.2, 0.0], [0.0, 0.1, 0.4, 1.0, 0.7]])
    controls = [SingleStain(f"dye {i}", simulated(rng, rows[i], 3000, 2000)) for i in (0, 1)]
    found, reports = from_controls(controls, [f"D{d}" for d in range(5)])
    assert found.fluorochromes == ("dye 0", "dye 1")
    assert [one.own for one in reports] == ["D1", "D3"]
    assert np.abs(np.array(found.values) - rows).max() < 0.003


def test_poor_controls_are_refused_or_noted() -> None:
    rng = np.random.default_rng(9)
    names = ("D0", "D1", "D2", "D3")
    good = SingleStain("good", simulated(rng, TRUE[1], 2000, 2000))
    dark = simulated(rng, TRUE[0], 0, 3000)
    with pytest.raises(InvariantBroken, match="bright events"):
        from_controls([SingleStain("few", simulated(rng, TRUE[0], 20, 500), "D0")], names, unstained=dark)
    with pytest.raises(InvariantBroken, match="apart"):
        from_controls([SingleStain("dim", Held(names, rng.normal(60, 25, (4, 3000))), "D0")], names)
    with pytest.raises(InvariantBroken, match="both brightest"):
        from_controls([good, SingleStain("again", good.events)], names, unstained=dark)
    with pytest.raises(InvariantBroken, match="none of the detectors"):
        from_controls([SingleStain("lost", good.events, "D9")], names, unstained=dark)
    control = SingleStain("small", simulated(rng, TRUE[1], 200, 300), "D2")
    _, (report,) = from_controls([control], names, unstained=dark, tops={"D1": 40_000.0})
    words = " ".join(one.en for one in report.notes)
    assert "bright events" in words
    assert "brighter in D1" in words
    assert "at the top" in words


@needs_data
def test_real_single_stains_leave_other_channels_as_dark_as_unstained() -> None:
    def held(number: int) -> Held:
        flow = flowio.FlowData(str(DATA / f"readers/flowCore/060909.00{number}"))
        return Held(tuple(flow.pnn_labels), np.ascontiguousarray(flow.as_array(preprocess=True).T))

    detectors = ("FL1-H", "FL2-H", "FL3-H", "FL4-H")
    dyes = {"FITC": 2, "PE": 3, "APC": 4, "7AAD": 5}
    controls = [SingleStain(dye, held(number)) for dye, number in dyes.items()]
    found, reports = from_controls(controls, detectors, unstained=held(1))
    assert [one.fluorochrome for one in reports] == ["FITC", "PE", "7AAD", "APC"]
    assert condition(found) < 2.0
    undo = unmixing(found)
    dark = np.median(undo @ held(1).read(detectors, 0, 10_000), axis=1)
    for one in reports:
        undone = undo @ held(dyes[one.fluorochrome]).read(detectors, 0, 10_000)
        raw = np.median(held(dyes[one.fluorochrome]).read(detectors, 0, 10_000), axis=1)
        for place, channel in enumerate(detectors):
            if channel != one.own:  # FITC in FL2: 229 before, 3.0 after, unstained 3.1
                assert abs(np.median(undone[place]) - dark[place]) < max(1.1, 0.02 * raw[place])


ODD = st.sampled_from(
    ["", "0", "-1", "1e308", "1e-320", "nan", "inf", "x", "²", "٣", ",", ";", "\n", '"', "\0", "9" * 5000]
)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), ODD), min_size=1, max_size=4))
def test_damaged_matrices_are_refused_or_finite(damage: list[tuple[int, int, str]]) -> None:
    keyword, table = "3,A,B,C,1,0.1,0,0,1,0.2,0,0,1", ",A :: x,B,C\nA,100,5,1\nB,2.5,100,2\nC,1,2,100\n"
    for place, taken, put in damage:
        at, below = place % len(keyword), place % len(table)
        keyword = keyword[:at] + put + keyword[at + taken :]
        table = table[:below] + put + table[below + taken :]
    for read in (
        lambda: of_keywords({"SPILL": keyword}, ("A", "B", "C")),
        lambda: of_keywords({"$COMP": keyword}, ("A", "B", "C")),
        lambda: of_keywords({"$DFC1TO2": keyword[:4], "$DFC²TO1": "1", "$DFC0TO1": "1"}, ("A", "B", "C")),
        lambda: read_matrix(io.BytesIO(table.encode()), "x.csv"),
    ):
        try:
            found = read()
        except Refusal as refused:
            assert refused.where
        else:
            assert found is None or np.isfinite(unmixing(found)).all()
