"""The genes that rearrangements are made of: one set of alleles, with its origin and version."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files as package_files
from io import BytesIO
from typing import BinaryIO

from remission.errors import InputRefused, InvariantBroken, Malformed, WrongEncoding
from remission.mrd.ngs.rearrangement import Locus


class Segment(StrEnum):
    """What a germline sequence is a piece of."""

    V = "V"
    D = "D"
    J = "J"
    KDE = "Kde"
    INTRON = "intron"


@dataclass(frozen=True, slots=True)
class Allele:
    """One germline sequence, ungapped, in capitals.

    `anchor`: position of the first base of the codon that bounds the junction (second cysteine of V,
    tryptophan or phenylalanine of J); None where there is none.
    """

    name: str
    locus: Locus
    segment: Segment
    bases: str
    anchor: int | None

    @property
    def gene(self) -> str:
        """The gene of the allele: its name up to the star."""
        return self.name.split("*")[0]


@dataclass(frozen=True, slots=True)
class Germline:
    """A set of alleles; `sha256` is over its names and bases, so that a result can say which set it used."""

    name: str
    version: str
    sha256: str
    alleles: tuple[Allele, ...]


SHIPPED_FILES = ("v.fasta", "d.fasta", "j.fasta", "kde_intron.fa")
SHIPPED_VERSION = "IGH rev 9, IGK rev 4, IGL rev 3, 2024-10-12"

_CYSTEINE_104 = 309
"""Codon 104 in a V gapped by the IMGT numbering (Lefranc 2003, DOI 10.1016/S0145-305X(02)00039-3)."""

_CYSTEINE_NEAR_END = 48
"""A plain V is searched for its cysteine within so many bases of its 3' end."""

_BEFORE_CYSTEINE = (re.compile(r"(?=TA[CT]T[AT][CT](TG[CT]))"), re.compile(r"(?=[TC][AT][CT](TG[CT]))"))
"""Tyrosine, tyrosine or phenylalanine, cysteine; where that is not found, any codon like these."""

_J_MOTIF = re.compile(r"(?=(TGG|TT[CT])GG[ACGTN][ACGTN]{3}GG[ACGTN])")
_GENE_NAME = re.compile(r"IG([HKL])([VDJ])[0-9A-Za-z/()._-]*(\*[0-9A-Za-z_.-]+)?")
_SPECIAL_NAMES: Mapping[str, Segment] = {
    "KDE": Segment.KDE,
    "IGKKDE": Segment.KDE,
    "IGK-KDE": Segment.KDE,
    "INTRON": Segment.INTRON,
    "IGKINTRON": Segment.INTRON,
    "IGK-INTRON": Segment.INTRON,
}
_LETTERS = re.compile(r"[ACGTUNRYSWKMBDHV.]*")
_AMBIGUOUS = str.maketrans("URYSWKMBDHV", "TNNNNNNNNNN")


@cache
def shipped() -> Germline:
    """The set that comes with the package: OGRDB (CC0), with Kde and the intron; see its ORIGIN.md."""
    folder = package_files("remission.mrd.ngs") / "germline_ogrdb"
    alleles: list[Allele] = []
    for file in SHIPPED_FILES:
        alleles.extend(_alleles_of(file, BytesIO((folder / file).read_bytes())))
    return _germline("OGRDB", SHIPPED_VERSION, alleles)


def read_germline(files: Mapping[str, BinaryIO], name: str) -> Germline:
    """A user's own set: FASTA files, V either IMGT-gapped (dots) or plain.

    A header is the allele's name, or holds it between bars as IMGT writes them; locus and segment are read
    from the name (`IGHV1-2*02`, `IGKJ1*01`, `KDE`, `intron`). The cysteine of a gapped V is codon 104; in a
    plain V it is the last tyrosine-cysteine near the 3' end. The tryptophan or phenylalanine of J is that of
    the motif W/F-G-X-G. The version of the set is the beginning of its digest.

    Raises
    ------
    WrongEncoding, Malformed
        A file that is not FASTA of bases; a name that no rule knows.
    InvariantBroken
        A name given twice, a sequence without bases, a set without V or without J.
    """
    alleles: list[Allele] = []
    for file, stream in files.items():
        alleles.extend(_alleles_of(file, stream))
    _check_names_differ(alleles, name)
    for segment in (Segment.V, Segment.J):
        if not any(allele.segment is segment for allele in alleles):
            raise InvariantBroken(
                f"germline set {name!r} holds no {segment} gene",
                where=", ".join(files) or "no file given",
                do="give FASTA files that hold V, J and, for IGH, D genes",
            )
    return _germline(name, "", alleles)


