"""A tally as JSON and back: what a run keeps between looking for clones and the answers."""

import json
from io import BytesIO
from types import MappingProxyType
from typing import Any, cast

import cattrs

from remission.errors import InputRefused
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.tally import Tally, TargetCount

SCHEMA_VERSION = 2
_CONVERTER = cattrs.Converter(forbid_extra_keys=True)


def write_tally(tally: Tally) -> bytes:
    """The JSON text of a tally, UTF-8; equal tallies give equal bytes."""
    body = {
        "schema_version": SCHEMA_VERSION,
        "sample": tally.sample,
        "fates": {str(fate): reads for fate, reads in tally.fates.items()},
        "lengths": {str(length): reads for length, reads in tally.lengths.items()},
        "counts": [_CONVERTER.unstructure(count) for count in tally.counts],
    }
    return (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()


def read_tally(raw: bytes, name: str) -> Tally:
    """The tally that `write_tally` wrote.

    Raises
    ------
    InputRefused
        If it is none.
    """
    try:
        body = cast(dict[str, Any], json.load(BytesIO(raw)))
        if body["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema_version {body['schema_version']!r}")
        return Tally(
            sample=body["sample"],
            counts=_CONVERTER.structure(body["counts"], tuple[TargetCount, ...]),
            fates=MappingProxyType({Fate(fate): int(reads) for fate, reads in body["fates"].items()}),
            lengths=MappingProxyType({int(length): int(n) for length, n in body["lengths"].items()}),
        )
    except (ValueError, KeyError, TypeError, AttributeError, cattrs.BaseValidationError) as error:
        raise InputRefused(f"no tally: {error}", where=name, do="take it away and run again") from None
