"""Flags that a measurement raises by itself and that count whatever a study file lists."""

from collections.abc import Mapping
from types import MappingProxyType

from remission.mrd.flow import measure_flags as flow
from remission.mrd.ngs import flags as ngs
from remission.mrd.result import Method

DISQUALIFYING: Mapping[str, frozenset[str]] = MappingProxyType(
    {Method.FLOW: flow.DISQUALIFYING, Method.NGS: ngs.DISQUALIFYING}
)
BLINDING: Mapping[str, frozenset[str]] = MappingProxyType(
    {Method.FLOW: flow.BLINDING, Method.NGS: ngs.BLINDING}
)
"""By method: with the first a result says nothing; with the second it can be positive, never negative."""
