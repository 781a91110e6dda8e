"""The toxicities of a participant: each report with its course of grades."""

from dataclasses import dataclass
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Participant


@dataclass(frozen=True, slots=True)
class Toxicity:
    """A reported toxicity: its worst grade, its latest one and since when, and its end, if it has ended."""

    id: str
    term: str
    system: str
    began: date
    worst: int
    grade: int
    since: date
    ended: date | None
    serious: bool
    related: str


def toxicities(participant: Participant) -> tuple[Toxicity, ...]:
    """Every toxicity, in the order of report."""
    known: dict[str, Toxicity] = {}
    for item in participant.history:
        match item.event:
            case ev.ToxicityReported(id=id) as said:
                known[id] = Toxicity(
                    id, said.term, said.system, said.began, said.grade, said.grade, said.began, None, said.serious,
                    said.related,
                )  # fmt: skip
            case ev.ToxicityRegraded(id=id, grade=grade, on=on) if id in known:
                old = known[id]
                known[id] = Toxicity(
                    id, old.term, old.system, old.began, max(old.worst, grade), grade, on, on if grade == 0 else None,
                    old.serious, old.related,
                )  # fmt: skip
            case _:
                pass
    return tuple(known.values())
