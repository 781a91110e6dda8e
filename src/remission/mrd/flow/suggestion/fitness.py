"""Whether a reference fits a file: panel, ranges, where normal populations lie, how much lies far off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from remission.mrd.flow.strategies.strategy import Panel
from remission.mrd.flow.suggestion.mixture import Floats
from remission.mrd.flow.suggestion.places import tops_of
from remission.mrd.flow.suggestion.reference import Reference
from remission.terms.words import Text

FEWEST_CELLS = 1_000
"""Cells with which a file says where its populations lie. ASSUMED, by us."""
MOST_FAR = 0.5
"""Share of cells below the threshold from which on nothing is said. ASSUMED, by us."""
BEYOND = 1.5
SLACK = 0.3
"""A marker's populations may lie as far aside as any reference marrow's, times the one, and the other (in
spreads) more. ASSUMED, by us."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitness:
    """What a file shows: `cells`, `shift` of its populations per marker (in spreads), share `far` off."""

    cells: int
    shift: Floats
    far: float


def panel_misfits(
    panel: Panel,
    ranges: Mapping[str, float],
    reference: Reference,
    markers: Sequence[str],
    at_diagnosis: bool = False,
) -> tuple[Text, ...]:
    """Why the panel or the instrument's ranges are not the reference's."""
    of = Text("diagnosis file", "初诊文件") if at_diagnosis else Text("file", "文件")
    found: list[Text] = []
    missing = [marker for marker in markers if marker not in panel.channels]
    if missing:
        names = ", ".join(missing)
        found.append(
            Text(
                f"Another panel: the {of.en} lacks {names}.",
                f"抗体组合不同：{of.zh}缺少 {names}。",
            )
        )
    tops = tops_of(panel, ranges, [marker for marker in markers if marker not in missing])
    for marker, top in tops.items():
        if top != reference.tops[marker]:
            found.append(
                Text(
                    f"Another instrument: {marker} ranges to {top:g} in the {of.en}, to "
                    f"{reference.tops[marker]:g} in the reference.",
                    f"仪器不同：{of.zh}中 {marker} 的量程为 {top:g}，参考为 {reference.tops[marker]:g}。",
                )
            )
    return tuple(found)


def misfits(fit: Fitness, reference: Reference, markers: Sequence[str], view: int) -> tuple[Text, ...]:
    """Why the cells are not like the reference's."""
    if fit.cells < FEWEST_CELLS:
        return (
            Text(
                f"Too few cells to know whether the reference fits: {fit.cells}; {FEWEST_CELLS} are needed.",
                f"细胞太少，无法判断参考是否适用：{fit.cells} 个；需要 {FEWEST_CELLS} 个。",
            ),
        )
    found: list[Text] = []
    if fit.far > MOST_FAR:
        found.append(
            Text(
                f"{fit.far:.0%} of cells lie far from every reference marrow: another staining or "
                "instrument, or a marrow full of leukaemia. Look by hand.",
                f"{fit.far:.0%} 的细胞远离所有参考骨髓：染色或仪器不同，或骨髓中充满白血病细胞。请人工查看。",
            )
        )
    kept = [reference.markers.index(marker) for marker in markers]
    usual = np.abs(np.stack([one.shift for one in reference.marrows]))[:, kept].max(axis=0)
    for marker, shift, most in zip(markers, fit.shift, usual, strict=True):
        if not abs(shift) <= BEYOND * most + SLACK:
            found.append(
                Text(
                    f"{marker}: normal populations lie {shift:+.1f} spreads from the reference's; its own "
                    f"marrows differ by at most {most:.1f}.",
                    f"{marker}：正常细胞群与参考相差 {shift:+.1f} 个离散度；"
                    f"参考骨髓之间至多相差 {most:.1f}。",
                )
            )
    return tuple(found)
