"""The seed page and synthetic pages: every item read, every byte written back."""

import io
import json
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused, InvariantBroken, Malformed, Truncated
from remission.registry import codes
from remission.registry.criteria import split
from remission.registry.leaves import leaves
from remission.registry.page_content import named
from remission.registry.page_words import SECTIONS
from remission.registry.read import read_record
from remission.registry.read_page import read_page, record_of
from remission.registry.read_v2 import read_v2
from remission.registry.read_xml import read_xml
from remission.registry.record import (
    ArmGroup,
    ArmsInterventions,
    Conditions,
    Contact,
    ContactsLocations,
    DatedAs,
    Description,
    Design,
    DesignInfo,
    Eligibility,
    Enrollment,
    Identification,
    Intervention,
    Location,
    MaskingInfo,
    OrgStudyId,
    Reference,
    References,
    RegistryRecord,
    RelatedTrial,
    ResponsibleParty,
    SecondaryId,
    Sponsor,
    Sponsors,
    Status,
    Supplement,
)
from remission.registry.words import ABSENT, Markup, NctId, PartialDate
from remission.registry.write_page import write_page
from remission.registry.write_v2 import write_v2

STUDY = files("remission") / "studies" / "nct06607419"
SEED = (STUDY / "record.txt").read_bytes()
SHARED = Path(__file__).parents[2].parent / "shared"
REAL = sorted((SHARED / "data" / "registry").glob("ctgov_*/*.*")) if SHARED.is_dir() else []
REAL = [path for path in REAL if "v1" not in path.parent.name]


@pytest.fixture(scope="module")
def seed() -> RegistryRecord:
    return read_page(io.BytesIO(SEED), "record.txt")


def again(record: RegistryRecord) -> RegistryRecord:
    return read_page(io.BytesIO(write_page(record).encode()), "again")


def test_shipped_page_is_the_seed() -> None:
    path = SHARED / "seed" / "NCT06607419.txt"
    if not path.is_file():
        pytest.skip("the shared folder is not here")
    assert path.read_bytes() == SEED


def test_page_comes_back_byte_for_byte(seed: RegistryRecord) -> None:
    assert write_page(seed).encode() == SEED


def test_shipped_json_is_the_page(seed: RegistryRecord) -> None:
    shipped = (STUDY / "record.json").read_text("utf-8")
    assert write_v2(seed) == shipped
    assert read_v2(io.BytesIO(shipped.encode()), "record.json") == seed


def test_seed_counts(seed: RegistryRecord) -> None:
    criteria = split(seed.eligibility.eligibility_criteria)
    assert len(criteria.inclusion) == 5
    assert len(criteria.exclusion) == 11
    assert criteria.other == ()
    assert [(one.marker, one.text) for one in criteria.inclusion[3].children] == [
        ("A.", "Provisional low-risk: D19MRD ≥ 0.1%;"),
        ("B.", "Provisional intermediate-risk: D19MRD ≥ 0.01%;"),
    ]
    assert all(one.children == () for one in (*criteria.inclusion[:3], *criteria.exclusion))
    assert len(seed.sponsors.collaborators) + 1 == 12
    assert len(seed.contacts_locations.locations) == 4
    assert len(seed.contacts_locations.central_contacts) == 2
    assert len(seed.supplement.facility_contacts) == 5
    assert len(seed.references.references) == 20
    assert all(one.pmid.isdigit() for one in seed.references.references)
    assert seed.identification.org_study_id_info == OrgStudyId("CBC-ALL2024-1")
    assert len(seed.supplement.related_trials) == 1


def test_seed_values(seed: RegistryRecord) -> None:
    assert seed.identification.nct_id == "NCT06607419"
    assert seed.status.overall_status == "RECRUITING"
    assert seed.status.start_date_struct == DatedAs(PartialDate(2024, 5, 21))
    assert seed.status.completion_date_struct.date == PartialDate(2030, 5, 31)
    assert seed.design.phases == ("PHASE2", "PHASE3")
    assert seed.design.enrollment_info == Enrollment(90)
    assert seed.has_results is False
    assert seed.eligibility.minimum_age == "1 Month"
    assert seed.eligibility.healthy_volunteers is False
    assert seed.sponsors.lead_sponsor.name == "Shanghai Jiao Tong University School of Medicine"
    assert seed.contacts_locations.locations[2] == Location(
        facility="Shanghai Children's Medical center",
        status=codes.OverallStatus("RECRUITING"),
        city="Shanghai",
        state="Shanghai Municipality",
        country="China",
    )
    assert seed.supplement.facility_contacts[2].phone == "86-21-38626161"
    assert seed.supplement.facility_contacts[2].phone_ext == "82077"
    assert seed.supplement.related_trials[0].status == "NOT_YET_RECRUITING"


