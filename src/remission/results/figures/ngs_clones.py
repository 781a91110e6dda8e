"""How index clones are told apart in the pictures of sequencing: by shape and dashes as well as by colour."""

from remission.paper.canvas import BLUE, INK, ORANGE, PURPLE, SKY, VERMILION, Mark, Stroke
from remission.terms.words import Text

MOST_CLONES = 8
"""More clones than this are not drawn but counted."""

_SHAPES = ("o", "s", "^", "D", "v", "P", "X", "p")
_COLOURS = (BLUE, VERMILION, PURPLE, INK, "#8a6100", "#00795a", SKY, ORANGE)
_DASHES = ((), (6.0, 2.5), (2.0, 2.0), (7.0, 2.0, 2.0, 2.0), (), (6.0, 2.5), (2.0, 2.0), (7.0, 2.0, 2.0, 2.0))


def clone_mark(place: int, *, open: bool = False, size: float = 5.5) -> Mark:
    """The mark of the clone at a place (from 0) of a list."""
    return Mark(_SHAPES[place % MOST_CLONES], _COLOURS[place % MOST_CLONES], open, size)


def clone_stroke(place: int, width: float = 1.3) -> Stroke:
    """The line of the clone at a place (from 0) of a list."""
    return Stroke(_COLOURS[place % MOST_CLONES], width, _DASHES[place % MOST_CLONES])


def and_more(left_out: int, what: Text) -> Text:
    """The end of a list that was cut."""
    return Text(f"and {left_out:,} more {what.en}", f"另有{left_out:,}{what.zh}")
