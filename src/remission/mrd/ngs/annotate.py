"""What one sequence is made of: V, D, J, what was cut, what was added, or why nothing is said."""

from dataclasses import dataclass

import numpy as np

from remission.mrd.ngs.aligning import BOUNDING, Laid, bounded, five_alleles, on_diagonal, three_alleles
from remission.mrd.ngs.bases import Codes, decode, reverse_complement
from remission.mrd.ngs.d_segments import d_between, d_of_dj
from remission.mrd.ngs.germline import Segment
from remission.mrd.ngs.kernels_anchoring import LEAST_FIVE, LEAST_LENGTH, LEAST_THREE, find_three, pack
from remission.mrd.ngs.rearrangement import Kind, Locus, NoCall, Part, Rearrangement, Reason
from remission.mrd.ngs.search import LOCI, SEGMENTS, Searcher

OVERLAP = 12
"""V is looked for up to so many bases into J: bases that both explain are shared out afterwards."""

SETTLED = 24
"""A J or Kde with this score from seeds settles the strand."""

AROUND = 60
"""So far to either side of it every diagonal is tried again, with mutations in mind."""

STOPS = frozenset({"TAA", "TAG", "TGA"})


@dataclass(frozen=True, slots=True)
class _Found:
    """A segment and the alleles that explain the sequence as well."""

    laid: Laid
    alleles: tuple[int, ...]


def annotate(searcher: Searcher, codes: Codes) -> Rearrangement | NoCall:
    """Say what one sequence is made of.

    J or Kde is searched on both strands and on every diagonal; before it V or the intron, with gaps; between
    them D, where it beats chance. Without V, a D with its uncut 5' end and its germline flank is an
    incomplete D-J. Boundaries lie where match 1, mismatch -3 is highest; bases that V and J both explain go
    to V unless J matches more of them.

    Parameters
    ----------
    codes : uint8 array, shape (bases,)
        One sequence, either strand.

    Returns
    -------
    Rearrangement or NoCall
        Positions refer to the sequence turned to the direction of the gene.
    """
    if len(codes) < LEAST_LENGTH:
        return NoCall(Reason.TOO_SHORT)
    strands = (np.ascontiguousarray(codes), reverse_complement(codes))
    turned, three = _on_either_strand(searcher, strands)
    strand = strands[turned]
    if three is None:
        return NoCall(Reason.NO_J)
    limit = min(len(strand), three.laid.start + OVERLAP)
    laid = five_alleles(strand, limit, searcher.tables)
    if laid and laid[0].score >= LEAST_FIVE:
        five = _Found(laid[0], tuple(one.allele for one in laid if one.score == laid[0].score))
        return _complete(searcher, strand, five, three, turned)
    if _locus(searcher, three) is not Locus.IGH:
        return NoCall(Reason.NO_V)
    d = d_of_dj(searcher, strand, three.laid.start)
    if isinstance(d, Reason):
        return NoCall(d)
    return _rearranged(searcher, strand, Kind.D_J, _Found(*d), three, turned)


def _on_either_strand(searcher: Searcher, strands: tuple[Codes, Codes]) -> tuple[bool, _Found | None]:
    """The best J or Kde, and whether it lies on the other strand: near where seeds settle it, or anywhere."""
    tables, codes = searcher.tables, strands[0]
    found = np.zeros(6, dtype=np.int32)
    words = np.empty(len(codes), dtype=np.uint64)
    pack(codes, len(codes), words)
    last = np.empty(2 * len(tables.size), dtype=np.int32)
    find_three(codes, np.empty_like(codes), words, len(codes), tables, last, found)
    score, _, _, start, end, other = (int(number) for number in found)
    if score >= SETTLED:
        begin, end = max(0, start - AROUND), min(len(codes), end + AROUND)
        return bool(other), _three(searcher, strands[other], begin, end, None)
    one, turned = (_three(searcher, strand, 0, len(codes), None) for strand in strands)
    if one is None or (turned is not None and turned.laid.score > one.laid.score):
        return turned is not None, turned
    return False, one


def _three(searcher: Searcher, codes: Codes, begin: int, end: int, locus: Locus | None) -> _Found | None:
    """The best J or Kde from `begin` to `end`, of one locus where it is given; None below the least score."""
    tables = searcher.tables
    wanted = (tables.segment == SEGMENTS.index(Segment.J)) | (tables.segment == SEGMENTS.index(Segment.KDE))
    if locus is not None:
        wanted &= tables.locus == LOCI.index(locus)
    rows = three_alleles(codes, tables, np.flatnonzero(wanted).tolist(), begin, end)
    best = max((score for score, _, _ in rows), default=0)
    if best < LEAST_THREE:
        return None
    as_good = [row for row in rows if row[0] == best]
    _, allele, diagonal = as_good[0]
    pairs = on_diagonal(codes, tables, allele, diagonal, len(codes))
    return _Found(bounded(codes, tables, allele, pairs, best), tuple(row[1] for row in as_good))


