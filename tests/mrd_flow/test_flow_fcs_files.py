"""Every FCS file of the shared data: what becomes of it, beside a peer's arrays and the stored truth."""

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from flowio import FlowData, read_multiple_data_sets

from remission.errors import InputRefused, InvariantBroken, Malformed, Truncated, UnknownFormat
from remission.mrd.flow.fcs.faults import Fault
from remission.mrd.flow.fcs.reading import DataSet, read_fcs

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "flow"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/data/flow")

READ = {
    "comp/test_comp_example.fcs": [(10703, 18)],
    "comp/test_data_2d_01.fcs": [(10000, 2)],
    "gatingml/data1.fcs": [(13367, 8)],
    "leukemia/tidytof/Healthy1_Basal.fcs": [(100, 52)],
    "leukemia/tidytof/UPN1_Basal.fcs": [(100, 52)],
    "leukemia/tidytof/bm5721_healthy_basal.fcs": [(100, 59)],
    "leukemia/tidytof/parbiu_dx_basal.fcs": [(100, 59)],
    "qc/PeacoQC/111.fcs": [(10000, 22)],
    "qc/PeacoQC/111_Comp_Trans.fcs": [(9617, 22)],
    "readers/fcsparser/Cytek_xP5.fcs": [(23126, 8)],
    "readers/fcsparser/EY_2013-07-19_PBS_FCS_3.1_Well_A1.001.fcs": [(10000, 19)],
    "readers/fcsparser/FCS3.0_Custom_Compatible.fcs": [(10000, 16)],
    "readers/fcsparser/FCS_3.0_Fortessa_PBS_Specimen_001_A1_A01.fcs": [(11585, 11)],
    "readers/fcsparser/HTS_BD_LSR_II_Mixed_Specimen_001_D6_D06.fcs": [(14945, 11)],
    "readers/fcsparser/SG_2014-09-26_Duplicate_Names.fcs": [(8129, 9)],
    "readers/fcsparser/Sample_Well_A02.fcs": [(37395, 8)],
    "readers/fcsparser/cyflow_cube_8.fcs": [(725, 10)],
    "readers/fcsparser/fake_large_fcs.fcs": [(11585, 11)],
    "readers/fcsparser/fcs1_cleaned.lmd": [(50000, 7)],
    "readers/flowCore/060909.001": [(10000, 7)],
    "readers/flowCore/060909.002": [(8805, 7)],
    "readers/flowCore/060909.003": [(7485, 7)],
    "readers/flowCore/060909.004": [(10000, 7)],
    "readers/flowCore/060909.005": [(10000, 7)],
    "readers/flowCore/0877408774.B08": [(10000, 8)],
    "readers/flowio/100715.fcs": [(65016, 16)],
    "readers/flowio/3FITC_4PE_004.fcs": [(94569, 4)],
    "readers/flowio/B01.fcs": [(1589, 14)],
    "readers/flowio/G11.fcs": [(5785, 12)],
    "readers/flowio/coulter.lmd": [(18110, 8), (18110, 8)],
    "readers/flowio/variable_int_example.fcs": [(2, 26)],
    "readers/flowkit/index_sorted_example.fcs": [(384, 13)],
}
"""Read without a repair: events and parameters of each data set."""
REFUSED: dict[str, tuple[type[InputRefused], str, str]] = {
    "readers/fcsparser/corrupted.fcs": (UnknownFormat, "byte 0", "not with FCS"),
    "readers/fcsparser/sample_header.fcs": (Malformed, "TEXT, byte 3921", "GROUPNAME"),
    "readers/flowio/data_start_offset_discrepancy_example.fcs": (InvariantBroken, "$BEGINDATA", "5555-6188"),
    "readers/flowio/data_stop_offset_discrepancy_example.fcs": (InvariantBroken, "$BEGINDATA", "6081-6944"),
}
NOT_BY_PEER = {
    "readers/fcsparser/Cytek_xP5.fcs": "24 bits",
    "readers/fcsparser/fake_large_fcs.fcs": "a HEADER of blanks",
    "readers/flowio/variable_int_example.fcs": "a $TIMESTEP of letters",
}
"""What FlowIO 1.4 does not open, and why."""


def read(name: str, *repairs: Fault) -> tuple[DataSet, ...]:
    return read_fcs((SHARED / name).read_bytes(), Path(name).name, frozenset(repairs)).data_sets


def by_peer(name: str) -> list[FlowData]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name.endswith("coulter.lmd"):
            return read_multiple_data_sets(SHARED / name, ignore_offset_error=True)
        return [FlowData(io.BytesIO((SHARED / name).read_bytes()), ignore_offset_error=True)]


def test_the_tables_name_every_file() -> None:
    kinds = (".fcs", ".lmd", ".b08")
    found = {
        path.relative_to(SHARED).as_posix()
        for path in SHARED.rglob("*")
        if path.is_file() and (path.suffix.lower() in kinds or path.name.startswith("060909"))
    }
    assert found == set(READ) | set(REFUSED)


