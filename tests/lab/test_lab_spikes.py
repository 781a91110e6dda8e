"""An index made without naming the spikes of its tube is refused at follow-up, not followed."""

from pathlib import Path
from typing import Any

import pytest

from remission.errors import InvariantBroken
from remission.lab import sample as lab
from remission.lab.asked import asked_at
from remission.lab.follow_up import follow_up
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.index import IndexRule
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.source import Preparation


def test_a_spike_among_the_clones_is_refused(example: Any, tmp_path: Path) -> None:
    files = [str(example.file("P1-D1"))]
    found = lab.index_sample("P1-D1", files, IndexRule(), shipped(), Preparation())
    assert any(clone.name.startswith("IGL") for clone in found.index.clones), "spikes are all of its IGL"
    (tmp_path / "i.json").write_text(write_index(found.index))
    with pytest.raises(InvariantBroken, match="is the spike SPIKE-IGL"):
        follow_up(
            "F", [str(example.file("P1-F1"))], str(tmp_path / "i.json"), str(example.spikes), 325.0,
            asked_at("1e-3"), Preparation(),
        )  # fmt: skip
