"""`remission participant`: where everybody stands, what was recorded, what is due."""

from json import loads
from typing import Annotated, Any

import typer

from remission.cli.desk import Folder, opened, say_of, zone_of
from remission.cli.telling import entry_line
from remission.cli.words import AsOf, Json, Language, Spoken, Subject, as_of
from remission.conduct.due import due as due_now
from remission.conduct.state import Participant, Stage
from remission.conduct.writing import to_text
from remission.terms.ids import SubjectId
from remission.trial.trial import now

app = typer.Typer(add_completion=False)


@app.command("list")
def list_participants(
    trial: Folder = None,
    at: AsOf = None,
    stage: Annotated[Stage | None, typer.Option(help="Only those at this stage.")] = None,
    json: Json = False,
) -> None:
    """List the participants and where each stands, now or as known at an earlier time."""
    known = opened(trial)
    everyone = known.participants(as_of=as_of(at)).values()
    chosen = [one for one in everyone if stage is None or one.stage == stage]
    rows = [
        {"participant": one.id, "site": one.site, "stage": one.stage, "entries": len(one.history)}
        for one in chosen
    ]
    lines = [f"{row['participant']}  {str(row['stage']).replace('_', ' ')}" for row in rows] or [
        "no participant"
    ]
    say_of(known, {"participants": rows}, "\n".join(lines), as_json=json)


@app.command()
def show(subject: Subject, trial: Folder = None, at: AsOf = None, json: Json = False) -> None:
    """Print everything recorded of a participant, in order, now or as known at an earlier time."""
    known = opened(trial)
    one = known.participant(SubjectId(subject), as_of=as_of(at))
    lines = [f"{one.id}: {one.stage.replace('_', ' ')}"]
    zone = zone_of(known, one.id)
    lines += [entry_line(item, zone) for item in one.history]
    say_of(known, _participant_json(one), "\n".join(lines), as_json=json)


@app.command()
def due(subject: Subject, trial: Folder = None, words: Language = Spoken.EN, json: Json = False) -> None:
    """Say what is due for a participant: what, of whom, by when; what is late comes first."""
    known = opened(trial)
    one = known.participant(SubjectId(subject))
    today = known.today(one.site, now())
    items = due_now(known.study, one, today=today)
    facts = {fact.label: fact.id for fact in known.study.facts}
    rows = [
        {
            "what": item.what.en,
            "what_zh": item.what.zh,
            "fact": facts.get(item.what),
            "who": item.who,
            "urgency": item.urgency(today),
            "first": item.first.isoformat() if item.first else None,
            "last": item.last.isoformat() if item.last else None,
        }
        for item in items
    ]
    lines = [
        f"{item.urgency(today):<6} {item.last or item.first or ''!s:<11} {item.what.in_(words)} ({item.who})"
        + (f"  answer {facts[item.what]}" if item.what in facts else "")
        for item in items
    ]
    say_of(
        known,
        {"participant": one.id, "today": today.isoformat(), "due": rows},
        "\n".join(lines or ["nothing is due"]),
        as_json=json,
    )


def _participant_json(one: Participant) -> dict[str, Any]:
    return {
        "participant": one.id,
        "stage": one.stage,
        "history": [
            {
                "entry": item.ref.seq,
                "hash": item.ref.hash,
                "recorded_at": item.recorded_at,
                "actor": item.actor,
                "role": item.role,
                "kind": type(item.event).__name__,
                "event": loads(to_text(item.event)),
                "replaces": list(item.replaces),
                "reason": item.reason,
            }
            for item in one.history
        ],
    }
