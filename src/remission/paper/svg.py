"""matplotlib's shapes and our words as one SVG element that can stand in a page.

Style attributes become presentation attributes, since a page that forbids inline styles would lose them;
ids that nothing refers to go, since a page holds several figures.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_FONTS = (
    "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
)
_EM = 36 / 400
"""A sheet of 400 points is 36 em wide in a page."""


@dataclass(frozen=True, slots=True)
class Written:
    """Words on a sheet: baseline, size, and the id of the number they print ('' for none)."""

    x: float
    y: float
    words: str
    size: float
    anchor: str
    bold: bool
    colour: str
    turned: bool
    number: str


@dataclass(frozen=True, slots=True)
class Pixels:
    """A PNG laid on a sheet, under everything else; each pixel keeps its edges however large it is drawn."""

    left: float
    top: float
    width: float
    height: float
    png: bytes


def as_svg(
    shapes: bytes,
    pixels: Sequence[Pixels],
    written: Sequence[Written],
    size: tuple[float, float],
    name: str,
    title: str,
    description: str,
    language: str,
) -> bytes:
    """One SVG element of `size` points, with title and description for screen readers, UTF-8."""
    width, height = size
    tag = "zh-Hans" if language == "zh" else "en"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width * _EM:g}em" height="{height * _EM:.4g}em" viewBox="0 0 {width:g} {height:g}" '
        f'role="img" lang="{tag}" aria-labelledby="{name}-title {name}-desc" stroke-linejoin="round">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<desc id="{name}-desc">{escape(description)}</desc>\n'
    )
    words = "\n".join(_text(item) for item in written)
    paper = f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>\n' if pixels else ""
    under = paper + "".join(_image(item) for item in pixels)
    return (
        f'{head}{under}{_shapes(shapes.decode())}<g font-family="{_FONTS}">\n{words}\n</g>\n</svg>\n'.encode()
    )


def _shapes(svg: str) -> str:
    inside = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    inside = re.sub(
        r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>|<!--.*?-->", "", inside, flags=re.DOTALL
    )
    inside = re.sub(r"\s*<defs>\s*</defs>", "", inside)
    inside = re.sub(r'<g id="[^"]*"', "<g", inside)
    return re.sub(r' style="([^"]*)"', _as_attributes, inside).lstrip()


def _as_attributes(match: re.Match[str]) -> str:
    rules = (rule.split(":", 1) for rule in match[1].split(";") if rule.strip())
    return "".join(f' {name.strip()}="{value.strip()}"' for name, value in rules)


def _image(item: Pixels) -> str:
    place = f'x="{item.left:g}" y="{item.top:g}" width="{item.width:g}" height="{item.height:g}"'
    drawn = 'preserveAspectRatio="none" image-rendering="pixelated"'
    return f'<image {place} {drawn} xlink:href="data:image/png;base64,{b64encode(item.png).decode()}"/>\n'


def _text(item: Written) -> str:
    marks = [f'x="{item.x:.1f}" y="{item.y:.1f}" font-size="{item.size:g}" fill="{item.colour}"']
    if item.anchor != "start":
        marks.append(f'text-anchor="{item.anchor}"')
    if item.bold:
        marks.append('font-weight="bold"')
    if item.turned:
        marks.append(f'transform="rotate(-90 {item.x:.1f} {item.y:.1f})"')
    if item.number:
        marks.append(f"data-number={quoteattr(item.number)}")
    return f"<text {' '.join(marks)}>{escape(item.words)}</text>"
