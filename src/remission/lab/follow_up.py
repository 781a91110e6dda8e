"""One follow-up outside a run: its reads and those of negative controls, held against one index."""

from collections.abc import Sequence

from remission.lab.addresses import content, file_name
from remission.lab.asked import Asked
from remission.lab.copies import reads_behind, refuse_alike, refuse_copies
from remission.lab.evidence import ref_of
from remission.lab.sample import (
    Told,
    follow_up_evidence,
    index_at,
    sample_name,
    says_simulated,
    spikes_at,
    targets,
    track_sample,
)
from remission.mrd.ngs.blank import from_controls
from remission.mrd.ngs.controls import refuse_no_control
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured import Measured
from remission.mrd.ngs.source import Preparation
from remission.terms.evidence import FileRef


def follow_up(
    sample: str,
    files: Sequence[str],
    index: str,
    spike: str,
    dna_ng: float,
    asked: Asked,
    preparation: Preparation,
    negatives: Sequence[tuple[str, ...]] = (),
    cores: int = 1,
    told: Told | None = None,
) -> Measured:
    """Measure a sample against the index at an address.

    Parameters
    ----------
    sample, files : str, sequence of str
        Its name, and the addresses of its reads.
    index, spike : str
        Addresses of the index and of the FASTA of the spike-ins in the tube.
    dna_ng : float
        Nanograms of DNA in the tube.
    negatives : sequence of tuple of str
        Addresses of the reads of each negative control.

    Raises
    ------
    InputRefused
        For a file that cannot be read to its end; for spikes that were not read, so that nobody knows how
        many cells were seen.
    InvariantBroken
        If the sample, a control and the diagnosis are not all different reads, or a control holds a clone as
        a positive sample does.
    """
    chosen, spikes = index_at(index), spikes_at(spike)
    _check_apart(sample, files, negatives, reads_behind(chosen))
    looked_for = targets((chosen,), spikes)
    own = track_sample(sample, files, chosen.sample, looked_for, preparation, cores, told)
    others = [
        track_sample(name, one, "", looked_for, preparation, cores, told)
        for name, one in zip(_names(negatives), negatives, strict=True)
    ]
    controls = [one.tally for one in others]
    refuse_alike((own.tally, *controls), where=f"sample {sample}")
    refuse_no_control(chosen, own.tally, controls, spikes, dna_ng, asked.threshold)
    seen = [one for tracked in (own, *others) for one in tracked.seen]
    names = ", ".join(one.tally.sample for one in others) or "none"
    return measure(
        chosen,
        own.tally,
        spikes,
        dna_ng,
        threshold=asked.threshold,
        required_lod=asked.required_lod,
        backgrounds=from_controls(chosen, controls),
        loq_templates=asked.loq_templates,
        disqualifying_flags=asked.disqualifying_flags,
        blinding_flags=asked.blinding_flags,
        evidence=follow_up_evidence(
            [*(one.ref for one in seen), *(ref_of(content(one), one) for one in (index, spike))],
            preparation,
            {"negative controls": names, "cross-check": "none: one sample, not a run"},
            simulated=chosen.evidence.simulated or says_simulated(seen, spikes),
        ),
    )


def _check_apart(
    sample: str,
    files: Sequence[str],
    negatives: Sequence[tuple[str, ...]],
    before: Sequence[tuple[str, FileRef]],
) -> None:
    """No file is read as two: told before the work."""
    named = [(f"sample {sample}", files)]
    named += [(f"negative control {n}", one) for n, one in enumerate(negatives, 1)]
    reads = {f"R{mate} of {who}": file for who, own in named for mate, file in enumerate(own, 1)}
    refuse_copies(reads, before, where=f"sample {sample}")


def _names(negatives: Sequence[tuple[str, ...]]) -> list[str]:
    """Controls by the names of their files, shortened only where that leaves them apart."""
    short = [sample_name(*one) for one in negatives]
    apart = len(set(short)) == len(short)
    return short if apart else [file_name(one[0]) for one in negatives]
