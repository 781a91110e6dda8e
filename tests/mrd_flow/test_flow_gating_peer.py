"""Gates drawn at random, beside FlowKit, event by event: each reads the same Gating-ML file."""

from pathlib import Path

import numpy as np
import pytest

from remission.mrd.flow.fcs.reading import read_fcs
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Ellipsoid,
    Gate,
    Gating,
    Operand,
    Operation,
    Polygon,
    Rectangle,
    Side,
)
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.light.scales import Asinh, Hyperlog, Linear, Logicle, Scale
from remission.mrd.flow.programs.write_gatingml import write_gatingml
from remission.mrd.flow.spectrum import Spectrum

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "flow" / "gatingml" / "data1.fcs"
SCALES = (
    Scale("lin", Linear(10000.0, 500.0)),
    Scale("asinh", Asinh(10000.0, 4.0, 1.0)),
    Scale("logicle", Logicle(10000.0, 0.5, 4.5, 0.0)),
    Scale("hyperlog", Hyperlog(10000.0, 1.0, 4.5, 0.0)),
)
MATRIX = Spectrum(
    "M",
    ("red", "green", "blue"),
    ("FL1-H", "FL2-H", "FL3-H"),
    ((1.0, 0.02, 0.06), (0.11, 1.0, 0.07), (0.09, 0.01, 1.0)),
    "invented",
)
AXES = (
    *(Dimension(dye, "M", one) for dye in MATRIX.fluorochromes for one in (None, *(s.name for s in SCALES))),
    Dimension("FL4-H", scale="logicle"),
    Dimension("FSC-H"),
)
EXTENT = {None: (1.0, 200.0), "lin": (0.048, 0.07)}


def drawn(random: np.random.Generator) -> Gating:
    gates: list[Gate] = []
    for turn in range(24):
        x, y = AXES[random.integers(15)], AXES[15 + random.integers(2)]
        (left, right), (low, high) = (EXTENT.get(one.scale, (0.1, 0.8)) for one in (x, y))
        xs, ys = random.uniform(left, right, 7).tolist(), random.uniform(low, high, 7).tolist()
        if turn % 4 == 0:
            gates.append(Polygon(f"g{turn}", None, x, y, tuple(zip(xs, ys, strict=True))))
        elif turn % 4 == 1:
            width, height = (right - left) / 3.0, (high - low) / 3.0
            tilt = 0.3 * width * height
            covariance = ((width**2, tilt), (tilt, height**2))
            gates.append(Ellipsoid(f"g{turn}", None, (x, y), (xs[0], ys[0]), covariance, 1.0))
        elif turn % 4 == 2:
            sides = (Side(x, min(xs[:2]), max(xs[:2])), Side(y, ys[0], None))
            gates.append(Rectangle(f"g{turn}", gates[-1].id, sides))
        else:
            operands = (Operand(gates[-1].id), Operand(gates[-2].id, complement=True))
            gates.append(Boolean(f"g{turn}", None, Operation.OR, operands))
    return Gating(tuple(gates), {one.name: one for one in SCALES}, {}, {"M": MATRIX})


@pytest.mark.skipif(not DATA.is_file(), reason="the compliance files are not here")
@pytest.mark.parametrize("seed", [1, 2])
def test_random_gates_hold_the_same_events_as_in_flowkit(seed: int, tmp_path: Path):
    flowkit = pytest.importorskip("flowkit")
    gating = drawn(np.random.default_rng(seed))
    path = tmp_path / "gates.xml"
    path.write_text(write_gatingml(gating), encoding="utf-8")
    theirs = flowkit.parse_gating_xml(str(path)).gate_sample(flowkit.Sample(str(DATA)))
    ours = apply(gating, read_fcs(DATA.read_bytes(), "data1.fcs").data_sets[0])
    differ = {
        one.path: int((theirs.get_gate_membership(one.id) != one.mask).sum())
        for one in ours.populations.values()
    }
    assert set(differ.values()) == {0}, differ
    assert sum(0 < one.count < ours.count for one in ours.populations.values()) > 15
