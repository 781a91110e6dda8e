"""FlowJo 10 workspaces (`.wsp`): each sample's gates, scales and compensation as a `Gating`.

FlowJo writes its gates with Gating-ML's words and its own meaning: coordinates are scale values, tested on
the drawn axes; a quadrant is four rectangles; And, Or and Not stand in the tree; a gate may keep the events
outside it (`eventsInside="0"`). FlowJo itself tests events in bins of the drawn axes (256 a side), so its own
counts differ a little from exact ones.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO
from urllib.parse import unquote

from remission.errors import InvariantBroken, NotFound, UnknownFormat
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Ellipsoid,
    Gate,
    Gating,
    Operand,
    Operation,
    Polygon,
    Rectangle,
)
from remission.mrd.flow.light.compensation import checked
from remission.mrd.flow.light.flowjo_words import DATA, TRANSFORMS, said, spillover_matrix
from remission.mrd.flow.programs.wsp_gates import Parameters, gate_of
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.xml_files import Element, read_xml

_JOINED = {"AndNode": Operation.AND, "OrNode": Operation.OR, "NotNode": Operation.NOT}


@dataclass(frozen=True, slots=True, eq=False)
class WorkspaceSample:
    """One sample of a workspace.

    `file` is the FCS file's name. `channels` are its `$PnN` as the workspace keeps them (empty if it keeps no
    keywords). `paths`: FlowJo's path of each population (names from the root, `/` between them) to the id it
    has in `gating`: its name, with ` #2` and so on where a name comes again. `counts`: events that FlowJo
    counted, by id, where it did.
    """

    name: str
    file: str
    channels: tuple[str, ...]
    paths: Mapping[str, str]
    counts: Mapping[str, int]
    stored: Element
    where: str

    def gating(self) -> Gating:
        """The sample's gates, ready to be applied to its events.

        A gate that keeps the events outside it is the complement of one more gate, `<id> (inside)`.

        Raises
        ------
        InputRefused
            For a gate, parameter, transformation or matrix that is not documented; the gate is named.
        """
        parameters = _parameters(self)
        gates: list[Gate] = []
        for path, above, node in _walk(_root(self.stored, self.where), ""):
            gates += _read(node, self.paths[path], self.paths.get(above), self, parameters)
        names = {one.scale for gate in gates for one in _dimensions(gate) if one.scale is not None}
        drawn = {name: parameters.dimension(name)[1].scale for name in sorted(names)}
        matrix = parameters.matrix
        return Gating(
            tuple(gates),
            {name: scale for name, scale in drawn.items() if scale is not None},
            {},
            {} if matrix is None else {matrix.name: matrix},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    """The samples of a workspace, in its order; `version` is FlowJo's."""

    name: str
    version: str
    samples: tuple[WorkspaceSample, ...]

    def sample(self, name: str) -> WorkspaceSample:
        """The one sample of this name, or of this file.

        Raises
        ------
        NotFound
            If there is none, or more than one.
        """
        found = [one for one in self.samples if name in (one.name, one.file)]
        if len(found) != 1:
            raise NotFound(
                f"{len(found)} samples are named {name!r}",
                where=self.name,
                do="use one of: " + ", ".join(one.name for one in self.samples),
            )
        return found[0]


def read_workspace(file: BinaryIO, name: str) -> Workspace:
    """A FlowJo 10 workspace; gates are read when a sample's `gating` is asked for.

    Raises
    ------
    UnknownFormat
        If it is no workspace, or not FlowJo 10's: what coordinates mean depends on the version.
    Malformed, Hostile, TooLarge, WrongEncoding
        For what is no XML, or asks for more than a workspace needs.
    """
    root = read_xml(file, name)
    version = root.attribute("", "flowJoVersion") or ""
    if root.name != "Workspace" or not version.startswith("10."):
        raise UnknownFormat(
            f"<{root.name}> of FlowJo {version!r} is no workspace of FlowJo 10",
            where=f"{name}, line {root.line}",
            do="save it as .wsp with FlowJo 10",
        )
    samples = (one for group in root.every("", "SampleList") for one in group.every("", "Sample"))
    return Workspace(name, version, tuple(_sample(one, name) for one in samples))


def _sample(element: Element, workspace: str) -> WorkspaceSample:
    root = _root(element, workspace)
    name = said(root, "", "name", workspace)
    where = f"{workspace}, sample {name!r}"
    files = [said(one, "", "uri", where) for one in element.every("", "DataSet")]
    paths: dict[str, str] = {}
    counts: dict[str, int] = {}
    for path, _, node in _walk(root, ""):
        if path in paths:
            raise InvariantBroken(
                f"two populations are {path!r}",
                where=f"{where}, line {node.line}",
                do="name them differently in FlowJo",
            )
        paths[path] = _free(said(node, "", "name", where), set(paths.values()))
        count = node.attribute("", "count") or ""
        if re.fullmatch("[0-9]{1,15}", count):
            counts[paths[path]] = int(count)
    file = unquote(files[0].replace("\\", "/").rpartition("/")[2]) if files else name
    return WorkspaceSample(name, file, tuple(_channels(element)), paths, counts, element, where)


