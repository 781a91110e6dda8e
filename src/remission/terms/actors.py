"""Who acts: a person in a role, at a site or for the whole trial."""

from dataclasses import dataclass
from enum import StrEnum

from remission.terms.ids import SiteId


class Role(StrEnum):
    """What a person does in the trial (ICH E6(R3)); each write carries it."""

    DOCTOR = "doctor"
    COORDINATOR = "coordinator"
    LABORATORY = "laboratory"
    STATISTICIAN = "statistician"
    MONITOR = "monitor"
    SPONSOR = "sponsor"
    REHEARSAL = "rehearsal"


@dataclass(frozen=True, slots=True)
class Actor:
    """A named person in a role; `site` is None for those who act for the whole trial."""

    name: str
    role: Role
    site: SiteId | None = None
