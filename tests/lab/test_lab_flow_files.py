"""FCS files of one sample opened: mapped, hashed, joined, or refused."""

import os
from hashlib import sha256
from pathlib import Path

import fsspec
import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken, Refusal
from remission.lab.flow_files import check_unchanged, opened
from remission.mrd.flow.events import Held
from remission.mrd.flow.fcs.writing import write_fcs
from remission.mrd.flow.measure_flags import SEVERAL_DATA_SETS

VALUES = np.arange(600.0).reshape(3, 200)
CHANNELS = ("FSC-A", "SSC-A", "B")


def written(
    path: Path, values=VALUES, *, channels=CHANNELS, label="CD10", top=1024.0, datatype="F", **said: str
) -> str:
    """A file; `said`: keywords without their `$`."""
    with path.open("wb") as file:
        write_fcs(
            file, Held(channels, values), labels={channels[2]: label}, ranges=dict.fromkeys(channels, top),
            keywords={f"${key}": value for key, value in said.items()}, datatype=datatype,
        )  # fmt: skip
    return str(path)


def test_a_file_is_opened_with_its_sha256_and_says_how_far_it_is(tmp_path: Path) -> None:
    path, told = written(tmp_path / "a.fcs"), []
    sample = opened([path], told=told.append)
    raw = Path(path).read_bytes()
    (ref,) = sample.files
    assert (ref.name, ref.sha256, ref.size) == ("a.fcs", sha256(raw).hexdigest(), len(raw))
    assert sample.events.count == 200 and sample.labels[2] == ("B", "CD10")
    assert sample.ranges["B"] == 1024.0 and told[-1] == 1.0 and not sample.simulated
    assert np.array_equal(sample.events.read(["B", "FSC-A"], 10, 20), VALUES[[2, 0], 10:20])


def test_several_files_are_one_after_another(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.fcs", VALUES + 0.25 * name) for name in range(3)]
    sample = opened(paths, names=["x", "y", "z"])
    whole = np.concatenate([VALUES, VALUES + 0.25, VALUES + 0.5], axis=1)
    assert sample.events.count == 600 and [ref.name for ref in sample.files] == ["x", "y", "z"]
    for start, stop in ((0, 600), (199, 201), (150, 450), (200, 400), (599, 600), (30, 30)):
        read = sample.events.read(sample.events.channels, start, stop)
        assert np.array_equal(read, whole[:, start:stop])


def test_another_place_than_this_machine_is_copied(tmp_path: Path) -> None:
    raw = Path(written(tmp_path / "a.fcs")).read_bytes()
    with fsspec.open("memory://flow/a.fcs", "wb") as file:
        file.write(raw)
    sample = opened(["memory://flow/a.fcs"])
    assert sample.files[0].sha256 == sha256(raw).hexdigest() and sample.events.count == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"channels": ("FSC-A", "SSC-A", "C")}, "other channels"),
        ({"label": "CD20"}, "other labels"),
        ({"top": 2048.0}, "other ranges"),
    ],
)
def test_files_of_another_panel_are_not_joined(tmp_path: Path, change: dict, said: str) -> None:
    one, two = written(tmp_path / "a.fcs"), written(tmp_path / "b.fcs", VALUES + 1, **change)
    with pytest.raises(InvariantBroken, match=said) as refused:
        opened([one, two])
    assert refused.value.where == "a.fcs, b.fcs"


def test_files_of_another_child_are_not_joined(tmp_path: Path) -> None:
    one = written(tmp_path / "a.fcs", SMNO="M-17 ", COM="x")
    other = written(tmp_path / "b.fcs", VALUES + 0.25, SMNO="M-18")
    silent = written(tmp_path / "c.fcs", VALUES + 0.5)
    same = written(tmp_path / "d.fcs", VALUES + 0.75, SMNO="m-17")
    with pytest.raises(
        InvariantBroken, match=r"b\.fcs is of sample 'M-18' \(\$SMNO\), a\.fcs of 'M-17'"
    ) as no:
        opened([one, silent, other])
    assert "by itself" in no.value.do
    assert opened([one, silent, same]).events.count == 600


def test_files_of_different_days_are_joined_and_both_days_said(tmp_path: Path) -> None:
    one = written(tmp_path / "a.fcs", DATE="31-DEC-2025")
    two = written(tmp_path / "b.fcs", VALUES + 0.25, DATE="2026-Jan-01")
    (note,) = opened([one, two]).notes
    assert "a.fcs 2025-12-31, b.fcs 2026-01-01" in note.en and "2025-12-31" in note.zh
    three = written(tmp_path / "c.fcs", VALUES + 0.5, DATE="31-Dec-25")
    assert opened([one, three]).notes == ()


