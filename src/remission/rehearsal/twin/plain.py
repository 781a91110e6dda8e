"""An evaluation as plain values, for JSON."""

from dataclasses import asdict

from remission.rehearsal.twin.evaluate import Effect, Point
from remission.rehearsal.twin.evaluation import Evaluation
from remission.terms.words import Text


def as_plain(of: Evaluation) -> dict[str, object]:
    """Everything as plain values."""
    one = of.settings
    return {
        "study": one.study,
        "digest": one.digest,
        "endpoint": of.endpoint,
        "assumed": [
            {
                "what": line.what.en,
                "value": _words(line.value),
                "mark": line.mark.value,
                "cite": _words(line.cite),
            }
            for line in one.assumed
        ],
        "design": [{"endpoint": e.id, **_point(p)} for e, p in zip(one.endpoints, of.base, strict=True)],
        "sweep": [
            {**{axis.words: value for axis, value in zip(of.axes, p.values, strict=True)}, **_point(p)}
            for p in of.points
        ],
        "effects": {
            "depth": [_effect(row, "times") for row in of.effects.depth],
            "missing": [_effect(row, "missing", rule=row.name) for row in of.effects.missing],
            "rules": [_effect(row, "dropped", rule=row.name) for row in of.effects.rules],
            "dropped": [_effect(row, "left_out_at_p0", day_46=row.name) for row in of.effects.dropped],
            "historical_control": [
                {"of": many, "size": size, "power": power} for many, size, power in of.effects.histories
            ],
            "together": [asdict(row) for row in of.effects.together],
        },
        "played": asdict(of.played) if of.played else None,
    }


def _words(said: Text | str) -> str:
    return said.en if isinstance(said, Text) else said


def _point(point: Point) -> dict[str, object]:
    found = asdict(point)
    del found["values"]
    return found


def _effect(row: Effect, value: str, **more: str) -> dict[str, object]:
    found = asdict(row)
    del found["name"]
    return {**more, value: found.pop("value"), **found}
