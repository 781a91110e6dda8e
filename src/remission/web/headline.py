"""The answer first: each endpoint in the primary analysis set, and the decision on all of them together."""

from dataclasses import dataclass

from remission.protocol.study import Endpoint
from remission.results.analysis import Results
from remission.results.control import RATES, caveats, compared
from remission.results.numbers import Cell
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Headline:
    """An endpoint's rate with its interval, the counts, the rate compared with, the decision, the caveats."""

    endpoint: Endpoint
    rate: Cell
    interval: Cell
    counts: Cell
    compared: Text
    control: Cell
    decision: Cell
    caveats: tuple[Text, ...]


def headlines(results: Results) -> tuple[Headline, ...]:
    """One for each endpoint; none while nobody is enrolled."""
    if not results.responses:
        return ()
    primary = next(chosen.id for chosen in results.study.sets if chosen.primary)
    return tuple(
        _headline(results, endpoint, f"endpoint.{endpoint.id}.{primary}")
        for endpoint in results.study.endpoints
    )


def _headline(results: Results, endpoint: Endpoint, stem: str) -> Headline:
    return Headline(
        endpoint,
        Cell((f"{stem}.rate",)),
        Cell((f"{stem}.ci_lower", f"{stem}.ci_upper"), "{} – {}"),
        Cell((f"{stem}.responders", f"{stem}.n"), "{} / {}"),
        RATES[compared(results.study, endpoint.id)],
        Cell((f"control.{endpoint.id}.p0",)),
        Cell((f"{stem}.decision",)),
        caveats(results.study, endpoint.id),
    )


def together(results: Results) -> Cell:
    """The decision on all endpoints together, as the study file reads them."""
    return Cell((f"joint.{results.study.design.joint}.decision",))
