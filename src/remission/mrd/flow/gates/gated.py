"""What gating yields: one mask per population, and the tree of counts."""

from collections.abc import Mapping
from dataclasses import dataclass

from remission.mrd.flow.events import Mask


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Events in a gate and in all its parents. `path` names the gates from the root; `parent` is an id."""

    id: str
    path: str
    parent: str | None
    count: int
    mask: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Gated:
    """Every population of a gating, by its id, parents before children; `count` of all events."""

    count: int
    populations: Mapping[str, Population]

    @property
    def counts(self) -> dict[str, int]:
        """Events by path."""
        return {one.path: one.count for one in self.populations.values()}
