"""Walk a number back: formula, inputs, participants, ledger entries, results, evidence, files."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, fields

import cattrs

from remission.conduct.state import Recorded
from remission.errors import NotFound
from remission.mrd.result import MrdResult
from remission.mrd.words import percent
from remission.results.analysis import Results
from remission.results.numbers import Basis, Number
from remission.terms.evidence import EntryRef, Evidence
from remission.terms.ids import SubjectId
from remission.terms.words import SIMULATED, Text


@dataclass(frozen=True, slots=True)
class WhyEntry:
    """A ledger entry a number rests on: its place, what it says, who wrote it, and its evidence, if any."""

    ref: EntryRef
    kind: str
    says: tuple[tuple[str, str], ...]
    actor: str
    role: str
    recorded_at: str
    result: MrdResult | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class WhyParticipant:
    """A participant a number rests on, with the entries."""

    subject: SubjectId
    entries: tuple[WhyEntry, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """A number, the numbers it came from, and the participants it rests on."""

    number: Number
    inputs: tuple["Why", ...]
    participants: tuple[WhyParticipant, ...]
    simulated: bool


def why(results: Results, id: str) -> Why:
    """The whole chain behind a number.

    Raises
    ------
    NotFound
        When the results hold no such number; the refusal names the nearest.
    """
    number = results.numbers.get(id)
    if number is None:
        near = difflib.get_close_matches(id, results.numbers, n=5, cutoff=0.3)
        raise NotFound(
            f"there is no number {id!r}",
            where=f"results of {results.study.id}",
            do="ask for one of: " + (", ".join(near) or "those that the tables name"),
        )
    return Why(
        number,
        tuple(why(results, input) for input in number.inputs),
        tuple(_participant(results, basis) for basis in number.rests_on),
        results.simulated,
    )


def _participant(results: Results, basis: Basis) -> WhyParticipant:
    history = results.participants[basis.subject].history
    by_ref = {recorded.ref: recorded for recorded in history}
    return WhyParticipant(basis.subject, tuple(_entry(by_ref[ref]) for ref in basis.refs))


def _entry(recorded: Recorded) -> WhyEntry:
    event = recorded.event
    says: list[tuple[str, str]] = []
    result: MrdResult | None = None
    evidence: Evidence | None = None
    for field in fields(event):
        value: object = getattr(event, field.name)
        if isinstance(value, MrdResult):
            result, evidence = value, value.evidence
        elif isinstance(value, Evidence):
            evidence = value
        elif value is not None and value != "" and not isinstance(value, tuple):
            says.append((field.name, str(value)))
    return WhyEntry(
        recorded.ref, type(event).__name__, tuple(says), recorded.actor, recorded.role,
        recorded.recorded_at, result, evidence,
    )  # fmt: skip


def why_lines(found: Why, language: str = "en") -> list[str]:
    """The chain as indented lines of text."""
    head = [SIMULATED.in_(language)] if found.simulated else []
    return [*head, *_lines(found, language, 0)]


_RESTS = Text("rests on", "依据")
_FROM = Text("from", "由")


def _lines(found: Why, language: str, depth: int) -> Iterator[str]:
    number, pad = found.number, "  " * depth
    yield f"{pad}{number.id} = {number.text.in_(language)}  ({number.label.in_(language)})"
    yield f"{pad}  {_FROM.in_(language)}: {number.formula.in_(language)}"
    for part in found.inputs:
        yield from _lines(part, language, depth + 2)
    for participant in found.participants:
        yield f"{pad}  {_RESTS.in_(language)} {participant.subject}"
        for entry in participant.entries:
            yield from _entry_lines(entry, pad + "    ")


def _entry_lines(entry: WhyEntry, pad: str) -> Iterator[str]:
    says = ", ".join(f"{name} {value}" for name, value in entry.says)
    yield f"{pad}entry {entry.ref.seq} {entry.kind}: {says}"
    yield f"{pad}  hash {entry.ref.hash}, {entry.actor} ({entry.role}), {entry.recorded_at}"
    if entry.result is not None:
        result = entry.result
        yield (
            f"{pad}  result {result.method}: {result.found:g} of {result.cells} {result.primary}, "
            f"{percent(result.level)} [{percent(result.lower)}, {percent(result.upper)}], "
            f"LOD {percent(result.lod)}, flags {', '.join(result.flags) or 'none'}"
        )
    if entry.evidence is not None:
        yield f"{pad}  evidence {entry.evidence.method} {entry.evidence.version}"
        for setting in entry.evidence.settings:
            yield f"{pad}    setting {setting.name} = {setting.value}"
        for file in entry.evidence.files:
            yield f"{pad}    file {file.name}, {file.size} bytes, sha256 {file.sha256}"


def as_json(found: Why) -> dict[str, object]:
    """The chain as JSON values, equal for equal input."""
    return _PLAIN.unstructure(found)


_PLAIN = cattrs.Converter()
