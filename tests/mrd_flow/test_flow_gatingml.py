"""Gating-ML 2.0: the truth files event by event, what is written read back, and what must be refused."""

import io
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import (
    Hostile,
    InputRefused,
    InvariantBroken,
    Malformed,
    Refusal,
    TooLarge,
    UnknownFormat,
    WrongEncoding,
)
from remission.mrd.flow import xml_files
from remission.mrd.flow.events import Held
from remission.mrd.flow.fcs.reading import read_fcs
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Divider,
    Ellipsoid,
    Gate,
    Gating,
    Operand,
    Operation,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
    Side,
)
from remission.mrd.flow.gates.gating import apply, axes
from remission.mrd.flow.gates.membership import membership_lines
from remission.mrd.flow.light.scales import Asinh, Biexponential, Hyperlog, Linear, Log, Logicle, Ratio, Scale
from remission.mrd.flow.programs.gatingml import read_gatingml
from remission.mrd.flow.programs.write_gatingml import write_gatingml
from remission.mrd.flow.spectrum import Spectrum

GIVEN = Path(__file__).parents[2].parent / "shared" / "data" / "flow" / "gatingml"
present = pytest.mark.skipif(not GIVEN.is_dir(), reason="the compliance files are not here")
XML = sorted(path.name for path in (GIVEN / "gml").glob("*.xml"))
TRUTH = sorted(path.stem.removeprefix("Results_") for path in (GIVEN / "truth").glob("*.txt"))
TRUTH_OF = {"ParRectangle1": "ParQuadRect"}
"""Gate ids that are called otherwise in the truth."""
WITHOUT_TRUTH = {"myEllipse2"}


@pytest.fixture(scope="module")
def data1() -> Held:
    """The compliance set's events, decoded here from the words of FCS 2.0: 16-bit numbers, big end first.

    `$P1G` 3.67 and `$P2G` 8 are divided out; FL1-H, FL2-H, FL3-H and FL4-H are `$PnE` 4,0: 10^(4 x / 1024).
    """
    raw = (GIVEN / "data1.fcs").read_bytes()
    values = np.frombuffer(raw[2560 : 2560 + 13367 * 16], ">u2").reshape(-1, 8).T.astype(np.float64)
    values[0] /= 3.67
    values[1] /= 8.0
    values[[2, 3, 4, 6]] = 10.0 ** (4.0 * values[[2, 3, 4, 6]] / 1024.0)
    names = ("FSC-H", "SSC-H", "FL1-H", "FL2-H", "FL3-H", "FL2-A", "FL4-H", "Time")
    return Held(names, np.ascontiguousarray(values))


@pytest.fixture(scope="module")
def truth() -> Mapping[str, np.ndarray]:
    return {one: np.loadtxt(GIVEN / "truth" / f"Results_{one}.txt", dtype=bool) for one in TRUTH}


def given_file(name: str) -> Gating:
    with (GIVEN / "gml" / name).open("rb") as file:
        return read_gatingml(file, name)


# -- truth ------------------------------------------------------------------------------------------------


@present
@pytest.mark.parametrize("name", XML)
def test_every_population_of_every_file_is_the_truth_event_by_event(
    name: str, data1: Held, truth: Mapping[str, np.ndarray]
):
    gated = apply(given_file(name), data1)
    assert gated.populations
    for one, population in gated.populations.items():
        if one not in WITHOUT_TRUTH:
            assert np.array_equal(population.mask, truth[TRUTH_OF.get(one, one)]), one


@present
def test_the_reader_of_files_and_all_gates_in_one_give_the_truth_too(
    data1: Held, truth: Mapping[str, np.ndarray]
):
    read_events = read_fcs((GIVEN / "data1.fcs").read_bytes(), "data1.fcs").data_sets[0]
    assert read_events.channels == data1.channels
    gated = apply(given_file("gml_all_gates.xml"), read_events, cores=2)
    for one, population in gated.populations.items():
        assert np.array_equal(population.mask, truth[TRUTH_OF.get(one, one)]), one
        lines = "".join(membership_lines(gated, one))
        assert lines == (GIVEN / "truth" / f"Results_{TRUTH_OF.get(one, one)}.txt").read_text()


