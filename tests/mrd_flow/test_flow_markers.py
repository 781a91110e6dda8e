"""Labels as people and instruments write them, and the panels that come of them."""

import io
import warnings
from pathlib import Path

import pytest

from remission.errors import InputRefused, InvariantBroken, Malformed, TooLarge, WrongEncoding
from remission.mrd.flow.strategies.markers import DENYING, KNOWN, Kind, denies, kind_of, markers_in, spelled
from remission.mrd.flow.strategies.panels import panel_of, read_panel

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "flow"


@pytest.mark.parametrize(
    ("label", "marker"),
    [
        ("CD19 PE-Cy7-A", "CD19"),
        ("CD19_PECy7", "CD19"),
        ("CD19PECy7", "CD19"),
        ("PE-Cy7-A :: CD19", "CD19"),
        ("anti-CD19", "CD19"),
        ("CD 19", "CD19"),
        ("CD19;APC-H7;780/60@640/A", "CD19"),
        ("cd19", "CD19"),
        ("抗CD19抗体", "CD19"),
        ("aCD19", "CD19"),
        ("αCD19", "CD19"),
        ("CD3e", "CD3"),
        ("CD3ECD", "CD3"),
        ("CD3 EF450", "CD3"),
        ("CD66 b", "CD66b"),
        ("CD66-B FITC", "CD66b"),
        ("CD66 BV421", "CD66"),
        ("Comp-PE-A :: CD19", "CD19"),
        ("CD22 - PE", "CD22"),
        ("CD19（PE-Cy7）", "CD19"),
        ("ＣＤ１９", "CD19"),
        ("CD45", "CD45"),
        ("CD45RA", "CD45RA"),
        ("CD45 RA", "CD45RA"),
        ("CD45PO", "CD45"),
        ("CD3", "CD3"),
        ("CD3 PerCP", "CD3"),
        ("CD34", "CD34"),
        ("CD38", "CD38"),
        ("CD22-PC5", "CD22"),
        ("CD8 B PE", "CD8"),
        ("CD66b", "CD66b"),
        ("CD66B", "CD66b"),
        ("CD66bPE", "CD66b"),
        ("CD10 (CALLA)", "CD10"),
        ("CALLA", "CD10"),
        ("HLA-DR", "HLA-DR"),
        ("HLADR_Yb174", "HLA-DR"),
        ("SYTO 41", "nucleic dye"),
        ("SYTO41", "nucleic dye"),
        ("SYTO16", "nucleic dye"),
        ("DRAQ5-A", "nucleic dye"),
        ("Hoechst 33342", "nucleic dye"),
        ("CD371", "CD371"),
        ("CLL-1", "CD371"),
        ("CD371 (CLL-1)", "CD371"),
        ("TdT", "TdT"),
        ("TdT_Dy164", "TdT"),
        ("148Nd_CD34", "CD34"),
        ("CD34(Nd148)Di", "CD34"),
        ("CD45_Y89", "CD45"),
        ("viability;7-AAD;695/40@488/A", "viability"),
        ("FSC-A", "FSC-A"),
        ("FSC-Height", "FSC-H"),
        ("FS INT LIN", "FSC-A"),
        ("SSC LinH", "SSC-H"),
        ("FSC", "FSC"),
        ("前向散射-A", "FSC-A"),
        ("侧向散射-H", "SSC-H"),
        ("Time (102.40 sec.)", "Time"),
        ("HDR-T", "Time"),
        ("时间", "Time"),
    ],
)
def test_a_label_names_its_marker(label: str, marker: str) -> None:
    assert markers_in(label) == (marker,)


@pytest.mark.parametrize(
    "label",
    ["", " ", "PE-A", "BV421-A", "FITC-A", "GFP/FITC-A", "pSTAT5_Nd150", "cCD3", "FSC LogH", "V450-A"],
)
def test_a_label_without_a_marker_names_none(label: str) -> None:
    assert markers_in(label) == ()


@pytest.mark.parametrize(
    "label",
    ["FMO CD22", "CD22 FMO", "fmo_CD22", "isotype CD22", "CD22 isotype ctrl", "no CD22", "CD22-",
     "CD22\u2212 PE", "CD22 neg", "w/o CD19", "CD22 (not used)", "CD10 - empty", "unstained CD10",
     "IgG1 CD10", "CD24 minus", "anti-CD19 CAR", "CD22同型对照", "无CD19", "CD19（阴性）"],
)  # fmt: skip
def test_a_label_that_says_the_antibody_is_not_there_carries_nothing(label: str) -> None:
    assert denies(label) and markers_in(label) == ()
    assert panel_of([("BV605-A", label)]).channels == {}
    assert panel_of([("CD22 BV605-A", label)]).channels == {}
    assert panel_of([("FSC-A", label)]).channels == {"FSC-A": "FSC-A"}