def _germline(name: str, version: str, alleles: list[Allele]) -> Germline:
    digest = hashlib.sha256()
    for allele in alleles:
        digest.update(f"{allele.name}\t{allele.bases}\n".encode())
    sha256 = digest.hexdigest()
    return Germline(name, version or f"sha256 {sha256[:12]}", sha256, tuple(alleles))


def _check_names_differ(alleles: list[Allele], name: str) -> None:
    seen: dict[str, Allele] = {}
    for allele in alleles:
        if allele.name in seen:
            raise InvariantBroken(
                f"allele {allele.name!r} is given twice",
                where=f"germline set {name!r}",
                do="keep one record of each allele",
            )
        seen[allele.name] = allele


def _alleles_of(file: str, stream: BinaryIO) -> Iterator[Allele]:
    for line, header, letters in _records(file, stream):
        yield _allele(header, letters, f"{file}, line {line}")


def _records(file: str, stream: BinaryIO) -> Iterator[tuple[int, str, str]]:
    """Line of the header (counted from 1), header, letters in capitals."""
    begun: tuple[int, str] | None = None
    letters: list[str] = []
    for number, raw in enumerate(stream, start=1):
        line = _text(raw, f"{file}, line {number}")
        if line.startswith(">"):
            if begun is not None:
                yield (*begun, "".join(letters))
            begun, letters = (number, line[1:].strip()), []
        elif line:
            if begun is None:
                raise Malformed(
                    f"a FASTA file begins with '>', this one with {line[:20]!r}",
                    where=f"{file}, line {number}",
                    do="give a FASTA file",
                )
            letters.append(_checked(line.upper(), f"{file}, line {number}"))
    if begun is not None:
        yield (*begun, "".join(letters))


def _text(raw: bytes, where: str) -> str:
    try:
        return raw.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            f"byte {raw[error.start]} is not ASCII", where=where, do="save the file as plain ASCII text"
        ) from None


def _checked(letters: str, where: str) -> str:
    end = _LETTERS.match(letters)
    if end is not None and end.end() == len(letters):
        return letters
    at = 0 if end is None else end.end()
    raise Malformed(
        f"{letters[at]!r} is no base",
        where=f"{where}, base {at + 1}",
        do="give bases (IUPAC letters) and, in gapped files, dots",
    )


def _allele(header: str, letters: str, where: str) -> Allele:
    name, locus, segment = _named(header, where)
    bases = letters.replace(".", "").translate(_AMBIGUOUS)
    if not bases:
        raise InvariantBroken(
            f"allele {name!r} has no bases", where=where, do="give its sequence or remove it"
        )
    return Allele(name, locus, segment, bases, _anchor(segment, letters, bases))


def _named(header: str, where: str) -> tuple[str, Locus, Segment]:
    for field in header.split("|"):
        words = field.split()
        name = words[0].split("__")[0] if words else ""
        if name.upper() in _SPECIAL_NAMES:
            return name, Locus.IGK, _SPECIAL_NAMES[name.upper()]
        found = _GENE_NAME.fullmatch(name)
        if found is not None:
            return name, Locus(f"IG{found[1]}"), Segment(found[2])
    raise InputRefused(
        f"{header[:60]!r} names no gene of the immunoglobulin heavy, kappa or lambda locus",
        where=where,
        do="name it as IMGT does (IGHV1-2*02, IGHD3-10*01, IGKJ1*01, KDE, intron), or remove it",
    )


def _anchor(segment: Segment, letters: str, bases: str) -> int | None:
    if segment is Segment.V:
        return _gapped_cysteine(letters) if "." in letters else _plain_cysteine(bases)
    if segment is Segment.J:
        found = _J_MOTIF.search(bases)
        return None if found is None else found.start()
    return None


def _gapped_cysteine(letters: str) -> int | None:
    codon = letters[_CYSTEINE_104 : _CYSTEINE_104 + 3]
    if len(codon) < 3 or "." in codon:
        return None
    return _CYSTEINE_104 - letters.count(".", 0, _CYSTEINE_104)


def _plain_cysteine(bases: str) -> int | None:
    begin = max(0, len(bases) - _CYSTEINE_NEAR_END)
    for motif in _BEFORE_CYSTEINE:
        places = [found.start(1) for found in motif.finditer(bases, begin)]
        if places:
            return places[-1]
    return None
