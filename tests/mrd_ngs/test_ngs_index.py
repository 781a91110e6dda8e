"""Which clones are followed, their uniqueness, and the index as text."""

import dataclasses
import hashlib
import io
import json
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import (
    Hostile,
    InputRefused,
    InvariantBroken,
    Malformed,
    TooLarge,
    WrongEncoding,
)
from remission.mrd.ngs.bases import decode
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Repertoire, Uniqueness
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.index import Background, IndexRule, choose, nearest, shares, tolerated
from remission.mrd.ngs.index_json import MOST_BYTES, read_index, write_index
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.terms.evidence import Evidence, FileRef, Setting

GERMLINE = Germline("made", "1", "ab" * 32, ())
EVIDENCE = Evidence("clonotypes", "1", (FileRef("R1.fastq.gz", "cd" * 32, 10),), (Setting("share", "5 %"),))
NEVER = Background("nobody", lambda _clone, _substitutions: 0.25)


def clone(seed, reads, locus=Locus.IGH, kind=Kind.V_D_J, size=100, change=0):
    codes = np.random.default_rng(seed).integers(0, 4, size).astype(np.uint8)
    codes[40 : 40 + change] = (codes[40 : 40 + change] + 1) % 4
    five = Part(("V1*01", "V2*01"), 0, 40, 250, 290, 0, 2, 1)
    three = Part(("J4*02",), 70, size, 5, 5 + size - 70, 5, 0, 0)
    found = Rearrangement(locus, kind, five, (), three, (35, 80), True, False)
    return Clonotype(decode(codes), found, (12, 80), reads, max(1, reads - 3))


def repertoire(*clones, others=0):
    kinds = {}
    for one in clones:
        key = (one.rearrangement.locus, one.rearrangement.kind)
        kinds[key] = kinds.get(key, 0) + one.reads
    kinds[(Locus.IGH, Kind.V_D_J)] = kinds.get((Locus.IGH, Kind.V_D_J), 0) + others
    return Repertoire(clones, {Fate.CLONOTYPE: sum(kinds.values()), Fate.TOO_SHORT: 7}, 0, kinds)


def chosen(found, **rule):
    return choose(found, IndexRule(**rule), NEVER, sample="S1", germline=GERMLINE, evidence=EVIDENCE)


def test_a_clone_is_followed_above_its_share_and_not_at_it():
    found = repertoire(clone(1, 500), clone(2, 51), clone(3, 50), others=399)
    index = chosen(found)
    assert [(one.name, one.share) for one in index.clones] == [("IGH-1", 0.5), ("IGH-2", 0.051)]
    assert index.reads_total == 1007 and "5 %" in index.rule and "ab" * 32 in index.germline


def test_each_kind_of_locus_has_its_own_share():
    found = repertoire(
        clone(1, 900),
        clone(2, 30, kind=Kind.D_J),
        clone(3, 60, Locus.IGK, Kind.V_J),
        clone(4, 40, Locus.IGK, Kind.INTRON_KDE),
        clone(5, 25, Locus.IGL, Kind.V_J),
    )
    assert [(one.name, one.share) for one in chosen(found).clones] == [
        ("IGH-1", 1.0),
        ("IGH-2", 1.0),
        ("IGL-1", 1.0),
        ("IGK-1", 0.6),
        ("IGK-2", 0.4),
    ]


def test_no_clone_over_the_rule_is_an_index_without_clones_and_the_highest_can_be_shown():
    found = repertoire(clone(1, 19), clone(2, 12), others=0)
    index = chosen(found)
    assert index.clones == () and index.reads_total == 38
    assert shares(found)[0][1] == 19 / 31
    assert read_index(io.BytesIO(write_index(index).encode())) == index


def test_at_most_so_many_clones():
    found = repertoire(*(clone(seed, 100 + seed) for seed in range(6)))
    index = chosen(found, most_clones=2)
    assert [one.clonotype.reads for one in index.clones] == [105, 104]


@pytest.mark.parametrize("bad", [{"share": 0.0}, {"share": 1.0}, {"least_reads": 0}, {"most_clones": 0}])
def test_a_rule_that_is_none_is_refused(bad):
    with pytest.raises(InputRefused, match="is no rule"):
        IndexRule(**bad)