def test_absent_is_not_empty(seed: RegistryRecord) -> None:
    assert seed.description.detailed_description == Markup("")
    assert seed.identification.official_title is ABSENT
    assert seed.status.primary_completion_date_struct is ABSENT
    assert seed.outcomes is ABSENT
    assert seed.design.enrollment_info.type is ABSENT
    assert all(site.contacts is ABSENT for site in seed.contacts_locations.locations)
    silent = replace(seed, description=Description(seed.description.brief_summary))
    assert "Detailed Description" not in write_page(silent)
    assert again(silent) == silent


def test_escapes_are_read_and_kept(seed: RegistryRecord) -> None:
    summary = seed.description.brief_summary
    assert r"\<0.01%" in summary.source
    assert "(<0.01%)" in summary.plain
    ninth = split(seed.eligibility.eligibility_criteria).exclusion[8]
    assert "for > 7 days" in ninth.text


def test_leaves_hold_the_page(seed: RegistryRecord) -> None:
    """Leaves, labels, headings and sentences together are all the words of the page, none more often."""
    found = leaves(seed)
    assert [leaf.text for leaf in found if leaf.label.startswith("Inclusion")][:2] == [
        "Age older than 1 month to younger than 18 years.",
        "Diagnosis of acute lymphoblastic leukemia by bone marrow morphology.",
    ]
    text = SEED.decode()
    page = Markup(text).plain
    assert all(leaf.text in page for leaf in found)
    left = Counter(page.split())
    left.subtract(word for leaf in found for word in leaf.text.split())
    left.subtract(word for section in SECTIONS for word in f"{section.heading} {section.sentence}".split())
    labels = "Minimum Maximum Eligible Age Sex Identifier Type: Source: NCT ID: Last Updated: PMID: Role: - "
    labels += "Recruitment Status Clinical Phase Total Enrollment Study Classification Start Completion Date "
    labels += (
        "Allocation Method Intervention Model Primary Purpose Blinding Strategy Group Type Accepts Healthy "
    )
    labels += (
        "Volunteers Sponsor Role Responsibility Site Reference (View on PubMed) Inclusion Criteria Exclusion "
    )
    labels += "* • A. B."
    assert {word for word, count in left.items() if count > 0} <= set(labels.split())
    assert min(left.values()) == 0


@pytest.mark.parametrize("length", range(0, len(SEED), 50))
def test_a_cut_page_is_never_a_surprise(length: int) -> None:
    try:
        reading = read_record(io.BytesIO(SEED[:length]), "cut")
    except Truncated:
        return
    assert any("may be incomplete" in note for note in reading.notes) or length > 15_200


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("90 participants", "many participants", "number of participants"),
        ("2024-05-21", "2024-02-30", "calendar"),
        ("Last Updated: 2024-09-23", "Last Updated: soon", "not a date"),
        ("NCT ID: NCT06607419", "NCT ID: NCT0660741", "registry number"),
        ("Site Status RECRUITING", "Status RECRUITING", "Site Status"),
        ("Sponsor Role lead", "Sponsor Role leader", "sponsor role"),
        ("Clinical Phase", "Clinical Face", "label"),
        ("PMID: 31679130 (", "PMID 31679130 (", "PMID"),
        ("Hefei, Anhui, China", "Hefei", "City, State, Country"),
        ("Identifier Source: org_study_id", "Identifier Source: nowhere", "identifier source"),
    ],
)
def test_a_fault_is_named_with_its_line(old: str, new: str, says: str) -> None:
    seed = SEED.decode()
    line = seed.count("\n", 0, seed.index(old)) + 1
    with pytest.raises(Malformed, match=says) as caught:
        read_page(io.BytesIO(seed.replace(old, new, 1).encode()), "bad.txt")
    assert caught.value.where == f"bad.txt, line {line}"