@present
def test_every_truth_file_belongs_to_a_gate():
    ids = {TRUTH_OF.get(one, one) for name in XML for one in apply_ids(given_file(name))}
    assert set(TRUTH) <= ids


def apply_ids(gating: Gating) -> set[str]:
    quadrants = {part.id for gate in gating.gates if isinstance(gate, Quadrants) for part in gate.quadrants}
    return quadrants | {gate.id for gate in gating.gates if not isinstance(gate, Quadrants)}


@present
@pytest.mark.parametrize("name", XML)
def test_what_is_written_of_every_file_reads_back_equal_and_gates_the_same(name: str, data1: Held):
    gating = given_file(name)
    again = read_back(gating)
    assert again == gating
    first, second = apply(gating, data1), apply(again, data1)
    assert all(
        np.array_equal(first.populations[one].mask, second.populations[one].mask) for one in first.populations
    )


@present
def test_a_peer_reads_what_we_write_and_counts_the_same(data1: Held, tmp_path: Path):
    flowkit = pytest.importorskip("flowkit")
    path = tmp_path / "gates.xml"
    path.write_text(write_gatingml(given_file("gml_all_gates.xml")), encoding="utf-8")
    strategy = flowkit.parse_gating_xml(str(path))
    sample = flowkit.Sample(str(GIVEN / "data1.fcs"))
    report = strategy.gate_sample(sample).report
    ours = apply(given_file("gml_all_gates.xml"), data1)
    theirs = {row.gate_name: row["count"] for _, row in report.iterrows()}
    common = set(theirs) & set(ours.populations)
    assert len(common) > 40
    assert {one: theirs[one] for one in common} == {one: ours.populations[one].count for one in common}


# -- written and read back --------------------------------------------------------------------------------


def read_back(gating: Gating) -> Gating:
    return read_gatingml(io.BytesIO(write_gatingml(gating).encode()), "gates.xml")


def everything() -> Gating:
    scales = [
        Scale("lin", Linear(262144.0, 100.0), bound_min=-0.5),
        Scale("log", Log(1e4, 4.0), bound_max=1.0),
        Scale("asinh", Asinh(262144.0, 4.5, 1.0), -1.0, 2.0),
        Scale("logicle", Logicle(262144.0, 0.5, 4.5, 0.0)),
        Scale("hyperlog", Hyperlog(262144.0, 0.5, 4.5, 0.1)),
    ]
    ratios = [Ratio("lin", 1.0, 0.5, -1.0, "FL1-A", "FL2-A", 0.0, 10.0)]
    spectra = [
        Spectrum("lin", ("red", "blue"), ("A", "B"), ((1.0, 0.1), (1 / 3, 1.0)), 'by hand, "A" & <B>\n2'),
        Spectrum("wide", ("x", "y"), ("A", "B", "C"), ((1.0, 0.0, 0.2), (0.1, 1.0, -0.1)), ""),
    ]
    area = Dimension("FSC-A")
    red = Dimension("red", "lin", "logicle")
    ratio = Dimension("lin", "FCS", "log", is_ratio=True)
    gates: tuple[Gate, ...] = (
        Rectangle("CD19+ & CD10+", "left of 2 %", (Side(red, 0.1, None), Side(area, None, float("inf")))),
        Polygon("p", None, red, ratio, ((0.0, 0.0), (1e-300, 1.0), (1 / 3, -7.0))),
        Ellipsoid(
            "e",
            "p",
            (area, red, ratio),
            (0.0, 1.0, 2.0),
            ((1.0, 0.0, 0.0), (0.0, 1.0, 0.1), (0.0, 0.1, 2.0)),
            3.0,
        ),
        Quadrants(
            "q",
            "e",
            (Divider("p", red, (0.2, 0.5)), Divider("d", area, (-1.0,))),
            (Quadrant("left of 2 %", (("p", 0.0), ("d", 5.0))), Quadrant("_x2_", (("p", 0.3),))),
        ),
        Quadrants("r", None, (Divider("p", area, (1.0,)),), (Quadrant("净", (("p", 0.0),)),)),
        Boolean("and", "p", Operation.AND, (Operand("e"), Operand("净", complement=True))),
        Boolean("one", None, Operation.OR, (Operand("e", complement=True),)),
        Boolean("1", None, Operation.NOT, (Operand("_x2_"),)),
    )
    return Gating(
        gates,
        {one.name: one for one in scales},
        {one.name: one for one in ratios},
        {one.name: one for one in spectra},
    )


