"""Toxicity as the adverse-events module of the registry's API v2."""

from remission.protocol.study import Study
from remission.results.analysis import Results
from remission.results.toxicity import OVERALL, terms_in_order, words_of

Json = dict[str, object]

_GROUP = "EG000"


def adverse_events(study: Study, results: Results) -> Json:
    """Serious and other events by term among the treated, with deaths of any cause."""
    at_risk = _count(results, "toxicity.at_risk")
    group: Json = {
        "id": _GROUP,
        "title": study.treatment.name.en,
        "description": "Participants who received at least one dose.",
        "deathsNumAffected": _count(results, "toxicity.died"),
        "deathsNumAtRisk": at_risk,
        "seriousNumAffected": _count(results, f"toxicity.{OVERALL}.serious.affected"),
        "seriousNumAtRisk": at_risk,
        "otherNumAffected": _count(results, f"toxicity.{OVERALL}.not_serious.affected"),
        "otherNumAtRisk": at_risk,
    }
    return {
        "frequencyThreshold": "0",
        "timeFrame": f"From the first dose to the last contact, at most until {study.follow_up.until}",
        "description": "Events that began or worsened since the day of the first dose, at their worst grade.",
        "eventGroups": [group],
        "seriousEvents": _events(study, results, "serious"),
        "otherEvents": _events(study, results, "not_serious"),
    }


def _count(results: Results, id: str) -> int:
    return int(results.numbers[id].text.en)


def _events(study: Study, results: Results, kind: str) -> list[Json]:
    found: list[Json] = []
    for term in terms_in_order(study, results.reports):
        events = _count(results, f"toxicity.{term}.{kind}.events")
        if not events:
            continue
        reports = [report for report in results.reports if report.term == term]
        stats: Json = {
            "groupId": _GROUP,
            "numEvents": events,
            "numAffected": _count(results, f"toxicity.{term}.{kind}.affected"),
            "numAtRisk": _count(results, "toxicity.at_risk"),
        }
        found.append(
            {
                "term": words_of(term, reports).en,
                "organSystem": reports[0].system,
                "stats": [stats],
            }
        )
    return found
