"""An index as JSON text and back: written at diagnosis, read at every follow-up.

Schema version 1. Keys follow `clonotype.Index`, in its order. A number is a number, never text; nothing is
converted or left out in reading, and what contradicts itself is refused. The last key, `digest`, is the
sha256 of all others as JSON with sorted keys, no spaces, ASCII only: a file changed by hand is refused. It is
no signature: whoever means to deceive can compute it anew.
"""

import json
import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, BinaryIO, cast

import cattrs
from cattrs.errors import StructureHandlerNotFoundError

from remission.errors import Hostile, InputRefused, InvariantBroken, Malformed, TooLarge, WrongEncoding
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone
from remission.mrd.ngs.fates import Fate, Fates
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.terms.exactly import exactly

SCHEMA_VERSION = 1
MOST_BYTES = 16 * 2**20
_REMEDY = "write the index anew with `remission ngs index`"


def write_index(index: Index) -> str:
    """The JSON text of an index, ending in a newline; equal indexes give equal bytes."""
    body = {"schema_version": SCHEMA_VERSION, **cast(dict[str, Any], _CONVERTER.unstructure(index))}
    body["digest"] = _digest(body)
    return json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def read_index(file: BinaryIO, name: str = "index.json") -> Index:
    """The index written in a file.

    Raises
    ------
    WrongEncoding, Malformed, TooLarge, Hostile
        If it is no JSON text; line and column are named.
    InputRefused
        If its schema version is another, a key is missing, unknown or of the wrong type; the key is named.
    InvariantBroken
        If it contradicts itself, with the key named; if anything in it is not as it was written.
    """
    body = _object(file, name)
    digest = body.pop("digest", None)
    written = dict(body)
    version = body.pop("schema_version", None)
    if type(version) is not int or version != SCHEMA_VERSION:
        raise InputRefused(
            f"schema_version is {version!r}, not {SCHEMA_VERSION}",
            where=f"{name}, key schema_version",
            do="read it with the version of Remission that wrote it, or " + _REMEDY,
        )
    try:
        index = _CONVERTER.structure(body, Index)
    except (cattrs.BaseValidationError, StructureHandlerNotFoundError, InputRefused) as error:
        raise _named(error, name) from error
    for place, what in _contradictions(index):
        raise InvariantBroken(what, where=f"{name}, key {place}", do=_REMEDY)
    if digest != _digest(written):
        raise InvariantBroken(
            f"the digest is {digest!r}, not that of the rest: the index was changed after it was written",
            where=f"{name}, key digest",
            do="index the diagnosis again",
        )
    return index


def _digest(body: dict[str, Any]) -> str:
    return sha256(
        json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    ).hexdigest()


def _object(file: BinaryIO, name: str) -> dict[str, Any]:
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise TooLarge(f"more than {MOST_BYTES} bytes", where=name, do=_REMEDY)
    try:
        body = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            "the text is not UTF-8", where=f"{name}, byte {error.start + 1}", do=_REMEDY
        ) from error
    except json.JSONDecodeError as error:
        where = f"{name}, line {error.lineno}, column {error.colno}"
        raise Malformed(f"no JSON: {error.msg}", where=where, do=_REMEDY) from error
    except RecursionError as error:
        raise Hostile("nested too deeply", where=name, do=_REMEDY) from error
    except ValueError as error:
        raise Malformed(f"no JSON: {error}", where=name, do=_REMEDY) from error
    if not isinstance(body, dict):
        raise Malformed(f"the text is a {type(body).__name__}, not an object", where=name, do=_REMEDY)
    return cast(dict[str, Any], body)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"key {key!r} appears twice")
    return dict(pairs)


