"""SIMULATED sequencing runs: the front door."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

import numpy as np
from isal import igzip
from numpy.random import Generator

from remission.mrd.ngs.normal import Places
from remission.rehearsal.sequencing.chance import weights_of
from remission.rehearsal.sequencing.pcr import amplify
from remission.rehearsal.sequencing.sequencer import Profiles, profiles_of, read_out
from remission.rehearsal.sequencing.spec import SIMULATED, Clone, Relation, Run, Sample
from remission.rehearsal.sequencing.tube import Row, Stock, Tube, fill, picked, shared_out, stock_of
from remission.rehearsal.sequencing.writing import (
    SHEET,
    SPIKES,
    TRUTH,
    Truth,
    names_of,
    run_sheet,
    spikes_fasta,
    truth_csv,
)

Into = Callable[[str], BinaryIO]
"""Opens a file of this name for writing; it is closed when the file is whole."""

_AT_ONCE = 16_384


@dataclass(frozen=True, slots=True)
class _Share:
    """Reads of one sample from one row of one tube; `written` of `drawn`."""

    tube: Tube
    row: int
    drawn: int
    written: int


class _Kept(io.BytesIO):
    """A file in memory that tells what was written to it when it is closed."""

    def __init__(self, keep: Callable[[bytes], None]) -> None:
        super().__init__()
        self._keep = keep

    def close(self) -> None:
        if not self.closed:
            self._keep(self.getvalue())
        super().close()


def simulate_run(run: Run, numbers: Generator, into: Into) -> tuple[Truth, ...]:
    """Simulate every sample of a run and write its files, streamed; equal seeds give equal bytes.

    Writes the reads of each sample, the spikes, the run sheet and the truth, and returns the truth.
    """
    streams = numbers.spawn(3 + len(run.samples))
    stock, profiles = stock_of(run, streams[0]), profiles_of(run.reading, streams[1])
    tubes = [fill(run, place, one) for place, one in enumerate(streams[2].spawn(len(run.samples)))]
    truth: list[Truth] = []
    for place, own in enumerate(streams[3:]):
        truth += _sample(run, stock, profiles, tubes, place, own, into, len(truth))
    for name, text in ((TRUTH, truth_csv(truth)), (SPIKES, spikes_fasta(run)), (SHEET, run_sheet(run))):
        with into(name) as file:
            file.write(text.encode())
    return tuple(truth)


def simulate_sample(
    run: Run, sample: Sample, numbers: Generator
) -> tuple[dict[str, bytes], tuple[Truth, ...]]:
    """Simulate one sample alone, in memory: its files by name, and the truth."""
    return in_memory(replace(run, samples=(sample,)), numbers)


def in_memory(run: Run, numbers: Generator) -> tuple[dict[str, bytes], tuple[Truth, ...]]:
    """Simulate a small run: its files by name, and the truth."""
    files: dict[str, bytes] = {}

    def into(name: str) -> BinaryIO:
        return _Kept(lambda content: files.__setitem__(name, content))

    return files, simulate_run(run, numbers, into)


def _sample(
    run: Run,
    stock: Stock,
    profiles: Profiles,
    tubes: Sequence[Tube],
    place: int,
    numbers: Generator,
    into: Into,
    first_row: int,
) -> list[Truth]:
    """Write the reads of one sample; its rows of the truth."""
    shares = _shares(run, tubes, place, numbers)
    counts = np.zeros((len(shares), 5), dtype=np.int64)
    sample = run.samples[place]
    files = [_open(into(name), name) for name in names_of(run, sample)]
    first = 1
    for rows in _orders(shares, numbers):
        source, keys = _templates(run, stock, shares, rows, numbers)
        fragments = amplify(run.pcr, stock, source, keys, numbers)
        name = f"{SIMULATED}:{sample.name}"
        texts, erred, cut = read_out(run.reading, profiles, fragments, rows + first_row, name, first, numbers)
        for file, text in zip(files, texts, strict=True):
            file.write(text)
        plain = ~fragments.chimera
        own_window = fragments.chimera & (fragments.windows[:, 0] >= 0)
        for column, what in enumerate(
            (plain, plain & (erred | fragments.changed), plain & cut, fragments.chimera, own_window)
        ):
            counts[:, column] += np.bincount(rows[what], minlength=len(shares))
        first += len(rows)
    for file in files:
        file.close()
    return [
        _truth(first_row + row, sample, share, counts[row], tubes[place]) for row, share in enumerate(shares)
    ]


def _shares(run: Run, tubes: Sequence[Tube], place: int, numbers: Generator) -> list[_Share]:
    """How many reads of a sample come from each row of its own tube and, hopped in, of the others'."""
    tube, total = tubes[place], run.samples[place].reads
    unrelated = int(numbers.binomial(total, run.unrelated))
    others = [other for other in tubes if other is not tube]
    hopped = int(numbers.binomial(total - unrelated, run.hopping)) if others else 0
    own = shared_out(total - unrelated - hopped, [row.weight for row in tube.rows], numbers)
    shares: list[_Share] = []
    for at, (row, drawn) in enumerate(zip(tube.rows, own, strict=True)):
        count = unrelated if row.relation is Relation.UNRELATED else int(drawn)
        thin = row.relation is Relation.BACKGROUND and run.background_share < 1
        shares.append(
            _Share(tube, at, count, int(numbers.binomial(count, run.background_share)) if thin else count)
        )
    from_each = shared_out(hopped, [float(other.sample.reads) for other in others], numbers)
    for other, many in zip(others, from_each, strict=True):
        drawn = shared_out(int(many), [row.weight for row in other.rows], numbers)
        shares += [_Share(other, at, int(n), int(n)) for at, n in enumerate(drawn) if n]
    return shares


