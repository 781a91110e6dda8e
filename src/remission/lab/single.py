"""Sequences one by one, as a person pastes them: what each is made of, or why nothing is said."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from remission.errors import InputRefused, TooLarge
from remission.lab.addresses import file_name, opened
from remission.lab.sample import germline_at, ready
from remission.mrd.ngs.airr import airr_tsv, translated
from remission.mrd.ngs.annotate import annotate
from remission.mrd.ngs.bases import decode, reverse_complement
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.reading import records
from remission.mrd.ngs.rearrangement import NoCall, Part, Rearrangement, Reason
from remission.terms.words import Text

MOST = 10_000
"""Sequences that are annotated one by one; more of them are a sample."""

REASONS = {
    Reason.TOO_SHORT: Text("too short", "过短"),
    Reason.NO_J: Text("no J or Kde found", "未找到J或Kde"),
    Reason.NO_V: Text("no V, D or intron found before the J", "J前未找到V、D或内含子"),
    Reason.TWO_LOCI: Text("segments of two loci", "片段来自两个位点"),
    Reason.NO_DH_FLANK: Text(
        "a D without its germline flank: not told from chance", "D缺少胚系侧翼：不能排除偶合"
    ),
    Reason.LOW_QUALITY: Text("quality too low", "质量过低"),
}


@dataclass(frozen=True, slots=True)
class Sequence:
    """One sequence; `bases` in the direction of the gene where there is a call."""

    name: str
    bases: str
    made: Rearrangement | NoCall


@dataclass(frozen=True, slots=True)
class Annotated:
    """Sequences in their order, and the germline they were held against."""

    all: tuple[Sequence, ...]
    germline: Germline


def annotated(source: str, given: bytes | None, germline: str | None) -> Annotated:
    """Annotate the sequences of a file, of `given` bytes, or of bases written out.

    Raises
    ------
    InputRefused
        If it is none of these; as in `reading.records`; or for more than 10,000 sequences.
    """
    held = germline_at(germline)
    if given is None and set(source.upper()) <= set("ACGTUN") and len(source) >= 20:
        given = f">sequence\n{source}\n".encode()
    if given is not None:
        return Annotated(tuple(_each(BytesIO(given), "sequences", held)), held)
    with opened(source) as file:
        return Annotated(tuple(_each(file, file_name(source), held)), held)


def as_plain(one: Sequence) -> dict[str, object]:
    """A sequence as plain values; positions counted from 0, half open."""
    made = one.made
    if isinstance(made, NoCall):
        return {"name": one.name, "sequence": one.bases, "call": None, "why_not": str(made.reason)}
    junction = _junction(one.bases, made)
    return {
        "name": one.name,
        "sequence": one.bases,
        "call": {
            "locus": str(made.locus),
            "kind": str(made.kind),
            "five": _part(made.five),
            "d": [_part(part) for part in made.d],
            "three": _part(made.three),
            "n": [one.bases[start:end] for start, end in made.n_regions],
            "junction": junction,
            "junction_aa": translated(junction) if junction and made.productive else None,
            "productive": made.productive,
            "turned": made.turned,
        },
        "why_not": None,
    }


def text(found: Annotated, language: str) -> str:
    """The sequences for people, a paragraph each."""
    return "\n\n".join("\n".join(_lines(one, language)) for one in found.all)


def as_airr(found: Annotated) -> str:
    """The sequences with a call as an AIRR Rearrangement table."""
    called = [(one, one.made) for one in found.all if not isinstance(one.made, NoCall)]
    clones = tuple(Clonotype(one.bases, made, (0, len(one.bases)), 1, 1) for one, made in called)
    head, *rows = airr_tsv(Repertoire(clones, {}, 0), found.germline, "").splitlines()
    place = head.split("\t").index("sequence_id")
    lines = [head]
    for row, (one, _) in zip(rows, called, strict=True):
        cells = row.split("\t")
        cells[place] = one.name.replace("\t", " ")
        lines.append("\t".join(cells))
    return "\n".join(lines) + "\n"


def _each(file: BinaryIO, name: str, germline: Germline) -> Iterator[Sequence]:
    number, search = 0, ready(germline)
    for found in records(file, name):
        for read in range(len(found.block)):
            number += 1
            if number > MOST:
                raise TooLarge(
                    f"more than {MOST} sequences", where=name, do="index it as a sample: remission ngs index"
                )
            codes = found.block.codes(read)
            made = annotate(search, codes)
            turned = not isinstance(made, NoCall) and made.turned
            yield Sequence(found.name(read), decode(reverse_complement(codes) if turned else codes), made)
    if number == 0:
        raise InputRefused("no sequence in it", where=name, do="give FASTA, FASTQ, or bases")


def _part(part: Part) -> dict[str, object]:
    return {
        "alleles": list(part.alleles),
        "start": part.start,
        "end": part.end,
        "germline_start": part.germline_start,
        "germline_end": part.germline_end,
        "cut_5": part.cut_5,
        "cut_3": part.cut_3,
        "mismatches": part.mismatches,
    }


def _junction(bases: str, made: Rearrangement) -> str | None:
    return None if made.junction is None else bases[slice(*made.junction)]


def _lines(one: Sequence, language: str) -> Iterator[str]:
    yield one.name
    made = one.made
    if isinstance(made, NoCall):
        yield f"  {Text('no call', '不作判断').in_(language)}: {REASONS[made.reason].in_(language)}"
        return
    turned = Text(", read from the other strand", "，取自互补链").in_(language) if made.turned else ""
    yield f"  {made.locus} {made.kind}{turned}"
    parts = (made.five, *made.d, made.three)
    for place, part in enumerate(parts):
        yield f"  {_part_said(part).in_(language)}"
        if place < len(made.n_regions):
            start, end = made.n_regions[place]
            yield f"  N {end - start}  {one.bases[start:end]}".rstrip()
    junction = _junction(one.bases, made)
    if junction is not None:
        acids = f"  {translated(junction)}" if made.productive else ""
        yield f"  {Text('junction', '连接区').in_(language)} {junction}{acids}"
    said = {True: Text("productive", "可表达"), False: Text("not productive", "不可表达")}
    if made.productive is not None:
        yield f"  {said[made.productive].in_(language)}"


def _part_said(part: Part) -> Text:
    first, *equal = part.alleles
    more = f" (= {', '.join(equal[:3])}{' ...' if len(equal) > 3 else ''})" if equal else ""
    where, cut = f"{part.start + 1}-{part.end}", f"{part.cut_5} / {part.cut_3}"
    return Text(
        f"{first}{more}  bases {where}, cut {cut}, {part.mismatches} mismatches",
        f"{first}{more}  碱基{where}，缺失{cut}，错配{part.mismatches}",
    )
