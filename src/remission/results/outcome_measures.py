"""The endpoints and the times to event as outcome measures of the registry's API v2."""

from remission.protocol.study import Endpoint, SetRule, Study
from remission.results.analysis import Results
from remission.results.control import Compared, caveats, compared
from remission.results.populations import RULE_WORDS, Population
from remission.results.rates import HANDLING_WORDS, handling_of, handlings
from remission.results.time_to_event import UNSETTLED, YEARS, unsettled_note, years
from remission.results.verdicts import alpha_of, looks_notes, withheld

Json = dict[str, object]

_GROUP = "OG000"


def outcome_measures(study: Study, results: Results) -> list[Json]:
    """Every endpoint in every set, the other ways of counting, then the times to event."""
    measures: list[Json] = []
    for endpoint in study.endpoints:
        for population in results.populations:
            if population.endpoint == endpoint.id:
                measures.append(_in_set(study, results, endpoint, population))
    for endpoint in study.endpoints:
        for population in results.populations:
            if population.endpoint == endpoint.id and SetRule.EVALUABLE not in population.set.rules:
                measures += [
                    _otherwise(study, results, endpoint, population, handling)
                    for handling in handlings(endpoint)[1:]
                ]
    return [*measures, *(_time(study, results, *measure) for measure in _TIMES)]


def _in_set(study: Study, results: Results, endpoint: Endpoint, population: Population) -> Json:
    stem = f"endpoint.{endpoint.id}.{population.set.id}"
    groups = [
        _class(results, group.name.en, f"{stem}.{group.id}")
        for group in study.risk_groups
        if f"{stem}.{group.id}.n" in results.numbers
    ]
    kind = "PRIMARY" if population.set.primary else "SECONDARY"
    suffix = "" if population.set.primary else f", {population.set.name.en} Set"
    chosen = HANDLING_WORDS[handling_of(endpoint)].en
    return _measure(study, results, endpoint, population, stem, kind, suffix, chosen, groups)


def _otherwise(
    study: Study, results: Results, endpoint: Endpoint, population: Population, handling: str
) -> Json:
    stem, words = f"endpoint.{endpoint.id}.{population.set.id}.{handling}", HANDLING_WORDS[handling].en
    suffix = f" ({words})"
    return _measure(study, results, endpoint, population, stem, "OTHER_PRE_SPECIFIED", suffix, words, [])


def _measure(
    study: Study, results: Results, endpoint: Endpoint, population: Population, stem: str, kind: str,
    suffix: str, handling: str, groups: list[Json],
) -> Json:  # fmt: skip
    window = study.point(endpoint.point).window
    nobody = not results.numbers[f"{stem}.n"].value
    measure: Json = {
        "type": kind,
        "title": f"Number of Participants With {endpoint.name.en}{suffix}",
        "description": f"{_definition(endpoint)} {handling}.",
        "populationDescription": _population(results, population, nobody),
        "reportingStatus": "POSTED",
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "timeFrame": f"Day {window.target} of induction (window: day {window.first} to day {window.last})",
        "groups": [_arm(study)],
        "denoms": [_denominator(results, stem)],
    }
    if not nobody:
        measure["classes"] = [_class(results, "All participants", stem), *groups]
        pending = f"endpoint.{endpoint.id}.{population.set.id}.pending"
        if results.planned.stop is not None or withheld(results.numbers, [pending]) is None:
            measure["analyses"] = [_analysis(study, results, endpoint, stem)]
    return measure


def _definition(endpoint: Endpoint) -> str:
    threshold, lod = _percent(endpoint.threshold), _percent(endpoint.required_lod)
    return f"Level by {endpoint.method} below {threshold}; the test's limit of detection at most {lod}."


def _percent(fraction: object) -> str:
    return f"{float(str(fraction)) * 100:g} %"


def _population(results: Results, population: Population, nobody: bool) -> str:
    rules = [rule for rule in population.set.rules if rule is not SetRule.ENROLLED]
    left_out = [
        f"{RULE_WORDS[rule].en}: {count}"
        for rule in rules
        if (count := sum(out.rule is rule for out in population.left_out))
    ]
    words = f"{population.set.name.en}: all enrolled participants"
    if rules:
        words += f", left out: {'; '.join(left_out) or 'none'}"
    said = [f"{words}."]
    pending = results.numbers[f"endpoint.{population.endpoint}.{population.set.id}.pending"]
    if pending.value:
        said.append(f"Results still pending, not counted: {pending.text.en}.")
    if nobody:
        said.append("Nobody could be analysed yet.")
    return " ".join(said)


def _arm(study: Study) -> Json:
    return {"id": _GROUP, "title": study.treatment.name.en, "description": study.treatment.record_text}


def _denominator(results: Results, stem: str) -> Json:
    n = results.numbers[f"{stem}.n"].text.en
    return {"units": "Participants", "counts": [{"groupId": _GROUP, "value": n}]}


