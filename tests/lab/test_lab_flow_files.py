"""FCS files of one sample opened: mapped, hashed, joined, or refused."""

from hashlib import sha256
from pathlib import Path

import fsspec
import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken, Refusal
from remission.lab.flow_files import opened
from remission.mrd.flow.events import Held
from remission.mrd.flow.fcs.writing import write_fcs

VALUES = np.arange(600.0).reshape(3, 200)


def written(path: Path, values=VALUES, *, channels=("FSC-A", "SSC-A", "B"), label="CD10", top=1024.0) -> str:
    with path.open("wb") as file:
        write_fcs(
            file, Held(channels, values), labels={channels[2]: label}, ranges=dict.fromkeys(channels, top),
            keywords={},
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
    paths = [written(tmp_path / f"{name}.fcs", VALUES + 7 * name) for name in range(3)]
    sample = opened(paths, names=["x", "y", "z"])
    whole = np.concatenate([VALUES, VALUES + 7, VALUES + 14], axis=1)
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
