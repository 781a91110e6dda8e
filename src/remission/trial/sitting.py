"""What a rehearsal enters at one instant, kept until it is written together."""

from dataclasses import dataclass, field
from datetime import datetime

from remission.conduct.state import Participant
from remission.store.ledger import Draft
from remission.terms.ids import SubjectId


@dataclass(slots=True)
class Sitting:
    """Drafts that wait to be written `at` one instant after entry `after`.

    `before`: of each participant written about, how many entries there were, and who it was then.
    """

    at: datetime
    after: int
    drafts: list[Draft] = field(default_factory=list[Draft])
    before: dict[SubjectId, tuple[int, Participant | None]] = field(
        default_factory=dict[SubjectId, tuple[int, Participant | None]]
    )
