"""`remission treatment`: dose orders, premedication, the infusion."""

from enum import StrEnum
from typing import Annotated

import typer

from remission.cli.desk import Folder, Name, RoleWord, by, opened, say_of, say_participant, when, zone_of
from remission.cli.telling import local
from remission.cli.words import At, Json, On, Subject, day
from remission.conduct.events import PremedicationGiven
from remission.conduct.label import outside_label
from remission.terms.actors import Role
from remission.terms.ids import SubjectId
from remission.trial import treatment
from remission.trial.trial import now

app = typer.Typer(no_args_is_help=True, add_completion=False)


class Level(StrEnum):
    """The level of a dose."""

    FULL = "full"
    LOW = "low"


class Before(StrEnum):
    """What premedication is given before."""

    FIRST_DOSE = "first_dose"
    STEP_UP = "step_up"
    RESTART = "restart"


Step = Annotated[
    str, typer.Option("--step", help="The dose step, such as course (see: remission protocol questions).")
]
LevelWord = Annotated[Level, typer.Option("--level", help="Low: after a toxicity.")]
Deviation = Annotated[
    str | None, typer.Option("--deviation", help="Outside the window: why, recorded as a protocol deviation.")
]


@app.command()
def order(
    subject: Subject,
    on: On,
    step: Step,
    level: LevelWord = Level.FULL,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Order a dose: the amount by the rule in force, with the weight and height on record."""
    known = opened(trial)
    ordered = treatment.order_dose(
        known, by(name, role), SubjectId(subject), on=day(on), step=step, level=level
    )
    warnings = outside_label(known.study, known.participant(SubjectId(subject)))
    surface = ordered.body_surface_m2
    answer = {
        "participant": subject,
        "drug": ordered.drug,
        "amount": str(ordered.amount),
        "unit": ordered.unit,
        "step": ordered.step,
        "level": ordered.level,
        "weight_kg": str(ordered.weight_kg),
        "body_surface_m2": None if surface is None else str(surface),
        "rule": ordered.rule,
        "warnings": [warning.en for warning in warnings],
        "warnings_zh": [warning.zh for warning in warnings],
    }
    lines = [f"{subject}: {ordered.drug} {ordered.amount} {ordered.unit} ({ordered.level})", ordered.rule]
    say_of(known, answer, "\n".join([*lines, *(warning.en for warning in warnings)]), as_json=json)


@app.command()
def premedicate(
    subject: Subject,
    at: At,
    before: Annotated[Before, typer.Option(help="Before what.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record the premedication, in the amount of the study file."""
    known, who = opened(trial), SubjectId(subject)
    moment = when(known, subject, at)
    earlier = len(known.raw(who))
    participant = treatment.premedicate(known, by(name, role), who, at=moment, before=before)
    given = [item.event for item in known.raw(who)[earlier:]]
    rows = [
        {"drug": one.drug, "amount": str(one.amount), "unit": one.unit}
        for one in given
        if isinstance(one, PremedicationGiven)
    ]
    text = "; ".join(f"{row['drug']} {row['amount']} {row['unit']}" for row in rows)
    answer = {"participant": participant.id, "stage": participant.stage, "given": rows}
    say_of(known, answer, f"{subject}: {text}", as_json=json)


@app.command()
def start(
    subject: Subject,
    at: At,
    step: Step,
    deviation: Deviation = None,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that the infusion began."""
    known = opened(trial)
    say_participant(
        known,
        treatment.start(
            known,
            by(name, role),
            SubjectId(subject),
            at=when(known, subject, at),
            step=step,
            deviation=deviation,
        ),
        as_json=json,
    )


@app.command()
def give(
    subject: Subject,
    at: At,
    step: Step,
    deviation: Deviation = None,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record a single dose."""
    known = opened(trial)
    say_participant(
        known,
        treatment.give_dose(
            known,
            by(name, role),
            SubjectId(subject),
            at=when(known, subject, at),
            step=step,
            deviation=deviation,
        ),
        as_json=json,
    )


@app.command()
def pause(
    subject: Subject,
    at: At,
    why: Annotated[str, typer.Option(help="Why.")],
    toxicity: Annotated[str, typer.Option(help="Id of the toxicity report that made it so.")] = "",
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that the infusion was interrupted."""
    known = opened(trial)
    say_participant(
        known,
        treatment.pause(
            known, by(name, role), SubjectId(subject), at=when(known, subject, at), why=why, toxicity=toxicity
        ),
        as_json=json,
    )


@app.command()
def restart(
    subject: Subject,
    at: At,
    level: LevelWord = Level.FULL,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that the infusion went on, if the rules let it."""
    known = opened(trial)
    say_participant(
        known,
        treatment.restart(
            known, by(name, role), SubjectId(subject), at=when(known, subject, at), level=level
        ),
        as_json=json,
    )


@app.command()
def escalate(
    subject: Subject,
    at: At,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record the step from the low level back to the full one."""
    known = opened(trial)
    say_participant(
        known,
        treatment.escalate(known, by(name, role), SubjectId(subject), at=when(known, subject, at)),
        as_json=json,
    )


@app.command()
def bags(
    subject: Subject,
    prepared: Annotated[
        list[int], typer.Option("--hours", help="A bag length the pharmacy prepares, in hours; repeat.")
    ],
    trial: Folder = None,
    json: Json = False,
) -> None:
    """Plan the infusion bags for the rest of the course."""
    known = opened(trial)
    planned = treatment.bags(known, SubjectId(subject), at=now(), prepared=prepared)
    rows = [
        {
            "bag_hours": hung.bag.hours,
            "pump_ml_per_h": str(hung.bag.pump_ml_per_h),
            "after_hours": str(hung.after_hours),
            "run_hours": str(hung.run_hours),
        }
        for hung in planned
    ]
    lines = [
        f"after {row['after_hours']} h: {row['bag_hours']} h bag at {row['pump_ml_per_h']} mL/h,"
        f" for {row['run_hours']} h"
        for row in rows
    ]
    lines.append("volumes of drug and diluent are not verified: take them from the label, two people sign")
    say_of(known, {"participant": subject, "bags": rows}, "\n".join(lines), as_json=json)


@app.command()
def complete(
    subject: Subject,
    at: At,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that the course was completed."""
    known = opened(trial)
    say_participant(
        known,
        treatment.complete(known, by(name, role), SubjectId(subject), at=when(known, subject, at)),
        as_json=json,
    )


@app.command()
def stop(
    subject: Subject,
    at: At,
    why: Annotated[str, typer.Option(help="Why.")],
    as_protocol: Annotated[
        bool, typer.Option("--as-protocol/--against-protocol", help="Whether a rule said so.")
    ] = True,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that the course was ended early."""
    known = opened(trial)
    say_participant(
        known,
        treatment.stop(
            known,
            by(name, role),
            SubjectId(subject),
            at=when(known, subject, at),
            why=why,
            as_protocol=as_protocol,
        ),
        as_json=json,
    )


@app.command("not-given")
def not_given(
    subject: Subject,
    on: On,
    why: Annotated[str, typer.Option(help="Why.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that an enrolled child never received the drug."""
    known = opened(trial)
    say_participant(
        known,
        treatment.not_given(known, by(name, role), SubjectId(subject), on=day(on), why=why),
        as_json=json,
    )


@app.command()
def course(subject: Subject, trial: Folder = None, json: Json = False) -> None:
    """Say how the course stands: hours infused and left, planned end, pauses."""
    known = opened(trial)
    standing = treatment.course(known, SubjectId(subject), at=now())
    answer = {
        "participant": subject,
        "infused_hours": str(standing.infused_hours),
        "planned_hours": str(standing.planned_hours),
        "planned_end": standing.planned_end.isoformat() if standing.planned_end else None,
        "level": standing.level,
        "pauses": len(standing.pauses),
        "doses": list(standing.doses),
    }
    ran = f"{standing.infused_hours} of {standing.planned_hours} h infused"
    text = f"{subject}: {ran}, {len(standing.pauses)} pauses"
    end = standing.planned_end
    if end is not None:
        text += f", planned end {local(end, zone_of(known, SubjectId(subject)))}"
    say_of(known, answer, text, as_json=json)
