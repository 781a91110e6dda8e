"""A whole sequencing run: index clones of every diagnosis, then every sample searched for all of them.

Stage 1, diagnosis samples: which clones are followed. Stage 2, every sample, controls and diagnoses too: all
clones of all patients and the spikes are looked for. Stage 3: negative controls and the samples of others
give the limit of blank of every clone, what hopped and what contaminates is named, and each follow-up gets
its level and answer. A sample that fails is reported, with what rests on it; the others finish.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from io import BytesIO

from remission.errors import InvariantBroken, Refusal
from remission.lab import jobs, kept, run_notes
from remission.lab.addresses import content, file_name, put, within
from remission.lab.copies import reads_behind, refuse_alike, refuse_copies
from remission.lab.evidence import Seen, ref_of
from remission.lab.run_report import Ran, SampleRan, run_json, run_page
from remission.lab.sample import follow_up_evidence, is_empty, says_simulated, spikes_at, targets
from remission.lab.sheet import CONTROLS, Role, Row, Sheet
from remission.lab.tally_json import read_tally
from remission.lab.work import Crew, Failed, failure
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.crosscheck import CrossCheck, SampleKind, Sequenced, cross_check
from remission.mrd.ngs.index_json import read_index
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured import Measured
from remission.mrd.ngs.measured_json import write_measured
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally
from remission.terms.evidence import FileRef
from remission.terms.words import Text

KINDS: Mapping[Role, SampleKind] = {
    Role.DIAGNOSIS: SampleKind.DIAGNOSIS,
    Role.FOLLOW_UP: SampleKind.FOLLOW_UP,
    Role.NEGATIVE: SampleKind.CONTROL,
    Role.NO_TEMPLATE: SampleKind.NO_TEMPLATE,
}

Told = Callable[[str, str, Failed | None], None]
"""Hears of every sample that is through a stage: `index`, `track` or `report`; its name; why it failed."""


@dataclass(frozen=True, slots=True)
class _Index:
    """What is followed in a patient, and the file it stands in."""

    index: Index
    ref: FileRef


@dataclass(frozen=True, slots=True)
class _Spikes:
    spikes: tuple[Spike, ...]
    ref: FileRef


@dataclass(slots=True)
class _State:
    """What is known so far, by patient, sample or address."""

    indexes: dict[str, _Index] = field(default_factory=dict[str, _Index])
    spikes: dict[str, _Spikes] = field(default_factory=dict[str, _Spikes])
    tallies: dict[str, Tally] = field(default_factory=dict[str, Tally])
    seen: dict[str, tuple[Seen, ...]] = field(default_factory=dict[str, tuple[Seen, ...]])
    measured: dict[str, Measured] = field(default_factory=dict[str, Measured])
    failed: dict[str, Failed] = field(default_factory=dict[str, Failed])


def run(sheet: Sheet, folder: str, how: jobs.How, crew: Crew, told: Told | None = None) -> Ran:
    """Do a whole run, and write everything into a folder.

    Written: `index/SAMPLE.json` (with `.airr.tsv` and `.vidjil`), `tally/SAMPLE.json`, `result/SAMPLE.json`,
    `report/SAMPLE.html`, and last `run.json` and `run.html`. What was done before from the same files and
    settings is not done again.

    Parameters
    ----------
    sheet : Sheet
    folder : str
        Address of the folder.
    how : How
        Rule, germline, preparation, and what the protocol asks.
    crew : Crew
        Who does it.
    told : callable, optional
        Hears how it goes.

    Raises
    ------
    InputRefused
        If the folder cannot be written. A sample that fails is no such error: see `Ran.failed`.
    InvariantBroken
        If two samples have the same reads.
    """
    state, say = _State(), told or _silent
    _check_apart(sheet)
    _read_spikes(sheet, state)
    _stage_index(sheet, folder, how, crew, state, say)
    _stage_track(sheet, folder, how, crew, state, say)
    refuse_alike(state.tallies.values(), where=sheet.name)
    check = _stage_measure(sheet, how, state)
    _stage_report(sheet, folder, how, crew, state, say)
    ran = _ran(sheet, how, state, check)
    put(within(folder, "run.json"), run_json(ran))
    put(within(folder, "run.html"), run_page(ran, how.language))
    return ran


def _silent(stage: str, sample: str, failed: Failed | None) -> None:
    """Nobody listens."""


def _check_apart(sheet: Sheet) -> None:
    """No file of reads is another's, nor that of an earlier diagnosis, under a new name."""
    reads = {
        f"R{mate} of sample {row.sample} (row {row.number})": file
        for row in sheet.rows
        for mate, file in enumerate(row.files, 1)
        if row.role is not Role.NO_TEMPLATE or not _is_empty(file)
    }
    before: list[tuple[str, FileRef]] = []
    for address in sorted(set(sheet.indexes().values())):
        try:
            before += reads_behind(_index_of(content(address), address).index)
        except Refusal:  # told where the index is needed
            continue
    refuse_copies(reads, before, where=sheet.name)


