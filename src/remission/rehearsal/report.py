"""The report of a rehearsal: truth beside finding, counts of everything, what was refused as it should be."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.rehearsal.coverage import Coverage, coverage
from remission.rehearsal.eligibility import CriterionCount, EntryError, criterion_counts, entry_errors
from remission.rehearsal.play import Rehearsal
from remission.rehearsal.response import CallsCompared, RateCompared, calls, rates, truly_responded
from remission.results.analysis import Results, analyse

SCHEMA_VERSION = 1
COVERAGE_TRIALS = 200


@dataclass(frozen=True, slots=True)
class Report:
    """What a rehearsal shows. `results` is the trial's own analysis, at the end of the simulated clock."""

    rehearsal: Rehearsal
    study: str
    study_sha256: str
    seed: int
    as_of: datetime
    ledger_entries: int
    ledger_head: str
    counts: Mapping[str, int]
    events: Mapping[str, int]
    refused: Mapping[str, int]
    criteria: tuple[CriterionCount, ...]
    errors: tuple[EntryError, ...]
    rates: tuple[RateCompared, ...]
    calls: tuple[CallsCompared, ...]
    coverage: tuple[Coverage, ...]
    results: Results

    def as_json(self) -> dict[str, object]:
        """The report as JSON values; equal rehearsals give equal bytes."""
        return {
            "schema_version": SCHEMA_VERSION,
            "simulated": True,
            "study": self.study,
            "study_sha256": self.study_sha256,
            "seed": self.seed,
            "as_of": self.as_of.isoformat(),
            "ledger": {"entries": self.ledger_entries, "head": self.ledger_head},
            "counts": dict(self.counts),
            "events": dict(self.events),
            "refused_as_it_should_be": dict(self.refused),
            "eligibility": {
                "criteria": [asdict(count) for count in self.criteria],
                "errors": [_error_json(error) for error in self.errors],
            },
            "endpoints": {
                "rates": [
                    {**asdict(rate), "covers": rate.covers, "covers_enrolled": rate.covers_enrolled}
                    for rate in self.rates
                ],
                "calls": [asdict(called) for called in self.calls],
                "coverage": [asdict(covered) for covered in self.coverage],
            },
        }


def report(rehearsal: Rehearsal) -> Report:
    """Hold what the trial's ledger says against the truth."""
    trial, study = rehearsal.trial, rehearsal.trial.study
    participants = trial.participants()
    told = [
        (participants[id], story) for id, story in sorted(rehearsal.stories.items()) if id in participants
    ]
    everyone = list(participants.values())
    results = analyse(study, everyone, rehearsal.ended, simulated=True, head=trial.end())
    truth = {
        endpoint.id: {
            who.id: truly_responded(rehearsal.population, endpoint, who, story)
            for who, story in told
            if story.enrolled_on is not None
        }
        for endpoint in study.endpoints
    }
    entries, head = trial.ledger.head()
    return Report(
        rehearsal=rehearsal,
        study=str(study.id),
        study_sha256=study.digest,
        seed=rehearsal.seed,
        as_of=rehearsal.ended,
        ledger_entries=entries,
        ledger_head=head,
        counts=_counts(list(participants.values())),
        events=dict(
            sorted(Counter(type(item.event).__name__ for who, _ in told for item in who.history).items())
        ),
        refused=rehearsal.refused,
        criteria=criterion_counts(study, told),
        errors=entry_errors(study, told),
        rates=rates(results, truth),
        calls=calls(results, truth),
        coverage=coverage(study, rehearsal.population, COVERAGE_TRIALS, rehearsal.seed),
        results=results,
    )


_REACHED: Mapping[str, tuple[type[ev.Event], ...]] = {
    "enrolled": (ev.Enrolled,),
    "treated": (ev.InfusionStarted, ev.DoseGiven),
    "never_treated": (ev.TreatmentNotGiven,),
    "completed_treatment": (ev.TreatmentCompleted,),
    "stopped_early": (ev.TreatmentStopped,),
    "response_assessed": (ev.ResponseAssessed,),
    "relapsed": (ev.Relapsed,),
    "died": (ev.Died,),
    "withdrew": (ev.Withdrew,),
    "lost": (ev.LostToFollowUp,),
    "found_ineligible_late": (ev.FoundIneligibleLate,),
    "followed_to_the_end": (ev.FollowUpEnded,),
}


def _counts(participants: list[Participant]) -> dict[str, int]:
    """Participants, counted once each, who reached what."""
    counts = {"screened": len(participants)}
    for name, kinds in _REACHED.items():
        counts[name] = sum(any(who.last(kind) for kind in kinds) for who in participants)
    counts["found_ineligible"] = sum(
        who.last(ev.FoundIneligible) is not None and who.last(ev.Enrolled) is None for who in participants
    )
    counts["left_before_enrolment"] = counts["screened"] - counts["enrolled"] - counts["found_ineligible"]
    counts["with_correction"] = sum(any(item.replaces for item in who.history) for who in participants)
    return counts


def _error_json(error: EntryError) -> dict[str, object]:
    said = asdict(error)
    return {**said, "subject": str(error.subject), "wrong": str(error.wrong), "why": str(error.why)}
