"""A record for programs: the API v2 study, its criteria as items, and what the source does not state."""

from remission.registry.criteria import numbered, split
from remission.registry.json_door import Json
from remission.registry.outline import Item
from remission.registry.record import RegistryRecord
from remission.registry.words import ABSENT
from remission.registry.write_v2 import absent_in, as_v2

SCHEMA_VERSION = 1


def as_json(record: RegistryRecord) -> dict[str, Json]:
    """Keys: schema_version, study, criteria, absent, unknown, kept.

    `study` is API v2 (absent fields are left out, never null); `absent` lists JSON pointers of what this
    source does not state; `criteria` is left out if it states no eligibility text; `unknown` and `kept`
    list the places of parts that are not typed.
    """
    study = as_v2(record)
    text = ABSENT if record.eligibility is ABSENT else record.eligibility.eligibility_criteria
    made: dict[str, Json] = {"schema_version": SCHEMA_VERSION, "study": dict(study)}
    if text is not ABSENT:
        groups = split(text)
        made["criteria"] = {
            "inclusion": _items(groups.inclusion),
            "exclusion": _items(groups.exclusion),
            "other": _items(groups.other),
        }
    made["absent"] = list(absent_in(record))
    made["unknown"] = [part.place for part in record.unknown]
    made["kept"] = [part.place for part in record.kept]
    return made


def _items(items: tuple[Item, ...]) -> list[Json]:
    return [{"number": number, "text": item.text} for number, item in numbered(items)]
