"""What a results section must not contradict, in API v2 shape; broken invariants are hard errors.

Sums and counts hold without exception in the real records they were taken from; the review rules are those
of ClinicalTrials.gov's quality-control review (results): units match titles, time frames carry their unit,
continuous measures carry dispersion, nobody analysed is explained, free text draws no conclusion.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn, TypeGuard, cast

from remission.errors import InvariantBroken

Section = Mapping[str, object]


def check_invariants(section: Section) -> None:
    """Refuse a results section whose counts contradict one another.

    Checked: STARTED = COMPLETED + NOT COMPLETED, and NOT COMPLETED = sum of its reasons, in every period
    and group; affected <= at risk and no term affects more than its group; baseline totals are the sums of
    the other groups.

    Parameters
    ----------
    section : mapping
        A `resultsSection` of the ClinicalTrials.gov API v2.

    Raises
    ------
    InvariantBroken
        With the path of the first contradiction.
    """
    for path, period in _items(section, "participantFlowModule", "periods"):
        _check_period(path, period)
    _check_baseline(_module(section, "baselineCharacteristicsModule"))
    _check_events(_module(section, "adverseEventsModule"))


def check_review_rules(section: Section) -> None:
    """Refuse a results section that the registry's reviewers would send back.

    `Parameters` and `Raises` as in `check_invariants`.
    """
    for module in ("baselineCharacteristicsModule", "outcomeMeasuresModule"):
        key = "measures" if module.startswith("baseline") else "outcomeMeasures"
        for path, measure in _items(section, module, key):
            _check_unit(path, measure)
            _check_dispersion(path, measure)
            if key == "outcomeMeasures":
                _check_time_frame(path, measure)
                _check_nobody(path, measure)
    _check_conclusions("resultsSection", section)


def _check_period(path: str, period: Section) -> None:
    counts = {
        str(m.get("type")): _by_group(_list(m, "achievements"), "numSubjects")
        for m in _list(period, "milestones")
    }
    reasons = [_by_group(_list(drop, "reasons"), "numSubjects") for drop in _list(period, "dropWithdraws")]
    for group, started in counts.get("STARTED", {}).items():
        completed = counts.get("COMPLETED", {}).get(group, 0)
        not_completed = counts.get("NOT COMPLETED", {}).get(group, 0)
        if started != completed + not_completed:
            _broken(
                f"{group}: STARTED {started} is not COMPLETED {completed} + NOT COMPLETED {not_completed}",
                path,
            )
        because = sum(reason.get(group, 0) for reason in reasons)
        if reasons and because != not_completed:
            _broken(f"{group}: reasons sum to {because}, NOT COMPLETED is {not_completed}", path)


def _check_baseline(module: Section) -> None:
    groups = _list(module, "groups")
    totals = [str(group.get("id")) for group in groups if _is_total(str(group.get("title", "")))]
    if len(groups) < 2 or len(totals) != 1:
        return
    total = totals[0]
    for place, denom in enumerate(_list(module, "denoms"), start=1):
        _check_total(
            f"baselineCharacteristicsModule, denominator {place}",
            _by_group(_list(denom, "counts"), "value"),
            total,
        )
    for place, measure in enumerate(_list(module, "measures"), start=1):
        if measure.get("paramType") != "COUNT_OF_PARTICIPANTS":
            continue
        for row, one in enumerate(_list(measure, "classes"), start=1):
            for column, category in enumerate(_list(one, "categories"), start=1):
                path = f"baselineCharacteristicsModule, measure {place}, class {row}, category {column}"
                _check_total(path, _by_group(_list(category, "measurements"), "value"), total)


def _is_total(title: str) -> bool:
    return re.search(r"\bTotal\b", title) is not None


def _check_total(path: str, counts: Mapping[str, int], total: str) -> None:
    parts = sum(count for group, count in counts.items() if group != total)
    if total in counts and len(counts) > 1 and counts[total] != parts:
        _broken(f"total {counts[total]}, sum of the groups {parts}", path)


def _check_events(module: Section) -> None:
    groups = {str(group.get("id")): group for group in _list(module, "eventGroups")}
    for id, group in groups.items():
        for kind in ("deaths", "serious", "other"):
            affected, at_risk = group.get(f"{kind}NumAffected"), group.get(f"{kind}NumAtRisk")
            _check_affected(f"adverseEventsModule, group {id}, {kind}", affected, at_risk)
    for key, kind in (("seriousEvents", "serious"), ("otherEvents", "other")):
        for place, event in enumerate(_list(module, key), start=1):
            for stat in _list(event, "stats"):
                path = (
                    f"adverseEventsModule, {key} {place} ({event.get('term')}), group {stat.get('groupId')}"
                )
                affected = stat.get("numAffected")
                _check_affected(path, affected, stat.get("numAtRisk"))
                _check_affected(
                    path, affected, groups.get(str(stat.get("groupId")), {}).get(f"{kind}NumAffected")
                )


def _check_affected(path: str, affected: object, of: object) -> None:
    if isinstance(affected, int) and isinstance(of, int) and affected > of:
        _broken(f"{affected} affected of {of}", path)


_COUNT_TITLE = re.compile(r"\b(number|count) of (participants|patients|subjects)\b", re.IGNORECASE)
_PERCENT_TITLE = re.compile(r"\b(percentage|percent) of\b", re.IGNORECASE)
_PERCENT_UNIT = re.compile(r"percent|proportion|%", re.IGNORECASE)


def _check_unit(path: str, measure: Section) -> None:
    title, unit = str(measure.get("title", "")), str(measure.get("unitOfMeasure", ""))
    if not unit:
        return
    if _PERCENT_TITLE.search(title) and not _PERCENT_UNIT.search(unit):
        _broken(f"title {title!r} promises a percentage, the unit is {unit!r}", path)
    if _COUNT_TITLE.match(_unmarked(title)) and _PERCENT_UNIT.search(unit):
        _broken(f"title {title!r} promises a number, the unit is {unit!r}", path)


def _unmarked(title: str) -> str:
    return title.split(": ", 1)[-1] if title.isupper() or title.startswith("SIMULATED") else title


_CONTINUOUS = (
    "MEAN",
    "MEDIAN",
    "GEOMETRIC_MEAN",
    "LEAST_SQUARES_MEAN",
    "LOG_MEAN",
    "GEOMETRIC_LEAST_SQUARES_MEAN",
)


def _check_dispersion(path: str, measure: Section) -> None:
    if measure.get("paramType") in _CONTINUOUS and not measure.get("dispersionType"):
        _broken(f"{measure.get('paramType')} without a measure of dispersion", path)


def _check_time_frame(path: str, measure: Section) -> None:
    frame = str(measure.get("timeFrame", ""))
    if not re.search(r"[^\W\d_]", frame):
        _broken(f"time frame {frame!r} has no unit", path)


def _check_nobody(path: str, measure: Section) -> None:
    counts = [
        count
        for denom in _list(measure, "denoms")
        for count in _by_group(_list(denom, "counts"), "value").values()
    ]
    if counts and not any(counts) and not str(measure.get("populationDescription", "")).strip():
        _broken("nobody was analysed, and nothing says why", path)


_CONCLUSION = re.compile(
    r"\b(we conclude|in conclusion|was (safe|effective|superior|well tolerated)"
    r"|were (safe|effective|superior)"
    r"|is (safe|effective|superior)|promising|demonstrates? (efficacy|safety|superiority)"
    r"|statistically significant|superior to)\b",
    re.IGNORECASE,
)
_FREE_TEXT = ("description", "populationDescription", "preAssignmentDetails", "recruitmentDetails")


def _check_conclusions(path: str, node: object) -> None:
    if _is_mapping(node):
        for key, value in node.items():
            if key in _FREE_TEXT and isinstance(value, str) and (found := _CONCLUSION.search(value)):
                _broken(f"free text draws a conclusion: {found[0]!r}", f"{path}, {key}")
            _check_conclusions(f"{path}, {key}", value)
    elif isinstance(node, list):
        for place, item in enumerate(cast(list[object], node), start=1):
            _check_conclusions(f"{path} {place}", item)


def _is_mapping(node: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(node, Mapping)


def _module(section: Section, name: str) -> Section:
    module = section.get(name)
    return module if _is_mapping(module) else {}


def _list(node: Section, key: str) -> Sequence[Section]:
    found = node.get(key)
    return cast(Sequence[Section], found) if isinstance(found, list) else ()


def _items(section: Section, module: str, key: str) -> Iterator[tuple[str, Section]]:
    for place, item in enumerate(_list(_module(section, module), key), start=1):
        yield f"{module}, {key} {place} ({item.get('title', '')})", item


def _by_group(rows: Sequence[Section], key: str) -> dict[str, int]:
    """Whole counts by group; what is no whole number (NA) is left out."""
    found: dict[str, int] = {}
    for row in rows:
        text = str(row.get(key, ""))
        if re.fullmatch(r"\d+", text):
            found[str(row.get("groupId"))] = int(text)
    return found


def _broken(what: str, path: str) -> NoReturn:
    raise InvariantBroken(what, where=f"resultsSection, {path}", do="correct the counts or the text")
