"""What a protocol asks of a flow result: cells counted, limits, threshold, flags."""

from collections.abc import Set
from fractions import Fraction

from remission.errors import CommandRefused, InputRefused
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.measure_flags import BLINDING
from remission.protocol.answering import blinding_at, needed_at, spoiling
from remission.protocol.study import Study

METHOD = "flow"
AFTER_TREATMENT = frozenset({"cd19-independent-gate"})
"""What a negative must state after anti-CD19 treatment where no study says it."""
HEMODILUTE = "hemodilute"
"""Raised by the laboratory on a marrow thinned by blood."""


def flow_asked_at(threshold: str, *, after_anti_cd19: bool | None = None) -> FlowAsked:
    """What is asked without a study: a threshold, and a test that can see it.

    Unless it is known that no anti-CD19 treatment was given, a negative needs a gate without CD19.

    Raises
    ------
    CommandRefused
        For text that is no fraction of cells.
    """
    try:
        level = Fraction(threshold) if "/" in threshold or 0 < float(threshold) < 1 else Fraction(0)
    except (ValueError, ZeroDivisionError):
        level = Fraction(0)
    if not 0 < level < 1:
        raise CommandRefused(
            f"{threshold!r} is no level", where="--threshold", do="give a fraction of cells, such as 1e-4"
        )
    needed: Set[str] = frozenset() if after_anti_cd19 is False else AFTER_TREATMENT
    return FlowAsked(level, level, blinding_flags=BLINDING | {HEMODILUTE}, needed_flags=needed)


def flow_asked_by(study: Study, point: str | None) -> FlowAsked:
    """What a study asks by flow at a time point: of the endpoint there, or of its only one.

    A negative of a sample taken after treatment began must state what the assay says; without a point it is
    taken for such a sample.

    Raises
    ------
    InputRefused
        If the study measures nothing by flow, has no such point, or asks by several thresholds.
    """
    assay = study.assay(METHOD)
    endpoints = [one for one in study.endpoints if one.method == METHOD]
    known = {one.id for one in study.points}
    if point is not None and point not in known:
        raise InputRefused(
            f"there is no point {point!r}",
            where=f"study {study.id}",
            do="use one of: " + ", ".join(sorted(known)),
        )
    asked = [one for one in endpoints if one.point == point] or endpoints
    if assay is None or len({(one.threshold, one.required_lod) for one in asked}) != 1:
        raise InputRefused(
            f"{len(asked)} endpoints by {METHOD}",
            where=f"study {study.id}, endpoints",
            do="give --threshold instead of --study",
        )
    latest = point or max(study.points, key=lambda one: one.window.first).id
    return FlowAsked(
        Fraction(asked[0].threshold),
        Fraction(asked[0].required_lod),
        float(assay.events_for_lod),
        float(assay.events_for_loq),
        assay.denominator,
        spoiling(assay),
        blinding_at(study, assay, latest),
        needed_at(study, assay, latest),
    )
