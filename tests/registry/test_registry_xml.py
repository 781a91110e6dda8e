"""Legacy XML: every element typed, kept or reported; the same trial as in API v2's terms."""

import io
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from remission.errors import Malformed, UnknownFormat
from remission.registry.leaves import leaves
from remission.registry.read import read_record
from remission.registry.read_xml import read_xml
from remission.registry.record import DatedAs, RegistryRecord
from remission.registry.words import ABSENT, PartialDate
from remission.registry.write_v2 import as_v2

REGISTRY = Path(__file__).parents[2].parent / "shared" / "data" / "registry"
FILES = sorted(REGISTRY.glob("ctgov_xml/*.xml"))
needs_shared = pytest.mark.skipif(not FILES, reason="the shared folder is not here")
LEAST = "<clinical_study>\n<id_info><nct_id>NCT00000001</nct_id></id_info>\n%s\n</clinical_study>"


def read(inside: str) -> RegistryRecord:
    return read_xml(io.BytesIO((LEAST % inside).encode()), "study.xml")


def texts_of(node: Any) -> str:
    """Every text of a JSON value, without escapes and spaces."""
    if isinstance(node, dict):
        return "".join(texts_of(one) for one in node.values())
    if isinstance(node, list):
        return "\n".join(texts_of(one) for one in node)
    return "".join(str(node).replace("\\", "").split()) + "\n"


@needs_shared
def test_every_file_reads_and_obeys_the_schema() -> None:
    yaml = pytest.importorskip("yaml")
    jsonschema = pytest.importorskip("jsonschema")
    description = yaml.safe_load((REGISTRY / "schema" / "ctg-oas-v2.yaml").read_text("utf-8"))
    validator = jsonschema.Draft7Validator(
        {"$ref": "#/components/schemas/Study", "components": description["components"]}
    )
    assert len(FILES) == 94
    for path in FILES:
        with path.open("rb") as stream:
            reading = read_record(stream, path.name)
        assert reading.unknown_keys == (), path.name
        assert reading.notes == (), path.name
        validator.validate(as_v2(reading.record))


@needs_shared
def test_no_text_is_lost() -> None:
    """Free text of every element outside the kept ones is found in the study object."""
    coded = {
        *("overall_status", "last_known_status", "study_type", "phase", "allocation", "intervention_model"),
        *(
            "primary_purpose",
            "masking",
            "observational_model",
            "time_perspective",
            "gender",
            "sampling_method",
        ),
        *("agency_class", "role", "status", "intervention_type", "arm_group_type", "responsible_party_type"),
        *(
            "sharing_ipd",
            "ipd_info_type",
            "biospec_retention",
            "has_dmc",
            "has_expanded_access",
            "gender_based",
        ),
        *(
            "is_fda_regulated_drug",
            "is_fda_regulated_device",
            "is_unapproved_device",
            "is_ppsd",
            "is_us_export",
        ),
        *("healthy_volunteers", "expanded_access_type_individual", "expanded_access_type_intermediate"),
    }
    for path in FILES:
        record = read_xml(io.BytesIO(path.read_bytes()), path.name)
        kept = {part.place.split("/")[2] for part in record.kept if part.place.count("/") == 2}
        haystack = texts_of(as_v2(record))
        for child in ElementTree.parse(path).getroot():
            if child.tag in kept:
                continue
            for node in child.iter():
                text = "".join((node.text or "").split())
                date = node.tag.endswith(("_date", "_submitted", "_posted", "_qc"))
                if text and text != "N/A" and node.tag not in coded and not date:
                    assert text.replace("\\", "") in haystack, (path.name, node.tag, text)


@needs_shared
def test_dates_are_all_read() -> None:
    path = REGISTRY / "ctgov_xml" / "NCT02028676.xml"
    record = read_xml(io.BytesIO(path.read_bytes()), path.name)
    root = ElementTree.parse(path).getroot()
    assert root.findtext("verification_date") == "June 2014"
    assert record.status.status_verified_date == PartialDate(2014, 6)
    assert record.has_results is True
    assert [part.place for part in record.kept if "results" in part.place] == [
        "/clinical_study/clinical_results"
    ]
    assert len(record.contacts_locations.locations) == len(root.findall("location"))
    assert len(record.references.references) == len(root.findall("reference")) + len(
        root.findall("results_reference")
    )


def test_words_become_codes() -> None:
    record = read(
        "<overall_status>Active, not recruiting</overall_status>"
        '<start_date type="Anticipated">May 9, 2022</start_date>'
        "<study_type>Observational [Patient Registry]</study_type><phase>Phase 1/Phase 2</phase>"
        "<study_design_info><masking>Double (Participant, Outcomes Assessor)</masking></study_design_info>"
    )
    assert record.status.overall_status == "ACTIVE_NOT_RECRUITING"
    assert record.status.start_date_struct == DatedAs(PartialDate(2022, 5, 9), "ESTIMATED")
    assert record.design.study_type == "OBSERVATIONAL"
    assert record.design.patient_registry is True
    assert record.design.phases == ("PHASE1", "PHASE2")
    assert record.design.design_info.masking_info.who_masked == ("PARTICIPANT", "OUTCOMES_ASSESSOR")
    assert record.has_results is ABSENT


def test_arms_show_what_the_interventions_say() -> None:
    record = read(
        "<arm_group><arm_group_label>A</arm_group_label></arm_group>"
        "<intervention><intervention_type>Drug</intervention_type><intervention_name>Blin</intervention_name>"
        "<arm_group_label>A</arm_group_label></intervention>"
    )
    shown = [(leaf.label, leaf.text) for leaf in leaves(record) if leaf.section == "groups"]
    assert shown == [("Group", "A"), ("Intervention", "Blin"), ("Intervention Type", "DRUG")]


def test_what_nobody_knows_is_kept_and_reported() -> None:
    record = read(
        '<novel a="1">x &amp; <b/>y</novel><acronym lang="en">A<i>B</i></acronym><acronym>C</acronym>stray'
    )
    assert [(part.place, part.text) for part in record.unknown] == [
        ("/clinical_study/novel", '<novel a="1">x &amp; <b/>y</novel>'),
        ("/clinical_study/acronym/i", "<i>B</i>"),
        ("/clinical_study/acronym/@lang", "en"),
        ("/clinical_study/acronym", "<acronym>C</acronym>"),
        ("/clinical_study", "stray"),
    ]
    assert record.identification.acronym == "A"


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("<start_date>May 32, 2022</start_date>", "calendar"),
        ("<start_date>sometime</start_date>", "not a date"),
        ("<enrollment>many</enrollment>", "not a count"),
        ("<has_expanded_access>maybe</has_expanded_access>", "neither Yes nor No"),
        ("<id_info><nct_id>NCT1</nct_id></id_info>", "not a registry number"),
    ],
)
def test_wrong_values_name_line_and_column(inside: str, says: str) -> None:
    with pytest.raises(Malformed, match=says) as caught:
        read(inside)
    assert "study.xml, line 3, column " in caught.value.where


def test_other_xml_is_refused() -> None:
    with pytest.raises(UnknownFormat, match="<feed>"):
        read_xml(io.BytesIO(b"<feed/>"), "feed.xml")
    with pytest.raises(Malformed, match="nctId is missing"):
        read_xml(io.BytesIO(b"<clinical_study/>"), "empty.xml")
