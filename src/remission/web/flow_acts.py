"""What a flow page may ask of a bench."""

import json
from typing import Any

from django.http import HttpRequest

from remission.errors import InputRefused
from remission.lab.flow_work import Work
from remission.web.flow_place import Place
from remission.web.flow_sheet import accepted

MOST_BYTES = 100_000
_DO = "reload the page"


def asked_of(request: HttpRequest) -> dict[str, Any]:
    """The question of a request.

    Raises
    ------
    InputRefused
        For anything but a JSON object with an act and the step that was seen.
    """
    try:
        asked = json.loads(request.body) if len(request.body) <= MOST_BYTES else None
    except (ValueError, RecursionError):
        asked = None
    if (
        not isinstance(asked, dict)
        or not isinstance(asked.get("act"), str)
        or type(asked.get("seen")) is not int
    ):
        raise InputRefused("this is no question of a flow page", where="request", do=_DO)
    return asked


def done(place: Place, work: Work, asked: dict[str, Any]) -> dict[str, str]:
    """Do what was asked; fragments of the page to show beside the bench as it is then.

    Raises
    ------
    InputRefused
        For an act that there is not, and as in `Bench` and `Work`.
    """
    bench, seen, at = work.bench, asked["seen"], f"{place.at():%Y-%m-%dT%H:%M:%SZ}"
    match asked["act"]:
        case "move":
            bench.move(_word(asked, "gate"), asked.get("numbers"), seen, _word(asked, "gesture"))
        case "keep":
            bench.keep(_word(asked, "by"), _word(asked, "why"), at, seen)
        case "reset":
            bench.reset(_word(asked, "gate"), seen)
        case "undo":
            bench.undo(seen)
        case "redo":
            bench.redo(seen)
        case "accept":
            draft = work.accept(
                _word(asked, "what"), _word(asked, "by"), _word(asked, "why"), at, seen, place.drafts
            )
            return {"flow-accepted": accepted(place, draft)}
        case other:
            raise InputRefused(f"there is no act {other!r}", where="request", do=_DO)
    return {}


def _word(asked: dict[str, Any], name: str) -> str:
    word = asked.get(name, "")
    if not isinstance(word, str) or len(word) > 2000:
        raise InputRefused(f"{name} is no text", where="request", do=_DO)
    return word
