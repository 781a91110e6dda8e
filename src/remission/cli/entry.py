"""`remission participant`, until enrolment: consent, answers, verdict, enrolment."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from remission.cli.desk import Folder, Name, RoleWord, by, opened, say_of, say_participant
from remission.cli.words import Json, Language, On, Spoken, Subject, day
from remission.protocol.criteria import Truth
from remission.screening.judge import Verdict
from remission.terms.actors import Role
from remission.terms.ids import SiteId, SubjectId
from remission.trial import admission

_ADMITS = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "unknown"}


class SignedBy(StrEnum):
    """Who signed the consent form."""

    GUARDIAN = "guardian"
    PARTICIPANT = "participant"
    BOTH = "both"


app = typer.Typer(add_completion=False)


@app.command()
def consent(
    site: Annotated[str, typer.Option(help="The hospital's number (see: remission site list).")],
    on: On,
    signed_by: Annotated[SignedBy, typer.Option(help="Who signed.")],
    form: Annotated[str, typer.Option(help="Version of the consent form.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Register a child whose consent was signed; prints the pseudonym."""
    known = opened(trial)
    subject = admission.consent(
        known, by(name, role), SiteId(site), on=day(on), signed_by=signed_by, form=form
    )
    say_participant(known, known.participant(subject), as_json=json)


@app.command()
def answer(
    subject: Subject,
    fact: Annotated[
        str,
        typer.Argument(
            metavar="FACT", help="The question, such as weight (see: remission protocol questions)."
        ),
    ],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help="The answer: yes, no, a number, a code or YYYY-MM-DD.")
    ],
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record the answer to a question of the study, true on a day."""
    known = opened(trial)
    say_participant(
        known,
        admission.answer(known, by(name, role), SubjectId(subject), fact, value, on=day(on)),
        as_json=json,
    )


@app.command()
def happened(
    subject: Subject,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="What: convulsion, chemotherapy, ... (see: remission protocol questions)."
        ),
    ],
    first: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="First day.")],
    last: Annotated[
        str | None,
        typer.Option(
            metavar="YYYY-MM-DD", help="Last day. Without: it goes on (therapies), or was one day (events)."
        ),
    ] = None,
    purpose: Annotated[str, typer.Option(help="What for, such as airway_emergency.")] = "",
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Add to a dated list: a therapy given, or something that happened."""
    known = opened(trial)
    known_last = day(last) if last else None
    say_participant(
        known,
        admission.happened(
            known,
            by(name, role),
            SubjectId(subject),
            kind,
            first=day(first),
            last=known_last,
            purpose=purpose,
        ),
        as_json=json,
    )


@app.command("close-list")
def close_list(
    subject: Subject,
    name_of_list: Annotated[str, typer.Argument(metavar="LIST", help="The list, such as seizures.")],
    as_of_day: Annotated[
        str, typer.Option("--up-to", metavar="YYYY-MM-DD", help="Complete up to and including this day.")
    ],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Declare a dated list complete: what is not on it did not happen."""
    known = opened(trial)
    say_participant(
        known,
        admission.close_list(known, by(name, role), SubjectId(subject), name_of_list, as_of=day(as_of_day)),
        as_json=json,
    )


@app.command()
def judge(
    subject: Subject, on: On, trial: Folder = None, words: Language = Spoken.EN, json: Json = False
) -> None:
    """Judge the child on a day: one reason per criterion, and what is missing. Writes nothing."""
    known = opened(trial)
    verdict = admission.judge(known, SubjectId(subject), on=day(on))
    answer = {"participant": subject, **_verdict_json(verdict)}
    say_of(known, answer, _verdict_text(verdict, words), as_json=json)


@app.command()
def decide(
    subject: Subject,
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record the verdict: eligible or not. Held, with what is missing, while a criterion is unknown."""
    known = opened(trial)
    admission.decide(known, by(name, role), SubjectId(subject), on=day(on))
    say_participant(known, known.participant(SubjectId(subject)), as_json=json)


@app.command()
def enrol(
    subject: Subject,
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Enrol an eligible child."""
    known = opened(trial)
    say_participant(
        known, admission.enrol(known, by(name, role), SubjectId(subject), on=day(on)), as_json=json
    )


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "on": verdict.on.isoformat(),
        "admits": _ADMITS[verdict.admits],
        "criteria": [
            {
                "criterion": judged.criterion,
                "admits": _ADMITS[judged.admits],
                "reason": judged.reason.en,
                "reason_zh": judged.reason.zh,
                "missing": [
                    {
                        "what": item.what.en,
                        "what_zh": item.what.zh,
                        "asked_of": item.asked_of,
                        "by": item.by.isoformat() if item.by else None,
                    }
                    for item in judged.missing
                ],
            }
            for judged in verdict.judged
        ],
    }


def _verdict_text(verdict: Verdict, words: str) -> str:
    lines = [
        f"{judged.criterion:<4} {_ADMITS[judged.admits]:<8} {judged.reason.in_(words)}"
        for judged in verdict.judged
    ]
    return "\n".join([f"admits on {verdict.on}: {_ADMITS[verdict.admits]}", *lines])
