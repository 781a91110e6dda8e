"""Spectrum matrices: how much of each dye's light each detector sees."""

from dataclasses import dataclass

FILE = "FCS"
UNCOMPENSATED = "uncompensated"
"""The two references that need no matrix of their own: the file's own spillover, and none."""
ALREADY = "already"
"""What a panel says of values that were compensated before they were written: no matrix, and none lacking."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A matrix, row by row: `values[f][d]` of fluorochrome `f`'s light is seen by detector `d`.

    Square with the detectors' own names as fluorochromes: a spillover matrix. More detectors than
    fluorochromes: spectral unmixing by least squares. `origin` says where it is from: a keyword of the file,
    a named file, single-stain controls.
    """

    name: str
    fluorochromes: tuple[str, ...]
    detectors: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    origin: str
