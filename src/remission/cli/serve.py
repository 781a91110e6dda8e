"""`remission serve`: the pages, on this machine only."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from remission.cli.desk import Folder, place_of
from remission.cli.words import Json, say

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="The trial's folder (here, or my-trial).")
    ] = None,
    trial: Folder = None,
    host: Annotated[str, typer.Option(help="A loopback address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0: a free one.", min=0, max=65535)] = 8719,
    flow_reference: Annotated[
        str | None,
        typer.Option("--flow-reference", help="Normal marrows (`flow reference`), for suggestions."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Fetch every page once, and end.")] = False,
    json: Json = False,
) -> None:
    """Serve the pages of a trial on the loopback address, until interrupted."""
    from remission.web import serve as web

    place = place_of(folder or trial)
    if check:
        rows = [
            {"path": path, "language": word, "status": status, "ms": round(ms, 1)}
            for path, word, status, ms in web.check(place)
        ]
        lines = [f"{row['status']} {row['ms']:>8} ms  {row['language']}  {row['path']}" for row in rows]
        say({"pages": rows}, "\n".join([*lines, f"{len(rows)} pages"]), as_json=json)
        failed = [row["path"] for row in rows if row["status"] != 200]
        if failed:
            print(f"{len(failed)} pages did not answer: {failed[0]}", file=sys.stderr)
            raise typer.Exit(1)
        return
    web.serve(place, host, port, told=_tell, reference=flow_reference)


def _tell(address: str) -> None:
    print(f"{address}  (stop with Ctrl-C)", file=sys.stderr, flush=True)
