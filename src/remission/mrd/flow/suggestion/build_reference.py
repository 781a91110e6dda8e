"""Making a reference: every marrow is held out once, so that the limit of blank is not the builder's hope."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.strategy import Panel
from remission.mrd.flow.suggestion.clusters import File, Normal, clusters_in
from remission.mrd.flow.suggestion.mixture import (
    Floats,
    Mixture,
    Places,
    Prepared,
    Sums,
    adapted,
    density,
    fitted,
    from_sums,
    prepared,
    shift_of,
    sums_of,
    usual_spread,
)
from remission.mrd.flow.suggestion.places import places_of, tops_of
from remission.mrd.flow.suggestion.reference import FalseCluster, HeldOut, Reference, View
from remission.mrd.flow.suggestion.reference_files import content_sha256

PARTS = 100
SAMPLED = 40_000
"""Events of a marrow that say where its populations lie."""
LOOKED_AT = 0.01
"""Share of normal cells that lie below the threshold and are looked at."""
_WIDE = 0.1
_FITTED = 80_000
_THINNED = 4_000
FEWEST_MARROWS = 3


@dataclass(frozen=True, slots=True, eq=False)
class NormalMarrow:
    """One marrow without disease: its file, panel, ranges (`$PnR` by channel); `within`: cells compared."""

    name: str
    kind: str
    events: Events
    panel: Panel
    ranges: Mapping[str, float]
    within: Mask | None = None
    spectra: Mapping[str, Spectrum] = field(default_factory=dict[str, Spectrum])


def build_reference(
    marrows: Sequence[NormalMarrow],
    markers: Sequence[str],
    numbers: Generator,
    *,
    name: str,
    version: str,
    population: str,
    ignored: Sequence[frozenset[str]] = (frozenset(), frozenset({"CD19"})),
    parts: int = PARTS,
    least: int = 20,
    cores: int = 1,
) -> Reference:
    """Build a reference from marrows without disease.

    Parameters
    ----------
    marrows : sequence of NormalMarrow
        All kinds that a file to be compared may be of; read three times each, one at a time.
    markers : sequence of str
        What is compared; every marrow's panel carries it.
    ignored : sequence of sets of str
        Views that suggestion may ask for (CD19 after anti-CD19 treatment); the first is usually empty.
    parts : int
        Of the mixture, at most.
    least : int
        Events of a false cluster that counts in the limit of blank.

    Raises
    ------
    InputRefused
        For too few marrows, or one that lacks a marker.
    InvariantBroken
        For marrows whose ranges differ, or of one name.
    """
    tops = _checked(marrows, markers)

    def places(one: NormalMarrow) -> Places:
        return places_of(one.events, one.panel, one.ranges, markers, one.within, one.spectra, cores)

    samples = [sample_of(places(one), SAMPLED) for one in marrows]
    mixture, without = _mixtures(samples, parts, numbers)
    views = [_columns(markers, gone) for gone in ignored]
    own = [
        [adapted(part.without(gone), _cut(sample, gone)) for gone in views]
        for part, sample in zip(without, samples, strict=True)
    ]
    thresholds, wide = _thresholds(own, samples, views)
    held: list[HeldOut] = []
    for one, mixtures, base, sample in zip(marrows, own, without, samples, strict=True):
        held.append(
            _held_out(
                one, places(one), [prepared(part) for part in mixtures], views, thresholds, wide, numbers
            )
        )
        held[-1] = replace(held[-1], shift=shift_of(base, adapted(base, sample)))
    found = Reference(
        name,
        version,
        population,
        tuple(markers),
        tops,
        mixture,
        tuple(
            View(tuple(sorted(gone & set(markers))), cut)
            for gone, cut in zip(ignored, thresholds, strict=True)
        ),
        tuple(held),
        "",
    )
    found = replace(found, marrows=_blanks(found, marrows, own, places, least, cores))
    return replace(found, sha256=content_sha256(found))


def sample_of(places: Places, most: int) -> Places:
    """Events evenly taken from a file, at most so many."""
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).astype(np.int64)]


def _checked(marrows: Sequence[NormalMarrow], markers: Sequence[str]) -> dict[str, float]:
    if len(marrows) < FEWEST_MARROWS:
        raise InputRefused(
            f"{len(marrows)} marrows", where="reference", do=f"give {FEWEST_MARROWS} or more, of every kind"
        )
    names = [one.name for one in marrows]
    if len(set(names)) != len(names):
        raise InvariantBroken(f"marrows {', '.join(names)}", where="reference", do="name each once")
    tops = [tops_of(one.panel, one.ranges, markers) for one in marrows]
    for one, other in zip(marrows, tops, strict=True):
        if other != tops[0]:
            raise InvariantBroken(
                f"ranges of {one.name} are not those of {marrows[0].name}",
                where="reference",
                do="build one reference for each instrument",
            )
    return tops[0]


def _columns(markers: Sequence[str], gone: frozenset[str]) -> list[int]:
    return [place for place, marker in enumerate(markers) if marker in gone]


def _cut(places: Places, gone: list[int]) -> Places:
    return np.ascontiguousarray(np.delete(places, gone, axis=1)) if gone else places


def _mixtures(samples: Sequence[Places], parts: int, numbers: Generator) -> tuple[Mixture, list[Mixture]]:
    """The mixture of all marrows, and of all but each."""
    each = max(1, _FITTED // len(samples))
    chosen = [sample_of(sample, each) for sample in samples]
    mixture = fitted(np.concatenate(chosen), parts, numbers)
    sums = [sums_of(mixture, sample) for sample in chosen]
    total = Sums(
        np.sum([one.cells for one in sums], axis=0),
        np.sum([one.first for one in sums], axis=0),
        np.sum([one.second for one in sums], axis=0),
    )
    without = [
        from_sums(Sums(total.cells - one.cells, total.first - one.first, total.second - one.second))
        for one in sums
    ]
    return from_sums(total), without


def _thresholds(
    own: Sequence[Sequence[Mixture]], samples: Sequence[Places], views: Sequence[list[int]]
) -> tuple[list[float], list[float]]:
    """Densities below which `LOOKED_AT`, and a tenth, of held-out cells lie, per view."""
    found: list[tuple[float, float]] = []
    for view, gone in enumerate(views):
        scores = [
            density(prepared(mixtures[view]), _cut(sample_of(sample, 10_000), gone))
            for mixtures, sample in zip(own, samples, strict=True)
        ]
        low, high = np.quantile(np.concatenate(scores), (LOOKED_AT, _WIDE))
        found.append((float(low), float(high)))
    return [low for low, _ in found], [high for _, high in found]


def _held_out(
    marrow: NormalMarrow,
    places: Places,
    known: Sequence[Prepared],
    views: Sequence[list[int]],
    thresholds: Sequence[float],
    wide: Sequence[float],
    numbers: Generator,
) -> HeldOut:
    """Keep all cells below a threshold, and of the others some that stand for many."""
    seen = [density(one, _cut(places, gone), cut) for one, gone, cut in zip(known, views, wide, strict=True)]
    low = np.zeros(len(places), dtype=np.bool_)
    middle = np.zeros(len(places), dtype=np.bool_)
    for scores, cut, upper in zip(seen, thresholds, wide, strict=True):
        low |= scores < cut
        middle |= scores < upper
    kept, stands = [np.flatnonzero(low)], [np.ones(int(low.sum()))]
    for rows in (np.flatnonzero(middle & ~low), np.flatnonzero(~middle & ~low)):
        chosen = numbers.permutation(rows)[:_THINNED]
        kept.append(chosen)
        stands.append(np.full(len(chosen), len(rows) / max(1, len(chosen))))
    rows = np.concatenate(kept)
    chosen = np.ascontiguousarray(places[rows])
    scores = np.stack([density(one, _cut(chosen, gone)) for one, gone in zip(known, views, strict=True)])
    far = tuple(float((one < cut).mean()) for one, cut in zip(seen, thresholds, strict=True))
    return HeldOut(
        marrow.name,
        marrow.kind,
        len(places),
        chosen,
        np.concatenate(stands).astype(np.float32),
        scores,
        (),
        np.zeros(places.shape[1]),
        far,
    )


def _blanks(
    reference: Reference,
    marrows: Sequence[NormalMarrow],
    own: Sequence[Sequence[Mixture]],
    places: Callable[[NormalMarrow], Places],
    least: int,
    cores: int,
) -> tuple[HeldOut, ...]:
    """The held-out marrows with the events of clusters that each shows to the others."""
    normals = [reference.normals(view) for view in range(len(reference.views))]
    found: list[HeldOut] = []
    for place, (one, held) in enumerate(zip(marrows, reference.marrows, strict=True)):
        seen = places(one)
        counts = [
            _blank(reference, view, seen, own[place][view], _others(normals[view], place), least, cores)
            for view in range(len(reference.views))
        ]
        found.append(replace(held, clusters=tuple(counts)))
    return tuple(found)


def _others(normals: Sequence[Normal], place: int) -> list[Normal]:
    return [one for other, one in enumerate(normals) if other != place]


def _blank(
    reference: Reference,
    view: int,
    places: Places,
    own: Mixture,
    others: Sequence[Normal],
    least: int,
    cores: int,
) -> tuple[FalseCluster, ...]:
    """Clusters that a marrow without disease shows."""
    cut, threshold = _cut(places, reference.columns(view)), reference.views[view].threshold
    known = prepared(own)
    scores: Floats = density(known, cut, threshold, cores)
    file = File(cut, scores, threshold, known, usual_spread(own))
    found = clusters_in(file, others, least, cores)
    return tuple(FalseCluster(len(one.events), one.odds) for one in found)