def _is_empty(file: str) -> bool:
    try:
        return is_empty(file)
    except Refusal:  # told where it is searched
        return False


def _read_spikes(sheet: Sheet, state: _State) -> None:
    for row in sheet.rows:
        if row.spike is None or row.spike in state.spikes:
            continue
        try:
            state.spikes[row.spike] = _Spikes(spikes_at(row.spike), ref_of(content(row.spike), row.spike))
        except Refusal as refusal:
            state.failed[row.sample] = failure(refusal)


def _spikes_of(row: Row, sheet: Sheet, state: _State) -> tuple[Spike, ...]:
    """The spikes of a sample, or, where its row names none, the first of the run: they may have hopped in."""
    named = [row.spike, *(other.spike for other in sheet.rows)]
    return next((state.spikes[one].spikes for one in named if one in state.spikes), ())


def _stage_index(sheet: Sheet, folder: str, how: jobs.How, crew: Crew, state: _State, say: Told) -> None:
    """The clones of every patient: chosen from the diagnosis sample, or read from an earlier index."""
    waiting: list[jobs.IndexJob] = []
    patients = {row.sample: row.patient for row in sheet.of(Role.DIAGNOSIS)}
    for row in sheet.of(Role.DIAGNOSIS):
        if row.sample in state.failed:
            kept.forget(folder, f"{row.sample}.index")
            continue
        job = jobs.IndexJob(row.sample, row.files, _spikes_of(row, sheet, state), how)
        before = kept.done(folder, job.name, job.key, row.files)
        if before is None:
            waiting.append(job)
        else:
            state.indexes[row.patient] = _index_of(before[job.output], job.output)
            say("index", row.sample, None)
    for job, made in crew.each(jobs.index, waiting):
        if isinstance(made, Failed):
            kept.forget(folder, job.name)
            state.failed[job.sample] = made
        else:
            kept.keep(folder, job.name, job.key, made.seen, made.outputs)
            state.indexes[patients[job.sample]] = _index_of(made.outputs[job.output], job.output)
        say("index", job.sample, made if isinstance(made, Failed) else None)
    for patient, address in sheet.indexes().items():
        try:
            state.indexes[patient] = _index_of(content(address), address)
        except Refusal as refusal:
            for row in sheet.rows:
                if row.patient == patient:
                    state.failed[row.sample] = failure(refusal)
    _check_owners(sheet, state)
    for row in sheet.of(Role.FOLLOW_UP):
        if row.patient not in state.indexes and row.sample not in state.failed:
            state.failed[row.sample] = Failed(
                f"the diagnosis sample of patient {row.patient} failed, so nothing says what to look for",
                f"{sheet.name}, row {row.number}",
                "see to the diagnosis sample, then run again",
            )


def _check_owners(sheet: Sheet, state: _State) -> None:
    """Two patients whose indexes bear one name could not be told apart."""
    owners: dict[str, str] = {}
    for patient, own in sorted(state.indexes.items()):
        other = owners.setdefault(own.index.sample, patient)
        if other != patient:
            raise InvariantBroken(
                f"the indexes of patients {other} and {patient} are both of a sample {own.index.sample!r}",
                where=sheet.name,
                do="name samples so that no two in the run are alike, earlier indexes included",
            )


def _stage_track(sheet: Sheet, folder: str, how: jobs.How, crew: Crew, state: _State, say: Told) -> None:
    """Every sample searched for all clones of the run, and for its spikes."""
    indexes = [state.indexes[patient].index for patient in sorted(state.indexes)]
    waiting: list[jobs.TrackJob] = []
    for row in sheet.rows:
        if row.sample in state.failed:
            kept.forget(folder, f"{row.sample}.track")
            continue
        looked_for = targets(indexes, _spikes_of(row, sheet, state))
        job = jobs.TrackJob(
            row.sample,
            row.files,
            state.indexes[row.patient].index.sample if row.patient in state.indexes else "",
            looked_for,
            how.preparation,
            row.role is Role.NO_TEMPLATE,
        )
        before = kept.done(folder, job.name, job.key, row.files)
        if before is None:
            waiting.append(job)
        else:
            state.tallies[row.sample] = read_tally(before[job.output], job.output)
            state.seen[row.sample] = kept.seen_before(folder, job.name)
            say("track", row.sample, None)
    for job, made in crew.each(jobs.track, waiting):
        if isinstance(made, Failed):
            kept.forget(folder, job.name)
            state.failed[job.sample] = made
        else:
            kept.keep(folder, job.name, job.key, made.seen, made.outputs)
            state.tallies[job.sample] = read_tally(made.outputs[job.output], job.output)
            state.seen[job.sample] = made.seen
        say("track", job.sample, made if isinstance(made, Failed) else None)


def _stage_measure(sheet: Sheet, how: jobs.How, state: _State) -> CrossCheck | None:
    """The run held against itself; then the level and answer of each follow-up."""
    searched = [row for row in sheet.rows if row.sample in state.tallies]
    if not searched:
        return None
    chances = {
        (own.index.sample, clone.name): clone.uniqueness.by_chance
        for own in state.indexes.values()
        for clone in own.index.clones
    }
    check = cross_check([_sequenced(row, state) for row in searched], chances)
    for row in searched:
        if row.role is not Role.FOLLOW_UP:
            continue
        try:
            state.measured[row.sample] = _measured(row, sheet, how, state, check)
        except Refusal as refusal:
            state.failed[row.sample] = failure(refusal)
    return check


