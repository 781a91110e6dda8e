"""Levels and answers in the words of the ward, in English and Chinese."""

import math
from collections.abc import Mapping
from decimal import Context, Decimal
from fractions import Fraction
from types import MappingProxyType

from remission.errors import InputRefused
from remission.mrd.limits import MOST_DNA_NG, dna_for
from remission.mrd.result import Method, MrdResult
from remission.terms.words import Text


def percent(level: float) -> str:
    """A fraction of cells as people read it: `0.0123 %`, three digits or as many as honesty needs.

    Rounding never moves a level onto or across a number of one or two digits, such as a threshold:
    0.0000999996 is `0.00999996 %`, never `0.01 %`.

    Raises
    ------
    InputRefused
        For a level that is negative or not finite.
    """
    if not (math.isfinite(level) and level >= 0):
        raise InputRefused(f"level {level!r}", where="percent", do="give a finite fraction of cells")
    exact = Decimal(repr(float(level))) * 100
    shown = exact
    for digits in range(3, 18):
        shown = Context(prec=digits).plus(exact).normalize()
        if shown == exact or len(shown.as_tuple().digits) > 2:
            break
    return f"{shown:f} %"


def method_name(method: str) -> Text:
    """A method as people say it: flow, NGS."""
    return _METHODS.get(method, Text(method, method))


def cells_name(denominator: str) -> Text:
    """A denominator as people say it; a name we do not know stays as the laboratory wrote it."""
    return Text(denominator, _CELLS_ZH.get(denominator, f"细胞（{denominator}）"))


_METHODS: Mapping[str, Text] = MappingProxyType(
    {Method.FLOW: Text("flow", "流式"), Method.NGS: Text("NGS", "NGS")}
)
_CELLS_ZH: Mapping[str, str] = MappingProxyType(
    {
        "nucleated cells": "有核细胞",
        "mononuclear cells": "单个核细胞",
        "all singlet events": "全部单细胞事件",
        "B cells": "B细胞",
        "cell equivalents": "细胞当量",
    }
)


def negative(result: MrdResult, threshold: Fraction) -> Text:
    """Below the threshold, by a test able to see it."""
    level, limit, lod = percent(result.level), percent(float(threshold)), percent(result.lod)
    return Text(
        f"{_found(result)} of {result.cells:,} {result.primary}: {level}, below {limit}; "
        f"the test could see {lod}.",
        f"{result.cells:,}个{cells_name(result.primary).zh}中检出{_found(result)}个：{level}，低于{limit}；"
        f"本次检测下限为{lod}。",
    )


def positive(result: MrdResult, threshold: Fraction) -> Text:
    """Not below the threshold."""
    level, limit = percent(result.level), percent(float(threshold))
    return Text(
        f"{_found(result)} of {result.cells:,} {result.primary}: {level}, not below {limit}.",
        f"{result.cells:,}个{cells_name(result.primary).zh}中检出{_found(result)}个：{level}，不低于{limit}。",
    )


def too_shallow(result: MrdResult, required_lod: Fraction, more: int) -> Text:
    """The test could not see low enough; `more` cells would do."""
    level, lod, required = percent(result.level), percent(result.lod), percent(float(required_lod))
    en, zh = f"{more:,} more {result.primary}", f"{more:,}个{cells_name(result.primary).zh}"
    if result.method == Method.NGS:
        dna = math.ceil(dna_for(more))
        en, zh = f"{en} ({dna:,} ng of DNA)", f"{zh}（{dna:,} ng DNA）"
    return Text(
        f"{_found(result)} of {result.cells:,} {result.primary} ({level}): the test could see {lod}, "
        f"{required} is required; {en} would do.",
        f"{result.cells:,}个{cells_name(result.primary).zh}中检出{_found(result)}个（{level}）：本次检测下限为{lod}，"
        f"方案要求{required}；还需{zh}。",
    )


def beyond_dna(result: MrdResult, required_lod: Fraction) -> Text:
    """The test could not see low enough, and no DNA that a tube holds would do."""
    level, lod, required = percent(result.level), percent(result.lod), percent(float(required_lod))
    most = f"{MOST_DNA_NG:,.0f} ng"
    return Text(
        f"{_found(result)} of {result.cells:,} {result.primary} ({level}): the test could see {lod}, "
        f"{required} is required; more DNA alone will not do ({most} at most).",
        f"{result.cells:,}个{cells_name(result.primary).zh}中检出{_found(result)}个（{level}）：本次检测下限为{lod}，"
        f"方案要求{required}；仅增加DNA不足以达到（至多{most}）。",
    )


def disqualified(flags: tuple[str, ...]) -> Text:
    """The sample or the panel cannot answer; a new one is needed."""
    named = ", ".join(flags)
    return Text(f"Flagged {named}: this test cannot answer.", f"标记为{named}：本次检测不能作答。")


def not_stated(lacking: tuple[str, ...]) -> Text:
    """What a negative needs the laboratory to state, and it has not."""
    named = ", ".join(lacking)
    return Text(
        f"Not stated: {named}. Without it this test never shows a negative.",
        f"未注明{named}：未注明时本次检测不能判为阴性。",
    )


def other_denominator(given: str, asked: str) -> Text:
    """The level refers to other cells than the study counts."""
    return Text(
        f"Counted in {given}; the study counts in {asked}, and the two are not interchangeable.",
        f"以{cells_name(given).zh}为分母；研究以{cells_name(asked).zh}为分母，二者不可互换。",
    )


def _found(result: MrdResult) -> str:
    return f"{result.found:,}" if isinstance(result.found, int) else f"{result.found:.3g}"
