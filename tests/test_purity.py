"""Pure rooms do not open files, read the clock or draw unseeded numbers; terms and errors need nothing."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
HOUSE = PROJECT / "src" / "remission"
WITH_THE_WORLD = {"cli", "rehearsal", "web", "trial", "store", "lab"}
ROOMS = {path.parent.name for path in HOUSE.glob("*/__init__.py")}
PURE = sorted(ROOMS - WITH_THE_WORLD)

FILES = {"open", "io.open", "os.open", "os.scandir", "os.listdir", "print", "input"}
SHIPPED_DATA = {"mrd/flow/strategies/reading.py", "mrd/ngs/germline.py"}  # their own package data only
FILE_METHODS = {"read_text", "write_text", "read_bytes", "write_bytes", "iterdir", "glob", "rglob"}
CLOCK = {
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.perf_counter",
}
CHANCE = ("random.", "numpy.random.", "secrets.", "os.urandom", "uuid.uuid1", "uuid.uuid4")
SEEDED = {
    "random.Random",
    "numpy.random.Generator",
    "numpy.random.PCG64",
    "numpy.random.SeedSequence",
    "numpy.random.default_rng",
}


def imported(tree: ast.AST) -> dict[str, str]:
    """The full name behind each name an import binds."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                names[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def full_name(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{full_name(node.value, names)}.{node.attr}"
    return ""


def impurities(source: str) -> Iterator[str]:
    """Line and name of everything in `source` that touches files, clock or unseeded chance."""
    tree = ast.parse(source)
    names = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and full_name(node, names) in CLOCK:
            yield f"line {node.lineno}: {full_name(node, names)}"
        if not isinstance(node, ast.Call):
            continue
        name = full_name(node.func, names)
        is_method = isinstance(node.func, ast.Attribute) and node.func.attr in FILE_METHODS
        is_chance = name.startswith(CHANCE) and (name not in SEEDED or not (node.args or node.keywords))
        if name in FILES or is_method or is_chance or (isinstance(node.func, ast.Name) and name in CLOCK):
            yield f"line {node.lineno}: {name}"


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_touches_no_file_clock_or_chance(room: str) -> None:
    found = [
        f"{path.relative_to(PROJECT)} {what}"
        for path in sorted((HOUSE / room).rglob("*.py"))
        for what in impurities(path.read_text("utf-8"))
        if not (what.endswith(".read_bytes") and path.relative_to(HOUSE).as_posix() in SHIPPED_DATA)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "open('x')",
        "import io; io.open('x')",
        "from pathlib import Path; Path('x').read_text()",
        "from datetime import datetime; datetime.now()",
        "from datetime import datetime as dt; clock = dt.now",
        "import datetime; datetime.date.today()",
        "from time import time; time()",
        "import random; random.random()",
        "import numpy as np; np.random.normal()",
        "import numpy as np; np.random.default_rng()",
        "from numpy.random import default_rng; default_rng()",
        "from random import shuffle; shuffle([1])",
        "from uuid import uuid4; uuid4()",
    ],
)
def test_the_search_finds_what_it_is_for(line: str) -> None:
    assert list(impurities(line))


@pytest.mark.parametrize(
    "line",
    [
        "import numpy as np; np.random.default_rng(7).normal()",
        "from datetime import datetime; datetime(2026, 1, 1)",
        "def f(archive): return archive.open('x')",
    ],
)
def test_the_search_leaves_the_rest_alone(line: str) -> None:
    assert list(impurities(line)) == []


def test_every_pure_room_is_named_in_the_import_contract() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    contracts = {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}
    named = {module.removeprefix("remission.") for module in contracts["pure"]["source_modules"]}
    assert named == {*PURE, "errors"}


@pytest.mark.parametrize(
    "path", sorted([*(HOUSE / "terms").rglob("*.py"), HOUSE / "errors.py"]), ids=lambda p: p.name
)
def test_terms_and_errors_import_the_standard_library_only(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    modules = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = ("remission.errors", "remission.terms.")
    assert [
        m for m in modules if m.split(".")[0] not in sys.stdlib_module_names and not m.startswith(own)
    ] == []
