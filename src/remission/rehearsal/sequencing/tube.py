"""What is in a tube: templates drawn from cells, spikes from copies, and how much each is amplified."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.mrd.ngs.bases import Codes, encode
from remission.mrd.ngs.normal import Places, joined
from remission.rehearsal.sequencing.chance import Keys, template_keys, weight, weights_of
from remission.rehearsal.sequencing.repertoire import background_of
from remission.rehearsal.sequencing.spec import MOST_CLONOTYPES, Clone, Relation, Run, Sample

UNRELATED_SEQUENCES = 256
_UNRELATED_BASES = 240
_RANK_SHIFT, _RANK_FALL = 50, 0.8


@dataclass(frozen=True, slots=True)
class Stock:
    """Every sequence of a run, laid one after another.

    `windows` has shape (sequences, 2). `place`: of clones by their bases. `background`, `unrelated`: where
    those begin; the background lies between them.
    """

    data: Codes
    at: Places
    length: Places
    windows: Places
    place: Mapping[str, int]
    background: int
    unrelated: int


@dataclass(frozen=True, slots=True)
class Row:
    """Templates of one clone, or of the background (`clone` None), in one tube.

    `weight`: sum of the weights of its templates. `key`: of their copying histories.
    """

    clone: Clone | None
    relation: Relation
    asked: float
    templates: int
    weight: float
    key: int


@dataclass(frozen=True, slots=True)
class Tube:
    """One sample's templates. `owners`: running sum of the templates of each background clonotype."""

    sample: Sample
    rows: tuple[Row, ...]
    first_clonotype: int
    owners: Places

    def sources(self, row: int, templates: Places, stock: Stock) -> Places:
        """The sequence of each template of a row."""
        clone = self.rows[row].clone
        if clone is not None:
            return np.full(len(templates), stock.place[clone.bases])
        if self.rows[row].relation is Relation.UNRELATED:
            return stock.unrelated + templates
        clonotype = self.first_clonotype + np.searchsorted(self.owners, templates, side="right")
        return stock.background + clonotype % (stock.unrelated - stock.background)


def stock_of(run: Run, numbers: Generator) -> Stock:
    """Lay out every sequence of a run, tails included, and draw its background."""
    clones = {clone.bases: clone for sample in run.samples for clone in sample.clones}
    clones |= {spike.clone.bases: spike.clone for spike in run.spikes}
    donors = len({sample.donor for sample in run.samples})
    number = max(min(donors * run.clonotypes, MOST_CLONOTYPES), run.clonotypes)
    head, tail = run.tails
    codes = [encode(clone.bases) for clone in clones.values()]
    windows = [clone.window for clone in clones.values()]
    data, at, length, where = background_of(run.germline, run.model, number, numbers)
    noise = numbers.integers(0, 4, UNRELATED_SEQUENCES * _UNRELATED_BASES, dtype=np.uint8)
    lengths = np.concatenate(
        [[len(one) for one in codes], length, np.full(UNRELATED_SEQUENCES, _UNRELATED_BASES)]
    ).astype(np.int64)
    before = sum(map(len, codes))
    places = np.concatenate(
        [
            np.cumsum([0, *map(len, codes)])[:-1],
            before + at,
            before + len(data) + np.arange(UNRELATED_SEQUENCES) * _UNRELATED_BASES,
        ]
    ).astype(np.int64)
    spans = np.concatenate([np.array(windows, dtype=np.int64).reshape(-1, 2), where])
    spans = np.concatenate([spans, np.zeros((UNRELATED_SEQUENCES, 2), dtype=np.int64)]) + len(head)
    pool = np.concatenate([*codes, data, noise])
    return Stock(
        *_between(pool, places, lengths, head, tail),
        windows=spans,
        place={bases: place for place, bases in enumerate(clones)},
        background=len(codes),
        unrelated=len(codes) + number,
    )


def _between(pool: Codes, at: Places, length: Places, head: str, tail: str) -> tuple[Codes, Places, Places]:
    """Every sequence with the tails before and after it."""
    places = np.column_stack([np.zeros_like(at), at + len(head), np.full_like(at, len(head) + len(pool))])
    lengths = np.column_stack([np.full_like(at, len(head)), length, np.full_like(at, len(tail))])
    return joined(np.concatenate([encode(head), pool, encode(tail)]), places, lengths)


def fill(run: Run, number: int, numbers: Generator) -> Tube:
    """Draw the templates of one sample (by its place in the run).

    Cells bear a clone by chance (Poisson with mean cells x fraction), copies of a spike likewise.
    """
    sample, table = run.samples[number], weights_of(run.pcr)
    asked: list[tuple[Clone | None, Relation, float, float]] = [
        (clone, clone.relation, sample.fractions[clone.name], sample.cells * sample.fractions[clone.name])
        for clone in sample.clones
        if clone.name in sample.fractions
    ]
    asked += [(spike.clone, Relation.SPIKE, spike.copies, spike.copies) for spike in run.spikes]
    asked.append((None, Relation.BACKGROUND, sample.background, sample.cells * sample.background))
    rows: list[Row] = []
    for clone, relation, wanted, mean in asked:
        templates, key = int(numbers.poisson(mean)), int(numbers.integers(0, 2**63))
        whole = _weight(table, key, templates)
        rows.append(Row(clone, relation, wanted, templates, whole, key))
    rows.append(
        Row(
            None, Relation.UNRELATED, run.unrelated, UNRELATED_SEQUENCES, 0.0, int(numbers.integers(0, 2**63))
        )
    )
    shares = (np.arange(run.clonotypes) + _RANK_SHIFT) ** -_RANK_FALL
    background = next(row for row in rows if row.relation is Relation.BACKGROUND)
    sizes = numbers.multinomial(background.templates, shares / shares.sum())
    donors = sorted({other.donor for other in run.samples})
    return Tube(sample, tuple(rows), donors.index(sample.donor) * run.clonotypes, np.cumsum(sizes))


def _weight(table: NDArray[np.float64], key: int, templates: int) -> float:
    keys = np.full(templates, key, dtype=np.uint64)
    return float(weight(table, template_keys(keys, np.arange(templates))).sum())


def picked(
    table: NDArray[np.float64], keys: Keys, templates: Places, numbers: Generator
) -> tuple[Places, Keys]:
    """A template for each read, by weight: its number among the `templates` of its row, and its key."""
    chosen = np.zeros(len(keys), dtype=np.int64)
    own = np.zeros(len(keys), dtype=np.uint64)
    open_, most = np.arange(len(keys)), float(table[-1])
    while len(open_):
        tried = (numbers.random(len(open_)) * templates[open_]).astype(np.int64)
        their = template_keys(keys[open_], tried)
        taken = numbers.random(len(open_)) * most < weight(table, their)
        chosen[open_[taken]], own[open_[taken]] = tried[taken], their[taken]
        open_ = open_[~taken]
    return chosen, own


def shared_out(total: int, weights: Sequence[float], numbers: Generator) -> Places:
    """Reads for each row by weight; none where no row weighs anything."""
    shares = np.array(weights, dtype=np.float64)
    if shares.sum() <= 0:
        return np.zeros(len(shares), dtype=np.int64)
    return numbers.multinomial(total, shares / shares.sum())
