"""Reading trial records: a record of about 2 MB, enlarged from a real shape, in at most 100 ms.

Two records of 2 MB are read: one that is nearly all results (as large real ones are), and the worst case,
nearly all typed sites. The shipped registry page and hostile files are timed beside them.
"""

import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from remission.errors import InputRefused
from remission.registry.read import read_record

PROMISED_MS = 100.0
SIZE = 2_000_000
STUDY = Path(__file__).parents[1] / "src" / "remission" / "studies" / "nct06607419"
REAL = Path(__file__).parents[2] / "shared" / "data" / "registry" / "ctgov_v2_json" / "NCT00567567.json"


def padded(study: dict[str, object], items: list[object], what: list[object]) -> bytes:
    """The study with `items` enlarged by repeats of `what` until the text has 2 MB."""
    while len(data := json.dumps(study, indent=1, ensure_ascii=False).encode()) < SIZE:
        items += what * max(1, (SIZE - len(data)) // (len(json.dumps(what, indent=1)) * 2))
    return data


def of_sites() -> bytes:
    """The shipped study with thousands of sites, each with a contact and a point on the map."""
    study = json.loads((STUDY / "record.json").read_text("utf-8"))
    sites = study["protocolSection"]["contactsLocationsModule"]["locations"]
    for site in sites:
        site["contacts"] = [{"name": "A. Name, MD", "role": "CONTACT", "phone": "86-21-38626161"}]
        site["geoPoint"] = {"lat": 31.22222, "lon": 121.45806}
    return padded(study, sites, list(sites))


def of_results() -> bytes:
    """A real record with its adverse events and outcome measures repeated."""
    study = json.loads(REAL.read_text("utf-8"))
    events = study["resultsSection"]["adverseEventsModule"]["otherEvents"]
    return padded(study, events, list(events))


def best_ms(act: Callable[[], object], times: int = 9) -> float:
    """The shortest of several runs, in milliseconds."""
    found: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1e3)
    return min(found)


def refused(data: bytes) -> None:
    """Read what must be refused."""
    try:
        read_record(io.BytesIO(data), "bench")
    except InputRefused:
        return
    raise AssertionError("a hostile file was read")


def main() -> int:
    """Print each measurement; 1 if a promise is missed."""
    records = {"2 MB v2 record, typed sites": of_sites()}
    if REAL.is_file():
        records["2 MB v2 record, results"] = of_results()
    missed = False
    for what, data in records.items():
        took = best_ms(lambda data=data: read_record(io.BytesIO(data), "bench"))
        missed |= took > PROMISED_MS
        print(f"{what} ({len(data) / 1e6:.2f} MB): {took:.1f} ms (promised {PROMISED_MS:.0f} ms)")
    page = (STUDY / "record.txt").read_bytes()
    print(f"registry page (15 kB): {best_ms(lambda: read_record(io.BytesIO(page), 'bench')):.2f} ms")
    hostile = {
        "100 MB single line": b'{"a":"' + b"x" * 100_000_000,
        "30 MB of opening brackets": b"[" * 30_000_000,
        "4 MB with a key repeated at its end": b'{"a":[' + b"1," * 1_900_000 + b'1],"b":1,"b":2}',
    }
    for what, data in hostile.items():
        print(f"refusing {what}: {best_ms(lambda data=data: refused(data), 2):.0f} ms")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
