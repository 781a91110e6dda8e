import json
from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest

from remission.errors import Altered, Malformed, Missing, Refusal, Reordered, Truncated, UnknownFormat
from remission.store.ledger import Draft, Ledger
from remission.store.site_copy import verify_site_copy


@pytest.fixture
def copy(ledger: Ledger, draft: Callable[..., Draft], minute: Callable[[int], datetime]) -> list[bytes]:
    """A copy of site 03 with entries 1, 3, 5, 7: lines 2 to 5 of 6."""
    for number in range(1, 9):
        ledger.append([draft(number, site="03" if number % 2 else "04")], at=minute(number))
    return list(ledger.site_copy("03"))


def test_a_copy_verifies_alone_and_ends_with_the_sites_last_hash(ledger: Ledger, copy: list[bytes]) -> None:
    verified = verify_site_copy(BytesIO(b"".join(copy)), "03.jsonl")
    assert verified.entries == 4
    assert verified.head == [entry for entry in ledger.entries() if entry.site == "03"][-1].hash
    assert list(ledger.site_copy("03")) == copy


def test_a_later_copy_begins_with_the_earlier_one(
    ledger: Ledger, copy: list[bytes], draft: Callable[..., Draft], minute: Callable[[int], datetime]
) -> None:
    ledger.append([draft(9)], at=minute(9))
    assert list(ledger.site_copy("03"))[: len(copy) - 1] == copy[:-1]


def test_a_site_without_entries_has_an_empty_copy(ledger: Ledger) -> None:
    assert verify_site_copy(BytesIO(b"".join(ledger.site_copy("12"))), "12.jsonl").entries == 0


def changed(line: bytes, **fields: object) -> bytes:
    return json.dumps({**json.loads(line), **fields}).encode() + b"\n"


TAMPERINGS: list[tuple[Callable[[list[bytes]], list[bytes]], type[Refusal], str]] = [
    (lambda c: [*c[:2], changed(c[2], payload="{}"), *c[3:]], Altered, "entry 3"),
    (lambda c: [*c[:2], changed(c[2], actor="Dr Who"), *c[3:]], Altered, "entry 3"),
    (lambda c: [*c[:2], changed(c[2], actor=None), *c[3:]], Altered, "entry 3"),
    (lambda c: [*c[:2], changed(c[2], hash="x"), *c[3:]], Altered, "entry 3"),
    (lambda c: [changed(c[0], site="04"), *c[1:]], Altered, "entry 1"),
    (lambda c: [changed(c[0], trial="another"), *c[1:]], Missing, "entry 1"),
    (lambda c: [c[0], *c[2:]], Missing, "entry 3"),
    (lambda c: [*c[:3], *c[4:]], Missing, "entry 7"),
    (lambda c: [*c[:4], *c[5:]], Missing, "copy, line 5"),
    (lambda c: [c[0], c[2], c[1], *c[3:]], Reordered, "entry 3"),
    (lambda c: [*c[:2], c[1], *c[2:]], Reordered, "entry 1"),
    (lambda c: c[:-1], Truncated, "copy, line 5"),
    (lambda c: c[:1], Truncated, "copy, line 1"),
    (lambda c: [], UnknownFormat, "copy, line 1"),
    (lambda c: c[1:], UnknownFormat, "copy, line 1"),
    (lambda c: [*c[:-1], c[-1][:9]], Malformed, "copy, line 6"),
    (lambda c: [*c[:2], b"[]\n", *c[3:]], Malformed, "copy, line 3"),
    (lambda c: [*c[:2], b"\xff\n", *c[3:]], Malformed, "copy, line 3"),
    (lambda c: [*c[:2], b'{"seq": 3}\n', *c[3:]], Malformed, "copy, line 3"),
    (lambda c: [*c, c[1]], Malformed, "copy, line 6"),
]


@pytest.mark.parametrize(("tamper", "refusal", "where"), TAMPERINGS)
def test_a_copy_that_is_not_as_given_is_refused(
    copy: list[bytes], tamper: Callable[[list[bytes]], list[bytes]], refusal: type[Refusal], where: str
) -> None:
    with pytest.raises(refusal) as refused:
        verify_site_copy(BytesIO(b"".join(tamper(copy))), "copy")
    assert (refused.type, refused.value.where) == (refusal, where)
