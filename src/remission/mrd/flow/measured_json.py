"""A measured flow sample as JSON: the numbers first, then everything they rest on.

What was written is read back exactly. A file whose numbers contradict one another is refused: it was changed
by hand, or by a version that did not know what it wrote. Where the panel lacks markers, or there was no cell
to refer to, the numbers are null.
"""

import math
from collections.abc import Iterator
from dataclasses import fields
from fractions import Fraction
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from remission.mrd.calls import Answer, Call
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.gates.as_json import with_gates
from remission.mrd.flow.gates.gates import Operation
from remission.mrd.flow.measure import category_of, sensitivity_of
from remission.mrd.flow.measure_checks import (
    answer_to,
    denominator_moved,
    flags_of_counts,
    flags_of_gates,
    rests_on_moved,
)
from remission.mrd.flow.measure_flags import (
    CONTROL_MISSING,
    DENOMINATOR_MOVED,
    NO_NUCLEAR_DYE,
    RESTS_ON_MOVED,
    UNCOMPENSATED,
)
from remission.mrd.flow.measured import Category, FlowMeasured, Sensitivity, Unmoved
from remission.mrd.flow.quality.findings import Concern, Finding
from remission.mrd.flow.strategies.markers import NUCLEIC
from remission.mrd.flow.strategies.reading import shipped_strategies, shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment, Strategy
from remission.mrd.flow.suggestion.suggested import GATES, Acceptance, Suggestion
from remission.mrd.result import Denominator, Method, MrdResult, from_flow_counts
from remission.mrd.result_json import checked_of, converter_of, document_of, json_text
from remission.terms.evidence import Evidence
from remission.terms.words import Text

SCHEMA_VERSION = 1

_NUMBERS = ("level", "lower", "upper", "lod", "loq")
_LISTS = {
    "quality": Finding, "adjustments": Adjustment, "notes": Text, "left_out": str, "lacking": str,
    "disqualifying_flags": str, "blinding_flags": str, "needed_flags": str, "uncompensated": str,
    "controls_missing": Text,
}  # fmt: skip
_COUNTS = ("populations", "kept_populations")
_ALIKE = (
    "sample", "strategy", "strategy_version", "strategy_sha256", "panel", "compensation", "threshold",
    "required_lod", "mrd",
)  # fmt: skip
_KEYS = (
    "schema_version", "simulated", "sample", "call", "category", "sensitivity", "found", "denominators",
    "primary", *_NUMBERS, "threshold", "required_lod", "mrd", "populations", "kept_populations", "flags",
    "strategy", "strategy_version", "strategy_sha256", "panel", "markers", "compensation", "lacking",
    "left_out", "quality", "adjustments", "suggestion", "acceptance", "notes", "disqualifying_flags",
    "blinding_flags", "needed_flags", "answer", "evidence", "unmoved", "uncompensated", "controls_missing",
)  # fmt: skip
_DO = "measure the sample again, with the version of Remission you have"
_CLOSE, _DIGITS = 1e-9, 6


def write_flow(measured: FlowMeasured) -> str:
    """The JSON text of a measured sample; equal results give equal text."""
    result = measured.result
    plain = cast(dict[str, Any], _CONVERTER.unstructure(measured))
    written: dict[str, Any] = {
        **plain,
        "schema_version": SCHEMA_VERSION,
        "simulated": measured.evidence.simulated,
        "call": measured.answer.call,
        "found": None if result is None else result.found,
        "denominators": {} if result is None else {one.name: one.count for one in result.examined},
        "primary": None if result is None else result.primary,
        **{key: None if result is None else getattr(result, key) for key in _NUMBERS},
        "flags": [] if result is None else list(result.flags),
    }
    return json_text({key: written[key] for key in _KEYS})


def read_flow(file: BinaryIO, name: str = "result") -> FlowMeasured:
    """The measured sample of a file that `write_flow` wrote.

    Raises
    ------
    WrongEncoding, Malformed, Truncated, TooLarge
        For text that is no such JSON.
    InvariantBroken
        If a value is missing or of the wrong kind, or the numbers contradict one another.
    """
    document = document_of(file, name, _KEYS, SCHEMA_VERSION, "a result", _DO)
    return checked_of(document, _structured, _contradictions, name, _DO)


