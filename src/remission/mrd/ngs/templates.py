"""From reads to templates: what the spikes of a locus say about the reads one template gives.

Templates = index reads x spike copies / spike reads, within a locus, whose primers both went through. That
counts; it corrects nothing: what the primers prefer in one sequence over another stays in the level.

A template's reads are taken as negative binomial: PCR copies a molecule with a chance p a cycle, which gives
reads per template a squared coefficient of variation of (1 - p) / (1 + p), the dispersion; counting reads
adds 1 / reads per template. The copies of a spike in the tube are Poisson themselves. So the spread of reads
per copy over several spikes shows the dispersion, and with few spikes the assumed one counts for more.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally, Tier
from remission.stats.compound import Burst
from remission.stats.tails import gamma_quantile

ASSUMED_DISPERSION = 0.25
"""Of reads per template, before the spikes are looked at: p = 0.6 a cycle. ASSUMED, by us."""

ASSUMED_WEIGHT = 20.0
"""How many spikes the assumed dispersion is worth. ASSUMED, by us."""

_SCATTERED = 0.999  # quantile of chance beyond which the spread of the spikes overrules the assumption


@dataclass(frozen=True, slots=True)
class LocusYield:
    """The spikes of one locus: expected copies, reads, and the reads a template of this locus gives."""

    locus: str
    copies: float
    reads: int
    burst: Burst
    scattered: bool

    @property
    def variation(self) -> float:
        """Coefficient of variation of reads per template."""
        return math.sqrt(self.burst.dispersion + 1 / self.burst.mean)

    def templates(self, reads: int) -> float:
        """Templates that so many reads stand for."""
        return reads * self.copies / self.reads


def spike_reads(spikes: Sequence[Spike], tally: Tally) -> Mapping[str, int]:
    """Reads of each spike, by name.

    Raises
    ------
    InvariantBroken
        If a spike was not looked for in this sample.
    """
    seen = {count.target.name: count.reads for count in tally.counts if count.target.tier == Tier.SPIKE}
    missing = [spike.name for spike in spikes if spike.name not in seen]
    if missing:
        raise InvariantBroken(
            f"spikes {', '.join(missing)} were not looked for",
            where=f"sample {tally.sample}",
            do="track the sample with the spikes that went into its tube",
        )
    return {spike.name: seen[spike.name] for spike in spikes}


def yields(spikes: Sequence[Spike], tally: Tally, needed: Sequence[str]) -> Mapping[str, LocusYield]:
    """The yield of each locus whose spikes gave reads; `needed` are the loci of the index clones.

    Raises
    ------
    InputRefused
        If a locus that is needed has no spike, or its spikes gave no read: cells cannot be counted.
    InvariantBroken
        If a spike was not looked for in this sample.
    """
    seen = spike_reads(spikes, tally)
    by_locus: dict[str, list[Spike]] = {}
    for spike in spikes:
        by_locus.setdefault(str(spike.locus), []).append(spike)
    totals = {locus: sum(seen[spike.name] for spike in own) for locus, own in by_locus.items()}
    for locus in needed:
        if not totals.get(locus):
            said = f"the spikes of {locus} gave no read" if locus in totals else f"no spike of {locus}"
            raise InputRefused(
                f"{said}: without it nobody knows how many cells were seen",
                where=f"sample {tally.sample}",
                do="prepare and sequence the sample again, with spikes of every locus that is followed",
            )
    counted = {locus: own for locus, own in by_locus.items() if totals[locus]}
    dispersion, scattered = _dispersion(counted, seen)
    return MappingProxyType(
        {locus: _yield(locus, own, totals[locus], dispersion, scattered) for locus, own in counted.items()}
    )


def _yield(locus: str, spikes: list[Spike], reads: int, dispersion: float, scattered: bool) -> LocusYield:
    copies = math.fsum(spike.copies for spike in spikes)
    mean = reads / copies
    error = math.sqrt((1 + dispersion + 1 / mean) / copies)
    return LocusYield(locus, copies, reads, Burst(mean, dispersion, error), scattered)


def _dispersion(by_locus: Mapping[str, list[Spike]], seen: Mapping[str, int]) -> tuple[float, bool]:
    """The dispersion of reads per template over all loci of a sample, and whether spikes overruled it.

    Each spike's squared distance from its expected reads, in copies, is 1 + dispersion + 1 / mean on
    average. Where the spread is far beyond what is assumed (1 in 1,000 by chance) it stands alone.
    """
    spread = expected = assumed = 0.0
    free = 0
    for spikes in by_locus.values():
        mean = sum(seen[spike.name] for spike in spikes) / math.fsum(spike.copies for spike in spikes)
        for spike in spikes:
            spread += (seen[spike.name] / mean - spike.copies) ** 2 / spike.copies
        free += len(spikes) - 1
        expected += (len(spikes) - 1) * (1 + 1 / mean)
        assumed += (len(spikes) - 1) * (1 + ASSUMED_DISPERSION + 1 / mean)
    if free == 0:
        return ASSUMED_DISPERSION, False
    if spread > assumed / free * 2 * gamma_quantile(_SCATTERED, free / 2):
        return (spread - expected) / free, True
    weighed = (ASSUMED_WEIGHT * ASSUMED_DISPERSION + spread - expected) / (ASSUMED_WEIGHT + free)
    return max(weighed, 0.0), False
