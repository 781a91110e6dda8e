"""`remission participant`, after enrolment: response, follow-up, relapse, death, withdrawal."""

from enum import StrEnum
from typing import Annotated

import typer

from remission.cli.desk import Folder, Name, RoleWord, by, opened, say_participant
from remission.cli.words import Json, On, Subject, YesNoUnknown, day
from remission.terms.actors import Role
from remission.terms.ids import SubjectId
from remission.trial import closing as acts


class Cause(StrEnum):
    """What a participant died of."""

    LEUKAEMIA = "leukaemia"
    TREATMENT = "treatment"
    OTHER = "other"
    UNKNOWN = "unknown"


class Scope(StrEnum):
    """What consent was withdrawn from."""

    TREATMENT = "treatment"
    STUDY = "study"


class Withdrew(StrEnum):
    """Who withdrew."""

    GUARDIAN = "guardian"
    PARTICIPANT = "participant"
    DOCTOR = "doctor"


app = typer.Typer(add_completion=False)


@app.command()
def assess(
    subject: Subject,
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Answer every endpoint from the results known; follow-up begins."""
    known = opened(trial)
    say_participant(
        known, acts.assess_response(known, by(name, role), SubjectId(subject), on=day(on)), as_json=json
    )


@app.command("follow-up")
def follow_up(
    subject: Subject,
    on: On,
    remission: Annotated[YesNoUnknown, typer.Option(help="In remission.")] = YesNoUnknown.UNKNOWN,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record a follow-up contact: alive on that day."""
    known = opened(trial)
    state = {YesNoUnknown.YES: True, YesNoUnknown.NO: False}.get(remission)
    say_participant(
        known,
        acts.follow_up(known, by(name, role), SubjectId(subject), on=day(on), in_remission=state),
        as_json=json,
    )


@app.command()
def relapse(
    subject: Subject,
    on: On,
    place: Annotated[str, typer.Option(help="Where: marrow, CNS, testis, ...")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record a relapse."""
    known = opened(trial)
    say_participant(
        known, acts.relapse(known, by(name, role), SubjectId(subject), on=day(on), place=place), as_json=json
    )


@app.command("second-cancer")
def second_cancer(
    subject: Subject,
    on: On,
    what: Annotated[str, typer.Option(help="Which.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record a second malignancy."""
    known = opened(trial)
    say_participant(
        known,
        acts.second_cancer(known, by(name, role), SubjectId(subject), on=day(on), what=what),
        as_json=json,
    )


@app.command()
def died(
    subject: Subject,
    on: On,
    cause: Annotated[Cause, typer.Option(help="Of what.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record a death."""
    known = opened(trial)
    say_participant(
        known, acts.died(known, by(name, role), SubjectId(subject), on=day(on), cause=cause), as_json=json
    )


@app.command()
def lost(
    subject: Subject,
    on: On,
    last_seen: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Day of the last contact.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that there is no contact any more."""
    known = opened(trial)
    say_participant(
        known,
        acts.lost(known, by(name, role), SubjectId(subject), on=day(on), last_seen=day(last_seen)),
        as_json=json,
    )


@app.command()
def withdraw(
    subject: Subject,
    on: On,
    scope: Annotated[Scope, typer.Option(help="From the treatment (follow-up goes on), or the study.")],
    why: Annotated[str, typer.Option(help="The reason given.")],
    who: Annotated[Withdrew, typer.Option(help="Who withdrew it.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that consent was withdrawn."""
    known = opened(trial)
    say_participant(
        known,
        acts.withdraw(known, by(name, role), SubjectId(subject), on=day(on), scope=scope, why=why, who=who),
        as_json=json,
    )


@app.command()
def ineligible(
    subject: Subject,
    on: On,
    criterion: Annotated[str, typer.Option(help="The criterion, such as X5.")],
    why: Annotated[str, typer.Option(help="What was found.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that an enrolled child should not have been; the child stays in the trial's counts."""
    known = opened(trial)
    say_participant(
        known,
        acts.found_ineligible(
            known, by(name, role), SubjectId(subject), on=day(on), criterion=criterion, why=why
        ),
        as_json=json,
    )


@app.command("end-follow-up")
def end_follow_up(
    subject: Subject,
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that follow-up reached its planned end."""
    known = opened(trial)
    say_participant(
        known, acts.end_follow_up(known, by(name, role), SubjectId(subject), on=day(on)), as_json=json
    )