def test_the_nearest_is_of_the_same_length_and_within_reach():
    mine = clone(1, 500)
    others = [mine, clone(1, 5, change=3), clone(1, 50, change=7), clone(2, 80), clone(1, 90, size=101)]
    assert nearest(mine, others) == (3, 5)
    assert nearest(mine, others[2:]) == (7, 50)
    assert nearest(mine, others[3:4]) == (None, 0)
    assert [tolerated(near) for near in (None, 1, 2, 3, 5, 9)] == [1, 0, 0, 1, 1, 1]


def test_a_sister_by_stem_is_passed_over_unless_a_read_can_hardly_tell_it():
    def with_stem(one):
        d = Part(("IGHD1-1*01",), 52, 64, 2, 14, 2, 3, 0)
        return dataclasses.replace(one, rearrangement=dataclasses.replace(one.rearrangement, d=(d,)))

    mine = with_stem(clone(1, 500))
    assert nearest(mine, [with_stem(clone(1, 9, change=7))]) == (None, 0)
    assert nearest(mine, [with_stem(clone(1, 9, change=4))]) == (4, 9)
    assert nearest(mine, [clone(1, 9, change=7)]) == (7, 9)


def test_chance_is_asked_for_what_may_be_tolerated():
    asked = []
    background = Background("model", lambda one, far: asked.append((one.reads, far)) or 1.5)
    found = repertoire(clone(1, 500), clone(1, 9, change=3))
    index = choose(found, IndexRule(), background, sample="S", germline=GERMLINE, evidence=EVIDENCE)
    assert asked == [(500, 1)]
    assert index.clones[0].uniqueness == Uniqueness(3, 9, 1.5, "model")


def written():
    return json.loads(write_index(chosen(repertoire(clone(1, 500), clone(2, 100)))))


def read(body):
    return read_index(io.BytesIO(json.dumps(body).encode()), "patient.json")


@pytest.mark.parametrize(
    ("place", "value", "key"),
    [
        (("schema_version",), 2, "key schema_version"),
        (("schema_version",), True, "key schema_version"),
        (("reads_total",), 3, "key fates"),
        (("reads_total",), "607", "key reads_total"),
        (("sample",), None, "key sample"),
        (("fates", "clonotyp"), 0, "key fates"),
        (("extra",), 0, "key "),
        (("clones", 1, "name"), "IGH-1", "clones[0].name"),
        (("clones", 1, "family"), "IGH-9", "clones[1].family"),
        (("clones", 1, "share"), 1.5, "clones[1].share"),
        (("clones", 1, "share"), "0.5", "clones[1].share"),
        (("clones", 0, "stem"), [90, 101], "clones[0].stem"),
        (("clones", 0, "stem"), [20], "clones[0].stem"),
        (("clones", 0, "clonotype", "window"), [12, 101], "clones[0].clonotype.window"),
        (("clones", 0, "clonotype", "window"), [12, 12], "clones[0].clonotype.window"),
        (("clones", 0, "clonotype", "exact"), 501, "clones[0].clonotype.exact"),
        (("clones", 0, "clonotype", "reads"), 500.0, "clones[0].clonotype.reads"),
        (("clones", 0, "clonotype", "sequence"), "acgt", "clones[0].clonotype.sequence"),
        (("clones", 0, "clonotype", "sequence"), "N" * 100, "clones[0].clonotype.window"),
        (("clones", 0, "clonotype", "rearrangement", "turned"), True, "rearrangement.turned"),
        (("clones", 0, "clonotype", "rearrangement", "locus"), "TRB", "rearrangement.locus"),
        (("clones", 0, "clonotype", "rearrangement", "junction"), [35, 300], "rearrangement.junction"),
        (("clones", 0, "clonotype", "rearrangement", "five", "alleles"), [], "rearrangement.five.alleles"),
        (("clones", 0, "clonotype", "rearrangement", "five", "end"), 400, "rearrangement.five"),
        (("clones", 0, "clonotype", "rearrangement", "three", "cut_5"), -1, "rearrangement.three"),
        (("clones", 0, "uniqueness", "by_chance"), -0.1, "uniqueness.by_chance"),
        (("clones", 0, "uniqueness", "nearest"), -1, "uniqueness.nearest"),
    ],
)
def test_the_door_names_the_key(place, value, key):
    body = written()
    inner = body
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(InputRefused) as refused:
        read(body)
    assert key in refused.value.where and refused.value.where.startswith("patient.json")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("clones", 0, "uniqueness", "by_chance"), 0.0),
        (("clones", 0, "share"), 0.79),
        (("clones", 0, "clonotype", "sequence"), "ACGT" * 25),
        (("clones", 0, "clonotype", "window"), [13, 80]),
        (("clones",), []),
        (("sample",), "S2"),
        (("evidence", "simulated"), True),
        (("digest",), "0" * 64),
        (("digest",), None),
    ],
)
def test_an_index_edited_by_hand_is_refused_though_it_agrees_with_itself(place, value):
    body = written()
    inner = body
    for step in place[:-1]:
        inner = inner[step]
    assert inner[place[-1]] != value
    inner[place[-1]] = value
    with pytest.raises(InvariantBroken, match="changed after it was written") as refused:
        read(body)
    assert refused.value.where == "patient.json, key digest" and "index the diagnosis" in refused.value.do


