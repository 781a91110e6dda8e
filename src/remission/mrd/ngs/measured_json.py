"""A measured sample as JSON: the numbers first, then everything they rest on.

What was written is read back exactly. A file whose numbers contradict one another is refused: it was changed
by hand, or by a version that did not know what it wrote.
"""

from collections.abc import Iterator
from dataclasses import fields
from fractions import Fraction
from types import MappingProxyType
from typing import Any, BinaryIO, cast

from remission.mrd.calls import Answer, Call, against
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.flags import SCATTERED_SPIKES, flags_of, is_held
from remission.mrd.ngs.measure import cells_seen, highest_hidden
from remission.mrd.ngs.measured import CloneLevel, Foreign, Measured, SpikeLevel
from remission.mrd.result import Denominator, Method, MrdResult
from remission.mrd.result_json import checked_of, converter_of, document_of, json_text
from remission.terms.evidence import Evidence
from remission.terms.exactly import number
from remission.terms.words import Text

SCHEMA_VERSION = 1

_NUMBERS = ("level", "lower", "upper", "lod", "loq")
_ALIKE = (
    "sample", "index_sample", "threshold", "required_lod", "cells", "cells_seen", "lob", "germline",
    "disqualifying_flags", "blinding_flags",
)  # fmt: skip
_LISTS = {"clones": CloneLevel, "spikes": SpikeLevel, "foreign": Foreign, "notes": Text}
_KEYS = (
    "schema_version", "simulated", "sample", "index_sample", "call", "level", "lower", "upper", "lod", "loq",
    "lob", "threshold", "required_lod", "reads_total", "cells", "cells_seen", "clones", "spikes", "foreign",
    "fates", "flags", "notes", "germline", "disqualifying_flags", "blinding_flags", "answer", "found",
    "examined", "primary", "evidence",
)  # fmt: skip
_DO = "measure the sample again, with the version of Remission you have"


def write_measured(measured: Measured) -> str:
    """The JSON text of a measured sample; equal results give equal text."""
    result = measured.result
    plain = cast(dict[str, Any], _CONVERTER.unstructure(measured))
    inner = cast(dict[str, Any], plain.pop("result"))
    written = {
        **plain,
        **inner,
        "schema_version": SCHEMA_VERSION,
        "simulated": result.evidence.simulated,
        "call": measured.answer.call,
        "reads_total": measured.reads_total,
    }
    return json_text({key: written[key] for key in _KEYS})


def read_measured(file: BinaryIO, name: str = "result") -> Measured:
    """The measured sample of a file that `write_measured` wrote.

    Raises
    ------
    WrongEncoding, Malformed, Truncated, TooLarge
        For text that is no such JSON.
    InvariantBroken
        If a value is missing or of the wrong kind, or the numbers contradict one another.
    """
    document = document_of(file, name, _KEYS, SCHEMA_VERSION, "a result", _DO)
    return checked_of(document, _structured, _contradictions, name, _DO)


def _structured(document: dict[str, Any]) -> Measured:
    result = MrdResult(
        method=Method.NGS,
        found=number(document["found"], None),
        examined=_CONVERTER.structure(document["examined"], tuple[Denominator, ...]),
        primary=_CONVERTER.structure(document["primary"], str),
        **{key: _CONVERTER.structure(document[key], float) for key in _NUMBERS},
        flags=_CONVERTER.structure(document["flags"], tuple[str, ...]),
        evidence=_CONVERTER.structure(document["evidence"], Evidence),
    )
    kinds = {field.name: field.type for field in fields(Measured)}
    return Measured(
        result=result,
        answer=_CONVERTER.structure(document["answer"], Answer),
        fates=MappingProxyType(_CONVERTER.structure(document["fates"], dict[Fate, int])),
        **{key: _CONVERTER.structure(document[key], tuple[kind, ...]) for key, kind in _LISTS.items()},
        **{key: _CONVERTER.structure(document[key], cast(type[Any], kinds[key])) for key in _ALIKE},
    )


