"""Clonotypes as a `.vidjil` file, version 2016b, for viewers that open it.

Positions in the file count from 1 and include both ends. The loci are named as those viewers name them:
IGH+ is the incomplete D-J, IGK+ a joining to Kde.
"""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from remission.mrd.ngs.airr import translated
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.rearrangement import Kind, Locus, Part

VERSION = "2016b"


def vidjil_json(repertoire: Repertoire, sample: str, producer: str, made: datetime) -> str:
    """The listed clonotypes of a sample as the text of a `.vidjil` file.

    Parameters
    ----------
    producer : str
        Which program and version wrote it.
    made : datetime
        When, with a time zone; written in UTC.
    """
    stamp = made.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    loci: dict[str, int] = {}
    for (locus, kind), reads in repertoire.kinds.items():
        loci[locus_name(locus, kind)] = loci.get(locus_name(locus, kind), 0) + reads
    body = {
        "producer": producer,
        "timestamp": stamp,
        "vidjil_json_version": VERSION,
        "samples": {
            "number": 1,
            "original_names": [sample],
            "producer": [producer],
            "timestamp": [stamp],
            "log": [""],
        },
        "reads": {
            "total": [repertoire.reads_total],
            "segmented": [repertoire.reads_rearranged],
            "germline": {name: [reads] for name, reads in sorted(loci.items())},
        },
        "clones": [_clone(clone, top) for top, clone in enumerate(repertoire.clonotypes, start=1)],
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def locus_name(locus: Locus, kind: Kind) -> str:
    """The name viewers of this format have for a locus and kind."""
    return f"{locus}+" if kind in (Kind.D_J, Kind.V_KDE, Kind.INTRON_KDE) else str(locus)


def clone_name(clone: Clonotype) -> str:
    """Segments with what was cut and put between, such as `IGHV3-23*01 2/ACG/4 IGHJ4*02`."""
    found = clone.rearrangement
    parts = (found.five, *found.d, found.three)
    words = [parts[0].alleles[0]]
    for left, right in pairwise(parts):
        between = clone.sequence[left.end : right.start]
        words += [f"{left.cut_3}/{between}/{right.cut_5}", right.alleles[0]]
    return " ".join(words)


def _clone(clone: Clonotype, top: int) -> dict[str, Any]:
    found = clone.rearrangement
    segments: dict[str, Any] = {"5": _segment(found.five, right=True)}
    names = ("4",) if len(found.d) == 1 else ("4a", "4b")
    for name, part in zip(names, found.d, strict=False):
        segments[name] = _segment(part, left=True, right=True)
    segments["3"] = _segment(found.three, left=True)
    if found.junction is not None:
        segments |= _junction(clone, found.junction)
    return {
        "id": clone.key,
        "name": clone_name(clone),
        "sequence": clone.sequence,
        "reads": [clone.reads],
        "top": top,
        "germline": locus_name(found.locus, found.kind),
        "_average_read_length": [float(len(clone.sequence))],
        "seg": segments,
    }


def _segment(part: Part, *, left: bool = False, right: bool = False) -> dict[str, Any]:
    segment: dict[str, Any] = {"name": part.alleles[0], "start": part.start + 1, "stop": part.end}
    if left:
        segment["delLeft"] = part.cut_5
    if right:
        segment["delRight"] = part.cut_3
    return segment


def _junction(clone: Clonotype, span: tuple[int, int]) -> dict[str, Any]:
    start, end = span
    junction: dict[str, Any] = {"start": start + 1, "stop": end}
    if clone.rearrangement.productive is not None:
        junction["productive"] = clone.rearrangement.productive
    if (end - start) % 3 == 0:
        junction["aa"] = translated(clone.sequence[start:end])
    return {"junction": junction, "cdr3": {"start": start + 4, "stop": end - 3}}
