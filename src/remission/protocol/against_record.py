"""Refusals of a study file that is not the study of its record."""

from collections.abc import Iterator

from remission.protocol.finding import Refusals, Subject
from remission.protocol.sentences import Sentence, containing, one_space
from remission.registry.words import Absent


def another_trial(subject: Subject) -> Refusals:
    """A record of another trial."""
    number = subject.record.identification.nct_id
    if number.lower() != subject.study.id:
        yield subject.refuse(
            "another-trial", f"the record is that of {number}", "id", "give this trial's record"
        )


def criterion_not_in_record(subject: Subject) -> Refusals:
    """A criterion that the record does not have, at least not as this kind."""
    for criterion in subject.study.criteria:
        if not any(_same(criterion.kind, criterion.record_text, sentence) for sentence in subject.sentences):
            yield subject.refuse(
                "criterion-not-in-record",
                f"{criterion.record_text!r} is no {criterion.kind} criterion of the record",
                f"criterion {criterion.id}",
                "quote the record's sentence word for word",
            )


def record_criterion_unanswered(subject: Subject) -> Refusals:
    """A criterion of the record that the study file passes over."""
    for sentence in subject.sentences:
        if sentence.group in ("inclusion", "exclusion") and not any(
            _same(criterion.kind, criterion.record_text, sentence) for criterion in subject.study.criteria
        ):
            yield subject.refuse(
                "record-criterion-unanswered",
                f"{sentence.text!r} ({sentence.place}) has no criterion here",
                "criteria",
                "add a criterion that quotes it",
            )


def _same(kind: str, words: str, sentence: Sentence) -> bool:
    return kind == sentence.group and one_space(words).rstrip(";. ") == sentence.text.rstrip(";. ")


def sentence_not_in_record(subject: Subject) -> Refusals:
    """A quotation that the record does not hold."""
    for place, words in _quoted(subject):
        if containing(words, subject.sentences) is None:
            yield subject.refuse(
                "sentence-not-in-record",
                f"the record does not say {words!r}",
                place,
                "quote the record word for word",
            )


def _quoted(subject: Subject) -> Iterator[tuple[str, str]]:
    study = subject.study
    yield from ((f"endpoint {endpoint.id}", endpoint.record_text) for endpoint in study.endpoints)
    yield from ((f"risk group {group.id}", group.record_text) for group in study.risk_groups)
    yield "treatment", study.treatment.record_text
    yield "control", study.control.record_text


def size_differs_from_record(subject: Subject) -> Refusals:
    """Another number of participants than the record's."""
    design = subject.record.design
    if isinstance(design, Absent) or isinstance(design.enrollment_info, Absent):
        return
    count = design.enrollment_info.count
    if not isinstance(count, Absent) and count != subject.study.design.participants:
        yield subject.refuse(
            "size-differs-from-record",
            f"{subject.study.design.participants} participants; the record says {count}",
            "design",
            "take the record's number, or have the record amended",
        )


def follow_up_differs_from_record(subject: Subject) -> Refusals:
    """Follow-up beyond the day on which the record says the study is complete."""
    status = subject.record.status
    if isinstance(status, Absent) or isinstance(status.completion_date_struct, Absent):
        return
    ends, until = status.completion_date_struct.date, subject.study.follow_up.until
    if not isinstance(ends, Absent) and until.isoformat()[: len(str(ends))] > str(ends):
        yield subject.refuse(
            "follow-up-differs-from-record",
            f"follow-up until {until}; the record says the study is complete on {ends}",
            "follow_up",
            "end it on or before the record's date",
        )


def site_not_in_record(subject: Subject) -> Refusals:
    """No site, or a site that is said to stand in the record and does not."""
    known = {"locations": _locations(subject), "sponsors": _sponsors(subject)}
    for site in subject.study.sites:
        if site.source in known and site.name.en not in known[site.source]:
            yield subject.refuse(
                "site-not-in-record",
                f"{site.name.en!r} is not among the record's {site.source}",
                f"site {site.id}",
                "write the name as the record does",
            )
    if not subject.study.sites:
        yield subject.refuse("site-not-in-record", "there is no site", "sites", "add one")


def _locations(subject: Subject) -> set[str]:
    places = subject.record.contacts_locations
    if isinstance(places, Absent) or isinstance(places.locations, Absent):
        return set()
    return {place.facility for place in places.locations if not isinstance(place.facility, Absent)}


def _sponsors(subject: Subject) -> set[str]:
    sponsors = subject.record.sponsors
    if isinstance(sponsors, Absent):
        return set()
    all_of_them = [sponsors.lead_sponsor]
    if not isinstance(sponsors.collaborators, Absent):
        all_of_them += sponsors.collaborators
    return {
        sponsor.name
        for sponsor in all_of_them
        if not isinstance(sponsor, Absent) and not isinstance(sponsor.name, Absent)
    }