def test_no_name_of_a_marker_denies_and_every_word_does() -> None:
    assert not [name for one in KNOWN for name in (one.name, *one.synonyms) if denies(name)]
    assert all(denies(f"CD22 {word}") and denies(f"{word} CD22") for word in DENYING)


@pytest.mark.parametrize(
    ("label", "markers"),
    [
        ("CD3_CD19_Pr141", ("CD3", "CD19")),
        ("CD66c/CD123", ("CD66c", "CD123")),
        ("Kappa_lambda_Sm154", ("kappa", "lambda")),
        ("VIVID / CD14", ("viability", "CD14")),
    ],
)
def test_a_mixture_names_each(label: str, markers: tuple[str, ...]) -> None:
    assert markers_in(label) == markers
    assert panel_of([("FL1-A", label)]).channels == {}


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_every_name_of_a_known_marker_is_that_marker(known: object) -> None:
    for name in (known.name, *known.synonyms):  # type: ignore[attr-defined]
        assert markers_in(name) == (known.name,)  # type: ignore[attr-defined]


def test_spelling_and_kind() -> None:
    assert spelled("anti-cd66B") == "CD66b"
    assert spelled("pSTAT5") == "pSTAT5"
    assert [kind_of(one) for one in ("CD19", "FSC-A", "Time", "nucleic dye", "pSTAT5")] == [
        Kind.ANTIGEN, Kind.SCATTER, Kind.TIME, Kind.DYE, Kind.ANTIGEN,
    ]  # fmt: skip


def test_a_panel_of_labels() -> None:
    panel = panel_of(
        [("Time", ""), ("FSC-A", " "), ("SSC-A", "SSC-A"), ("PE-Cy7-A", "CD19 PE-Cy7"), ("FITC-A", ""),
         ("CD45_In115", "CD45_In115"), ("V450-A", "empty")], "ours"
    )  # fmt: skip
    assert panel.channels == {
        "Time": "Time", "FSC-A": "FSC-A", "SSC-A": "SSC-A", "CD19": "PE-Cy7-A", "CD45": "CD45_In115",
    }  # fmt: skip
    assert (panel.name, panel.compensation) == ("ours", "FCS")


def test_area_goes_before_height_of_the_same_detector() -> None:
    labels = [("PE-H", "CD19"), ("PE-A", "CD19"), ("PE-W", "CD19"), ("FL1-H", "CD45")]
    assert panel_of(labels).channels == {"CD19": "PE-A", "CD45": "FL1-H"}


@pytest.mark.parametrize("second", ["APC-A", "PE-A2", "APC-H"])
def test_two_channels_of_one_marker_are_refused_by_name(second: str) -> None:
    with pytest.raises(InvariantBroken) as caught:
        panel_of([("PE-A", "CD19"), (second, "anti-CD19")])
    assert (
        "'PE-A'" in caught.value.what and f"'{second}'" in caught.value.what and "CD19" in caught.value.what
    )


PANEL = """schema_version = 1
name = "Ward 7"
compensation = "controls-2026-11"
[channels]
"anti-CD19" = "APC-A"
CD66B = "FITC-A"
"""


def read(text: str) -> object:
    return read_panel(io.BytesIO(text.encode()), "panel.toml")


def test_a_panel_file_goes_before_labels() -> None:
    given = read_panel(io.BytesIO(PANEL.encode()), "panel.toml")
    panel = panel_of([("PE-A", "CD19"), ("APC-A", "CD19"), ("FITC-A", ""), ("BV-A", "CD45")], given=given)
    assert panel.channels == {"CD45": "BV-A", "CD19": "APC-A", "CD66b": "FITC-A"}
    assert (panel.name, panel.compensation, panel.notes) == ("Ward 7", "controls-2026-11", ())


SAYS_OTHER = [
    ("FITC-A", "CD3", "CD3"), ("FITC-A", "FMO CD66b", "FMO CD66b"), ("FITC-A", "empty", "empty"),
    ("CD3 FITC-A", "", "CD3 FITC-A"), ("FSC-A", "", "FSC-A"), ("FITC-A", "CD3/CD7", "CD3/CD7"),
]  # fmt: skip


