"""The windows that are looked for: of the index clones of one sample."""

from remission.errors import InputRefused
from remission.mrd.ngs.bases import encode
from remission.mrd.ngs.clonotype import Index, IndexClone
from remission.mrd.ngs.kernels_matching import SEED
from remission.mrd.ngs.tally import Target, Tier

LEAST_WINDOW = 2 * SEED
"""Bases a window must have: shorter ones match by chance too often to be followed at 1e-6."""


def targets_of(index: Index) -> tuple[Target, ...]:
    """The exact window of every clone, then the stem window of those that have one; owner: the sample."""
    exact = [_target(index, clone, Tier.EXACT, clone.window) for clone in index.clones]
    stems = [
        _target(index, clone, Tier.STEM, clone.stem_window)
        for clone in index.clones
        if clone.stem_window is not None
    ]
    return (*exact, *stems)


def _target(index: Index, clone: IndexClone, tier: Tier, window: str) -> Target:
    return Target(index.sample, clone.name, tier, clone.clonotype.rearrangement.locus, window)


def check_target(target: Target) -> None:
    """Refuse a window that is too short or shows other letters than A, C, G and T.

    Raises
    ------
    InputRefused
    """
    where = f"{target.tier} window of {target.name}" + (f", {target.owner}" if target.owner else "")
    if len(target.window) < LEAST_WINDOW:
        raise InputRefused(
            f"the window has {len(target.window)} bases: {target.window!r}",
            where=where,
            do=f"give at least {LEAST_WINDOW} bases",
        )
    wrong = [place for place, code in enumerate(encode(target.window), start=1) if code > 3]
    if wrong:
        raise InputRefused(
            f"the window shows {target.window[wrong[0] - 1]!r}",
            where=f"{where}, base {wrong[0]}",
            do="give the window in the letters A, C, G and T",
        )
