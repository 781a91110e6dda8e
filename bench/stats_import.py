"""How long it takes to import every module of `remission.stats` in a fresh interpreter."""

import statistics
import subprocess
import sys
from pathlib import Path

PROMISED, TIMES = 0.5, 5
ROOM = Path(__file__).parents[1] / "src" / "remission" / "stats"
PROGRAM = """
import time
began = time.process_time()
import importlib
for name in {names!r}:
    importlib.import_module(name)
print(time.process_time() - began)
"""


def modules() -> list[str]:
    """Every module that a statistician imports: all but the loops, which are compiled when first used."""
    found = sorted(ROOM.rglob("*.py"))
    names = [
        ".".join(("remission", "stats", *path.relative_to(ROOM).with_suffix("").parts)) for path in found
    ]
    return [name.removesuffix(".__init__") for name in names if ".kernels_" not in name]


def main() -> None:
    """Print seconds of CPU, and fail past the promise."""
    program = PROGRAM.format(names=modules())
    seconds = [
        float(
            subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True).stdout
        )
        for _ in range(TIMES)
    ]
    middle = statistics.median(seconds)
    print(f"import of all {len(modules())} modules of stats: {middle:.2f} s of CPU (promised {PROMISED})")
    sys.exit(middle > PROMISED)


if __name__ == "__main__":
    main()
