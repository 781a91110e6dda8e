"""The room's page names every rule."""

import ast
from pathlib import Path

from remission.protocol.check import TRAPS

PROJECT = Path(__file__).parents[2]
ROOM = PROJECT / "src" / "remission" / "protocol"


def refusing() -> set[str]:
    """The first word of every `refuse(...)` in the room."""
    calls = (node for path in ROOM.glob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {
        node.args[0].value
        for node in calls
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "refuse"
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_rule_is_on_the_page() -> None:
    page = (PROJECT / "docs" / "rooms" / "protocol.md").read_text("utf-8")
    rules = refusing()
    assert len(rules) >= 30
    assert {rule for rule in rules | set(TRAPS) if f"`{rule}`" not in page} == set()
