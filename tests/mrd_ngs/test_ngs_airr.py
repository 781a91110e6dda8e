"""The AIRR table, valid by the AIRR community's own reader, and the `.vidjil` file."""

import csv
import io
import json
from datetime import UTC, datetime

import airr
import pytest
from airr.io import RearrangementReader

from remission.mrd.ngs.airr import CODONS, airr_tsv, gapped, translated
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.germline import Allele, Germline, Segment
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.vidjil import vidjil_json

V = "GACACGGCTGTGTATTACTGTGCGAGAGA"
D = "GTATTACTATGGTTCGGGGAGTTATTATAAC"
J = "ACTACTTTGACTACTGGGGCCAGGGAACC"
GERMLINE = Germline(
    "made",
    "1",
    "ab" * 32,
    (
        Allele("IGHV1*01", Locus.IGH, Segment.V, V, 17),
        Allele("IGHD1*01", Locus.IGH, Segment.D, D, None),
        Allele("IGHJ4*02", Locus.IGH, Segment.J, J, 13),
        Allele("IGKKDE", Locus.IGK, Segment.KDE, "GGAGCCCTAGTGGCAGCCCAGG", None),
    ),
)
V_D_J = "GACACGGCTGTGTATTACTGTGCGAGA" + "CC" + "CTATGGTTCGGG" + "TTAC" + "CTTTGACTACTGGGGCCAGGGAACC"


def part(names, start, end, germline, cut_5=0, cut_3=0):
    return Part(names, start, end, germline[0], germline[1], cut_5, cut_3, 0)


@pytest.fixture(scope="module")
def repertoire():
    complete = Rearrangement(
        Locus.IGH,
        Kind.V_D_J,
        part(("IGHV1*01", "IGHV9*01"), 0, 27, (0, 27), cut_3=2),
        (part(("IGHD1*01",), 29, 41, (6, 18), 6, 13),),
        part(("IGHJ4*02",), 45, 70, (4, 29), 4),
        (18, 57),
        True,
        False,
    )
    incomplete = Rearrangement(
        Locus.IGH,
        Kind.D_J,
        part(("IGHD1*01",), 0, 31, (0, 31)),
        (),
        part(("IGHJ4*02",), 33, 62, (0, 29)),
        None,
        None,
        False,
    )
    kappa = Rearrangement(
        Locus.IGK,
        Kind.V_KDE,
        part(("IGHV1*01",), 0, 28, (0, 29)),
        (),
        part(("IGKKDE",), 30, 50, (2, 22), 2),
        None,
        None,
        False,
    )
    clones = (
        Clonotype(V_D_J, complete, (0, 70), 900, 800),
        Clonotype(D + "AC" + J, incomplete, (0, 60), 50, 50),
        Clonotype(V[:10] + V[11:] + "TT" + "AGCCCTAGTGGCAGCCCAGG", kappa, (0, 50), 20, 20),
    )
    kinds = {(Locus.IGH, Kind.V_D_J): 950, (Locus.IGH, Kind.D_J): 50, (Locus.IGK, Kind.V_KDE): 20}
    return Repertoire(clones, {Fate.CLONOTYPE: 1020, Fate.TOO_SHORT: 5}, 0, kinds)


@pytest.fixture(scope="module")
def rows(repertoire):
    return list(csv.DictReader(io.StringIO(airr_tsv(repertoire, GERMLINE, "P1 diagnosis")), delimiter="\t"))


def test_the_table_is_valid_for_the_airr_library(repertoire, tmp_path):
    path = tmp_path / "made.tsv"
    path.write_text(airr_tsv(repertoire, GERMLINE, "P1"))
    assert airr.validate_rearrangement(str(path))
    with path.open() as file:
        first = next(RearrangementReader(file))  # counts from 0, half open
    assert first["productive"] is True and first["rev_comp"] is False
    assert (first["v_sequence_start"], first["v_sequence_end"]) == (0, 27)
    assert (first["j_germline_start"], first["j_germline_end"]) == (4, 29)
    assert first["duplicate_count"] == 900


