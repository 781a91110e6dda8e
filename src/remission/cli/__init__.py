"""The command line: words in, one act, lines out. `remission <noun> <verb>`.

stdout is the answer, stderr is talk; `--json` answers in JSON with `schema_version`. Exit status 0 done,
1 refused by data or protocol, 2 wrong command line.
"""

import sys

import typer

from remission.cli import (
    participant,
    protocol,
    registry,
    rehearse,
    sample,
    serve,
    site,
    toxicity,
    treatment,
    trial,
)
from remission.errors import Refusal

app = typer.Typer(
    name="remission",
    help="Runs an MRD-directed leukaemia trial, from the registry record to the published result.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(registry.app, name="registry")
app.add_typer(protocol.app, name="protocol")
app.add_typer(trial.app, name="trial")
app.add_typer(site.app, name="site")
app.add_typer(participant.app, name="participant")
app.add_typer(sample.app, name="sample")
app.add_typer(treatment.app, name="treatment")
app.add_typer(toxicity.app, name="toxicity")
app.command(name="rehearse")(rehearse.rehearse)
app.command(name="serve")(serve.serve)


def main() -> None:
    """Run the command line; a refusal is printed with its remedy and becomes the exit status."""
    try:
        app()
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(refusal.exit_status)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
        sys.exit(0)
