"""A sample on the bench: the counts of moved gates are those of measuring anew; steps, names, drafts."""

import json
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from remission.errors import ActRefused, InputRefused, NotFound, Refusal
from remission.lab.flow_moves import numbers_of
from remission.lab.flow_sample import flow_evidence
from remission.lab.flow_work import Asking, Work, opened_work, suited
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Held
from remission.mrd.flow.fcs.writing import write_fcs
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.measure import measure
from remission.mrd.flow.measured_json import read_flow

LEVEL = Fraction("0.0001")
ASKED = FlowAsked(LEVEL, LEVEL, needed_flags=frozenset({"cd19-independent-gate"}))
STRATEGY = "ball-cd19-independent"
AT = "2026-04-01T00:00:00Z"


@pytest.fixture(scope="module")
def opened(marrow: Path) -> Work:
    return opened_work([str(marrow)], (), "S1", Asking(ASKED, STRATEGY))


@pytest.fixture
def work(opened: Work) -> Work:
    bench = opened.bench
    while bench.can_undo:
        bench.undo(bench.step)
    return opened


def shifted(work: Work, gate: str, by: float) -> list:
    return [[None if one is None else one + by for one in row] for row in numbers_of(work.bench.gates[gate])]


def move(work: Work, gate: str, by: float = 0.03, gesture: str = "") -> None:
    work.bench.move(gate, shifted(work, gate, by), work.bench.step, gesture)


def movable(work: Work) -> list[str]:
    return [
        id
        for id, gate in work.bench.gates.items()
        if any(one is not None for row in numbers_of(gate) for one in row)
    ]


def test_what_is_counted_on_the_bench_is_what_gating_counts(work: Work) -> None:
    """Gate by gate, all moves together: the incremental counts against the whole strategy from the file."""
    bench = work.bench
    for number, gate in enumerate(movable(work)):
        move(work, gate, 0.02 if number % 2 else -0.02)
        whole = apply(bench.applied.gating, bench.sample.events)
        assert bench.counts == whole.counts
        assert all(
            np.array_equal(bench.populations[id].mask, one.mask) for id, one in whole.populations.items()
        )
    assert len(bench.moves) == len(movable(work)) > 8


def test_the_level_is_that_of_measuring_the_file_with_the_same_adjustments(work: Work) -> None:
    before = work.measured()
    move(work, "immature", 0.05)
    work.bench.keep("Li", "dim CD45", AT, work.bench.step)
    here, sample = work.measured(), work.bench.sample
    anew = measure(
        "S1", work.bench.strategy, work.bench.panel, sample.events, sample.ranges, work.quality, ASKED,
        evidence=flow_evidence(work.bench.sample, ()),
        adjustments=work.bench.adjustments, notes=sample.notes,
    )  # fmt: skip
    assert here == anew
    assert here.populations != before.populations and [one.by for one in here.adjustments] == ["Li"]


def test_undo_redo_and_reset_lead_back_exactly(work: Work) -> None:
    bench, counts = work.bench, [work.bench.counts]
    for gate in movable(work)[2:5]:
        move(work, gate)
        counts.append(bench.counts)
    bench.undo(bench.step)
    bench.undo(bench.step)
    assert bench.counts == counts[1] and bench.can_redo
    bench.redo(bench.step)
    assert bench.counts == counts[2]
    bench.reset(movable(work)[2], bench.step)
    assert not bench.can_redo and movable(work)[2] not in bench.moves
    bench.reset(movable(work)[3], bench.step)
    assert bench.counts == counts[0] and not bench.moves
    with pytest.raises(ActRefused, match="nothing to take back"):
        bench.redo(bench.step)


def test_one_gesture_is_taken_back_at_once(work: Work) -> None:
    for _ in range(3):
        move(work, "immature", 0.01, gesture="one")
    move(work, "immature", 0.01, gesture="two")
    work.bench.undo(work.bench.step)
    work.bench.undo(work.bench.step)
    assert not work.bench.moves


def test_nobody_overrides_what_was_not_seen(work: Work) -> None:
    bench, seen = work.bench, work.bench.step
    move(work, "immature")
    for act in (
        lambda: bench.move("immature", shifted(work, "immature", 0.1), seen),
        lambda: bench.undo(seen),
        lambda: bench.reset("immature", seen),
        lambda: bench.keep("Li", "why", AT, seen),
    ):
        with pytest.raises(ActRefused, match="somebody else changed a gate"):
            act()
    with pytest.raises(NotFound, match="no gate 'x'"):
        bench.move("x", [], bench.step)
    with pytest.raises(NotFound, match="no plot 'x'"):
        bench.picture("x")


