"""A laboratory result held against a threshold as the study's assay demands it.

The one place where eligibility and endpoints turn a result into negative, positive or not evaluable: the
right denominator (nucleated and mononuclear cells are not interchangeable), the flags that spoil or blind a
test, and what a test must state before it may be negative after the study's treatment (after anti-CD19
therapy a panel without a CD19-independent gate never gives a negative).
"""

from decimal import Decimal
from fractions import Fraction

from remission.mrd import own_flags
from remission.mrd.calls import Answer, Call, against
from remission.mrd.result import MrdResult
from remission.mrd.words import other_denominator
from remission.protocol.study import Assay, Study
from remission.terms.words import Text


def answered(
    study: Study, point: str, result: MrdResult, threshold: Decimal, required_lod: Decimal
) -> Answer:
    """Answer whether the level is below `threshold`, shown by a test that the study accepts.

    Parameters
    ----------
    study : Study
        Its assays say which denominator, flags and statements count.
    point : str
        The time point of the sample.
    result : MrdResult
        What the laboratory found.
    threshold, required_lod : Decimal
        Fractions of cells, as the study file writes them.
    """
    assay = study.assay(result.method)
    if assay is None:
        return Answer(
            Call.NOT_EVALUABLE,
            Text(f"the study plans no {result.method} test", f"研究未计划{result.method}检测"),
        )
    if result.primary != assay.denominator:
        return Answer(Call.NOT_EVALUABLE, other_denominator(result.primary, assay.denominator))
    return against(
        result,
        Fraction(threshold),
        Fraction(required_lod),
        spoiling(assay),
        blinding_at(study, assay, point),
        needed_at(study, assay, point),
    )


def spoiling(assay: Assay) -> frozenset[str]:
    """The flags under which a result says nothing: the study's, and those the method raises by itself."""
    return own_flags.DISQUALIFYING.get(assay.method, frozenset()).union(assay.disqualifying_flags)


def blinding_at(study: Study, assay: Assay, point: str) -> frozenset[str]:
    """The flags that hide disease in a sample of this time point, those the method raises among them."""
    later = assay.blinding_after_treatment if is_after_treatment(study, point) else ()
    return own_flags.BLINDING.get(assay.method, frozenset()).union(assay.blinding_flags, later)


def needed_at(study: Study, assay: Assay, point: str) -> frozenset[str]:
    """What a negative of this time point must state."""
    return frozenset(assay.needed_after_treatment) if is_after_treatment(study, point) else frozenset()


def is_after_treatment(study: Study, point: str) -> bool:
    """Whether a sample of this time point is taken after the study's treatment began."""
    return study.point(point).window.first > study.treatment.first_day
