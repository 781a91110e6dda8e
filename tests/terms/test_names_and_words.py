"""Ids, evidence and text: checked on birth, compared by value."""

import copy
import pickle

import pytest

from remission.errors import InputRefused, LedgerMoved, Refusal, StudyRefused
from remission.terms.actors import Actor, Role
from remission.terms.evidence import EntryRef, Evidence, FileRef, Setting
from remission.terms.ids import SampleId, SiteId, StudyId, SubjectId
from remission.terms.words import Text


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            StudyId,
            ["nct06607419", "abc", "trial-7"],
            ["", "ab", "NCT06607419", "7abc", "nct/1", "nct 1", "x" * 42],
        ),
        (SiteId, ["03", "123"], ["", "3", "0003", "a3", "03 ", "０３", "-3"]),
        (
            SubjectId,
            ["03-007", "123-12345"],
            ["", "3-007", "03-07", "03007", "03-007 ", "03-00a", "03-123456"],
        ),
        (SampleId, ["03-007-d46-1", "a", "T_1.2"], ["", "-a", "a b", "a/b", "管", "x" * 65]),
    ],
)
def test_ids_have_one_shape(kind: type[str], good: list[str], bad: list[str]) -> None:
    assert [kind(text) for text in good] == good
    for text in bad:
        with pytest.raises(InputRefused, match=f"is not a {kind.__name__}"):
            kind(text)


def test_a_newline_at_the_end_is_no_part_of_an_id() -> None:
    with pytest.raises(InputRefused):
        SubjectId("03-007\n")


def test_a_participant_is_numbered_within_the_site() -> None:
    assert SubjectId.numbered(SiteId("03"), 7) == "03-007"
    assert SubjectId.numbered(SiteId("03"), 1234) == "03-1234"
    assert SubjectId("123-0045").site == SiteId("123")
    assert type(SubjectId("03-007").site) is SiteId


def test_ids_survive_copy_and_pickle() -> None:
    subject = SubjectId("03-007")
    assert pickle.loads(pickle.dumps(subject)) == copy.deepcopy(subject) == subject
    assert repr(subject) == "SubjectId('03-007')"


@pytest.mark.parametrize("digest", ["", "a" * 63, "A" * 64, "g" * 64, "a" * 65, "a" * 64 + "\n"])
def test_a_file_is_named_by_its_whole_sha256(digest: str) -> None:
    with pytest.raises(InputRefused, match="is not a sha256"):
        FileRef("a.fcs", digest, 1)


def test_evidence_is_compared_by_value() -> None:
    def made() -> Evidence:
        return Evidence("flow counts", "1.0", (FileRef("a.fcs", "0" * 64, 5),), (Setting("k", "20"),), True)

    assert made() == made() and hash(made()) == hash(made())
    assert made() != Evidence("flow counts", "1.0")
    assert EntryRef(1, "aa") == EntryRef(1, "aa") != EntryRef(2, "aa")


@pytest.mark.parametrize(
    ("language", "expected"),
    [("zh", "骨髓"), ("zh-hans", "骨髓"), ("ZH-CN", "骨髓"), ("en", "marrow"), ("fr", "marrow")],
)
def test_text_in_a_language(language: str, expected: str) -> None:
    assert Text("marrow", "骨髓").in_(language) == expected


def test_a_person_acts_for_the_whole_trial_or_for_a_site() -> None:
    assert Actor("Shen", Role.SPONSOR).site is None
    assert Actor("Lin", Role.DOCTOR, SiteId("03")) == Actor("Lin", Role.DOCTOR, SiteId("03"))


@pytest.mark.parametrize("kind", [LedgerMoved, StudyRefused])
def test_a_refusal_says_what_where_and_what_to_do_and_crosses_processes(kind: type[Refusal]) -> None:
    refusal = kind("this happened", where="line 3", do="do that")
    again = pickle.loads(pickle.dumps(refusal))
    assert type(again) is kind
    assert str(again) == str(refusal) == "this happened\n  where: line 3\n  do:    do that"