def _orders(shares: Sequence[_Share], numbers: Generator) -> Iterator[Places]:
    """The row of each read, in random order, a stretch of the file at a time."""
    left = np.array([share.written for share in shares], dtype=np.int64)
    while left.sum():
        many = min(_AT_ONCE, int(left.sum()))
        now = numbers.multivariate_hypergeometric(left, many, method="marginals")
        left -= now
        yield numbers.permutation(np.repeat(np.arange(len(shares)), now))


def _templates(
    run: Run, stock: Stock, shares: Sequence[_Share], rows: Places, numbers: Generator
) -> tuple[Places, np.typing.NDArray[np.uint64]]:
    """The sequence, and the key of the template, of each read."""
    lines = [share.tube.rows[share.row] for share in shares]
    keys = np.array([line.key for line in lines], dtype=np.uint64)[rows]
    many = np.array([line.templates for line in lines], dtype=np.int64)[rows]
    templates, own = picked(weights_of(run.pcr), keys, many, numbers)
    source = np.empty(len(rows), dtype=np.int64)
    for row in np.unique(rows):
        its = rows == row
        source[its] = shares[row].tube.sources(shares[row].row, templates[its], stock)
    return source, own


def _open(file: BinaryIO, name: str) -> BinaryIO:
    if not name.endswith(".gz"):
        return file
    return cast(BinaryIO, _Zipped(file))


class _Zipped:
    """A gzip file without name or time in its header."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._zip = igzip.IGzipFile(filename="", mode="wb", compresslevel=1, fileobj=file, mtime=0)

    def write(self, text: bytes) -> None:
        self._zip.write(text)

    def close(self) -> None:
        self._zip.close()
        self._file.close()


def _truth(number: int, sample: Sample, share: _Share, counts: Places, own: Tube) -> Truth:
    row: Row = share.tube.rows[share.row]
    clone: Clone | None = row.clone
    return Truth(
        row=number,
        sample=sample.name,
        tube=share.tube.sample.name,
        name=str(row.relation) if clone is None else clone.name,
        relation=str(row.relation),
        of="" if clone is None else clone.of,
        kind="" if clone is None else str(clone.kind),
        locus="" if clone is None else str(clone.locus),
        asked=row.asked,
        templates=row.templates if share.tube is own and row.relation is not Relation.UNRELATED else 0,
        reads=int(counts[0]),
        changed=int(counts[1]),
        cut=int(counts[2]),
        chimeras=int(counts[3]),
        in_chimeras=int(counts[4]),
        left_out=share.drawn - share.written,
        window="" if clone is None else clone.bases[slice(*clone.window)],
    )
