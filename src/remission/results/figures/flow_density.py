"""The density of events as a picture by itself: white where there is none, from dark to bright as they crowd.

The colours are viridis (van der Walt and Smith 2015), even to the eye and told apart by the colour-blind;
a single event is the darkest of them, so that it is seen on white.
"""

import io
import math

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from remission.mrd.flow.gates.histogram import Counts

SPARSE = 3_000
"""With fewer events than this each is drawn three squares wide, or it would be overlooked."""

_LEVELS = 255
_FULL = 30.0
"""The scale reaches at least to this many events in a square, or a few would look like a crowd."""


def png(density: Counts, *, full: float = 0.0) -> bytes:
    """The picture of a density as PNG, one pixel a square, the highest y in the top row.

    Parameters
    ----------
    density : int64 array, shape (bins of y, bins of x)
        Events, the lowest y in row 0, as `mrd.flow.histogram.density` counts them.
    full : float
        Events in a square at which the brightest colour is reached; by itself the fullest square has it.
        Pictures that are to be compared are given one number.
    """
    image = Image.fromarray(levels(density, full=full))
    image.putpalette(_palette())
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=False, compress_level=6)
    return stream.getvalue()


def levels(density: Counts, *, full: float = 0.0) -> NDArray[np.uint8]:
    """The colour of each pixel, by number, from the top: 0 is none, 1 a single event, 255 the fullest."""
    counts = _spread(density) if density.sum() < SPARSE else density
    top = math.log(max(full, float(counts.max(initial=0)), _FULL))
    share = np.log(np.maximum(counts, 1)) / top
    drawn = np.where(counts > 0, 1 + np.minimum(share, 1.0) * (_LEVELS - 1), 0)
    return np.ascontiguousarray(drawn[::-1].astype(np.uint8))


def colour(share: float) -> str:
    """The colour at a share (0 to 1) of the scale, as `#rrggbb`."""
    red, green, blue = _palette()[3 * (1 + round(share * (_LEVELS - 1))) :][:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def _spread(density: Counts) -> Counts:
    """Each square takes the most of itself and its eight neighbours."""
    wide = np.pad(density, 1)
    rows, columns = density.shape
    around = [wide[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.maximum.reduce(around)


def _palette() -> bytes:
    table = mpl.colormaps["viridis"](np.linspace(0, 0.97, _LEVELS), bytes=True)[:, :3]
    return bytes((255, 255, 255)) + np.asarray(table, np.uint8).tobytes()
