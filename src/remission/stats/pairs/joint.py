"""Decisions that rest on more than one test."""

from collections.abc import Sequence

from remission.errors import InputRefused


def both_required(p_values: Sequence[float]) -> float:
    """The p-value of "every endpoint succeeds": the largest, no alpha to be split.

    Intersection-union test, level alpha whatever the dependence between the endpoints.

    Raises
    ------
    InputRefused
        For no p-value, or one outside 0..1.

    References
    ----------
    Berger 1982, doi:10.1080/00401706.1982.10487790
    """
    _check(p_values)
    return max(p_values)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values, in the given order, when any one endpoint would be a success.

    An endpoint whose adjusted p-value is at most alpha succeeds; the chance of any false success is
    then at most alpha whatever the dependence. `Raises` as in `both_required`.

    References
    ----------
    Holm 1979, Scandinavian Journal of Statistics 6:65-70
    """
    _check(p_values)
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest = max(largest, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, largest)
    return tuple(adjusted)


def _check(p_values: Sequence[float]) -> None:
    if not p_values or not all(0 <= p <= 1 for p in p_values):
        raise InputRefused(
            f"{list(p_values)!r} are not p-values", where="p-values", do="give at least one, each from 0 to 1"
        )
