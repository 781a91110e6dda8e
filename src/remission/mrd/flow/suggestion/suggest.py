"""What a file holds that no normal marrow does: suggested to a person, never a result.

The reference's populations are first laid where this marrow shows them, within bounds; then events are
asked how densely normal cells lie there, and those that lie together where normal cells do not become
clusters. With the child's own diagnosis file, the clusters found there are looked for as well, by the ratio
of the densities.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.random import Generator, default_rng

from remission.errors import InputRefused
from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.strategy import Panel
from remission.mrd.flow.suggestion.build_reference import SAMPLED, sample_of
from remission.mrd.flow.suggestion.clusters import (
    File,
    Found,
    Normal,
    blank_of,
    clusters_in,
    exceeds,
    followed,
    shape_of,
)
from remission.mrd.flow.suggestion.fitness import Fitness, misfits, panel_misfits
from remission.mrd.flow.suggestion.mixture import (
    Mixture,
    Places,
    Prepared,
    adapted,
    density,
    prepared,
    shift_of,
    usual_spread,
)
from remission.mrd.flow.suggestion.places import places_of
from remission.mrd.flow.suggestion.reference import ENOUGH_NORMALS, Reference
from remission.mrd.flow.suggestion.suggested import Cluster, Suggestion
from remission.terms.words import Text

_LEAST_AT_DIAGNOSIS = 200
"""Events that a cluster of the diagnosis file holds, to be followed."""
_COMPARED = 6_000
_SHARE_AT_DIAGNOSIS = 0.05
"""Candidates of the diagnosis file that are compared with each other (its clusters are large); share of cells
that a cluster there holds, to be followed."""


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """The child's own file from diagnosis: as the file looked at, with its panel, ranges and cells."""

    events: Events
    panel: Panel
    ranges: Mapping[str, float]
    within: Mask | None = None
    spectra: Mapping[str, Spectrum] = field(default_factory=dict[str, Spectrum])


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What a call looks with: a view of the reference, and how hard."""

    reference: Reference
    view: int
    normals: tuple[Normal, ...]
    least: int
    cores: int

    @property
    def markers(self) -> tuple[str, ...]:
        gone = self.reference.views[self.view].ignored
        return tuple(marker for marker in self.reference.markers if marker not in gone)

    @property
    def mixture(self) -> Mixture:
        return self.reference.mixture.without(self.reference.columns(self.view))


def suggest(
    events: Events,
    panel: Panel,
    ranges: Mapping[str, float],
    reference: Reference,
    *,
    within: Mask | None = None,
    denominator: str = "",
    diagnosis: Diagnosis | None = None,
    ignore: Set[str] = frozenset(),
    least: int = 20,
    spectra: Mapping[str, Spectrum] = MappingProxyType({}),
    cores: int = 1,
) -> tuple[Suggestion, Mask]:
    """Suggest events to look at.

    Parameters
    ----------
    events, panel, ranges, spectra
        The file, which channel carries which marker, the top (`$PnR`) of each channel, matrices by name.
    reference : Reference
        Normal marrows of this panel and instrument.
    within : Mask, optional
        The cells compared, one truth per event: the population the reference was made of. All by default.
    denominator : str
        What `within` is called; the reference's name for it by default.
    diagnosis : Diagnosis, optional
        The child's own, by the same panel.
    ignore : set of str
        Markers that say nothing here: CD19 after treatment against it. The reference must have such a view.
    least : int
        Events that make a cluster.

    Returns
    -------
    Suggestion, Mask
        And one truth per event of the whole file. Equal calls give equal answers.

    Raises
    ------
    InputRefused
        For fewer than 2 events as `least`, a view the reference lacks, or a range that is missing.
    """
    if least < 2:
        raise InputRefused(f"clusters of {least} events", where="suggestion", do="ask for 2 or more")
    view = reference.view(frozenset(ignore))
    if view is None:
        raise InputRefused(
            f"no view without {', '.join(sorted(ignore))}",
            where=f"reference {reference.name} {reference.version}",
            do="build the reference with this view",
        )
    asked = _Asked(reference, view, reference.normals(view), least, cores)
    cells = events.count if within is None else int(within.sum())
    mask = np.zeros(events.count, dtype=np.bool_)
    unfit = panel_misfits(panel, ranges, reference, asked.markers)
    if diagnosis is not None:
        unfit += panel_misfits(diagnosis.panel, diagnosis.ranges, reference, asked.markers, at_diagnosis=True)
    if unfit:
        return _said(asked, (), cells, denominator, unfit, diagnosis, 0.0), mask
    file, fit = _file(events, panel, ranges, within, spectra, asked)
    unfit = misfits(fit, reference, asked.markers, view)
    if unfit:
        return _said(asked, (), cells, denominator, unfit, diagnosis, 0.0), mask
    sure = reference.least_odds(view)
    found = [one for one in clusters_in(file, asked.normals, least, cores) if one.odds > sure]
    blank = 0.0
    if diagnosis is not None:
        seen = _seen_again(file, _at_diagnosis(diagnosis, asked), asked)
        blank = max((_blank(one, cells, asked) for one in seen), default=0.0)
        found = _joined(found, seen, least)
    rows = np.arange(events.count) if within is None else np.flatnonzero(within)
    for one in found:
        mask[rows[one.events]] = True
    clusters = tuple(_described(one, file, asked) for one in found)
    return _said(asked, clusters, cells, denominator, (), diagnosis, blank), mask


def _file(
    events: Events,
    panel: Panel,
    ranges: Mapping[str, float],
    within: Mask | None,
    spectra: Mapping[str, Spectrum],
    asked: _Asked,
    as_is: bool = False,
) -> tuple[File, Fitness]:
    """The file against the reference as this marrow shows it (`as_is`: against the reference itself)."""
    places = places_of(events, panel, ranges, asked.markers, within, spectra, asked.cores)
    base = asked.mixture
    mine = base if as_is else adapted(base, sample_of(places, SAMPLED))
    known, threshold = prepared(mine), asked.reference.views[asked.view].threshold
    scores = density(known, places, threshold, asked.cores)
    far = float((scores < threshold).mean()) if len(scores) else 0.0
    fit = Fitness(len(places), shift_of(base, mine), far)
    return File(places, scores, threshold, known, usual_spread(base)), fit


def _at_diagnosis(diagnosis: Diagnosis, asked: _Asked) -> list[Prepared]:
    """Shapes of the large clusters of the diagnosis file.

    The reference is not laid where the file shows its populations: at diagnosis these are the leukaemia's.
    """
    file, _ = _file(
        diagnosis.events, diagnosis.panel, diagnosis.ranges, diagnosis.within, diagnosis.spectra, asked, True
    )
    most = max(_LEAST_AT_DIAGNOSIS, int(_SHARE_AT_DIAGNOSIS * len(file.places)))
    numbers: Generator = default_rng(4)
    found = clusters_in(file, asked.normals, most, asked.cores, _COMPARED)
    return [shape_of(file, one.events, numbers) for one in found]


def _seen_again(file: File, shapes: Sequence[Prepared], asked: _Asked) -> list[Found]:
    """What the file shows of clusters at diagnosis, beyond what normal marrows show of them."""
    found = [followed(file, shape, asked.cores) for shape in shapes]
    cells = len(file.places)
    return [one for one in found if len(one.events) and exceeds(one, len(one.events), cells, asked.normals)]


def _blank(found: Found, cells: int, asked: _Asked) -> float:
    """Events in a file of `cells` that the highest of the normal marrows shows of a cluster."""
    return max((blank_of(found, one) / one.cells for one in asked.normals), default=0.0) * cells


def _joined(found: Sequence[Found], again: Sequence[Found], least: int) -> list[Found]:
    """Clusters of both kinds, those of the diagnosis first, each event once."""
    joined: list[Found] = []
    taken = np.empty(0, dtype=np.int64)
    for one in (*sorted(again, key=lambda one: -len(one.events)), *found):
        events = np.setdiff1d(one.events, taken)
        if len(events) >= least:
            joined.append(replace(one, events=events))
            taken = np.union1d(taken, events)
    return joined


def _described(found: Found, file: File, asked: _Asked) -> Cluster:
    """Where a cluster lies, in words of markers; its score is how much rarer than the threshold it lies."""
    places: Places = file.places[found.events]
    center, spread = np.median(places, axis=0), places.std(axis=0)
    score = float(np.mean(file.threshold - density(file.known, places)))
    return Cluster(
        len(places),
        MappingProxyType({marker: float(value) for marker, value in zip(asked.markers, center, strict=True)}),
        MappingProxyType({marker: float(value) for marker, value in zip(asked.markers, spread, strict=True)}),
        score,
    )


def _said(
    asked: _Asked,
    clusters: tuple[Cluster, ...],
    cells: int,
    denominator: str,
    unfit: tuple[Text, ...],
    diagnosis: Diagnosis | None,
    blank: float,
) -> Suggestion:
    reference = asked.reference
    marrows = reference.marrows
    most = reference.blank(asked.view) * cells
    return Suggestion(
        events=sum(one.events for one in clusters),
        cells=cells,
        denominator=denominator or reference.population,
        lob_events=max(most, blank),
        least=asked.least,
        normals=len(marrows),
        threshold=reference.views[asked.view].threshold,
        clusters=clusters,
        unfit=unfit,
        diagnosis=diagnosis is not None,
        reference=f"{reference.name} {reference.version} sha256 {reference.sha256}",
        notes=_notes(asked, cells),
    )


def _notes(asked: _Asked, cells: int) -> tuple[Text, ...]:
    notes: list[Text] = []
    normals = len(asked.reference.marrows)
    if normals < ENOUGH_NORMALS:
        sure = 100 * (1 - 0.95**normals)
        notes.append(
            Text(
                f"The limit of blank is the highest of {normals} normal marrows: a 95 % limit with "
                f"{sure:.0f} % confidence only; {ENOUGH_NORMALS} are needed for 95 %.",
                f"空白限取自 {normals} 份正常骨髓中的最高值：作为 95% 上限，其置信度仅为 {sure:.0f}%；"
                f"达到 95% 需要 {ENOUGH_NORMALS} 份。",
            )
        )
    gone = asked.reference.views[asked.view].ignored
    if gone:
        names = ", ".join(gone)
        notes.append(Text(f"Looked without {names}.", f"未使用 {names}。"))
    notes.append(
        Text(
            f"Fewer than {asked.least} events together are not suggested: in {cells} cells, "
            f"{asked.least / max(cells, 1):.1e}.",
            f"少于 {asked.least} 个聚集事件不作提示：{cells} 个细胞中为 {asked.least / max(cells, 1):.1e}。",
        )
    )
    return tuple(notes)
