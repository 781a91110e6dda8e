"""What the machine suggests to look at, and the named person who accepts it or the gates."""

from collections.abc import Mapping
from dataclasses import dataclass

from remission.terms.words import Text

GATES, SUGGESTION = "gates", "suggestion"
"""What a named person may stand for."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Events of a suggestion that lie together: how many, where (scaled, per marker), how far from normal."""

    events: int
    center: Mapping[str, float]
    spread: Mapping[str, float]
    score: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the machine would look at again; never a result before a named person accepts it.

    `events` suggested in all clusters, of `cells` of `denominator`. `lob_events`: as many as held-out normal
    marrows show in 95 of 100 (by the count of `normals`); `least`: events that make a cluster. `unfit`: why
    the reference does not fit this file; then there is no cluster. `diagnosis`: whether the child's own
    diagnosis file was used. `reference`: its name and sha256.
    """

    events: int
    cells: int
    denominator: str
    lob_events: float
    least: int
    normals: int
    threshold: float
    clusters: tuple[Cluster, ...]
    unfit: tuple[Text, ...]
    diagnosis: bool
    reference: str
    notes: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A named person stands for the gates, or for the suggestion too (`what`: "gates" or "suggestion").

    The measurement adds `events`, accepted among the primary denominator's, and `shared`, those of them that
    the gates found as well. An accepted suggestion adds to what the gates found and unsays none of it.
    """

    by: str
    what: str
    why: str
    at: str = ""
    events: int | None = None
    shared: int | None = None
