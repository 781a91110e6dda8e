"""One sample's reads under two names: it would be its own neighbour, its own control, or another child."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from remission.errors import InputRefused, InvariantBroken
from remission.lab.addresses import file_name, size_of
from remission.lab.evidence import hashed
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.tally import Tally, Target, Tier
from remission.terms.evidence import FileRef

_DO = "give every sample the file of its own reads"
_ENOUGH = 100  # reads of clones and spikes, from which two samples never agree in every number


def refuse_copies(
    files: Mapping[str, str], before: Sequence[tuple[str, FileRef]] = (), *, where: str
) -> None:
    """See that no two files are the same bytes; only files of one size are read for it.

    Parameters
    ----------
    files : mapping
        By what it is for people (`R1 of sample F1`), the address of each file of reads. One that cannot be
        reached is passed over: whoever reads it says so.
    before : sequence
        What, and which file, was read earlier.

    Raises
    ------
    InvariantBroken
        If two are: both are named.
    """
    by_size: dict[int | None, list[str]] = defaultdict(list)
    earlier: dict[int | None, list[tuple[str, FileRef]]] = defaultdict(list)
    for what, ref in before:
        earlier[ref.size].append((what, ref))
    for what, address in files.items():
        try:
            by_size[size_of(address)].append(what)
        except InputRefused:
            continue
    for size, alike in by_size.items():
        known = earlier[size] if size is not None else list(before)
        if len(alike) + len(known) < 2:
            continue
        seen = {ref.sha256: (what, ref.name) for what, ref in known}
        for what in alike:
            digest, name = hashed(files[what]).ref.sha256, file_name(files[what])
            if digest in seen:
                raise InvariantBroken(
                    f"{name}, {what}, is the same file as {seen[digest][1]}, {seen[digest][0]}",
                    where=where,
                    do=_DO,
                )
            seen[digest] = (what, name)


def refuse_alike(tallies: Iterable[Tally], *, where: str) -> None:
    """See that no two samples have the same reads, packed anew: as many of every clone, spike and length.

    Raises
    ------
    InvariantBroken
        If two have: both are named.
    """
    seen: dict[tuple[object, ...], str] = {}
    for tally in tallies:
        reads = _counted(tally)
        if sum(reads.values()) < _ENOUGH:
            continue
        key = (tally.reads_total, frozenset(reads.items()), frozenset(tally.lengths.items()))
        if key in seen:
            raise InvariantBroken(
                f"samples {seen[key]} and {tally.sample} have the same reads, to the last spike",
                where=where,
                do=_DO,
            )
        seen[key] = tally.sample


def reads_behind(index: Index) -> list[tuple[str, FileRef]]:
    """The files of the diagnosis sample that an index was chosen from, not those of a healthy person."""
    healthy = " ".join(clone.uniqueness.repertoire for clone in index.clones)
    return [
        (f"the diagnosis sample {index.sample}", ref)
        for ref in index.evidence.files
        if ref.name not in healthy
    ]


def _counted(tally: Tally) -> dict[Target, int]:
    return {count.target: count.reads for count in tally.counts if count.target.tier is not Tier.STEM}
