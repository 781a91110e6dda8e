"""What became of every read: each read of a file has exactly one fate."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from remission.terms.words import Text


class Fate(StrEnum):
    """Why a read was used, or was not."""

    INDEX = "index"
    STEM = "stem"
    SPIKE = "spike"
    FOREIGN = "foreign"
    NEIGHBOUR = "neighbour"
    CLONOTYPE = "clonotype"
    OTHER = "other"
    NO_REARRANGEMENT = "no-rearrangement"
    NOT_MERGED = "not-merged"
    TOO_SHORT = "too-short"
    LOW_QUALITY = "low-quality"


FATE_NAMES: Mapping[Fate, Text] = MappingProxyType(
    {
        Fate.INDEX: Text("index clone", "指标克隆"),
        Fate.STEM: Text("stem of an index clone only", "仅匹配指标克隆主干"),
        Fate.SPIKE: Text("spike-in", "内参"),
        Fate.FOREIGN: Text("index clone of another sample of the run", "同批其他样本的指标克隆"),
        Fate.NEIGHBOUR: Text(
            "close to an index clone, but another clonotype", "与指标克隆相近但属其他克隆型"
        ),
        Fate.CLONOTYPE: Text("clonotype", "克隆型"),
        Fate.OTHER: Text("other rearrangement or no match", "其他重排或不匹配"),
        Fate.NO_REARRANGEMENT: Text("no rearrangement recognised", "未识别出重排"),
        Fate.NOT_MERGED: Text("mates do not overlap", "双端读段不能拼接"),
        Fate.TOO_SHORT: Text("too short", "过短"),
        Fate.LOW_QUALITY: Text("quality too low", "质量过低"),
    }
)
"""Names for people."""

Fates = Mapping[Fate, int]
"""Reads by fate; the sum is the number of reads (of pairs, where there are mates)."""