def test_a_refused_move_changes_nothing(work: Work) -> None:
    bench, counts, step = work.bench, work.bench.counts, work.bench.step
    for numbers in ([[0.5, 0.4], [0.1, 0.2]], "x", [[1e400, 0.5]]):
        with pytest.raises(Refusal):
            bench.move("nucleated", numbers, step)
    assert (bench.counts, bench.step, bench.moves) == (counts, step, {})


def test_a_moved_gate_counts_as_an_adjustment_only_with_who_and_why(work: Work, tmp_path: Path) -> None:
    bench = work.bench
    move(work, "immature")
    assert bench.waiting == ("immature",) and bench.adjustments == ()
    for by, why in (("", "dim"), ("Li", " ")):
        with pytest.raises(InputRefused, match="who, and why"):
            bench.keep(by, why, AT, bench.step)
    with pytest.raises(ActRefused, match="nobody stands yet"):
        work.accept("gates", "Li", "looked", AT, bench.step, tmp_path)
    bench.keep("Li", "dim CD45", AT, bench.step)
    assert bench.waiting == () and [(one.by, one.why, one.at) for one in bench.adjustments] == [
        ("Li", "dim CD45", AT)
    ]
    move(work, "immature")
    assert bench.waiting == ("immature",), "moved again, it waits again"
    with pytest.raises(ActRefused, match="no moved gate waits"):
        bench.undo(bench.step)
        bench.keep("Li", "again", AT, bench.step)


def test_an_accepted_result_is_a_file_of_its_own_that_reads_back(work: Work, tmp_path: Path) -> None:
    move(work, "immature")
    work.bench.keep("Li", "dim CD45", AT, work.bench.step)
    draft = work.accept("gates", "Wang", "all plots seen", AT, work.bench.step, tmp_path / "drafts")
    raw = Path(draft.path).read_bytes()
    assert sha256(raw).hexdigest() == draft.sha256 and draft.sha256[:12] in draft.path
    read = read_flow(BytesIO(raw), "draft")
    assert read.acceptance and (read.acceptance.by, read.acceptance.why) == ("Wang", "all plots seen")
    assert read.populations == work.bench.counts and read.evidence.simulated
    assert json.loads(raw)["found"] == work.measured().result.found
    again = work.accept("gates", "Wang", "all plots seen", AT, work.bench.step, tmp_path / "drafts")
    assert again == draft and Path(draft.path).read_bytes() == raw
    other = work.accept("gates", "Wang", "another reason", AT, work.bench.step, tmp_path / "drafts")
    assert len(list((tmp_path / "drafts").iterdir())) == 2 and other.path != draft.path


@pytest.mark.parametrize(
    ("what", "by", "why"),
    [("gates", "", "x"), ("gates", "x", ""), ("all", "x", "y"), ("suggestion", "x", "y")],
)
def test_nobody_accepts_nothing(work: Work, tmp_path: Path, what: str, by: str, why: str) -> None:
    with pytest.raises(Refusal):
        work.accept(what, by, why, AT, work.bench.step, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_every_plot_is_drawn_and_its_version_follows_its_events(work: Work) -> None:
    bench = work.bench
    before = {id: (bench.version(id), bench.picture(id)) for id in bench.plots}
    assert all(Image.open(BytesIO(png)).size == (256, 256) for _, png in before.values())
    assert all(Image.open(BytesIO(bench.dots(id))).size == (512, 512) for id in bench.plots)
    move(work, "nucleated", 0.05)
    changed = {id for id in bench.plots if bench.version(id) != before[id][0]}
    assert {"mononuclear", "immature"} <= changed and "nucleated" not in changed
    assert bench.picture("mononuclear") != before["mononuclear"][1]
    assert bench.picture("nucleated") == before["nucleated"][1]


def test_dots_are_the_events_of_disease(work: Work) -> None:
    shown = np.asarray(Image.open(BytesIO(work.bench.dots("immature"))).convert("RGBA"))
    assert (shown[..., 3] > 0).any() and (shown[shown[..., 3] > 0][:, :3] == (208, 28, 36)).all()


def test_a_panel_that_cannot_carry_the_strategy_says_what_it_lacks(tmp_path: Path) -> None:
    path, channels = tmp_path / "small.fcs", ("FSC-A", "SSC-A", "B-A")
    with path.open("wb") as file:
        write_fcs(
            file, Held(channels, np.ones((3, 50))), labels={"B-A": "CD19"},
            ranges=dict.fromkeys(channels, 1024.0), keywords={},
        )  # fmt: skip
    with pytest.raises(InputRefused, match=r"the panel lacks .*CD22 or CD24") as refused:
        opened_work([str(path)], (), "S1", Asking(ASKED, STRATEGY))
    assert "choose a strategy" in refused.value.do


def test_after_treatment_the_strategy_is_the_one_that_may_say_negative() -> None:
    assert suited(ASKED) == STRATEGY
    assert suited(FlowAsked(LEVEL, LEVEL)) == "ball-cd19"
