"""The two questions a result answers, kept apart: detected or not, and below the threshold or not."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from remission.errors import InputRefused
from remission.mrd import words
from remission.mrd.limits import MOST_DNA_NG, cells_for_limit, cells_in
from remission.mrd.result import Method, MrdResult
from remission.terms.words import Text


class Detection(StrEnum):
    """Whether disease was detected."""

    NOT_DETECTED = "not-detected"
    BELOW_LOQ = "below-loq"
    QUANTIFIED = "quantified"


class Call(StrEnum):
    """Whether the level is below the protocol's threshold, shown by a test able to see it."""

    NEGATIVE = "negative"
    POSITIVE = "positive"
    NOT_EVALUABLE = "not-evaluable"


@dataclass(frozen=True, slots=True)
class Answer:
    """The call, why, and for a test that was not deep enough how many more cells would have done.

    `more_cells` is None where cells are not what is lacking: no tube of a sequencing test holds so much DNA.
    """

    call: Call
    reason: Text
    more_cells: int | None = None


def detection(result: MrdResult) -> Detection:
    """Whether disease was detected, whatever any protocol asks.

    By flow, events fewer than the LOD are no population. By sequencing every template of the index
    clone is a detection: its LOD says how often one is in the tube, not how many make a finding.
    """
    if result.found == 0 or (result.method == Method.FLOW and result.level < result.lod):
        return Detection.NOT_DETECTED
    return Detection.BELOW_LOQ if result.level < result.loq else Detection.QUANTIFIED


def against(
    result: MrdResult,
    threshold: Fraction,
    required_lod: Fraction,
    disqualifying_flags: Set[str] = frozenset(),
    blinding_flags: Set[str] = frozenset(),
    needed_flags: Set[str] = frozenset(),
) -> Answer:
    """Whether the level is below `threshold`, shown by a test whose LOD is at most `required_lod`.

    Parameters
    ----------
    result : MrdResult
        What the laboratory found.
    threshold, required_lod : Fraction
        Fractions of cells, read from decimal text (`Fraction("0.0001")` is 0.01 %). A level equal to the
        threshold is not below it.
    disqualifying_flags : set of str
        Flags of the study file under which a result says nothing (a contaminated run).
    blinding_flags : set of str
        Flags under which disease can be missed but not invented (a CD19-only gate after anti-CD19
        therapy, a sample thinned by blood): such a result can be positive, never negative.
    needed_flags : set of str
        What a negative must state (after anti-CD19 therapy a CD19-independent gate): without it a result can
        be positive, never negative.

    Returns
    -------
    Answer
        In this order: a disqualifying flag is not evaluable; a level not below the threshold is positive
        where the test's own LOD allows it or, by sequencing, where the whole interval is not below the
        threshold; a blinding flag is not evaluable; a level below the threshold is negative where the LOD
        is at most the required one and nothing needed is unstated; all else is not evaluable.

    Raises
    ------
    InputRefused
        Unless 0 < required_lod <= threshold <= 1.
    """
    if not 0 < required_lod <= threshold <= 1:
        raise InputRefused(
            f"threshold {float(threshold)!r}, required LOD {float(required_lod)!r}",
            where="MRD threshold",
            do="give 0 < required LOD <= threshold <= 1: a blunter test cannot show what lies below",
        )
    disqualified = tuple(flag for flag in result.flags if flag in disqualifying_flags)
    if disqualified:
        return Answer(Call.NOT_EVALUABLE, words.disqualified(disqualified))
    if _shown_at_or_above(result, threshold):
        return Answer(Call.POSITIVE, words.positive(result, threshold))
    blinded = tuple(flag for flag in result.flags if flag in blinding_flags)
    if blinded:
        return Answer(Call.NOT_EVALUABLE, words.disqualified(blinded))
    if result.exact_level < threshold and result.lod <= float(required_lod):
        if unstated := tuple(sorted(needed_flags - frozenset(result.flags))):
            return Answer(Call.NOT_EVALUABLE, words.not_stated(unstated))
        return Answer(Call.NEGATIVE, words.negative(result, threshold))
    needed = cells_for_limit(min(result.lod, 1.0) * result.cells, float(required_lod))
    if result.method == Method.NGS and needed > cells_in(MOST_DNA_NG):
        return Answer(Call.NOT_EVALUABLE, words.beyond_dna(result, required_lod))
    more = max(needed - result.cells, 1)
    return Answer(Call.NOT_EVALUABLE, words.too_shallow(result, required_lod, more), more)


def _shown_at_or_above(result: MrdResult, threshold: Fraction) -> bool:
    """Whether disease at or above the threshold is shown, compared exactly.

    Level and LOD are quotients by the same N, and float division and float(Fraction) round to nearest:
    equal ratios give equal floats. Flow events fewer than the LOD are no population, however few the
    cells; a sequenced template of the index clone is one, and its exact interval speaks for it.
    """
    if result.exact_level < threshold:
        return False
    return result.level >= result.lod or (result.method == Method.NGS and Fraction(result.lower) >= threshold)
