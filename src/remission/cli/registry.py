"""`remission registry`: read a trial record, whatever its format."""

import json as written
import sys
from pathlib import Path
from typing import Annotated

import typer

from remission.cli.words import Json
from remission.errors import InputRefused
from remission.registry.as_json import as_json
from remission.registry.read import Reading, read_record
from remission.registry.write_page import write_page

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _noun() -> None:  # without it, a noun that has one verb only would leave the verb out
    pass


def reading(path: Path) -> Reading:
    """Read the record in a file.

    Raises
    ------
    InputRefused
        If there is no such file, or it is no record.
    """
    try:
        with path.open("rb") as stream:
            return read_record(stream, path.name)
    except OSError as error:
        raise InputRefused(
            f"{path.name} cannot be opened: {error.strerror}", where=str(path), do="check the path"
        ) from None


@app.command()
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A registry page, API v2 JSON or legacy XML.")],
    json: Json = False,
) -> None:
    """Read a record and print it, with what is absent from this source and what the reader did not know."""
    found = reading(file)
    for note in found.notes:
        print(note, file=sys.stderr)
    for key in found.unknown_keys:
        print(f"unknown key kept: {key}", file=sys.stderr)
    if json:
        print(written.dumps(as_json(found.record), ensure_ascii=False, indent=2))
    else:
        print(write_page(found.record), end="")
