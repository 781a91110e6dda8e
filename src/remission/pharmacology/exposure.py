"""The concentration to expect at steady state, from a published population model.

For reading beside an order; no dose is ever computed from it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from remission.errors import InputRefused
from remission.protocol.study import Source
from remission.terms.words import Mark


@dataclass(frozen=True, slots=True)
class OneCompartment:
    """A linear one-compartment model: typical clearance (L/h) at a reference body surface (m2).

    Clearance grows with body surface to the power `exponent`.
    """

    clearance_l_per_h: float
    reference_m2: float
    exponent: float
    source: Source


# The exponent is derived: clearance at 0.37 m2 is 63 % below that at 1.88 m2.
MODELS: Mapping[str, OneCompartment] = MappingProxyType(
    {
        "blinatumomab": OneCompartment(
            clearance_l_per_h=2.22,
            reference_m2=1.88,
            exponent=math.log(1 - 0.63) / math.log(0.37 / 1.88),
            source=Source(Mark.DERIVED, "Clements 2020, doi:10.1007/s40262-019-00823-8, PMID 31679130"),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Exposure:
    """A typical concentration at steady state; children differ, by how much was not read in a source."""

    pg_per_ml: float
    clearance_l_per_h: float
    source: Source


def steady_state(drug: str, *, ug_per_day: float, body_surface_m2: float) -> Exposure:
    """Css = rate / clearance, for a continuous infusion.

    Raises
    ------
    InputRefused
        If there is no model for the drug, or rate or body surface is not a positive number.
    """
    if drug not in MODELS:
        raise InputRefused(
            f"there is no published model for {drug!r} here",
            where="exposure",
            do=f"known: {', '.join(MODELS)}",
        )
    for name, value in (("ug_per_day", ug_per_day), ("body_surface_m2", body_surface_m2)):
        if not (math.isfinite(value) and value > 0):
            raise InputRefused(f"{name} is {value!r}", where="exposure", do="give a positive number")
    model = MODELS[drug]
    clearance = model.clearance_l_per_h * (body_surface_m2 / model.reference_m2) ** model.exponent
    return Exposure(
        pg_per_ml=1000 * ug_per_day / 24 / clearance,
        clearance_l_per_h=clearance,
        source=model.source,
    )
