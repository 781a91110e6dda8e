"""What FlowJo's XML files share: their name spaces, numbers, and a spillover matrix."""

import math

from remission.errors import InvariantBroken, Malformed
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.xml_files import Element

_STANDARD = "http://www.isac-net.org/std/Gating-ML/v2.0/"
GATING = _STANDARD + "gating"
TRANSFORMS = _STANDARD + "transformations"
DATA = _STANDARD + "datatypes"


def said(element: Element, space: str, name: str, where: str) -> str:
    """An attribute that must be there."""
    value = element.attribute(space, name)
    if value is None:
        raise Malformed(
            f"<{element.name}> lacks {name}",
            where=f"{where}, line {element.line}",
            do="save it again with FlowJo 10",
        )
    return value


def number(element: Element, space: str, name: str, where: str) -> float:
    """An attribute that must be a finite number."""
    value = said(element, space, name, where)
    try:
        read = float(value)
    except ValueError:
        read = math.nan
    if not math.isfinite(read):
        raise Malformed(
            f"<{element.name}> has {name}={value!r}, which is no number",
            where=f"{where}, line {element.line}",
            do="save it again with FlowJo 10",
        )
    return read


def spillover_matrix(element: Element, where: str) -> Spectrum:
    """A `transforms:spilloverMatrix`: one `spillover` per fluorochrome, by name; what is not given is 0.

    Raises
    ------
    Malformed, InvariantBroken
        For missing or twice given names and for weights other than ordinary least squares.
    """
    name = element.attribute(TRANSFORMS, "name") or element.attribute("", "name") or "matrix"
    weights = element.attribute("", "weightOptAlgorithmType") or "OLS"
    if element.attribute("", "spectral") == "1" and weights != "OLS":
        raise InvariantBroken(
            f"matrix {name!r} is unmixed with weights ({weights}); least squares without (OLS) is known",
            where=f"{where}, line {element.line}",
            do="unmix in the instrument's software, and read the unmixed file",
        )
    detectors = [
        said(one, DATA, "name", where)
        for group in element.every(DATA, "parameters")
        for one in group.every(DATA, "parameter")
    ]
    rows: dict[str, dict[str, float]] = {}
    for spillover in element.every(TRANSFORMS, "spillover"):
        dye = said(spillover, DATA, "parameter", where)
        if dye in rows:
            raise InvariantBroken(
                f"matrix {name!r} gives {dye!r} twice",
                where=f"{where}, line {spillover.line}",
                do="save it again with FlowJo 10",
            )
        rows[dye] = {
            said(one, DATA, "parameter", where): number(one, TRANSFORMS, "value", where)
            for one in spillover.every(TRANSFORMS, "coefficient")
        }
    detectors += [one for row in rows.values() for one in row if one not in detectors]
    detectors = list(dict.fromkeys(detectors))
    values = tuple(tuple(row.get(one, 0.0) for one in detectors) for row in rows.values())
    return Spectrum(name, tuple(rows), tuple(detectors), values, f"{where}: matrix {name}")
