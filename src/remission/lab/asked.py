"""What a protocol asks of the laboratory: which clones are followed, and what a follow-up must show."""

from dataclasses import dataclass
from fractions import Fraction

from remission.errors import CommandRefused, InputRefused
from remission.mrd.ngs.flags import BLINDING, DISQUALIFYING
from remission.mrd.ngs.index import IndexRule
from remission.protocol.answering import blinding_at, spoiling
from remission.protocol.study import Assay, Study

METHOD = "ngs"
LOQ_TEMPLATES = 10.0
"""Templates at which a level is put into numbers where no study says it. ASSUMED, by us."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the protocol asks of a follow-up: as in `measure.measure`."""

    threshold: Fraction
    required_lod: Fraction
    loq_templates: float
    disqualifying_flags: frozenset[str]
    blinding_flags: frozenset[str]


def asked_at(threshold: str) -> Asked:
    """What is asked without a study: a threshold, and a test that can see it.

    Raises
    ------
    CommandRefused
        For text that is no fraction of cells.
    """
    try:
        level = Fraction(threshold)
    except (ValueError, ZeroDivisionError):
        level = Fraction(0)
    if not 0 < level < 1:
        raise CommandRefused(
            f"{threshold!r} is no level", where="--threshold", do="give a fraction of cells, such as 1e-6"
        )
    return Asked(level, level, LOQ_TEMPLATES, DISQUALIFYING, BLINDING)


def asked_by(study: Study) -> Asked:
    """What a study asks by sequencing: its endpoint's threshold and limit, its assay's LOQ and flags.

    Raises
    ------
    InputRefused
        If the study measures nothing by sequencing, or by two thresholds.
    """
    endpoints = [endpoint for endpoint in study.endpoints if endpoint.method == METHOD]
    if len({(one.threshold, one.required_lod) for one in endpoints}) != 1:
        raise InputRefused(
            f"{len(endpoints)} endpoints by {METHOD}",
            where=f"study {study.id}, endpoints",
            do="give --threshold instead of --study",
        )
    assay, endpoint = _assay(study), endpoints[0]
    return Asked(
        Fraction(endpoint.threshold),
        Fraction(endpoint.required_lod),
        float(assay.events_for_loq),
        spoiling(assay),
        blinding_at(study, assay, endpoint.point),
    )


def rule_by(study: Study) -> IndexRule:
    """The study's rule for index clones.

    Raises
    ------
    InputRefused
        If it has none.
    """
    share = _assay(study).index_share
    if share is None:
        raise InputRefused(
            "the study does not say which clones are followed",
            where=f"study {study.id}, assay {METHOD}, index_share",
            do="say it there, or give --share instead of --study",
        )
    return IndexRule(share=float(share))


def _assay(study: Study) -> Assay:
    assay = study.assay(METHOD)
    if assay is None:
        raise InputRefused(
            f"the study plans nothing by {METHOD}",
            where=f"study {study.id}, assays",
            do="give --threshold or --share instead of --study",
        )
    return assay
