"""Files that a command writes: nothing is written over."""

from typing import TYPE_CHECKING

from remission.errors import CommandRefused

if TYPE_CHECKING:
    from remission.paper.words import Format


def refuse_taken(*outputs: str | None) -> None:
    """No output is written over, and no two are one: told before the work, not after it."""
    from remission.lab.addresses import refuse_existing

    named = [output for output in outputs if output is not None]
    for output in named:
        if named.count(output) > 1:
            raise CommandRefused(f"{output} is named twice", where="command line", do="name each output once")
        refuse_existing(output)


def put_all(*outputs: tuple[str | None, bytes]) -> None:
    """Write the outputs asked for, the answer last."""
    from remission.lab.addresses import put

    for address, content in outputs:
        if address is not None:
            put(address, content)


def figure_form(figure: str | None, option: str = "--figure") -> "Format":
    """The form of a figure by the ending of its name; SVG where none is asked for.

    Raises
    ------
    CommandRefused
        For another ending.
    """
    ending = "svg" if figure is None else figure.rpartition(".")[2].lower()
    if ending == "svg":
        return "svg"
    if ending == "png":
        return "png"
    raise CommandRefused(f"{figure!r} is no figure", where=option, do="name a file .svg or .png")
