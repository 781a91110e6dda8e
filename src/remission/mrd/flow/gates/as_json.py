"""Gates as JSON and back: the kind first, then its fields as `gates` names them."""

from dataclasses import fields
from typing import Any

import cattrs

from remission.mrd.flow.gates.gates import Boolean, Ellipsoid, Gate, Polygon, Quadrants, Rectangle

KINDS = {"rectangle": Rectangle, "polygon": Polygon, "ellipsoid": Ellipsoid, "quadrants": Quadrants,
         "boolean": Boolean}  # fmt: skip


def with_gates(converter: cattrs.Converter) -> cattrs.Converter:
    """Teach a converter gates."""
    names = {kind: name for name, kind in KINDS.items()}

    def write(gate: Any) -> dict[str, Any]:
        kind = type(gate)
        return {"kind": names[kind]} | {
            field.name: converter.unstructure(getattr(gate, field.name)) for field in fields(kind)
        }

    def read(value: Any, _: object) -> Any:
        given = dict(value)
        return converter.structure(given, KINDS[given.pop("kind")])

    converter.register_unstructure_hook_func(lambda kind: kind in names, write)
    converter.register_structure_hook_func(lambda kind: kind == Gate, read)
    return converter
