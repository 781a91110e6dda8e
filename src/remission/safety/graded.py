"""A grade that may hang on something not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Graded:
    """The lowest and highest grade possible, and the components that would narrow it."""

    lowest: int
    highest: int
    missing: tuple[str, ...] = ()

    @property
    def grade(self) -> int | None:
        """The grade, or None while it is not known."""
        return self.lowest if self.lowest == self.highest else None


def worst(*spans: Span) -> Span:
    """The span of the worst of several components: the worst decides."""
    return max(low for low, _ in spans), max(high for _, high in spans)


Seen = TypeVar("Seen", bound="DataclassInstance")


def graded(seen: Seen, span: Callable[[Seen], Span], values: Mapping[str, tuple[Any, ...]]) -> Graded:
    """The grade of `seen`, with the names of unknown components any value of which would narrow its span.

    Parameters
    ----------
    seen : dataclass
        What was seen; None is unknown.
    span : callable
        From what was seen to the lowest and highest grade.
    values : mapping
        By component, values that reach every grade it can give.
    """
    low, high = span(seen)
    if low == high:
        return Graded(low, high)
    missing = tuple(
        name
        for name, tried in values.items()
        if getattr(seen, name) is None
        and any(span(replace(seen, **{name: value})) != (low, high) for value in tried)
    )
    return Graded(low, high, missing)