def _complete(
    searcher: Searcher, codes: Codes, five: _Found, three: _Found, turned: bool
) -> Rearrangement | NoCall:
    locus = _locus(searcher, five)
    if locus is not _locus(searcher, three):
        other = _three(searcher, codes, five.laid.end, len(codes), locus)
        if other is None:
            return NoCall(Reason.TWO_LOCI)
        three = other
    is_intron = searcher.germline.alleles[five.laid.allele].segment is Segment.INTRON
    is_kde = searcher.germline.alleles[three.laid.allele].segment is Segment.KDE
    if is_intron and not is_kde:
        return NoCall(Reason.NO_V)
    if is_kde:
        kind = Kind.INTRON_KDE if is_intron else Kind.V_KDE
    else:
        kind = Kind.V_D_J if locus is Locus.IGH else Kind.V_J
    return _rearranged(searcher, codes, kind, five, three, turned)


def _locus(searcher: Searcher, found: _Found) -> Locus:
    return searcher.germline.alleles[found.laid.allele].locus


def _rearranged(
    searcher: Searcher, codes: Codes, kind: Kind, five: _Found, three: _Found, turned: bool
) -> Rearrangement | NoCall:
    shared = _shared_out(five.laid, three.laid)
    if shared is None:
        return NoCall(Reason.NO_V)
    left, right = shared
    has_d = kind in (Kind.V_D_J, Kind.D_J)
    between = d_between(searcher, codes, left.end, right.start, kind is Kind.D_J) if has_d else []
    junction = _junction(searcher, left, right)
    return Rearrangement(
        locus=_locus(searcher, three),
        kind=kind,
        five=_part(searcher, left, five.alleles),
        d=tuple(_part(searcher, laid, alleles) for laid, alleles in between),
        three=_part(searcher, right, three.alleles),
        junction=junction,
        productive=None if junction is None else _productive(codes, left.start, junction, right.end),
        turned=bool(turned),
    )


def _shared_out(left: Laid, right: Laid) -> tuple[Laid, Laid] | None:
    """Part two alignments that overlap where both together match best; of equals, the left one keeps more."""
    if left.end <= right.start:
        return left, right
    best: tuple[int, int] | None = None
    for split in range(max(right.start, left.start + 1), min(left.end, right.end - 1) + 1):
        one, other = left.within(left.start, split), right.within(split, right.end)
        if one is not None and other is not None:
            best = max(best or (-len(left.same), 0), (_points(one) + _points(other), split))
    if best is None:
        return None
    one, other = left.within(left.start, best[1]), right.within(best[1], right.end)
    return None if one is None or other is None else (one, other)


def _points(laid: Laid) -> int:
    return int(laid.same.sum()) - BOUNDING * laid.mismatches


def _part(searcher: Searcher, laid: Laid, alleles: tuple[int, ...]) -> Part:
    allele = searcher.germline.alleles[laid.allele]
    joined_5 = allele.segment in (Segment.D, Segment.J, Segment.KDE)
    joined_3 = allele.segment in (Segment.D, Segment.V, Segment.INTRON)
    names = dict.fromkeys((laid.allele, *alleles))
    return Part(
        alleles=tuple(searcher.germline.alleles[number].name for number in names),
        start=laid.start,
        end=laid.end,
        germline_start=laid.germline_start,
        germline_end=laid.germline_end,
        cut_5=laid.germline_start if joined_5 else 0,
        cut_3=len(allele.bases) - laid.germline_end if joined_3 else 0,
        mismatches=laid.mismatches,
    )


def _junction(searcher: Searcher, left: Laid, right: Laid) -> tuple[int, int] | None:
    """From the codon of the cysteine to the codon of the tryptophan or phenylalanine, where both are seen."""
    begin_on = searcher.germline.alleles[left.allele].anchor
    end_on = searcher.germline.alleles[right.allele].anchor
    if begin_on is None or end_on is None:
        return None
    begin, end = left.read_position(begin_on), right.read_position(end_on)
    if begin is None or end is None or left.read_position(begin_on + 2) is None:
        return None
    return begin, end + 3


def _productive(codes: Codes, start: int, junction: tuple[int, int], end: int) -> bool | None:
    """In frame, and no stop from the first whole codon of V to the end of J; None where a base is unknown."""
    if (junction[1] - junction[0]) % 3:
        return False
    first = start + (junction[0] - start) % 3
    letters = decode(codes[first : max(end, junction[1])])
    codons = [letters[i : i + 3] for i in range(0, len(letters) - 2, 3)]
    if any(codon in STOPS for codon in codons):
        return False
    return None if any("N" in codon for codon in codons) else True
