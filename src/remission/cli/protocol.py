"""`remission protocol`: what was promised, the check of it, and the words a site types."""

import sys
from enum import StrEnum
from io import BytesIO
from typing import Annotated

import typer

from remission.cli import vocabulary
from remission.cli.words import Json, Language, Spoken, say
from remission.protocol.check import Checked, as_json, check
from remission.protocol.read_study import read_study
from remission.protocol.show import show as shown
from remission.protocol.study import Study
from remission.registry.read import read_record
from remission.registry.record import RegistryRecord
from remission.terms.words import Text
from remission.trial.studies import shipped, study_files

app = typer.Typer(no_args_is_help=True, add_completion=False)
StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="A shipped study, or the path of a study.toml.")
]


class Reader(StrEnum):
    """Whom a study is printed for."""

    DOCTOR = "doctor"
    LAWYER = "lawyer"


def _read(name: str) -> tuple[Study, RegistryRecord]:
    files = study_files(name)
    study = read_study(BytesIO(files.study), name=f"{name}/study.toml" if name in shipped() else name)
    return study, read_record(BytesIO(files.record), files.record_name).record


@app.command("list")
def list_studies(json: Json = False) -> None:
    """List the studies shipped with Remission."""
    say({"studies": list(shipped())}, "\n".join(shipped()), as_json=json)


@app.command()
def show(
    study: StudyName,
    reader: Annotated[
        Reader, typer.Option("--for", help="A doctor (what to do) or a lawyer (what rests on what).")
    ] = Reader.DOCTOR,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Print the executable study, for a doctor or for a lawyer."""
    read, record = _read(study)
    text = shown(read, record, for_=reader.value, language=words.value)
    say({"study": read.id, "for": reader, "digest": read.digest, "text": text}, text, as_json=json)


@app.command()
def questions(study: StudyName, words: Language = Spoken.EN, json: Json = False) -> None:
    """Print the words a site types: questions and their answers, lists, samples, doses, toxicities."""
    read, _ = _read(study)
    say(vocabulary.as_json(read), vocabulary.page(read, words), as_json=json)


@app.command("check")
def check_study(study: StudyName, words: Language = Spoken.EN, json: Json = False) -> None:
    """Find what the record leaves open or contradicts; refuse a study that cannot be carried out."""
    read, record = _read(study)
    checked = check(read, record)
    say({**as_json(checked), "study": read.id}, _text(checked, words), as_json=json)
    for refusal in checked.refusals:
        print(f"\n{refusal}", file=sys.stderr)
    if checked.refusals:
        raise typer.Exit(1)


def _text(checked: Checked, words: Spoken) -> str:
    lines: list[str] = []
    record, why, decided = {
        Spoken.EN: ("record:  ", "why:     ", "decided: "),
        Spoken.ZH: ("记录：", "原因：", "决定："),
    }[words]
    for number, finding in enumerate(checked.findings, 1):
        decision = finding.decision.in_(words) if finding.decision else "-"
        lines += [
            f"{number}. {finding.rule}",
            f"   {record}{finding.sentence}",
            f"   {why}{finding.why.in_(words)}",
            f"   {decided}{decision}",
            "",
        ]
    found, refused = len(checked.findings), len(checked.refusals)
    can = Text("cannot be carried out", "不能执行") if refused else Text("can be carried out", "可以执行")
    verdict = Text(
        f"{found} findings, {refused} refusals: the study {can.en}",
        f"{found}项发现，{refused}项拒绝：该研究{can.zh}",
    )
    return "\n".join([*lines, verdict.in_(words)])
