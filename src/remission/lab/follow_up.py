"""One follow-up outside a run: its reads and those of negative controls, held against one index."""

from collections.abc import Sequence
from hashlib import sha256

from remission.lab.addresses import content, file_name
from remission.lab.asked import Asked
from remission.lab.sample import (
    Told,
    follow_up_evidence,
    index_at,
    sample_name,
    spikes_at,
    targets,
    track_sample,
)
from remission.mrd.ngs.blank import from_controls
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
    """
    chosen, spikes = index_at(index), spikes_at(spike)
    looked_for = targets((chosen,), spikes)
    own = track_sample(sample, files, chosen.sample, looked_for, preparation, cores, told)
    others = [
        track_sample(sample_name(one[0]), one, "", looked_for, preparation, cores, told) for one in negatives
    ]
    refs = [seen.ref for one in (own, *others) for seen in one.seen]
    names = ", ".join(one.tally.sample for one in others) or "none"
    return measure(
        chosen,
        own.tally,
        spikes,
        dna_ng,
        threshold=asked.threshold,
        required_lod=asked.required_lod,
        backgrounds=from_controls(chosen, [one.tally for one in others]),
        loq_templates=asked.loq_templates,
        disqualifying_flags=asked.disqualifying_flags,
        blinding_flags=asked.blinding_flags,
        evidence=follow_up_evidence(
            [*refs, _ref(index), _ref(spike)],
            preparation,
            {"negative controls": names, "cross-check": "none: one sample, not a run"},
            simulated=chosen.evidence.simulated,
        ),
    )


def _ref(address: str) -> FileRef:
    raw = content(address)
    return FileRef(file_name(address), sha256(raw).hexdigest(), len(raw))
