"""ClinicalTrials.gov API v2 study JSON -> record. Stricter than the registry's schema.

The schema lets a missing registry number, any key and null pass; here the number is required and well
shaped, null is refused, dates must be in the calendar, and unknown keys are kept and reported.
"""

from dataclasses import replace
from typing import Any, BinaryIO, cast, get_type_hints

from remission.errors import Malformed, UnknownFormat
from remission.registry.door import LIMIT, read_text
from remission.registry.json_door import Json, dump, parse, pointer, where_is
from remission.registry.record import MODULES, Identification, Kept, RegistryRecord, Supplement
from remission.registry.shape import Findings, WrongValue, decoder, present
from remission.registry.words import ABSENT

KEPT_SECTIONS = ("resultsSection", "annotationSection", "documentSection", "derivedSection")
SUPPLEMENT = "supplementSection"
"""Our own key for what API v2 has no place for; readers of API v2 pass over it."""
_HINTS = get_type_hints(RegistryRecord)
_DECODERS = {key: (field, decoder(present(_HINTS[field]))) for field, key in MODULES.items()}


def read_v2(stream: BinaryIO, name: str, limit: int = LIMIT) -> RegistryRecord:
    """The record in one API v2 study file.

    Raises
    ------
    Malformed, Truncated, WrongEncoding, TooLarge, Hostile
        With the file and the line, column and JSON pointer of the fault.
    """
    return record_of(read_text(stream, name, limit), name)[0]


def record_of(text: str, name: str) -> tuple[RegistryRecord, tuple[str, ...]]:
    """The record in JSON text, and notes on codes outside the registry's lists."""
    study = parse(text, name)
    findings = Findings()
    try:
        record = _record(study, findings, text, name)
    except WrongValue as wrong:
        raise Malformed(
            wrong.what,
            where=where_is(text, name, wrong.path),
            do="correct the value, or leave the key out",
        ) from None
    return record, tuple(findings.notes)


def _record(study: Json, findings: Findings, text: str, name: str) -> RegistryRecord:
    if not isinstance(study, dict) or not isinstance(section := study.get("protocolSection"), dict):
        raise UnknownFormat(
            "the JSON is not a study of API v2: it has no protocolSection object",
            where=f"{name}, line 1",
            do="give one study as API v2 returns it, not a search answer or a version 1 file",
        )
    kept: list[Kept] = []
    for key, value in study.items():
        if key in KEPT_SECTIONS:
            if not isinstance(value, dict):
                raise WrongValue(f"{key} is not an object", (key,))
            kept.append(Kept("v2", "/" + key, dump(value, text, name)))
        elif key not in ("protocolSection", "hasResults", SUPPLEMENT):
            findings.unknown.append(((key,), value))
    record = _typed(study, section, findings)
    unknown = (Kept("v2", pointer(path), dump(value, text, name)) for path, value in findings.unknown)
    return replace(record, kept=tuple(kept), unknown=tuple(unknown))


def study_of(
    study: dict[str, Json], kept: tuple[Kept, ...], unknown: tuple[Kept, ...]
) -> tuple[RegistryRecord, tuple[str, ...]]:
    """The record of a study object made by another reader, and notes; WrongValue where it does not fit."""
    findings = Findings()
    record = _typed(study, cast(dict[str, Json], study["protocolSection"]), findings)
    return replace(record, kept=kept, unknown=unknown), tuple(findings.notes)


def _typed(study: dict[str, Json], section: dict[str, Json], findings: Findings) -> RegistryRecord:
    return RegistryRecord(
        **_modules(section, findings),
        has_results=_top(study, "hasResults", bool, findings),
        supplement=_top(study, SUPPLEMENT, Supplement, findings),
    )


def _modules(section: dict[str, Json], findings: Findings) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for key, value in section.items():
        path = ("protocolSection", key)
        findings.path = list(path)
        if key not in _DECODERS:
            findings.unknown.append((path, value))
            continue
        field, decode = _DECODERS[key]
        try:
            given[field] = decode(value, findings)
        except WrongValue as wrong:
            raise WrongValue(wrong.what, (*path, *wrong.path)) from None
    if not isinstance(given.get("identification"), Identification):
        raise WrongValue("nctId is missing", ("protocolSection",))
    return given


def _top(study: dict[str, Json], key: str, kind: Any, findings: Findings) -> Any:
    if key not in study:
        return ABSENT
    findings.path = [key]
    try:
        return decoder(kind)(study[key], findings)
    except WrongValue as wrong:
        raise WrongValue(wrong.what, (key, *wrong.path)) from None