def test_an_empty_repertoire_is_a_valid_table(tmp_path):
    path = tmp_path / "empty.tsv"
    path.write_text(airr_tsv(Repertoire((), {}, 0), GERMLINE, "P1"))
    assert airr.validate_rearrangement(str(path))


def test_a_complete_rearrangement_in_full(rows):
    row = rows[0]
    assert (row["v_sequence_start"], row["v_sequence_end"]) == ("1", "27")
    assert (row["j_germline_start"], row["j_germline_end"]) == ("5", "29")
    assert row["v_call"] == "IGHV1*01,IGHV9*01" and row["d_call"] == "IGHD1*01" and row["d2_call"] == ""
    assert (row["np1"], row["np2"]) == ("CC", "TTAC")
    assert row["junction"] == V_D_J[18:57]
    assert row["junction_aa"] == translated(row["junction"]) and row["vj_in_frame"] == "T"
    assert row["sequence_alignment"] == V_D_J
    assert row["germline_alignment"] == V[:27] + "NN" + D[6:18] + "NNNN" + J[4:]
    assert row["v_cigar"] == "27=43S" and row["d_cigar"] == "29S6N12=29S" and row["j_cigar"] == "45S4N25="
    assert row["sequence_id"] == "P1 diagnosis-1"


def test_an_incomplete_one_has_no_v_and_a_deletion_is_a_gap(rows):
    assert rows[1]["v_call"] == "" and rows[1]["d_call"] == "IGHD1*01" and rows[1]["junction"] == ""
    assert rows[1]["productive"] == "" and rows[1]["np1"] == "AC"
    assert rows[2]["j_call"] == "IGKKDE" and rows[2]["v_cigar"] == "10=1D18=22S"
    assert len(rows[2]["sequence_alignment"]) == len(rows[2]["germline_alignment"]) == 51


def test_gaps_go_where_most_agrees():
    assert gapped("ACGTT", "ACCGTT") == ("A-CGTT", "ACCGTT")
    assert gapped("AACCGGTT", "AACCTT") == ("AACCGGTT", "AACC--TT")


def test_the_genetic_code():
    assert translated("ATGTGGTGTTAATTCCAN") == "MWC*FX"
    assert sorted(CODONS.values()).count("*") == 3 and len(set(CODONS.values())) == 21


def test_the_vidjil_file(repertoire):
    made = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    body = json.loads(vidjil_json(repertoire, "diagnosis.fastq.gz", "Remission 1", made))
    assert body["vidjil_json_version"] == "2016b" and body["timestamp"] == "2026-03-04 05:06:07"
    assert body["samples"]["number"] == 1 and body["samples"]["original_names"] == ["diagnosis.fastq.gz"]
    assert body["reads"] == {
        "total": [1025],
        "segmented": [1020],
        "germline": {"IGH": [950], "IGH+": [50], "IGK+": [20]},
    }
    first, second, third = body["clones"]
    assert (first["top"], first["reads"], first["germline"]) == (1, [900], "IGH")
    assert first["name"] == "IGHV1*01 2/CC/6 IGHD1*01 13/TTAC/4 IGHJ4*02"
    assert first["seg"]["5"] == {"name": "IGHV1*01", "start": 1, "stop": 27, "delRight": 2}
    assert first["seg"]["4"]["delLeft"] == 6 and first["seg"]["3"]["start"] == 46
    assert first["seg"]["junction"] == {
        "start": 19,
        "stop": 57,
        "productive": True,
        "aa": translated(V_D_J[18:57]),
    }
    assert first["seg"]["cdr3"] == {"start": 22, "stop": 54}
    assert second["germline"] == "IGH+" and "junction" not in second["seg"]
    assert third["germline"] == "IGK+"
    assert len({clone["id"] for clone in body["clones"]}) == 3
