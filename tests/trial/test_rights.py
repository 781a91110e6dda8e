"""Which role may write which event: the whole table, the sites, and the rehearsal."""

import typing

import pytest

from remission.conduct import events as ev
from remission.errors import NotAllowed
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId
from remission.trial.rights import RIGHTS, TRIAL_RIGHTS, check, check_trial

SITE = SiteId("03")
EVENTS = typing.get_args(ev.Event)
DOCTOR_ONLY = {
    "FoundEligible", "FoundIneligible", "Enrolled", "DoseOrdered", "TreatmentStopped", "ResponseAssessed",
}  # fmt: skip
LABORATORY_ONLY = {"MrdReported", "FilesReceived"}
LABORATORY = {*LABORATORY_ONLY, "FactRecorded", "SampleMissed", "Voided"}
MONITOR = {"DeviationReported", "FoundIneligibleLate"}


def may(role: Role, event: str) -> bool:
    """The table as a person would say it."""
    if role is Role.DOCTOR:
        return event not in LABORATORY_ONLY
    if role is Role.COORDINATOR:
        return event not in {*DOCTOR_ONLY, *LABORATORY_ONLY, "FoundIneligibleLate"}
    if role is Role.LABORATORY:
        return event in LABORATORY
    if role is Role.MONITOR:
        return event in MONITOR
    return role is Role.REHEARSAL


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", EVENTS)
def test_each_role_and_event(role: Role, kind: type[ev.Event]) -> None:
    def write() -> None:
        check(Actor("Li", role, SITE), kind, SITE, simulated=True)

    if may(role, kind.__name__):
        write()
    else:
        with pytest.raises(NotAllowed, match=f"a {role} may not write {kind.__name__}"):
            write()


def test_sponsor_and_statistician_write_nothing_about_a_participant() -> None:
    assert RIGHTS[Role.SPONSOR] == RIGHTS[Role.STATISTICIAN] == frozenset()
    assert set(RIGHTS) == set(Role)


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.COORDINATOR])
def test_nobody_writes_about_another_site_s_participant(role: Role) -> None:
    with pytest.raises(NotAllowed, match="a person of site 04 may not write about a participant of site 03"):
        check(Actor("Li", role, SiteId("04")), ev.FactRecorded, SITE, simulated=False)
    check(Actor("Li", role), ev.FactRecorded, SITE, simulated=False)


@pytest.mark.parametrize("kind", EVENTS)
def test_the_rehearsal_writes_nothing_in_a_real_trial(kind: type[ev.Event]) -> None:
    with pytest.raises(NotAllowed, match="the rehearsal may not write in a real trial"):
        check(Actor("rehearsal", Role.REHEARSAL), kind, SITE, simulated=False)


def test_a_refusal_names_who_may() -> None:
    with pytest.raises(NotAllowed) as refused:
        check(Actor("Li", Role.COORDINATOR, SITE), ev.Enrolled, SITE, simulated=True)
    assert refused.value.do == "ask a doctor"
    assert refused.value.where == "Li, coordinator, site 03"


@pytest.mark.parametrize("kind", list(TRIAL_RIGHTS))
@pytest.mark.parametrize("role", list(Role))
def test_events_about_the_whole_trial(kind: type, role: Role) -> None:
    actor = Actor("Li", role)
    if role in TRIAL_RIGHTS[kind]:
        check_trial(actor, kind, simulated=True)
    else:
        with pytest.raises(NotAllowed, match=f"a {role} may not write {kind.__name__}"):
            check_trial(actor, kind, simulated=True)
    if role is Role.REHEARSAL:
        with pytest.raises(NotAllowed, match="rehearsal may not write in a real trial"):
            check_trial(actor, kind, simulated=False)


def test_every_event_about_the_trial_is_in_the_table() -> None:
    assert set(TRIAL_RIGHTS) == set(typing.get_args(ev.TrialEvent))
