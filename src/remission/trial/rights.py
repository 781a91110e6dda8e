"""Which role may write which event.

A sponsor's people write nothing about a participant (ICH E6(R3) 4.2.2).
"""

from remission.conduct import events as ev
from remission.conduct.events import Event, SiteActivated, TrialEvent, TrialOpened
from remission.errors import NotAllowed
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId

_SITE = (
    ev.Consented,
    ev.FactRecorded,
    ev.ThingHappened,
    ev.ListClosed,
    ev.MarrowTaken,
    ev.SampleMissed,
    ev.PremedicationGiven,
    ev.InfusionStarted,
    ev.InfusionPaused,
    ev.InfusionRestarted,
    ev.DoseGiven,
    ev.TreatmentCompleted,
    ev.TreatmentNotGiven,
    ev.ToxicityReported,
    ev.ToxicityRegraded,
    ev.FollowedUp,
    ev.Relapsed,
    ev.SecondCancer,
    ev.Died,
    ev.LostToFollowUp,
    ev.Withdrew,
    ev.DeviationReported,
    ev.FollowUpEnded,
    ev.Voided,
)
_DOCTOR_ONLY = (
    ev.FoundEligible,
    ev.FoundIneligible,
    ev.Enrolled,
    ev.DoseOrdered,
    ev.TreatmentStopped,
    ev.ResponseAssessed,
    ev.FoundIneligibleLate,
)
_LABORATORY = (ev.FilesReceived, ev.MrdReported)
_EVERY = frozenset((*_SITE, *_DOCTOR_ONLY, *_LABORATORY))

RIGHTS: dict[Role, frozenset[type[Event]]] = {
    Role.DOCTOR: frozenset((*_SITE, *_DOCTOR_ONLY)),
    Role.COORDINATOR: frozenset(_SITE),
    Role.LABORATORY: frozenset((*_LABORATORY, ev.FactRecorded, ev.SampleMissed, ev.Voided)),
    Role.MONITOR: frozenset((ev.DeviationReported, ev.FoundIneligibleLate)),
    Role.STATISTICIAN: frozenset(),
    Role.SPONSOR: frozenset(),
    Role.REHEARSAL: _EVERY,
}

TRIAL_RIGHTS: dict[type[TrialEvent], frozenset[Role]] = {
    TrialOpened: frozenset((Role.SPONSOR, Role.DOCTOR, Role.STATISTICIAN, Role.REHEARSAL)),
    SiteActivated: frozenset((Role.SPONSOR, Role.MONITOR, Role.REHEARSAL)),
}


def check(actor: Actor, kind: type[Event], site: SiteId, *, simulated: bool) -> None:
    """Refuse what the actor's role or site does not allow.

    Raises
    ------
    NotAllowed
        For a role without the right, a person of another site, or the rehearsal role in a real trial.
    """
    where = _check_role(
        actor, kind, [role for role, kinds in RIGHTS.items() if kind in kinds], simulated=simulated
    )
    if actor.site is not None and actor.site != site:
        raise NotAllowed(
            f"a person of site {actor.site} may not write about a participant of site {site}",
            where=where,
            do=f"ask a colleague at site {site}",
        )


def check_trial(actor: Actor, kind: type[TrialEvent], *, simulated: bool) -> None:
    """Refuse an event about the whole trial to a role without the right, as `check` does."""
    _check_role(actor, kind, [role for role in Role if role in TRIAL_RIGHTS[kind]], simulated=simulated)


def _check_role(actor: Actor, kind: type, roles: list[Role], *, simulated: bool) -> str:
    """Refuse a role without the right; answers who acts, for the next refusal."""
    where = f"{actor.name}, {actor.role}, site {actor.site or 'all'}"
    if actor.role is Role.REHEARSAL and not simulated:
        raise NotAllowed(
            "the rehearsal may not write in a real trial", where=where, do="act as a named person"
        )
    if actor.role not in roles:
        may = ", ".join(role for role in roles if role is not Role.REHEARSAL)
        raise NotAllowed(f"a {actor.role} may not write {kind.__name__}", where=where, do=f"ask a {may}")
    return where
