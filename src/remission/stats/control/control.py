"""The historical control as data: a rate with the children it came from, counts, or several studies."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from remission.errors import InputRefused
from remission.stats.borrowing.log_odds import check_counts
from remission.stats.control.group import Group


class Evidence(StrEnum):
    """How far a number was seen in its source. There is none for a number from memory: it is no evidence."""

    VERBATIM = "verbatim"  # printed there
    DERIVED = "derived"  # by arithmetic from what is printed there
    ASSUMED = "assumed"  # chosen; every table says so


@dataclass(frozen=True, slots=True)
class Source:
    """Where a count was read: a citation a reader can follow, and how far it was seen there.

    Raises
    ------
    InputRefused
        For no citation.
    """

    citation: str
    evidence: Evidence

    def __post_init__(self) -> None:
        if not self.citation.strip():
            raise InputRefused(
                "a control without a citation", where="source of a control", do="say where it was read"
            )


@dataclass(frozen=True, slots=True)
class Study:
    """An earlier study: its name, `responders` `of` children, and where that was read."""

    name: str
    responders: int
    of: int
    source: Source

    def __post_init__(self) -> None:
        check_counts(self.responders, self.of)


@dataclass(frozen=True, slots=True)
class FixedControl:
    """A rate taken as known, `p0`, and the `responders` `of` children it was taken from.

    `bar`: what the trial is tested against: `p0`, or the children's own rate where `p0` is rounded below it.

    Raises
    ------
    InputRefused
        For counts that cannot be, or a rate that is not theirs.
    """

    p0: float
    responders: int
    of: int
    source: Source

    def __post_init__(self) -> None:
        check_counts(self.responders, self.of)
        if not 0 < self.p0 < 1:
            raise InputRefused(
                f"p0 {self.p0!r}", where="fixed control", do="give a rate strictly between 0 and 1"
            )
        if abs(self.p0 - self.seen) > _half_a_digit(self.p0):
            raise InputRefused(
                f"p0 {self.p0!r} is not the rate of {self.responders}/{self.of} = {self.seen:.4f}",
                where="fixed control",
                do="give the rate of those children (two decimals or more), or the children of that rate",
            )

    @property
    def seen(self) -> float:
        """The rate of its children."""
        return self.responders / self.of

    @property
    def bar(self) -> float:
        """The rate to be above: rounding never lowers it."""
        return max(self.p0, self.seen)


@dataclass(frozen=True, slots=True)
class CountsControl:
    """One group of earlier children, compared as a group: `responders` `of`."""

    responders: int
    of: int
    source: Source

    def __post_init__(self) -> None:
        check_counts(self.responders, self.of)


@dataclass(frozen=True, slots=True)
class MetaControl:
    """Several earlier studies, and how alike a new one is thought to be.

    `tau_scale`: scale of the half-normal prior of the between-study standard deviation (log-odds).
    `centre_sd`: of the normal prior of the mean log-odds. `vague_weight`, `vague_mean`: of the component
    that makes the prior robust.

    Raises
    ------
    InputRefused
        For no study, or a weight or mean not strictly between 0 and 1.
    """

    studies: tuple[Study, ...]
    tau_scale: float = 1.0
    centre_sd: float = 2.0
    vague_weight: float = 0.2
    vague_mean: float = 0.5

    def __post_init__(self) -> None:
        if not self.studies:
            raise InputRefused("no study", where="control of several studies", do="give one study at least")
        if not (0 < self.vague_weight < 1 and 0 < self.vague_mean < 1):
            raise InputRefused(
                f"vague weight {self.vague_weight!r}, mean {self.vague_mean!r}",
                where="control of several studies",
                do="give fractions strictly between 0 and 1",
            )

    @property
    def responders(self) -> tuple[int, ...]:
        """Of each study."""
        return tuple(study.responders for study in self.studies)

    @property
    def of(self) -> tuple[int, ...]:
        """Children of each study."""
        return tuple(study.of for study in self.studies)


@dataclass(frozen=True, slots=True)
class PatientControl:
    """Earlier children one by one, and where they were read; compared by `patient_level.against_people`."""

    group: Group
    source: Source


HistoricalControl = FixedControl | CountsControl | MetaControl


class Control:
    """The ways to say what the trial is compared with."""

    @staticmethod
    def fixed(
        *,
        p0: float,
        evidence: Evidence | str,
        responders: int | None = None,
        of: int | None = None,
        source: str = "",
    ) -> FixedControl:
        """A rate taken as known, refused without the children it was taken from.

        Raises
        ------
        InputRefused
            Without responders and `of`, for a rate that is not theirs, or a number from memory.
        """
        if responders is None or of is None:
            raise InputRefused(
                f"p0 {p0!r} without the children it was taken from",
                where="fixed control",
                do="give responders and of (for instance responders=210, of=300) and the source: "
                "type I error depends on how many they were",
            )
        return FixedControl(p0, responders, of, _source(source, evidence))

    @staticmethod
    def counts(*, responders: int, of: int, source: str, evidence: Evidence | str) -> CountsControl:
        """One group of earlier children, compared two-sample. `Raises` as `fixed`."""
        return CountsControl(responders, of, _source(source, evidence))

    @staticmethod
    def meta(
        *,
        studies: Sequence[tuple[str, int, int, str]],
        evidence: Evidence | str,
        tau_scale: float = 1.0,
        centre_sd: float = 2.0,
        vague_weight: float = 0.2,
        vague_mean: float = 0.5,
    ) -> MetaControl:
        """Several earlier studies: (name, responders, of, source) of each. `Raises` as `fixed`."""
        known = tuple(
            Study(name, responders, of, _source(source, evidence)) for name, responders, of, source in studies
        )
        return MetaControl(known, tau_scale, centre_sd, vague_weight, vague_mean)

    @staticmethod
    def patient_level(*, group: Group, source: str, evidence: Evidence | str) -> PatientControl:
        """Children known one by one. `Raises` as `fixed`, for the evidence."""
        return PatientControl(group, _source(source, evidence))


def _source(citation: str, evidence: Evidence | str) -> Source:
    return Source(citation, evidence if isinstance(evidence, Evidence) else _evidence(citation, evidence))


def _evidence(citation: str, evidence: str) -> Evidence:
    try:
        return Evidence(evidence)
    except ValueError:
        raise InputRefused(
            f"{citation!r} stands on {evidence!r}",
            where="source of a control",
            do="read the number in its source first (verbatim, derived), or call it assumed",
        ) from None


def _half_a_digit(p0: float) -> float:
    """Half the last digit `p0` is written with, two decimals at least; a hair more for binary fractions."""
    _, _, decimals = f"{p0!r}".partition(".")
    if not decimals.isdigit():
        return 0.005
    return 0.5 * math.pow(10, -max(2, len(decimals))) + 1e-15
