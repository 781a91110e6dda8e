"""`remission participant`: from consent to the last contact."""

import typer

from remission.cli import closing, correcting, entry, standing

app = typer.Typer(no_args_is_help=True, add_completion=False)
for _part in (entry, standing, closing, correcting):
    app.add_typer(_part.app)
