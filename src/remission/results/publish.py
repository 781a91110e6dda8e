"""The registry's results section (ClinicalTrials.gov API v2); every count in it is a `Number`."""

from collections.abc import Iterable
from typing import cast

from remission.protocol.study import Study
from remission.registry.record import RegistryRecord
from remission.registry.words import ABSENT
from remission.results.adverse_events import adverse_events
from remission.results.analysis import Results
from remission.results.baseline import TOTAL, Characteristic, characteristics
from remission.results.control import caveats
from remission.results.flow import DIED, LOST, REASONS, WITHDREW
from remission.results.invariants import check_invariants, check_review_rules
from remission.results.numbers import FRACTION
from remission.results.outcome_measures import outcome_measures
from remission.terms.words import SIMULATED

Json = dict[str, object]


def results_section(study: Study, results: Results, record: RegistryRecord | None = None) -> Json:
    """The results as a `resultsSection`, held against the record invariants and the review rules.

    Parameters
    ----------
    study : Study
        The study.
    results : Results
        Its results; where they are simulated every title and description begins with *SIMULATED DATA*.
    record : RegistryRecord, optional
        The record, for the point of contact.

    Raises
    ------
    InvariantBroken
        If what would be published contradicted itself.
    """
    section: Json = {
        "participantFlowModule": _flow(study, results),
        "baselineCharacteristicsModule": _baseline(study, results),
        "outcomeMeasuresModule": {"outcomeMeasures": outcome_measures(study, results)},
        "adverseEventsModule": adverse_events(study, results),
        "moreInfoModule": _more_info(study, results, record),
    }
    check_invariants(section)
    check_review_rules(section)
    return {name: _marked(module) for name, module in section.items()} if results.simulated else section


def _count(results: Results, id: str) -> str:
    return results.numbers[id].text.en


_TYPES = {DIED[0]: "Death", LOST[0]: "Lost to Follow-up", WITHDREW[0]: "Withdrawal by Subject"}


def _flow(study: Study, results: Results) -> Json:
    group = "FG000"

    def stats(ids: Iterable[str]) -> list[Json]:
        known = [results.numbers[id].value or 0 for id in ids if id in results.numbers]
        return [{"groupId": group, "numSubjects": str(sum(known))}]

    drops: list[Json] = []
    left = ["flow.on_treatment", "flow.awaiting_treatment"]
    reasons = [
        (_TYPES.get(end, words.en), [f"flow.not_treated.{end}", f"flow.stopped.{end}"])
        for end, words in REASONS
    ]
    under_way = [(results.numbers[id].label.en, [id]) for id in left]
    for kind, ids in (*reasons, *under_way):
        if any(results.numbers[id].value for id in ids if id in results.numbers):
            drops.append({"type": kind, "reasons": stats(ids)})
    milestones = [
        {"type": "STARTED", "comment": "Enrolled", "achievements": stats(["flow.enrolled"])},
        {"type": "Received at least one dose", "achievements": stats(["flow.treated"])},
        {"type": "COMPLETED", "comment": "Completed the course", "achievements": stats(["flow.completed"])},
        {
            "type": "NOT COMPLETED",
            "achievements": stats(["flow.not_treated", "flow.stopped", *left]),
        },
    ]
    consented, not_eligible = _count(results, "flow.consented"), _count(results, "flow.screen_failed")
    return {
        "preAssignmentDetails": f"{consented} consented and were screened; {not_eligible} were not eligible.",
        "recruitmentDetails": f"Data as known on {results.as_of.date()}; {len(study.sites)} sites.",
        "groups": [arm(study, group)],
        "periods": [{"title": "Treatment course", "milestones": milestones, "dropWithdraws": drops}],
    }


def arm(study: Study, id: str) -> Json:
    """The one arm of the study as a reporting group."""
    return {"id": id, "title": study.treatment.name.en, "description": study.treatment.record_text}


def _baseline(study: Study, results: Results) -> Json:
    columns = [(id.rsplit(".", 1)[1], f"BG{place:03d}") for place, id in enumerate(_n_ids(results))]
    names = {group.id: group.name.en for group in study.risk_groups} | {TOTAL: "Total"}
    groups = [
        {"id": group, "title": names[column], "description": f"Enrolled: {names[column]}"}
        for column, group in columns
    ]
    counts = [
        {"groupId": group, "value": _count(results, f"baseline.n.{column}")} for column, group in columns
    ]
    return {
        "populationDescription": "All enrolled participants, by provisional risk group.",
        "groups": groups,
        "denoms": [{"units": "Participants", "counts": counts}],
        "measures": [_measure(results, asked, columns) for asked in characteristics(study)],
    }


