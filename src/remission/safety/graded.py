"""A grade that may hang on something not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Graded:
    """The lowest and highest grade possible, and the unknown components on which it hangs."""

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
    """The grade of `seen`, with the names of the unknown components on which it hangs.

    It hangs on a component if, for some values of the other unknown ones, it is still not known.

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
    unknown = [name for name in values if getattr(seen, name) is None]
    return Graded(low, high, tuple(name for name in unknown if _hangs_on(name, seen, span, values, unknown)))


def _hangs_on(
    name: str,
    seen: Seen,
    span: Callable[[Seen], Span],
    values: Mapping[str, tuple[Any, ...]],
    unknown: list[str],
) -> bool:
    others = [other for other in unknown if other != name]
    for chosen in product(*(values[other] for other in others)):
        low, high = span(replace(seen, **dict(zip(others, chosen, strict=True))))
        if low != high:
            return True
    return False
