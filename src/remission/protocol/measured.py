"""Refusals of measurement and comparison: samples, depth, control rates, analysis sets."""

from decimal import Decimal

from remission.mrd.limits import cells_for_limit, cells_in
from remission.protocol.finding import Refusals, Subject
from remission.protocol.study import Evidence
from remission.protocol.traps_of_endpoints import assay_for, expected_events
from remission.terms.words import Mark

_ROUNDING = Decimal("1.01")
"""Cells per nanogram are given as 154 or 6.5 pg; 1 % lies between them."""

_PROVEN = (Mark.RECORD, Mark.VERIFIED, Mark.DERIVED)


def endpoint_without_sample(subject: Subject) -> Refusals:
    """An endpoint that no sample, or no laboratory, would ever measure."""
    study = subject.study
    taken = {(s.point, method) for s in study.samples if s.purpose == "endpoint" for method in s.methods}
    for endpoint in study.endpoints:
        if (endpoint.point, endpoint.method) not in taken:
            yield subject.refuse(
                "endpoint-without-sample",
                f"no endpoint sample at {endpoint.point} is measured by {endpoint.method}",
                f"endpoint {endpoint.id}",
                "add the sample, or its method",
            )
        if assay_for(endpoint, study) is None:
            yield subject.refuse(
                "endpoint-without-assay",
                f"no assay says how deep {endpoint.method} goes",
                f"endpoint {endpoint.id}",
                "say in [[assays]] what the laboratory puts into a test",
            )
    if not study.endpoints:
        yield subject.refuse("endpoint-without-sample", "there is no endpoint", "endpoints", "add one")


def lod_above_threshold(subject: Subject) -> Refusals:
    """A test that cannot show what the endpoint asks, even when it goes as planned."""
    for endpoint in subject.study.endpoints:
        place = f"endpoint {endpoint.id}"
        if endpoint.required_lod > endpoint.threshold:
            yield subject.refuse(
                "lod-above-threshold",
                f"the required LOD {endpoint.required_lod} is above the threshold {endpoint.threshold}",
                place,
                "require a LOD at or below the threshold",
            )
        assay = assay_for(endpoint, subject.study)
        if assay is None:
            continue
        needed = cells_for_limit(expected_events(endpoint, assay), float(endpoint.required_lod))
        if assay.cells < needed:
            yield subject.refuse(
                "lod-above-threshold",
                f"{assay.cells} cells are planned; a LOD of {endpoint.required_lod} needs {needed}",
                place,
                "ask the laboratory for more cells, or for a higher threshold",
            )


def dna_too_little(subject: Subject) -> Refusals:
    """More cells than the DNA of the test holds."""
    for assay in subject.study.assays:
        if assay.dna_ng is not None and assay.cells > cells_in(float(assay.dna_ng)) * _ROUNDING:
            yield subject.refuse(
                "dna-too-little",
                f"{assay.dna_ng} ng of DNA hold {cells_in(float(assay.dna_ng))} cells, not {assay.cells}",
                f"assay {assay.method}",
                "ask for more DNA, or count on fewer cells",
            )


def control_rates_impossible(subject: Subject) -> Refusals:
    """A control rate that is missing, no probability, or not below the rate hoped for."""
    study = subject.study
    rates = {rate.endpoint: rate for rate in study.control.rates}
    for endpoint in study.endpoints:
        rate = rates.get(endpoint.id)
        place = f"control rate of {endpoint.id}"
        if rate is None:
            what = f"the endpoint {endpoint.id} has no control rate"
        elif not 0 < rate.p0 < rate.p1 < 1:
            what = f"p0 = {rate.p0} and p1 = {rate.p1}"
        else:
            continue
        yield subject.refuse("control-rates-impossible", what, place, "give 0 < p0 < p1 < 1")


def evidence_from_memory(subject: Subject) -> Refusals:
    """A control rate that claims more than was read."""
    for rate in subject.study.control.rates:
        place = f"control rate of {rate.endpoint}"
        if rate.mark is Mark.UNVERIFIED:
            yield subject.refuse(
                "evidence-from-memory",
                f"p0 = {rate.p0} rests on memory ({rate.evidence_id!r} is unverified)",
                place,
                "read the source and mark the rate verified, or mark it assumed",
            )
        elif rate.evidence in (Evidence.PUBLISHED, Evidence.STATED) and rate.mark not in _PROVEN:
            yield subject.refuse(
                "evidence-from-memory",
                f"p0 = {rate.p0} is called {rate.evidence} but marked {rate.mark}",
                place,
                "mark it verified with its source, or call the evidence assumed",
            )


def control_without_source(subject: Subject) -> Refusals:
    """A rate not called assumed, without the counts it was computed from or from no source that was read."""
    for rate in subject.study.control.rates:
        place = f"control rate of {rate.endpoint}"
        claimed = rate.evidence in (Evidence.PUBLISHED, Evidence.STATED) or rate.mark in _PROVEN
        given = (rate.responders is not None, rate.of is not None, rate.source is not None)
        if (claimed or any(given)) and not all(given):
            yield subject.refuse(
                "control-without-source",
                f"p0 = {rate.p0} is {rate.evidence}, marked {rate.mark}, and lacks "
                f"{_lacking(('responders', 'of', 'source'), given)}",
                place,
                "give responders, of and source, for a rate without its n/N hides how uncertain it is; "
                "or call it assumed, and mark it so",
            )
        elif rate.source is not None and rate.source.mark not in _PROVEN:
            yield subject.refuse(
                "evidence-from-memory",
                f"the source of p0 = {rate.p0} is marked {rate.source.mark}",
                place,
                "read the source, or call the evidence assumed and leave the counts out",
            )


def _lacking(names: tuple[str, ...], given: tuple[bool, ...]) -> str:
    return ", ".join(name for name, there in zip(names, given, strict=True) if not there)


def control_counts_differ(subject: Subject) -> Refusals:
    """A control rate that is not that of its counts, to the digits it is written with."""
    for rate in subject.study.control.rates:
        if rate.responders is None or rate.of is None:
            continue
        place = f"control rate of {rate.endpoint}"
        if not 0 <= rate.responders <= rate.of or rate.of < 1:
            yield subject.refuse(
                "control-counts-differ",
                f"{rate.responders} responders of {rate.of}",
                place,
                "give counts with 0 <= responders <= of",
            )
        elif abs(Decimal(rate.responders) / rate.of - rate.p0) > _half_digit(rate.p0):
            found = Decimal(rate.responders) / rate.of
            yield subject.refuse(
                "control-counts-differ",
                f"p0 = {rate.p0}, and {rate.responders} of {rate.of} are {found:.4f}",
                place,
                "let p0 be the rate of the counts",
            )


def _half_digit(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(5).scaleb(min(exponent, -2) - 1) if isinstance(exponent, int) else Decimal(0)


def primary_set_not_one(subject: Subject) -> Refusals:
    """Analysis sets of which not exactly one is primary."""
    primary = [one.id for one in subject.study.sets if one.primary]
    if len(primary) != 1:
        yield subject.refuse(
            "primary-set-not-one",
            f"{len(primary)} analysis sets are primary ({', '.join(primary) or 'none'})",
            "sets",
            "mark exactly one as primary",
        )
