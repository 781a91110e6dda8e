"""Whose clones a sequencing result was measured with: its index, kept, and bound to the participant."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remission.conduct import events as ev
from remission.errors import InputRefused
from remission.mrd.ngs.clonotype import Index, IndexClone
from remission.mrd.ngs.index_json import read_index
from remission.mrd.ngs.measured import CloneLevel, Measured
from remission.mrd.result import MrdResult
from remission.terms.evidence import FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.trial.trial import Trial

INDEX = "index"
"""The setting of a result's evidence that gives the sha256 of the kept index it was measured with."""
INDEX_CHANGED = "index-changed"
"""The flag of a result measured with other clones than an earlier result of the participant."""
_ENOUGH = 64


@dataclass(frozen=True, slots=True)
class OwnIndex:
    """The index behind a result and the file it is kept in.

    `changed`: an earlier result of this participant was measured with other clones.
    """

    file: FileRef
    index: Index
    changed: bool


def own_index(
    trial: Trial, subject: SubjectId, measured: Measured, files: Sequence[FileRef], where: str
) -> OwnIndex:
    """The index that a result was measured with, found among its files.

    Raises
    ------
    InputRefused
        If the result names no index, or one that is damaged, of another sample or of other clones than the
        result; if nothing binds it to this participant, or something binds it to another; if these reads, or
        this index for another participant, stand behind a result already.
    Missing, Altered
        If the file is not kept as it was.
    """
    named = {ref.sha256 for ref in measured.result.evidence.files}
    found = {ref.sha256: ref for ref in files if ref.sha256 in named and _may_be_index(trial, ref)}
    if len(found) != 1:
        raise InputRefused(
            f"the result names {len(found)} files that may be its index, not one",
            where=where,
            do="measure again with `remission ngs track`, and give the index with --file",
        )
    (file,) = found.values()
    index = kept_index(trial, file)
    _check_same(index, measured, f"{where}, {file.name}")
    _check_own(trial, subject, index.sample, where)
    _check_unused(trial, subject, measured, file, index)
    windows = _windows(index)
    earlier = (kept_index(trial, ref) for _, result in _results(trial, subject) for ref in index_of(result))
    return OwnIndex(file, index, any(_windows(other) != windows for other in earlier))


def index_of(result: MrdResult) -> tuple[FileRef, ...]:
    """The kept index behind a result; none for a result entered as counts."""
    named = {setting.value for setting in result.evidence.settings if setting.name == INDEX}
    return tuple(ref for ref in result.evidence.files if ref.sha256 in named)[:1]


def kept_index(trial: Trial, file: FileRef) -> Index:
    """Read a kept index. `Raises` as in `index_json.read_index`; Missing, Altered as in `Files.check`."""
    trial.files.check(file)
    with trial.files.open(file.sha256) as stream:
        return read_index(stream, file.name)


def _may_be_index(trial: Trial, file: FileRef) -> bool:
    """Whether a kept file begins like an index: no FASTA, FASTQ or compressed file does."""
    with trial.files.open(file.sha256) as stream:
        return stream.read(_ENOUGH).lstrip().startswith(b"{")


def _check_same(index: Index, measured: Measured, where: str) -> None:
    """Refuse an index that is not the one the numbers were made with."""
    wrong = [
        f"{what} {theirs!r}; the result says {ours!r}"
        for what, theirs, ours in (
            ("sample", index.sample, measured.index_sample),
            ("germline", index.germline, measured.germline),
            ("clones", sorted(map(_told, index.clones)), sorted(map(_counted, measured.clones))),
        )
        if theirs != ours
    ]
    if wrong:
        raise InputRefused(
            f"the index has {wrong[0]}", where=where, do="give result and index as `remission ngs` wrote them"
        )


def _told(clone: IndexClone) -> tuple[str, ...]:
    made, sequence = clone.clonotype.rearrangement, clone.clonotype.sequence
    junction = "" if made.junction is None else sequence[slice(*made.junction)]
    return clone.name, made.locus.value, made.five.gene, made.three.gene, junction


def _counted(clone: CloneLevel) -> tuple[str, ...]:
    return clone.name, clone.locus, clone.v, clone.j, clone.junction


def _check_own(trial: Trial, subject: SubjectId, sample: str, where: str) -> None:
    """Refuse an index whose sample is not known for this participant's, or known for another's."""
    owners = [one for one in trial.participants() if sample in _marrows(trial, one)]
    others = [str(one) for one in owners if one != subject]
    if not others and (owners or sample.startswith(f"{subject}-")):
        return
    said = f"is participant {others[0]}'s" if others else f"nothing says is participant {subject}'s"
    raise InputRefused(
        f"the index clones are of sample {sample!r}, which {said}",
        where=where,
        do="measure again with this participant's own index; a sample of the diagnosis is named by the "
        f"participant when it is indexed: `remission ngs index --sample {subject}-d1`",
    )


def _check_unused(trial: Trial, subject: SubjectId, measured: Measured, own: FileRef, index: Index) -> None:
    """Refuse an index, its diagnosis or the sample's own reads where another result rests on them already."""
    reads, diagnosis = measured.result.evidence.files[:1], index.evidence.files[:1]
    for other in trial.participants():
        for sample, result in _results(trial, other):
            behind = {ref.sha256 for ref in result.evidence.files}
            asked = reads if other == subject else (own, *diagnosis, *reads)
            for file in (file for file in asked if file.sha256 in behind):
                raise InputRefused(
                    f"{file.name} stands behind the result of participant {other}, sample {sample}",
                    where=f"participant {subject}, sample {measured.sample}",
                    do="give what was sequenced for this sample and this participant's own index, or correct "
                    "that entry if it is wrong",
                )


def _marrows(trial: Trial, subject: SubjectId) -> set[str]:
    taken = (item.event for item in trial.participant(subject).all(ev.MarrowTaken))
    return {str(event.sample) for event in taken if isinstance(event, ev.MarrowTaken)}


def _results(trial: Trial, subject: SubjectId) -> Iterator[tuple[SampleId, MrdResult]]:
    for item in trial.participant(subject).all(ev.MrdReported):
        if isinstance(item.event, ev.MrdReported):
            yield item.event.sample, item.event.result


def _windows(index: Index) -> set[str]:
    return {clone.window for clone in index.clones}
