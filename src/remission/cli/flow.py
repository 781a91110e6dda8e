"""`remission flow`: from the events of FCS files to a level with its limits, by gates people can look at."""

import json as written
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remission.cli import flow_files
from remission.cli.flow_asked import asked_by_words, known_flags
from remission.cli.flow_files import Cores, DataSetNumber, PanelWord, Repairs
from remission.cli.grid import tables_as_text
from remission.cli.outputs import put_all, refuse_taken
from remission.cli.words import Json, Language, Spoken, say
from remission.errors import CommandRefused

if TYPE_CHECKING:
    from remission.lab.flow_files import Told
    from remission.lab.flow_sample import FlowFiles
    from remission.mrd.flow.suggestion.suggested import Acceptance

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(flow_files.app)

Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="FCS files of one sample: paths or addresses.")
]
Output = Annotated[str, typer.Option("--output", "-o", help="File to write; nothing is written over.")]
StrategyWord = Annotated[
    str, typer.Option("--strategy", help="A shipped strategy (`flow strategies`) or a .toml file.")
]
SampleName = Annotated[str | None, typer.Option("--sample", help="Its label (from the first file's name).")]
StudyRule = Annotated[
    str | None, typer.Option("--study", help="The study whose threshold, limits, cells and flags hold.")
]
PointWord = Annotated[
    str | None, typer.Option("--point", help="The study's time point; after treatment if left out.")
]
ThresholdLevel = Annotated[
    str | None, typer.Option("--threshold", help="Without a study: a fraction of cells (1e-4).")
]
AfterAntiCd19 = Annotated[
    bool | None,
    typer.Option(
        "--after-anti-cd19/--before-anti-cd19",
        help="Without a study: whether a drug against CD19 was given. Not said: a negative needs a gate "
        "without CD19.",
    ),
]
MatrixFile = Annotated[
    str | None, typer.Option("--matrix", help="A compensation matrix (CSV, TSV, .mtx) instead of the file's.")
]
MovedGates = Annotated[
    str | None, typer.Option("--adjustments", help="Gates moved for this sample, with who and why (JSON).")
]
ReferenceFile = Annotated[
    str | None, typer.Option("--reference", help="Normal marrows (`flow reference`): suggests what differs.")
]
DiagnosisFile = Annotated[
    str | None,
    typer.Option(
        "--diagnosis", help="The child's FCS file at diagnosis, by the same panel; for --reference."
    ),
]
Name = Annotated[str, typer.Option("--name", help="What it is called.")]