def test_everything_we_can_hold_is_read_back_equal():
    assert read_back(everything()) == everything()


def test_equal_gates_give_equal_bytes():
    assert write_gatingml(everything()) == write_gatingml(everything())


@pytest.mark.parametrize("gating", [everything(), Gating(everything().gates[3:5], {}, {}, {})])
def test_what_is_written_is_valid_by_the_standard_s_own_schema(gating: Gating):
    etree = pytest.importorskip("lxml.etree")
    pytest.importorskip("flowkit")
    place = files("flowkit") / "_resources" / "Gating-ML.v2.0.xsd"
    if gating.scales == {}:
        gating = Gating((Rectangle("plain", None, (Side(Dimension("A"), 0.0, None),)),), {}, {}, {})
    schema = etree.XMLSchema(etree.parse(str(place)))
    schema.assertValid(etree.fromstring(write_gatingml(gating).encode()))


word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
number = st.floats(allow_nan=False, allow_infinity=True)


@given(st.lists(word, min_size=1, max_size=5, unique=True), number, number)
@settings(max_examples=200, deadline=None)
def test_ids_of_any_characters_and_numbers_of_any_size_survive(names: list[str], low: float, high: float):
    """Also those that look like our own escapes."""
    gates = tuple(
        Rectangle(name + tail, None, (Side(Dimension("A", scale=name), low, high),))
        for name in names
        for tail in ("", "_x2_", "_x0041_")
        if tail == "" or name + tail not in names
    )
    ids = {gate.id: gate for gate in gates}
    scales = {name: Scale(name, Linear(1.0, 0.0)) for name in names}
    gating = Gating(tuple(ids.values()), scales, {}, {})
    assert read_back(gating) == gating


@pytest.mark.parametrize(
    ("gating", "said"),
    [
        (
            Gating((), {"b": Scale("b", Biexponential(256, 262144.0, 4.4, 0.0, -10.0))}, {}, {}),
            "biexponential",
        ),
        (
            Gating((Rectangle("g", None, (Side(Dimension("A", scale="s"), 0, 1),)),), {}, {}, {}),
            "no scale 's'",
        ),
        (Gating((Rectangle("g", None, (Side(Dimension("A", "m"), 0, 1),)),), {}, {}, {}), "no matrix 'm'"),
        (
            Gating((Rectangle("g", "h", (Side(Dimension("A"), 0, 1),)),), {}, {}, {}),
            "no gate or quadrant 'h'",
        ),
        (Gating((Rectangle("g", None, (Side(Dimension("A\0"), 0, 1),)),), {}, {}, {}), "XML cannot hold"),
        (Gating((Rectangle("", None, (Side(Dimension("A"), 0, 1),)),), {}, {}, {}), "an id is empty"),
        (Gating((), {}, {}, {"FCS": Spectrum("FCS", ("a",), ("A",), ((1.0,),), "")}), "meaning of its own"),
    ],
)
def test_what_the_standard_has_no_words_for_is_not_written(gating: Gating, said: str):
    with pytest.raises(InputRefused, match=said):
        write_gatingml(gating)


# -- read -------------------------------------------------------------------------------------------------

HEAD = (
    '<gating:Gating-ML xmlns:gating="http://www.isac-net.org/std/Gating-ML/v2.0/gating"\n'
    ' xmlns:transforms="http://www.isac-net.org/std/Gating-ML/v2.0/transformations"\n'
    ' xmlns:data-type="http://www.isac-net.org/std/Gating-ML/v2.0/datatypes">\n'
)
TAIL = "</gating:Gating-ML>"
AXIS = '<data-type:fcs-dimension data-type:name="A"/>'
SIDE = f'<gating:dimension gating:compensation-ref="uncompensated" gating:min="1">{AXIS}</gating:dimension>'
OTHER = SIDE.replace("-name", "-name").replace('"A"', '"B"')
RANGE = f'<gating:RectangleGate gating:id="R">{SIDE}</gating:RectangleGate>'
PLAIN = SIDE.replace(' gating:min="1"', "")
VERTEX = (
    '<gating:vertex><gating:coordinate data-type:value="1"/>'
    '<gating:coordinate data-type:value="2"/></gating:vertex>'
)
FLOG = (
    '<transforms:transformation transforms:id="t">'
    '<transforms:flog transforms:T="10" transforms:M="1"/></transforms:transformation>'
)
MATRIX = """
<transforms:spectrumMatrix transforms:id="M"{more}>
 <transforms:fluorochromes><data-type:fcs-dimension data-type:name="red"/><data-type:fcs-dimension
  data-type:name="blue"/></transforms:fluorochromes>
 <transforms:detectors>{detectors}</transforms:detectors>{rows}
</transforms:spectrumMatrix>"""