def test_sections_twice_or_out_of_order_are_refused() -> None:
    text = SEED.decode()
    start, end = text.index("Countries\n\nReview"), text.index("Central Contacts\n\n")
    countries = text[start:end]
    for bad in (text[:end] + text[start:], text[:start] + text[end:] + "\n\n" + countries):
        with pytest.raises(Malformed, match=r"twice|out of order"):
            record_of(bad, "bad")


def test_windows_line_ends_read_the_same(seed: RegistryRecord) -> None:
    assert read_page(io.BytesIO(SEED.replace(b"\n", b"\r\n")), "crlf") == seed


def test_a_line_break_in_a_one_line_field_is_refused(seed: RegistryRecord) -> None:
    bad = replace(seed, identification=replace(seed.identification, brief_title="a\nb"))
    with pytest.raises(InputRefused, match="line break"):
        write_page(bad)


def test_an_unlisted_code_is_kept_and_reported(seed: RegistryRecord) -> None:
    record, notes = record_of(SEED.decode().replace("\n\nRECRUITING\n", "\n\nDREAMING\n", 1), "odd")
    assert record.status.overall_status == "DREAMING"
    assert any("DREAMING" in note for note in notes)
    assert write_page(record) == SEED.decode().replace("\n\nRECRUITING\n", "\n\nDREAMING\n", 1)


@pytest.mark.skipif(not REAL, reason="the shared folder is not here")
def test_pages_of_real_records_come_back() -> None:
    """109 records of other sources: the page, read again, shows the same leaves and gives the same page."""
    assert len(REAL) == 109
    for path in REAL:
        with path.open("rb") as stream:
            record = (read_xml if path.suffix == ".xml" else read_v2)(stream, path.name)
        page = write_page(record)
        back = read_page(io.BytesIO(page.encode()), path.name)
        assert write_page(back) == page, path.name
        assert [leaf for leaf in leaves(back) if leaf.section] == [
            leaf for leaf in leaves(record) if leaf.section
        ], path.name


# Synthetic records: only what a page carries, with words that try to look like fixed words.

TRICKY = st.sampled_from(
    [
        "Group Type X",
        "Sponsors",
        "Role: CONTACT",
        "-",
        "\\-",
        "\\Role: x",
        "PMID: 1 (View on PubMed)",
        "Brief Summary",
        "Accepts Healthy Volunteers",
        "Site Status RECRUITING",
        "a, b",
        "x\\",
        "C:\\dir",
    ]
)
PLAIN = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=12)
LINE = TRICKY | PLAIN
TEXT = st.lists(LINE | st.just(""), min_size=1, max_size=4).map("\n".join).map(Markup)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.just(ABSENT) | strategy


def some(strategy: st.SearchStrategy[object], size: int = 2) -> st.SearchStrategy[object]:
    return st.lists(strategy, max_size=size).map(tuple)


def code(kind: type[codes.Code]) -> st.SearchStrategy[codes.Code]:
    return st.sampled_from(sorted(kind.known)).map(kind)


DATE = st.dates().map(lambda day: PartialDate(day.year, day.month, day.day))
NCT = st.integers(0, 99_999_999).map(lambda number: NctId(f"NCT{number:08d}"))
PHONE = st.from_regex(r"[0-9][0-9 +-]{2,9}[0-9]", fullmatch=True)
DATED = st.builds(DatedAs, DATE)
CONTACT = st.builds(
    Contact, maybe(LINE), maybe(code(codes.ContactRole)), PHONE, maybe(PHONE), maybe(st.emails())
)
NAMED = st.builds(Intervention, maybe(code(codes.InterventionType)), PLAIN, maybe(TEXT))
SITE = st.builds(
    Location,
    maybe(LINE),
    maybe(code(codes.OverallStatus)),
    maybe(LINE),
    maybe(LINE),
    st.just(ABSENT),
    maybe(LINE),
)
SPONSOR = st.builds(Sponsor, maybe(LINE), maybe(code(codes.AgencyClass)))