def _constant(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _named(error: Exception, name: str) -> InputRefused:
    for line in cattrs.transform_error(error):
        what, _, path = line.rpartition(" @ ")
        return InputRefused(what or line, where=f"{name}, key {path.removeprefix('$.')}", do=_REMEDY)
    return InputRefused(str(error), where=name, do=_REMEDY)


def _contradictions(index: Index) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if sum(index.fates.values()) != index.reads_total:
        found.append(("fates", f"fates add up to {sum(index.fates.values())}, not {index.reads_total} reads"))
    if any(reads < 0 for reads in index.fates.values()):
        found.append(("fates", "a fate has fewer than 0 reads"))
    names = [clone.name for clone in index.clones]
    for number, clone in enumerate(index.clones):
        place = f"clones[{number}]"
        if not clone.name or names.count(clone.name) > 1:
            found.append((f"{place}.name", f"{clone.name!r} is empty or names two clones"))
        if clone.family not in names:
            found.append((f"{place}.family", f"{clone.family!r} names no clone of the index"))
        found.extend((f"{place}.{key}", what) for key, what in _of_clone(clone))
    return found


def _of_clone(clone: IndexClone) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if not 0.0 < clone.share <= 1.0:
        found.append(("share", f"{clone.share!r} is no share"))
    if clone.uniqueness.by_chance < 0.0:
        found.append(("uniqueness.by_chance", f"{clone.uniqueness.by_chance!r} reads"))
    if clone.uniqueness.nearest_reads < 0 or (clone.uniqueness.nearest or 0) < 0:
        found.append(("uniqueness.nearest", "less than 0"))
    one = clone.clonotype
    if not 1 <= one.exact <= one.reads:
        found.append(("clonotype.exact", f"{one.exact} of {one.reads} reads"))
    if not one.sequence or set(one.sequence) - set("ACGTN"):
        found.append(("clonotype.sequence", "empty, or other letters than A, C, G, T, N"))
    for key, span in (("clonotype.window", one.window), ("stem", clone.stem)):
        if span is None:
            continue
        if not 0 <= span[0] < span[1] <= len(one.sequence):
            found.append((key, f"{list(span)} lies not on the {len(one.sequence)} bases of the sequence"))
        elif "N" in one.sequence[slice(*span)]:
            found.append((key, "holds an unknown base"))
    found.extend((f"clonotype.rearrangement.{key}", what) for key, what in _of_rearrangement(one))
    return found


def _of_rearrangement(clone: Clonotype) -> list[tuple[str, str]]:
    rearrangement, found = clone.rearrangement, list[tuple[str, str]]()
    size = len(clone.sequence)
    if rearrangement.turned:
        found.append(("turned", "the sequence of a clonotype is in the direction of the gene"))
    if rearrangement.junction is not None:
        start, end = rearrangement.junction
        if not 0 <= start < end <= size:
            found.append(("junction", f"[{start}, {end}] lies not on the {size} bases of the sequence"))
    if len(rearrangement.d) > 2:
        found.append(("d", f"{len(rearrangement.d)} segments"))
    for key, part in _parts(rearrangement):
        if not part.alleles or not all(part.alleles):
            found.append((f"{key}.alleles", "no name"))
        if not 0 <= part.start < part.end <= size:
            found.append((key, f"{part.start} to {part.end} lies not on the {size} bases of the sequence"))
        numbers = (part.germline_start, part.cut_5, part.cut_3, part.mismatches)
        if min(numbers) < 0 or part.germline_end <= part.germline_start:
            found.append((key, "a number is below 0, or the germline ends before it starts"))
    return found


def _parts(rearrangement: Rearrangement) -> list[tuple[str, Part]]:
    middle = [(f"d[{number}]", part) for number, part in enumerate(rearrangement.d)]
    return [("five", rearrangement.five), *middle, ("three", rearrangement.three)]


def _float(value: Any, _: object) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def _span(value: Any, _: object) -> tuple[int, int]:
    if not isinstance(value, list) or [type(one) for one in cast(list[Any], value)] != [int, int]:
        raise ValueError(f"{value!r} is not a start and an end")
    start, end = cast(list[int], value)
    return start, end


def _fates(value: Any, _: object) -> Fates:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not an object")
    read = exactly(int)
    return {Fate(key): read(reads, None) for key, reads in cast(Mapping[str, Any], value).items()}


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, exactly(kind))
    converter.register_structure_hook(float, _float)
    # The hook for text would catch these too, for they are made of text.
    converter.register_structure_hook(Locus, lambda value, _: Locus(value))
    converter.register_structure_hook(Kind, lambda value, _: Kind(value))
    converter.register_structure_hook_func(lambda kind: kind == tuple[int, int], _span)
    converter.register_structure_hook_func(lambda kind: kind == Fates, _fates)
    return converter


_CONVERTER = _converter()
