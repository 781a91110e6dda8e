"""Record -> ClinicalTrials.gov API v2 study JSON. What came from API v2 goes back unchanged."""

import json
from dataclasses import fields
from typing import cast

from remission.errors import InvariantBroken
from remission.registry.json_door import Json, steps
from remission.registry.read_v2 import SUPPLEMENT
from remission.registry.record import MODULES, Kept, RegistryRecord
from remission.registry.shape import absent_places, encode
from remission.registry.words import ABSENT


def as_v2(record: RegistryRecord) -> dict[str, Json]:
    """The study object. Parts kept from XML have no place in it and stay in the record.

    Raises
    ------
    InvariantBroken
        If an unknown key's place is no longer in the record.
    """
    section: dict[str, Json] = {}
    for field, key in MODULES.items():
        module: object = getattr(record, field)
        if module is not ABSENT:
            section[key] = encode(module)
    study: dict[str, Json] = {"protocolSection": section}
    for part in record.kept:
        if part.format == "v2":
            study[steps(part.place)[0]] = cast(Json, json.loads(part.text))
    if record.supplement is not ABSENT:
        study[SUPPLEMENT] = encode(record.supplement)
    if record.has_results is not ABSENT:
        study["hasResults"] = record.has_results
    for part in record.unknown:
        if part.format == "v2":
            _put(study, part)
    return study


def _put(study: dict[str, Json], part: Kept) -> None:
    *way, last = steps(part.place)
    node: Json = study
    try:
        for step in way:
            node = (
                cast(list[Json], node)[int(step)]
                if isinstance(node, list)
                else cast(dict[str, Json], node)[step]
            )
        cast(dict[str, Json], node)[last] = cast(Json, json.loads(part.text))
    except (KeyError, IndexError, TypeError):
        raise InvariantBroken(
            f"unknown key {part.place} has lost its place",
            where="unknown keys of the record",
            do="drop it from `unknown` when the list around it is changed",
        ) from None


def write_v2(record: RegistryRecord) -> str:
    """The study as JSON text: two spaces, keys in the schema's order, a line end."""
    return json.dumps(as_v2(record), ensure_ascii=False, indent=2) + "\n"


def absent_in(record: RegistryRecord) -> tuple[str, ...]:
    """JSON pointers into the study object of everything this source does not state."""
    found: list[str] = []
    for one in fields(record):
        key = MODULES.get(one.name)
        path = ("protocolSection", key) if key else (_TOP.get(one.name, ""),)
        if path[0]:
            found += absent_places(getattr(record, one.name), path)
    return tuple(found)


_TOP = {"has_results": "hasResults", "supplement": SUPPLEMENT}
