"""What a laboratory finds in a sample whose true level is known, and the count file it hands over.

Flow: binomial among the cells acquired. Sequencing: Poisson among the cell equivalents in the tube. Both
with a small background; some tests are shallow, some are flagged, one kind of flag goes with blindness for
cells that lost the drug's target. Works on arrays; one child is an array of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.mrd.result import Method
from remission.protocol.study import Assay
from remission.rehearsal.population import AssayDraw

_FEWEST_CELLS = 10_000


@dataclass(frozen=True, slots=True)
class Counted:
    """Tests of n samples: cells examined, events or templates found, and who has which flag; shapes (n,)."""

    cells: NDArray[np.int64]
    found: NDArray[np.int64]
    flags: Mapping[str, NDArray[np.bool_]]


def run(
    plan: Assay, lab: AssayDraw, level: NDArray[np.float64], unseen: NDArray[np.float64], numbers: Generator
) -> Counted:
    """Test n samples.

    Parameters
    ----------
    plan : Assay
        What the study asks of the laboratory.
    lab : AssayDraw
        What the laboratory does.
    level : array, shape (n,)
        True levels, fractions of cells.
    unseen : array, shape (n,)
        The part of those cells that does not carry the drug's target.
    """
    n = len(level)
    cells = plan.cells * lab.depth_median * np.exp(lab.depth_log_spread * numbers.normal(size=n))
    cells = np.maximum(cells, _FEWEST_CELLS).astype(np.int64)
    flags = {flag: numbers.random(n) < chance for flag, chance in lab.flags.items()}
    blind = flags.get(lab.blind_flag, np.zeros(n, dtype=np.bool_))
    flags |= {said: ~blind & (numbers.random(n) < chance) for said, chance in lab.states.items()}
    visible = np.minimum(1.0, np.where(blind, level * (1 - unseen), level) + lab.background)
    if plan.method == Method.FLOW:
        found = numbers.binomial(cells, visible)
    else:
        found = numbers.poisson(cells * visible)
    return Counted(cells, found.astype(np.int64), flags)


def count_file(sample: str, method: str, counts: Mapping[str, int], flags: tuple[str, ...]) -> bytes:
    """The raw count file of one test: CSV whose first line says that it is simulated."""
    lines = [
        "SIMULATED by a rehearsal of Remission: no such sample exists",
        "sample,method,counted,number",
        *(f"{sample},{method},{name},{number}" for name, number in counts.items()),
        *(f"{sample},{method},flag {flag},1" for flag in flags),
    ]
    return ("\n".join(lines) + "\n").encode()
