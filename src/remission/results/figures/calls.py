"""How an answer to an endpoint is drawn: one mark each, told apart by shape as well as by colour."""

from collections.abc import Iterable
from enum import StrEnum

from remission.mrd.calls import Call
from remission.paper.canvas import BLUE, GREY, PURPLE, VERMILION, Mark
from remission.results.endpoints import Response
from remission.terms.words import Text


class Kind(StrEnum):
    """What is known of one participant for one endpoint."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    NOT_EVALUABLE = "not_evaluable"
    FAILED = "failed"  # relapse, second cancer or death before the endpoint
    MISSING = "missing"
    PENDING = "pending"


MARKS: dict[Kind, Mark] = {
    Kind.POSITIVE: Mark("^", VERMILION),
    Kind.NEGATIVE: Mark("o", BLUE),
    Kind.NOT_EVALUABLE: Mark("D", PURPLE, size=4.5),
    Kind.FAILED: Mark("X", VERMILION),
    Kind.MISSING: Mark("x", GREY, size=4.5),
    Kind.PENDING: Mark("|", GREY, size=4),
}
WORDS: dict[Kind, Text] = {
    Kind.POSITIVE: Text("positive", "阳性"),
    Kind.NEGATIVE: Text("negative", "阴性"),
    Kind.NOT_EVALUABLE: Text("not evaluable", "不可评估"),
    Kind.FAILED: Text("relapse, second cancer or death first", "此前复发、第二肿瘤或死亡"),
    Kind.MISSING: Text("no result", "无结果"),
    Kind.PENDING: Text("still to come", "尚待结果"),
}
METHODS: dict[str, Text] = {"flow": Text("Flow", "流式"), "ngs": Text("NGS", "NGS")}

_OF_CALL = {
    Call.POSITIVE: Kind.POSITIVE,
    Call.NEGATIVE: Kind.NEGATIVE,
    Call.NOT_EVALUABLE: Kind.NOT_EVALUABLE,
}


def kind_of(response: Response) -> Kind:
    """What is known of one participant for one endpoint: the call itself, however it is counted."""
    if response.failed:
        return Kind.FAILED
    if response.call is not None:
        return _OF_CALL[response.call]
    return Kind.PENDING if response.pending else Kind.MISSING


def keys_of(kinds: Iterable[Kind]) -> list[tuple[tuple[Mark, ...], Text]]:
    """The key of the kinds that occur."""
    found = set(kinds)
    return [((MARKS[kind],), WORDS[kind]) for kind in Kind if kind in found]
