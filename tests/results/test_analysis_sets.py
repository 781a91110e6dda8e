"""Who stays in a set: early death and relapse are failures, not departures from the protocol."""

from types import SimpleNamespace

import pytest

from remission.conduct import events as ev
from remission.protocol.study import Study
from remission.results.analysis import analyse
from remission.results.figures.calls import Kind, kind_of

FLOW, NGS = "flow_negative", "ngs_negative"
SETS = ("itt", "evaluable", "per_protocol")
EARLY = (ev.Died, ev.Relapsed, ev.SecondCancer)


@pytest.mark.parametrize("kind", EARLY)
def test_an_early_failure_stays_in_every_set_as_a_failure(
    study: Study, build: SimpleNamespace, kind: type[ev.Died] | type[ev.Relapsed] | type[ev.SecondCancer]
) -> None:
    child = build.treated(1).add(kind(build.day(40), "x")).made()
    other = build.full_course(2).report("d46", 46, build.flow(0), build.ngs(0)).made()
    results = analyse(study, [child, other], build.AS_OF)
    for endpoint in (FLOW, NGS):
        for chosen in SETS:
            stem = f"endpoint.{endpoint}.{chosen}"
            counts = [
                results.numbers[f"{stem}.{part}"].value for part in ("n", "responders", "non_responders")
            ]
            assert counts == [2, 1, 1], (endpoint, chosen)
        assert kind_of(results.responses[child.id][endpoint]) is Kind.FAILED


def test_a_failure_after_a_course_broken_off_stays_and_one_later_does_not(
    study: Study, build: SimpleNamespace
) -> None:
    def per_protocol(on: int) -> tuple[float | None, ...]:
        child = build.treated(1).add(ev.TreatmentStopped(build.instant(35), "pump", False))
        results = analyse(study, [child.add(ev.Relapsed(build.day(on), "marrow")).made()], build.AS_OF)
        stem = f"set.per_protocol.{FLOW}"
        return results.numbers[f"{stem}.n"].value, results.numbers[f"{stem}.left_out.full_course"].value

    assert per_protocol(50) == (1, 0)
    assert per_protocol(51) == (0, 1)


def test_a_failure_does_not_mend_what_else_keeps_one_out(study: Study, build: SimpleNamespace) -> None:
    child = build.treated(1).add(ev.DeviationReported(build.day(35), "dose", True, "double dose"))
    results = analyse(study, [child.add(ev.Died(build.day(40), "treatment")).made()], build.AS_OF)
    assert results.numbers[f"set.per_protocol.{FLOW}.left_out.no_major_deviation"].value == 1


def test_a_late_sample_is_not_evaluable_and_leaves_per_protocol_for_its_window(
    study: Study, build: SimpleNamespace
) -> None:
    child = build.full_course(1).report("d46", 51, build.flow(0), build.ngs(0)).made()
    numbers = analyse(study, [child], build.AS_OF).numbers
    assert numbers[f"endpoint.{FLOW}.itt.indeterminate"].value == 1
    assert numbers[f"set.evaluable.{FLOW}.left_out.evaluable"].value == 1
    assert numbers[f"set.per_protocol.{FLOW}.left_out.in_window"].value == 1


def test_a_second_sample_outside_the_window_leaves_the_first_in_it(
    study: Study, build: SimpleNamespace
) -> None:
    child = build.full_course(1).report("d46", 46, build.flow(0)).report("d46", 60, build.flow(0)).made()
    numbers = analyse(study, [child], build.AS_OF).numbers
    assert numbers["flow.sample.d46.in_window"].value == 1
    assert numbers["flow.sample.d46.outside_window"].value == 0


def test_a_forced_non_responder_without_a_result_is_drawn_as_without_result(
    study: Study, build: SimpleNamespace
) -> None:
    child = build.full_course(1).report("d46", 46, build.flow(10_000)).report("d46", 60)
    made = child.add(ev.ResponseAssessed(build.day(70), ())).made()
    results = analyse(study, [made], build.AS_OF)
    answer = results.responses[made.id][NGS]
    assert (answer.indeterminate, answer.failed, kind_of(answer)) == (False, False, Kind.MISSING)
    assert answer.taken_on == build.day(46)
    assert results.numbers[f"endpoint.{NGS}.per_protocol.non_responders"].value == 1
