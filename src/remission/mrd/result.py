"""One MRD result as a laboratory reports it: counts, level, interval, limits, flags, evidence."""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.limits import EXPECTED_FOR_95, limit_at
from remission.stats.counts import poisson_interval, poisson_upper
from remission.stats.rates.proportions import clopper_pearson, clopper_pearson_upper
from remission.terms.evidence import Evidence, Setting
from remission.terms.words import Mark

COUNTS_ONLY = "counts-only"
"""Flag of a result entered as counts, whose raw files were not handed over."""

CELL_EQUIVALENTS = "cell equivalents"
"""The denominator of sequencing: cells whose DNA went into the tube."""


class Method(StrEnum):
    """How residual disease was measured."""

    FLOW = "flow"
    NGS = "ngs"


_TEMPLATES_PER_CELL = 2  # a diploid cell


@dataclass(frozen=True, slots=True)
class Denominator:
    """Cells of one kind examined, such as `nucleated cells`; which kind changes the level."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class MrdResult:
    """What was found in what was examined; every level is a fraction of the `primary` denominator.

    `found` counts events (flow, whole) or templates (sequencing, may be an estimate). `level` is
    found / count of the primary denominator. `lower` to `upper` is its exact 95 % interval (with nothing
    found: from 0 to the one-sided 95 % limit). `evidence` names the files, unless the flag `counts-only`
    says there are none.

    Raises
    ------
    InputRefused
        For a number that is not finite or negative, no cells, or evidence without files.
    InvariantBroken
        If the numbers contradict one another.
    """

    method: Method
    found: int | float
    examined: tuple[Denominator, ...]
    primary: str
    level: float
    lower: float
    upper: float
    lod: float
    loq: float
    flags: tuple[str, ...]
    evidence: Evidence

    def __post_init__(self) -> None:
        _check_counts(self)
        _check_levels(self)
        if not self.evidence.files and COUNTS_ONLY not in self.flags:
            raise InputRefused(
                "no file stands behind this result",
                where=f"MRD result ({self.method})",
                do=f"name the files with their sha256, or flag it {COUNTS_ONLY!r}",
            )

    @property
    def cells(self) -> int:
        """The count of the primary denominator."""
        return primary_count(self.examined, self.primary)

    @property
    def exact_level(self) -> Fraction:
        """The level as a ratio of whole numbers, unrounded."""
        return Fraction(self.found) / self.cells


def primary_count(examined: tuple[Denominator, ...], primary: str) -> int:
    """The count of the denominator named `primary`.

    Raises
    ------
    InvariantBroken
        Unless exactly one denominator has that name.
    InputRefused
        If no cell of that kind was examined.
    """
    counts = [denominator.count for denominator in examined if denominator.name == primary]
    if len(counts) != 1:
        raise InvariantBroken(
            f"{primary!r} names {len(counts)} of {len(examined)} denominators",
            where="MRD result, primary denominator",
            do="name exactly one of: " + ", ".join(denominator.name for denominator in examined),
        )
    if counts[0] < 1:
        raise InputRefused(
            f"{counts[0]!r} {primary} examined",
            where="MRD result, primary denominator",
            do="report no result where nothing was examined",
        )
    return counts[0]


def from_flow_counts(
    found: int,
    examined: tuple[Denominator, ...],
    primary: str,
    evidence: Evidence,
    lod_events: float = 20,
    loq_events: float = 50,
    flags: tuple[str, ...] = (),
) -> MrdResult:
    """A flow cytometry result from its counts.

    LOD = lod_events / N and LOQ = loq_events / N of the primary denominator: a consensus rule we have
    not verified, so the evidence keeps it, with that mark, among its settings. Interval: Clopper and
    Pearson. `Raises` as in `MrdResult`.
    """
    cells = primary_count(examined, primary)
    _check_found(found, cells, Method.FLOW)
    interval = clopper_pearson(found, cells) if found else clopper_pearson_upper(0, cells)
    rule = f"LOD {lod_events:g}/N, LOQ {loq_events:g}/N, N = {primary} ({Mark.UNVERIFIED} rule)"
    return MrdResult(
        method=Method.FLOW,
        found=found,
        examined=examined,
        primary=primary,
        level=found / cells,
        lower=interval.lower,
        upper=interval.upper,
        lod=limit_at(lod_events, cells),
        loq=limit_at(loq_events, cells),
        flags=flags,
        evidence=replace(evidence, settings=(*evidence.settings, Setting("limits", rule))),
    )


def from_ngs_counts(
    templates: float,
    cells: int,
    evidence: Evidence,
    *,
    loq_templates: float,
    flags: tuple[str, ...] = (),
) -> MrdResult:
    """A sequencing result from templates of the index clone found in the DNA of `cells` cells.

    LOD = 2.996 / cells (at least one template in the tube in 95 % of tests); LOQ = loq_templates /
    cells, for which there is no rule we could name. Interval: Poisson, exact. `Raises` as in `MrdResult`.
    """
    examined = (Denominator(CELL_EQUIVALENTS, cells),)
    primary_count(examined, CELL_EQUIVALENTS)
    _check_found(templates, cells, Method.NGS)
    interval = poisson_interval(templates) if templates else poisson_upper(0)
    rule = f"LOD -ln(0.05)/N, LOQ {loq_templates:g}/N, N = {CELL_EQUIVALENTS}"
    return MrdResult(
        method=Method.NGS,
        found=templates,
        examined=examined,
        primary=CELL_EQUIVALENTS,
        level=templates / cells,
        lower=interval.lower / cells,
        upper=interval.upper / cells,
        lod=limit_at(EXPECTED_FOR_95, cells),
        loq=limit_at(loq_templates, cells),
        flags=flags,
        evidence=replace(evidence, settings=(*evidence.settings, Setting("limits", rule))),
    )


def _check_counts(result: MrdResult) -> None:
    where = f"MRD result ({result.method})"
    if result.method not in tuple(Method):
        raise InputRefused(f"{result.method!r} is not a method", where=where, do="give flow or ngs")
    names = [denominator.name for denominator in result.examined]
    if len(set(names)) != len(names) or not all(names):
        raise InvariantBroken(f"denominators {names}", where=where, do="name each denominator, once")
    for denominator in result.examined:
        if not (math.isfinite(denominator.count) and denominator.count >= 0):
            raise InputRefused(f"{denominator.count!r} {denominator.name}", where=where, do="give a count")
    _check_found(result.found, result.cells, result.method)


def _check_found(found: int | float, cells: int, method: Method) -> None:
    """Events are whole and are among the cells; templates are an estimate of a count."""
    where = f"MRD result ({method})"
    if not (math.isfinite(found) and found >= 0):
        raise InputRefused(f"{found!r} found", where=where, do="give a finite count, 0 or more")
    if method == Method.FLOW and not isinstance(found, int):
        raise InputRefused(f"{found!r} events", where=where, do="give a whole number of events")
    if method == Method.FLOW and found > cells:
        raise InvariantBroken(
            f"{found} events found among {cells} cells",
            where=where,
            do="correct the events or the denominator",
        )
    if found > _TEMPLATES_PER_CELL * cells:
        raise InvariantBroken(
            f"{found:g} templates found in {cells} cells",
            where=where,
            do="correct the templates or the cells: a diploid cell holds at most two",
        )


def _check_levels(result: MrdResult) -> None:
    where = f"MRD result ({result.method})"
    limits = (("lower", result.lower), ("upper", result.upper), ("LOD", result.lod), ("LOQ", result.loq))
    for name, value in (("level", result.level), *limits):
        if not (math.isfinite(value) and value >= 0):
            raise InputRefused(f"{name} {value!r}", where=where, do="give a finite fraction of cells")
    if result.level != result.found / result.cells:
        raise InvariantBroken(
            f"level {result.level!r} is not {result.found} / {result.cells}",
            where=where,
            do="give the level unrounded, as found / cells of the primary denominator",
        )
    if not result.lower <= result.level <= result.upper:
        raise InvariantBroken(
            f"level {result.level!r} outside {result.lower!r} to {result.upper!r}",
            where=where,
            do="correct the interval",
        )
    if result.method == Method.NGS and result.lod < limit_at(EXPECTED_FOR_95, result.cells):
        raise InvariantBroken(
            f"LOD {result.lod!r} is lower than {result.cells:,} cells can show",
            where=where,
            do="give at least 2.996 / cells: fewer than that is not in the tube in 95 % of tests",
        )
    if not 0 < result.lod <= result.loq:
        raise InvariantBroken(
            f"LOD {result.lod!r}, LOQ {result.loq!r}", where=where, do="give limits with 0 < LOD <= LOQ"
        )