@pytest.mark.parametrize("exported", ["comment", "doubles", "a subset", "another order", "other time"])
def test_events_exported_again_are_not_counted_twice(tmp_path: Path, exported: str) -> None:
    channels = (*CHANNELS, "Time")
    values = np.vstack([np.random.default_rng(1).normal(300, 90, (3, 2_000)), np.arange(2_000.0)])
    values = values.astype(np.float32).astype(np.float64)
    one = written(tmp_path / "a.fcs", values, channels=channels, COM="first")
    later = values.copy()
    later[3] += 5_000
    again = {
        "comment": values,
        "doubles": values,
        "a subset": values[:, 300:900],
        "another order": values[:, ::-1],
        "other time": later,
    }[exported]
    two = written(
        tmp_path / "b.fcs",
        again,
        channels=channels,
        COM="second",
        datatype="D" if exported == "doubles" else "F",
    )
    for order in ((one, two), (two, one)):
        with pytest.raises(InvariantBroken, match=r"hold the same events \(100 %\)"):
            opened(order)


def test_files_without_events_share_none(tmp_path: Path) -> None:
    paths = [written(tmp_path / f"{name}.fcs", VALUES[:, :0], COM=name) for name in ("a", "b")]
    assert opened(paths).events.count == 0 and opened(paths).lengths == (0, 0)


def test_a_file_of_several_data_sets_says_so_with_a_flag(tmp_path: Path) -> None:
    path = tmp_path / "both.fcs"
    path.write_bytes(two_sets(tmp_path))
    with pytest.raises(InputRefused, match=r"both\.fcs holds 2 data sets"):
        opened([str(path)])
    sample = opened([str(path)], data_set=2)
    assert sample.flags == (SEVERAL_DATA_SETS,)
    assert np.array_equal(sample.events.read(["B"], 0, 200)[0], VALUES[2] + 0.25)
    assert "both.fcs holds 2 data sets; number 2 was measured" in [note.en for note in sample.notes]
    assert opened([str(tmp_path / "second.fcs")]).flags == ()


def two_sets(folder: Path) -> bytes:
    """A file of two data sets; the comment of the first gives way to where the second is."""
    first = Path(written(folder / "first.fcs", COM="12345678")).read_bytes()
    second = Path(written(folder / "second.fcs", VALUES + 0.25)).read_bytes()
    at = b"%d" % len(first)
    pointing = first.replace(b"$NEXTDATA|0|", b"$NEXTDATA|%s|" % at)
    return pointing.replace(b"12345678", b"1" * (9 - len(at))) + second


def test_a_file_written_to_after_it_was_opened_is_refused(tmp_path: Path) -> None:
    path = Path(written(tmp_path / "a.fcs"))
    sample = opened([str(path)])
    check_unchanged(sample)
    with path.open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"\1")
    os.utime(path, ns=(1, 1))  # a clock too coarse to show it would show nothing
    with pytest.raises(InputRefused, match=r"a\.fcs was changed while it was measured"):
        check_unchanged(sample)
    path.unlink()
    check_unchanged(sample)


def test_no_file_one_twice_an_empty_one_and_none_at_all_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "a.fcs")
    (tmp_path / "copy.fcs").write_bytes(Path(path).read_bytes())
    (tmp_path / "empty.fcs").touch()
    with pytest.raises(InputRefused, match="no file"):
        opened([])
    with pytest.raises(InputRefused, match=r"copy\.fcs is the same file as a\.fcs"):
        opened([path, str(tmp_path / "copy.fcs")])
    with pytest.raises(Refusal, match="empty"):
        opened([str(tmp_path / "empty.fcs")])
    with pytest.raises(InputRefused, match=r"there is no none\.fcs"):
        opened([str(tmp_path / "none.fcs")])
    with pytest.raises(InputRefused, match="none of number 2"):
        opened([path], data_set=2)


def test_a_file_that_says_so_is_simulated(marrow: Path, tmp_path: Path) -> None:
    assert opened([str(marrow)]).simulated
    renamed = tmp_path / "patient.fcs"
    renamed.write_bytes(marrow.read_bytes())
    assert opened([str(renamed)]).simulated