@pytest.mark.parametrize("name", READ)
def test_a_good_file_is_read_without_repair(name: str) -> None:
    sets = read(name)
    assert [(one.count, len(one.parameters)) for one in sets] == READ[name]
    assert all(one.repairs == () for one in sets)


@pytest.mark.parametrize("name", REFUSED)
def test_a_damaged_file_is_refused_with_keyword_and_byte(name: str) -> None:
    kind, where, what = REFUSED[name]
    with pytest.raises(kind) as refused:
        read(name)
    assert where in refused.value.where and what in refused.value.what and refused.value.do


@pytest.mark.parametrize("name", [one for one in READ if one not in NOT_BY_PEER])
def test_events_are_those_of_a_peer(name: str) -> None:
    for ours, peers in zip(read(name), by_peer(name), strict=True):
        stored = peers.as_array(preprocess=False)
        np.testing.assert_array_equal(ours.raw(ours.channels, 0, ours.count), stored.T)


@pytest.mark.parametrize("name", [one for one in READ if one not in NOT_BY_PEER])
def test_scale_values_are_those_of_a_peer(name: str) -> None:
    for ours, peers in zip(read(name), by_peer(name), strict=True):
        scaled = peers.as_array(preprocess=True)
        np.testing.assert_allclose(ours.read(ours.channels, 0, ours.count), scaled.T, rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", NOT_BY_PEER)
def test_a_peer_still_does_not_open_these(name: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        by_peer(name)[0].as_array()


def test_values_of_24_bits_are_those_in_the_bytes() -> None:
    (one,) = read("readers/fcsparser/Cytek_xP5.fcs")
    raw = (SHARED / "readers/fcsparser/Cytek_xP5.fcs").read_bytes()[4096 : 4096 + 23126 * 24]
    slow = [
        int.from_bytes(raw[at : at + 3], "big") & one.parameters[at // 3 % 8].mask
        for at in range(0, len(raw), 3)
    ]
    np.testing.assert_array_equal(one.raw(one.channels, 0, one.count).T.ravel(), slow)


def test_the_stored_truth_of_an_accuri_file() -> None:
    (one,) = read("readers/flowio/B01.fcs")
    truth = np.load(SHARED / "readers/flowio_truth/B01_truth.bin")
    np.testing.assert_array_equal(one.read(one.channels, 0, one.count), truth.T)
    assert one.time == "Time" and one.time_step == 1.0


def test_the_stored_truth_of_the_compliance_file() -> None:
    (one,) = read("gatingml/data1.fcs")
    truth = SHARED / "readers/flowio_truth"
    np.testing.assert_array_equal(
        one.raw(one.channels, 0, one.count), np.load(truth / "data1_original_events.npy").T
    )
    np.testing.assert_allclose(
        one.read(one.channels, 0, one.count), np.load(truth / "data1_preprocessed.npy").T, rtol=1e-14
    )
    assert one.time_step is None


@pytest.mark.parametrize(
    "name",
    [
        "readers/flowio/data_start_offset_discrepancy_example.fcs",
        "readers/flowio/data_stop_offset_discrepancy_example.fcs",
    ],
)
def test_the_offsets_of_text_can_be_asked_for(name: str) -> None:
    (one,) = read(name, Fault.TAKE_TEXT)
    assert [repair.fault for repair in one.repairs] == [Fault.TAKE_TEXT]
    np.testing.assert_array_equal(
        one.raw(one.channels, 0, 2),
        read("readers/flowio/variable_int_example.fcs")[0].raw(one.channels, 0, 2),
    )


def test_a_header_without_data_stays_refused_where_no_event_is() -> None:
    with pytest.raises(Truncated, match="0 of 20000 events"):
        read("readers/fcsparser/sample_header.fcs", Fault.TEXT_CUT)


FLOATS = [
    one for one in READ if "tidytof" in one or one.endswith(("A01.fcs", "D06.fcs", "100715.fcs", "111.fcs"))
]
SHORTS = [
    one
    for one in READ
    if "060909" in one or one.endswith(("data1.fcs", "A02.fcs", "B08", "3FITC_4PE_004.fcs"))
]


@pytest.mark.parametrize("name", FLOATS + SHORTS)
@pytest.mark.parametrize("by", [-1, 1])
def test_data_shifted_by_a_byte_in_every_place_that_names_it_is_refused(name: str, by: int) -> None:
    raw = (SHARED / name).read_bytes()
    begin, end = (int(raw[at : at + 8]) for at in (26, 34))
    raw = raw[:26] + b"%8d%8d" % (begin + by, end + by) + raw[42:] + b"0"
    for keyword, place in ((b"$BEGINDATA", begin), (b"$ENDDATA", end)):
        at = raw.find(keyword)
        if at >= 0:
            at = raw.find(b"%d" % place, at)
            size = len(b"%d" % place)
            raw = raw[:at] + b"%d" % (place + by) + raw[at + size :]
    with pytest.raises(InvariantBroken):
        read_fcs(raw, name)
