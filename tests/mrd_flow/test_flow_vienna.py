"""The labelled AML marrow: a strategy drawn on half the events, against the expert on the other half."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from remission.mrd.flow.events import Held
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.programs.gatingml import read_gatingml

HERE = Path(__file__).parent
MARROW = HERE.parents[1].parent / "shared" / "data" / "flow" / "leukemia" / "umapflow_pedAML"
CHANNELS = "FSC-A,SSC-A,CD38,CD99,CD371,CD34,CD117,CD33,CD123,CD45RA,HLA-DR,CD45"
BLASTS = (8, 9)
"""`blastother` and `blast34`: labels count the names of info.txt from 0 (9 is CD34 positive, 8 is not)."""

pytestmark = pytest.mark.skipif(not MARROW.is_dir(), reason="needs ../shared/data/flow/leukemia")


@pytest.fixture(scope="module")
def marrow() -> tuple[Held, NDArray[np.bool_]]:
    values = np.load(MARROW / "Vie098 Ind1 CFU.npy").astype(np.float64)
    labels = np.load(MARROW / "Vie098 Ind1 CFU_y.npy")
    assert (MARROW / "info.txt").read_text().splitlines()[0] == CHANNELS
    return Held(tuple(CHANNELS.split(",")), np.ascontiguousarray(values.T)), np.isin(labels, BLASTS)


@pytest.fixture(scope="module")
def gated(marrow: tuple[Held, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    path = HERE / "gatings" / "aml_vienna.xml"
    with path.open("rb") as file:
        return apply(read_gatingml(file, path.name), marrow[0]).populations["blasts"].mask


def test_the_labels_count_from_nought(marrow: tuple[Held, NDArray[np.bool_]]) -> None:
    labels = np.load(MARROW / "Vie098 Ind1 CFU_y.npy")
    cd34 = marrow[0].values[CHANNELS.split(",").index("CD34")]
    assert np.median(cd34[labels == 9]) > np.percentile(cd34[labels == 8], 95)


def test_the_blast_fraction_is_the_experts(
    marrow: tuple[Held, NDArray[np.bool_]], gated: NDArray[np.bool_]
) -> None:
    """Drawn on events 1, 3, 5, ...; this is 2, 4, 6, ...: within 5 % relative, and the same cells."""
    own, expert = gated[1::2], marrow[1][1::2]
    assert own.mean() == pytest.approx(expert.mean(), rel=0.05)
    assert (own & expert).sum() / expert.sum() > 0.97
    assert (own & expert).sum() / own.sum() > 0.96