def _contradictions(measured: Measured, document: dict[str, Any]) -> Iterator[str]:
    """What in a result does not agree with the rest of it."""
    result = measured.result
    for key, value in (
        ("simulated", result.evidence.simulated),
        ("call", measured.answer.call),
        ("reads_total", measured.reads_total),
    ):
        if document[key] != value or isinstance(document[key], bool) != isinstance(value, bool):
            yield f"{key} {document[key]!r}; the rest of the result makes it {value!r}"
    if min(measured.fates.values(), default=0) < 0:
        yield "a fate with fewer than 0 reads"
    if result.cells != measured.cells:
        yield f"cells {measured.cells}, but {result.cells} examined"
    if measured.cells_seen != (cells_seen(result.lod, result.cells) if measured.clones else 0):
        yield f"cells seen {measured.cells_seen} do not make the LOD {result.lod!r}"
    for clone in measured.clones:
        yield from _clone_contradictions(clone, measured)
    yield from _result_contradictions(measured)


def _clone_contradictions(clone: CloneLevel, measured: Measured) -> Iterator[str]:
    spike = {level.locus: level for level in measured.spikes}.get(clone.locus)
    if spike is None or spike.reads <= 0 or spike.reads_per_template != spike.reads / spike.copies:
        yield f"{clone.name}: the spikes of {clone.locus} do not give its templates"
        return
    found = clone.reads > clone.lob_reads
    templates = clone.reads * spike.copies / spike.reads if found else 0.0
    if clone.templates != templates:
        yield f"{clone.name}: templates {clone.templates!r}; its reads and spikes make {templates!r}"
    if clone.level != clone.templates / measured.cells:
        yield f"{clone.name}: level {clone.level!r} is not {clone.templates!r} / {measured.cells}"
    stem = clone.stem_reads * spike.copies / spike.reads / measured.cells
    if clone.stem_level != stem:
        yield f"{clone.name}: stem level {clone.stem_level!r}; its reads and spikes make {stem!r}"
    if not 0 <= clone.lower <= clone.level <= clone.upper or (not found and clone.lower):
        yield f"{clone.name}: level {clone.level!r}, interval {clone.lower!r} to {clone.upper!r}"
    if not 0 < clone.lod <= 1 or not (found or is_held(clone) or clone.lod == clone.upper == 1):
        yield f"{clone.name}: LOD {clone.lod!r}, with reads long enough: {clone.long_enough!r}"
    counts = (
        clone.exact_reads, clone.stem_reads, clone.neighbour_reads, clone.lob_reads, clone.cut_off_reads
    )  # fmt: skip
    if min(counts) < 0 or not clone.exact_reads <= clone.reads <= measured.reads_total:
        yield f"{clone.name}: {clone.reads} reads, {clone.exact_reads} exact"


def _result_contradictions(measured: Measured) -> Iterator[str]:
    result = measured.result
    highest = max(measured.clones, key=lambda clone: clone.level, default=None)
    found = sum(clone.templates > 0 for clone in measured.clones)
    if highest and highest.templates:
        # with several found, the lower limit lies below that of the highest: it was picked from among them
        lower = highest.lower if found == 1 else min(result.lower, highest.lower)
        made = (highest.templates, highest.level, lower, highest.upper)
    else:
        made = (0, 0.0, 0.0, highest_hidden(measured.clones))
    if (result.found, result.level, result.lower, result.upper) != made:
        yield f"{result.found!r} found ({result.lower!r} to {result.upper!r}) is not of the highest clone"
    lods = {clone.lod for clone in measured.clones}
    if highest and result.lod not in lods:
        yield f"LOD {result.lod!r} is not that of one of its clones"
    mean = {level.locus: level.reads_per_template for level in measured.spikes}
    blanks = [clone.lob_reads / mean[clone.locus] / measured.cells for clone in measured.clones]
    if measured.lob != max(blanks, default=0.0):
        yield f"limit of blank {measured.lob!r} is not that of its clones"
    raised = flags_of(
        measured.clones,
        measured.spikes,
        measured.foreign,
        measured.threshold,
        scattered=SCATTERED_SPIKES in result.flags,
    )
    if result.flags != raised:
        yield f"flags {', '.join(result.flags) or 'none'}; the numbers raise {', '.join(raised) or 'none'}"
    threshold, required = (Fraction(str(asked)) for asked in (measured.threshold, measured.required_lod))
    flags = frozenset(measured.disqualifying_flags), frozenset(measured.blinding_flags)
    answer = against(result, threshold, required, *flags)
    if answer != measured.answer:
        yield f"call {measured.answer.call}; the numbers make it {answer.call}: {answer.reason.en}"


_CONVERTER = converter_of(Fate, Call)
