"""Stages, the table of permitted changes, and the replay of a participant's events.

`NEXT` is the whole rule: stage -> event -> stage. The documentation prints it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from remission.conduct import events as ev
from remission.errors import WrongStage
from remission.terms.evidence import EntryRef
from remission.terms.ids import SiteId, SubjectId


class Stage(StrEnum):
    """Where a participant stands."""

    UNKNOWN = "unknown"  # before consent: no such participant
    SCREENING = "screening"
    ELIGIBLE = "eligible"
    SCREEN_FAILED = "screen_failed"
    ENROLLED = "enrolled"
    ON_TREATMENT = "on_treatment"
    PAUSED = "paused"
    TREATMENT_ENDED = "treatment_ended"
    FOLLOW_UP = "follow_up"
    LOST = "lost"  # no contact; the child may be found again
    OFF = "off"


_S = Stage
_ANY_TIME = (ev.DeviationReported, ev.ToxicityRegraded, ev.FilesReceived)
_RECORDS = (ev.FactRecorded, ev.ThingHappened, ev.ListClosed, ev.MarrowTaken, ev.SampleMissed, ev.MrdReported)
_AFTER_ENROLMENT = (*_RECORDS, *_ANY_TIME, ev.ToxicityReported, ev.FoundIneligibleLate, ev.FollowedUp)


def _stay(stage: Stage, kinds: Iterable[type[ev.Event]]) -> dict[type[ev.Event], Stage]:
    return dict.fromkeys(kinds, stage)


_GONE: dict[type[ev.Event], Stage] = {ev.Died: _S.OFF, ev.LostToFollowUp: _S.OFF}  # before enrolment
_LEAVING: dict[type[ev.Event], Stage] = {ev.Died: _S.OFF, ev.LostToFollowUp: _S.LOST}
# Tubes taken earlier may still be reported, a toxicity of then become known, and errors be found.
_LEARNED_LATE = (ev.MrdReported, ev.ResponseAssessed, ev.FoundIneligibleLate, ev.ToxicityReported, *_ANY_TIME)

NEXT: dict[Stage, dict[type[ev.Event], Stage]] = {
    _S.UNKNOWN: {ev.Consented: _S.SCREENING},
    _S.SCREENING: {
        **_stay(_S.SCREENING, (*_RECORDS, ev.DeviationReported, ev.FilesReceived)),
        ev.FoundEligible: _S.ELIGIBLE, ev.FoundIneligible: _S.SCREEN_FAILED, ev.Withdrew: _S.OFF, **_GONE,
    },
    _S.ELIGIBLE: {
        **_stay(_S.SCREENING, _RECORDS),  # anything new asks for a new judgement
        **_stay(_S.ELIGIBLE, (ev.DeviationReported, ev.FilesReceived)),  # files alone answer nothing
        ev.FoundIneligible: _S.SCREEN_FAILED,
        ev.FoundEligible: _S.ELIGIBLE, ev.Enrolled: _S.ENROLLED, ev.Withdrew: _S.OFF, **_GONE,
    },
    _S.SCREEN_FAILED: _stay(_S.SCREEN_FAILED, (*_RECORDS, ev.DeviationReported, ev.FilesReceived)),
    _S.ENROLLED: {
        **_stay(_S.ENROLLED, (*_AFTER_ENROLMENT, ev.DoseOrdered, ev.PremedicationGiven)),
        ev.InfusionStarted: _S.ON_TREATMENT, ev.DoseGiven: _S.ON_TREATMENT,
        ev.TreatmentNotGiven: _S.TREATMENT_ENDED, ev.Relapsed: _S.TREATMENT_ENDED,
        ev.SecondCancer: _S.TREATMENT_ENDED, ev.Withdrew: _S.TREATMENT_ENDED, **_LEAVING,
    },
    _S.ON_TREATMENT: {
        **_stay(_S.ON_TREATMENT, (*_AFTER_ENROLMENT, ev.DoseOrdered, ev.PremedicationGiven, ev.DoseGiven)),
        ev.InfusionPaused: _S.PAUSED, ev.TreatmentCompleted: _S.TREATMENT_ENDED,
        ev.TreatmentStopped: _S.TREATMENT_ENDED, ev.Relapsed: _S.TREATMENT_ENDED,
        ev.SecondCancer: _S.TREATMENT_ENDED, ev.Withdrew: _S.TREATMENT_ENDED, **_LEAVING,
    },
    _S.PAUSED: {
        **_stay(_S.PAUSED, (*_AFTER_ENROLMENT, ev.DoseOrdered, ev.PremedicationGiven)),
        ev.InfusionRestarted: _S.ON_TREATMENT, ev.TreatmentStopped: _S.TREATMENT_ENDED,
        ev.Relapsed: _S.TREATMENT_ENDED, ev.SecondCancer: _S.TREATMENT_ENDED,
        ev.Withdrew: _S.TREATMENT_ENDED, **_LEAVING,
    },
    _S.TREATMENT_ENDED: {
        **_stay(_S.TREATMENT_ENDED, (*_AFTER_ENROLMENT, ev.Relapsed, ev.SecondCancer, ev.Withdrew)),
        ev.ResponseAssessed: _S.FOLLOW_UP, **_LEAVING,
    },
    _S.FOLLOW_UP: {
        **_stay(_S.FOLLOW_UP, (*_AFTER_ENROLMENT, ev.Relapsed, ev.SecondCancer, ev.Withdrew)),
        ev.ResponseAssessed: _S.FOLLOW_UP,
        ev.FollowUpEnded: _S.OFF, **_LEAVING,
    },
    _S.LOST: {
        **_stay(_S.LOST, (*_LEARNED_LATE, ev.Relapsed, ev.SecondCancer)),
        ev.FollowedUp: _S.FOLLOW_UP, ev.Died: _S.OFF, ev.Withdrew: _S.OFF,
    },
    _S.OFF: _stay(_S.OFF, _LEARNED_LATE),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the ledger, who wrote it and when (UTC text), and what it replaced."""

    event: ev.Event
    ref: EntryRef
    recorded_at: str
    actor: str
    role: str
    replaces: tuple[int, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant as the effective events say: corrections stand in the place of what they correct."""

    id: SubjectId
    site: SiteId
    stage: Stage
    history: tuple[Recorded, ...]

    def all(self, kind: type[ev.Event]) -> Iterator[Recorded]:
        """The recorded events of one kind, in order."""
        return (recorded for recorded in self.history if type(recorded.event) is kind)

    def last(self, kind: type[ev.Event]) -> Recorded | None:
        """The latest recorded event of one kind, or None."""
        for recorded in reversed(self.history):
            if type(recorded.event) is kind:
                return recorded
        return None


def after(stage: Stage, event: ev.Event, *, where: str) -> Stage:
    """The stage that an event leads to.

    Raises
    ------
    WrongStage
        When `NEXT` has no such change; the refusal lists what it has.
    """
    if isinstance(event, ev.Withdrew) and event.scope == "study" and type(event) in NEXT[stage]:
        return Stage.OFF
    try:
        return NEXT[stage][type(event)]
    except KeyError:
        allowed = ", ".join(sorted(kind.__name__ for kind in NEXT[stage])) or "nothing"
        raise WrongStage(
            f"{type(event).__name__} cannot happen while {stage.name}",
            where=where,
            do=f"record what came before it first (allowed now: {allowed})",
        ) from None


def replay(id: SubjectId, recorded: Iterable[Recorded]) -> Participant:
    """The participant after `recorded`, in ledger order, corrections applied.

    A correction takes the place of the entry it replaces, so that later events are seen as if the right
    words had been written at the time; `Voided` leaves nothing in that place.

    Raises
    ------
    WrongStage
        When the effective events are not permitted by `NEXT`.
    """
    effective = _corrected(recorded)
    stage = Stage.UNKNOWN
    for item in effective:
        stage = after(stage, item.event, where=f"participant {id}, ledger entry {item.ref.seq}")
    return Participant(id, id.site, stage, tuple(effective))


def _corrected(recorded: Iterable[Recorded]) -> list[Recorded]:
    places: dict[int, int] = {}
    slots: list[Recorded | None] = []
    for item in recorded:
        place = places[item.replaces[0]] if item.replaces else len(slots)
        if place == len(slots):
            slots.append(None)
        slots[place] = None if isinstance(item.event, ev.Voided) else item
        places[item.ref.seq] = place
    return [item for item in slots if item is not None]
