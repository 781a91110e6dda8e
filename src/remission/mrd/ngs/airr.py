"""Clonotypes as an AIRR Rearrangement table (AIRR Standards 1.4; https://docs.airr-community.org).

Positions in the table count from 1 and include both ends. True is T, false is F, unknown is empty. Calls
name the best allele first, then those that explain the read equally well. An incomplete D-J has no V call;
Kde stands where J would, the intron where V would.
"""

from collections.abc import Mapping
from itertools import groupby
from types import MappingProxyType

from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.rearrangement import Kind, Part

COLUMNS = (
    "sequence_id",
    "sequence",
    "rev_comp",
    "productive",
    "vj_in_frame",
    "stop_codon",
    "locus",
    "v_call",
    "d_call",
    "d2_call",
    "j_call",
    "sequence_alignment",
    "germline_alignment",
    "junction",
    "junction_aa",
    "junction_length",
    "np1",
    "np1_length",
    "np2",
    "np2_length",
    "v_cigar",
    "d_cigar",
    "j_cigar",
    "v_sequence_start",
    "v_sequence_end",
    "v_germline_start",
    "v_germline_end",
    "d_sequence_start",
    "d_sequence_end",
    "d_germline_start",
    "d_germline_end",
    "d2_sequence_start",
    "d2_sequence_end",
    "d2_germline_start",
    "d2_germline_end",
    "j_sequence_start",
    "j_sequence_end",
    "j_germline_start",
    "j_germline_end",
    "duplicate_count",
    "repertoire_id",
    "germline_database",
)
"""Columns of the table, in their order."""

_ACIDS = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF"
CODONS: Mapping[str, str] = MappingProxyType(
    {
        one + two + three: _ACIDS[16 * i + 4 * j + k]
        for i, one in enumerate("ACGT")
        for j, two in enumerate("ACGT")
        for k, three in enumerate("ACGT")
    }
)
"""The standard genetic code."""


def airr_tsv(repertoire: Repertoire, germline: Germline, sample: str) -> str:
    """The listed clonotypes of a sample as an AIRR Rearrangement table, most reads first.

    `duplicate_count` is the reads of the clonotype, sequencing errors included. Where a segment lies on
    fewer or more bases than its germline, one gap is put where most bases agree.
    """
    bases = {allele.name: allele.bases for allele in germline.alleles}
    source = f"{germline.name} ({germline.version})"
    lines = ["\t".join(COLUMNS)]
    for number, clone in enumerate(repertoire.clonotypes, start=1):
        row = {
            "sequence_id": f"{_plain(sample)}-{number}",
            "repertoire_id": _plain(sample),
            "germline_database": _plain(source),
            **_row(clone, bases),
        }
        lines.append("\t".join(row.get(column, "") for column in COLUMNS))
    return "\n".join(lines) + "\n"


def translated(bases: str) -> str:
    """Amino acids of bases in frame; a codon with an unknown base is X, an unfinished last one nothing."""
    return "".join(CODONS.get(bases[at : at + 3], "X") for at in range(0, len(bases) - 2, 3))


def gapped(read: str, germline: str) -> tuple[str, str]:
    """Two stretches brought to one length by a single gap in the shorter, where most bases agree."""
    lacking = len(germline) - len(read)
    if lacking == 0:
        return read, germline
    short, long = (read, germline) if lacking > 0 else (germline, read)
    gap = "-" * abs(lacking)
    ways = (short[:at] + gap + short[at:] for at in range(len(short) + 1))
    best = max(ways, key=lambda way: sum(a == b for a, b in zip(way, long, strict=True)))
    return (best, long) if lacking > 0 else (long, best)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _truth(value: bool | None) -> str:
    return "" if value is None else "FT"[value]


def _row(clone: Clonotype, bases: Mapping[str, str]) -> dict[str, str]:
    found = clone.rearrangement
    parts = (found.five, *found.d, found.three)
    aligned = [_aligned(clone.sequence, part, bases) for part in parts]
    between = [clone.sequence[start:end] for start, end in found.n_regions]
    row = {
        "sequence": clone.sequence,
        "rev_comp": "F",
        "productive": _truth(found.productive),
        "locus": found.locus.value,
        "sequence_alignment": _joined([read for read, _ in aligned], between),
        "germline_alignment": _joined([read for _, read in aligned], ["N" * len(n) for n in between]),
        "duplicate_count": str(clone.reads),
    }
    for number, bases_between in enumerate(between[:2], start=1):
        row |= {f"np{number}": bases_between, f"np{number}_length": str(len(bases_between))}
    for letter, part, pair in zip(_letters(clone), parts, aligned, strict=True):
        row |= _columns_of(letter, part, pair, len(clone.sequence))
    return row | _junction(clone)


def _letters(clone: Clonotype) -> tuple[str, ...]:
    five = "d" if clone.rearrangement.kind is Kind.D_J else "v"
    return (five, *("d", "d2")[: len(clone.rearrangement.d)], "j")


def _junction(clone: Clonotype) -> dict[str, str]:
    span = clone.rearrangement.junction
    if span is None:
        return {}
    junction = clone.sequence[slice(*span)]
    in_frame = len(junction) % 3 == 0
    row = {
        "junction": junction,
        "junction_length": str(len(junction)),
        "junction_aa": translated(junction) if in_frame else "",
        "vj_in_frame": _truth(in_frame),
    }
    if in_frame and clone.rearrangement.productive is not None:
        row["stop_codon"] = _truth(not clone.rearrangement.productive)
    return row


def _joined(parts: list[str], between: list[str]) -> str:
    return "".join(part + n for part, n in zip(parts, [*between, ""], strict=True))


def _aligned(sequence: str, part: Part, bases: Mapping[str, str]) -> tuple[str, str]:
    germline = bases[part.alleles[0]][part.germline_start : part.germline_end]
    return gapped(sequence[part.start : part.end], germline)


def _columns_of(letter: str, part: Part, aligned: tuple[str, str], size: int) -> dict[str, str]:
    row = {
        f"{letter}_call": ",".join(part.alleles),
        f"{letter}_sequence_start": str(part.start + 1),
        f"{letter}_sequence_end": str(part.end),
        f"{letter}_germline_start": str(part.germline_start + 1),
        f"{letter}_germline_end": str(part.germline_end),
    }
    if letter != "d2":
        row[f"{letter}_cigar"] = _cigar(part, aligned, size)
    return row


def _cigar(part: Part, aligned: tuple[str, str], size: int) -> str:
    steps = [
        "D" if read == "-" else "I" if germline == "-" else "=" if read == germline else "X"
        for read, germline in zip(*aligned, strict=True)
    ]
    runs = [(sum(1 for _ in run), step) for step, run in groupby(steps)]
    before = [(part.start, "S"), (part.germline_start, "N")]
    return "".join(f"{n}{step}" for n, step in (*before, *runs, (size - part.end, "S")) if n)