def _structured(document: dict[str, Any]) -> FlowMeasured:
    evidence = _CONVERTER.structure(document["evidence"], Evidence)
    kinds = {field.name: field.type for field in fields(FlowMeasured)}
    return FlowMeasured(
        result=_result(document, evidence),
        evidence=evidence,
        answer=_CONVERTER.structure(document["answer"], Answer),
        category=_CONVERTER.structure(document["category"], Category),
        sensitivity=_CONVERTER.structure(document["sensitivity"], Sensitivity),
        markers=MappingProxyType(_CONVERTER.structure(document["markers"], dict[str, str])),
        suggestion=_CONVERTER.structure(document["suggestion"], cast(type[Any], Suggestion | None)),
        acceptance=_CONVERTER.structure(document["acceptance"], cast(type[Any], Acceptance | None)),
        unmoved=_CONVERTER.structure(document["unmoved"], cast(type[Any], Unmoved | None)),
        **{key: MappingProxyType(_CONVERTER.structure(document[key], dict[str, int])) for key in _COUNTS},
        **{key: _CONVERTER.structure(document[key], tuple[kind, ...]) for key, kind in _LISTS.items()},
        **{key: _CONVERTER.structure(document[key], cast(type[Any], kinds[key])) for key in _ALIKE},
    )


def _result(document: dict[str, Any], evidence: Evidence) -> MrdResult | None:
    flags = _CONVERTER.structure(document["flags"], tuple[str, ...])
    numbers = [document[key] for key in ("found", "primary", *_NUMBERS)]
    counts = _CONVERTER.structure(document["denominators"], dict[str, int])
    if numbers == [None] * len(numbers) and not counts and not flags:
        return None
    return MrdResult(
        method=Method.FLOW,
        found=_CONVERTER.structure(document["found"], int),
        examined=tuple(Denominator(name, count) for name, count in counts.items()),
        primary=_CONVERTER.structure(document["primary"], str),
        **{key: _CONVERTER.structure(document[key], float) for key in _NUMBERS},
        flags=flags,
        evidence=evidence,
    )


def _contradictions(measured: FlowMeasured, document: dict[str, Any]) -> Iterator[str]:
    """What in a result does not agree with the rest of it."""
    for key, value in (("simulated", measured.evidence.simulated), ("call", measured.answer.call)):
        if document[key] != value or isinstance(document[key], bool) != isinstance(value, bool):
            yield f"{key} {document[key]!r}; the rest of the result makes it {value!r}"
    yield from _strategy_contradictions(measured)
    yield from _tree_contradictions(measured)
    if measured.result is not None and bool(measured.adjustments) != (measured.unmoved is not None):
        yield "what the unmoved gates find stands beside moved gates, and only there"
    if measured.result is None:
        said = (measured.answer.call, measured.category, measured.sensitivity)
        if said != (Call.NOT_EVALUABLE, Category.NOT_EVALUABLE, Sensitivity.NONE):
            yield f"nothing was measured, but it says {', '.join(said)}"
    else:
        yield from _result_contradictions(measured, measured.result)


def _tree_contradictions(measured: FlowMeasured) -> Iterator[str]:
    counts, kept = measured.populations, measured.kept_populations
    if counts.keys() != kept.keys():
        yield "populations with and without flagged events are not the same"
        return
    for path, count in counts.items():
        parent = path.rpartition("/")[0]
        if parent and not count <= counts.get(parent, -1):
            yield f"population {path!r}: {count} events of {counts.get(parent)} in its parent"
        if not 0 <= kept[path] <= count:
            yield f"population {path!r}: {kept[path]} of {count} events kept"
    if counts and measured.mrd not in counts:
        yield f"the population {measured.mrd!r} that stands for disease is not there"


def _result_contradictions(measured: FlowMeasured, result: MrdResult) -> Iterator[str]:
    if measured.lacking or not measured.populations:
        yield f"a result, though the panel lacks {', '.join(measured.lacking) or 'every population'}"
        return
    for one in result.examined:
        if one.count not in measured.populations.values():
            yield f"{one.count} {one.name} are no population"
    yield from _found_contradictions(measured, result)
    again = from_flow_counts(
        int(result.found),
        result.examined,
        result.primary,
        result.evidence,
        result.lod * result.cells,
        result.loq * result.cells,
    )
    for key in ("lower", "upper"):
        given, made = getattr(result, key), getattr(again, key)
        if not math.isclose(given, made, rel_tol=_CLOSE, abs_tol=1e-300):
            yield f"{key} {given!r}; found and cells make it {made!r}"
    strategy = _shipped(measured)
    if strategy is not None and strategy.sha256 == measured.strategy_sha256:
        said = frozenset(result.flags) & _STATED
        if said != frozenset(strategy.states):
            stated = ", ".join(sorted(said)) or "nothing"
            yield f"it states {stated}; strategy {strategy.id} {', '.join(strategy.states)}"
    unsaid = [flag for flag in _raised(measured, result, strategy) if flag not in result.flags]
    if unsaid:
        yield f"the measurement raises {', '.join(dict.fromkeys(unsaid))}; the flags do not"
    yield from _answer_contradictions(measured, result)


