"""The two questions a result answers, kept apart: detected or not, and below the threshold or not."""

from collections.abc import Set
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from remission.errors import InputRefused
from remission.mrd import words
from remission.mrd.limits import cells_for_limit
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
    """The call, why, and for a test that was not deep enough how many more cells would have done."""

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
        Flags of the study file under which a result says nothing.

    Returns
    -------
    Answer
        In this order: a disqualifying flag is not evaluable; a level not below the threshold is positive,
        or not evaluable where the test's own LOD is higher still; a level below it is negative where the
        LOD is at most the required one, else not evaluable.

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
    raised = tuple(flag for flag in result.flags if flag in disqualifying_flags)
    if raised:
        return Answer(Call.NOT_EVALUABLE, words.disqualified(raised))
    # Level and LOD are quotients by the same N, and float division and float(Fraction) round to nearest:
    # equal ratios give equal floats. The threshold is compared exactly.
    if result.exact_level >= threshold and result.level >= result.lod:
        return Answer(Call.POSITIVE, words.positive(result, threshold))
    if result.exact_level < threshold and result.lod <= float(required_lod):
        return Answer(Call.NEGATIVE, words.negative(result, threshold))
    needed = cells_for_limit(result.lod * result.cells, float(required_lod))
    more = max(needed - result.cells, 1)
    return Answer(Call.NOT_EVALUABLE, words.too_shallow(result, required_lod, more), more)