def test_the_digest_is_of_the_content_and_not_of_its_layout():
    body = written()
    rest = {key: value for key, value in reversed(body.items()) if key != "digest"}
    plain = json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()
    assert body["digest"] == hashlib.sha256(plain).hexdigest() and list(body)[-1] == "digest"
    again = read_index(io.BytesIO(json.dumps({**rest, "digest": body["digest"]}, indent=4).encode()))
    assert json.loads(write_index(again)) == body


def test_a_missing_key_is_named():
    body = written()
    del body["clones"][1]["clonotype"]["window"]
    with pytest.raises(InputRefused, match="window"):
        read(body)


@pytest.mark.parametrize(
    ("raw", "kind", "where"),
    [
        (b"\xff{}", WrongEncoding, "byte 1"),
        (b'{"a": 1,\n}', Malformed, "line 2, column 1"),
        (b"[]", Malformed, "index.json"),
        (b"", Malformed, "line 1"),
        (b'{"a": NaN}', Malformed, "index.json"),
        (b'{"a": 1, "a": 2}', Malformed, "index.json"),
        (b"[" * 200_000, Hostile, "index.json"),
        (b" " * (MOST_BYTES + 1), TooLarge, "index.json"),
        (b"{}", InputRefused, "schema_version"),
    ],
)
def test_what_is_no_index_is_refused(raw, kind, where):
    with pytest.raises(kind) as refused:
        read_index(io.BytesIO(raw))
    assert where in refused.value.where


def test_a_clone_with_no_reads_is_refused_though_its_numbers_agree():
    body = written()
    body["clones"][0]["clonotype"].update(reads=0, exact=0)
    with pytest.raises(InvariantBroken):
        read(body)


_texts = st.text(st.characters(codec="utf-8"), max_size=12)


@st.composite
def indexes(draw):
    clones = []
    for number in range(draw(st.integers(0, 3))):
        one = clone(draw(st.integers(0, 50)), draw(st.integers(1, 10**9)), draw(st.sampled_from(Locus)))
        found = dataclasses.replace(
            one.rearrangement,
            kind=draw(st.sampled_from(Kind)),
            d=draw(st.sampled_from([(), (Part(("D*1",), 45, 60, 1, 16, 1, 2, 0),)])),
            junction=draw(st.none() | st.just((35, 80))),
            productive=draw(st.none() | st.booleans()),
        )
        unique = Uniqueness(
            draw(st.none() | st.integers(0, 12)),
            draw(st.integers(0, 1000)),
            draw(st.floats(0, 1e6)),
            draw(_texts),
        )
        stem = draw(st.none() | st.just((50, 90)))
        share = draw(st.floats(1e-6, 1.0))
        one = dataclasses.replace(one, rearrangement=found)
        clones.append(IndexClone(f"IGH-{number}", one, share, "IGH-0", stem, unique))
    fates = draw(st.dictionaries(st.sampled_from(Fate), st.integers(0, 10**10)))
    evidence = Evidence(
        draw(_texts),
        draw(st.text(string.digits)),
        draw(st.sampled_from([(), EVIDENCE.files])),
        draw(st.sampled_from([(), EVIDENCE.settings])),
        draw(st.booleans()),
    )
    total = sum(fates.values())
    return Index(draw(_texts), tuple(clones), total, fates, draw(_texts), draw(_texts), evidence)


@given(indexes())
@settings(max_examples=60, deadline=None)
def test_an_index_comes_back_as_it_was_and_equal_ones_give_equal_bytes(index):
    text = write_index(index)
    again = read_index(io.BytesIO(text.encode()))
    assert again == index
    assert repr(again) == repr(index)
    assert write_index(again) == text
