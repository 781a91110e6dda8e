"""API v2 JSON: nothing lost, nothing unknown dropped, what is written obeys the registry's schema."""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from remission.errors import Malformed, UnknownFormat
from remission.registry.as_json import as_json
from remission.registry.read import read_record
from remission.registry.read_v2 import read_v2
from remission.registry.words import ABSENT
from remission.registry.write_v2 import absent_in, as_v2, write_v2

REGISTRY = Path(__file__).parents[2].parent / "shared" / "data" / "registry"
FILES = sorted(REGISTRY.glob("ctgov_v2_json/*.json"))
needs_shared = pytest.mark.skipif(not FILES, reason="the shared folder is not here")
LEAST = '{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}%s}%s}'


@cache
def schema_validator() -> Any:
    yaml = pytest.importorskip("yaml")
    jsonschema = pytest.importorskip("jsonschema")
    description = yaml.safe_load((REGISTRY / "schema" / "ctg-oas-v2.yaml").read_text("utf-8"))
    return jsonschema.Draft7Validator(
        {"$ref": "#/components/schemas/Study", "components": description["components"]}
    )


def read(text: str) -> Any:
    return read_v2(io.BytesIO(text.encode()), "study.json")


@needs_shared
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_round_trip_loses_nothing(path: Path) -> None:
    data = path.read_bytes()
    record = read_v2(io.BytesIO(data), path.name)
    written = write_v2(record)
    assert json.loads(written) == json.loads(data)
    assert record.unknown == ()
    assert read(written) == record
    schema_validator().validate(json.loads(written))


@needs_shared
def test_every_file_is_there() -> None:
    assert len(FILES) == 15


@needs_shared
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_unknown_keys_everywhere_are_kept(path: Path) -> None:
    """A key nobody knows, put into every object of the protocol section, comes back and is reported."""
    study = json.loads(path.read_bytes())
    places: list[str] = []

    def mark(node: Any, place: str) -> None:
        if isinstance(node, list):
            for number, one in enumerate(node):
                mark(one, f"{place}/{number}")
        elif isinstance(node, dict):
            for key, one in list(node.items()):
                mark(one, f"{place}/{key}")
            node["new~key/"] = {"a": [1, None]}
            places.append(f"{place}/new~0key~1")

    mark(study["protocolSection"], "/protocolSection")
    reading = read_record(io.BytesIO(json.dumps(study).encode()), path.name)
    assert sorted(reading.unknown_keys) == sorted(places)
    assert as_v2(reading.record) == study


def test_written_json_of_the_shipped_study_obeys_the_schema() -> None:
    if not FILES:
        pytest.skip("the shared folder is not here")
    shipped = Path(__file__).parents[2] / "src" / "remission" / "studies" / "nct06607419" / "record.json"
    schema_validator().validate(json.loads(shipped.read_text("utf-8")))


@pytest.mark.parametrize(
    ("text", "says", "where"),
    [
        ('{"protocolSection": {}}', "nctId is missing", "(/protocolSection)"),
        ('{"protocolSection": {"identificationModule": {}}}', "nctId is missing", "identificationModule"),
        (LEAST.replace("NCT00000001", "NCT1") % ("", ""), "'NCT1' is not a registry number", "/nctId"),
        (LEAST % (', "oversightModule": null', ""), "null is not an object", "/oversightModule"),
        (LEAST % ("", ', "hasResults": "no"'), "neither true nor false", "(/hasResults)"),
        (LEAST % ("", ', "resultsSection": []'), "not an object", "(/resultsSection)"),
        (
            LEAST % (', "conditionsModule": {"conditions": ["a", 3]}', ""),
            "3 is not a text",
            "/conditions/1)",
        ),
        (
            LEAST % (', "statusModule": {"startDateStruct": {"date": "2023-02-29"}}', ""),
            "calendar",
            "/startDateStruct/date)",
        ),
        (
            LEAST % (', "designModule": {"enrollmentInfo": {"count": true}}', ""),
            "True is not a count",
            "/enrollmentInfo/count)",
        ),
        (
            LEAST % (', "contactsLocationsModule": {"locations": [{"geoPoint": {"lat": 1e999}}]}', ""),
            "not a number",
            "/locations/0/geoPoint/lat)",
        ),
    ],
)
def test_stricter_than_the_schema(text: str, says: str, where: str) -> None:
    with pytest.raises(Malformed, match="line 1, column ") as caught:
        read(text)
    assert says in caught.value.what
    assert where in caught.value.where


def test_place_of_a_wrong_value_is_its_line_and_column() -> None:
    text = json.dumps(json.loads(LEAST % (', "descriptionModule": {"briefSummary": 5}', "")), indent=2)
    with pytest.raises(Malformed) as caught:
        read(text)
    lines = text.split("\n")
    line = next(number for number, one in enumerate(lines, 1) if "briefSummary" in one)
    assert f"line {line}, column {lines[line - 1].index('5') + 1} " in caught.value.where


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"studies": []}', '{"Study": {"ProtocolSection": {}}}', '{"protocolSection": 1}']
)
def test_other_json_is_not_taken_for_a_study(text: str) -> None:
    with pytest.raises(UnknownFormat, match="protocolSection"):
        read(text)


def test_unlisted_codes_are_kept_and_reported() -> None:
    text = LEAST % (', "designModule": {"phases": ["PHASE9"]}', "")
    reading = read_record(io.BytesIO(text.encode()), "odd")
    assert reading.record.design.phases == ("PHASE9",)
    assert reading.notes == (
        "/protocolSection/designModule/phases/0: 'PHASE9' is not in the registry's list",
    )


def test_absent_and_empty_stay_apart() -> None:
    empty = read(
        LEAST % (', "conditionsModule": {"conditions": []}, "descriptionModule": {"briefSummary": ""}', "")
    )
    silent = read(LEAST % (', "conditionsModule": {}', ""))
    assert empty.conditions.conditions == ()
    assert empty.description.brief_summary.source == ""
    assert silent.conditions.conditions is ABSENT
    assert silent.description is ABSENT
    assert "/protocolSection/conditionsModule/conditions" in absent_in(silent)
    assert "/protocolSection/conditionsModule/conditions" not in absent_in(empty)


def test_json_for_programs_says_what_is_absent() -> None:
    made = as_json(
        read(LEAST % (', "eligibilityModule": {"eligibilityCriteria": "* one\\n* two"}, "odd": 1', ""))
    )
    assert list(made) == ["schema_version", "study", "criteria", "absent", "unknown", "kept"]
    assert made["schema_version"] == 1
    assert made["criteria"]["other"] == [{"number": "1", "text": "one"}, {"number": "2", "text": "two"}]
    assert made["unknown"] == ["/protocolSection/odd"]
    assert "/protocolSection/statusModule" in made["absent"]
    assert "/hasResults" in made["absent"]
    assert "null" not in json.dumps(made)
    assert "criteria" not in as_json(read(LEAST % ("", "")))
