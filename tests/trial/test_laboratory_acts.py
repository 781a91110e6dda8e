"""Results by acts: of the right tube, by the planned method, with files that are what they were."""

import os
from pathlib import Path

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.errors import Altered, InputRefused, Missing, NotAllowed
from remission.mrd.result import COUNTS_ONLY, Denominator, Method, from_flow_counts
from remission.terms.actors import Role
from remission.terms.evidence import Evidence, FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.trial import closing, laboratory
from remission.trial.reading import verify

KID, D19 = SubjectId("01-001"), SampleId("01-001-d19")
NUCLEATED = "nucleated cells"


def report(
    trial, *, role: Role = Role.LABORATORY, day: int = 21, on: int = 21, sample: SampleId = D19, **other
):
    told = {
        "found": 2400, "examined": [Denominator(NUCLEATED, 512_000)], "primary": NUCLEATED, "files": [],
        "on": trial.day(on), "method_version": "1.0", **other,
    }  # fmt: skip
    by = trial.by(day, role, site=None)
    return laboratory.report_flow(trial.trial, by, KID, sample=sample, **told)


def test_a_result_keeps_its_counts_its_file_and_its_limits(ward) -> None:
    trial = ward("screening")
    trial.flow()
    (event,) = trial.events(ev.MrdReported)
    result = event.result
    assert (event.sample, event.point, result.method) == (D19, "d19", Method.FLOW)
    assert (result.found, result.cells, result.level) == (2400, 512_000, 2400 / 512_000)
    (file,) = result.evidence.files
    assert file.name == "01-001-d19.fcs" and result.evidence.simulated is False
    with trial.trial.files.open(file.sha256) as stream:
        assert stream.read() == b"FCS of 01-001 at d19"
    assert trial.kid().stage is Stage.SCREENING


def test_a_result_without_files_says_so(ward) -> None:
    trial = ward("screening")
    report(trial)
    (event,) = trial.events(ev.MrdReported)
    assert COUNTS_ONLY in event.result.flags


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"sample": SampleId("01-002-d19")}, "sample 01-002-d19 was never taken"),
        ({"on": 22}, "in the future"),
        ({"on": 18}, "is before 2026-03-19, when it was taken"),
        ({"found": 600_000}, "600000 events found among 512000 cells"),
        ({"found": -1}, "-1"),
        ({"examined": [Denominator(NUCLEATED, 0)]}, "0"),
    ],
)
def test_results_that_cannot_be(ward, words: dict, said: str) -> None:
    trial = ward("screening")
    trial.refuses(InputRefused, lambda: report(trial, **words), said)


def test_a_method_that_is_not_planned_is_refused(ward) -> None:
    trial = ward("screening")
    trial.refuses(
        InputRefused,
        lambda: laboratory.report_ngs(
            trial.trial, trial.by(21, Role.LABORATORY, site=None), KID, sample=D19, templates=3,
            cells=1000, files=[], on=trial.day(21), method_version="1",
        ),
        "ngs is not planned at d19",
    )  # fmt: skip


def test_a_result_made_elsewhere_is_held_against_the_tube_too(ward) -> None:
    """`report` takes a whole result: the point it names, its day and where it comes from are checked."""
    trial = ward("screening")

    def made(*, point: str = "d19", simulated: bool = False, sample: SampleId = D19) -> object:
        evidence = Evidence("gates", "2", simulated=simulated)
        counted = (Denominator(NUCLEATED, 512_000),)
        result = from_flow_counts(2400, counted, NUCLEATED, evidence, flags=(COUNTS_ONLY,))
        by = trial.by(21, Role.LABORATORY, site=None)
        return laboratory.report(
            trial.trial, by, KID, sample=sample, point=point, result=result, on=trial.day(21)
        )

    trial.refuses(InputRefused, lambda: made(point="d46"), "the sample is of d19, not d46")
    trial.refuses(InputRefused, lambda: made(simulated=True), "the evidence is simulated")
    trial.refuses(InputRefused, lambda: made(sample=SampleId("x")), "sample x was never taken")
    assert made()


def test_a_doctor_reports_no_result(ward) -> None:
    trial = ward("screening")
    trial.refuses(NotAllowed, lambda: report(trial, role=Role.DOCTOR), "may not write MrdReported")


def test_a_file_that_was_never_kept_or_was_altered_is_refused(ward, tmp_path: Path) -> None:
    trial = ward("screening")
    raw = tmp_path / "a.fcs"
    raw.write_bytes(b"events")
    trial.refuses(Missing, lambda: report(trial, files=[FileRef("a.fcs", "0" * 64, 6)]))
    (kept,) = laboratory.keep_files(trial.trial, [raw])
    (place,) = [
        path for path in trial.folder.rglob("*") if kept.sha256[2:] in path.name or path.name == kept.sha256
    ]
    os.chmod(place, 0o644)
    place.write_bytes(b"evenTs")
    trial.refuses(Altered, lambda: report(trial, files=[kept]))


