"""`remission flow`: what FCS files hold, gates of any Gating-ML file on them, matrices from single stains."""

from io import BytesIO
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remission.cli.grid import tables_as_text
from remission.cli.outputs import put_all, refuse_taken
from remission.cli.words import Json, Language, Spoken, say
from remission.errors import CommandRefused

if TYPE_CHECKING:
    from remission.lab.flow_files import OpenedSample

app = typer.Typer(add_completion=False)

Fcs = Annotated[str, typer.Argument(metavar="FILE", help="An FCS file: a path or address.")]
Repairs = Annotated[
    list[str] | None,
    typer.Option("--repair", help="A fault to mend, by the name the refusal gives; may be repeated."),
]
DataSetNumber = Annotated[
    int | None, typer.Option("--data-set", help="Which of a file that holds several, from 1.", min=1)
]
Cores = Annotated[int, typer.Option("--cores", help="Cores to use.", min=1, max=256)]
PanelWord = Annotated[
    str | None, typer.Option("--panel", help="A panel file (TOML); the file's own labels if left out.")
]


@app.command()
def show(
    file: Fcs,
    panel: PanelWord = None,
    repair: Repairs = None,
    data_set: DataSetNumber = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Print what an FCS file holds, or a measured sample (JSON), as people read it."""
    if file.endswith(".json"):
        for word, given in (("--panel", panel), ("--repair", repair), ("--data-set", data_set)):
            if given is not None:
                raise CommandRefused(
                    f"{word} means nothing to a measured sample",
                    where="command line",
                    do="leave it out, or name an FCS file",
                )
        _show_measured(file, words, json)
        return
    from remission.errors import InputRefused
    from remission.lab.flow_file_telling import of_file
    from remission.lab.flow_files import opened
    from remission.lab.flow_sources import panel_at, repairs_of

    sample = opened([file], repairs_of(repair or ()), data_set=data_set)
    try:
        known = panel_at(panel, sample)[0]
    except InputRefused:
        if panel is not None:
            raise
        known = None  # labels that name no marker, or one twice: the file is shown all the same
    say(
        _file_json(sample, {} if known is None else known.channels),
        tables_as_text(of_file(sample, known), words, sample.simulated),
        as_json=json,
    )


@app.command()
def gate(
    file: Fcs,
    gates: Annotated[str, typer.Option("--gates", help="Gates: Gating-ML 2.0 (XML) or a FlowJo .wsp.")],
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", help="Table to write: each event's populations, 0 or 1 (CSV)."),
    ] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", help="Which sample of a .wsp; the file's own if left out.")
    ] = None,
    repair: Repairs = None,
    data_set: DataSetNumber = None,
    cores: Cores = 2,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Put the gates of another program's file on an FCS file: events of each population."""
    refuse_taken(output)
    from remission.lab.flow_file_telling import of_gated
    from remission.lab.flow_files import opened
    from remission.lab.flow_gates import gating_at
    from remission.lab.flow_sources import repairs_of
    from remission.mrd.flow.gates.gating import apply
    from remission.mrd.flow.gates.membership import membership_table

    found = opened([file], repairs_of(repair or ()), data_set=data_set)
    gated = apply(gating_at(gates, sample, found.files[0].name), found.events, cores=cores)
    if output is not None:
        put_all((output, "".join(membership_table(gated)).encode()))
    answer: dict[str, Any] = {"events": gated.count, "populations": gated.counts}
    say(answer, tables_as_text([of_gated(gated)], words, found.simulated), as_json=json)


@app.command()
def compensate(
    control: Annotated[
        list[str],
        typer.Argument(metavar="DYE=FILE...", help="Single stains: the dye's name and its FCS file."),
    ],
    output: Annotated[str, typer.Option("--output", "-o", help="Matrix to write (CSV).")],
    detector: Annotated[
        list[str], typer.Option("--detector", help="A channel that sees light; repeat for each.")
    ],
    unstained: Annotated[str | None, typer.Option("--unstained", help="FCS file of unstained cells.")] = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Measure a spillover matrix from single-stain controls, and how good each control is."""
    refuse_taken(output)
    from remission.lab.flow_controls import matrix_of

    named: list[tuple[str, str]] = []
    for one in control:
        dye, sign, file = one.partition("=")
        if not sign or not dye.strip() or not file:
            raise CommandRefused(
                f"{one!r} is not DYE=FILE", where="controls", do="write it like APC-A=apc.fcs"
            )
        named.append((dye.strip(), file))
    made = matrix_of(named, detector, unstained)
    put_all((output, made.csv.encode()))
    say(made.plain, tables_as_text(made.tables, words, made.simulated), as_json=json)


def _show_measured(file: str, words: Spoken, json: bool) -> None:
    import json as written

    from remission.lab.addresses import content, file_name
    from remission.lab.flow_telling import of_flow
    from remission.mrd.flow.measured_json import read_flow, write_flow

    measured = read_flow(BytesIO(content(file)), file_name(file))
    text = tables_as_text(of_flow(measured), words, measured.evidence.simulated)
    say(written.loads(write_flow(measured)), text, as_json=json)


def _file_json(sample: "OpenedSample", markers: Any) -> dict[str, Any]:
    named = {channel: marker for marker, channel in markers.items()}
    spill = sample.events.spill
    return {
        "simulated": sample.simulated,
        "events": sample.events.count,
        "files": [{"name": one.name, "sha256": one.sha256, "size": one.size} for one in sample.files],
        "parameters": [
            {
                "number": one.number,
                "channel": one.name,
                "label": one.label,
                "marker": named.get(one.name),
                "bits": one.bits,
                "datatype": one.datatype,
                "range": one.range,
                "decades": one.decades,
                "log_zero": one.log_zero,
                "gain": one.gain,
            }
            for one in sample.parameters
        ],
        "spillover": None
        if spill is None
        else {"origin": spill.origin, "detectors": spill.detectors, "values": spill.values},
        "repairs": [
            {"file": name, "repair": str(one.fault), "found": list(one.found)} for name, one in sample.repairs
        ],
        "notes": [note.en for note in sample.notes],
        "keywords": dict(sample.keywords),
    }
