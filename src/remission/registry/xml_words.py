"""The legacy XML's words in API v2's: codes, dates, yes and no."""

import re
import textwrap
from collections.abc import Callable
from typing import Final

from remission.errors import InputRefused, Malformed
from remission.registry.json_door import Json
from remission.registry.words import Markup, NctId, PartialDate
from remission.registry.xml_tree import Node


class Nothing:
    """What a converter gives for a value that says nothing ("N/A")."""


NOTHING: Final = Nothing()
Convert = Callable[[Node], Json | Nothing]

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_CODES = {
    "N_A": "NA",
    "U_S_FED": "FED",
    "ANTICIPATED": "ESTIMATED",
    "ESTIMATE": "ESTIMATED",
    "UNKNOWN_STATUS": "UNKNOWN",
    "STATISTICAL_ANALYSIS_PLAN_SAP": "SAP",
    "INFORMED_CONSENT_FORM_ICF": "ICF",
    "CLINICAL_STUDY_REPORT_CSR": "CSR",
}
_DATE = re.compile(r"([A-Z][a-z]+)(?: ([0-9]{1,2}),)? ([0-9]{4})")


def words(node: Node) -> Json:
    """Text on one line."""
    return " ".join(node.text.split())


def block(node: Node) -> Json:
    """Text of several lines (in a textblock or not), its common indentation removed, as markup."""
    inner = next((child for child in node.children if child.tag == "textblock"), node)
    text = "".join(part for part in inner.parts if isinstance(part, str))
    return Markup.escaped(textwrap.dedent(text.expandtabs()).strip("\n").rstrip()).source


def coded(text: str) -> str:
    """The API v2 code of a phrase: `Active, not recruiting` is ACTIVE_NOT_RECRUITING."""
    bare = re.sub(r"[^A-Z0-9]+", "_", text.upper()).strip("_")
    return _CODES.get(bare, bare)


def code(node: Node) -> Json:
    """A coded value."""
    return coded(node.text)


def unless_na(convert: Convert) -> Convert:
    """`convert`, but nothing for "N/A"."""
    return lambda node: NOTHING if node.text == "N/A" else convert(node)


def model(node: Node) -> Json:
    """`Parallel Assignment` is PARALLEL."""
    return coded(node.text.removesuffix(" Assignment"))


def study_type(node: Node) -> Json | Nothing:
    """`Observational [Patient Registry]` is a type and a flag; "N/A" says nothing."""
    kind, _, inside = node.text.partition(" [")
    if kind == "N/A":
        return NOTHING
    if inside == "Patient Registry]":
        return {"studyType": coded(kind), "patientRegistry": True}
    return {"studyType": coded(node.text)}


def phases(node: Node) -> Json:
    """`Phase 1/Phase 2` is two phases."""
    if node.text == "N/A":
        return ["NA"]
    return [coded(one).replace("PHASE_", "PHASE") for one in node.text.split("/")]


def masking(node: Node) -> Json:
    """`Double (Participant, Investigator)`, with who is blinded."""
    level, _, inside = node.text.partition("(")
    made: dict[str, Json] = {"masking": coded(level)}
    if inside and made["masking"] != "NONE":
        made["whoMasked"] = [coded(one) for one in inside.rstrip(")").split(",")]
    return made


def yes(node: Node) -> Json:
    """Yes or no."""
    answers = {"yes": True, "no": False, "accepts healthy volunteers": True}
    if (answer := answers.get(node.text.lower())) is None:
        raise _wrong(node, "neither Yes nor No")
    return answer


def date(node: Node) -> Json:
    """`May 19, 2022` or `July 2010`."""
    match = _DATE.fullmatch(" ".join(node.text.split()))
    if match is None or match[1] not in _MONTHS:
        raise _wrong(node, "not a date")
    try:
        return str(
            PartialDate(int(match[3]), _MONTHS.index(match[1]) + 1, int(match[2]) if match[2] else None)
        )
    except InputRefused as refusal:
        raise _wrong(node, refusal.what) from None


def dated(node: Node) -> Json:
    """A date with its type."""
    return {"date": date(node), **_typed(node)}


def enrollment(node: Node) -> Json:
    """A count with its type."""
    if not re.fullmatch(r"[0-9]{1,12}", node.text):
        raise _wrong(node, "not a count")
    return {"count": int(node.text), **_typed(node)}


def nct(node: Node) -> Json:
    """A registry number."""
    try:
        return str(NctId(node.text))
    except InputRefused as refusal:
        raise _wrong(node, refusal.what) from None


def as_id(node: Node) -> Json:
    """A number as an object."""
    return {"id": words(node)}


def _typed(node: Node) -> dict[str, Json]:
    return {"type": coded(node.attributes["type"])} if "type" in node.attributes else {}


def _wrong(node: Node, what: str) -> Malformed:
    return Malformed(
        f"<{node.tag}> {node.text[:60]!r}: {what}",
        where=node.where,
        do="correct the element, or leave it out",
    )
