"""A reference as one file, and back.

A zip archive, nothing compressed: `about.json`, plain arrays (`.npy`, version 1.0), and `sha256` of all of
these. Equal references give equal bytes. The reader takes nothing else: no object that could run code, no
compressed member, no array larger than its bytes.
"""

import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any, BinaryIO, cast

import cattrs
import numpy as np
from numpy.typing import NDArray

from remission.errors import Altered, Hostile, InputRefused, InvariantBroken, Malformed, TooLarge
from remission.mrd.flow.suggestion.mixture import Mixture
from remission.mrd.flow.suggestion.reference import FalseCluster, HeldOut, Reference, View

SCHEMA_VERSION = 1
MOST_BYTES = 1 << 30
MOST_MEMBERS = 4_000
_ABOUT, _DIGEST = "about.json", "sha256"
_DATE = (1980, 1, 1, 0, 0, 0)
_REMEDY = "build the reference again"
_MIXTURE = ("weights", "means", "covariances")
_MARROW = ("places", "stands_for", "scores", "shift")
_SINGLE = ("places", "stands_for")


def write_reference(file: BinaryIO, reference: Reference) -> None:
    """Write a reference."""
    members = _members(reference)
    members[_DIGEST] = _digest(members).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)


def content_sha256(reference: Reference) -> str:
    """The sha256 of all that a reference says."""
    return _digest(_members(reference))


def read_reference(file: BinaryIO, name: str = "reference") -> Reference:
    """The reference written in a file.

    Raises
    ------
    Malformed, TooLarge, Hostile
        If it is no such archive.
    InputRefused
        If its schema version is another.
    Altered
        If it is not what was written.
    InvariantBroken
        If it contradicts itself.
    """
    members = _opened(file, name)
    digest = members.pop(_DIGEST, b"").decode("ascii", "replace")
    if digest != _digest(members):
        raise Altered("the content is not what was written", where=name, do=_REMEDY)
    try:
        reference = _structured(members, name)
    except (KeyError, TypeError, ValueError, cattrs.BaseValidationError) as error:
        raise Malformed(f"no reference: {error!s:.120}", where=name, do=_REMEDY) from error
    _check(reference, name)
    return replace(reference, sha256=digest)


def _members(reference: Reference) -> dict[str, bytes]:
    about = {
        "schema_version": SCHEMA_VERSION,
        "name": reference.name,
        "version": reference.version,
        "population": reference.population,
        "markers": list(reference.markers),
        "tops": dict(reference.tops),
        "views": [{"ignored": list(one.ignored), "threshold": one.threshold} for one in reference.views],
        "marrows": [
            {
                "name": one.name,
                "kind": one.kind,
                "cells": one.cells,
                "clusters": [[asdict(each) for each in seen] for seen in one.clusters],
                "far": list(one.far),
            }
            for one in reference.marrows
        ],
    }
    text = json.dumps(about, ensure_ascii=False, indent=1, allow_nan=False)
    members = {_ABOUT: text.encode()}
    for key in _MIXTURE:
        members[f"mixture/{key}.npy"] = _array_bytes(getattr(reference.mixture, key))
    for place, one in enumerate(reference.marrows):
        for key in _MARROW:
            members[f"marrows/{place}/{key}.npy"] = _array_bytes(getattr(one, key))
    return members


