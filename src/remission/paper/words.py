"""How wide words are and where their lines break, by a rule of thumb that is the same on every machine."""

import re
from typing import Literal

Language = Literal["en", "zh"]
Format = Literal["svg", "png"]

TITLE, TEXT, SMALL = 13.5, 11.0, 10.0
"""Sizes in points on a sheet 400 points wide: 12, 9.9 and 9 pixels on a telephone 360 pixels wide."""

CJK = r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]"
_CLOSING = r"[，。；：、）】》！？%％,.;:)\]]"
_TOKENS = re.compile(rf"{CJK}{_CLOSING}*|(?:(?!{CJK})\S)+\s*|\s+")
_NARROW, _WIDE = set("iljtfrI.,:;|!'()[] ·"), set("mwMWABCDGHKNOQRUVXY%≥≤<>+=—@")


def width_of(words: str, size: float) -> float:
    """The width of words in points, a little more than most fonts need."""
    return size * sum(
        1.0 if re.match(CJK, letter) else 0.36 if letter in _NARROW else 0.8 if letter in _WIDE else 0.61
        for letter in words
    )


def wrapped(words: str, width: float, size: float) -> list[str]:
    """Words in lines of at most `width` points, broken between words or between Chinese letters."""
    lines = [""]
    for token in _TOKENS.findall(words):
        if lines[-1] and width_of(lines[-1] + token.rstrip(), size) > width:
            lines.append("")
        lines[-1] += token
    return [line.strip() for line in lines]
