"""`remission rehearse`: a virtual trial with known truth, through the very same acts."""

import json as written
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from remission.cli.words import Json, Language, Spoken, day
from remission.rehearsal.rehearse import kept_report
from remission.rehearsal.rehearse import rehearse as play
from remission.rehearsal.rehearse import reuse as can_reuse
from remission.rehearsal.script import Script, script
from remission.rehearsal.summary import summary

app = typer.Typer(add_completion=False)


@app.command()
def rehearse(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A shipped study, or the path of a study.toml.")
    ],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 7,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The trial's folder (rehearsals/STUDY-SEED).")
    ] = None,
    participants: Annotated[
        int | None, typer.Option(help="How many to enrol (as many as planned).", min=1)
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Data cut-off (end of follow-up).")
    ] = None,
    reads: Annotated[
        bool, typer.Option("--reads", help="Measure two samples for real, by reads and by events.")
    ] = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Keep this very rehearsal if it is there, finished.")
    ] = False,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Play a virtual trial with known truth through the very same acts; report truth beside finding."""
    read = script(study)
    cut_off = day(until) if until else None
    folder = output or Path("rehearsals") / f"{Path(study).stem}-{seed}"
    console = Console(stderr=True)
    if reuse and can_reuse(read, seed, folder, participants=participants, until=cut_off, reads=reads):
        console.print(f"kept the rehearsal in {folder}")
        answer = kept_report(folder)
    else:
        answer = _played(read, seed, folder, participants, cut_off, reads, console)
        console.print(f"the simulated trial is in {folder}")
    print(written.dumps(answer, ensure_ascii=False, indent=2) if json else summary(answer, words))


def _played(
    read: Script,
    seed: int,
    folder: Path,
    participants: int | None,
    until: date | None,
    reads: bool,
    console: Console,
) -> dict[str, object]:
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as bar:
        task = bar.add_task("rehearsing", total=None)

        def progress(today: date, screened: int, enrolled: int) -> None:
            bar.update(task, description=f"{today}  screened {screened}  enrolled {enrolled}")

        found = play(
            read, seed, folder, participants=participants, until=until, reads=reads, progress=progress
        )
        return found.as_json()
