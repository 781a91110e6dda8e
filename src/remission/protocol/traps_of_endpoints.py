"""Traps in what is measured: depth that a threshold needs, and a control that was never measured."""

import math
from decimal import Decimal

from remission.mrd.limits import cells_for_limit, dna_for
from remission.mrd.words import percent
from remission.protocol.finding import Subject, Trap
from remission.protocol.study import Assay, Endpoint, Evidence, Study
from remission.terms.words import Text

ORDINARY_CELLS = 500_000
"""Cells of an ordinary flow test (PMID 31197916 compares 500,000 events with one million)."""

ORDINARY_DNA_NG = Decimal(650)
"""Nanograms of DNA of an ordinary sequencing test: 100,000 cells; assumed, no source was read for it."""


def expected_events(endpoint: Endpoint, assay: Assay | None) -> float:
    """Target cells that must be expected in the test at the threshold.

    To meet one with the endpoint's certainty: ln(1/(1-certainty)), 2.996 at 95 %; more if the laboratory
    asks for more events before it calls disease found.
    """
    events = -math.log(1 - float(endpoint.certainty))
    return events if assay is None else max(events, float(assay.events_for_lod))


def assay_for(endpoint: Endpoint, study: Study) -> Assay | None:
    """The laboratory's plan for the endpoint's method."""
    return next((assay for assay in study.assays if assay.method == endpoint.method), None)


def cells_needed(endpoint: Endpoint, study: Study) -> int:
    """The cells a test needs to show the endpoint's threshold with its certainty."""
    return cells_for_limit(expected_events(endpoint, assay_for(endpoint, study)), float(endpoint.threshold))


def threshold_needs_depth(subject: Subject) -> Trap | None:
    """A threshold whose proof needs more cells, or DNA, than an ordinary test holds."""
    study = subject.study
    deep = [endpoint for endpoint in study.endpoints if _beyond_ordinary(endpoint, study)]
    if not deep:
        return None
    en, zh = list[str](), list[str]()
    for endpoint in deep:
        cells = cells_needed(endpoint, study)
        micrograms = dna_for(cells) / 1000
        limit, certainty = percent(float(endpoint.threshold)), f"{float(endpoint.certainty):.0%}"
        en.append(
            f"{endpoint.name.en}: below {limit} with {certainty} certainty needs {cells:,} cells "
            f"({cells / 1e6:.1f} million, {micrograms:.1f} µg of DNA)."
        )
        zh.append(
            f"{endpoint.name.zh}：以{certainty}的把握判定低于{limit}需{cells:,}个细胞"
            f"（{cells / 1e6:.1f}百万，{micrograms:.1f} µg DNA）。"
        )
    return Trap(
        tuple(subject.sentence(endpoint.record_text) for endpoint in deep),
        Text(
            f"{' '.join(en)} An ordinary test holds {ORDINARY_CELLS:,} cells, or {ORDINARY_DNA_NG} ng of "
            "DNA: a clean result of it does not show that the level is below.",
            f"{''.join(zh)}常规检测为{ORDINARY_CELLS:,}个细胞或{ORDINARY_DNA_NG} ng DNA："
            "其阴性不能证明低于阈值。",
        ),
        tuple(f"endpoint {endpoint.id}" for endpoint in deep),
    )


def _beyond_ordinary(endpoint: Endpoint, study: Study) -> bool:
    assay, cells = assay_for(endpoint, study), cells_needed(endpoint, study)
    if assay is not None and assay.dna_ng is not None:
        return dna_for(cells) > ORDINARY_DNA_NG
    return cells > ORDINARY_CELLS


def endpoint_without_control(subject: Subject) -> Trap | None:
    """An endpoint compared with a control in which it was never measured."""
    study = subject.study
    alone = [endpoint for endpoint in study.endpoints if _without_control(endpoint, study)]
    if not alone:
        return None
    measured = ", ".join(study.control.measured_by)
    rates = [(endpoint, study.rate(endpoint.id)) for endpoint in alone]
    en = "; ".join(f"{endpoint.name.en} (p0 = {rate.p0} stands without evidence)" for endpoint, rate in rates)
    zh = "；".join(f"{endpoint.name.zh}（p0 = {rate.p0}，无证据）" for endpoint, rate in rates)
    return Trap(
        tuple(subject.sentence(endpoint.record_text) for endpoint in alone),
        Text(
            f"The control ({study.control.name.en}) was measured by {measured or 'nothing stated'}. "
            f"It has no rate for: {en}.",
            f"对照（{study.control.name.zh}）的检测方法为{measured or '未说明'}，"
            f"没有以下终点的对照率：{zh}。",
        ),
        tuple(f"endpoint {endpoint.id}" for endpoint in alone),
    )


def _without_control(endpoint: Endpoint, study: Study) -> bool:
    return (
        endpoint.method not in study.control.measured_by or study.rate(endpoint.id).evidence is Evidence.NONE
    )
