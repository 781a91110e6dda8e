"""Gates moved for one sample, as a small JSON file: what a page or a person hands to a measurement.

Keys: `schema_version`, `sample`, `strategy` and its `strategy_sha256`, and `adjustments`: each with its
`gate` (kind first, fields as `gates` names them), `by`, `why`, `at`.
"""

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.gates.as_json import with_gates
from remission.mrd.flow.gates.gates import Operation
from remission.mrd.flow.strategies.adjusting import adjusted
from remission.mrd.flow.strategies.strategy import Adjustment, Strategy
from remission.mrd.result_json import UNREADABLE, converter_of, document_of, json_text

SCHEMA_VERSION = 1
_KEYS = ("schema_version", "sample", "strategy", "strategy_sha256", "adjustments")
_DO = "move the gates again on the sample's page, or correct the file"


def write_adjustments(sample: str, strategy: Strategy, adjustments: Sequence[Adjustment]) -> str:
    """The JSON text of the gates moved for a sample; equal adjustments give equal text.

    Raises
    ------
    InvariantBroken
        As in `adjusting.adjusted`.
    """
    adjusted(strategy, adjustments)
    return json_text(
        {
            "schema_version": SCHEMA_VERSION,
            "sample": sample,
            "strategy": strategy.id,
            "strategy_sha256": strategy.sha256,
            "adjustments": [_CONVERTER.unstructure(one) for one in adjustments],
        }
    )


def read_adjustments(
    file: BinaryIO, sample: str, strategy: Strategy, name: str = "adjustments.json"
) -> tuple[Adjustment, ...]:
    """The adjustments of a file that `write_adjustments` wrote for this sample and strategy.

    Raises
    ------
    WrongEncoding, Malformed, Truncated, TooLarge
        For text that is no such JSON.
    InputRefused
        If it is of another sample, or of another strategy or version of it.
    InvariantBroken
        If a value is missing or of the wrong kind; and as in `adjusting.adjusted`.
    """
    document = document_of(file, name, _KEYS, SCHEMA_VERSION, "a file of adjustments", _DO)
    for key, value in (
        ("sample", sample),
        ("strategy", strategy.id),
        ("strategy_sha256", strategy.sha256),
    ):
        if document[key] != value:
            raise InputRefused(
                f"{key} {document[key]!r}, where {value!r} is measured",
                where=f"{name}, {key}",
                do="give the adjustments of this sample by this strategy",
            )
    try:
        moved = _CONVERTER.structure(document["adjustments"], cast(type[Any], tuple[Adjustment, ...]))
        adjusted(strategy, moved)
    except InputRefused as error:
        raise InvariantBroken(error.what, where=f"{name}, {error.where}", do=error.do) from error
    except UNREADABLE as error:
        raise InvariantBroken(f"it cannot be read: {error}", where=name, do=_DO) from error
    return moved


_CONVERTER = with_gates(converter_of(Operation))
