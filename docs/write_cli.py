"""Writes docs/cli.md from the commands themselves: `.venv/bin/python docs/write_cli.py`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from remission.cli import app

PAGE = Path(__file__).parent / "cli.md"
INTRODUCTION = """# The command line

A command is a noun and a verb: `remission trial verify`, or `.venv/bin/remission trial verify` after `make run`.
stdout is the answer, stderr is talk. Every command takes `--help` and, but for a few, `--json`, whose output carries
`schema_version`. Equal input gives equal bytes.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | refused by data or protocol; the message says what, where, and what to do |
| 2 | wrong command line |

Commands that read or write a trial take `--trial FOLDER` (or the variable `REMISSION_TRIAL`); without it, the trial
is the one here, or `my-trial`. Commands that write take `--by NAME` (`REMISSION_BY`; the login name) and `--role ROLE`
(`REMISSION_ROLE`): the ledger keeps both with every entry. Days are written `YYYY-MM-DD`, times with their zone
(`2024-06-18T09:30+08:00`). `--language zh` (`REMISSION_LANGUAGE`) answers in Chinese where an answer is prose.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_sections()]).rstrip() + "\n"


def _sections() -> Iterator[str]:
    root: Any = typer.main.get_command(app)
    for noun, command in sorted(root.commands.items()):
        yield f"## {noun}\n"
        verbs = getattr(command, "commands", None)
        for words, one in (
            [((noun, verb), one) for verb, one in verbs.items()] if verbs else [((noun,), command)]
        ):
            yield from _paragraph(words, one)


def _paragraph(words: tuple[str, ...], command: Any) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    named = [(one.metavar or one.name.upper(), one.required) for one in arguments]
    yield f"`remission {' '.join([*words, *(name if needed else f'[{name}]' for name, needed in named)])}`"
    yield f": {' '.join(command.help.split())}\n"
    options = [one for one in command.params if one.param_type_name == "option" and one.name != "help"]
    for one in options:
        names = "` / `".join(name for name in (*one.opts, *one.secondary_opts) if name.startswith("--"))
        yield f"  - `{names}`: {'needed. ' if one.required else ''}{one.help or ''}"
    if options:
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
