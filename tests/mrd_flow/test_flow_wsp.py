"""FlowJo workspaces: written by a peer or by hand, gates compared event by event with the peer's reading."""

import io
import re
import warnings
from functools import cache
from pathlib import Path

import flowkit
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import Hostile, InvariantBroken, Malformed, NotFound, Refusal, UnknownFormat
from remission.mrd.flow.events import Events, Held
from remission.mrd.flow.gates.gates import Boolean, Ellipsoid, Operation, Polygon, Rectangle
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.light.scales import Asinh, Biexponential, Log
from remission.mrd.flow.programs.wsp import read_workspace

DATA = Path(__file__).parents[2].parent / "shared/data/flow/gatingml/data1.fcs"
CHANNELS = ("FSC-A", "SSC-A", "FL1/530", "FL2-A", "FL3-A", "FL4-A", "Time")
SPACES = " ".join(
    f'xmlns:{short}="http://www.isac-net.org/std/Gating-ML/v2.0/{long}"'
    for short, long in (("gating", "gating"), ("data-type", "datatypes"), ("transforms", "transformations"))
)


def words(kind: str, **values: float) -> str:
    return kind + "".join(f' transforms:{name}="{value}"' for name, value in values.items())


BIEX = words("biex", length=256, maxRange=262144, neg=0, width=-100, pos=4.418539922)
DRAWN = {
    "FSC-A": words("linear", minRange=0, maxRange=262144),
    "SSC-A": words("linear", minRange=0, maxRange=262144),
    "FL1_530": BIEX,
    "Comp-FL1_530": BIEX,
    "FL2-A": words("logicle", length=256, T=262144, A=0, W=0.5, M=4.5),
    "Comp-FL2-A": words("logicle", length=256, T=262144, A=0, W=0.5, M=4.5),
    "FL3-A": words("log", offset=10, decades=4.4),
    "FL4-A": words("fasinh", length=256, maxRange=262144, T=262144, A=1, M=4, W=0),
    "Time": words("linear", minRange=10, maxRange=600) + ' gain="0.01"',
}
MATRIX = (("FL1_530", (1.0, 0.15)), ("FL2-A", (0.02, 1.0)))


def dims(*names: str) -> str:
    return "".join(
        f'<gating:dimension><data-type:fcs-dimension data-type:name="{name}"/></gating:dimension>'
        for name in names
    )


def rectangle(bounds: dict[str, tuple[float | None, float | None]], inside: str = "") -> str:
    sides = ""
    for name, (low, high) in bounds.items():
        least = "" if low is None else f' gating:min="{low}"'
        most = "" if high is None else f' gating:max="{high}"'
        sides += f"<gating:dimension{least}{most}>{dims(name).split('>', 1)[1]}"
    return f"<gating:RectangleGate {inside}>{sides}</gating:RectangleGate>"


def points(vertices) -> str:
    return "".join(
        "<gating:vertex>"
        + "".join(f'<gating:coordinate data-type:value="{one}"/>' for one in vertex)
        + "</gating:vertex>"
        for vertex in vertices
    )


def polygon(x: str, y: str, vertices) -> str:
    inner = dims(x, y) + points(vertices)
    return f'<gating:PolygonGate quadId="-1" gateResolution="256">{inner}</gating:PolygonGate>'


def ellipse(x: str, y: str, center, long: float, short: float, turn: float, distance: str = "") -> str:
    """Foci and edges in bins of the drawn axes, as FlowJo keeps them."""
    along, across = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    focus = np.sqrt(long**2 - short**2)
    foci = [center + focus * along, center - focus * along]
    edges = [center + long * along, center - long * along, center + short * across, center - short * across]
    return (
        f"<gating:EllipsoidGate {distance}>{dims(x, y)}<gating:foci>{points(foci)}</gating:foci>"
        f"<gating:edge>{points(edges)}</gating:edge></gating:EllipsoidGate>"
    )


def population(name: str, gate: str, inner: str = "", count: str = "-1") -> str:
    return (
        f'<Population name="{name}" annotation="" owningGroup="" count="{count}">'
        f"<Gate>{gate}</Gate><Subpopulations>{inner}</Subpopulations></Population>"
    )


def joined(kind: str, name: str, *paths: str) -> str:
    dependents = "".join(f'<Dependent name="{path}"/>' for path in paths)
    return (
        f'<{kind} name="{name}" annotation="" owningGroup=""><Dependents>{dependents}</Dependents></{kind}>'
    )


