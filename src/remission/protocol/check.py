"""Hold a study against its record: the traps it must decide about, and the reasons it cannot be carried out.

Every rule is general: it looks at the study tree and the record's sentences and knows no trial. `TRAPS` and
`REFUSING` are the rules; the documentation prints them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from remission.errors import StudyRefused
from remission.protocol.admission import (
    age_differs_from_record,
    contradiction,
    no_group_may_enter,
    nobody_can_enrol,
    sex_differs_from_record,
    trigger_mismatch,
)
from remission.protocol.against_record import (
    another_trial,
    criterion_not_in_record,
    follow_up_differs_from_record,
    record_criterion_unanswered,
    sentence_not_in_record,
    site_not_in_record,
    size_differs_from_record,
)
from remission.protocol.doses import dose_amount, dose_bands, dose_days
from remission.protocol.finding import Finding, Refusals, Subject, Trap, parsed
from remission.protocol.measured import (
    control_counts_differ,
    control_rates_impossible,
    control_without_source,
    dna_too_little,
    endpoint_without_sample,
    evidence_from_memory,
    lod_above_threshold,
    primary_set_not_one,
)
from remission.protocol.names import (
    duplicate_id,
    time_zone_unknown,
    unknown_fact,
    unknown_name,
    unknown_word,
    wrong_comparison,
    wrong_kind,
)
from remission.protocol.numbers import impossible_day, impossible_number
from remission.protocol.plan_looks import looks_refused
from remission.protocol.plan_rules import plan_refused
from remission.protocol.study import Study
from remission.protocol.timeline import (
    after_treatment_criterion_at_enrolment,
    settled_too_late,
    timeline_out_of_order,
)
from remission.protocol.traps_of_endpoints import endpoint_without_control, threshold_needs_depth
from remission.protocol.traps_of_entry import (
    exclusion_known_after_treatment,
    lookback_covers_own_therapy,
    outside_label,
    trigger_differs_by_group,
)
from remission.protocol.wording import wording_without_level
from remission.registry.record import RegistryRecord

SCHEMA_VERSION = 1

TRAPS: dict[str, Callable[[Subject], Trap | None]] = {
    "lookback-covers-own-therapy": lookback_covers_own_therapy,
    "exclusion-known-after-treatment": exclusion_known_after_treatment,
    "threshold-needs-depth": threshold_needs_depth,
    "endpoint-without-control": endpoint_without_control,
    "wording-without-level": wording_without_level,
    "trigger-differs-by-group": trigger_differs_by_group,
    "outside-label": outside_label,
}
"""Rule of a finding, and what looks for it."""

UNREADABLE: tuple[Callable[[Subject], Refusals], ...] = (
    duplicate_id, unknown_name, unknown_fact, wrong_kind, wrong_comparison, unknown_word, impossible_day,
    impossible_number,
)  # fmt: skip
"""What must hold before the other rules can be asked."""

REFUSING: tuple[Callable[[Subject], Refusals], ...] = (
    another_trial, criterion_not_in_record, record_criterion_unanswered, sentence_not_in_record,
    size_differs_from_record, age_differs_from_record, sex_differs_from_record, follow_up_differs_from_record,
    site_not_in_record, time_zone_unknown, timeline_out_of_order, after_treatment_criterion_at_enrolment,
    settled_too_late, contradiction, nobody_can_enrol, no_group_may_enter, trigger_mismatch,
    dose_bands, dose_amount, dose_days, endpoint_without_sample, lod_above_threshold, dna_too_little,
    control_rates_impossible, evidence_from_memory, control_without_source, control_counts_differ,
    primary_set_not_one, plan_refused, looks_refused,
)  # fmt: skip
"""The rules that refuse a study which cannot be carried out, or contradicts itself or its record."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check found. A study with a refusal cannot be run.

    `unreadable`: its names, words or numbers make no sense, and the other rules could not be asked.
    """

    study: Study
    findings: tuple[Finding, ...]
    refusals: tuple[StudyRefused, ...]
    unreadable: bool = False


def check(study: Study, record: RegistryRecord) -> Checked:
    """Hold a study against its record.

    Returns
    -------
    Checked
        The traps, with what the study file decided about each, and every reason for refusing it. Where names,
        words or numbers make no sense, only those refusals: the other rules could not be asked.
    """
    refusals = _unparsed(study)
    if refusals:
        return Checked(study, (), refusals, unreadable=True)
    subject = Subject.of(study, record)
    refusals = tuple(refused for rule in UNREADABLE for refused in rule(subject))
    if refusals:
        return Checked(study, (), refusals, unreadable=True)
    refusals = tuple(refused for rule in REFUSING for refused in rule(subject))
    findings = _findings(subject)
    return Checked(study, findings, (*refusals, *_decisions(subject, findings)))


def as_json(checked: Checked) -> dict[str, object]:
    """The check as plain values; words in English, and in Chinese under `..._zh`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "study": str(checked.study.id),
        "findings": [_finding(finding) for finding in checked.findings],
        "refusals": [
            {"rule": refused.rule, "what": refused.what, "where": refused.where, "do": refused.do}
            for refused in checked.refusals
        ],
    }


def _finding(finding: Finding) -> dict[str, object]:
    decision = finding.decision
    return {
        "rule": finding.rule,
        "sentence": finding.sentence,
        "why": finding.why.en,
        "why_zh": finding.why.zh,
        "decision": None if decision is None else decision.en,
        "decision_zh": None if decision is None else decision.zh,
        "places": list(finding.places),
    }


def _unparsed(study: Study) -> tuple[StudyRefused, ...]:
    refusals: list[StudyRefused] = []
    for criterion in study.criteria:
        try:
            parsed(study, criterion)
        except StudyRefused as refused:
            refusals.append(refused)
    return tuple(refusals)


def _findings(subject: Subject) -> tuple[Finding, ...]:
    decided = {decision.rule: decision.text for decision in subject.study.decisions}
    found = ((rule, look(subject)) for rule, look in TRAPS.items())
    return tuple(
        Finding(rule, " / ".join(dict.fromkeys(trap.sentences)), trap.why, decided.get(rule), trap.places)
        for rule, trap in found
        if trap is not None
    )


def _decisions(subject: Subject, findings: tuple[Finding, ...]) -> Refusals:
    """Traps without a decision, and decisions without a trap."""
    found = {finding.rule for finding in findings}
    for finding in findings:
        if finding.decision is None:
            yield subject.refuse(
                "undecided-trap",
                f"{finding.rule}: {finding.why.en}",
                "decisions",
                "say in [[decisions]] what this study does about it",
            )
    for decision in subject.study.decisions:
        if decision.rule not in found:
            yield subject.refuse(
                "decision-without-trap",
                f"{decision.rule!r} is decided, and the check finds no such trap",
                f"decision {decision.rule}",
                f"take it out, or name one of: {', '.join(sorted(found))}",
            )
