"""The whole life of one virtual child in the trial."""

from collections.abc import Generator, Iterator
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.protocol.criteria import Answer, Compare, leaves
from remission.rehearsal.desk import Desk, Story
from remission.rehearsal.following import endpoint, follow
from remission.rehearsal.screening import screen
from remission.rehearsal.treating import discover, treat
from remission.rehearsal.truth import parsed
from remission.trial import closing

_SECOND_THOUGHTS = "the answer was not known to the hospital at screening"


def life(desk: Desk, story: Story) -> Iterator[date]:
    """Play a child from consent, today, to the end; yields each later day on which something is entered."""
    if not (yield from screen(desk, story)):
        return
    yield from _hidden_truth(desk, story)
    still_in = yield from treat(desk, story)
    if not still_in:
        return
    yield from endpoint(desk, story)
    if desk.trial.participant(story.known_as).stage is Stage.FOLLOW_UP:
        yield from follow(desk, story)


def _hidden_truth(desk: Desk, story: Story) -> Generator[date, None, None]:
    """What was hidden at screening may come to light; the answer is corrected and the error recorded."""
    child = story.child
    wrong = [fact for fact in sorted(child.hidden) if _recorded(desk, story, fact) != child.answers[fact]]
    shut = tuple(id for id in story.shut_out if _asks(desk, id) & set(wrong))
    if not shut or not story.chance(desk.population.screening.hidden_found):
        return
    yield from discover(desk, story, shut)
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
