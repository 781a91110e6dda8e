"""`remission toxicity`: what went wrong, how badly, and what the rules say to do."""

from typing import Annotated

import typer

from remission.cli.words import (
    Folder,
    Json,
    Name,
    On,
    RoleWord,
    Subject,
    by,
    day,
    opened,
    say,
    say_participant,
)
from remission.terms.actors import Role
from remission.terms.ids import SubjectId
from remission.trial import vigilance

app = typer.Typer(help="Toxicities and protocol deviations.", no_args_is_help=True)
Grade = Annotated[int, typer.Option(help="Grade, 1 to 5 (0 when it has ended).", min=0, max=5)]
Report = Annotated[str, typer.Option("--id", help="The report's own name, such as tox-1.")]


@app.command()
def report(
    subject: Subject,
    report_id: Report,
    term: Annotated[str, typer.Option(help="The toxicity, such as crs or neurologic.")],
    grade: Grade,
    began: Annotated[str, typer.Option(help="First day.")],
    system: Annotated[str, typer.Option(help="Organ system.")] = "General disorders",
    serious: Annotated[bool, typer.Option("--serious", help="A serious adverse event.")] = False,
    related: Annotated[str, typer.Option(help="Related to the drug: yes, no or unknown.")] = "unknown",
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Report a toxicity; the answer says what the study's rules make of it."""
    known = opened(trial)
    _, action = vigilance.report_toxicity(
        known,
        by(name, role),
        SubjectId(subject),
        id=report_id,
        term=term,
        system=system,
        grade=grade,
        began=day(began),
        serious=serious,
        related=related,
    )
    say(
        {
            "participant": subject,
            "id": report_id,
            "action": action.action,
            "text": action.text.en,
            "text_zh": action.text.zh,
        },
        f"{subject}: {action.action.replace('_', ' ')}\n{action.text.en}",
        as_json=json,
    )


@app.command()
def regrade(
    subject: Subject,
    report_id: Report,
    grade: Grade,
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record the grade of a reported toxicity on a later day."""
    known = opened(trial)
    say_participant(
        vigilance.regrade(known, by(name, role), SubjectId(subject), id=report_id, grade=grade, on=day(on)),
        as_json=json,
    )


@app.command()
def deviation(
    subject: Subject,
    on: On,
    rule: Annotated[str, typer.Option(help="The rule of the protocol.")],
    what: Annotated[str, typer.Option(help="What was done instead.")],
    major: Annotated[bool, typer.Option("--major/--minor", help="Whether it can change the result.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that something was done otherwise than the protocol says."""
    known = opened(trial)
    say_participant(
        vigilance.deviate(
            known, by(name, role), SubjectId(subject), on=day(on), rule=rule, major=major, what=what
        ),
        as_json=json,
    )
