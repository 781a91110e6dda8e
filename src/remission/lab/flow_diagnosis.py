"""The child's own marrow at diagnosis: whose and when, and whether the gates hold the clone there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.lab.flow_files import OpenedSample, check_unchanged, opened
from remission.lab.flow_sources import panel_at
from remission.mrd.flow.fcs.dates import acquired_on
from remission.mrd.flow.fcs.faults import Fault
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.measure_flags import CLONE_OUTSIDE
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.applying import applied, denominator_gates, lacking, mrd_gate
from remission.mrd.flow.strategies.strategy import Adjustment, Panel, Strategy
from remission.mrd.flow.suggestion.suggest import Diagnosis
from remission.mrd.words import cells_name, percent
from remission.terms.evidence import FileRef
from remission.terms.words import Text

ASSUMED_LEUKAEMIA = 0.10
ASSUMED_HELD = 0.5
"""At diagnosis the gates hold at least this share of the denominator (half of the fifth that makes a
leukaemia), and this share of the population they look in; else they do not hold the clone. ASSUMED, by us."""


@dataclass(frozen=True, slots=True, eq=False)
class AtDiagnosis:
    """The opened diagnosis file, its panel, and the matrices it is compensated with."""

    own: OpenedSample
    panel: Panel
    strategy: Strategy
    spectra: Mapping[str, Spectrum]
    notes: tuple[Text, ...]

    @property
    def files(self) -> tuple[FileRef, ...]:
        """Its file, for the evidence."""
        return self.own.files

    def compared(self, cores: int) -> Diagnosis:
        """What a suggestion compares with: the cells of the strategy's denominator."""
        within = None
        if not lacking(self.strategy, self.panel):
            there = applied(self.strategy, self.panel, self.own.events, self.own.ranges, (), self.spectra)
            gate = next(iter(denominator_gates(there).values()))
            found = apply(there.gating, self.own.events, wanted=(gate,), cores=cores)
            within = found.populations[gate].mask
        check_unchanged(self.own)
        return Diagnosis(self.own.events, self.panel, self.own.ranges, within, dict(self.spectra))

    def held(self, moved: Sequence[Adjustment], cores: int) -> tuple[tuple[str, ...], Text | None]:
        """Whether the gates, moved as they are, hold the clone at diagnosis: a flag where not; in words."""
        if lacking(self.strategy, self.panel):
            return (), None
        there = applied(self.strategy, self.panel, self.own.events, self.own.ranges, moved, self.spectra)
        name, gate = next(iter(denominator_gates(there).items()))
        disease = mrd_gate(there)
        found = apply(there.gating, self.own.events, wanted=(gate, disease), cores=cores).populations
        above, inside = found[disease].parent, found[disease].count
        of_cells = inside / found[gate].count if found[gate].count else 0.0
        of_parent = inside / found[above].count if above and found[above].count else of_cells
        outside = of_cells < ASSUMED_LEUKAEMIA or of_parent < ASSUMED_HELD
        return ((CLONE_OUTSIDE,) if outside else ()), _said(name, of_cells, of_parent, outside)


def _said(name: str, of_cells: float, of_parent: float, outside: bool) -> Text:
    cells, parent = percent(float(f"{of_cells:.3g}")), percent(float(f"{of_parent:.3g}"))
    said = Text(
        f"At diagnosis these gates hold {cells} of {name}, {parent} of the population they look in",
        f"初诊时这些门包含{cells_name(name).zh}的{cells}，所在上级细胞群的{parent}",
    )
    if not outside:
        return Text(f"{said.en}.", f"{said.zh}。")
    return Text(
        f"{said.en}: they do not hold this child's leukaemia, and cannot show that it is gone.",
        f"{said.zh}：未覆盖该患儿的白血病细胞，不能证明其已消失。",
    )


def diagnosis_at(
    address: str | None,
    sample: OpenedSample,
    strategy: Strategy,
    *,
    panel: str | None,
    spectra: Mapping[str, Spectrum],
    repairs: frozenset[Fault] = frozenset(),
    data_set: int | None = None,
) -> AtDiagnosis | None:
    """The child's own diagnosis file, which is not one of the sample's; None where none is given.

    Raises
    ------
    InputRefused
        If it is one, or if nobody was measured in it and somebody in the sample; if it was acquired later;
        and as in `opened`.
    """
    if address is None:
        return None
    own = opened([address], repairs, data_set=data_set)
    _check_apart(own, sample)
    known, _ = panel_at(panel, own, next(iter(spectra), None))
    return AtDiagnosis(own, known, strategy, spectra, _beside(own, sample))


def _check_apart(own: OpenedSample, sample: OpenedSample) -> None:
    own_day, day = acquired_on(own.keywords), acquired_on(sample.keywords)
    wrong = ""
    if {one.sha256 for one in own.files} & {one.sha256 for one in sample.files}:
        wrong = "is a file of the sample itself"
    elif own.simulated and not sample.simulated:
        wrong = "is SIMULATED, and the sample is real"
    elif own_day is not None and day is not None and own_day > day:
        wrong = f"was acquired on {own_day}, after the sample of {day}"
    if wrong:
        raise InputRefused(
            f"{own.files[0].name} {wrong}",
            where="diagnosis",
            do="give the file of this child's marrow at diagnosis",
        )


def _beside(own: OpenedSample, sample: OpenedSample) -> tuple[Text, ...]:
    """What both files say of whose and when they are, no hospital's number among it; what was mended."""
    days = [str(acquired_on(one.keywords) or "–") for one in (own, sample)]
    numbers = [one.keywords.get("$SMNO", "").strip() for one in (own, sample)]
    stated = (
        Text("not stated in both", "未在两者中均注明")
        if not all(numbers)
        else Text("the same", "相同")
        if numbers[0] == numbers[1]
        else Text("not the same", "不同")
    )
    name = own.files[0].name
    whose = Text(
        f"Diagnosis file {name} of {days[0]}, sample of {days[1]}; their numbers ($SMNO): {stated.en}.",
        f"初诊文件{name}，日期{days[0]}；样本日期{days[1]}；两者编号（$SMNO）：{stated.zh}。",
    )
    mended = (
        Text(f"Repair of {file}: {one.said.en}", f"{file}的修复：{one.said.zh}") for file, one in own.repairs
    )
    return whose, *mended
