"""A strategy put on a panel: which markers are lacking, and the gates on the file's channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from remission.errors import InputRefused
from remission.mrd.flow.events import Events
from remission.mrd.flow.gates.gates import Boolean, Dimension, Gate, Gating
from remission.mrd.flow.gates.parts import dimensions_of, ids_of, on_dimensions
from remission.mrd.flow.light.compensation import is_identity
from remission.mrd.flow.light.scales import Biexponential, Ratio, Scale
from remission.mrd.flow.spectrum import ALREADY, FILE, UNCOMPENSATED, Spectrum
from remission.mrd.flow.strategies.adjusting import adjusted
from remission.mrd.flow.strategies.strategy import Adjustment, Applied, Panel, Strategy


def lacking(strategy: Strategy, panel: Panel) -> tuple[str, ...]:
    """What the panel lacks for the strategy, each as people say it: `CD22 or CD24+CD66b`; empty: nothing.

    An optional gate is left out where one of its markers is lacking, and so is an operand that was left out.
    Whatever else lacks a marker, and a Boolean gate that lost its every operand, is lacking.
    """
    out = left_out(strategy, panel)
    found = {
        " or ".join(group): None
        for group in strategy.needs
        if not any(set(one.split("+")) <= panel.channels.keys() for one in group)
    }
    said = {marker for one in found for marker in one.replace("+", " or ").split(" or ")}
    for gate in strategy.gates:
        if gate.id in out:
            continue
        if isinstance(gate, Boolean) and all(operand.gate in out for operand in gate.operands):
            missing = {operand.gate: _missing_of(operand.gate, strategy, panel) for operand in gate.operands}
            if not {marker for markers in missing.values() for marker in markers} <= said:
                found[" or ".join("+".join(markers) or id for id, markers in missing.items())] = None
        found |= dict.fromkeys(one for one in _missing(gate, strategy, panel) if one not in said)
    return tuple(found)


def left_out(strategy: Strategy, panel: Panel) -> tuple[str, ...]:
    """The optional gates that the panel cannot carry, in the strategy's order."""
    out: list[str] = []
    before = -1
    while before < len(out):  # a Boolean gate may lose operands that were themselves such gates
        before = len(out)
        for gate in strategy.gates:
            if gate.id in out or gate.id not in strategy.optional:
                continue
            bare = isinstance(gate, Boolean) and all(operand.gate in out for operand in gate.operands)
            if bare or _missing(gate, strategy, panel):
                out.append(gate.id)
    return tuple(gate.id for gate in strategy.gates if gate.id in out)


def applied(
    strategy: Strategy,
    panel: Panel,
    events: Events,
    ranges: Mapping[str, float],
    adjustments: Sequence[Adjustment] = (),
    spectra: Mapping[str, Spectrum] = MappingProxyType({}),
) -> Applied:
    """The strategy's gates on the channels of a file.

    Parameters
    ----------
    strategy, panel : Strategy, Panel
        `panel.compensation` names `FCS`, `uncompensated`, `already` or one of `spectra`. A matrix that
        says that no dye is seen by another's detector counts as none.
    events : Events
        For its channels and its own spillover.
    ranges : mapping
        Top of each channel's range (`$PnR`, scale values): the T of its scale counts in it. A fluorochrome
        unmixed from other channels needs one too.
    adjustments : sequence of Adjustment
        Gates as they are for this sample, on the strategy's markers and scales.
    spectra : mapping
        Matrices by name.

    Raises
    ------
    InputRefused
        If the panel lacks markers (they are named), names channels or a matrix that are not there, or a
        channel has no range.
    InvariantBroken
        If an adjustment is not a gate of the strategy moved, or nobody says who moved it and why.
    """
    if missing := lacking(strategy, panel):
        raise InputRefused(
            f"the panel lacks {'; '.join(missing)}",
            where=f"strategy {strategy.id}, panel {panel.name or 'of the file'}",
            do="stain a panel that carries them, or choose a strategy that does without",
        )
    out = left_out(strategy, panel)
    gates = [
        _without(gate, strategy, out) for gate in adjusted(strategy, adjustments, out) if gate.id not in out
    ]
    place = _Place(strategy, panel, events, ranges, _matrix(panel, events, spectra))
    used = dict.fromkeys(dimension for gate in gates for dimension in dimensions_of(gate))
    ratios = [strategy.ratios[one.channel] for one in used if one.is_ratio]
    gating = Gating(
        gates=tuple(on_dimensions(gate, place.dimension) for gate in gates),
        scales=MappingProxyType(dict(place.scale(one) for one in used if one.scale is not None)),
        ratios=MappingProxyType({ratio.name: place.ratio(ratio) for ratio in ratios}),
        spectra=MappingProxyType(dict(spectra)),
    )
    return Applied(strategy, panel, gating, tuple(adjustments), out)


def mrd_gate(applied: Applied) -> str:
    """The id of the population that stands for disease."""
    return applied.strategy.mrd.rsplit("/", 1)[-1]


