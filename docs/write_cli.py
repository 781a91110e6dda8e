"""Writes docs/cli.md from the commands themselves: `.venv/bin/python docs/write_cli.py`."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from remission.cli import NOUNS
from remission.cli.door import command_of

PAGE = Path(__file__).parent / "cli.md"
INTRODUCTION = """# The command line

A command is a noun and a verb: `remission trial verify`, or `.venv/bin/remission trial verify` after `make run`.
stdout is the answer, stderr is talk. Equal input gives equal bytes.

| exit status | meaning |
|---|---|
| 0 | done |
| 1 | refused by data or protocol; the message says what, where, and what to do |
| 2 | wrong command line |
| 130 | interrupted |

What many commands share is not repeated below:

- `--help`: every command.
- `--json`: every command; the answer in JSON, with `schema_version`.
- `--trial FOLDER`, `-t` (`REMISSION_TRIAL`): which trial; without it, the one here, or `my-trial`.
- `--by NAME` (`REMISSION_BY`; the login name) and `--role ROLE` (`REMISSION_ROLE`): who acts. The ledger keeps both
  with every entry.
- `--language zh` (`REMISSION_LANGUAGE`): Chinese, where an answer is prose.

Days are written `YYYY-MM-DD`; times `2024-06-18T09:30`, by the clock of the participant's hospital, or with a zone of
their own (`2024-06-18T09:30+08:00`). `remission protocol questions STUDY` prints the words that a study knows:
questions, lists, sample points, dose steps, toxicities.
"""
SHARED = ("help", "json", "trial", "name", "role", "words")


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *_sections()]).rstrip() + "\n"


def _sections() -> Iterator[str]:
    for noun, said in sorted(NOUNS.items()):
        command = command_of(noun, said)
        yield f"## {noun}\n\n{said}\n"
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
    options = [one for one in command.params if one.param_type_name == "option" and one.name not in SHARED]
    for one in options:
        names = "` / `".join(name for name in (*one.opts, *one.secondary_opts) if name.startswith("--"))
        yield f"  - `{names}`: {'needed. ' if one.required else ''}{one.help or ''}{_choices(command, one.name)}"
    if options:
        yield ""


def _choices(command: Any, option: str) -> str:
    """The words an option takes, where they are a list."""
    kind = get_type_hints(command.callback).get(option)
    for one in (kind, *get_args(kind)):
        if isinstance(one, type) and issubclass(one, Enum):
            return f" One of: {', '.join(f'`{member.value}`' for member in one)}."
    return ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
