"""A spillover matrix from the FCS files of single stains."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from remission.lab.flow_files import opened
from remission.lab.tables import Table
from remission.mrd.flow.light.single_stains import SingleStain, Stained, from_controls
from remission.mrd.flow.spectrum import Spectrum
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class MadeMatrix:
    """The matrix as CSV, as plain values and as tables."""

    csv: str
    plain: dict[str, Any]
    tables: tuple[Table, ...]
    simulated: bool


def matrix_of(
    controls: Sequence[tuple[str, str]], detectors: Sequence[str], unstained: str | None
) -> MadeMatrix:
    """Measure each control (dye, address of its file) on `detectors`. `Raises` as `from_controls`."""
    samples = [(dye, opened([address])) for dye, address in controls]
    dark = None if unstained is None else opened([unstained])
    spectrum, stained = from_controls(
        [SingleStain(dye, sample.events) for dye, sample in samples],
        detectors,
        unstained=None if dark is None else dark.events,
        tops=samples[0][1].ranges if samples else None,
    )
    simulated = any(sample.simulated for _, sample in samples)
    plain = {
        "simulated": simulated,
        "fluorochromes": spectrum.fluorochromes,
        "detectors": spectrum.detectors,
        "values": spectrum.values,
        "controls": [
            {
                "fluorochrome": one.fluorochrome,
                "own": one.own,
                "bright": one.bright,
                "dim": one.dim,
                "separation": one.separation,
                "errors": one.errors,
                "notes": [note.en for note in _notes(one, spectrum)],
            }
            for one in stained
        ],
    }
    return MadeMatrix(_csv(spectrum), plain, tuple(_tables(spectrum, stained)), simulated)


def _notes(one: Stained, spectrum: Spectrum) -> Iterator[Text]:
    """What is to be said of a control; that its tube may be another's, above all."""
    if one.fluorochrome in spectrum.detectors and one.own != one.fluorochrome:
        yield Text(
            f"named after {one.fluorochrome}, but brightest in {one.own}: are two tubes exchanged?",
            f"以{one.fluorochrome}命名，却在{one.own}最亮：是否两管对调？",
        )
    yield from one.notes


def _csv(spectrum: Spectrum) -> str:
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["", *spectrum.detectors])
    for name, values in zip(spectrum.fluorochromes, spectrum.values, strict=True):
        rows.writerow([name, *(repr(value) for value in values)])
    return out.getvalue()


def _tables(spectrum: Spectrum, stained: Sequence[Stained]) -> Iterator[Table]:
    heads = tuple(Text(name, name) for name in spectrum.detectors)
    yield Table(
        Text("Light of each dye in each detector", "各染料在各检测器中的光"),
        (Text("dye", "染料"), *heads),
        tuple(
            (name, *(f"{value:.4f}" for value in values))
            for name, values in zip(spectrum.fluorochromes, spectrum.values, strict=True)
        ),
        frozenset(range(1, len(heads) + 1)),
    )
    yield Table(
        Text("Controls", "对照"),
        (
            Text("dye", "染料"),
            Text("own detector", "自身检测器"),
            Text("bright", "阳性事件"),
            Text("dim", "阴性事件"),
            Text("stain index", "染色指数"),
        ),
        tuple(
            (one.fluorochrome, one.own, f"{one.bright:,}", f"{one.dim:,}", f"{one.separation:.3g}")
            for one in stained
        ),
        frozenset({2, 3, 4}),
        tuple(
            Text(f"{one.fluorochrome}: {note.en}", f"{one.fluorochrome}：{note.zh}")
            for one in stained
            for note in _notes(one, spectrum)
        ),
    )
