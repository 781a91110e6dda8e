"""What a Gating-ML file being read holds so far, and its words, numbers, axes, scales and matrices."""

import re
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from remission.errors import InputRefused, Malformed
from remission.mrd.flow.gates.gates import Dimension
from remission.mrd.flow.light.scales import Asinh, Curve, Hyperlog, Linear, Log, Logicle, Ratio, Scale
from remission.mrd.flow.spectrum import FILE, UNCOMPENSATED, Spectrum
from remission.mrd.flow.xml_files import Element

_ROOT = "http://www.isac-net.org/std/Gating-ML/"
GATING = _ROOT + "v2.0/gating"
TRANSFORMS = _ROOT + "v2.0/transformations"
DATA = _ROOT + "v2.0/datatypes"
OWN = "urn:remission:gating"
"""Our own notes in a file: where a matrix is from, and that ids are escaped."""

_DOUBLE = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|INF)")
_ESCAPE = re.compile(r"_x([0-9A-F]{1,6})_")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(slots=True, eq=False)
class Reading:
    """One file being read: its name, and what has been found."""

    name: str
    escaped: bool
    scales: dict[str, Scale] = field(default_factory=dict[str, Scale])
    ratios: dict[str, Ratio] = field(default_factory=dict[str, Ratio])
    spectra: dict[str, Spectrum] = field(default_factory=dict[str, Spectrum])
    lines: dict[str, int] = field(default_factory=dict[str, int])
    """Of gates and quadrants by id."""

    # -- words, numbers, truths ----------------------------------------------------------------------------

    def refuse(
        self, element: Element, what: str, do: str = "correct the file, or export it again"
    ) -> NoReturn:
        """Say what is wrong with an element, and its line."""
        raise Malformed(what, where=f"{self.name}, line {element.line}, <{element.name}>", do=do)

    def word(self, element: Element, space: str, name: str) -> str:
        """An attribute that must be there and not be empty."""
        value = element.attribute(space, name)
        if not value:
            self.refuse(element, f"the attribute {name!r} is {'missing' if value is None else 'empty'}")
        return value

    def id(self, element: Element, space: str, name: str = "id") -> str:
        """An id, or a reference to one."""
        return self._unescaped(self.word(element, space, name))

    def maybe_id(self, element: Element, space: str, name: str) -> str | None:
        """The same, or None where there is none."""
        return None if element.attribute(space, name) is None else self.id(element, space, name)

    def _unescaped(self, value: str) -> str:
        return _ESCAPE.sub(_character, value) if self.escaped else value

    def number(self, element: Element, space: str, name: str) -> float:
        """A number as XML Schema writes doubles, but no NaN."""
        return self._number(element, self.word(element, space, name), name)

    def maybe_number(self, element: Element, space: str, name: str) -> float | None:
        """The same, or None where there is none."""
        return None if element.attribute(space, name) is None else self.number(element, space, name)

    def _number(self, element: Element, text: str, name: str) -> float:
        if not _DOUBLE.fullmatch(text.strip()):
            self.refuse(element, f"{name!r} is {text!r}, which is no number", "write a number such as -1.5e3")
        return float(text)

    def value(self, element: Element) -> float:
        """The number that is the text of an element."""
        return self._number(element, element.text, element.name)

    def truth(self, element: Element, space: str, name: str) -> bool:
        """Whether an attribute is true; false where there is none."""
        text = element.attribute(space, name)
        if text is None:
            return False
        if text.strip() not in _TRUTHS:
            self.refuse(element, f"{name!r} is {text!r}", "write true or false")
        return _TRUTHS[text.strip()]

    # -- children ------------------------------------------------------------------------------------------

    def children(self, element: Element, space: str, *names: str) -> tuple[Element, ...]:
        """Children but `custom_info`, all of which must be of these names."""
        children = tuple(one for one in element.children if (one.space, one.name) != (DATA, "custom_info"))
        for child in children:
            if child.name not in names or child.space != space:
                self.refuse(child, f"<{element.name}> has no <{child.name}> in Gating-ML 2.0")
        return children

    def known(self, element: Element, space: str, *names: str) -> None:
        """Refuse attributes that Gating-ML does not know here: a misspelt bound is a bound lost."""
        for attribute in element.attributes:
            of, _, name = attribute.removeprefix("{").rpartition("}")
            if of in (space, "") and name not in names:
                self.refuse(element, f"there is no attribute {name!r} here in Gating-ML 2.0")

    def only(self, element: Element, found: Sequence[Element], what: str) -> Element:
        """The one that is found."""
        if len(found) != 1:
            self.refuse(element, f"there are {len(found)} of <{what}>, not one")
        return found[0]

    # -- gates ---------------------------------------------------------------------------------------------

    def dimension(self, element: Element, *, also: tuple[str, ...] = ()) -> Dimension:
        """The axis of a dimension or divider; `also`: attributes it may have beside the axis's own."""
        self.known(element, GATING, "compensation-ref", "transformation-ref", *also)
        compensation = self.id(element, GATING, "compensation-ref")
        if compensation not in (FILE, UNCOMPENSATED, *self.spectra):
            self._nothing(element, "matrix", compensation, self.spectra)
        scale = self.maybe_id(element, GATING, "transformation-ref")
        if scale is not None and scale not in self.scales:
            self._nothing(element, "scale", scale, self.scales)
        named = [one for one in element.children if (one.space, one.name) not in _BESIDE]
        inside = self.only(element, named, "fcs-dimension or new-dimension")
        if inside.space != DATA or inside.name not in ("fcs-dimension", "new-dimension"):
            self.refuse(inside, f"<{element.name}> has no <{inside.name}> in Gating-ML 2.0")
        if inside.name == "fcs-dimension":
            return Dimension(self.word(inside, DATA, "name"), compensation, scale)
        ratio = self.id(inside, DATA, "transformation-ref")
        if ratio not in self.ratios:
            self._nothing(inside, "ratio", ratio, self.ratios)
        return Dimension(ratio, compensation, scale, is_ratio=True)

    def _nothing(self, element: Element, what: str, name: str, known: Collection[str]) -> NoReturn:
        raise InputRefused(
            f"there is no {what} {name!r}",
            where=f"{self.name}, line {element.line}, <{element.name}>",
            do="name one of: " + ", ".join(known) if known else f"give the {what} in the same file",
        )

    def numbers(self, element: Element, child: str) -> tuple[float, ...]:
        """The values of all children, which must be of this name."""
        return tuple(self.number(one, DATA, "value") for one in self.children(element, GATING, child))


