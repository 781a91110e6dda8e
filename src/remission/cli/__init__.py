"""The command line: words in, one act, lines out. `remission <noun> <verb>`.

stdout is the answer, stderr is talk; `--json` answers in JSON with `schema_version`. Exit status 0 done,
1 refused by data or protocol, 2 wrong command line, 130 interrupted.

A noun's module is imported when the noun is said, so that `remission --help` answers at once.
"""

import typer

from remission.cli.door import Nouns

NOUNS = {
    "registry": "Trial records: read them, whatever their format.",
    "protocol": "Studies: what was promised, the check of it, and the words a site types.",
    "design": "Designs: what a study's design would do, and designs that do what is wanted.",
    "trial": "A trial: create, verify, results, why.",
    "site": "Hospitals of the trial.",
    "participant": "Children in the trial, from consent to the last contact.",
    "sample": "Marrow samples and their MRD results.",
    "flow": "Flow cytometry: FCS files to a level with its limits, by gates people can look at.",
    "ngs": "Sequencing: index clones, their level at follow-up, whole runs, single sequences.",
    "treatment": "Dose orders, premedication, infusion.",
    "toxicity": "Toxicities and protocol deviations.",
    "rehearse": "Play a virtual trial with known truth through the very same acts.",
    "serve": "Serve the pages of a trial on this machine.",
}

app = typer.Typer(
    name="remission",
    cls=Nouns,
    help="Runs an MRD-directed leukaemia trial, from the registry record to the published result.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _noun, _help in NOUNS.items():
    app.add_typer(typer.Typer(help=_help), name=_noun)


def main() -> None:
    """Run the command line."""
    app(prog_name="remission")
