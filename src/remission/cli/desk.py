"""Commands at a trial's desk: which trial, who acts, and where a participant stands after the act."""

import getpass
import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from remission.cli.door import AT_END
from remission.cli.telling import told
from remission.cli.words import instant, say
from remission.conduct.state import Participant
from remission.terms.actors import Actor, Role
from remission.terms.ids import SubjectId
from remission.terms.words import SIMULATED
from remission.trial.settings import SETTINGS
from remission.trial.trial import By, Trial, now

Folder = Annotated[
    Path | None,
    typer.Option("--trial", "-t", envvar="REMISSION_TRIAL", help="The trial's folder (here, or my-trial)."),
]
Name = Annotated[str, typer.Option("--by", envvar="REMISSION_BY", help="Who acts (your login name).")]
RoleWord = Annotated[Role, typer.Option("--role", envvar="REMISSION_ROLE", help="The role you act in.")]


def place_of(folder: Path | None) -> Path:
    """The folder named, or this one if it holds a trial, or `my-trial`."""
    return folder or (Path() if Path(SETTINGS).exists() else Path("my-trial"))


def opened(folder: Path | None) -> Trial:
    """The trial named, or the one here, or `my-trial`."""
    return closed_at_end(Trial.open(place_of(folder)))


def closed_at_end(trial: Trial) -> Trial:
    """The trial, whose ledger is closed when the command ends."""
    AT_END.callback(trial.ledger.close)
    return trial


def by(name: str, role: Role) -> By:
    """Who acts now; without a name, the login name."""
    return By(Actor(name.strip() or _login(), role), now())


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return os.environ.get("USER", "unknown")


def when(trial: Trial, subject: str, text: str) -> datetime:
    """An instant; without its zone, by the clock of the participant's hospital."""
    return instant(text, zone_of(trial, SubjectId(subject)))


def zone_of(trial: Trial, subject: SubjectId) -> ZoneInfo:
    """The time zone of a participant's hospital."""
    return ZoneInfo(trial.study.site(trial.participant(subject).site).time_zone)


def say_of(trial: Trial, answer: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print an answer about a trial; one of a rehearsal says that it is simulated."""
    mark = f"[{SIMULATED.en}] " if trial.simulated else ""
    say({"simulated": trial.simulated, **answer}, mark + text, as_json=as_json)


def say_participant(trial: Trial, participant: Participant, *, as_json: bool) -> None:
    """Print where a participant stands after an act, and what it wrote."""
    last = trial.raw(participant.id)[-1]
    answer = {
        "participant": participant.id,
        "site": participant.site,
        "stage": participant.stage,
        "event": type(last.event).__name__,
        "entry": last.ref.seq,
        "hash": last.ref.hash,
    }
    stage, said = participant.stage.replace("_", " "), told(last.event, zone_of(trial, participant.id))
    say_of(trial, answer, f"{participant.id}: {stage}\nentry {last.ref.seq}, {said}", as_json=as_json)