def _character(found: re.Match[str]) -> str:
    """The character of an escape; one shorter than four digits only tells two ids apart."""
    code = int(found[1], 16)
    return chr(code) if len(found[1]) >= 4 and code <= sys.maxunicode else ""


_BESIDE = {(DATA, "custom_info"), (GATING, "value")}
"""What may stand beside the one element that names an axis; values only in a divider."""
CURVES: dict[str, tuple[Callable[..., Curve], tuple[str, ...]]] = {
    "flin": (Linear, ("T", "A")),
    "flog": (Log, ("T", "M")),
    "fasinh": (Asinh, ("T", "M", "A")),
    "logicle": (Logicle, ("T", "W", "M", "A")),
    "hyperlog": (Hyperlog, ("T", "W", "M", "A")),
}


def _ratio(reading: Reading, element: Element, name: str, low: float | None, high: float | None) -> Ratio:
    channels = [reading.word(one, DATA, "name") for one in reading.children(element, DATA, "fcs-dimension")]
    if len(channels) != 2:
        reading.refuse(element, f"a ratio has {len(channels)} dimensions, not two")
    a, b, c = (reading.number(element, TRANSFORMS, one) for one in ("A", "B", "C"))
    return Ratio(name, a, b, c, channels[0], channels[1], low, high)


def _spectrum(reading: Reading, element: Element, name: str) -> Spectrum:
    parts = reading.children(element, TRANSFORMS, "fluorochromes", "detectors", "spectrum")
    fluorochromes, detectors = (
        _names(reading, reading.only(element, [one for one in parts if one.name == what], what))
        for what in ("fluorochromes", "detectors")
    )
    rows = [
        [reading.number(one, TRANSFORMS, "value") for one in reading.children(row, TRANSFORMS, "coefficient")]
        for row in parts
        if row.name == "spectrum"
    ]
    shape = (len(fluorochromes), len(detectors))
    if reading.truth(element, TRANSFORMS, "matrix-inverted-already"):
        rows = _turned_back(reading, element, rows, shape)
    if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
        found = f"{len(rows)} rows of {sorted({len(row) for row in rows})} coefficients"
        reading.refuse(element, f"{shape[0]} fluorochromes and {shape[1]} detectors, but {found}")
    origin = element.attributes.get(f"{{{OWN}}}origin", f"{reading.name}, line {element.line}")
    return Spectrum(name, fluorochromes, detectors, tuple(map(tuple, rows)), origin)


def _turned_back(
    reading: Reading, element: Element, rows: list[list[float]], shape: tuple[int, int]
) -> list[list[float]]:
    """The spectrum of a matrix given inverted, which has a row per detector and a column per fluorochrome.

    Where it is not square its shape tells, so that one given lying on its side is understood too.
    """
    try:
        matrix = np.array(rows, dtype=np.float64)
    except ValueError:
        reading.refuse(element, "its rows are not equally long")
    if shape[0] != shape[1] and matrix.shape == shape:
        matrix = matrix.T
    if matrix.shape != shape[::-1]:
        reading.refuse(
            element, f"an inverted matrix of {shape[0]} fluorochromes has the shape {matrix.shape}"
        )
    if not np.isfinite(matrix).all() or np.linalg.matrix_rank(matrix) < min(shape):
        reading.refuse(element, "the inverted matrix is singular")
    return np.linalg.pinv(matrix).tolist()


def _names(reading: Reading, element: Element) -> tuple[str, ...]:
    names = tuple(reading.word(one, DATA, "name") for one in reading.children(element, DATA, "fcs-dimension"))
    if not names or len(set(names)) != len(names):
        reading.refuse(element, f"its names are {', '.join(names) or 'missing'}", "name each once")
    return names


def read_transform(reading: Reading, element: Element) -> None:
    """Take in a scale, a ratio or a matrix."""
    name = reading.id(element, TRANSFORMS)
    if element.name == "spectrumMatrix":
        if name in reading.spectra or name in (FILE, UNCOMPENSATED):
            reading.refuse(element, f"the matrix {name!r} is there already", "give it another id")
        reading.spectra[name] = _spectrum(reading, element, name)
        return
    inside = reading.only(
        element, reading.children(element, TRANSFORMS, *CURVES, "fratio"), "flin, flog, ..."
    )
    if name in (reading.ratios if inside.name == "fratio" else reading.scales):
        reading.refuse(element, f"the transformation {name!r} is there already", "give it another id")
    low, high = (reading.maybe_number(element, TRANSFORMS, one) for one in ("boundMin", "boundMax"))
    if inside.name == "fratio":
        reading.ratios[name] = _ratio(reading, inside, name, low, high)
    else:
        kind, names = CURVES[inside.name]
        reading.children(inside, TRANSFORMS)
        curve = kind(*(reading.number(inside, TRANSFORMS, one) for one in names))
        reading.scales[name] = Scale(name, curve, low, high)