def _root(sample: Element, where: str) -> Element:
    nodes = list(sample.every("", "SampleNode"))
    if len(nodes) != 1:
        raise InvariantBroken(
            f"a sample has {len(nodes)} nodes instead of 1",
            where=f"{where}, line {sample.line}",
            do="save it again with FlowJo 10",
        )
    return nodes[0]


def _channels(sample: Element) -> Iterator[str]:
    keywords = {
        (one.attribute("", "name") or "").upper(): one.attribute("", "value") or ""
        for group in sample.every("", "Keywords")
        for one in group.every("", "Keyword")
    }
    number = 1
    while (channel := keywords.get(f"$P{number}N")) is not None:
        yield channel.strip()
        number += 1


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} #{number}"
    return free


def _walk(node: Element, above: str) -> Iterator[tuple[str, str, Element]]:
    """Populations below a node, parents first: path, the parent's path, element.

    What FlowJo keeps beside them (statistics, platforms) is passed over.
    """
    for group in node.every("", "Subpopulations"):
        for one in group.children:
            if one.name == "Population" or one.name in _JOINED:
                name = one.attribute("", "name") or ""
                path = f"{above}/{name}" if above else name
                yield path, above, one
                yield from _walk(one, path)


def _parameters(sample: WorkspaceSample) -> Parameters:
    spelled = {one.replace("/", "_"): one for one in sample.channels}
    spelled.update({one: one for one in sample.channels})
    drawn = {
        said(parameter, DATA, "name", sample.where): one
        for group in sample.stored.every("", "Transformations")
        for one in group.children
        for parameter in one.every(DATA, "parameter")
    }
    matrices = list(sample.stored.every(TRANSFORMS, "spilloverMatrix"))
    if len(matrices) > 1:
        raise InvariantBroken(
            f"the sample has {len(matrices)} matrices", where=sample.where, do="keep one of them in FlowJo"
        )
    matrix, prefix, suffix = None, "", ""
    for one in matrices:
        prefix, suffix = one.attribute("", "prefix") or "", one.attribute("", "suffix") or ""
        matrix = checked(_respelled(spillover_matrix(one, sample.where), spelled))
    return Parameters(spelled, drawn, matrix, prefix, suffix, sample.where)


def _respelled(matrix: Spectrum, spelled: Mapping[str, str]) -> Spectrum:
    """The matrix with the channels' own names: FlowJo writes `/` as `_`."""
    return replace(
        matrix,
        fluorochromes=tuple(spelled.get(one, one) for one in matrix.fluorochromes),
        detectors=tuple(spelled.get(one, one) for one in matrix.detectors),
    )


def _read(
    node: Element, gate: str, parent: str | None, sample: WorkspaceSample, parameters: Parameters
) -> list[Gate]:
    if node.name in _JOINED:
        return [_joined(node, gate, parent, sample)]
    shapes = [one for outer in node.every("", "Gate") for one in outer.children]
    if len(shapes) != 1:
        raise InvariantBroken(
            f"gate {gate!r} has {len(shapes)} shapes instead of 1",
            where=f"{sample.where}, line {node.line}",
            do="draw it again in FlowJo",
        )
    if shapes[0].attribute("", "eventsInside") != "0":
        return [gate_of(shapes[0], gate, parent, parameters)]
    inside = _free(f"{gate} (inside)", set(sample.paths.values()))
    return [
        gate_of(shapes[0], inside, parent, parameters),
        Boolean(gate, parent, Operation.NOT, (Operand(inside),)),
    ]


def _joined(node: Element, gate: str, parent: str | None, sample: WorkspaceSample) -> Boolean:
    """And, Or, Not of other populations, named by their paths."""
    where = f"{sample.where}, gate {gate!r}, line {node.line}"
    operands: list[Operand] = []
    for one in (one for group in node.every("", "Dependents") for one in group.every("", "Dependent")):
        path = said(one, "", "name", where)
        if path not in sample.paths:
            raise InvariantBroken(
                f"gate {gate!r} joins {path!r}, which the sample does not have",
                where=where,
                do="draw it again in FlowJo",
            )
        operands.append(Operand(sample.paths[path]))
    operation = _JOINED[node.name]
    if not operands or (operation is Operation.NOT and len(operands) != 1):
        raise InvariantBroken(
            f"gate {gate!r} is a {node.name} of {len(operands)} populations",
            where=where,
            do="draw it again in FlowJo",
        )
    return Boolean(gate, parent, operation, tuple(operands))


def _dimensions(gate: Gate) -> tuple[Dimension, ...]:
    match gate:
        case Rectangle():
            return tuple(side.dimension for side in gate.sides)
        case Polygon():
            return gate.x, gate.y
        case Ellipsoid():
            return gate.dimensions
        case _:
            return ()
