"""The run sheet: what it must say, and the row and column of what it says wrongly."""

import pytest

from remission.errors import InputRefused
from remission.lab.sheet import Role, Sheet, read_sheet

HEADER = "sample,patient,role,r1,r2,dna_ng,spike,index\n"
DIAGNOSIS = "A0,A,diagnosis,a0.fq.gz,,,,\n"
FOLLOW_UP = "A1,A,follow-up,a1_R1.fq.gz,a1_R2.fq.gz,20000,spikes.fa,\n"
NEGATIVE = "N1,,negative,n1.fq.gz,,,,\n"


def read(text: str | bytes, address: str = "/runs/7/sheet.csv") -> Sheet:
    return read_sheet(text if isinstance(text, bytes) else text.encode(), name="sheet.csv", address=address)


def test_a_sheet_is_read() -> None:
    sheet = read(HEADER + DIAGNOSIS + FOLLOW_UP + NEGATIVE)
    first, second, third = sheet.rows
    assert (first.sample, first.patient, first.role, first.number) == ("A0", "A", Role.DIAGNOSIS, 2)
    assert second.files == ("/runs/7/a1_R1.fq.gz", "/runs/7/a1_R2.fq.gz")
    assert (second.dna_ng, second.spike, second.index) == (20000, "/runs/7/spikes.fa", None)
    assert (third.role, third.patient, third.files) == (Role.NEGATIVE, "", ("/runs/7/n1.fq.gz",))
    assert sheet.of(Role.DIAGNOSIS, Role.NEGATIVE) == (first, third)


def test_addresses_are_relative_to_the_sheet_or_whole() -> None:
    text = HEADER + DIAGNOSIS + "N1,,negative,s3://b/n1.fq,/x/n1_2.fq,,,\n"
    first, second = read(text, "memory://bucket/run/sheet.csv").rows
    assert first.r1 == "memory://bucket/run/a0.fq.gz"
    assert second.files == ("s3://b/n1.fq", "/x/n1_2.fq")
    assert read(text, "sheet.csv").rows[0].r1 == "a0.fq.gz"


def test_spreadsheets_may_write_it() -> None:
    written = "\ufeff" + (HEADER + DIAGNOSIS + ",,,,,,,\n" + FOLLOW_UP).replace("\n", "\r\n")
    sheet = read(written.encode())
    assert [row.number for row in sheet.rows] == [2, 4]
    assert sheet.rows == tuple(read(HEADER + DIAGNOSIS + ",,,,,,,\n" + FOLLOW_UP).rows)


def test_an_earlier_index_stands_for_the_diagnosis() -> None:
    text = HEADER + "B1,B,follow-up,b1.fq,,650,s.fa,b.json\nB2,B,follow-up,b2.fq,,650,s.fa,\n"
    assert read(text).indexes() == {"B": "/runs/7/b.json"}


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("", "row 1", "no column sample, role, r1"),
        ("sample,role,r1\n", "sheet.csv", "no sample"),
        ("sample,role,r1,colour\n", "row 1", "'colour'"),
        ("sample,role,r1,role\n", "row 1", "twice"),
        ("sample,r1\nA,b\n", "row 1", "no column role"),
        (HEADER + DIAGNOSIS.replace("A0", "../A0"), "row 2, column sample", "'../A0'"),
        (HEADER + DIAGNOSIS.replace("A0", ""), "row 2, column sample", "''"),
        (HEADER + DIAGNOSIS.replace("diagnosis", "relapse"), "row 2, column role", "'relapse'"),
        (HEADER + DIAGNOSIS.replace(",A,", ",,"), "row 2, column patient", "''"),
        (HEADER + NEGATIVE.replace("N1,,", "N1,A,"), "row 2, column patient", "'A'"),
        (HEADER + DIAGNOSIS.replace("a0.fq.gz", ""), "row 2, column r1", "''"),
        (HEADER + DIAGNOSIS + FOLLOW_UP.replace("20000", ""), "row 3, column dna_ng", "''"),
        (HEADER + DIAGNOSIS + FOLLOW_UP.replace("20000", "20 ug"), "row 3, column dna_ng", "'20 ug'"),
        (HEADER + DIAGNOSIS + FOLLOW_UP.replace("20000", "-1"), "row 3, column dna_ng", "'-1'"),
        (HEADER + DIAGNOSIS + FOLLOW_UP.replace("20000", "nan"), "row 3, column dna_ng", "'nan'"),
        (HEADER + DIAGNOSIS + FOLLOW_UP.replace("spikes.fa", ""), "row 3, column spike", "''"),
        (HEADER + "A0,A,diagnosis,a0.fq.gz,,,,a.json\n", "row 2, column index", "'a.json'"),
        (HEADER + DIAGNOSIS + "A1,A\n", "row 3", "2 cells, 8 columns"),
        (HEADER + DIAGNOSIS + FOLLOW_UP.replace("\n", ",x\n"), "row 3", "9 cells, 8 columns"),
        (HEADER + DIAGNOSIS + DIAGNOSIS.replace("a0.fq", "b0.fq"), "row 3, column sample", "'A0'"),
        (HEADER + DIAGNOSIS + DIAGNOSIS.replace("A0", "A2"), "row 3, column r1 or r2", "row 2"),
        (HEADER + DIAGNOSIS.replace("gz,", "gz,a0.fq.gz", 1), "row 2, column r1 or r2", "row 2"),
        (
            HEADER + DIAGNOSIS + DIAGNOSIS.replace("A0", "A2").replace("a0", "a2"),
            "row 3, column role",
            "row 2",
        ),
        (HEADER + FOLLOW_UP, "row 2, column index", "patient A"),
        (HEADER + DIAGNOSIS + FOLLOW_UP.replace("\n", "a.json\n"), "row 3, column index", "row 2"),
        (
            HEADER + "B1,B,follow-up,b1.fq,,650,s.fa,b.json\nB2,B,follow-up,b2.fq,,650,s.fa,c.json\n",
            "row 2, column index",
            "two indexes",
        ),
        (b"sample,role,r1\nA\xff,negative,x\n", "byte 17", "UTF-8"),
        (HEADER + '"A0,A\n', "line 2", "broken CSV"),
    ],
)
def test_what_is_wrong_is_named_with_row_and_column(text: str | bytes, where: str, what: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read(text)
    assert where in refused.value.where
    assert what in refused.value.what
    assert refused.value.where.startswith("sheet.csv")
