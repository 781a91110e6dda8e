"""What a run has done already: outputs with the fingerprint of what they were made from.

A record is written last, after the outputs it vouches for: a run that was stopped finds both, or no record.
An output is taken again only if the settings, the files read and the output itself are what they were.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, cast

from remission import __version__
from remission.errors import InputRefused
from remission.lab.addresses import content, put, remove, within
from remission.lab.evidence import Seen, unchanged
from remission.terms.evidence import FileRef

SCHEMA_VERSION = 2
_FOLDER = "done"


def fingerprint(*made_from: object) -> str:
    """A digest of this version and of values whose text says all of them (dataclasses, numbers, texts)."""
    return sha256("\n".join([__version__, *map(repr, made_from)]).encode()).hexdigest()


def keep(folder: str, job: str, key: str, read: Sequence[Seen], outputs: Mapping[str, bytes]) -> None:
    """Write the outputs of a job, then the record that they are done.

    Parameters
    ----------
    folder, job : str
        Of the run, and the name of the job in it.
    key : str
        `fingerprint` of the settings.
    read : sequence of Seen
        The files it read.
    outputs : mapping
        By name in the folder (with `/` between its parts), what was made.
    """
    remove(_record(folder, job))
    for name, made in outputs.items():
        put(within(folder, name), made)
    record = {
        "schema_version": SCHEMA_VERSION,
        "key": key,
        "read": [
            {
                "name": one.ref.name,
                "sha256": one.ref.sha256,
                "size": one.ref.size,
                "stamp": one.stamp,
                "simulated": one.simulated,
            }
            for one in read
        ],
        "outputs": {name: sha256(made).hexdigest() for name, made in outputs.items()},
    }
    put(_record(folder, job), (json.dumps(record, indent=1) + "\n").encode())


def done(folder: str, job: str, key: str, addresses: Sequence[str]) -> Mapping[str, bytes] | None:
    """The outputs of a job that was done before from the same files and settings, or None."""
    record = _read(folder, job)
    if record is None or record["key"] != key:
        return None
    before = seen_before(folder, job)
    if len(before) != len(addresses):
        return None
    try:
        if not all(map(unchanged, addresses, before)):
            return None
        outputs = {name: content(within(folder, name)) for name in record["outputs"]}
    except InputRefused:  # gone or unreadable: the job itself will say so
        return None
    same = all(sha256(made).hexdigest() == record["outputs"][name] for name, made in outputs.items())
    return outputs if same else None


def seen_before(folder: str, job: str) -> tuple[Seen, ...]:
    """The files that a job read when it was done, or none."""
    record = _read(folder, job)
    if record is None:
        return ()
    return tuple(
        Seen(FileRef(one["name"], one["sha256"], one["size"]), one["stamp"], one["simulated"])
        for one in record["read"]
    )


def forget(folder: str, job: str) -> None:
    """Take away what a job made before: it does not hold any more."""
    record = _read(folder, job)
    remove(_record(folder, job))
    for name in record["outputs"] if record else ():
        remove(within(folder, name))


def _record(folder: str, job: str) -> str:
    return within(folder, _FOLDER, f"{job}.json")


def _read(folder: str, job: str) -> dict[str, Any] | None:
    try:
        record = json.loads(content(_record(folder, job)))
        intact = record["schema_version"] == SCHEMA_VERSION and {"key", "read", "outputs"} <= record.keys()
    except (InputRefused, ValueError, KeyError, TypeError):  # none, or not ours: do it again
        return None
    return cast(dict[str, Any], record) if intact else None