def _sequenced(row: Row, state: _State) -> Sequenced:
    owner = "" if row.role in CONTROLS else state.indexes[row.patient].index.sample
    return Sequenced(owner, state.tallies[row.sample], KINDS[row.role])


def _measured(row: Row, sheet: Sheet, how: jobs.How, state: _State, check: CrossCheck) -> Measured:
    assert row.dna_ng is not None and row.spike is not None, "a sheet has them for every follow-up"
    own, spikes = state.indexes[row.patient], state.spikes[row.spike]
    refs = [one.ref for one in state.seen[row.sample]]
    everything = [one for files in state.seen.values() for one in files]
    measured = measure(
        own.index,
        state.tallies[row.sample],
        spikes.spikes,
        row.dna_ng,
        threshold=how.asked.threshold,
        required_lod=how.asked.required_lod,
        backgrounds=check.backgrounds[row.sample],
        foreign=check.foreign[row.sample],
        loq_templates=how.asked.loq_templates,
        disqualifying_flags=how.asked.disqualifying_flags,
        blinding_flags=how.asked.blinding_flags,
        evidence=follow_up_evidence(
            [*refs, own.ref, spikes.ref],
            how.preparation,
            {"run": _run_said(sheet, state)},
            simulated=own.index.evidence.simulated or says_simulated(everything, spikes.spikes),
        ),
    )
    return replace(measured, notes=(*measured.notes, *_notes(row, own.index.sample, sheet, state, check)))


def _notes(row: Row, owner: str, sheet: Sheet, state: _State, check: CrossCheck) -> Iterator[Text]:
    """What the other samples of the run mean for this one."""
    if row.sample in check.swapped:
        yield run_notes.swapped(row.sample, check.swapped[row.sample])
    yield from run_notes.spoilt_controls(owner, [one.sample for one in sheet.of(*CONTROLS)], check.foreign)
    yield from _incomplete(sheet, state)


def _incomplete(sheet: Sheet, state: _State) -> Iterator[Text]:
    unread = [row.sample for row in sheet.rows if row.sample not in state.tallies]
    patients = sorted({row.patient for row in sheet.rows if row.patient})
    return run_notes.incomplete(unread, [one for one in patients if one not in state.indexes])


def _run_said(sheet: Sheet, state: _State) -> str:
    """The samples that the limit of blank and the cross-check rest on."""
    controls = [row.sample for row in sheet.of(*CONTROLS) if row.sample in state.tallies]
    digest = sha256()
    for row in sheet.rows:
        for one in state.seen.get(row.sample, ()):
            digest.update(f"{row.sample} {one.ref.sha256}\n".encode())
    return (
        f"{len(state.tallies)} of {len(sheet.rows)} samples; negative controls: "
        f"{', '.join(controls) or 'none'}; sha256 of the files' sha256 {digest.hexdigest()}"
    )


def _stage_report(sheet: Sheet, folder: str, how: jobs.How, crew: Crew, state: _State, say: Told) -> None:
    """The result and the page of every follow-up."""
    waiting: list[jobs.ReportJob] = []
    for row in sheet.of(Role.FOLLOW_UP):
        name = f"{row.sample}.result"
        if row.sample not in state.measured:
            kept.forget(folder, name)
            continue
        measured, own = state.measured[row.sample], state.indexes[row.patient]
        job = jobs.ReportJob(row.sample, measured, own.index, own.ref.sha256, how.language)
        if kept.done(folder, job.name, job.key, ()) is None:
            waiting.append(job)
    for job, made in crew.each(jobs.report, waiting):
        outputs = {job.output: write_measured(job.measured).encode()}
        if isinstance(made, Failed):
            state.failed[job.sample] = made
            del state.measured[job.sample]
            kept.forget(folder, job.name)
        else:
            kept.keep(folder, job.name, job.key, (), {**outputs, **made})
        say("report", job.sample, made if isinstance(made, Failed) else None)


def _ran(sheet: Sheet, how: jobs.How, state: _State, check: CrossCheck | None) -> Ran:
    samples = tuple(
        SampleRan(
            row,
            state.indexes[row.patient].index if row.patient in state.indexes else None,
            state.tallies.get(row.sample),
            state.measured.get(row.sample),
            state.failed.get(row.sample),
        )
        for row in sheet.rows
    )
    germline = f"{how.germline.name} ({how.germline.version}), sha256 {how.germline.sha256}"
    incomplete = tuple(_incomplete(sheet, state))
    return Ran(sheet.name, germline, str(how.rule), how.asked, samples, check, incomplete)


def _index_of(raw: bytes, name: str) -> _Index:
    return _Index(read_index(BytesIO(raw), file_name(name)), ref_of(raw, name))
