"""`remission ngs`: from the reads of a sequencer to index clones, to a level with its limits, to a report."""

import json as written
import sys
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remission.cli.grid import tables_as_text
from remission.cli.outputs import put_all, refuse_taken
from remission.cli.studies import study_named
from remission.cli.words import Json, Language, Spoken, say
from remission.errors import CommandRefused

if TYPE_CHECKING:
    from remission.lab.asked import Asked
    from remission.lab.sample import Normal, Told
    from remission.mrd.ngs.index import IndexRule
    from remission.mrd.ngs.source import Preparation
    from remission.protocol.study import Study

app = typer.Typer(no_args_is_help=True, add_completion=False)

Reads = Annotated[str, typer.Argument(metavar="R1", help="FASTQ or FASTA, plain or gzip: a path or address.")]
Mates = Annotated[str | None, typer.Argument(metavar="R2", help="The mates, where there are any.")]
Output = Annotated[str, typer.Option("--output", "-o", help="File to write; nothing is written over.")]
SampleName = Annotated[str | None, typer.Option("--sample", help="Its name (from the names of R1, R2).")]
StudyRule = Annotated[
    str | None, typer.Option("--study", help="The study whose rule, threshold and limits hold.")
]
GermlineFolder = Annotated[
    str | None, typer.Option("--germline", help="A folder of FASTA files, gapped or plain (OGRDB, shipped).")
]
PrimerTable = Annotated[
    str | None,
    typer.Option("--primers", help="A table of primers and adapters: name, sequence, end (5 or 3)."),
]
ThresholdLevel = Annotated[
    str | None, typer.Option("--threshold", help="Without a study: a fraction of cells (1e-6).")
]
ShareOfReads = Annotated[
    float | None, typer.Option("--share", help="Without a study: the share a clone must exceed (0.05).")
]
HealthyReads = Annotated[
    str | None, typer.Option("--normal", help="Reads of a healthy person, to hold clones against.")
]
Cores = Annotated[int, typer.Option("--cores", help="Cores to use.", min=1, max=256)]
ReportPage = Annotated[str | None, typer.Option("--report", help="A page (HTML) to write as well.")]