def test_a_corrected_result_is_held_against_its_files_too(ward) -> None:
    trial = ward("screening")
    trial.flow()
    (old,) = trial.events(ev.MrdReported)
    evidence = Evidence("flow counts", "1.0", (FileRef("b.fcs", "1" * 64, 6),))
    result = from_flow_counts(1, (Denominator(NUCLEATED, 512_000),), NUCLEATED, evidence)
    new = ev.MrdReported(D19, "d19", result, old.on)
    by = trial.by(22, Role.LABORATORY, site=None)
    seq = trial.seq(ev.MrdReported)
    trial.refuses(Missing, lambda: closing.correct(trial.trial, by, KID, seq, new, reason="recounted"))


def test_a_missed_sample_says_why(ward) -> None:
    trial = ward("screening")

    def miss(point: str, day: int) -> object:
        by, on = trial.by(20), trial.day(day)
        return laboratory.miss_sample(trial.trial, by, KID, point=point, on=on, why="clotted")

    trial.refuses(InputRefused, lambda: miss("d33", 20), "no sample is planned")
    trial.refuses(InputRefused, lambda: miss("d19", 21), "in the future")
    miss("d19", 20)
    assert trial.events(ev.SampleMissed) == [ev.SampleMissed("d19", trial.day(20), "clotted")]


def test_a_late_result_is_taken_even_from_a_child_who_left(ward) -> None:
    trial = ward("screening")
    closing.withdraw(
        trial.trial, trial.by(20), KID, on=trial.day(20), scope="study", why="moved", who="guardian"
    )
    assert report(trial, day=22, on=22).stage is Stage.OFF


def receive(trial, *files: FileRef, role: Role = Role.LABORATORY, on: int = 20, sample: SampleId = D19):
    by = trial.by(21, role, site=None)
    return laboratory.receive_files(
        trial.trial, by, KID, sample=sample, method=Method.FLOW, files=files, on=trial.day(on)
    )


def test_raw_files_are_kept_before_any_result_exists(ward, tmp_path: Path) -> None:
    trial = ward("screening")
    tubes = [tmp_path / "tube1.fcs", tmp_path / "tube2.fcs"]
    for tube in tubes:
        tube.write_bytes(tube.name.encode())
    kept = laboratory.keep_files(trial.trial, tubes)
    assert receive(trial, *kept).stage is Stage.SCREENING
    assert trial.events(ev.FilesReceived) == [ev.FilesReceived(D19, Method.FLOW, kept, trial.day(20))]
    assert trial.events(ev.MrdReported) == []
    assert verify(trial.trial).files >= 2
    trial.refuses(InputRefused, lambda: receive(trial, kept[1]), "tube2.fcs was received already, for sample")
    place = next(path for path in trial.folder.rglob(kept[0].sha256))
    place.unlink()
    with pytest.raises(Missing):
        verify(trial.trial)


def test_files_that_cannot_be_received(ward, tmp_path: Path) -> None:
    trial = ward("screening")
    raw = tmp_path / "a.fcs"
    raw.write_bytes(b"events")
    (kept,) = laboratory.keep_files(trial.trial, [raw])
    trial.refuses(InputRefused, lambda: receive(trial), "no file")
    trial.refuses(InputRefused, lambda: receive(trial, kept, kept), "a.fcs was received already")
    trial.refuses(InputRefused, lambda: receive(trial, kept, on=18), "when it was taken")
    trial.refuses(InputRefused, lambda: receive(trial, kept, on=22), "in the future")
    trial.refuses(
        InputRefused, lambda: receive(trial, kept, sample=SampleId("x")), "sample x was never taken"
    )
    trial.refuses(NotAllowed, lambda: receive(trial, kept, role=Role.DOCTOR), "may not write FilesReceived")
    trial.refuses(Missing, lambda: receive(trial, FileRef("b.fcs", "0" * 64, 6)))
    receive(trial, kept)
    wrong = ev.FilesReceived(D19, Method.FLOW, (FileRef("b.fcs", "1" * 64, 6),), trial.day(20))
    by, seq = trial.by(22, Role.LABORATORY, site=None), trial.seq(ev.FilesReceived)
    trial.refuses(Missing, lambda: closing.correct(trial.trial, by, KID, seq, wrong, reason="misread"))