def read(inside: str, head: str = HEAD) -> Gating:
    return read_gatingml(io.BytesIO((head + inside + TAIL).encode()), "x.xml")


def matrix(rows: list[list[float]], detectors: str, more: str = "") -> str:
    given_rows = "".join(
        "<transforms:spectrum>"
        + "".join(f'<transforms:coefficient transforms:value="{one!r}"/>' for one in row)
        + "</transforms:spectrum>"
        for row in rows
    )
    names = "".join(f'<data-type:fcs-dimension data-type:name="{one}"/>' for one in detectors)
    return MATRIX.format(more=more, detectors=names, rows=given_rows)


def test_order_does_not_matter_and_references_may_point_ahead():
    gates = (
        '<gating:RectangleGate gating:id="child" gating:parent_id="R"><gating:dimension gating:max="1"'
        f' gating:compensation-ref="M" gating:transformation-ref="L">{AXIS}</gating:dimension>'
        "</gating:RectangleGate>"
    )
    log = '<transforms:transformation transforms:id="L"><transforms:flog transforms:T="10" transforms:M="1"/>'
    square = matrix([[1.0, 0.1], [0.2, 1.0]], "BC")
    gating = read(gates + RANGE + square + log + "</transforms:transformation>")
    assert [gate.id for gate in gating.gates] == ["child", "R"]
    assert gating.scales["L"].curve == Log(10.0, 1.0)


def test_custom_info_is_never_looked_into():
    """A gate that somebody keeps there is not a gate of the file."""
    kept = f"<data-type:custom_info><anything>{RANGE}</anything></data-type:custom_info>"
    gating = read(kept + RANGE.replace(SIDE, kept + SIDE))
    assert gating.gates == (Rectangle("R", None, (Side(Dimension("A"), 1.0, None),)),)


def test_attributes_may_stand_without_their_namespace():
    assert read(RANGE.replace("gating:id", "id").replace("data-type:name", "name")) == read(RANGE)


def test_a_bound_may_be_infinite_and_numbers_are_doubles():
    side = SIDE.replace('gating:min="1"', 'gating:min="-INF" gating:max="1.7976931348623157E308"')
    gating = read(RANGE.replace(SIDE, side))
    assert gating.gates == (
        Rectangle("R", None, (Side(Dimension("A"), float("-inf"), 1.7976931348623157e308),)),
    )