@app.command()
def measure(
    files: Files,
    output: Output,
    strategy: StrategyWord,
    panel: PanelWord = None,
    sample: SampleName = None,
    study: StudyRule = None,
    point: PointWord = None,
    threshold: ThresholdLevel = None,
    lod_events: Annotated[
        float | None, typer.Option("--lod-events", help="Without a study: LOD = this / N (20).", min=1)
    ] = None,
    loq_events: Annotated[
        float | None, typer.Option("--loq-events", help="Without a study: LOQ = this / N (50).", min=1)
    ] = None,
    after_anti_cd19: AfterAntiCd19 = None,
    matrix: MatrixFile = None,
    adjustments: MovedGates = None,
    reference: ReferenceFile = None,
    diagnosis: DiagnosisFile = None,
    flag: Annotated[
        list[str] | None,
        typer.Option("--flag", help="Seen by the laboratory (hemodilute); repeat."),
    ] = None,
    accepted_by: Annotated[
        str | None, typer.Option("--accepted-by", help="Who looked at it and stands for it.")
    ] = None,
    why: Annotated[str | None, typer.Option("--why", help="Why it is accepted.")] = None,
    accept_suggestion: Annotated[
        bool, typer.Option("--accept-suggestion", help="The suggestion is what was found, not the gates.")
    ] = False,
    repair: Repairs = None,
    data_set: DataSetNumber = None,
    report: Annotated[str | None, typer.Option("--report", help="A page (HTML) to write as well.")] = None,
    cores: Cores = 2,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Measure residual disease in a sample's events; a named person may stand for the result."""
    asked = asked_by_words(study, point, threshold, lod_events, loq_events, after_anti_cd19)
    flags = known_flags(flag, asked)
    acceptance = _acceptance(accepted_by, why, accept_suggestion)
    refuse_taken(output, report)
    from remission.lab.flow_report import flow_page
    from remission.lab.flow_sample import measured_sample
    from remission.lab.flow_telling import of_flow
    from remission.mrd.flow.measured_json import write_flow

    given = _given(files, strategy, panel, matrix, adjustments, reference, diagnosis, repair, data_set)
    with _telling() as told:
        found = measured_sample(
            _named(sample, files),
            given,
            asked,
            acceptance=acceptance,
            flags=flags,
            cores=cores,
            told=told,
        )
    text = write_flow(found.measured)
    put_all((report, flow_page(found, words.value) if report else b""), (output, text.encode()))
    tables = of_flow(found.measured, found.strategy.names)
    say(
        written.loads(text),
        tables_as_text(tables, words, found.measured.evidence.simulated),
        as_json=json,
    )


@app.command()
def view(
    files: Files,
    drafts: Annotated[Path, typer.Option("--output", "-o", help="Folder for what is accepted on the page.")],
    strategy: StrategyWord,
    panel: PanelWord = None,
    sample: SampleName = None,
    study: StudyRule = None,
    point: PointWord = None,
    threshold: ThresholdLevel = None,
    after_anti_cd19: AfterAntiCd19 = None,
    matrix: MatrixFile = None,
    reference: ReferenceFile = None,
    diagnosis: DiagnosisFile = None,
    repair: Repairs = None,
    data_set: DataSetNumber = None,
    port: Annotated[int, typer.Option(help="The port; 0: a free one.", min=0, max=65535)] = 8720,
    json: Json = False,
) -> None:
    """Open a sample's events on a page of this machine: look, move gates, accept."""
    from remission.lab.flow_sources import LABELS, check_there, repairs_of, strategy_at
    from remission.lab.flow_work import Asking
    from remission.web.flow_view import serve_flow

    asking = Asking(
        asked_by_words(study, point, threshold, None, None, after_anti_cd19), strategy, panel, matrix,
        reference, diagnosis, repairs_of(repair or ()), data_set,
    )  # fmt: skip
    strategy_at(strategy)
    check_there(*files, None if panel == LABELS else panel, matrix, reference, diagnosis)
    serve_flow(
        files,
        asking,
        label=_named(sample, files),
        drafts=drafts,
        port=port,
        told=_tell_json if json else _tell,
    )


@app.command()
def strategies(
    strategy: Annotated[
        str | None, typer.Argument(metavar="STRATEGY", help="One of them, or a .toml file: all its gates.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="An FCS file: what does its panel carry?")
    ] = None,
    panel: PanelWord = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """List the shipped gating strategies, or print one: what it needs, its gates, what it cannot see."""
    from remission.lab.flow_file_telling import of_strategies, of_strategy
    from remission.lab.flow_files import opened
    from remission.lab.flow_sources import panel_at, strategy_at
    from remission.mrd.flow.strategies.applying import lacking
    from remission.mrd.flow.strategies.reading import shipped_strategies, shipped_strategy

    if panel is not None and file is None:
        raise CommandRefused("--panel without --file", where="command line", do="name the FCS file it is of")
    carried = panel_at(panel, opened([file]))[0] if file is not None else None
    if strategy is None:
        known = [shipped_strategy(id) for id in shipped_strategies()]
        listed = [
            {
                "id": one.id,
                "version": one.version,
                "sha256": one.sha256,
                "lacking": None if carried is None else list(lacking(one, carried)),
            }
            for one in known
        ]
        text = tables_as_text([of_strategies(known, carried)], words, False)
        say({"strategies": listed}, text, as_json=json)
        return
    chosen = strategy_at(strategy)[0]
    answer: dict[str, Any] = {
        "id": chosen.id,
        "version": chosen.version,
        "sha256": chosen.sha256,
        "needs": [list(group) for group in chosen.needs],
        "mrd": chosen.mrd,
        "denominators": dict(chosen.denominators),
        "states": list(chosen.states),
        "gates": [gate.id for gate in chosen.gates],
        "lacking": None if carried is None else list(lacking(chosen, carried)),
    }
    say(answer, tables_as_text(of_strategy(chosen, carried), words, False), as_json=json)


@app.command()
def export(
    file: flow_files.Fcs,
    strategy: StrategyWord,
    output: Output,
    panel: PanelWord = None,
    adjustments: MovedGates = None,
    sample: SampleName = None,
    json: Json = False,
) -> None:
    """Write a strategy's gates, on the channels of a file, as Gating-ML 2.0 for other programs."""
    refuse_taken(output)
    from remission.lab.flow_sample import gates_on

    given = _given([file], strategy, panel, None, adjustments, None, None, None, None)
    text, populations = gates_on(_named(sample, [file]), given)
    put_all((output, text.encode()))
    say({"populations": populations, "file": output}, f"{len(populations)} gates: {output}", as_json=json)


@app.command()
def reference(
    normal: Annotated[
        list[str],
        typer.Argument(metavar="KIND=FILE...", help="Marrows without disease: normal=a.fcs"),
    ],
    output: Output,
    strategy: StrategyWord,
    name: Name,
    version: Annotated[str, typer.Option("--version", help="Its version.")] = "1",
    panel: PanelWord = None,
    cores: Cores = 2,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Build a reference of normal marrows, which suggestions compare a sample with."""
    refuse_taken(output)
    from remission.lab.flow_references import reference_of

    kinds = [_kind(one) for one in normal]
    with _telling() as told:
        made = reference_of(kinds, strategy, panel, name=name, version=version, cores=cores, told=told)
    put_all((output, made.content))
    say(made.plain, tables_as_text(made.tables, words, made.simulated), as_json=json)


@app.command()
def simulate(
    output: Annotated[Path, typer.Option("--output", "-o", help="A new folder.")],
    seed: Annotated[int, typer.Option(help="Equal seeds give equal files.", min=0)] = 1,
    events: Annotated[int, typer.Option(help="Events of each file.", min=1_000)] = 300_000,
    normals: Annotated[int, typer.Option(help="Marrows without disease.", min=0)] = 8,
    level: Annotated[
        list[float] | None, typer.Option("--level", help="Level of a follow-up (1e-3, 1e-4, 0); repeat.")
    ] = None,
    json: Json = False,
) -> None:
    """Write SIMULATED marrows with known truth, to try the laboratory's commands on."""
    from remission.rehearsal.cytometry.example import write_example

    names = write_example(output, seed, normals=normals, levels=level or [1e-3, 1e-4, 0.0], events=events)
    say({"simulated": True, "files": list(names)}, "\n".join(["SIMULATED", *names]), as_json=json)


def _given(
    files: list[str], strategy: str, panel: str | None, matrix: str | None, adjustments: str | None,
    reference: str | None, diagnosis: str | None, repair: list[str] | None, data_set: int | None,
) -> "FlowFiles":  # fmt: skip
    from remission.lab.flow_sample import FlowFiles
    from remission.lab.flow_sources import repairs_of

    return FlowFiles(
        tuple(files), strategy, panel, matrix, adjustments, reference, diagnosis,
        repairs_of(repair or ()), data_set,
    )  # fmt: skip


def _acceptance(by: str | None, why: str | None, suggestion: bool) -> "Acceptance | None":
    from remission.mrd.flow.measure import GATES, SUGGESTION
    from remission.mrd.flow.suggestion.suggested import Acceptance

    if by is None and why is None and not suggestion:
        return None
    if not (by or "").strip() or not (why or "").strip():
        raise CommandRefused(
            "a named person and a reason go together", where="--accepted-by, --why", do="give both"
        )
    assert by is not None and why is not None
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Acceptance(by.strip(), SUGGESTION if suggestion else GATES, why.strip(), at)


def _named(sample: str | None, files: list[str]) -> str:
    """The sample's label as given, or else by its first file."""
    if sample is not None and not sample.strip():
        raise CommandRefused(
            f"{sample!r} is no name", where="--sample", do="name the sample, or leave --sample out"
        )
    from remission.lab.addresses import file_name

    return sample or file_name(files[0]).rpartition(".")[0] or file_name(files[0])


def _kind(text: str) -> tuple[str, str]:
    kind, sign, file = text.partition("=")
    if not sign or not kind.strip() or not file:
        raise CommandRefused(
            f"{text!r} is not KIND=FILE", where="marrows", do="write it like regenerating=marrow.fcs"
        )
    return kind.strip(), file


def _tell_json(address: str) -> None:
    say({"address": address}, "", as_json=True)
    sys.stdout.flush()


def _tell(address: str) -> None:
    print(f"{address}  (stop with Ctrl-C)", file=sys.stderr, flush=True)


@contextmanager
def _telling() -> "Generator[Told]":
    """How far it is, for a person at a terminal."""
    if not sys.stderr.isatty():
        yield lambda share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TimeElapsedColumn

    with Progress(BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)