def denominator_gates(applied: Applied) -> Mapping[str, str]:
    """The population counted for each denominator; one whose gate was left out falls away."""
    ids = {name: path.rsplit("/", 1)[-1] for name, path in applied.strategy.denominators.items()}
    return {name: id for name, id in ids.items() if id not in applied.left_out}


def uncompensated_markers(applied: Applied) -> tuple[str, ...]:
    """Markers gated as they were read though the strategy asks for compensation.

    No matrix covers their channel, or the panel asks for none; only one that says `already` lacks nothing.
    """
    if applied.panel.compensation == ALREADY:
        return ()
    bare = {
        dimension.channel
        for gate in applied.gating.gates
        for dimension in dimensions_of(gate)
        if not dimension.is_ratio and dimension.compensation == UNCOMPENSATED
    }
    asked = {
        dimension.channel
        for gate in applied.strategy.gates
        for dimension in dimensions_of(gate)
        if dimension.compensation != UNCOMPENSATED
    }
    return tuple(
        marker for marker, channel in applied.panel.channels.items() if marker in asked and channel in bare
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """From the strategy's markers to the file's channels."""

    strategy: Strategy
    panel: Panel
    events: Events
    ranges: Mapping[str, float]
    matrix: Spectrum | None

    def channel(self, marker: str) -> str:
        channel = self.panel.channels[marker]
        if channel not in self.events.channels and not self.covered(channel):
            raise InputRefused(
                f"there is no channel {channel!r}, which carries {marker}",
                where=f"panel {self.panel.name or 'of the file'}",
                do="use one of: " + ", ".join(self.events.channels),
            )
        return channel

    def covered(self, channel: str) -> bool:
        return self.matrix is not None and channel in self.matrix.fluorochromes

    def dimension(self, dimension: Dimension) -> Dimension:
        if dimension.is_ratio:
            return dimension
        channel = self.channel(dimension.channel)
        compensated = dimension.compensation != UNCOMPENSATED and self.covered(channel)
        return Dimension(
            channel,
            self.panel.compensation if compensated else UNCOMPENSATED,
            None if dimension.scale is None else self.scale(dimension)[0],
        )

    def scale(self, dimension: Dimension) -> tuple[str, Scale]:
        """A scale of its own for each channel, since its top is the channel's range."""
        scale = self.strategy.scales[dimension.scale or ""]
        if dimension.is_ratio:
            return scale.name, scale
        channel = self.channel(dimension.channel)
        top = self.ranges.get(channel)
        if top is None or not 0 < top < float("inf"):
            raise InputRefused(
                f"the range of channel {channel!r} is {top!r}",
                where=f"scale {scale.name}",
                do="give the top of the channel's range ($PnR), a number above 0",
            )
        name = f"{scale.name} {channel}"
        curve = scale.curve
        if isinstance(curve, Biexponential):
            return name, replace(scale, name=name, curve=replace(curve, top=curve.top * top))
        return name, replace(scale, name=name, curve=replace(curve, T=curve.T * top))

    def ratio(self, ratio: Ratio) -> Ratio:
        return replace(ratio, x=self.channel(ratio.x), y=self.channel(ratio.y))


def _matrix(panel: Panel, events: Events, spectra: Mapping[str, Spectrum]) -> Spectrum | None:
    if panel.compensation in (UNCOMPENSATED, ALREADY):
        return None
    if panel.compensation != FILE and panel.compensation not in spectra:
        raise InputRefused(
            f"there is no matrix {panel.compensation!r}",
            where=f"panel {panel.name or 'of the file'}, compensation",
            do="use one of: " + ", ".join((FILE, UNCOMPENSATED, ALREADY, *spectra)),
        )
    found = events.spill if panel.compensation == FILE else spectra[panel.compensation]
    return None if found is None or is_identity(found) else found


def _missing(gate: Gate, strategy: Strategy, panel: Panel) -> tuple[str, ...]:
    """The markers of a gate's own axes that the panel does not carry."""
    markers: list[str] = []
    for dimension in dimensions_of(gate):
        if dimension.is_ratio:
            ratio = strategy.ratios[dimension.channel]
            markers += (ratio.x, ratio.y)
        else:
            markers.append(dimension.channel)
    return tuple(marker for marker in dict.fromkeys(markers) if marker not in panel.channels)


def _missing_of(id: str, strategy: Strategy, panel: Panel) -> tuple[str, ...]:
    return next(_missing(gate, strategy, panel) for gate in strategy.gates if id in ids_of(gate))


def _without(gate: Gate, strategy: Strategy, out: tuple[str, ...]) -> Gate:
    """The gate under the next parent that is there, without operands that are not."""
    parents = {own: other.parent for other in strategy.gates for own in ids_of(other)}
    parent = gate.parent
    while parent in out:
        parent = parents[parent]
    gate = replace(gate, parent=parent)
    if isinstance(gate, Boolean):
        return replace(gate, operands=tuple(one for one in gate.operands if one.gate not in out))
    return gate