def workspace(populations: str, drawn: dict[str, str] = DRAWN, version: str = "10.8.1") -> bytes:
    transformations = "".join(
        f'<transforms:{said}><data-type:parameter data-type:name="{name}"/></transforms:{said.split()[0]}>'
        for name, said in drawn.items()
    )
    keywords = "".join(
        f'<Keyword name="$P{n}N" value="{name}"/><Keyword name="$P{n}R" value="262144"/>'
        for n, name in enumerate(CHANNELS, start=1)
    )
    rows = "".join(
        f'<transforms:spillover data-type:parameter="{dye}">'
        + "".join(
            f'<transforms:coefficient data-type:parameter="{other}" transforms:value="{value}"/>'
            for (other, _), value in zip(MATRIX, row, strict=True)
        )
        + "</transforms:spillover>"
        for dye, row in MATRIX
    )
    names = "".join(f'<data-type:parameter data-type:name="{dye}"/>' for dye, _ in MATRIX)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Workspace {SPACES} version="20.0" flowJoVersion="{version}"><Matrices/>
<Groups><GroupNode name="All Samples"><Group name="All Samples"><SampleRefs>
<SampleRef sampleID="1"/></SampleRefs></Group></GroupNode></Groups><SampleList><Sample>
<DataSet uri="file:/D:/my%20data/one.fcs" sampleID="1"/>
<transforms:spilloverMatrix spectral="0" prefix="Comp-" suffix="" name="Acquisition-defined" editable="0"
 transforms:id="x" weightOptAlgorithmType="OLS"><data-type:parameters>{names}</data-type:parameters>{rows}