def _array_bytes(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return out.getvalue()


def _digest(members: Mapping[str, bytes]) -> str:
    total = sha256()
    for name in sorted(members):
        total.update(f"{name} {len(members[name])}\n".encode())
        total.update(members[name])
    return total.hexdigest()


def _opened(file: BinaryIO, name: str) -> dict[str, bytes]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Malformed(f"no archive: {error}", where=name, do=_REMEDY) from error
    with archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > MOST_BYTES:
            raise TooLarge(f"{len(members)} members", where=name, do=_REMEDY)
        if len({one.filename for one in members}) != len(members):
            raise Malformed("a member stands twice", where=name, do=_REMEDY)
        found: dict[str, bytes] = {}
        for one in members:
            if one.compress_type != zipfile.ZIP_STORED or one.file_size != one.compress_size:
                raise Hostile("a compressed member", where=f"{name}, {one.filename!r}", do=_REMEDY)
            try:
                found[one.filename] = archive.read(one)
            except (
                zipfile.BadZipFile,
                ValueError,
                OSError,
                EOFError,
                RuntimeError,
                NotImplementedError,
            ) as error:
                raise Malformed(f"{error}", where=f"{name}, {one.filename!r}", do=_REMEDY) from error
        return found


def _structured(members: dict[str, bytes], name: str) -> Reference:
    about = cast(dict[str, Any], json.loads(members.pop(_ABOUT)))
    version = about.pop("schema_version")
    if version != SCHEMA_VERSION:
        raise InputRefused(
            f"schema_version is {version!r}, not {SCHEMA_VERSION}",
            where=name,
            do="read it with the version of Remission that wrote it, or " + _REMEDY,
        )
    mixture = Mixture(*(_array(members.pop(f"mixture/{key}.npy"), np.float64) for key in _MIXTURE))
    marrows = tuple(_held_out(place, one, members) for place, one in enumerate(about.pop("marrows")))
    views = tuple(
        View(**_one(one, {"ignored": tuple[str, ...], "threshold": float})) for one in about.pop("views")
    )
    kinds = {
        "name": str,
        "version": str,
        "population": str,
        "markers": tuple[str, ...],
        "tops": dict[str, float],
    }
    if members:
        raise ValueError(f"members {', '.join(sorted(members))[:80]} have no place here")
    return Reference(**_one(about, kinds), mixture=mixture, views=views, marrows=marrows, sha256="")


def _held_out(place: int, given: dict[str, Any], members: dict[str, bytes]) -> HeldOut:
    clusters = tuple[tuple[FalseCluster, ...], ...]
    kinds = {"name": str, "kind": str, "cells": int, "clusters": clusters, "far": tuple[float, ...]}
    arrays: dict[str, Any] = {
        key: _array(members.pop(f"marrows/{place}/{key}.npy"), np.float32 if key in _SINGLE else np.float64)
        for key in _MARROW
    }
    return HeldOut(**_one(given, kinds), **arrays)


def _one(given: dict[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Values of just these keys, of these types."""
    if set(given) != set(kinds):
        raise ValueError(f"keys {', '.join(map(str, given))}")
    return {key: cattrs.structure(given[key], kind) for key, kind in kinds.items()}


def _array(content: bytes, kind: type[np.floating[Any]]) -> NDArray[Any]:
    """An array of finite numbers, as large as its bytes."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array of another version")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    count = math.prod(shape)
    if fortran or dtype != np.dtype(kind) or len(content) - file.tell() != count * dtype.itemsize:
        raise ValueError(f"an array of {dtype} {shape}")
    array = np.frombuffer(content, dtype=kind, offset=file.tell()).reshape(shape).copy()
    if not np.isfinite(array).all():
        raise ValueError("numbers that are not finite")
    return array


def _check(reference: Reference, name: str) -> None:
    for what in _contradictions(reference):
        raise InvariantBroken(what, where=name, do=_REMEDY)


def _contradictions(reference: Reference) -> Iterator[str]:
    markers, mixture = len(reference.markers), reference.mixture
    parts, views = len(mixture.weights), len(reference.views)
    if len(set(reference.markers)) != markers or set(reference.tops) != set(reference.markers):
        yield "markers and ranges do not agree"
    if not markers or not views or not reference.marrows or mixture.weights.shape != (parts,):
        yield "no markers, view or marrow"
    if mixture.means.shape != (parts, markers) or mixture.covariances.shape != (parts, markers, markers):
        yield "a mixture of other markers"
    elif (mixture.weights < 0).any() or not math.isclose(float(mixture.weights.sum()), 1.0, rel_tol=1e-6):
        yield "weights that are no shares"
    elif not _is_spread(mixture):
        yield "a covariance that is none"
    for one in reference.marrows:
        events = one.places.shape[0]
        shapes = (one.places.shape, one.stands_for.shape, one.scores.shape, one.shift.shape)
        if shapes != ((events, markers), (events,), (views, events), (markers,)):
            yield f"marrow {one.name}: arrays of other shapes"
        if (len(one.clusters), len(one.far)) != (views, views) or one.cells < 1:
            yield f"marrow {one.name}: counts of other views"


def _is_spread(mixture: Mixture) -> bool:
    covariances = mixture.covariances
    if not np.allclose(covariances, covariances.transpose(0, 2, 1)):
        return False
    try:
        np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError:
        return False
    return True
