"""`remission participant`: corrections. The wrong words stay in the ledger."""

from json import dumps, loads
from typing import Annotated

import typer

from remission.cli.desk import Folder, Name, RoleWord, by, opened, say_participant
from remission.cli.words import Json, Subject
from remission.conduct.writing import to_text
from remission.errors import CommandRefused
from remission.terms.actors import Role
from remission.terms.ids import SubjectId
from remission.trial import closing as acts
from remission.trial.trial import Trial

app = typer.Typer(add_completion=False)


@app.command()
def correct(
    subject: Subject,
    entry: Annotated[
        int,
        typer.Argument(metavar="ENTRY", help="The wrong entry's number (see: remission participant show)."),
    ],
    reason: Annotated[str, typer.Option(help="Why it is changed.")],
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="A field and its right value; repeat for more fields."
        ),
    ] = None,
    event: Annotated[
        str | None, typer.Option(metavar="JSON", help="Or the whole event, with the wrong one's fields.")
    ] = None,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Put the right words in the place of a wrong entry; the wrong ones stay in the ledger."""
    if (event is None) == (not changes):
        raise CommandRefused(
            "what is right was not said, or said twice",
            where="--set, --event",
            do="give --set FIELD=VALUE, or --event with the whole event",
        )
    known, who = opened(trial), SubjectId(subject)
    text = event if event is not None else _changed(known, who, entry, changes or [])
    right = acts.rewritten(known, who, entry, text)
    participant = acts.correct(known, by(name, role), who, entry, right, reason=reason)
    say_participant(known, participant, as_json=json)


@app.command()
def void(
    subject: Subject,
    entry: Annotated[
        int, typer.Argument(metavar="ENTRY", help="The entry's number (see: remission participant show).")
    ],
    reason: Annotated[str, typer.Option(help="Why it should never have been made.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Take an entry out of account that should never have been made; it stays in the ledger."""
    known = opened(trial)
    participant = acts.void(known, by(name, role), SubjectId(subject), entry, reason=reason)
    say_participant(known, participant, as_json=json)


def _changed(trial: Trial, subject: SubjectId, entry: int, changes: list[str]) -> str:
    """The JSON of an entry's event, some fields changed; a text stays a text, the rest is read as JSON."""
    old = next((item.event for item in trial.raw(subject) if item.ref.seq == entry), None)
    event = {} if old is None else loads(to_text(old))
    for change in changes:
        field, sign, value = change.partition("=")
        if not sign or (old is not None and field not in event):
            raise CommandRefused(
                f"{change!r} sets no field of entry {entry}",
                where="--set",
                do=f"write FIELD=VALUE, with one of: {', '.join(event)}",
            )
        event[field] = value if isinstance(event.get(field), str) else _value(value)
    return dumps(event)


def _value(text: str) -> object:
    try:
        return loads(text)
    except ValueError:
        return text
