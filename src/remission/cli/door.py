"""The door of the command line: which module a noun means, and what every mishap becomes."""

import importlib
import os
import sys
from contextlib import ExitStack
from io import TextIOWrapper
from typing import Any

import typer
from typer.core import TyperGroup

from remission.errors import CommandRefused, InputRefused, Refusal

AT_END = ExitStack()
"""What a command leaves to be closed when it ends, however it ends."""


class Nouns(TyperGroup):
    """The nouns. A refusal is printed with its remedy and becomes the exit status; no trace is shown."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, list[str]]:
        """The real command of a noun, in the place of the one that only carries its help."""
        noun, known, rest = super().resolve_command(ctx, args)
        return noun, known and command_of(str(noun), known.help), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; see the class."""
        _speak_utf8()
        try:
            with AT_END:
                answer = super().invoke(ctx)
                print(end="", flush=True)
                return answer
        except Refusal as refusal:
            raise _ended(refusal) from None
        except BrokenPipeError:  # the reader (head, less) has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except UnicodeEncodeError as error:
            raise _ended(_not_text(error)) from None
        except OSError as error:
            raise _ended(_not_usable(error)) from None


def command_of(noun: str, help: str | None) -> Any:
    """The command of a noun, from the noun's own module."""
    command = typer.main.get_command(importlib.import_module(f"remission.cli.{noun}").app)
    command.help = command.help or help
    return command


def _speak_utf8() -> None:
    """Whatever the locale: an answer into a file or pipe is UTF-8, and no character stops the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def _ended(refusal: Refusal) -> typer.Exit:
    print(refusal, file=sys.stderr)
    return typer.Exit(refusal.exit_status)


def _not_text(error: UnicodeEncodeError) -> CommandRefused:
    return CommandRefused(
        f"{str(error.object)[:60]!r} holds bytes that are not text",
        where="command line",
        do="type it in UTF-8, the encoding of the terminal",
    )


def _not_usable(error: OSError) -> InputRefused:
    said = error.strerror or str(error)
    if error.filename is None:
        return InputRefused(said, where="input or output", do="check disk, network and where the output goes")
    place = os.fsdecode(error.filename)
    do = "check the path, what it is, and who may read and write it"
    return InputRefused(f"{place} cannot be used: {said}", where=place, do=do)
