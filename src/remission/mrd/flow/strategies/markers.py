"""Markers as people write them on a channel, and the one spelling that strategies use."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a marker is."""

    ANTIGEN = "antigen"
    DYE = "dye"
    SCATTER = "scatter"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker: its spelling here, and other names for it."""

    name: str
    kind: Kind
    synonyms: tuple[str, ...] = ()


NUCLEIC = "nucleic dye"
"""The marker of dyes that stain what has a nucleus."""

TIME = "Time"
SCATTERS = tuple(f"{light}-{shape}" for light in ("FSC", "SSC") for shape in "AHW")
"""Forward and side scatter: area, height, width."""

KNOWN: tuple[Marker, ...] = (
    Marker("CD3", Kind.ANTIGEN, ("CD3e",)),
    Marker("CD10", Kind.ANTIGEN, ("CALLA",)),
    Marker("CD45RA", Kind.ANTIGEN, ("CD45-RA",)),
    Marker("CD45RO", Kind.ANTIGEN, ("CD45-RO",)),
    Marker("CD58", Kind.ANTIGEN, ("LFA-3",)),
    Marker("CD62L", Kind.ANTIGEN, ("L-selectin",)),
    Marker("CD66c", Kind.ANTIGEN, ("KOR-SA3544",)),
    Marker("CD117", Kind.ANTIGEN, ("c-kit",)),
    Marker("CD127", Kind.ANTIGEN, ("IL-7R",)),
    Marker("CD135", Kind.ANTIGEN, ("FLT3",)),
    Marker("CD235a", Kind.ANTIGEN, ("glycophorin A", "GPA")),
    Marker("CD304", Kind.ANTIGEN, ("BDCA-4", "neuropilin-1")),
    Marker("CD371", Kind.ANTIGEN, ("CLL-1", "CLEC12A")),
    Marker("HLA-DR", Kind.ANTIGEN),
    Marker("IgM", Kind.ANTIGEN),
    Marker("kappa", Kind.ANTIGEN, ("Igκ",)),
    Marker("lambda", Kind.ANTIGEN, ("Igλ",)),
    Marker("Ki-67", Kind.ANTIGEN),
    Marker("MPO", Kind.ANTIGEN, ("myeloperoxidase",)),
    Marker("NG2", Kind.ANTIGEN),
    Marker("TdT", Kind.ANTIGEN, ("nTdT",)),
    Marker("TSLPR", Kind.ANTIGEN, ("CRLF2",)),
    Marker(
        NUCLEIC,
        Kind.DYE,
        (
            "SYTO", "SYTO 13", "SYTO 16", "SYTO 40", "SYTO 41", "SYTO 62", "DRAQ5", "Hoechst",
            "Hoechst 33342", "DyeCycle", "DNA1", "核酸染料",
        ),
    ),
    Marker("DNA2", Kind.DYE),
    Marker(
        "viability", Kind.DYE,
        ("live dead", "dead", "VIVID", "7-AAD", "Zombie", "FVS", "cisplatin", "活死", "死活"),
    ),
    *(Marker(name, Kind.SCATTER) for name in SCATTERS),
    Marker(TIME, Kind.TIME, ("HDR-T", "时间")),
)  # fmt: skip
"""Markers with other names than their CD number, or none; every CD number is known besides."""

_DYE = (
    r"(?:PE|FITC|PERCP|APC|ECD|PC5|PC55|PC7|KO|KRO|PB|PO|PACBLUE|PACIFICBLUE|"
    r"(?:BV|BUV|BB|V|R|AF|ALEXA|QD|QDOT|SB|EF|ER)\d{3})"
    r"(?:(?:CY|CF|VIO|AF|FIRE|H7|R7|TR|TXRED|TEXASRED)[0-9.]*)?"
)
_START = r"(?<![A-Z0-9])(?:ANTI|HU|H|A(?=CD))?"
_END = rf"(?=(?:{_DYE})?(?![A-Z0-9]))"
_SCATTER = re.compile(
    r"(?:(?P<fsc>FSC|FS|FORWARD SCATTER|前向角?(?:散射光?)?)"
    r"|(?P<ssc>SSC|SS|SIDE SCATTER|侧向角?(?:散射光?)?))"
    r"(?:[-_ ]*LIN)?[-_ ]*"
    r"(?:(?P<A>A|AREA|INT|面积)|(?P<H>H|HEIGHT|PEAK|高度?)|(?P<W>W|WIDTH|TOF|宽度?))?"
    r"(?:[-_ ]*LIN)?"
)
DENYING = (
    "FMO", "FMX", "isotype", "iso", "IgG", "IgG1", "IgG2", "IgG2a", "IgG2b", "IgG3", "IgG4", "control",
    "ctrl", "no", "not", "non", "none", "neg", "negative", "minus", "without", "w/o", "except", "unstained",
    "unlabeled", "unlabelled", "unused", "empty", "blank", "absent", "missing", "omitted", "failed", "CAR",
    "CAR-T", "idiotype", "同型", "对照", "未染", "未加", "未用", "阴性", "空白", "不含", "无", "缺",
)  # fmt: skip
"""Words that say that the antibody a label names is not there, or is not one against that antigen."""
_DENYING = re.compile(
    r"(?<![A-Z0-9])(?:"
    + "|".join(re.escape(one.upper()) for one in DENYING if one.isascii())
    + r")(?![A-Z0-9])"
    r"|" + "|".join(one for one in DENYING if not one.isascii()) + r"|[A-Z0-9][-\u2212\u2013](?=[\s,;)]|$)"
)
_CD66 = re.compile(r"(CD66)[-_ ]+([A-F])(?![A-Z0-9])")
_LOWER = re.compile(r"CD(\d+)([A-Z]*)")


def _spelled_freely(synonym: str) -> str:
    """A pattern of a name whose parts may be joined by anything, or nothing."""
    parts = re.findall(r"[^\W\d_]+|\d+", _plain(synonym))
    return r"[\W_]*".join(parts)


def _plain(text: str) -> str:
    """Full-width forms made narrow, small letters capital."""
    return unicodedata.normalize("NFKC", text).upper().strip()


_NAMES = sorted(
    ((name, marker.name) for marker in KNOWN for name in (marker.name, *marker.synonyms)),
    key=lambda pair: -len(pair[0]),
)
_NAMED = re.compile(
    "|".join(
        rf"(?P<n{number}>{_START}{_spelled_freely(name)}{_END if name.isascii() else ''})"
        for number, (name, _) in enumerate(_NAMES)
    )
    + rf"|{_START}(?P<cd>CD[-_ ]?\d{{1,3}}[A-Z]{{0,2}}?){_END}"
)


def denies(text: str) -> bool:
    """Whether a text says that what it names is not there: `FMO CD22`, `isotype CD22`, `CD22-`, `no CD22`."""
    return _DENYING.search(_plain(text)) is not None


def markers_in(text: str) -> tuple[str, ...]:
    """The markers that a text names, each once, in our spelling: `anti-CD19 PE-Cy7` names CD19.

    A name counts whole: `CD45RA` does not name CD45, nor `CD34` CD3. Other names of one marker beside it
    (`CD10 (CALLA)`) are that marker. A text that is a scatter or time channel names that. One that `denies`
    names nothing.
    """
    plain = _plain(text)
    scatter = _SCATTER.fullmatch(plain)
    if scatter:
        return (_scatter(scatter),)
    if denies(text):
        return ()
    found: dict[str, None] = {}
    for match in _NAMED.finditer(_CD66.sub(r"\1\2", plain)):
        found[_cd(match["cd"]) if match["cd"] else _NAMES[int((match.lastgroup or "n0")[1:])][1]] = None
    return tuple(found)


def spelled(name: str) -> str:
    """A marker's name in our spelling; a name we do not know stays as it is."""
    found = markers_in(name)
    return found[0] if len(found) == 1 else name


def kind_of(marker: str) -> Kind:
    """What a marker in our spelling is; one we do not know is an antigen."""
    return next((known.kind for known in KNOWN if known.name == marker), Kind.ANTIGEN)


def _scatter(match: re.Match[str]) -> str:
    light = "FSC" if match["fsc"] else "SSC"
    shape = next((shape for shape in "AHW" if match[shape]), "")
    return f"{light}-{shape}" if shape else light


def _cd(text: str) -> str:
    """`CD66B` is CD66b; letters of isoforms stay capital."""
    number = _LOWER.fullmatch(re.sub(r"[-_ ]", "", text))
    name = f"CD{number[1]}{number[2]}" if number else text
    known = {marker.name.upper(): marker.name for marker in KNOWN}
    return known.get(name, f"CD{number[1]}{number[2].lower()}" if number else text)
