import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import Malformed, Refusal, TooLarge, Truncated, WrongEncoding
from remission.mrd.ngs.bases import decode, encode, reverse_complement
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.primers import LARGEST_TABLE, End, Primer, read_primers, trimmed
from remission.mrd.ngs.source import Preparation, batches

IUPAC = {
    **dict.fromkeys("TU", "T"),
    **{"A": "A", "C": "C", "G": "G", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT", "I": "ACGT"},
}
COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVNI", "TGCAAYRSWMKVHDBNI")

FORWARD = Primer("forward", "GACTCARCTGTCYCAGTT", End.PRIMER)
REVERSE = Primer("reverse", "CTTACCTGAGGAGACGGTGACC", End.PRIMER)
ADAPTER = Primer("adapter", "AGATCGGAAGAGCACACGTC", End.ADAPTER)
INSERT = "TTGCATGGCTAATCGCCGATAGCATTTGACCGGTAACT"


def turn(letters: str) -> str:
    return letters.translate(COMPLEMENT)[::-1]


def block(reads: list[str]) -> Block:
    lengths = np.array([len(read) for read in reads], dtype=np.int32)
    parts = [part for read in reads for part in (encode(read), np.arange(len(read), dtype=np.uint8))]
    at = np.zeros(len(reads), dtype=np.int64)
    np.cumsum(2 * lengths[:-1], out=at[1:])
    return Block(1, np.concatenate(parts).astype(np.uint8), at, at + lengths, lengths)


def cut(reads: list[str], *primers: Primer) -> list[str]:
    found = trimmed(block(reads), primers)
    return [decode(found.codes(i)) for i in range(len(found))]


def slow_fit(read: str, oligo: str) -> int:
    """Bases that fit less those that do not, laid over each other; 0 where more than 12 % do not."""
    wrong = sum(base not in IUPAC[letter] for base, letter in zip(read, oligo, strict=True))
    return 0 if 100 * wrong > 12 * len(oligo) else len(oligo) - 2 * wrong


def slow_cut(read: str, primers: list[Primer]) -> str:
    """Every place of every oligo tried, in the order the page gives."""
    adapters = [p.sequence for p in primers if p.end is End.ADAPTER]
    ordered = [p.sequence for p in primers if p.end is End.PRIMER]
    tails = [
        (slow_fit(read[at : at + len(oligo)], oligo[: len(read) - at]), at)
        for oligo in adapters
        for at in range(len(read) - 7)
    ]
    read = read[: best(tails, len(read))]
    heads: list[tuple[int, int]] = []
    for oligo in map(turn, adapters):
        for past in range(8, len(read) + 1):
            over = min(past, len(oligo))
            heads.append((slow_fit(read[past - over : past], oligo[-over:]), past))
    read = read[best(heads, 0) :]
    heads = [
        (slow_fit(read[at : at + len(oligo)], oligo), at + len(oligo))
        for oligo in ordered
        for at in range(min(12, len(read) - len(oligo)) + 1)
    ]
    read = read[best(heads, 0) :]
    tails = [
        (slow_fit(read[at : at + len(oligo)], oligo), at)
        for oligo in map(turn, ordered)
        for at in range(max(0, len(read) - len(oligo) - 12), len(read) - len(oligo) + 1)
    ]
    return read[: best(tails, len(read))]


def best(found: list[tuple[int, int]], otherwise: int) -> int:
    fit, place = max(found, key=lambda one: one[0], default=(0, otherwise))
    return place if fit else otherwise


pieces = st.lists(
    st.sampled_from([FORWARD.sequence, REVERSE.sequence, ADAPTER.sequence])
    .flatmap(lambda oligo: st.sampled_from([oligo, turn(oligo), oligo[:10], turn(oligo)[-9:]]))
    .map(lambda oligo: "".join(IUPAC[letter][0] for letter in oligo))
    | st.text("ACGT", max_size=15)
    | st.just("N"),
    max_size=6,
)


@settings(deadline=None, max_examples=200)
@given(pieces, st.lists(st.tuples(st.integers(0, 200), st.sampled_from("ACGT")), max_size=3))
def test_cut_as_the_slow_way(parts: list[str], errors: list[tuple[int, str]]) -> None:
    letters = list("".join(parts))
    for at, letter in errors:
        if at < len(letters):
            letters[at] = letter
    read = "".join(letters)
    primers = [FORWARD, REVERSE, ADAPTER]
    assert cut([read], *primers) == [slow_cut(read, primers)]


FORWARD_SEEN, REVERSE_SEEN = "GACTCAACTGTCTCAGTT", "CTTACCTGAGGAGACGGTGACC"
WHOLE = FORWARD_SEEN + INSERT + turn(REVERSE_SEEN)


@pytest.mark.parametrize(
    "read",
    [
        WHOLE,
        "ACGTACGT" + WHOLE + "CCAT",
        WHOLE.replace("GACTCAACTG", "GACTCATCTG"),
        WHOLE + ADAPTER.sequence + "ACGTAGG",
        WHOLE + ADAPTER.sequence[:8],
        turn("ACGTAGG") + turn(ADAPTER.sequence) + WHOLE,
        FORWARD_SEEN + INSERT,
        INSERT,
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_only_the_insert_is_left_on_either_strand(read: str, turned: bool) -> None:
    primers = (FORWARD, REVERSE, ADAPTER)
    assert cut([turn(read) if turned else read], *primers) == [turn(INSERT) if turned else INSERT]


def test_a_primer_inside_a_read_stays() -> None:
    read = INSERT + FORWARD_SEEN + INSERT
    assert cut([read], FORWARD) == [read]


def test_a_read_of_adapter_only_is_empty_and_bytes_do_not_move() -> None:
    whole = block([ADAPTER.sequence, WHOLE, ""])
    before = whole.data.copy()
    found = trimmed(whole, (FORWARD, REVERSE, ADAPTER))
    assert found.length.tolist() == [0, len(INSERT), 0]
    assert found.data is whole.data and (found.data == before).all()
    assert found.quality(1).tolist() == list(range(18, 18 + len(INSERT)))


def test_trimmed_reads_too_short_are_lost_and_counted() -> None:
    file = io.BytesIO(f">a\n{WHOLE}\n>b\n{FORWARD_SEEN}ACGT\n".encode())
    (batch,) = batches([("R", file)], Preparation(least_length=30, primers=(FORWARD, REVERSE)))
    assert [decode(batch.block.codes(i)) for i in range(len(batch.block))] == [INSERT]
    assert batch.lost == {Fate.TOO_SHORT: 1}


@pytest.mark.parametrize("letter", sorted(IUPAC))
def test_every_letter_fits_its_bases_on_both_strands(letter: str) -> None:
    oligo = Primer("p", "ACGTTGC" + letter, End.PRIMER)
    for base in "ACGT":
        fits = base in IUPAC[letter]
        assert cut(["ACGTTGC" + base + "CCCCC"], oligo) == ["CCCCC" if fits else f"ACGTTGC{base}CCCCC"]
        other = turn(base) + "GCAACGT"
        assert cut(["CCCCC" + other], oligo) == ["CCCCC" if fits else "CCCCC" + other]


def test_a_table_with_tabs_or_commas_in_any_order_of_columns() -> None:
    primer = Primer("VH1", "ACGTRYIN", End.PRIMER)
    adapter = Primer("P7", "ACGTACGTA", End.ADAPTER)
    tabs = "name\tsequence\tend\nVH1\tacgtryin\t5\n\nP7\tACGTACGTA\t3'\n"
    commas = "\ufeffend,note,Name,Sequence\r\n5,x,VH1,ACGTRYIN\r\n3,,P7,ACGTACGTA\r\n"
    for text in (tabs, commas):
        assert read_primers(io.BytesIO(text.encode()), "table") == (primer, adapter)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("", Malformed, "'name'"),
        ("name,sequence\na,ACGTACGT\n", Malformed, "no column 'end'"),
        ("name,sequence,end\n", Truncated, "no row"),
        (
            "name,sequence,end\na,ACGTACGX,5\n",
            Malformed,
            "'X' in the sequence of 'a' is no base\n  where: table, line 2",
        ),
        ("name,sequence,end\na,ACGTACG,5\n", Malformed, "7 bases"),
        ("name,sequence,end\na," + "A" * 201 + ",5\n", Malformed, "201 bases"),
        ("name,sequence,end\na,ACGTACGT,7\n", Malformed, "'7', not 5 or 3"),
        ("name,sequence,end\na,ACGTACGT\n", Malformed, "2 columns"),
        ("name,sequence,end\na,ACGTACGT,5\na,ACGTACGT,3\n", Malformed, "second time\n  where: table, line 3"),
        ("\xff", WrongEncoding, "byte 1"),
        ("n" * (LARGEST_TABLE + 1), TooLarge, "larger"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(text: str, kind: type[Refusal], words: str) -> None:
    with pytest.raises(kind) as caught:
        read_primers(io.BytesIO(text.encode("latin-1")), "table")
    assert words in str(caught.value)


def test_the_other_strand_is_the_one_of_the_house() -> None:
    assert turn(INSERT) == decode(reverse_complement(encode(INSERT)))
