"""The repertoire of a sample without the spikes that were put into it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from remission.mrd.ngs.bases import encode
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.spikes import LEAST_APART, Spike

MOST_WRONG = (LEAST_APART - 1) // 2
"""Substitutions within which a clonotype is a spike: less than half of what lies between two spikes."""


def without_spikes(repertoire: Repertoire, spikes: Sequence[Spike]) -> Repertoire:
    """The clonotypes that show no spike; the reads of the others have the fate `spike`.

    A spike is a rearrangement to every step that looks for one, and often the largest of its kind: left among
    the clonotypes it would be followed.
    """
    kept: list[Clonotype] = []
    kinds, lost = dict(repertoire.kinds), 0
    for clone in repertoire.clonotypes:
        if not any(shows(clone, spike) for spike in spikes):
            kept.append(clone)
            continue
        lost += clone.reads
        kind = (clone.rearrangement.locus, clone.rearrangement.kind)
        if kind in kinds:
            kinds[kind] -= clone.reads
    fates = dict(repertoire.fates)
    fates[Fate.SPIKE] = fates.get(Fate.SPIKE, 0) + lost
    fates[Fate.CLONOTYPE] = fates.get(Fate.CLONOTYPE, 0) - lost
    return replace(
        repertoire,
        clonotypes=tuple(kept),
        fates={fate: fates[fate] for fate in Fate if fates.get(fate)},
        kinds={kind: reads for kind, reads in kinds.items() if reads},
    )


def shows(clone: Clonotype, spike: Spike) -> bool:
    """Whether a clonotype's sequence holds the window of a spike, a few substitutions aside."""
    sequence, window = encode(clone.sequence), encode(spike.window)
    if len(sequence) < len(window):
        return False
    stretches = np.lib.stride_tricks.sliding_window_view(sequence, len(window))
    return bool(((stretches != window).sum(axis=1) <= MOST_WRONG).any())