@app.command("index")
def index_command(
    r1: Reads,
    output: Output,
    r2: Mates = None,
    sample: SampleName = None,
    study: StudyRule = None,
    share: ShareOfReads = None,
    spike: Annotated[
        str | None, typer.Option("--spike", help="FASTA of spike-ins in the tube: they are not followed.")
    ] = None,
    germline: GermlineFolder = None,
    primers: PrimerTable = None,
    normal: HealthyReads = None,
    airr: Annotated[str | None, typer.Option("--airr", help="AIRR table of the clonotypes to write.")] = None,
    vidjil: Annotated[str | None, typer.Option("--vidjil", help="The same as a .vidjil file.")] = None,
    cores: Cores = 1,
    report: ReportPage = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Choose the index clones of a diagnosis sample."""
    rule = _rule(study_named(study, share=share), share)
    refuse_taken(output, airr, vidjil, report)
    from remission.lab import sample as lab
    from remission.lab.report import index_page
    from remission.lab.telling import of_index
    from remission.mrd.ngs.index_json import write_index

    germs, preparation = lab.germline_at(germline), _preparation(primers)
    name, spikes = _named(sample, r1, r2), lab.spikes_at(spike) if spike else ()
    with _telling("reads") as told:
        healthy = _normal(normal, germline, preparation, cores)
        found = lab.index_sample(name, _files(r1, r2), rule, germs, preparation, spikes, healthy, told, cores)
    text = write_index(found.index)
    table, clones = lab.exports(found.repertoire, germs, found.index.sample)
    page = index_page(found, words.value) if report else b""
    put_all((airr, table.encode()), (vidjil, clones.encode()), (report, page), (output, text.encode()))
    say(
        written.loads(text),
        tables_as_text(of_index(found.index), words, found.index.evidence.simulated),
        as_json=json,
    )


@app.command("track")
def track_command(
    index: Annotated[str, typer.Argument(metavar="INDEX", help="What `index` wrote.")],
    r1: Reads,
    output: Output,
    spike: Annotated[str, typer.Option("--spike", help="FASTA of the spike-ins in the tube, with copies.")],
    dna_ng: Annotated[float, typer.Option("--dna-ng", help="Nanograms of DNA in the tube.")],
    r2: Mates = None,
    sample: SampleName = None,
    negative: Annotated[
        list[str] | None,
        typer.Option("--negative", help="Reads of a negative control (R1,R2 for mates); may be repeated."),
    ] = None,
    study: StudyRule = None,
    threshold: ThresholdLevel = None,
    primers: PrimerTable = None,
    cores: Cores = 1,
    report: ReportPage = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Look for the index clones in a follow-up sample, and give level, limits and answer."""
    asked = _asked(study_named(study, threshold=threshold), threshold)
    refuse_taken(output, report)
    from remission.lab import sample as lab
    from remission.lab.follow_up import follow_up
    from remission.lab.report import result_page
    from remission.lab.telling import of_measured
    from remission.mrd.ngs.measured_json import write_measured

    chosen, name = lab.index_at(index), _named(sample, r1, r2)
    controls = [tuple(one.split(",")) for one in negative or ()]
    with _telling("reads") as told:
        measured = follow_up(
            name, _files(r1, r2), index, spike, dna_ng, asked, _preparation(primers), controls, cores, told
        )
    text = write_measured(measured)
    page = result_page(measured, chosen, words.value) if report else b""
    put_all((report, page), (output, text.encode()))
    simulated = measured.result.evidence.simulated
    say(written.loads(text), tables_as_text(of_measured(measured), words, simulated), as_json=json)


@app.command("run")
def run_command(
    sheet: Annotated[
        str, typer.Argument(metavar="SHEET", help="The run sheet (CSV), a row for each sample.")
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="Folder of the run; done work is kept.")],
    study: StudyRule = None,
    share: ShareOfReads = None,
    threshold: ThresholdLevel = None,
    germline: GermlineFolder = None,
    primers: PrimerTable = None,
    normal: HealthyReads = None,
    workers: Annotated[int, typer.Option(help="Processes of this machine.", min=1, max=1024)] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler instead, such as tcp://host:8786.")
    ] = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Do a whole sequencing run: index, search every sample for every clone, cross-check, answer."""
    held = study_named(study, share=share, threshold=threshold)
    asked, rule = _asked(held, threshold), _rule(held, share)
    from remission.lab.addresses import content, file_name
    from remission.lab.jobs import How
    from remission.lab.run import run
    from remission.lab.run_report import as_plain, tables
    from remission.lab.sample import germline_at
    from remission.lab.sheet import read_sheet
    from remission.lab.work import crew

    samples = read_sheet(content(sheet), name=file_name(sheet), address=sheet)
    preparation = _preparation(primers)
    healthy = _normal(normal, germline, preparation, workers)
    how = How(rule, asked, germline_at(germline), preparation, healthy, words.value)
    with crew(workers, scheduler) as some:
        ran = run(samples, output, how, some, _tell_stage)
    say(as_plain(ran), tables_as_text(tables(ran), words, ran.simulated), as_json=json)
    if ran.failed:
        raise typer.Exit(1)


@app.command("annotate")
def annotate_command(
    sequences: Annotated[
        str, typer.Argument(metavar="SEQUENCES", help="FASTA or FASTQ, `-` for standard input, or bases.")
    ],
    germline: GermlineFolder = None,
    airr: Annotated[bool, typer.Option("--airr", help="Answer as an AIRR table.")] = False,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Say what sequences are made of, or why nothing is said."""
    from remission.lab import single

    if airr and json:
        raise CommandRefused("two forms of one answer", where="--airr, --json", do="choose one")
    raw = sys.stdin.buffer.read() if sequences == "-" else None
    found = single.annotated(sequences, raw, germline)
    if airr:
        print(single.as_airr(found), end="")
        return
    say({"sequences": [single.as_plain(one) for one in found.all]}, single.text(found, words), as_json=json)


