"""`remission trial`: create it, verify it, read its results, walk a number back."""

import json as written
from pathlib import Path
from typing import Annotated

import typer

from remission.cli import compare
from remission.cli.desk import Folder, Name, RoleWord, by, closed_at_end, opened, say_of
from remission.cli.tables import table_lines
from remission.cli.words import AsOf, Json, Language, Spoken, as_of, say
from remission.conduct.stages_table import stage_rows
from remission.errors import InputRefused, NotFound
from remission.results.publish import results_section
from remission.results.why import as_json, why_lines
from remission.results.why import why as walked_back
from remission.store.site_copy import verify_site_copy
from remission.terms.actors import Role
from remission.trial import reading
from remission.trial.studies import study_files
from remission.trial.trial import Trial

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(compare.app)


@app.command()
def create(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="A shipped study, such as nct06607419, or the path of a study.toml."
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the trial is to live.")],
    address: Annotated[
        str | None, typer.Option(help="PostgreSQL address of the ledger; without it, SQLite in the folder.")
    ] = None,
    name: Name = "",
    role: RoleWord = Role.SPONSOR,
    json: Json = False,
) -> None:
    """Create a trial from a study file, after checking that it can be carried out."""
    files = study_files(study)
    made = closed_at_end(
        Trial.create(folder, study=files.study, record=files.record, by=by(name, role), address=address)
    )
    say_of(
        made,
        {"study": made.study.id, "folder": str(folder), "study_sha256": made.opened.study_sha256},
        f"trial of {made.study.id} in {folder}\nnext: remission site activate SITE --trial {folder}",
        as_json=json,
    )


@app.command()
def verify(trial: Folder = None, json: Json = False) -> None:
    """Check the whole ledger and every kept file; name the first entry that is not as written."""
    known = opened(trial)
    checked = reading.verify(known)
    say_of(
        known,
        {"entries": checked.entries, "files": checked.files, "head": checked.head},
        f"{checked.entries} entries and {checked.files} files are as they were written; head {checked.head}",
        as_json=json,
    )


@app.command()
def results(
    trial: Folder = None,
    at: AsOf = None,
    words: Language = Spoken.EN,
    json: Json = False,
    numbers: Annotated[
        bool, typer.Option("--numbers", help="Every number with its id (for remission trial why), instead.")
    ] = False,
) -> None:
    """Print the results. With --json, in the shape of a registry record's resultsSection."""
    known = opened(trial)
    found = reading.results(known, as_of=as_of(at))
    if json and numbers:
        print(written.dumps(found.as_json(), ensure_ascii=False, indent=2, allow_nan=False))
    elif json:
        section = results_section(known.study, found, known.record)
        say_of(known, {"study": known.study.id, "resultsSection": section}, "", as_json=True)
    elif numbers:
        shown = (
            f"{id} = {one.text.in_(words)}  ({one.label.in_(words)})" for id, one in found.numbers.items()
        )
        say_of(known, {}, "\n".join(shown), as_json=False)
    else:
        print("\n".join(table_lines(found, words)))


@app.command()
def why(
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="The number (see: remission trial results --numbers).")
    ],
    trial: Folder = None,
    at: AsOf = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Walk a published number back: formula, participants, ledger entries, results, file checksums."""
    known = opened(trial)
    chain = walked_back(reading.results(known, as_of=as_of(at)), number)
    lines = why_lines(chain, words)
    say_of(known, {"why": as_json(chain)}, "\n".join(lines), as_json=json)


@app.command()
def stages(json: Json = False) -> None:
    """Print the table of permitted changes of stage."""
    rows = [{"stage": stage, "event": event, "then": after} for stage, event, after in stage_rows()]
    width = max(len(str(row["event"])) for row in rows)
    lines = [f"{row['stage']:<16} {row['event']:<{width}}  {row['then']}" for row in rows]
    say({"changes": rows}, "\n".join(lines), as_json=json)


@app.command("site-copy")
def site_copy(
    site: Annotated[str, typer.Argument(metavar="SITE", help="The hospital's number.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write (JSON lines).")],
    trial: Folder = None,
    json: Json = False,
) -> None:
    """Write a hospital's own copy of its entries, which can be verified without this trial."""
    known = opened(trial)
    if site not in {one.id for one in known.study.sites}:
        raise NotFound(
            f"the study has no site {site}", where=f"study {known.study.id}", do="see: remission site list"
        )
    lines = 0
    try:
        with output.open("xb") as stream:
            for line in known.ledger.site_copy(site):
                lines += stream.write(line) > 0
    except OSError as error:
        raise InputRefused(
            f"{output} cannot be written: {error.strerror}", where=str(output), do="choose another place"
        ) from None
    say_of(
        known,
        {"site": site, "file": str(output), "lines": lines},
        f"{lines} lines in {output}",
        as_json=json,
    )


@app.command("verify-copy")
def verify_copy(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A hospital's copy, as remission trial site-copy wrote it.")
    ],
    json: Json = False,
) -> None:
    """Check a hospital's copy by the file alone; name the first entry that is not as written."""
    with file.open("rb") as stream:
        checked = verify_site_copy(stream, file.name)
    say(
        {"file": str(file), "entries": checked.entries, "head": checked.head},
        f"{checked.entries} entries are as they were written; head {checked.head}",
        as_json=json,
    )
