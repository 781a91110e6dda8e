"""A result of `remission ngs track` enters with the reads it rests on, and not otherwise."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from io import BytesIO

import pytest

from remission.conduct import events as ev
from remission.errors import Altered, InputRefused, InvariantBroken, Malformed
from remission.mrd.calls import Call
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Uniqueness
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured import Measured
from remission.mrd.ngs.measured_json import write_measured
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Sighting, Tally, Target, TargetCount, Tier, Tolerance
from remission.mrd.result import Denominator
from remission.protocol.answering import answered
from remission.terms.actors import Role
from remission.terms.evidence import Evidence, FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.terms.words import Text
from remission.trial import laboratory
from remission.trial.sequenced import sequenced

KID, D46, D19 = SubjectId("01-001"), SampleId("01-001-d46"), SampleId("01-001-d19")
WINDOW = "TGTGCGAGAGATCGGGTTCTATTACGATATTTTGACTGGCAACTGGTTCGACCCCTGGGGC"
NONE = Tolerance(2, 1, Text("why", "原因"))


def part(name: str, start: int, end: int) -> Part:
    return Part((f"{name}*01",), start, end, 0, end - start, 0, 0, 0)


def index(sample: str = "01-001-d1", window: str = WINDOW, *, simulated: bool = False) -> Index:
    made = Rearrangement(
        Locus.IGH, Kind.V_D_J, part("IGHV3-23", 0, 14), (part("IGHD3-9", 19, 39),), part("IGHJ5", 41, 61),
        (0, len(window)), True, False,
    )  # fmt: skip
    clonotype = Clonotype(window, made, (0, len(window)), 900, 880)
    clone = IndexClone("IGH-1", clonotype, 0.4, "IGH-1", None, Uniqueness(6, 3, 1e-4, "normal"))
    evidence = Evidence("ngs index", "1", (FileRef("d1.fastq", "1" * 64, 9),), simulated=simulated)
    return Index(sample, (clone,), 1_000, {Fate.CLONOTYPE: 1_000}, "share > 5 %", "ogrdb", evidence)


def measured_of(
    files: tuple[FileRef, ...], *, sample: str = str(D46), of: str = "01-001-d1", reads: int = 0,
    threshold: str = "0.000001", simulated: bool = False, window: str = WINDOW,
) -> Measured:  # fmt: skip
    spikes = [
        Spike(f"SP{n}", Locus.IGH, 250.0, bases, bases)
        for n, bases in enumerate(f"{n:040b}".translate({48: "A", 49: "C"}) for n in range(4))
    ]
    exact = Target(of, "IGH-1", Tier.EXACT, "IGH", window)
    seen = (Sighting(window, reads, 0, 0, True),) if reads else ()
    counts = [TargetCount(exact, reads, 0, 0, NONE, seen)]
    for spike, found in zip(spikes, (2_200, 2_300, 2_250, 2_250), strict=True):
        counts.append(
            TargetCount(Target("", spike.name, Tier.SPIKE, "IGH", spike.window), found, 0, 0, NONE, ())
        )
    tally = Tally(sample, tuple(counts), {Fate.INDEX: reads, Fate.SPIKE: 9_000, Fate.OTHER: 31_000})
    return measure(
        index(of, window), tally, spikes, 20_000, threshold=Fraction(threshold),
        required_lod=Fraction(threshold), backgrounds={},
        evidence=Evidence("ngs track", "1", files, simulated=simulated),
    )  # fmt: skip


@pytest.fixture
def due(ward):
    """A treated child with a day-46 marrow, and the files of its sequencing, kept."""
    trial = ward("running")
    trial.complete(43, 2)
    laboratory.take_marrow(trial.trial, trial.by(46), KID, sample=D46, point="d46", on=trial.day(46))
    return trial


def keep(trial, **files: bytes) -> tuple[FileRef, ...]:
    return tuple(trial.trial.files.keep(BytesIO(content), name) for name, content in files.items())


def handed(trial, of: Index | None = None, **more: bytes) -> tuple[FileRef, ...]:
    """Reads and an index, kept, and whatever more."""
    return keep(
        trial, **{"R1.fastq": b"@1\nA\n+\nI\n", "i.json": write_index(of or index()).encode(), **more}
    )


def flow(trial, subject: SubjectId, sample: str, files: tuple[FileRef, ...]) -> None:
    laboratory.report_flow(
        trial.trial, trial.by(21, Role.LABORATORY, site=None), subject, sample=SampleId(sample), found=1,
        examined=[Denominator("nucleated cells", 9_000)], primary="nucleated cells", files=files,
        on=trial.day(21), method_version="1",
    )  # fmt: skip


def report(trial, measured: Measured | bytes, files: tuple[FileRef, ...], **other: object):
    raw = measured if isinstance(measured, bytes) else write_measured(measured).encode()
    told = {"sample": D46, "name": "result.json", "on": trial.day(50), **other}
    by = trial.by(50, Role.LABORATORY, site=None)
    return laboratory.report_measured(trial.trial, by, KID, measured=raw, files=files, **told)


def test_the_entry_leads_to_the_reads_to_the_index_and_to_the_measurement(due) -> None:
    files = handed(due)
    measured = measured_of(files, reads=20)
    report(due, measured, files, flags=["repeat"])
    event = due.events(ev.MrdReported)[-1]
    kept = event.result.evidence.files
    assert [ref.name for ref in kept] == ["R1.fastq", "i.json", "result.json"]
    assert event.result.level == measured.result.level and event.point == "d46"
    assert event.result.flags == (*measured.result.flags, "repeat")
    said = {setting.name: setting.value for setting in event.result.evidence.settings}
    assert (said["index"], said["measured"]) == (kept[1].sha256, kept[2].sha256)
    with due.trial.files.open(kept[-1].sha256) as stream:
        assert stream.read() == write_measured(measured).encode()
    assert due.trial.files.verify(kept) >= 3
    behind = sequenced(due.trial, event.result)
    assert behind is not None and behind.measured == measured and behind.index == index()
    assert behind.listed is None


def test_clonotypes_are_found_by_what_is_in_the_files_and_the_index_is_the_one_measured_with(due) -> None:
    table = "repertoire_id\tsequence\tduplicate_count\nd1\tAC\t3\nd1\tACG\t70\n"
    other = write_index(index("01-001-d1", WINDOW[::-1])).encode()
    files = handed(
        due,
        **{"a.json": other, "x.json": b"{}", "a.tsv": b"no\ttable\n",
           "b.tsv": table.replace("70", "many").encode(), "c.tsv": table.encode()},
    )  # fmt: skip
    report(due, measured_of(files[:2]), (*files[2:], *files[:2]))
    behind = sequenced(due.trial, due.events(ev.MrdReported)[-1].result)
    assert behind is not None and behind.index == index() and behind.listed is not None
    assert (behind.listed.sample, behind.listed.clonotypes) == ("d1", ((70, "ACG"), (3, "AC")))


def test_the_study_s_threshold_decides_and_not_that_of_the_file(due) -> None:
    files = handed(due)
    measured = measured_of(files, reads=200, threshold="0.001")
    assert measured.answer.call is Call.NEGATIVE
    report(due, measured, files)
    result = due.events(ev.MrdReported)[-1].result
    end = next(end for end in due.trial.study.endpoints if end.method == "ngs")
    answer = answered(due.trial.study, "d46", result, end.threshold, end.required_lod)
    assert answer.call is Call.POSITIVE


def test_counts_have_no_measurement(due) -> None:
    laboratory.report_ngs(
        due.trial, due.by(50, Role.LABORATORY, site=None), KID, sample=D46, templates=0, cells=3_080_000,
        files=keep(due, reads=b"r"), on=due.day(50), method_version="1",
    )  # fmt: skip
    assert sequenced(due.trial, due.events(ev.MrdReported)[-1].result) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sample": "01-002-d46"}, "the ngs result of sample '01-002-d46'"),
        ({"simulated": True}, "the evidence is simulated"),
        ({"of": "01-002-d19"}, "which is participant 01-002's"),
        ({"of": "01-002-diagnosis"}, "nothing says is participant 01-001's"),
        ({"of": "01-001"}, "nothing says is participant 01-001's"),
        ({"of": "01-0011-d1"}, "nothing says is participant 01-001's"),
        ({"of": "P1-D1"}, "nothing says is participant 01-001's"),
    ],
)
def test_a_measurement_of_something_else_is_refused(due, change: dict, said: str) -> None:
    other = due.admit()
    assert other == SubjectId("01-002")
    files = handed(due, index(change.get("of", "01-001-d1")))
    due.refuses(InputRefused, lambda: report(due, measured_of(files, **change), files), said)


def test_the_refusal_says_how_to_name_a_diagnosis(due) -> None:
    files = handed(due, index("diagnosis"))
    said = due.refuses(InputRefused, lambda: report(due, measured_of(files, of="diagnosis"), files))
    assert "remission ngs index --sample 01-001-d1" in said.do and "'diagnosis'" in said.what


@pytest.mark.parametrize("of", [str(D19), "01-001-d1", "01-001-relapse-2"])
def test_an_index_is_bound_by_a_marrow_of_the_child_or_by_its_name(due, of: str) -> None:
    files = handed(due, index(of))
    assert report(due, measured_of(files, of=of), files)


def test_the_marrow_of_another_child_is_not_ours_whatever_its_label(due) -> None:
    other = due.consent()
    laboratory.take_marrow(
        due.trial, due.by(46), other, sample=SampleId("01-001-d1"), point="d19", on=due.day(46),
        deviation="a label mixed up",
    )  # fmt: skip
    files = handed(due)
    due.refuses(InputRefused, lambda: report(due, measured_of(files), files), "which is participant 01-002's")


def test_a_label_that_two_children_have_binds_an_index_to_neither(due) -> None:
    other, label = due.consent(), SampleId("marrow")
    for subject, point in ((other, "d19"), (KID, "d46")):
        laboratory.take_marrow(
            due.trial,
            due.by(46),
            subject,
            sample=label,
            point=point,
            on=due.day(46),
            deviation="no pseudonym",
        )
    files = handed(due, index("marrow"))
    due.refuses(
        InputRefused,
        lambda: report(due, measured_of(files, of="marrow"), files),
        "which is participant 01-002's",
    )


@pytest.mark.parametrize(("which", "name"), [(0, "R1.fastq"), (1, "i.json"), (2, "d1.fastq")])
def test_what_stands_behind_another_child_s_result_is_refused(due, which: int, name: str) -> None:
    diagnosis = keep(due, **{"d1.fastq": b"@d\nC\n+\nI\n"})
    own = index()
    own = replace(own, evidence=replace(own.evidence, files=diagnosis))
    other, files = due.admit(), (*handed(due, own), *diagnosis)
    flow(due, other, "01-002-d19", (files[which],))
    due.refuses(
        InputRefused, lambda: report(due, measured_of(files[:2]), files),
        f"{name} stands behind the result of participant 01-002, sample 01-002-d19",
    )  # fmt: skip


def test_the_reads_of_another_sample_of_the_child_are_refused(due) -> None:
    files, again = handed(due), SampleId("01-001-d46b")
    report(due, measured_of(files), files)
    laboratory.take_marrow(due.trial, due.by(46), KID, sample=again, point="d46", on=due.day(46))
    due.refuses(
        InputRefused, lambda: report(due, measured_of(files, sample=str(again)), files, sample=again),
        "R1.fastq stands behind the result of participant 01-001, sample 01-001-d46",
    )  # fmt: skip


@pytest.mark.parametrize(("window", "flags"), [(WINDOW, ()), (WINDOW[::-1], ("index-changed",))])
def test_a_result_by_other_clones_than_the_one_before_says_so(
    due, window: str, flags: tuple[str, ...]
) -> None:
    again = SampleId("01-001-d46b")
    laboratory.take_marrow(due.trial, due.by(46), KID, sample=again, point="d46", on=due.day(46))
    first = handed(due)
    report(due, measured_of(first), first)
    (own,) = handed(due, replace(index(window=window), rule="share > 1 %"))[1:]
    later = (*keep(due, **{"R1b.fastq": b"@2\nC\n+\nI\n"}), own)
    measured = measured_of(later, sample=str(again), window=window)
    report(due, measured, later, sample=again)
    assert due.events(ev.MrdReported)[-1].result.flags == (*measured.result.flags, *flags)


def test_a_result_without_its_index_or_with_two_is_refused(due) -> None:
    reads, own, more = handed(due, x=b" {}")
    for files, found in (((reads,), 0), ((reads, own, more), 2)):
        due.refuses(
            InputRefused,
            lambda files=files: report(due, measured_of(files), files),
            f"names {found} files that may be its index",
        )


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (index("01-001-d2"), "sample '01-001-d2'; the result says '01-001-d1'"),
        (index(window=WINDOW[::-1]), "the index has clones"),
        (replace(index(), clones=()), "the index has clones []"),
        (replace(index(), germline="IMGT"), "germline 'IMGT'; the result says 'ogrdb'"),
    ],
)
def test_the_index_must_be_the_one_that_was_measured_with(due, kept: Index, said: str) -> None:
    files = handed(due, kept)
    due.refuses(InputRefused, lambda: report(due, measured_of(files), files), said)


def test_an_index_edited_by_hand_is_refused(due) -> None:
    raw = write_index(index()).encode()
    edited = raw.replace(b'"by_chance": 0.0001', b'"by_chance": 0.0')
    assert edited != raw
    files = keep(due, **{"R1.fastq": b"r", "i.json": edited})
    due.refuses(
        InvariantBroken, lambda: report(due, measured_of(files), files), "changed after it was written"
    )


def test_a_simulated_index_makes_a_simulated_result(due) -> None:
    files = handed(due, index(simulated=True))
    due.refuses(InputRefused, lambda: report(due, measured_of(files), files), "the evidence is simulated")


def test_every_file_of_the_evidence_must_be_given_as_it_was(due) -> None:
    reads, index_file, altered = handed(due, altered=b"R")
    measured = measured_of((reads, index_file))
    for files in ((reads,), (), (altered, index_file), (replace(reads, size=8), index_file)):
        due.refuses(InputRefused, lambda files=files: report(due, measured, files), "not given, or altered")
    without = replace(
        measured.result, evidence=replace(measured.result.evidence, files=()), flags=("counts-only",)
    )
    due.refuses(
        InvariantBroken, lambda: report(due, replace(measured, result=without), (reads,)), "counts-only"
    )
    assert report(due, measured, (index_file, replace(reads, name="R1.fastq.gz")))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda raw: raw[: len(raw) // 2], InputRefused),
        (lambda raw: b"\xff" + raw, InputRefused),
        (lambda raw: b"[]", Malformed),
        (lambda raw: raw.replace(b'"cells": 3076923', b'"cells": 9076923'), InvariantBroken),
    ],
)
def test_a_file_that_is_no_measurement_is_refused(due, change: Callable[[bytes], bytes], kind: type) -> None:
    files = handed(due)
    raw = write_measured(measured_of(files)).encode()
    assert change(raw) != raw
    due.refuses(kind, lambda: report(due, change(raw), files))


def test_a_measurement_altered_after_it_was_kept_is_not_shown(due) -> None:
    files = handed(due)
    report(due, measured_of(files), files)
    result = due.events(ev.MrdReported)[-1].result
    digest = result.evidence.files[-1].sha256
    path = due.trial.files.root / digest[:2] / digest[2:4] / digest
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"0", b"1", 1))
    with pytest.raises(Altered):
        sequenced(due.trial, result)


def test_sequencing_is_not_reported_where_it_is_not_planned(due) -> None:
    files = handed(due)
    measured = measured_of(files, sample=str(D19))
    due.refuses(InputRefused, lambda: report(due, measured, files, sample=D19), "ngs is not planned at d19")
