"""Truth beside finding for the endpoints: rates in each set, and whether the interval holds the truth."""

from collections.abc import Mapping
from dataclasses import dataclass

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.protocol.study import Endpoint
from remission.rehearsal.desk import Story
from remission.rehearsal.population import Population
from remission.results.analysis import Results
from remission.terms.ids import SubjectId


@dataclass(frozen=True, slots=True)
class RateCompared:
    """One endpoint in one set: the rate found, its exact 95 % interval, and the truth in the same children.

    `n` counts those in the denominator, `members` all in the set; `true_rate` is that of the members,
    `enrolled_rate` that of everybody enrolled. Rates and limits are fractions, None where nobody counts.
    """

    endpoint: str
    set: str
    members: int
    n: int
    found: int
    found_rate: float | None
    lower: float | None
    upper: float | None
    true_rate: float | None
    enrolled_rate: float | None

    @property
    def covers(self) -> bool | None:
        """Whether the interval holds the true rate of the set's members."""
        return _within(self.true_rate, self.lower, self.upper)

    @property
    def covers_enrolled(self) -> bool | None:
        """Whether the interval holds the true rate of everybody enrolled."""
        return _within(self.enrolled_rate, self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class CallsCompared:
    """One endpoint: how many truly below, or truly not below, the threshold were called how."""

    endpoint: str
    truly_below: Mapping[str, int]
    truly_not_below: Mapping[str, int]


def truly_responded(
    population: Population, endpoint: Endpoint, participant: Participant, story: Story
) -> bool:
    """Whether the level at the endpoint was truly below the threshold; not so for a child who died first.

    Of a child never sampled, the level is what it would have been after the part of the course received.
    """
    if endpoint.point not in story.levels and participant.last(ev.Died) is not None:
        return False
    level = story.levels.get(endpoint.point)
    if level is None:
        level = story.child.level(story.course, population.disease.cure_below)
    return level < float(endpoint.threshold)


def rates(results: Results, truth: Mapping[str, Mapping[SubjectId, bool]]) -> tuple[RateCompared, ...]:
    """Every endpoint in every set; `truth` by endpoint and participant."""
    compared: list[RateCompared] = []
    for population in results.populations:
        responded = truth[population.endpoint]
        inside = [responded[subject] for subject in population.members]
        stem = f"endpoint.{population.endpoint}.{population.set.id}"
        number = {
            name: results.numbers[f"{stem}.{name}"].value
            for name in ("n", "responders", "rate", "ci_lower", "ci_upper")
        }
        compared.append(
            RateCompared(
                population.endpoint, population.set.id, len(inside),
                int(number["n"] or 0), int(number["responders"] or 0),
                number["rate"], number["ci_lower"], number["ci_upper"],
                _mean(inside), _mean(list(responded.values())),
            )
        )  # fmt: skip
    return tuple(compared)


def calls(results: Results, truth: Mapping[str, Mapping[SubjectId, bool]]) -> tuple[CallsCompared, ...]:
    """What was called how, against the truth, for each endpoint among the enrolled."""
    compared: list[CallsCompared] = []
    for endpoint in results.study.endpoints:
        table: dict[bool, dict[str, int]] = {True: {}, False: {}}
        for subject, responses in results.responses.items():
            response = responses[endpoint.id]
            called = (
                str(response.call)
                if response.call is not None
                else "pending"
                if response.pending
                else "no result"
            )
            row = table[truth[endpoint.id][subject]]
            row[called] = row.get(called, 0) + 1
        compared.append(
            CallsCompared(endpoint.id, dict(sorted(table[True].items())), dict(sorted(table[False].items())))
        )
    return tuple(compared)


def _mean(values: list[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _within(value: float | None, lower: float | None, upper: float | None) -> bool | None:
    if value is None or lower is None or upper is None:
        return None
    return lower <= value <= upper
