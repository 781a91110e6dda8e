"""Toxicity by its course, open questions of follow-up, the words of each curve, and the age bands shown."""

from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import pytest

from remission.conduct import events as ev
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.results.analysis import Results, analyse
from remission.results.publish import results_section


@pytest.mark.parametrize(
    ("began", "grade", "regrades", "worst", "before"),
    [
        # (day, grade) of each regrading; the first dose is on day 29
        (27, 2, [(31, 4)], 4, 0),  # worsened: counts, at its worst grade since
        (27, 3, [(28, 1), (31, 2), (33, 0)], 2, 0),  # worse than last before, though not than ever
        (27, 1, [(29, 3)], 3, 0),  # on the day of the first dose
        (27, 1, [(28, 3)], None, 1),  # worsened before
        (27, 3, [(31, 2)], None, 1),
        (27, 3, [(31, 3)], None, 1),
        (27, 3, [], None, 1),
        (27, 2, [(28, 0), (30, 2)], 2, 0),  # ended, and came again
        (29, 2, [(31, 1)], 2, 0),
        (30, 1, [(32, 3), (31, 2)], 3, 0),
    ],
)
def test_a_report_counts_where_it_began_or_worsened_since_the_first_dose(
    study: Study, build: SimpleNamespace, began: int, grade: int, regrades: list[tuple[int, int]],
    worst: int | None, before: int,
) -> None:  # fmt: skip
    child = build.treated(1).add(
        ev.ToxicityReported("t", "Fever", "General", grade, build.day(began), False, "no"),
        *(ev.ToxicityRegraded("t", again, build.day(on)) for on, again in regrades),
    )
    numbers = analyse(study, [child.made()], build.AS_OF).numbers
    assert numbers["toxicity.before_first_dose"].value == before
    assert numbers["toxicity.overall.any.affected"].value == 1 - before
    shown = [level for level in range(1, 6) if numbers[f"toxicity.overall.worst{level}"].value]
    assert shown == ([] if worst is None else [worst])


def seen_out_of_remission(build: SimpleNamespace, *then: ev.Event) -> Any:
    child = build.full_course(1).report("d46", 46, build.flow(0)).add(ev.ResponseAssessed(build.day(55), ()))
    child.add(ev.FollowedUp(build.day(90), True), ev.FollowedUp(build.day(180), False), *then)
    return child.made()


def notes(results: Results) -> str:
    return " ".join(note.en + note.zh for note in results.table("time_to_event").notes)


def test_one_seen_out_of_remission_without_a_relapse_is_an_open_question(
    study: Study, build: SimpleNamespace
) -> None:
    child = seen_out_of_remission(build, ev.FollowedUp(build.day(270), None))
    results = analyse(study, [child], build.AS_OF)
    number = results.numbers["efs.not_in_remission"]
    assert number.value == 1
    seen = [item.ref for item in child.history if getattr(item.event, "in_remission", None) is False]
    assert set(seen) < set(number.rests_on[0].refs)
    assert "Open question: 1 seen not in remission" in notes(results) and "1例随访时未处于缓解" in notes(
        results
    )
    measures: Any = results_section(study, results)["outcomeMeasuresModule"]
    said = {m["title"]: m["description"] for m in measures["outcomeMeasures"]}
    assert "Open question: 1" in said["Percentage of Participants Event-free"]
    assert "Open question" not in said["Percentage of Participants Alive"]


def test_no_question_is_open_with_a_relapse_on_record_or_nobody_out_of_remission(
    study: Study, build: SimpleNamespace
) -> None:
    relapsed = seen_out_of_remission(build, ev.Relapsed(build.day(200), "marrow"))
    for children in ([relapsed], build.golden(), []):
        results = analyse(study, children, build.AS_OF)
        assert results.numbers["efs.not_in_remission"].value == 0
        assert "Open question" not in notes(results)


def test_each_curve_is_described_by_its_own_events(study: Study, build: SimpleNamespace) -> None:
    section: Any = results_section(study, analyse(study, build.golden(), build.AS_OF))
    measures = section["outcomeMeasuresModule"]["outcomeMeasures"][-3:]
    efs, os, relapse = (measure["description"] for measure in measures)
    assert "events are relapse, second cancer and death" in efs
    assert "the event is death of any cause" in os
    assert "relapse" not in os and "second cancer" not in os
    assert "the event is relapse" in relapse and "competing" in relapse
    for measure in measures:
        assert [cls["title"] for cls in measure["classes"]] == ["1 year", "2 years", "3 years", "5 years"]


YOUNG, OLD = (
    ["younger than 1 year", "1 to 9 years", "10 to 17 years"],
    ["18 to 64 years", "65 years and older"],
)


def bands(results: Results) -> list[str]:
    return [row.label.en for row in results.table("baseline").rows if row.label.en in (*YOUNG, *OLD)]


def test_age_bands_that_the_study_admits_nobody_in_are_not_printed(
    study: Study, build: SimpleNamespace
) -> None:
    with (files("remission.studies") / "nct03441061" / "study.toml").open("rb") as stream:
        adults = read_study(stream, name="adults")
    results = analyse(study, build.golden(), build.AS_OF)
    assert bands(results) == YOUNG
    assert bands(analyse(adults, [], build.AS_OF)) == OLD
    # They are numbers all the same, and stand in the registry's section.
    assert results.numbers["baseline.age_band.18_to_64y.total"].value == 0
    section: Any = results_section(study, results)
    measures = section["baselineCharacteristicsModule"]["measures"]
    shown = next(measure for measure in measures if measure["title"] == "Age, Customized")
    assert [c["title"] for c in shown["classes"][0]["categories"]] == [*YOUNG, *OLD, "Missing"]


def test_an_age_band_outside_the_study_is_printed_when_somebody_is_in_it(
    study: Study, build: SimpleNamespace
) -> None:
    grown = build.enrolled(1, birth=build.DAY_ONE.replace(year=2000)).made()
    assert bands(analyse(study, [grown], build.AS_OF)) == [*YOUNG, OLD[0]]
