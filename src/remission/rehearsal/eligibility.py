"""Truth beside finding for entry: who was enrolled or shut out against the truth, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.mrd.words import percent
from remission.protocol.criteria import Answer, Compare, Level, leaves
from remission.protocol.study import Phase, Study
from remission.rehearsal.desk import Story
from remission.rehearsal.truth import parsed
from remission.terms.ids import SubjectId


class Why(StrEnum):
    """Why a finding differs from the truth."""

    HIDDEN = "hidden_answer"  # the hospital did not know
    MEASUREMENT = "measurement"  # the test found a level on the other side
    NOT_EVALUABLE = "no_evaluable_test"  # missed, flagged or too shallow
    OTHER = "other"  # none of these: a fault of Remission


class Wrong(StrEnum):
    """What went wrong at entry."""

    ENROLLED = "enrolled_though_ineligible"
    EXCLUDED = "excluded_though_eligible"
    UNSETTLED = "left_unsettled_though_eligible"


@dataclass(frozen=True, slots=True)
class EntryError:
    """One child whose entry differs from the truth, the criterion at issue, and why."""

    subject: SubjectId
    wrong: Wrong
    criterion: str
    why: Why
    found_late: bool
    said: str


@dataclass(frozen=True, slots=True)
class CriterionCount:
    """Of the children judged: whom a criterion truly shuts out, whom it was found to shut out, and both."""

    criterion: str
    truly: int
    found: int
    both: int


def judged_by(participant: Participant) -> dict[str, str]:
    """What the last decision said of each criterion: admits "yes" or "no"; empty if none was taken."""
    for item in reversed(participant.history):
        if isinstance(item.event, ev.FoundEligible | ev.FoundIneligible):
            return {judgement.criterion: judgement.admits for judgement in item.event.judgements}
    return {}


def criterion_counts(study: Study, told: list[tuple[Participant, Story]]) -> tuple[CriterionCount, ...]:
    """Truth and finding for each criterion of the enrolment phase, over the children with a decision."""
    decided = [(judged, set(story.shut_out)) for who, story in told if (judged := judged_by(who))]
    return tuple(
        CriterionCount(
            criterion.id,
            sum(criterion.id in truth for _, truth in decided),
            sum(judged[criterion.id] == "no" for judged, _ in decided),
            sum(judged[criterion.id] == "no" and criterion.id in truth for judged, truth in decided),
        )
        for criterion in study.criteria
        if criterion.phase is Phase.ENROLMENT
    )


def entry_errors(study: Study, told: list[tuple[Participant, Story]]) -> tuple[EntryError, ...]:
    """Every child enrolled or kept out against the truth."""
    return tuple(error for participant, story in told for error in _of(study, participant, story))


def _of(study: Study, participant: Participant, story: Story) -> Iterator[EntryError]:
    if story.enrolled_on is not None:
        late = {
            item.event.criterion
            for item in participant.all(ev.FoundIneligibleLate)
            if isinstance(item.event, ev.FoundIneligibleLate)
        }
        for criterion in story.shut_out:
            why, said = _reason(study, criterion, participant, story)
            yield EntryError(participant.id, Wrong.ENROLLED, criterion, why, criterion in late, said)
        return
    if story.shut_out or story.judged_on is None:
        return
    judged = judged_by(participant)
    for criterion in [id for id, admits in judged.items() if admits == "no"]:
        why, said = _reason(study, criterion, participant, story)
        yield EntryError(participant.id, Wrong.EXCLUDED, criterion, why, False, said)
    if not judged:
        for criterion in _with_level(study):
            said = _tests(study, criterion, participant, story)
            yield EntryError(participant.id, Wrong.UNSETTLED, criterion, Why.NOT_EVALUABLE, False, said)


def _with_level(study: Study) -> list[str]:
    return [
        criterion.id
        for criterion in study.criteria
        if criterion.phase is Phase.ENROLMENT and _levels(study, criterion.id)
    ]


def _levels(study: Study, criterion: str) -> list[Level]:
    expression = parsed(study.criterion(criterion).expression)
    return [
        leaf.term for leaf in leaves(expression) if isinstance(leaf, Compare) and isinstance(leaf.term, Level)
    ]


def _reason(study: Study, criterion: str, participant: Participant, story: Story) -> tuple[Why, str]:
    expression = parsed(study.criterion(criterion).expression)
    facts = {
        leaf.term.fact
        for leaf in leaves(expression)
        if isinstance(leaf, Compare) and isinstance(leaf.term, Answer)
    }
    hidden = sorted(facts & story.child.hidden)
    if hidden:
        return Why.HIDDEN, ", ".join(hidden)
    if _levels(study, criterion):
        return Why.MEASUREMENT, _tests(study, criterion, participant, story)
    return Why.OTHER, ""


def _tests(study: Study, criterion: str, participant: Participant, story: Story) -> str:
    """The true level and what the tests found, in words."""
    said: list[str] = []
    for level in dict.fromkeys(_levels(study, criterion)):
        said.append(f"true {percent(story.levels.get(level.point, 0.0))} at {level.point}")
        for item in participant.all(ev.MrdReported):
            event = item.event
            if isinstance(event, ev.MrdReported) and event.point == level.point:
                result = event.result
                flags = f", flagged {' '.join(result.flags)}" if result.flags else ""
                found = f"{result.method} {result.found:g} of {result.cells}"
                said.append(f"{found}, LOD {percent(result.lod)}{flags}")
    return "; ".join(said)
