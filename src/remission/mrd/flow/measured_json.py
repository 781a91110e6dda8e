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

from remission.mrd.calls import Answer, Call, against
from remission.mrd.flow.gates.as_json import with_gates
from remission.mrd.flow.gates.gates import Operation
from remission.mrd.flow.measure import SUGGESTION, category_of, sensitivity_of
from remission.mrd.flow.measured import Category, FlowMeasured, Sensitivity
from remission.mrd.flow.quality.findings import Concern, Finding
from remission.mrd.flow.strategies.reading import shipped_strategies, shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment
from remission.mrd.flow.suggestion.suggested import Acceptance, Suggestion
from remission.mrd.result import Denominator, Method, MrdResult, from_flow_counts
from remission.mrd.result_json import checked_of, converter_of, document_of, json_text
from remission.terms.evidence import Evidence
from remission.terms.words import Text

SCHEMA_VERSION = 1

_NUMBERS = ("level", "lower", "upper", "lod", "loq")
_LISTS = {
    "quality": Finding, "adjustments": Adjustment, "notes": Text, "left_out": str, "lacking": str,
    "disqualifying_flags": str, "blinding_flags": str, "needed_flags": str,
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
    "blinding_flags", "needed_flags", "answer", "evidence",
)  # fmt: skip
_DO = "measure the sample again, with the version of Remission you have"
_CLOSE = 1e-9


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
    yield from _tree_contradictions(measured)
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
    accepted = measured.acceptance
    if accepted is not None and accepted.what == SUGGESTION:
        most = measured.suggestion.events if measured.suggestion else -1
        if result.found > most:
            yield f"{result.found} events of an accepted suggestion of {max(most, 0)}"
    elif result.found != measured.populations[measured.mrd]:
        yield f"{result.found} found, {measured.populations[measured.mrd]} in {measured.mrd!r}"
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
    unsaid = [one.flag for one in measured.quality if one.flag and one.flag not in result.flags]
    if unsaid:
        yield f"quality raises {', '.join(unsaid)}; the flags do not"
    for id in shipped_strategies():
        strategy = shipped_strategy(id)
        said = frozenset(result.flags) & _STATED
        if measured.strategy_sha256 == strategy.sha256 and said != frozenset(strategy.states):
            stated = ", ".join(sorted(said)) or "nothing"
            yield f"it states {stated}; strategy {id} {', '.join(strategy.states)}"
    yield from _answer_contradictions(measured, result)


def _answer_contradictions(measured: FlowMeasured, result: MrdResult) -> Iterator[str]:
    threshold, required = (Fraction(str(asked)) for asked in (measured.threshold, measured.required_lod))
    disqualifying = frozenset(measured.disqualifying_flags)
    blinding, needed = frozenset(measured.blinding_flags), frozenset(measured.needed_flags)
    answer = against(result, threshold, required, disqualifying, blinding, needed)
    if answer != measured.answer:
        yield f"call {measured.answer.call}; the numbers make it {answer.call}: {answer.reason.en}"
    enough = sensitivity_of(result, measured.required_lod)
    if enough is not measured.sensitivity:
        yield f"sensitivity {measured.sensitivity}; the numbers make it {enough}"
    category = category_of(result, answer, enough, disqualifying)
    if category is not measured.category:
        yield f"category {measured.category!r}; the numbers make it {category!r}"


_STATED = frozenset({"cd19-only-gate", "cd19-independent-gate"})
"""What only a strategy states, never a person."""
_CONVERTER = with_gates(converter_of(Call, Category, Sensitivity, Concern, Operation))