</transforms:spilloverMatrix><Transformations>{transformations}</Transformations><Keywords>{keywords}</Keywords>
<SampleNode name="one.fcs" annotation="" owningGroup="" sampleID="1" count="20000"><Subpopulations>
{populations}</Subpopulations></SampleNode></Sample></SampleList></Workspace>""".encode()


@cache
def events() -> Held:
    """INVENTED events: two groups over all scales, some negative."""
    rng = np.random.default_rng(3)
    values = np.empty((len(CHANNELS), 20_000))
    values[:2] = rng.normal(90_000, 30_000, (2, 20_000))
    values[2:6] = np.where(
        rng.random(20_000) < 0.5, rng.lognormal(8, 1.2, (4, 20_000)), rng.normal(40, 120, (4, 20_000))
    )
    values[6] = np.sort(rng.uniform(0, 500, 20_000))
    return Held(CHANNELS, values)


@cache
def theirs(content: bytes) -> flowkit.Workspace:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = [one.replace("/", "_") for one in CHANNELS]  # the peer does not know FlowJo's spelling
        sample = flowkit.Sample(events().values.T.copy(), sample_id="one.fcs", channel_labels=labels)
        read = flowkit.Workspace(io.BytesIO(content), fcs_samples=[sample])
        read.analyze_samples("All Samples", use_mp=False)
    return read


def masks(content: bytes, held: Events) -> dict[str, np.ndarray]:
    one = read_workspace(io.BytesIO(content), "w.wsp").samples[0]
    gated = apply(one.gating(), held)
    return {path: gated.populations[name].mask for path, name in one.paths.items()}


def test_gates_written_by_hand_are_the_peers_event_by_event() -> None:
    tree = population(
        "cells",
        polygon("FSC-A", "SSC-A", [(2e4, 1e4), (1.8e5, 3e4), (1.6e5, 1.7e5), (4e4, 1.5e5)]),
        population("low", rectangle({"Comp-FL1_530": (-500.0, 800.0), "Comp-FL2-A": (None, 2500.0)}))
        + population(
            "blob", polygon("Comp-FL1_530", "Comp-FL2-A", [(-50, -80), (3e3, 20), (2e4, 3e4), (90, 9e3)])
        )
        + population("log", rectangle({"FL3-A": (5.0, 3000.0)}))
        + population(
            "arc",
            rectangle({"FL4-A": (100.0, None)}),
            population("late", rectangle({"Time": (200.0, 450.0)})),
        )
        + joined("AndNode", "both", "cells/low", "cells/log")
        + joined("OrNode", "either", "cells/blob", "cells/arc/late")
        + joined("NotNode", "not low", "cells/low"),
    )
    content = workspace(tree)
    ours, peer = masks(content, events()), theirs(content)
    assert set(ours) >= {"cells/arc/late", "cells/both", "cells/either", "cells/not low"}
    for path, mask in ours.items():
        *above, name = path.split("/")
        expected = peer.get_gate_membership("one.fcs", name, gate_path=("root", *above))
        assert 200 < expected.sum() < 19_800, path
        assert np.array_equal(mask, expected), (path, mask.sum(), expected.sum())


@pytest.mark.parametrize(
    ("x", "y", "center"),
    [
        ("FSC-A", "SSC-A", (90.0, 85.0)),
        ("Comp-FL1_530", "Comp-FL2-A", (150.0, 160.0)),
        ("FSC-A", "FL4-A", (80.0, 190.0)),
    ],
)
def test_ellipses_are_the_peers_but_for_its_128_corners(x: str, y: str, center: tuple[float, float]) -> None:
    content = workspace(population("round", ellipse(x, y, np.array(center), 45.0, 25.0, 0.6)))
    mask = masks(content, events())["round"]
    expected = theirs(content).get_gate_membership("one.fcs", "round")
    assert expected.sum() > 1500
    assert (expected & ~mask).sum() == 0  # a polygon on the ellipse lies within it
    assert (mask ^ expected).sum() <= 0.002 * expected.sum()


def test_ellipse_is_where_it_was_drawn() -> None:
    gate = ellipse("FSC-A", "SSC-A", np.array([100.0, 50.0]), 30.0, 10.0, 0.0, 'gating:distance="60"')
    one = read_workspace(io.BytesIO(workspace(population("e", gate))), "w.wsp").samples[0]
    (found,) = one.gating().gates
    assert isinstance(found, Ellipsoid)
    assert found.mean == pytest.approx((102400.0, 51200.0))
    assert np.allclose(found.covariance, [[(30 * 1024) ** 2, 0], [0, (10 * 1024) ** 2]])
    off = workspace(population("e", gate.replace('"60"', '"70"')))
    with pytest.raises(InvariantBroken, match="distance is 70"):
        read_workspace(io.BytesIO(off), "w.wsp").samples[0].gating()


def test_events_outside() -> None:
    bounds = {"FSC-A": (50_000.0, 120_000.0)}
    outside = population("out", rectangle(bounds, 'eventsInside="0"'))
    content = workspace(population("cells", rectangle({"SSC-A": (60_000.0, None)}), outside))
    one = read_workspace(io.BytesIO(content), "w.wsp").samples[0]
    gates = {gate.id: gate for gate in one.gating().gates}
    assert list(gates) == ["cells", "out (inside)", "out"]
    mask = masks(content, events())["cells/out"]
    fsc, ssc = events().values[:2]
    assert np.array_equal(mask, (ssc >= 60_000) & ~((fsc >= 50_000) & (fsc < 120_000)))


def test_quadrants_are_four_rectangles_and_lose_nobody() -> None:
    low, high = (None, 1000.0), (1000.0, None)
    parts = {"Q1": (low, high), "Q2": (high, high), "Q3": (high, low), "Q4": (low, low)}
    tree = "".join(
        population(name, rectangle({"FL1_530": x, "FL4-A": y}, 'quadId="1"'))
        for name, (x, y) in parts.items()
    )
    found = masks(workspace(tree), events())
    assert sum(mask.astype(int) for mask in found.values()).tolist() == [1] * 20_000


def test_off_the_table_counts_as_on_the_axis() -> None:
    held = Held(CHANNELS, np.tile(np.array([[-1e6, 0.0, 1e6]]), (len(CHANNELS), 1)))
    tree = population("all", rectangle({"FL1_530": (-1e5, 262144.0)})) + population(
        "log", rectangle({"FL3-A": (1.0, 1e9)})
    )
    assert {path: mask.tolist() for path, mask in masks(workspace(tree), held).items()} == {
        "all": [True, True, True],
        "log": [True, True, True],
    }


def test_what_is_kept_of_a_sample() -> None:
    again = population("B", rectangle({"FSC-A": (1.0, None)}), count="12")
    tree = population("A", rectangle({"FSC-A": (0.0, None)}), again, "34") + again
    found = read_workspace(io.BytesIO(workspace(tree)), "w.wsp")
    one = found.sample("one.fcs")
    assert (found.version, one.file, one.channels) == ("10.8.1", "one.fcs", CHANNELS)
    assert one.paths == {"A": "A", "A/B": "B", "B": "B #2"}
    assert one.counts == {"A": 34, "B": 12, "B #2": 12}
    gating = one.gating()
    assert [(gate.id, gate.parent) for gate in gating.gates if isinstance(gate, Rectangle)] == [
        ("A", None),
        ("B", "A"),
        ("B #2", None),
    ]
    (matrix,) = gating.spectra.values()
    assert matrix.fluorochromes == ("FL1/530", "FL2-A")
    with pytest.raises(NotFound, match=r"'two.fcs'"):
        found.sample("two.fcs")


def test_scales_are_flowjos() -> None:
    tree = population(
        "a", rectangle({"Comp-FL1_530": (0.0, None), "FL3-A": (1.0, None), "FL4-A": (0.0, None)})
    )
    gating = read_workspace(io.BytesIO(workspace(tree)), "w.wsp").samples[0].gating()
    assert gating.scales["Comp-FL1_530"].curve == Biexponential(4096, 262144.0, 4.418539922, 0.0, -100.0)
    log = gating.scales["FL3-A"]
    assert isinstance(log.curve, Log)
    assert (log.curve.T, log.curve.M, log.bound_min) == (pytest.approx(10 * 10**4.4), 4.4, 0.0)
    assert gating.scales["FL4-A"].curve == Asinh(262144.0, 4.0, 1.0)
    (gate,) = gating.gates
    assert isinstance(gate, Rectangle)
    assert [side.dimension.channel for side in gate.sides] == ["FL1/530", "FL3-A", "FL4-A"]
    assert [side.dimension.compensation for side in gate.sides] == ["Acquisition-defined"] + [
        "uncompensated"
    ] * 2


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        (population("odd", rectangle({"FL3-A": (0.0, 1.0)})), "'odd', which is none of"),
        (population("new", rectangle({"Derived": (0.0, 1.0)})), "no transformation for 'Derived'"),
        (population("curl", f"<gating:CurlyQuad>{dims('FSC-A', 'SSC-A')}</gating:CurlyQuad>"), "CurlyQuad"),
        (population("thin", polygon("FSC-A", "SSC-A", [(1, 2), (3, 4)])), "2 vertices"),
        (population("flat", polygon("FSC-A", "SSC-A", [(1,), (3,), (4,)])), "1 coordinates"),
        (population("one", f"<gating:PolygonGate>{dims('FSC-A')}</gating:PolygonGate>"), "1 dimensions"),
        (population("none", "<gating:RectangleGate/>"), "no dimension"),
        (population("e", f"<gating:EllipsoidGate>{dims('FSC-A', 'SSC-A')}</gating:EllipsoidGate>"), "0 foci"),
        (
            population("t", ellipse("Time", "SSC-A", np.array([5.0, 5.0]), 3.0, 2.0, 0.0)),
            "axis from 10 to 600",
        ),
        (population("nan", rectangle({"FSC-A": (float("nan"), 1.0)})), "min='nan'"),
        ('<Population name="empty"/>', "0 shapes"),
        (joined("AndNode", "and", "nobody"), "'nobody'"),
        (joined("NotNode", "not"), "of 0 populations"),
    ],
)
def test_what_is_not_documented_is_refused_by_the_gates_name(tree: str, said: str) -> None:
    drawn = DRAWN | {"FL3-A": words("odd", T=1)}
    one = read_workspace(io.BytesIO(workspace(tree, drawn)), "w.wsp").samples[0]
    with pytest.raises((InvariantBroken, Malformed)) as refused:
        one.gating()
    assert said in str(refused.value)
    assert next(iter(one.paths)) in str(refused.value)
    assert "w.wsp" in str(refused.value)


def test_parameters_of_scales_are_checked() -> None:
    drawn = DRAWN | {"FL3-A": words("log", offset=-1, decades=4)}
    content = workspace(population("log", rectangle({"FL3-A": (5.0, 30.0)})), drawn)
    with pytest.raises(InvariantBroken, match="'log' cannot be read"):
        read_workspace(io.BytesIO(content), "w.wsp").samples[0].gating()
    del drawn["FL3-A"]
    with pytest.raises(InvariantBroken, match="no transformation"):
        read_workspace(
            io.BytesIO(workspace(population("a", rectangle({"FL3-A": (5.0, 30.0)})), drawn)), "w"
        ).samples[0].gating()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", Malformed),
        (b"<Workspace", Malformed),
        (b"<Gating-ML/>", UnknownFormat),
        (workspace("", version="9.9"), UnknownFormat),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Workspace>&b;</Workspace>', Hostile),
        (
            workspace("").replace(b"<SampleNode", b"<Other").replace(b"</SampleNode", b"</Other"),
            InvariantBroken,
        ),
        (workspace(population("a", rectangle({"FSC-A": (0.0, 1.0)})) * 2), InvariantBroken),
    ],
    ids=["empty", "cut", "gatingml", "flowjo9", "entity", "no node", "twice"],
)
def test_no_workspace(content: bytes, kind: type) -> None:
    with pytest.raises(kind, match=r"w\.wsp"):
        read_workspace(io.BytesIO(content), "w.wsp")


@pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data/flow")
def test_workspace_that_the_peer_wrote() -> None:
    sample = flowkit.Sample(str(DATA))
    session = flowkit.Session(fcs_samples=[sample])
    strategy, make = session.gating_strategy, flowkit.transforms
    strategy.add_transform("linear", make.LinearTransform(1024, 0))
    strategy.add_transform("biex", make.WSPBiexTransform(0.5, -100, 4.41854, 262144.000029))
    strategy.add_transform("logicle", make.LogicleTransform(10000, 0.5, 4.5, 0))

    def on(
        channel: str, scale: str, low: float | None = None, high: float | None = None
    ) -> flowkit.Dimension:
        return flowkit.Dimension(channel, transformation_ref=scale, range_min=low, range_max=high)

    scatter = [on("FSC-H", "linear", 0.05, 0.6), on("SSC-H", "linear", 0.01, 0.5)]
    strategy.add_gate(flowkit.gates.RectangleGate("scatter", scatter), ("root",))
    corners = [(935.0, 0.1), (1500.0, 0.15), (1400.0, 0.5), (940.0, 0.45)]
    both = [on("FL1-H", "biex"), on("FL2-H", "logicle")]
    strategy.add_gate(flowkit.gates.PolygonGate("poly", both, corners), ("root", "scatter"))
    part = [on("FL4-H", "logicle", 0.1115, 0.2)]
    strategy.add_gate(flowkit.gates.RectangleGate("range", part), ("root", "scatter", "poly"))
    written = io.BytesIO()
    session.export_wsp(written, "All Samples")
    session.analyze_samples(use_mp=False)
    held = Held(tuple(sample.pnn_labels), np.ascontiguousarray(sample.get_events("raw").T))
    ours = masks(written.getvalue(), held)
    assert list(ours) == ["scatter", "scatter/poly", "scatter/poly/range"]
    for path, mask in ours.items():
        *above, name = path.split("/")
        expected = session.get_gate_membership(sample.id, name, gate_path=("root", *above))
        assert expected.sum() > 100, path
        assert np.array_equal(mask, expected), path


def test_kinds() -> None:
    tree = population("p", polygon("FSC-A", "SSC-A", [(0, 0), (1, 0), (1, 1)])) + joined(
        "OrNode", "o", "p", "p"
    )
    gates = read_workspace(io.BytesIO(workspace(tree)), "w").samples[0].gating().gates
    assert isinstance(gates[0], Polygon)
    assert isinstance(gates[1], Boolean)
    assert gates[1].operation is Operation.OR


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 10_000), st.sampled_from(["", "-1", "0", "1e308", "nan", "x"])), max_size=3
    )
)
def test_damaged_workspaces_are_refused_or_read(damage: list[tuple[int, str]]) -> None:
    shape = ellipse("FSC-A", "SSC-A", np.array([90.0, 80.0]), 40.0, 20.0, 0.5)
    tree = population("a", rectangle({"Comp-FL1_530": (1.0, 900.0), "FL3-A": (5.0, None)})) + population(
        "e", shape
    )
    text = workspace(tree + joined("AndNode", "both", "a", "e")).decode()
    for place, put in damage:
        spots = [found.span(1) for found in re.finditer('="([^"]*)"', text)]
        start, end = spots[place % len(spots)]
        text = text[:start] + put + text[end:]
    held = Held(CHANNELS, events().values[:, :20])
    try:
        for one in read_workspace(io.BytesIO(text.encode()), "w.wsp").samples:
            apply(one.gating(), held)
    except Refusal as refused:
        assert refused.where
