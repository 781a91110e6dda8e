"""A measured sample as JSON: read back exactly, and refused when it was changed. Invented reads."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused, InvariantBroken, Malformed, TooLarge, Truncated, WrongEncoding
from remission.mrd import result_json
from remission.mrd.calls import Call
from remission.mrd.ngs.blank import Background
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Uniqueness
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured import Foreign, Measured
from remission.mrd.ngs.measured_json import read_measured, write_measured
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Sighting, Tally, Target, TargetCount, Tier, Tolerance
from remission.terms.evidence import Evidence, FileRef, Setting
from remission.terms.words import Text

WINDOWS = {"IGH-1": "ACGTTGCA" * 8, "IGH-2": "TTGACCAG" * 8}
TOLERANCE = Tolerance(2, 1, Text("no neighbour", "无近邻"))
Json = dict[str, Any]


def measured(one: int = 400, two: int = 0, dna_ng: float = 20_000.0, spiked: int = 1000) -> Measured:
    def clone(name: str) -> IndexClone:
        v, j = (
            Part((f"{gene}*01",), at, at + 20, 0, 20, 0, 0, 1)
            for gene, at in (("IGHV3-23", 0), ("IGHJ6", 40))
        )
        made = Rearrangement(Locus.IGH, Kind.V_D_J, v, (), j, (17, 44), True, False)
        clonotype = Clonotype(WINDOWS[name], made, (0, 64), 9_000, 8_000)
        return IndexClone(name, clonotype, 0.4, "IGH-1", None, Uniqueness(4, 10, 1e-5, "invented"))

    evidence = Evidence(
        "tracked", "1", (FileRef("SIMULATED.fastq", "cd" * 32, 77),), (Setting("a", "b"),), simulated=True
    )
    index = Index("P1-dx", tuple(map(clone, WINDOWS)), 90_000, {}, "5 %", "set 1", evidence)
    spikes = [Spike(f"SP{i}", Locus.IGH, 100, "", f"{i}") for i in range(4)]
    sighting = Sighting("ACGT", 3, 1, 0, True)
    counts = [
        TargetCount(
            Target("P1-dx", name, Tier.EXACT, "IGH", WINDOWS[name]),
            n - n // 8,
            n // 8,
            2,
            TOLERANCE,
            (sighting,),
        )
        for name, n in (("IGH-1", one), ("IGH-2", two))
    ]
    counts += [
        TargetCount(Target("", s.name, Tier.SPIKE, "IGH", ""), spiked, 0, 0, TOLERANCE, ()) for s in spikes
    ]
    fates = {Fate.INDEX: one + two, Fate.SPIKE: 4 * spiked, Fate.OTHER: 5_000_000}
    return measure(
        index,
        Tally("P1-d33", tuple(counts), fates),
        spikes,
        dna_ng,
        threshold=Fraction("0.0001"),
        required_lod=Fraction("0.0001"),
        backgrounds={name: Background(0, 100_000_000) for name in WINDOWS},
        foreign=(Foreign("P2", "IGH-1", 12, 11.25, False, True),),
        evidence=evidence,
    )


def read(text: str | bytes) -> Measured:
    return read_measured(io.BytesIO(text.encode() if isinstance(text, str) else text), "result.json")


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 200_000),
    st.integers(0, 50),
    st.sampled_from([7.0, 650.0, 2e4]),
    st.sampled_from([40, 1000]),
)
def test_read_back_exactly(one: int, two: int, dna_ng: float, spiked: int) -> None:
    if one / spiked * 100 > 2 * dna_ng * 153:
        return  # more templates than the cells hold
    made = measured(one, two, dna_ng, spiked)
    text = write_measured(made)
    again = read(text)
    assert again == made
    assert repr(again) == repr(made)  # the same kinds too: words of a list are no bare text
    assert write_measured(read(text)) == text


def test_the_promised_keys() -> None:
    made = measured()
    document = json.loads(write_measured(made))
    assert list(document)[:2] == ["schema_version", "simulated"]
    for key in ("reads_total", "cells", "level", "lower", "upper", "lod", "loq", "lob", "call"):
        assert key in document
    keys = {"name", "locus", "v", "d", "j", "junction", "reads", "templates", "level", "lower", "upper"}
    assert all(keys <= clone.keys() for clone in document["clones"])
    assert document["simulated"] is True
    assert document["call"] == made.answer.call == Call.NEGATIVE
    assert document["reads_total"] == sum(document["fates"].values())
    assert document["clones"][0]["junction"] == WINDOWS["IGH-1"][17:44]


def stemmed(document: Json) -> None:
    """A stem at the threshold, and its flag taken away."""
    clone, cells = document["clones"][1], document["cells"]
    clone.update(stem_reads=4_000, stem_level=400 / cells)


def put(*path: str | int, to: object) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        at: Any = document
        for step in path[:-1]:
            at = at[step]
        assert at[path[-1]] != to or type(at[path[-1]]) is not type(to)
        at[path[-1]] = to

    return change


def halved(document: Json) -> None:
    """The level of everything halved, as somebody would who wants a lower one."""
    for at in (document, document["clones"][0]):
        for key in ("level", "lower", "upper"):
            at[key] /= 2
    document["found"] /= 2
    document["clones"][0]["templates"] /= 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("call", to="positive"), "call"),
        (put("answer", "call", to="positive"), "call"),
        (put("answer", "reason", "en", to="Fine."), "call"),
        (put("answer", "more_cells", to=5), "call"),
        (put("level", to=1e-9), "level"),
        (put("upper", to=1e-2), "highest clone"),
        (put("lower", to=0.0), "highest clone"),
        (put("lod", to=1e-7), "LOD"),
        (put("lod", to=1.2e-6), "cells seen"),
        (put("cells", to=9_000_000), "cells"),
        (put("examined", 0, "count", to=9_000_000), "level"),
        (put("cells_seen", to=2), "cells seen"),
        (put("lob", to=0.0), "limit of blank"),
        (put("reads_total", to=1), "reads_total"),
        (put("reads_total", to=True), "reads_total"),
        (put("simulated", to=False), "simulated"),
        (put("simulated", to=1), "simulated"),
        (put("threshold", to=1e-6), "threshold"),
        (put("required_lod", to=1e-7), "call"),
        (put("flags", to=["contaminated"]), "flags contaminated; the numbers raise none"),
        (put("foreign", 0, "contaminates", to=True), "the numbers raise contaminated"),
        (put("clones", 1, "stem_reads", to=90_000), "stem level"),
        (put("found", to=0), "level"),
        (put("found", to=True), "not a number"),
        (put("clones", 0, "reads", to=0), "IGH-1"),
        (put("clones", 0, "reads", to=399.0), "not of type int"),
        (put("clones", 0, "lob_reads", to=1_000), "IGH-1"),
        (put("clones", 0, "templates", to=41.0), "IGH-1"),
        (put("clones", 0, "level", to=0.0), "IGH-1"),
        (put("clones", 0, "locus", to="IGK"), "spikes of IGK"),
        (put("clones", 0, "exact_reads", to=401), "401 exact"),
        (put("clones", 1, "lower", to=1e-9), "IGH-2"),
        (put("clones", 1, "upper", to="1e-9"), "not a number"),
        (put("spikes", 0, "reads", to=8_000), "IGH-1"),
        (put("spikes", 0, "copies", to=800.0), "IGH-1"),
        (put("fates", "index", to=-5), "reads_total"),
        (put("answer", "call", to="maybe"), "maybe"),
        (lambda document: document["fates"].update(lost=5), "lost"),
        (put("notes", 0, to={"en": "x"}), "cannot be read"),
        (put("evidence", "files", 0, "sha256", to="00"), "sha256"),
        (put("evidence", "files", to=[]), "no file"),
        (put("schema_version", to=2), "schema_version 2"),
        (put("schema_version", to=True), "schema_version True"),
        (halved, "IGH-1"),
        (put("clones", 1, "cut_off_reads", to=500), "the numbers raise reads-too-short"),
        (put("clones", 1, "long_enough", to=0.2), "LOD"),
        (put("clones", 1, "lod", to=4.8), "LOD"),
        (stemmed, "the numbers raise stem-only"),
        (lambda document: document.pop("lob"), "without 'lob'"),
        (lambda document: document["clones"][0].pop("family"), "cannot be read"),
        (lambda document: document["clones"].pop(0), "highest clone"),
        (lambda document: document.update(more=1), "with 'more'"),
        (lambda document: document["clones"][0].update(more=1), "more"),
    ],
)  # fmt: skip
def test_a_result_changed_by_hand_is_refused(change: Callable[[Json], object], said: str) -> None:
    document = json.loads(write_measured(measured()))
    change(document)
    with pytest.raises(InputRefused) as refused:
        read(json.dumps(document))
    assert said in str(refused.value)
    assert "result.json" in refused.value.where


def test_a_flag_taken_away_is_seen() -> None:
    document = json.loads(write_measured(measured(40, spiked=40)))
    assert document["flags"] == ["weak-spikes"]
    document["flags"] = []
    with pytest.raises(InvariantBroken, match="the numbers raise weak-spikes"):
        read(json.dumps(document))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Truncated),
        (b"\xff\xfe", WrongEncoding),
        ("[]", Malformed),
        ("null", Malformed),
        ('{"a": 1, "a": 2}', Malformed),
        ('{"a": NaN}', Malformed),
        ('{"a": 1e999}', Malformed),
        ('{"a": 1,}', Malformed),
        ("[" * 100_000, Malformed),
    ],
)
def test_what_is_no_such_json(text: str | bytes, kind: type[InputRefused]) -> None:
    with pytest.raises(kind, match=r"result\.json"):
        read(text)


def test_a_file_cut_anywhere_is_refused() -> None:
    text = write_measured(measured())
    for end in range(0, len(text) - 2, 97):
        with pytest.raises(InputRefused):
            read(text[:end])


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_json, "MOST_BYTES", 100)
    with pytest.raises(TooLarge):
        read(write_measured(measured()))


def test_what_cannot_be_written_is_not_what_was_measured() -> None:
    """A result put together of two samples reads as refused, not as either."""
    one, other = measured(400), measured(4_000)
    with pytest.raises(InvariantBroken):
        read(write_measured(replace(one, result=other.result)))