@app.command()
def simulate(
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 7,
    patients: Annotated[
        int, typer.Option(help="Each with a diagnosis and its follow-ups.", min=1, max=50)
    ] = 2,
    level: Annotated[
        list[float] | None,
        typer.Option(help="Of a follow-up, a fraction of cells; may be repeated (1e-4, 0)."),
    ] = None,
    cells: Annotated[
        int, typer.Option(help="In the tube of a follow-up (26 µg of DNA).", min=1000)
    ] = 4_000_000,
    reads: Annotated[int, typer.Option(help="Of a follow-up.", min=100)] = 60_000,
    paired: Annotated[bool, typer.Option("--paired", help="Mates (R1, R2) instead of single reads.")] = False,
    json: Json = False,
) -> None:
    """Write a SIMULATED sequencing run, its sheet and the truth, to try every command on."""
    from remission.rehearsal.sequencing.example import write_example

    files = write_example(output, seed, patients, level or [1e-4, 0.0], cells, reads, paired=paired)
    lines = [f"SIMULATED run in {output}", *(f"  {name}" for name in files)]
    say({"simulated": True, "folder": str(output), "files": list(files)}, "\n".join(lines), as_json=json)


@app.command()
def show(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `index` or `track` wrote.")],
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Print an index, or the result of a follow-up, as people read it."""
    from remission.lab.addresses import content, file_name
    from remission.lab.telling import of_index, of_measured
    from remission.mrd.ngs.index_json import read_index, write_index
    from remission.mrd.ngs.measured_json import read_measured, write_measured

    raw, name = content(file), file_name(file)
    if b'"index_sample"' in raw:
        measured = read_measured(BytesIO(raw), name)
        tables, text, rests = of_measured(measured), write_measured(measured), measured.result.evidence
    else:
        index = read_index(BytesIO(raw), name)
        tables, text, rests = of_index(index), write_index(index), index.evidence
    say(written.loads(text), tables_as_text(tables, words, rests.simulated), as_json=json)


def _files(r1: str, r2: str | None) -> tuple[str, ...]:
    return (r1,) if r2 is None else (r1, r2)


def _named(sample: str | None, r1: str, r2: str | None) -> str:
    """The sample's name as given, or else by its files."""
    if sample is not None and not sample.strip():
        raise CommandRefused(
            f"{sample!r} is no name", where="--sample", do="name the sample, or leave --sample out"
        )
    from remission.lab.sample import sample_name

    return sample_name(*_files(r1, r2)) if sample is None else sample


def _preparation(primers: str | None) -> "Preparation":
    from remission.lab.sample import primers_at
    from remission.mrd.ngs.source import Preparation

    return Preparation(primers=primers_at(primers))


def _normal(
    address: str | None, germline: str | None, preparation: "Preparation", cores: int
) -> "Normal | None":
    if address is None:
        return None
    from remission.lab.sample import germline_at, normal_at

    return normal_at(address, germline_at(germline), preparation, cores)


def _rule(study: "Study | None", share: float | None) -> "IndexRule":
    from remission.mrd.ngs.index import IndexRule

    if study is not None:
        from remission.lab.asked import rule_by

        return rule_by(study)
    return IndexRule() if share is None else IndexRule(share=share)


def _asked(study: "Study | None", threshold: str | None) -> "Asked":
    from remission.lab.asked import asked_at, asked_by

    return asked_at(threshold or "1e-6") if study is None else asked_by(study)


@contextmanager
def _telling(what: str) -> "Generator[Told | None, None, None]":
    """How it goes, for a person at a terminal: reads so far, and reads a second."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,.0f} {task.description}"), TimeElapsedColumn())
    with Progress(
        *columns, TextColumn("{task.fields[rate]}"), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task(what, total=None, rate="")

        def told(reads: int) -> None:
            bar.advance(task, reads)
            speed = bar.tasks[0].speed
            bar.update(task, rate="" if speed is None else f"{speed:,.0f}/s")

        yield told


def _tell_stage(stage: str, sample: str, failed: object) -> None:
    said = "" if failed is None else f"  failed: {failed}"
    if sys.stderr.isatty() or failed is not None:
        print(f"{stage:<7}{sample}{said}", file=sys.stderr, flush=True)