@pytest.mark.parametrize(("channel", "label", "said"), SAYS_OTHER)
def test_a_panel_file_against_a_label_is_refused_unless_it_says_so(
    channel: str, label: str, said: str
) -> None:
    text = PANEL.replace("FITC-A", channel)
    parameters = [("APC-A", "CD19"), (channel, label)]
    with pytest.raises(InvariantBroken) as caught:
        panel_of(parameters, given=read_panel(io.BytesIO(text.encode())))
    assert repr(channel) in caught.value.what and "CD66b" in caught.value.what and said in caught.value.what
    assert "overrides = true" in caught.value.do
    text = text.replace("schema_version = 1", "schema_version = 1\noverrides = true")
    panel = panel_of(parameters, given=read_panel(io.BytesIO(text.encode())))
    assert panel.channels == {"CD19": "APC-A", "CD66b": channel}
    (note,) = panel.notes
    assert all(part in words for part in (channel, "CD66b", said) for words in (note.en, note.zh))


def test_a_panel_file_may_say_which_of_a_mixture_it_means() -> None:
    given = read_panel(io.BytesIO(PANEL.encode()))
    assert panel_of([("APC-A", "CD19/CD22"), ("FITC-A", "pSTAT5")], given=given).notes == ()


@pytest.mark.parametrize(
    ("old", "new", "kind", "where"),
    [
        ("schema_version = 1\n", "", InputRefused, "schema_version"),
        ("schema_version = 1", "schema_version = true", InputRefused, "schema_version"),
        ('name = "Ward 7"', "name = 7", InputRefused, "name"),
        ('name = "Ward 7"', 'nam = "Ward 7"', InputRefused, "top level"),
        ("[channels]", "[channel]", InputRefused, "panel.toml"),
        ('"FITC-A"', "3", InputRefused, "channels"),
        ('"FITC-A"', '"APC-A"', InvariantBroken, "channels.CD66B"),
        ('"FITC-A"', '""', InvariantBroken, "channels.CD66B"),
        ("CD66B", "CD19", InvariantBroken, "channels.CD19"),
        ('"FITC-A"', '"FITC-A', Malformed, "line 6"),
    ],
)
def test_a_panel_file_that_does_not_fit_is_refused(
    old: str, new: str, kind: type[Exception], where: str
) -> None:
    with pytest.raises(kind) as caught:
        read(PANEL.replace(old, new, 1))
    assert where in str(caught.value)


def test_a_panel_file_must_be_text_and_small() -> None:
    with pytest.raises(WrongEncoding):
        read_panel(io.BytesIO(b"\xff"))
    with pytest.raises(TooLarge):
        read_panel(io.BytesIO(b" " * 4_000_001))


# A space inside a name is written "_".
REAL = {
    "leukemia/tidytof/UPN1_Basal.fcs": (
        "CD45 CD19 CD22 CD79b Time CD20 CD34 CD179a CD123 Ki-67 CD10 CD179b CD24 TSLPR CD127 TdT CD43 "
        "CD38 CD58 CD3 HLA-DR nucleic_dye DNA2 viability CD235"
    ),
    "leukemia/tidytof/bm5721_healthy_basal.fcs": (
        "CD61 CD99 CD45RA CD93 CD117 CD123 CD64 Time CD90 CD38 CD34 CD11c CD13 CD56 CD10 CD33 CD14 CD41 "
        "CD16 CD45 CD68 MPO CD47 CD135 CD109 CD49f HLA-DR CD71 viability CD11b"
    ),
    "readers/fcsparser/fcs1_cleaned.lmd": "FSC-A SSC-A CD103 CD23 CD19 CD22 CD45",
    "readers/flowkit/index_sorted_example.fcs": (
        "FSC-A FSC-W FSC-H SSC-A SSC-W SSC-H CD21 viability CD138 CD23 CD19 Time"
    ),
    "readers/flowio/100715.fcs": "FSC-A FSC-H SSC-A Ki-67 CD3 CD28 CD45RO CD8 CD4 CD57 CD19 CD27 CD127",
    "readers/fcsparser/Cytek_xP5.fcs": "Time FSC SSC",
    "gatingml/data1.fcs": "FSC-H SSC-H Time CD4 CD3",
    "comp/test_comp_example.fcs": "CD3 CD20 CD33 CD4 Time SSC-A FSC-W FSC-A",
}


@pytest.mark.parametrize("file", REAL)
def test_labels_of_real_files(file: str) -> None:
    if not (SHARED / file).exists():
        pytest.skip("the shared data are not here")
    import flowio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = flowio.FlowData(str(SHARED / file), ignore_offset_error=True)
    labels = [(one["pnn"], one.get("pns", "")) for one in read.channels.values()]
    if file.startswith("gatingml"):  # CD8 stands on two detectors, with two dyes
        with pytest.raises(InvariantBroken, match=r"'FL2-H' and 'FL4-H' both claim CD8"):
            panel_of(labels)
        labels = [pair for pair in labels if "CD8" not in pair[1]]
    assert set(panel_of(labels).channels) == {name.replace("_", " ") for name in REAL[file].split()}
