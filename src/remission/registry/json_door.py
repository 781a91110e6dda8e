"""JSON text to values, refusing what JSON readers let pass: repeated keys, NaN, infinity, bombs.

The fast way through is the standard library's; only a refusal walks the text again, to name the place.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn, cast

from remission.errors import Hostile, InputRefused, Malformed, TooLarge, Truncated
from remission.registry.door import place

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

DEPTH = 64
VALUES = 2_000_000
_AGAIN = "fetch the record again"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_CUT = re.compile(r"(?:[.eE][+-]?|t|tr|tru|f|fa|fal|fals|n|nu|nul|-|\\?u?[0-9a-fA-F]{0,4}\"?)?\s*")
_LONE = re.compile(r"[\ud800-\udfff]")
_CONSTANTS = frozenset({"NaN", "Infinity", "-Infinity"})


class _Repeated(Exception):
    pass


class _NotANumber(Exception):
    pass


class _Token(NamedTuple):
    offset: int
    text: str
    is_key: bool
    stack: list[str | int]

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(str(part) for part in self.stack)


def parse(text: str, name: str) -> Json:
    """The JSON value written in `text`.

    Raises
    ------
    Malformed, Truncated, TooLarge, Hostile
        Broken syntax, a repeated key, NaN or infinity; an early end; more than 2 million values;
        nesting deeper than 64. File, line and column are named.
    """
    if text.count("{") + text.count("[") + text.count(",") > VALUES:
        raise TooLarge(
            f"more than {VALUES} values", where=f"{name}, line 1", do="give one record, not a collection"
        )
    try:
        value = cast(Json, json.loads(text, object_pairs_hook=_object, parse_constant=_constant))
    except _Repeated:
        _refuse_repeated(text, name)
    except _NotANumber:
        _refuse_constant(text, name)
    except RecursionError:
        _refuse_depth(text, name)
    except json.JSONDecodeError as error:
        raise _syntax(text, name, error) from None
    except ValueError:
        _refuse_number(text, name)
    if _depth(value) > DEPTH:
        _refuse_depth(text, name)
    _check_surrogates(text, name)
    return value


def dump(value: Json, text: str, name: str) -> str:
    """Compact JSON of a part of `text`; Malformed, with its place, if a number is infinite."""
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        _refuse_number(text, name)


def _check_surrogates(text: str, name: str) -> None:
    if "\\ud" in text or "\\uD" in text:
        for token in _tokens(text):
            if token.text[:1] == '"' and _LONE.search(cast(str, json.loads(token.text))):
                raise Malformed(
                    f"{token.text[:60]} holds half of a character",
                    where=place(name, text, token.offset),
                    do="write both surrogates, or the character itself",
                )


def where_is(text: str, name: str, path: tuple[str, ...]) -> str:
    """File, line, column and JSON pointer of the value at `path`."""
    for token in _tokens(text):
        if len(token.stack) == len(path) and not token.is_key and token.path == path:
            return f"{place(name, text, token.offset)} ({pointer(path)})"
    return f"{name} ({pointer(path)})"


def pointer(path: tuple[str, ...]) -> str:
    """RFC 6901 pointer of a path."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def steps(written: str) -> tuple[str, ...]:
    """The path of a pointer."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in written.split("/")[1:])


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Repeated
    return made


def _constant(word: str) -> NoReturn:
    raise _NotANumber(word)


def _depth(value: Json) -> int:
    """Levels of objects and lists; it stops counting where too many are found."""
    level = [value]
    depth = 0
    while depth <= DEPTH:
        below: list[Json] = []
        open_ones = 0
        for node in level:
            if isinstance(node, dict):
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
            else:
                continue
            open_ones += 1
        if not open_ones:
            break
        depth += 1
        level = below
    return depth


def _syntax(text: str, name: str, error: json.JSONDecodeError) -> InputRefused:
    where = place(name, text, error.pos)
    if error.msg.startswith("Unterminated string") or _CUT.fullmatch(text, error.pos):
        return Truncated("the JSON ends before it is complete", where=where, do=_AGAIN)
    near = text[error.pos : error.pos + 30]
    return Malformed(f"{error.msg}, near {near!r}", where=where, do="correct the JSON, or " + _AGAIN)


def _refuse_repeated(text: str, name: str) -> NoReturn:
    seen: dict[int, set[str]] = {}
    for token in _tokens(text):
        depth = len(token.stack)
        if token.text == "{":
            seen[depth + 1] = set()
        elif token.is_key and token.text in seen[depth]:
            raise Malformed(
                f"key {token.text[:60]} stands twice in one object",
                where=f"{place(name, text, token.offset)} ({pointer(token.path)})",
                do="keep one of the two values",
            )
        elif token.is_key:
            seen[depth].add(token.text)
    raise Malformed("a key stands twice in one object", where=name, do="keep one of the two values")


def _refuse_constant(text: str, name: str) -> NoReturn:
    for token in _tokens(text):
        if token.text in _CONSTANTS:
            raise Malformed(
                f"{token.text} is not a JSON number",
                where=f"{place(name, text, token.offset)} ({pointer(token.path)})",
                do="leave the key out, or give a number",
            )
    raise Malformed("not a JSON number", where=name, do="leave the key out, or give a number")


def _refuse_depth(text: str, name: str) -> NoReturn:
    for token in _tokens(text):
        if len(token.stack) >= DEPTH and token.text in ("{", "["):
            raise Hostile(
                f"more than {DEPTH} levels of nesting",
                where=place(name, text, token.offset),
                do="give a registry record; it has far fewer levels",
            )
    raise Hostile(f"more than {DEPTH} levels of nesting", where=name, do="give a registry record")


def _refuse_number(text: str, name: str) -> NoReturn:
    for token in _tokens(text):
        if re.fullmatch(r"-?[0-9].*", token.text) and not _finite(token.text):
            raise Malformed(
                f"number {token.text[:40]} is out of range",
                where=f"{place(name, text, token.offset)} ({pointer(token.path)})",
                do="give a number a record can hold",
            )
    raise Malformed("a number is out of range", where=name, do="give a number a record can hold")


def _finite(number: str) -> bool:
    return len(number) < 300 and abs(float(number)) != float("inf")


def _tokens(text: str) -> Iterator[_Token]:
    """Every opening bracket, key and value, with its path (shared, changing): the slow walk for a place."""
    stack: list[str | int] = []
    key_next = False
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in ("}", "]"):
            if stack:
                stack.pop()
            key_next = False
        elif token == ",":
            if stack and isinstance(top := stack[-1], int):
                stack[-1] = top + 1
            else:
                key_next = bool(stack)
        elif token != ":":
            is_key = key_next and token[0] == '"'
            if is_key:
                stack[-1] = _unquoted(token)
                key_next = False
            yield _Token(match.start(), token, is_key, stack)
            if token in ("{", "["):
                stack.append("" if token == "{" else 0)
                key_next = token == "{"


def _unquoted(token: str) -> str:
    try:
        return cast(str, json.loads(token))
    except ValueError:
        return token[1:-1]