@pytest.mark.parametrize(("text", "expected"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_the_complement_is_an_xml_truth(text: str, expected: bool):
    operand = f'<gating:gateReference gating:ref="R" gating:use-as-complement="{text}"/>'
    boolean = f'<gating:BooleanGate gating:id="B"><gating:not>{operand}</gating:not></gating:BooleanGate>'
    assert read(RANGE + boolean).gates[1] == Boolean("B", None, Operation.NOT, (Operand("R", expected),))


def test_an_inverted_matrix_has_a_row_per_detector():
    """Its rows are detectors, its columns fluorochromes: unmixed events are detectors (in rows) times it."""
    spill = np.array([[1.0, 0.2, 0.1], [0.05, 1.0, 0.3]])
    unmix = np.linalg.pinv(spill)
    inverted = read(matrix(unmix.tolist(), "ABC", ' transforms:matrix-inverted-already="true"'))
    events = Held(("A", "B", "C"), np.random.default_rng(1).normal(100.0, 30.0, (3, 20)))
    seen = axes(inverted, events, [Dimension("red", "M"), Dimension("blue", "M")])
    assert seen == pytest.approx((events.values.T @ unmix).T, rel=1e-12)
    lying = read(matrix(unmix.T.tolist(), "ABC", ' transforms:matrix-inverted-already="1"'))
    assert axes(lying, events, [Dimension("red", "M")])[0] == pytest.approx(seen[0], rel=1e-12)
    straight = read(matrix(spill.tolist(), "ABC", ' transforms:matrix-inverted-already="false"'))
    assert axes(straight, events, [Dimension("red", "M")])[0] == pytest.approx(seen[0], rel=1e-12)


def test_a_square_inverted_matrix_has_a_row_per_detector_too():
    spill = np.array([[1.0, 0.2], [0.05, 1.0]])
    more = ' transforms:matrix-inverted-already="true"'
    inverted = read(matrix(np.linalg.inv(spill).tolist(), "AB", more))
    assert np.array(inverted.spectra["M"].values) == pytest.approx(spill, rel=1e-14)


def test_dividers_may_list_their_values_in_any_order():
    divider = (
        '<gating:divider gating:id="d" gating:compensation-ref="FCS">'
        f"{AXIS}<gating:value> 5.5 </gating:value><gating:value>-1</gating:value></gating:divider>"
    )
    place = '<gating:position gating:divider_ref="d" gating:location="0"/>'
    part = f'<gating:Quadrant gating:id="a">{place}</gating:Quadrant>'
    gating = read(f'<gating:QuadrantGate gating:id="q">{divider}{part}</gating:QuadrantGate>')
    assert gating.gates == (
        Quadrants(
            "q", None, (Divider("d", Dimension("A", "FCS"), (-1.0, 5.5)),), (Quadrant("a", (("d", 0.0),)),)
        ),
    )


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (RANGE.replace(' gating:id="R"', ""), "the attribute 'id' is missing"),
        (RANGE.replace('"R"', '""'), "the attribute 'id' is empty"),
        (RANGE.replace('min="1"', 'min="1,5"'), "'min' is '1,5', which is no number"),
        (RANGE.replace('min="1"', 'min="NaN"'), "no number"),
        (RANGE.replace('min="1"', 'min="1_0"'), "no number"),
        (RANGE.replace("gating:min", "gating:mim"), "no attribute 'mim'"),
        (RANGE.replace(' gating:compensation-ref="uncompensated"', ""), "'compensation-ref' is missing"),
        (RANGE.replace(AXIS, ""), "there are 0 of <fcs-dimension or new-dimension>"),
        (RANGE.replace(AXIS, AXIS * 2), "there are 2 of"),
        (RANGE.replace(AXIS, "<gating:axis/>"), "has no <axis>"),
        (RANGE.replace('name="A"', 'name=""'), "the attribute 'name' is empty"),
        (RANGE.replace("RectangleGate", "PolytopeGate"), "no <PolytopeGate> here"),
        (RANGE.replace(SIDE, SIDE + "<gating:vertex/>"), "<RectangleGate> has no <vertex>"),
        (f'<gating:PolygonGate gating:id="P">{PLAIN}{VERTEX * 3}</gating:PolygonGate>', "1 dimensions"),
        (f'<gating:PolygonGate gating:id="P">{PLAIN * 2}<gating:vertex/></gating:PolygonGate>', "0 coordin"),
        (
            f'<gating:EllipsoidGate gating:id="E">{PLAIN * 2}</gating:EllipsoidGate>',
            "0 of <covarianceMatrix>",
        ),
        (f'<gating:BooleanGate gating:id="B">{RANGE}</gating:BooleanGate>', "has no <RectangleGate>"),
        ('<gating:BooleanGate gating:id="B"/>', "there are 0 of <and, or, not>"),
        ('<gating:QuadrantGate gating:id="Q"/>', "there is no <Quadrant>"),
        ('<transforms:transformation transforms:id="t"/>', "there are 0 of <flin"),
        (FLOG * 2, "the transformation 't' is there already"),
        (matrix([[1.0, 0.0]], "AB"), "2 fluorochromes and 2 detectors, but 1 rows"),
        (matrix([[1.0], [1.0]], "AB"), r"but 2 rows of \[1\]"),
        (matrix([[1.0, 0.0], [0.0, 1.0]], "AA"), "its names are A, A"),
        (matrix([[1.0, 1.0], [1.0, 1.0]], "AB", ' transforms:matrix-inverted-already="1"'), "singular"),
        (matrix([[1.0, 1.0]], "AB", ' transforms:matrix-inverted-already="1"'), "inverted matrix of 2"),
        (matrix([[1.0], [1.0, 2.0]], "AB", ' transforms:matrix-inverted-already="1"'), "not equally long"),
        (matrix([[1.0, 0.0], [0.0, 1.0]], "AB") * 2, "the matrix 'M' is there already"),
        (
            '<transforms:transformation transforms:id="t">'
            '<transforms:fratio transforms:A="1" transforms:B="0" transforms:C="0">'
            f"{AXIS}</transforms:fratio></transforms:transformation>",
            "a ratio has 1 dimensions",
        ),
    ],
)
def test_what_is_not_gating_ml_is_refused_with_element_and_line(inside: str, said: str):
    with pytest.raises(Malformed, match=said) as refused:
        read("\n" + inside)
    assert refused.value.where.startswith("x.xml, line ")
    assert "<" in refused.value.where


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (RANGE.replace('"uncompensated"', '"M"'), "there is no matrix 'M'"),
        (RANGE.replace("gating:min", 'gating:transformation-ref="t" gating:min'), "there is no scale 't'"),
        (RANGE.replace(AXIS, '<data-type:new-dimension data-type:transformation-ref="r"/>'), "no ratio 'r'"),
        (RANGE.replace('"R"', '"R" gating:parent_id="up"'), "no gate or quadrant 'up'"),
    ],
)
def test_references_to_nothing_name_the_line(inside: str, said: str):
    with pytest.raises(InputRefused, match=said) as refused:
        read(inside)
    assert "x.xml, line 4" in refused.value.where