def _class(results: Results, title: str, stem: str) -> Json:
    value = results.numbers[f"{stem}.responders"].text.en
    return {
        "title": title,
        "denoms": [_denominator(results, stem)],
        "categories": [{"measurements": [{"groupId": _GROUP, "value": value}]}],
    }


_COMPARED: dict[Compared, tuple[str, str]] = {
    Compared.CONTROL: ("the historical control rate", ""),
    Compared.ASSUMED: ("an assumed rate", "The rate compared with is an assumption"),
    Compared.OTHER_METHOD: ("a rate by another method", "The rate compared with is by another method"),
    Compared.STATED: ("a stated rate", "The rate compared with has no counts or source"),
}


def _analysis(study: Study, results: Results, endpoint: Endpoint, stem: str) -> Json:
    p0 = results.numbers[f"control.{endpoint.id}.p0"].text.en
    shown = {end: results.numbers[f"{stem}.{end}"].text.en for end in ("rate", "ci_lower", "ci_upper")}
    rate, lower, upper = (text.removesuffix(" %") for text in shown.values())
    what, why = _COMPARED[compared(study, endpoint.id)]
    unproven = {"nonInferiorityComment": f"{why}: no comparison with a control is made."} if why else {}
    said = [f"Compared with {what} of {p0}.", *(caveat.en for caveat in caveats(study, endpoint.id))]
    looks = "".join(f" {note.en}" for note in looks_notes(study, [endpoint.id]))
    alpha = results.numbers[alpha_of(study, endpoint.id)].text.en
    return {
        "groupIds": [_GROUP],
        "groupDescription": " ".join(said),
        "nonInferiorityType": "OTHER" if why else "SUPERIORITY",
        **unproven,
        "pValue": results.numbers[f"{stem}.p"].text.en,
        "pValueComment": f"One-sided; alpha {alpha}.",
        "statisticalMethod": "Exact binomial test",
        "paramType": "Percentage of participants",
        "paramValue": rate,
        "ciPctValue": "95",
        "ciNumSides": "TWO_SIDED",
        "ciLowerLimit": lower,
        "ciUpperLimit": upper,
        "estimateComment": f"Clopper-Pearson interval.{looks}",
    }


_TIMES = (
    (
        "efs", "Percentage of Participants Event-free",
        "Kaplan-Meier estimate from the day of enrolment; events are relapse, second cancer and death of any "
        "cause, whichever is first. A residual-disease result is no event.",
    ),
    (
        "os", "Percentage of Participants Alive",
        "Kaplan-Meier estimate from the day of enrolment; the event is death of any cause.",
    ),
    (
        "relapse", "Percentage of Participants With Relapse (Cumulative Incidence)",
        "Cumulative incidence (Aalen-Johansen) from the day of enrolment; the event is relapse, and second "
        "cancer or death of any cause before it are competing events.",
    ),
)  # fmt: skip


def _time(study: Study, results: Results, stem: str, title: str, description: str) -> Json:
    nobody = not results.numbers[f"{stem}.n"].value
    unsettled = results.numbers[UNSETTLED]
    if stem != "os" and unsettled.value:
        description += f" {unsettled_note(int(unsettled.value)).en}"
    measure: Json = {
        "type": "SECONDARY",
        "title": title,
        "description": description,
        "populationDescription": "All enrolled participants."
        + (" Nobody is enrolled yet." if nobody else ""),
        "reportingStatus": "POSTED",
        "paramType": "NUMBER",
        "dispersionType": "95% Confidence Interval",
        "unitOfMeasure": "percentage of participants",
        "timeFrame": f"From enrolment, at {', '.join(str(year) for year in YEARS)} years",
        "groups": [_arm(study)],
        "denoms": [_denominator(results, stem)],
    }
    if not nobody:
        measure["classes"] = [
            {
                "title": years(year).en,
                "categories": [{"measurements": [_at(results, f"{stem}.at.{year}y")]}],
            }
            for year in YEARS
        ]
    return measure


def _at(results: Results, stem: str) -> Json:
    estimate, lower, upper = (results.numbers[f"{stem}{end}"] for end in ("", ".lower", ".upper"))
    if estimate.value is None:
        return {
            "groupId": _GROUP,
            "value": "NA",
            "comment": "Not reached: no participant is at risk so late.",
        }
    found: Json = {"groupId": _GROUP, "value": estimate.text.en.removesuffix(" %")}
    if lower.value is None or upper.value is None:
        undefined = "No interval is defined where the estimate is 0 or 100 percent."
        return {**found, "lowerLimit": "NA", "upperLimit": "NA", "comment": undefined}
    limits = {"lowerLimit": lower.text.en.removesuffix(" %"), "upperLimit": upper.text.en.removesuffix(" %")}
    return {**found, **limits}
