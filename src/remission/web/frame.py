"""What stands around every page's content: the trial's name, the language switch, the mark of a rehearsal."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.urls import get_script_prefix

from remission.web.desk import desk_of
from remission.web.language import CHINESE

STATIC = Path(__file__).parent / "static"


@cache
def own_files() -> dict[str, bytes]:
    """The style sheet and the script, by name."""
    return {path.name: path.read_bytes() for path in sorted(STATIC.iterdir())}


@cache
def _stamped() -> dict[str, str]:
    """Addresses of our files that change when the files do, so that they can be kept for a year."""
    return {
        name.split(".")[0]: f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"
        for name, content in own_files().items()
    }


def frame(request: HttpRequest) -> dict[str, Any]:
    """Template variables of every page; nothing here reads the ledger, so that a refusal can be shown."""
    chinese = get_script_prefix() == CHINESE + "/"
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    here = quote(request.path_info) + query
    match, desk = request.resolver_match, desk_of(request)
    return {
        "language": "zh-Hans" if chinese else "en",
        "in_english": here,
        "in_chinese": CHINESE + here,
        "own": _stamped(),
        "screen": match.url_name if match else "",
        "desk": desk,
        "opened_simulated": desk.opened_simulated,
        "trial": desk.trial,
        "home": get_script_prefix(),
    }
