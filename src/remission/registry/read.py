"""A trial record in any format we read: the format is seen in the first character."""

from dataclasses import dataclass
from typing import BinaryIO

from remission.registry import read_page, read_v2, read_xml
from remission.registry.door import LIMIT, read_text
from remission.registry.record import RegistryRecord

V2, XML, PAGE = "ctgov-v2-json", "ctgov-xml", "registry-page"


@dataclass(frozen=True, slots=True)
class Reading:
    """A record, the format it was in, the places of unknown keys or elements, and remarks."""

    record: RegistryRecord
    format: str
    unknown_keys: tuple[str, ...]
    notes: tuple[str, ...]


def read_record(stream: BinaryIO, name: str, limit: int = LIMIT) -> Reading:
    """Read a record, whatever its format.

    Parameters
    ----------
    stream : BinaryIO
        Open binary file; at most `limit` bytes (32 MiB) are read.
    name : str
        What errors call the file.

    Raises
    ------
    Malformed, Truncated, WrongEncoding, TooLarge, Hostile, UnknownFormat
        With the file and the place in it.
    """
    text = read_text(stream, name, limit)
    begin = text.lstrip()[:1]
    if begin in ("{", "["):
        form, (record, notes) = V2, read_v2.record_of(text, name)
    elif begin == "<":
        form, (record, notes) = XML, read_xml.record_of(text, name)
    else:
        form, (record, notes) = PAGE, read_page.record_of(text, name)
    return Reading(record, form, tuple(part.place for part in record.unknown), notes)
