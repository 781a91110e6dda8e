"""`remission sample`: marrow taken, missed, and what the laboratory found."""

from pathlib import Path
from typing import Annotated

import typer

from remission.cli.desk import Folder, Name, RoleWord, by, opened, say_participant
from remission.cli.words import Json, On, Subject, day
from remission.errors import CommandRefused, InputRefused
from remission.mrd.result import Denominator, Method
from remission.terms.actors import Role
from remission.terms.ids import SampleId, SubjectId
from remission.trial import laboratory
from remission.trial.gated import report_gated

app = typer.Typer(no_args_is_help=True, add_completion=False)
Label = Annotated[str, typer.Option("--sample", help="The tube's label.")]
Point = Annotated[
    str, typer.Option("--point", help="The time point, such as d46 (see: remission protocol questions).")
]
RawFiles = Annotated[
    list[Path] | None, typer.Option("--file", help="A raw file to keep under its sha256; repeat for more.")
]
Flags = Annotated[
    list[str] | None,
    typer.Option(
        "--flag",
        help="A quality flag, such as hemodilute; repeat for more (see: remission protocol questions).",
    ),
]


@app.command()
def taken(
    subject: Subject,
    point: Point,
    sample: Label,
    on: On,
    deviation: Annotated[
        str | None, typer.Option(help="Why, when outside the window; recorded as a deviation.")
    ] = None,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that a marrow sample was taken."""
    known = opened(trial)
    say_participant(
        known,
        laboratory.take_marrow(
            known,
            by(name, role),
            SubjectId(subject),
            sample=SampleId(sample),
            point=point,
            on=day(on),
            deviation=deviation,
        ),
        as_json=json,
    )


@app.command()
def missed(
    subject: Subject,
    point: Point,
    on: On,
    why: Annotated[str, typer.Option(help="Why it will not come.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that the sample of a time point will not come."""
    known = opened(trial)
    say_participant(
        known,
        laboratory.miss_sample(known, by(name, role), SubjectId(subject), point=point, on=day(on), why=why),
        as_json=json,
    )


@app.command()
def received(
    subject: Subject,
    sample: Label,
    method: Annotated[Method, typer.Option(help="What the files are of.")],
    file: Annotated[
        list[Path], typer.Option(help="A raw file; repeat for more.", exists=True, dir_okay=False)
    ],
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.LABORATORY,
    json: Json = False,
) -> None:
    """Keep raw files of a sample before any result exists; flow files then open on its page."""
    known = opened(trial)
    say_participant(
        known,
        laboratory.receive_files(
            known,
            by(name, role),
            SubjectId(subject),
            sample=SampleId(sample),
            method=method,
            files=laboratory.keep_files(known, file),
            on=day(on),
        ),
        as_json=json,
    )


@app.command()
def flow(
    subject: Subject,
    sample: Label,
    on: On,
    measured: Annotated[
        Path | None,
        typer.Option(help="The result of `remission flow measure` or of the page; --file for its files."),
    ] = None,
    found: Annotated[int | None, typer.Option(help="Without a measurement: MRD events found.")] = None,
    examined: Annotated[
        list[str] | None,
        typer.Option(
            help="Without a measurement: a denominator as NAME=COUNT; the first is the level's; repeat."
        ),
    ] = None,
    method_version: Annotated[
        str | None,
        typer.Option("--method-version", help="Without a measurement: version of the laboratory's method."),
    ] = None,
    file: RawFiles = None,
    flag: Flags = None,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.LABORATORY,
    json: Json = False,
) -> None:
    """Report a flow result: as measured from its events, or as counted elsewhere."""
    _measured_or_counted(measured, found=found, examined=examined, method_version=method_version)
    known = opened(trial)
    acts, subject_id, label = by(name, role), SubjectId(subject), SampleId(sample)
    files, flags = laboratory.keep_files(known, file or []), flag or []
    if measured is not None:
        participant = report_gated(
            known, acts, subject_id, sample=label, measured=_content(measured), name=measured.name,
            files=files, on=day(on), flags=flags,
        )  # fmt: skip
    else:
        assert found is not None and examined and method_version is not None
        denominators = [_denominator(text) for text in examined]
        participant = laboratory.report_flow(
            known, acts, subject_id, sample=label, found=found, examined=denominators,
            primary=denominators[0].name, files=files, on=day(on), method_version=method_version, flags=flags,
        )  # fmt: skip
    say_participant(known, participant, as_json=json)


@app.command()
def ngs(
    subject: Subject,
    sample: Label,
    on: On,
    measured: Annotated[
        Path | None,
        typer.Option(help="The result of `remission ngs track`; give every file it read with --file."),
    ] = None,
    templates: Annotated[
        float | None, typer.Option(help="Without a measurement: templates of the index clones found.")
    ] = None,
    cells: Annotated[
        int | None, typer.Option(help="Without a measurement: cell equivalents analysed.")
    ] = None,
    method_version: Annotated[
        str | None,
        typer.Option("--method-version", help="Without a measurement: version of the laboratory's method."),
    ] = None,
    file: RawFiles = None,
    flag: Flags = None,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.LABORATORY,
    json: Json = False,
) -> None:
    """Report a sequencing result: as measured from the reads, or as counted elsewhere."""
    _measured_or_counted(measured, templates=templates, cells=cells, method_version=method_version)
    known = opened(trial)
    acts, subject_id, label = by(name, role), SubjectId(subject), SampleId(sample)
    files, flags = laboratory.keep_files(known, file or []), flag or []
    if measured is not None:
        participant = laboratory.report_measured(
            known, acts, subject_id, sample=label, measured=_content(measured), name=measured.name,
            files=files, on=day(on), flags=flags,
        )  # fmt: skip
    else:
        assert templates is not None and cells is not None and method_version is not None
        participant = laboratory.report_ngs(
            known, acts, subject_id, sample=label, templates=templates, cells=cells, files=files, on=day(on),
            method_version=method_version, flags=flags,
        )  # fmt: skip
    say_participant(known, participant, as_json=json)


def _measured_or_counted(measured: Path | None, **counted: object) -> None:
    """A measurement, or every part of a count, and not both."""
    given = [value is not None for value in counted.values()]
    if any(given) if measured is not None else not all(given):
        words = ", ".join(f"--{word.replace('_', '-')}" for word in counted)
        raise CommandRefused(
            "a result is either measured or counted",
            where=f"--measured, {words}",
            do="give --measured result.json, or all of the others",
        )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputRefused(
            f"{path.name} cannot be read ({error.strerror})", where=str(path), do="correct the path"
        ) from error


def _denominator(text: str) -> Denominator:
    name, sign, count = text.rpartition("=")
    if not sign or not count.isdecimal():
        raise CommandRefused(
            f"{text!r} is not NAME=COUNT", where="--examined", do="write it like 'nucleated cells=500000'"
        )
    return Denominator(name, int(count))
