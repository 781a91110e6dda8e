"""Negative controls that are none: a sample of the patient, or one contaminated by it."""

from collections.abc import Sequence
from fractions import Fraction

from remission.errors import InvariantBroken
from remission.mrd.limits import EXPECTED_FOR_95, cells_in
from remission.mrd.ngs.blank import clone_counts, examined
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally
from remission.mrd.ngs.templates import yields
from remission.stats.counts import poisson_interval

MOST_OF_CONTROL = 1e-3
"""Share of a control's reads examined that one followed clone may be, chance aside. ASSUMED, by us."""

_READS = 10  # fewer may always be carry-over


def refuse_no_control(
    index: Index,
    tally: Tally,
    controls: Sequence[Tally],
    spikes: Sequence[Spike],
    dna_ng: float,
    threshold: Fraction,
) -> None:
    """See that no control shows a followed clone as a positive follow-up does.

    Such a control is not background: with it the limit of blank would rise until a positive sample is none.
    It is one where, read for read examined, it surely (lower 95 % limit) shows more of the clone than a
    follow-up at the threshold, or than the three templates that any test needs, healthy cells aside; or where
    the clone is more than `MOST_OF_CONTROL` of it.

    Parameters
    ----------
    index, tally, spikes, dna_ng, threshold
        As in `measure.measure`.
    controls : sequence of Tally
        Negative controls, searched for the clones of the index.

    Raises
    ------
    InvariantBroken
        If one does; control and clone are named.
    InputRefused
        As in `templates.yields`.
    """
    loci = yields(spikes, tally, sorted({str(one.clonotype.rearrangement.locus) for one in index.clones}))
    templates = max(float(threshold) * cells_in(dna_ng), EXPECTED_FOR_95)
    for control in controls:
        seen = clone_counts(control, index.sample)
        for clone in index.clones:
            count = seen.get(clone.name)
            if count is None or count.reads < _READS:
                continue
            at_threshold = templates * loci[str(clone.clonotype.rearrangement.locus)].burst.mean
            most = min(at_threshold / max(examined(tally), 1), MOST_OF_CONTROL)
            share = poisson_interval(count.reads, 0.9).lower / examined(control)
            if share > most + clone.uniqueness.by_chance / 1e6:
                raise InvariantBroken(
                    f"{control.sample} is no negative control: {count.reads:,} of its {examined(control):,} "
                    f"reads examined are {clone.name} of {index.sample}, as in a sample with disease",
                    where=f"negative control {control.sample}",
                    do="leave it out, and find out whether it is the patient's own, swapped, or contaminated",
                )
