"""`remission participant`: from consent to the last contact."""

from typing import Annotated, Any

import typer

from remission.cli.words import (
    AsOf,
    Folder,
    Json,
    Language,
    Name,
    On,
    RoleWord,
    Subject,
    as_of,
    by,
    day,
    language,
    opened,
    say,
    say_participant,
)
from remission.conduct.due import due as due_now
from remission.conduct.state import Participant, Recorded
from remission.conduct.writing import to_text
from remission.protocol.criteria import Truth
from remission.screening.judge import Verdict
from remission.terms.actors import Role
from remission.terms.ids import SiteId, SubjectId
from remission.trial import admission, closing
from remission.trial.trial import now

app = typer.Typer(help="Children in the trial, from consent to the last contact.", no_args_is_help=True)
_ADMITS = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "unknown"}


@app.command()
def consent(
    site: Annotated[str, typer.Option(help="The hospital's number.")],
    on: On,
    signed_by: Annotated[str, typer.Option(help="guardian, participant or both.")],
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
    say_participant(known.participant(subject), as_json=json)


@app.command()
def answer(
    subject: Subject,
    fact: Annotated[str, typer.Argument(help="The question, such as weight (see: remission protocol show).")],
    value: Annotated[str, typer.Argument(help="The answer: yes, no, a number, a code or YYYY-MM-DD.")],
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record the answer to a question of the study, true on a day."""
    known = opened(trial)
    say_participant(
        admission.answer(known, by(name, role), SubjectId(subject), fact, value, on=day(on)), as_json=json
    )


@app.command()
def happened(
    subject: Subject,
    kind: Annotated[str, typer.Argument(help="A therapy or event of the study's lists, such as convulsion.")],
    first: Annotated[str, typer.Option(help="First day.")],
    last: Annotated[str | None, typer.Option(help="Last day, if more than one.")] = None,
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
    as_of_day: Annotated[str, typer.Option("--up-to", help="Complete up to and including this day.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Declare a dated list complete: what is not on it did not happen."""
    known = opened(trial)
    say_participant(
        admission.close_list(known, by(name, role), SubjectId(subject), name_of_list, as_of=day(as_of_day)),
        as_json=json,
    )


@app.command()
def judge(subject: Subject, on: On, trial: Folder = None, words: Language = "en", json: Json = False) -> None:
    """Judge the child on a day: one reason per criterion, and what is missing. Writes nothing."""
    verdict = admission.judge(opened(trial), SubjectId(subject), on=day(on))
    say(_verdict_json(verdict), _verdict_text(verdict, language(words)), as_json=json)


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
    say_participant(known.participant(SubjectId(subject)), as_json=json)


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
    say_participant(admission.enrol(known, by(name, role), SubjectId(subject), on=day(on)), as_json=json)


@app.command("list")
def list_participants(
    trial: Folder = None,
    at: AsOf = None,
    stage: Annotated[str | None, typer.Option(help="Only those at this stage.")] = None,
    json: Json = False,
) -> None:
    """List the participants and where each stands, now or as known at an earlier time."""
    everyone = opened(trial).participants(as_of=as_of(at)).values()
    chosen = [one for one in everyone if stage is None or one.stage == stage]
    rows = [
        {"participant": one.id, "site": one.site, "stage": one.stage, "entries": len(one.history)}
        for one in chosen
    ]
    lines = [f"{row['participant']}  {str(row['stage']).replace('_', ' ')}" for row in rows] or [
        "no participant"
    ]
    say({"participants": rows}, "\n".join(lines), as_json=json)


@app.command()
def show(subject: Subject, trial: Folder = None, at: AsOf = None, json: Json = False) -> None:
    """Print everything recorded of a participant, in order, now or as known at an earlier time."""
    one = opened(trial).participant(SubjectId(subject), as_of=as_of(at))
    lines = [f"{one.id}: {one.stage.replace('_', ' ')}"]
    lines += [_history_line(item) for item in one.history]
    say(_participant_json(one), "\n".join(lines), as_json=json)


@app.command()
def due(subject: Subject, trial: Folder = None, words: Language = "en", json: Json = False) -> None:
    """Say what is due for a participant: what, of whom, by when; what is late comes first."""
    known = opened(trial)
    one = known.participant(SubjectId(subject))
    today = known.today(one.site, now())
    items = due_now(known.study, one, today=today)
    rows = [
        {
            "what": item.what.en,
            "what_zh": item.what.zh,
            "who": item.who,
            "urgency": item.urgency(today),
            "first": item.first.isoformat() if item.first else None,
            "last": item.last.isoformat() if item.last else None,
        }
        for item in items
    ]
    spoken = language(words)
    lines = [
        f"{item.urgency(today):<6} {item.last or item.first or '':<11} {item.what.in_(spoken)} ({item.who})"
        for item in items
    ]
    say(
        {"participant": one.id, "today": today.isoformat(), "due": rows},
        "\n".join(lines or ["nothing is due"]),
        as_json=json,
    )


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
        closing.assess_response(known, by(name, role), SubjectId(subject), on=day(on)), as_json=json
    )


@app.command("follow-up")
def follow_up(
    subject: Subject,
    on: On,
    remission: Annotated[str, typer.Option(help="In remission: yes, no or unknown.")] = "unknown",
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record a follow-up contact: alive on that day."""
    known = opened(trial)
    state = {"yes": True, "no": False}.get(remission)
    say_participant(
        closing.follow_up(known, by(name, role), SubjectId(subject), on=day(on), in_remission=state),
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
        closing.relapse(known, by(name, role), SubjectId(subject), on=day(on), place=place), as_json=json
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
        closing.second_cancer(known, by(name, role), SubjectId(subject), on=day(on), what=what), as_json=json
    )


@app.command()
def died(
    subject: Subject,
    on: On,
    cause: Annotated[str, typer.Option(help="leukaemia, treatment, other or unknown.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record a death."""
    known = opened(trial)
    say_participant(
        closing.died(known, by(name, role), SubjectId(subject), on=day(on), cause=cause), as_json=json
    )


@app.command()
def lost(
    subject: Subject,
    on: On,
    last_seen: Annotated[str, typer.Option(help="Day of the last contact.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that there is no contact any more."""
    known = opened(trial)
    say_participant(
        closing.lost(known, by(name, role), SubjectId(subject), on=day(on), last_seen=day(last_seen)),
        as_json=json,
    )


@app.command()
def withdraw(
    subject: Subject,
    on: On,
    scope: Annotated[str, typer.Option(help="treatment (follow-up goes on) or study.")],
    why: Annotated[str, typer.Option(help="The reason given.")],
    who: Annotated[str, typer.Option(help="guardian, participant or doctor.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that consent was withdrawn."""
    known = opened(trial)
    say_participant(
        closing.withdraw(
            known, by(name, role), SubjectId(subject), on=day(on), scope=scope, why=why, who=who
        ),
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
        closing.found_ineligible(
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
        closing.end_follow_up(known, by(name, role), SubjectId(subject), on=day(on)), as_json=json
    )


@app.command()
def correct(
    subject: Subject,
    entry: Annotated[
        int, typer.Argument(help="Number of the wrong entry (see: remission participant show).")
    ],
    event: Annotated[
        str, typer.Option(help="The right event in JSON, with the same fields as the wrong one.")
    ],
    reason: Annotated[str, typer.Option(help="Why it is changed.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Put the right words in the place of a wrong entry; the wrong ones stay in the ledger."""
    known = opened(trial)
    right = closing.rewritten(known, SubjectId(subject), entry, event)
    say_participant(
        closing.correct(known, by(name, role), SubjectId(subject), entry, right, reason=reason), as_json=json
    )


@app.command()
def void(
    subject: Subject,
    entry: Annotated[int, typer.Argument(help="Number of the entry.")],
    reason: Annotated[str, typer.Option(help="Why it should never have been made.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Take an entry out of account that should never have been made; it stays in the ledger."""
    known = opened(trial)
    say_participant(
        closing.void(known, by(name, role), SubjectId(subject), entry, reason=reason), as_json=json
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


def _participant_json(one: Participant) -> dict[str, Any]:
    import json

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
                "event": json.loads(to_text(item.event)),
                "replaces": list(item.replaces),
                "reason": item.reason,
            }
            for item in one.history
        ],
    }


def _history_line(item: Recorded) -> str:
    said = f"{type(item.event).__name__}  {to_text(item.event)}"
    return f"{item.ref.seq:>7}  {item.recorded_at}  {said}  ({item.actor}, {item.role})"
