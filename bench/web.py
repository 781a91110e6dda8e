"""Pages with 90 enrolled: cold, warm, after one new entry. Promise: study page in 100 ms, warm."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from django.test import Client

from remission.conduct.events import DeviationReported
from remission.conduct.state import Stage
from remission.rehearsal.rehearse import rehearse
from remission.rehearsal.script import script
from remission.terms.actors import Actor, Role
from remission.trial.trial import By, Trial
from remission.web.desk import DESK, Desk
from remission.web.site import configure

PROMISED_MS = 100.0
WARM = 15


def ms(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - start)


def fetch(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, path


def one_more_entry(trial: Trial) -> None:
    child = next(child for child in trial.participants().values() if child.stage is Stage.SCREEN_FAILED)
    at = Desk(trial.folder).at
    by = By(Actor("rehearsal", Role.REHEARSAL), at)
    trial.write(
        by, child.id, DeviationReported(trial.today(child.site, at), "bench", False, "one more entry")
    )


def main() -> int:
    configure()
    with tempfile.TemporaryDirectory() as folder:
        rehearse(script("nct06607419"), 7, Path(folder) / "trial")
        trial = Trial.open(Path(folder) / "trial")
        child = next(str(child.id) for child in trial.participants().values() if child.stage is Stage.OFF)
        client = Client(**{DESK: Desk(trial.folder), "SERVER_NAME": "localhost"})
        print(f"study page, cold (analysis and templates) {ms(lambda: fetch(client, '/')):8.1f} ms")
        warm = statistics.median(ms(lambda: fetch(client, "/")) for _ in range(WARM))
        print(f"study page, warm                          {warm:8.1f} ms   promised {PROMISED_MS:.0f}")
        for path in ("/zh/", "/participants", f"/participants/{child}", "/sites", "/protocol"):
            fetch(client, path)
            taken = statistics.median(ms(lambda path=path: fetch(client, path)) for _ in range(WARM))
            print(f"{path:<41} {taken:8.1f} ms")
        one_more_entry(trial)
        print(f"study page, after one new entry           {ms(lambda: fetch(client, '/')):8.1f} ms")
    return 0 if warm <= PROMISED_MS else 1


if __name__ == "__main__":
    sys.exit(main())