def _shipped(measured: FlowMeasured) -> Strategy | None:
    """The shipped strategy that it names, or that its sha256 is of, if it is one."""
    for id in shipped_strategies():
        strategy = shipped_strategy(id)
        if strategy.sha256 == measured.strategy_sha256 or (strategy.id, strategy.version) == (
            measured.strategy,
            measured.strategy_version,
        ):
            return strategy
    return None


def _strategy_contradictions(measured: FlowMeasured) -> Iterator[str]:
    strategy = _shipped(measured)
    said = (measured.strategy, measured.strategy_version, measured.strategy_sha256)
    if strategy is not None and said != (strategy.id, strategy.version, strategy.sha256):
        yield (
            f"strategy {' '.join(said)}; this version of Remission ships "
            f"{strategy.id} {strategy.version} {strategy.sha256}"
        )


def _found_contradictions(measured: FlowMeasured, result: MrdResult) -> Iterator[str]:
    """What was found is what the gates found, and what was accepted beside them."""
    gates, accepted = measured.populations[measured.mrd], measured.acceptance
    if accepted is None or accepted.what == GATES:
        own = (gates, gates)
        if result.found != gates:
            yield f"{result.found} found, {gates} in {measured.mrd!r}"
        if accepted is not None and (accepted.events, accepted.shared) != own:
            yield f"{accepted.events} and {accepted.shared} events accepted, {gates} in {measured.mrd!r}"
        return
    most = measured.suggestion.events if measured.suggestion and not measured.suggestion.unfit else 0
    events, shared = accepted.events, accepted.shared
    if events is None or shared is None or most < 1 or not 0 <= shared <= min(events, gates):
        yield f"an accepted suggestion of {events} events, {shared} of them in the gates, {most} suggested"
    elif events > most or result.found != gates + events - shared:
        yield f"{result.found} found; {gates} by gates, {events} of {most} suggested, {shared} by both"


def _raised(measured: FlowMeasured, result: MrdResult, strategy: Strategy | None) -> Iterator[str]:
    """Flags that follow from what the file itself says."""
    yield from (one.flag for one in measured.quality if one.flag)
    yield from flags_of_counts(result.cells)
    way = measured.mrd.split("/")[:-1]
    above = ("/".join(way[: end + 1]) for end in range(len(way)))
    if measured.controls_missing or any(measured.populations.get(path) == 0 for path in above):
        yield CONTROL_MISSING
    if measured.uncompensated:
        yield UNCOMPENSATED
    if NUCLEIC not in measured.markers:
        yield NO_NUCLEAR_DYE
    if strategy is not None:
        yield from flags_of_gates(strategy, measured.left_out)
        if denominator_moved(strategy, result.primary, measured.adjustments):
            yield DENOMINATOR_MOVED
    unmoved = measured.unmoved
    if unmoved is not None and rests_on_moved(result, unmoved.found, unmoved.cells, _asked(measured, result)):
        yield RESTS_ON_MOVED


def _asked(measured: FlowMeasured, result: MrdResult) -> FlowAsked:
    """What was asked of it: the limits are so many events of the cells, but for rounding."""
    return FlowAsked(
        Fraction(str(measured.threshold)),
        Fraction(str(measured.required_lod)),
        round(result.lod * result.cells, _DIGITS),
        round(result.loq * result.cells, _DIGITS),
        result.primary,
        frozenset(measured.disqualifying_flags),
        frozenset(measured.blinding_flags),
        frozenset(measured.needed_flags),
    )


def _answer_contradictions(measured: FlowMeasured, result: MrdResult) -> Iterator[str]:
    asked = _asked(measured, result)
    answer = answer_to(result, asked)
    if answer != measured.answer:
        yield f"call {measured.answer.call}; the numbers make it {answer.call}: {answer.reason.en}"
    enough = sensitivity_of(result, measured.required_lod)
    if enough is not measured.sensitivity:
        yield f"sensitivity {measured.sensitivity}; the numbers make it {enough}"
    category = category_of(result, answer, enough, asked.disqualifying_flags)
    if category is not measured.category:
        yield f"category {measured.category!r}; the numbers make it {category!r}"


_STATED = frozenset({"cd19-only-gate", "cd19-independent-gate"})
"""What only a strategy states, never a person."""
_CONVERTER = with_gates(converter_of(Call, Category, Sensitivity, Concern, Operation))
