"""Files and addresses: read with their sha256, written whole or not at all."""

import hashlib
import os
import uuid
from pathlib import Path

import pytest

from remission.errors import InputRefused
from remission.lab import addresses, evidence


@pytest.fixture(params=["disk", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "disk" else f"memory://{uuid.uuid4().hex}"


def test_what_is_put_is_there_whole_and_nothing_else(place: str) -> None:
    address = addresses.within(place, "result", "A.json")
    assert not addresses.exists(address)
    addresses.put(address, b"{}")
    addresses.put(address, b"[]")
    assert addresses.content(address) == b"[]"
    system, path = addresses._system(addresses.within(place, "result"))  # pyright: ignore[reportPrivateUsage]
    assert len(system.ls(path)) == 1
    with pytest.raises(InputRefused, match=r"A\.json is there already"):
        addresses.refuse_existing(address)
    addresses.remove(address)
    addresses.remove(address)
    assert not addresses.exists(address)
    addresses.refuse_existing(address)


def test_a_file_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses.put(str(tmp_path / "a"), b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputRefused, match="No space left"):
        addresses.put(str(tmp_path / "a"), b"after")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"before")]


def test_a_file_is_hashed_while_it_is_read(place: str) -> None:
    address, written = addresses.within(place, "reads.fq"), os.urandom(3_000_000)
    addresses.put(address, written)
    with evidence.reading(address) as (file, behind):
        assert file.read(10) == written[:10]
        seen = behind.seen()  # read on to the end
    assert seen.ref.name == "reads.fq"
    assert (seen.ref.sha256, seen.ref.size) == (hashlib.sha256(written).hexdigest(), len(written))
    assert seen == evidence.hashed(address)
    assert evidence.unchanged(address, seen)


def test_a_file_that_is_still_being_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reads.fq"
    path.write_bytes(b"x" * 3_000_000)
    with evidence.reading(str(path)) as (file, behind):
        file.read(1)
        with path.open("ab") as more:
            more.write(b"y")
        with pytest.raises(InputRefused, match="changed while it was read"):
            behind.seen()


def test_the_same_bytes_at_another_time_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "reads.fq"
    path.write_bytes(b"same")
    seen = evidence.hashed(str(path))
    os.utime(path, (1, 1))
    assert evidence.unchanged(str(path), seen)
    path.write_bytes(b"else")
    assert not evidence.unchanged(str(path), seen)


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("absent.fq", "there is no absent.fq"),
        (".", "folder"),
        ("nonsense://x/y", "no way to reach"),
        ("memory://absent/x.fq", "there is no x.fq"),
    ],
)
def test_what_cannot_be_reached_is_told(
    address: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputRefused, match=what), addresses.opened(address):
        pass
    with pytest.raises(InputRefused, match=what):
        evidence.hashed(address)


def test_relative_addresses_begin_beside_the_file_that_names_them() -> None:
    assert addresses.beside("a.fq", "/x/sheet.csv") == "/x/a.fq"
    assert addresses.beside("../a.fq", "s3://b/x/sheet.csv") == "s3://b/x/../a.fq"
    assert addresses.beside("a.fq", "sheet.csv") == "a.fq"
    assert addresses.beside("/a.fq", "/x/sheet.csv") == "/a.fq"
    assert addresses.beside("gs://b/a.fq", "/x/sheet.csv") == "gs://b/a.fq"
