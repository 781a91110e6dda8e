"""A reference of normal marrows built from their FCS files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np

from remission.errors import InputRefused
from remission.lab.evidence import SIMULATED
from remission.lab.flow_files import OpenedSample, Told, opened
from remission.lab.flow_sources import panel_at, strategy_at
from remission.lab.tables import Table
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.gates.parts import dimensions_of
from remission.mrd.flow.strategies.applying import applied, denominator_gates, lacking
from remission.mrd.flow.strategies.markers import NUCLEIC, SCATTERS, TIME
from remission.mrd.flow.strategies.strategy import Panel, Strategy
from remission.mrd.flow.suggestion.build_reference import NormalMarrow, build_reference
from remission.mrd.flow.suggestion.reference import ENOUGH_NORMALS, FalseCluster, Reference
from remission.mrd.flow.suggestion.reference_files import write_reference
from remission.terms.words import Text

_SEED = 1
_SCATTER = ("SSC-A",)
"""Light that says what a cell is; the forward one moves with the instrument more than with the cell."""


@dataclass(frozen=True, slots=True)
class MadeReference:
    """A reference: its file's bytes, and what it is in words."""

    content: bytes
    plain: dict[str, Any]
    tables: tuple[Table, ...]
    simulated: bool


def reference_of(
    marrows: Sequence[tuple[str, str]],
    strategy: str,
    panel: str | None,
    *,
    name: str,
    version: str,
    cores: int = 1,
    told: Told = lambda share: None,
) -> MadeReference:
    """Build a reference from marrows without disease (kind, address), compared within the strategy's cells.

    Raises
    ------
    InputRefused
        For a marrow given twice, one whose panel cannot carry the strategy, real marrows among simulated
        ones; and as in `build_reference`.
    """
    chosen, _ = strategy_at(strategy)
    samples = [(kind, opened([address])) for kind, address in marrows]
    _check_once([sample for _, sample in samples])
    simulated = any(sample.simulated for _, sample in samples)
    if real := [sample.files[0].name for _, sample in samples if simulated and not sample.simulated]:
        raise InputRefused(
            f"{real[0]} stands among SIMULATED marrows",
            where="reference",
            do="build references of real marrows only",
        )
    normals: list[NormalMarrow] = []
    for place, (kind, sample) in enumerate(samples):
        normals.append(_normal(kind, sample, chosen, panel_at(panel, sample)[0], cores))
        told(0.3 * (place + 1) / len(samples))
    if not normals:
        raise InputRefused("no marrow", where="reference", do="give marrows without disease")
    population = next(iter(chosen.denominators))
    built = build_reference(
        normals,
        _compared(chosen, normals[0].panel),
        np.random.default_rng(_SEED),
        name=name,
        version=version,
        population=population,
        cores=cores,
    )
    told(1.0)
    content = BytesIO()
    write_reference(content, built)
    return MadeReference(content.getvalue(), _plain(built, simulated), tuple(_tables(built)), simulated)


def _check_once(samples: Sequence[OpenedSample]) -> None:
    """Refuse a marrow given twice: held out once, it would still be there to vouch for itself."""
    seen: dict[str, str] = {}
    for sample in samples:
        for one in sample.files:
            if one.sha256 in seen:
                raise InputRefused(
                    f"{one.name} and {seen[one.sha256]} are the same events",
                    where="reference",
                    do="give each marrow once",
                )
            seen[one.sha256] = one.name


def _normal(kind: str, sample: OpenedSample, strategy: Strategy, panel: Panel, cores: int) -> NormalMarrow:
    file = sample.files[0].name
    if missing := lacking(strategy, panel):
        raise InputRefused(
            f"its panel lacks {', '.join(missing)}",
            where=file,
            do="give marrows of one panel that carries the strategy",
        )
    on_channels = applied(strategy, panel, sample.events, sample.ranges)
    gate = next(iter(denominator_gates(on_channels).values()))
    within = apply(on_channels.gating, sample.events, wanted=(gate,), cores=cores).populations[gate].mask
    named = file if not sample.simulated or file.upper().startswith(SIMULATED) else f"{SIMULATED} {file}"
    return NormalMarrow(named, kind, sample.events, panel, sample.ranges, within)


def _compared(strategy: Strategy, panel: Panel) -> tuple[str, ...]:
    """The markers of the strategy that the panel carries, and the scatter that says what a cell is."""
    named = dict.fromkeys(one.channel for gate in strategy.gates for one in dimensions_of(gate))
    dyes = [one for one in panel.channels if one not in (*SCATTERS, TIME, NUCLEIC)]
    return (*(one for one in _SCATTER if one in named), *dyes)


def _plain(built: Reference, simulated: bool) -> dict[str, Any]:
    return {
        "simulated": simulated,
        "name": built.name,
        "version": built.version,
        "sha256": built.sha256,
        "population": built.population,
        "markers": list(built.markers),
        "enough_normals": ENOUGH_NORMALS,
        "marrows": [
            {
                "name": one.name,
                "kind": one.kind,
                "cells": one.cells,
                "false_clusters": [[cluster.events for cluster in view] for view in one.clusters],
            }
            for one in built.marrows
        ],
    }


def _false(clusters: Sequence[FalseCluster]) -> str:
    return f"{sum(one.events for one in clusters):,}"


def _tables(built: Reference) -> Iterator[Table]:
    rows = tuple(
        (one.name, one.kind, f"{one.cells:,}", *(_false(clusters) for clusters in one.clusters))
        for one in built.marrows
    )
    without = (
        Text(f"false, without {', '.join(view.ignored)}", f"假簇事件，不计{'、'.join(view.ignored)}")
        if view.ignored
        else Text("false", "假簇事件")
        for view in built.views
    )
    few = len(built.marrows) < ENOUGH_NORMALS
    note = Text(
        f"{len(built.marrows)} marrows; {ENOUGH_NORMALS} are needed to say what 95 of 100 normals show.",
        f"{len(built.marrows)}份骨髓；需{ENOUGH_NORMALS}份方可说明95%正常骨髓的情况。",
    )
    yield Table(
        Text(f"Reference {built.name} {built.version}", f"参考{built.name} {built.version}"),
        (Text("marrow", "骨髓"), Text("kind", "类型"), Text(built.population, built.population), *without),
        rows,
        frozenset(range(2, 3 + len(built.views))),
        (
            Text("markers: " + ", ".join(built.markers), "标志：" + "、".join(built.markers)),
            Text(f"sha256 {built.sha256}", f"sha256 {built.sha256}"),
            *((note,) if few else ()),
        ),
    )
