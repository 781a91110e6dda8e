"""Spikes read from FASTA; what is not such a file is refused, naming the place. Invented sequences."""

import io
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused, InvariantBroken, Malformed, TooLarge, Truncated, WrongEncoding
from remission.mrd.ngs.rearrangement import Locus
from remission.mrd.ngs.spikes import MOST_BYTES, edits, read_spikes, spike_targets
from remission.mrd.ngs.tally import Tier

RNG = np.random.default_rng(3)
ONE, TWO, THREE = ("".join(RNG.choice(list("ACGT"), 60)) for _ in range(3))


def read(text: str | bytes) -> tuple[object, ...]:
    return read_spikes(io.BytesIO(text.encode() if isinstance(text, str) else text), "spikes.fasta")


def test_a_file_as_it_should_be() -> None:
    text = (
        f">A locus=IGH copies=100\n{ONE[:30]}\n{ONE[30:].lower()}\n\n"
        f">B copies=12.5 locus=IGK window=11-50 origin=SIMULATED\r\n{TWO}\r\n"
    )
    one, two = read_spikes(io.BytesIO(text.encode()), "spikes.fasta")
    assert (one.name, one.locus, one.copies, one.window) == ("A", Locus.IGH, 100.0, ONE)
    assert (two.name, two.locus, two.copies, two.sequence) == ("B", Locus.IGK, 12.5, TWO)
    assert two.window == TWO[10:50]
    target = spike_targets((one, two))[1]
    assert (target.owner, target.name, target.tier, target.locus) == ("", "B", Tier.SPIKE, "IGK")
    assert target.window == two.window


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("", Truncated, "no spike"),
        (f">A locus=IGH\n{ONE}\n", Malformed, "line 1, record 1"),
        (f">A copies=100\n{ONE}\n", Malformed, "line 1, record 1"),
        (f">A locus=IGH copies=100 colour=red\n{ONE}\n", Malformed, "colour"),
        (f">A locus=IGH copies=100 copies=200\n{ONE}\n", Malformed, "copies=200"),
        (f">A locus=TRB copies=100\n{ONE}\n", Malformed, "TRB"),
        (f">A locus=IGH copies=0\n{ONE}\n", Malformed, "copies '0'"),
        (f">A locus=IGH copies=-5\n{ONE}\n", Malformed, "copies '-5'"),
        (f">A locus=IGH copies=nan\n{ONE}\n", Malformed, "copies 'nan'"),
        (f">A locus=IGH copies=1e3\n{ONE}\n", Malformed, "copies '1e3'"),
        (f"{ONE}\n>A locus=IGH copies=1\n{ONE}\n", Malformed, "before the first header"),
        (f">A locus=IGH copies=1\n{ONE}\n>B locus=IGH copies=1\n", Truncated, "line 3, record 2"),
        (f">A locus=IGH copies=1\n{ONE}N\n", Malformed, "other letters"),
        (f">A locus=IGH copies=1\n{ONE[:29]}\n", InputRefused, "29 bases"),
        (f">A locus=IGH copies=1\n{ONE}{TWO}{THREE}\n", InputRefused, "180 bases"),
        (f">A locus=IGH copies=1 window=0-40\n{ONE}\n", Malformed, "'0-40'"),
        (f">A locus=IGH copies=1 window=20-61\n{ONE}\n", Malformed, "'20-61'"),
        (f">A locus=IGH copies=1 window=first\n{ONE}\n", Malformed, "'first'"),
        (
            f">A locus=IGH copies=1\n{ONE}\n>A locus=IGH copies=1\n{TWO}\n",
            InvariantBroken,
            "two spikes named",
        ),
        (f">A locus=IGH copies=1\n{ONE}\n>B locus=IGH copies=1\n{ONE}\n", InvariantBroken, "identical"),
        (f">A locus=IGH copies=1\n{ONE}\n>B locus=IGK copies=1\n{ONE[3:]}\n", InvariantBroken, "3 edits"),
        (f">A locus=IGH copies=1\nACGÄ{ONE}\n", WrongEncoding, "0xc3"),
        (b">" + b"A" * MOST_BYTES, TooLarge, "bytes"),
    ],
)
def test_what_is_not_a_file_of_spikes(text: str | bytes, kind: type[InputRefused], said: str) -> None:
    with pytest.raises(kind) as refused:
        read(text)
    assert said in str(refused.value)
    assert "spikes.fasta" in refused.value.where


@given(st.binary(max_size=200))
def test_any_bytes_give_spikes_or_a_refusal(raw: bytes) -> None:
    try:
        assert read(b">A locus=IGH copies=5\n" + raw)
    except InputRefused as refused:
        assert "spikes.fasta" in refused.where


def slow_edits(one: str, other: str) -> int:
    table = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i, j in product(range(1, len(one) + 1), range(1, len(other) + 1)):
        same = table[i - 1, j - 1] + (one[i - 1] != other[j - 1])
        table[i, j] = min(same, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return table[len(one), len(other)]


@given(st.text("ACGT", max_size=25), st.text("ACGT", max_size=25), st.integers(1, 10))
def test_edits_are_counted_up_to_a_limit(one: str, other: str, most: int) -> None:
    assert edits(one, other, most) == min(slow_edits(one, other), most)