@st.composite
def arms(draw: st.DrawFn) -> ArmsInterventions:
    known = draw(st.lists(NAMED, min_size=1, max_size=3, unique_by=lambda one: (one.name, one.type)))
    names = st.lists(st.sampled_from(known), min_size=1, max_size=3).map(
        lambda chosen: tuple(named(one.type, one.name) for one in chosen)
    )
    groups = draw(
        some(st.builds(ArmGroup, maybe(LINE), maybe(code(codes.ArmType)), maybe(TEXT), maybe(names)))
    )
    return ArmsInterventions(groups, tuple(known))


@st.composite
def records(draw: st.DrawFn) -> RegistryRecord:
    lead = draw(maybe(SPONSOR))
    helping = draw(some(SPONSOR))
    sponsors = Sponsors(
        draw(maybe(st.builds(ResponsibleParty, maybe(code(codes.PartyType)), maybe(LINE), maybe(LINE)))),
        lead,
        helping if helping or lead is ABSENT else ABSENT,
    )
    others = st.lists(st.builds(SecondaryId, maybe(LINE), maybe(code(codes.IdType))), min_size=1, max_size=2)
    reference = st.builds(
        Reference,
        maybe(st.just("31679130")),
        maybe(code(codes.ReferenceType)),
        maybe(TEXT.map(lambda m: m.source)),
    )
    related = st.builds(
        RelatedTrial,
        LINE,
        NCT,
        maybe(code(codes.OverallStatus)),
        maybe(code(codes.Phase).map(lambda p: (p,))),
    )
    return RegistryRecord(
        Identification(
            draw(NCT),
            org_study_id_info=draw(maybe(st.builds(OrgStudyId, maybe(LINE), maybe(code(codes.IdType))))),
            secondary_id_infos=draw(maybe(others.map(tuple))),
            brief_title=draw(maybe(LINE)),
        ),
        Status(
            overall_status=draw(code(codes.OverallStatus)),
            start_date_struct=draw(maybe(DATED)),
            completion_date_struct=draw(maybe(DATED)),
            last_update_post_date_struct=draw(maybe(DATED)),
        ),
        sponsors,
        description=Description(draw(TEXT), draw(maybe(st.just(Markup("")) | TEXT))),
        conditions=Conditions(draw(some(LINE))),
        design=Design(
            phases=draw(maybe(some(code(codes.Phase)))),
            enrollment_info=draw(maybe(st.builds(Enrollment, st.integers(0, 10**6)))),
            design_info=draw(
                st.builds(
                    DesignInfo,
                    allocation=maybe(code(codes.Allocation)),
                    masking_info=maybe(st.builds(MaskingInfo, code(codes.Masking))),
                )
            ),
        ),
        arms_interventions=draw(arms()),
        eligibility=draw(
            maybe(
                st.builds(
                    Eligibility,
                    eligibility_criteria=maybe(TEXT),
                    healthy_volunteers=maybe(st.booleans()),
                    sex=maybe(code(codes.Sex)),
                    minimum_age=maybe(LINE),
                )
            )
        ),
        contacts_locations=ContactsLocations(draw(some(CONTACT)), locations=draw(some(SITE))),
        references=References(draw(some(reference))),
        has_results=draw(maybe(st.booleans())),
        supplement=Supplement(draw(some(LINE)), draw(some(CONTACT)), draw(maybe(some(related)))),
    )


@settings(max_examples=150, deadline=None)
@given(records())
def test_what_is_written_is_read(record: RegistryRecord) -> None:
    assert again(record) == record


@settings(max_examples=30, deadline=None)
@given(records())
def test_synthetic_json_round_trip(record: RegistryRecord) -> None:
    assert read_v2(io.BytesIO(write_v2(record).encode()), "again") == record
    assert json.loads(write_v2(record))["protocolSection"]


def test_unknown_key_without_its_place_is_refused() -> None:
    text = '{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"},"oversightModule":{"odd":1}}}'
    record = read_v2(io.BytesIO(text.encode()), "odd")
    assert [part.place for part in record.unknown] == ["/protocolSection/oversightModule/odd"]
    with pytest.raises(InvariantBroken, match="lost its place"):
        write_v2(replace(record, oversight=ABSENT))
