"""The whole life of one virtual child in the trial."""

from collections.abc import Iterator
from datetime import date, timedelta

from remission.conduct import events as ev
from remission.protocol.criteria import Answer, Compare, leaves
from remission.rehearsal.desk import Desk, Story, together
from remission.rehearsal.following import assess, follow, sample_endpoint
from remission.rehearsal.screening import screen
from remission.rehearsal.treating import course_received, treat
from remission.rehearsal.truth import parsed
from remission.trial import closing

_SECOND_THOUGHTS = "the answer was not known to the hospital at screening"


def life(desk: Desk, story: Story) -> Iterator[date]:
    """Play a child from consent, today, to the end; yields each later day on which something is entered."""
    if not (yield from screen(desk, story)):
        return
    site = story.child.site
    threads = (_hidden_truth(desk, story), treat(desk, story), sample_endpoint(desk, story))
    yield from together(lambda: desk.today(site), *threads)
    story.course = course_received(desk, story)
    if not desk.off(story):
        yield desk.today(site) + timedelta(days=1)
        assess(desk, story)
        yield from follow(desk, story)


def _hidden_truth(desk: Desk, story: Story) -> Iterator[date]:
    """What was hidden at screening may come to light; the answer is corrected and the error recorded."""
    child = story.child
    wrong = [fact for fact in sorted(child.hidden) if _recorded(desk, story, fact) != child.answers[fact]]
    shut = tuple(id for id in story.shut_out if _asks(desk, id) & set(wrong))
    if not shut or not story.chance(desk.population.screening.hidden_found):
        return
    yield desk.today(child.site) + timedelta(days=story.between(1, 40))
    if desk.off(story):
        return
    for criterion in shut:
        closing.found_ineligible(
            desk.trial, desk.by(child.site), story.known_as, on=desk.today(child.site), criterion=criterion,
            why="records of another hospital arrived later",
        )  # fmt: skip
    for fact in wrong:
        entry = [
            item
            for item in desk.trial.participant(story.known_as).all(ev.FactRecorded)
            if isinstance(item.event, ev.FactRecorded) and item.event.fact == fact
        ][-1]
        assert isinstance(entry.event, ev.FactRecorded)
        right = ev.FactRecorded(fact, child.answers[fact], entry.event.on)
        closing.correct(
            desk.trial, desk.by(child.site), story.known_as, entry.ref.seq, right, reason=_SECOND_THOUGHTS
        )


def _asks(desk: Desk, criterion: str) -> set[str]:
    """The questions that a criterion puts."""
    expression = parsed(desk.study.criterion(criterion).expression)
    terms = (leaf.term for leaf in leaves(expression) if isinstance(leaf, Compare))
    return {term.fact for term in terms if isinstance(term, Answer)}


def _recorded(desk: Desk, story: Story, fact: str) -> str | None:
    last: str | None = None
    for item in desk.trial.participant(story.known_as).all(ev.FactRecorded):
        if isinstance(item.event, ev.FactRecorded) and item.event.fact == fact:
            last = item.event.value
    return last
