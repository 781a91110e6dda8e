"""A SIMULATED marrow measured from its files: in parts, of several data sets, beside a diagnosis file."""

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken
from remission.lab import flow_sample
from remission.lab.flow_files import opened
from remission.lab.flow_sample import FlowFiles, measured_sample
from remission.mrd.calls import Call
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Held
from remission.mrd.flow.fcs.writing import write_fcs
from remission.mrd.flow.strategies.reading import shipped_strategy
from remission.rehearsal.cytometry.clones import clone_of
from remission.rehearsal.cytometry.differences import person_of
from remission.rehearsal.cytometry.simulate import simulate
from remission.rehearsal.cytometry.spec import Cd19, Look, Marrow, MarrowSpec

ASKED = FlowAsked(Fraction("0.0005"), Fraction("0.0005"))
STRATEGY = "ball-cd19-independent"


def parted(marrow: Path, folder: Path, start: int, stop: int, *, clock: bool = True, **said: str) -> str:
    """Events of the marrow in a file of its own, whose clock begins at 0."""
    whole = opened([str(marrow)])
    assert whole.time is not None
    values = whole.events.read(whole.events.channels, start, stop)
    place = whole.events.channels.index(whole.time)
    values[place] -= values[place, 0]
    if not clock:
        values[place] = 0.0
    path = folder / f"SIMULATED-{start}-{stop}-{len(list(folder.iterdir()))}.fcs"
    keywords = {"$TIMESTEP": "0.01"} | {f"${key}": value for key, value in said.items()}
    held = Held(whole.events.channels, values, whole.events.spill)
    with path.open("wb") as file:
        write_fcs(file, held, labels=dict(whole.labels), ranges=whole.ranges, keywords=keywords)
    return str(path)


def given(*files: str, **more: object) -> FlowFiles:
    return replace(FlowFiles(files, STRATEGY), **more)


def test_parts_of_one_sample_say_what_the_whole_says(marrow: Path, tmp_path: Path) -> None:
    whole = measured_sample("S", given(str(marrow)), ASKED).measured.result
    parts = [parted(marrow, tmp_path, start, start + 20_000) for start in (0, 20_000, 40_000)]
    found = measured_sample("S", given(*parts), ASKED).measured.result
    assert whole and found and (found.found, found.cells) == (whole.found, whole.cells)
    assert found.flags == whole.flags


def test_parts_without_a_clock_blind(marrow: Path, tmp_path: Path) -> None:
    parts = [parted(marrow, tmp_path, start, start + 20_000, clock=False) for start in (0, 20_000)]
    result = measured_sample("S", given(*parts), ASKED).measured.result
    assert result and {"no-time", "joined-without-time"} <= {*result.flags}
    assert "joined-without-time" in ASKED.blinding_flags


def test_one_marrow_exported_three_times_is_no_deeper_marrow(marrow: Path, tmp_path: Path) -> None:
    copies = [parted(marrow, tmp_path, 0, 20_000, COM=f"export {number}") for number in range(3)]
    with pytest.raises(InvariantBroken, match="hold the same events"):
        measured_sample("S", given(*copies), ASKED)


def test_a_data_set_of_several_is_flagged_on_the_result(marrow: Path, tmp_path: Path) -> None:
    whole = measured_sample("S", given(str(marrow)), ASKED).measured.result
    raw = marrow.read_bytes()
    path = tmp_path / "SIMULATED-two.fcs"
    path.write_bytes(pointing(raw) + raw)
    found = measured_sample("S", given(str(path), data_set=2), ASKED).measured
    assert whole and found.result and found.result.found == whole.found
    assert {*found.result.flags} == {*whole.flags, "several-data-sets"}
    assert any("holds 2 data sets" in note.en for note in found.notes)


def pointing(raw: bytes) -> bytes:
    """The file with the place behind it in `$NEXTDATA`; its comment gives way."""
    at = b"%d" % len(raw)
    comment = b"no patient's"
    assert comment in raw and b"$NEXTDATA|0|" in raw
    shorter = raw.replace(comment, comment[: len(comment) + 1 - len(at)])
    return shorter.replace(b"$NEXTDATA|0|", b"$NEXTDATA|%s|" % at)


def test_a_file_written_to_while_it_is_measured_gives_no_result(
    marrow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(parted(marrow, tmp_path, 0, 20_000))
    measure = flow_sample.measure

    def slow(*all: object, **more: object) -> object:
        os.utime(path, ns=(1, 1))
        return measure(*all, **more)

    monkeypatch.setattr(flow_sample, "measure", slow)
    with pytest.raises(InputRefused, match="was changed while it was measured"):
        measured_sample("S", given(str(path)), ASKED)


def test_whose_the_diagnosis_is_stands_beside_the_result(marrow: Path, tmp_path: Path) -> None:
    sample = parted(marrow, tmp_path, 0, 20_000, SMNO="M-2", DATE="02-MAR-2026")
    before = parted(marrow, tmp_path, 20_000, 40_000, SMNO="M-1", DATE="15-JAN-2026")
    after = parted(marrow, tmp_path, 40_000, 60_000, SMNO="M-3", DATE="2026-Mar-03")
    silent = parted(marrow, tmp_path, 40_000, 50_000)
    notes = measured_sample("S", given(sample, diagnosis=before), ASKED).measured.notes
    (said,) = (note for note in notes if "Diagnosis file" in note.en)
    assert "of 2026-01-15, sample of 2026-03-02" in said.en and "not the same" in said.en
    assert "M-1" not in said.en + said.zh  # a hospital's number is in no result
    with pytest.raises(InputRefused, match="was acquired on 2026-03-03, after the sample of 2026-03-02"):
        measured_sample("S", given(sample, diagnosis=after), ASKED)
    notes = measured_sample("S", given(sample, diagnosis=silent), ASKED).measured.notes
    assert any("of –, sample of 2026-03-02" in note.en and "not stated" in note.en for note in notes)


@pytest.mark.parametrize(("look", "outside"), [(Look.TYPICAL, False), (Look.HEMATOGONE_LIKE, True)])
def test_gates_that_do_not_hold_the_clone_at_diagnosis_are_never_negative(
    tmp_path: Path, look: Look, outside: bool
) -> None:
    numbers = np.random.default_rng(5)
    clone = clone_of(look, Cd19.KEPT, numbers, "c")
    person = person_of(numbers)
    later = MarrowSpec(Marrow.REGENERATING, 60_000, person=person, name="later")
    paths: list[str] = []
    for spec in (MarrowSpec(Marrow.DIAGNOSIS, 60_000, clone, 0.8, person=person, name="first"), later):
        made = simulate(spec, numbers)
        path = tmp_path / f"SIMULATED-{spec.name}.fcs"
        with path.open("wb") as file:
            write_fcs(file, made.events, labels=made.labels, ranges=made.ranges, keywords=made.keywords)
        paths.append(str(path))
    first, follow_up = paths
    asked = FlowAsked(Fraction("0.001"), Fraction("0.001"))
    alone = measured_sample("S", given(follow_up), asked).measured
    found = measured_sample("S", given(follow_up, diagnosis=first), asked).measured
    assert alone.answer.call is Call.NEGATIVE and found.result is not None
    assert ("clone-outside-gates" in found.result.flags) is outside
    assert found.answer.call is (Call.NOT_EVALUABLE if outside else Call.NEGATIVE)
    assert any("At diagnosis these gates hold" in note.en for note in found.notes)
    limits = {note.en for note in shipped_strategy("ball-cd19-independent").notes}
    assert limits <= {note.en for note in alone.notes}  # a negative says what its gates cannot see
