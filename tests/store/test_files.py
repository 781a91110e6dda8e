import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import Altered, InputRefused, Missing
from remission.store.files import Files
from remission.terms.evidence import FileRef

DATA = b"FCS3.1" * 400_000
DIGEST = sha256(DATA).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


def place(files: Files, digest: str = DIGEST) -> Path:
    return files.root / digest[:2] / digest[2:4] / digest


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_file_is_kept_under_its_sha256_and_read_back(files: Files, tmp_path: Path) -> None:
    (tmp_path / "day-46.fcs").write_bytes(DATA)
    from_stream = files.keep(BytesIO(DATA), "day-46.fcs")
    from_path = files.keep(tmp_path / "day-46.fcs", "day-46.fcs")
    assert from_stream == from_path == FileRef("day-46.fcs", DIGEST, len(DATA))
    with files.open(DIGEST) as kept:
        assert kept.read() == DATA
    assert [path for path in files.root.rglob("*") if path.is_file()] == [place(files)]
    assert place(files).stat().st_mode & 0o777 == 0o444
    assert files.verify([from_stream]) == 1


@settings(max_examples=20, deadline=None)
@given(contents=st.lists(st.binary(max_size=300), max_size=5))
def test_any_contents_come_back(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    files = Files(tmp_path_factory.mktemp("kept"))
    refs = [files.keep(BytesIO(data), str(number)) for number, data in enumerate(contents)]
    for ref, data in zip(refs, contents, strict=True):
        with files.open(ref.sha256) as kept:
            assert kept.read() == data
    assert Files(files.root).verify(refs) == len(set(contents))


def test_a_changed_file_is_named(files: Files) -> None:
    ref = files.keep(BytesIO(DATA), "day-46.fcs")
    other = files.keep(BytesIO(b"other"), "day-19.fcs")
    overwrite(place(files), DATA[:-1] + b"?")
    with pytest.raises(Altered, match=r"day-46\.fcs"):
        files.check(ref)
    with pytest.raises(Altered, match=DIGEST):
        files.verify()
    with pytest.raises(Altered, match=r"day-46\.fcs") as refused:
        files.verify([other, ref])
    assert refused.value.where == str(place(files))
    with pytest.raises(Altered, match=r"day-46\.fcs"):
        files.keep(BytesIO(DATA), "day-46.fcs")
    files.check(other)


def test_a_size_that_differs_is_altered(files: Files) -> None:
    files.keep(BytesIO(DATA), "day-46.fcs")
    with pytest.raises(Altered, match=r"day-46\.fcs"):
        files.check(FileRef("day-46.fcs", DIGEST, len(DATA) + 1))


def test_a_file_that_is_gone_is_named(files: Files) -> None:
    ref = files.keep(BytesIO(DATA), "day-46.fcs")
    place(files).unlink()
    for act in (lambda: files.check(ref), lambda: files.verify([ref]), lambda: files.open(DIGEST)):
        with pytest.raises(Missing, match=r"day-46\.fcs|kept file") as refused:
            act()
        assert refused.value.where == str(place(files))
    assert files.verify() == 0


def test_what_cannot_be_read_or_is_no_sha256_is_refused(files: Files, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match=r"day-46\.fcs cannot be read"):
        files.keep(tmp_path / "nowhere.fcs", "day-46.fcs")
    with pytest.raises(InputRefused, match="not a sha256"):
        files.open("../../etc/passwd")


def test_a_source_that_fails_leaves_nothing(files: Files) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 0:
                raise RuntimeError("the cable fell out")
            return super().read(size)

    with pytest.raises(RuntimeError):
        files.keep(Broken(DATA), "day-46.fcs")
    assert list(files.root.iterdir()) == []


KEEPER = """
import sys
from io import BytesIO
from pathlib import Path
from remission.store.files import Files
print("ready", flush=True)
files = Files(Path(sys.argv[1]))
for number in range(10_000):
    print(files.keep(BytesIO(number.to_bytes(4) * 300_000), "x").sha256, flush=True)
"""


def test_killed_while_keeping_leaves_no_half_file(tmp_path: Path) -> None:
    root = tmp_path / "files"
    kept: list[str] = []
    for delay in (0.0, 0.004, 0.02, 0.05, 0.11):
        with subprocess.Popen(
            [sys.executable, "-c", KEEPER, str(root)], stdout=subprocess.PIPE, text=True
        ) as keeper:
            assert keeper.stdout
            assert keeper.stdout.readline() == "ready\n"
            time.sleep(delay)
            os.kill(keeper.pid, signal.SIGKILL)
            kept += [line.strip() for line in keeper.stdout if line.endswith("\n")]
    files = Files(root)
    assert files.verify() >= len(set(kept)) > 0
    assert all(place(files, digest).exists() for digest in kept)
    assert list(root.glob("incoming-*")) == []


def test_opening_leaves_alone_what_another_is_writing(files: Files) -> None:
    with files._incoming() as half:
        half.write(b"half")
        half.flush()
        Files(files.root)
        assert Path(half.name).exists()
    (files.root / "incoming-dead").write_bytes(b"left by a crash")
    Files(files.root)
    assert list(files.root.iterdir()) == []