def _n_ids(results: Results) -> list[str]:
    """The ids of the enrolled in each column of the baseline table, total last."""
    return [id for id in results.numbers if id.startswith("baseline.n.")]


def _measure(results: Results, asked: Characteristic, columns: list[tuple[str, str]]) -> Json:
    if not asked.codes:
        return _continuous(results, asked, columns)
    categories = [
        {
            "title": title,
            "measurements": [
                {"groupId": group, "value": _count(results, f"baseline.{asked.stem}.{code}.{column}")}
                for column, group in columns
            ],
        }
        for code, title in (*((code, words.en) for code, words in asked.codes), ("missing", "Missing"))
    ]
    return {
        "title": _TITLES.get(asked.stem, asked.label.en),
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "classes": [{"categories": categories}],
    }


_TITLES = {"age": "Age, Continuous", "age_band": "Age, Customized", "sex": "Sex: Female, Male"}


def _continuous(results: Results, asked: Characteristic, columns: list[tuple[str, str]]) -> Json:
    measurements: list[Json] = []
    counts: list[Json] = []
    for column, group in columns:
        stem = f"baseline.{asked.stem}"
        known = int(_count(results, f"baseline.n.{column}")) - int(
            _count(results, f"{stem}.missing.{column}")
        )
        counts.append({"groupId": group, "value": str(known)})
        if known:
            shown = [_count(results, f"{stem}.{what}.{column}") for what in _QUARTILES]
            value, lower, upper = (text.removesuffix(" %") for text in shown)
            measurements.append({"groupId": group, "value": value, "lowerLimit": lower, "upperLimit": upper})
        else:
            measurements.append({"groupId": group, "value": "NA", "comment": "Not known in any participant"})
    return {
        "title": _TITLES.get(asked.stem, asked.label.en),
        "paramType": "MEDIAN",
        "dispersionType": "INTER_QUARTILE_RANGE",
        "unitOfMeasure": "percentage of cells" if asked.unit == FRACTION else asked.unit,
        "denoms": [{"units": "Participants", "counts": counts}],
        "classes": [{"categories": [{"measurements": measurements}]}],
    }


_QUARTILES = ("median", "lower_quartile", "upper_quartile")


def _more_info(study: Study, results: Results, record: RegistryRecord | None) -> Json:
    enrolled, planned = _count(results, "flow.enrolled"), _count(results, "design.participants")
    said = [
        f"{enrolled} of {planned} planned participants are enrolled.",
        *(caveat.en for endpoint in study.endpoints for caveat in caveats(study, endpoint.id)),
    ]
    module: Json = {"limitationsAndCaveats": {"description": " ".join(said)}}
    contact = _contact(record)
    return {**module, "pointOfContact": contact} if contact else module


def _contact(record: RegistryRecord | None) -> Json:
    """The first central contact of the record, under the name of the lead sponsor."""
    if (
        record is None
        or record.contacts_locations is ABSENT
        or not record.contacts_locations.central_contacts
    ):
        return {}
    contacts = record.contacts_locations.central_contacts
    if contacts is ABSENT:
        return {}
    found: Json = {"title": contacts[0].name, "phone": contacts[0].phone, "email": contacts[0].email}
    if record.sponsors is not ABSENT and record.sponsors.lead_sponsor is not ABSENT:
        found["organization"] = record.sponsors.lead_sponsor.name
    return {key: value for key, value in found.items() if value is not ABSENT}


_SHOWN = ("title", "description", "populationDescription", "preAssignmentDetails", "recruitmentDetails")


def _marked(node: object) -> object:
    """The same with every title and description saying that the data are simulated (but a contact's)."""
    if isinstance(node, list):
        return [_marked(item) for item in cast(list[object], node)]
    if isinstance(node, dict):
        return {key: _marked_value(key, value) for key, value in cast(Json, node).items()}
    return node


def _marked_value(key: str, value: object) -> object:
    if key == "pointOfContact":
        return value
    if key in _SHOWN and isinstance(value, str):
        return f"{SIMULATED.en}: {value}"
    return _marked(value)