def test_an_id_given_twice_and_a_circle_name_the_line():
    with pytest.raises(InvariantBroken, match="two populations have the id 'R'") as refused:
        read(RANGE + "\n" + RANGE)
    assert "line 4" in refused.value.where
    with pytest.raises(InvariantBroken, match="R -> R") as refused:
        read(RANGE.replace('"R"', '"R" gating:parent_id="R"'))
    assert "line 4" in refused.value.where


def test_other_files_are_told_apart():
    with pytest.raises(UnknownFormat, match=r"v1\.5"):
        read(RANGE, HEAD.replace("v2.0", "v1.5"))
    with pytest.raises(UnknownFormat, match="no namespace"):
        read_gatingml(io.BytesIO(b"<Workspace/>"), "x.wsp")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', Hostile),
        (b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', Hostile),
        (b"<!DOCTYPE a><a/>", Hostile),
        (b"<a>" * 300, TooLarge),
        (b"", Malformed),
        (b"<a><b></a>", Malformed),
        (b"<a>&nothing;</a>", Malformed),
        (b"PK\x03\x04", Malformed),
        (b"<a>\xff</a>", Malformed),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', WrongEncoding),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', WrongEncoding),
        (b"<a/><b/>", Malformed),
    ],
)
def test_hostile_and_broken_xml_is_refused(text: bytes, kind: type[Refusal]):
    with pytest.raises(kind):
        read_gatingml(io.BytesIO(text), "x.xml")


def test_a_file_of_too_many_bytes_or_elements_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(xml_files, "MOST_BYTES", 1000)
    with pytest.raises(TooLarge, match="larger than 1000 bytes"):
        read(" " * 2000)
    monkeypatch.setattr(xml_files, "MOST_ELEMENTS", 10)
    with pytest.raises(TooLarge, match="more than 10 elements"):
        read_gatingml(io.BytesIO(b"<a>" + b"<b/>" * 12 + b"</a>"), "x.xml")


@present
@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_mutated_file_does_anything_but_read_or_refuse(data: st.DataObject):
    text = bytearray((GIVEN / "gml" / "gml_boolean_or2_gate.xml").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text) - 1))
        width = data.draw(st.integers(0, 12))
        text[place : place + width] = data.draw(st.binary(max_size=4))
    try:
        apply(read_gatingml(io.BytesIO(bytes(text)), "x.xml"), Held(("SSC-H",), np.zeros((1, 3))))
    except Refusal as refused:
        assert refused.where
