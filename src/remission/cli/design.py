"""`remission design`: what a study's design would do, and designs that would do what is wanted."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from remission.cli.design_words import as_doubt, as_said, in_text, kind, tables_as, with_paragraphs
from remission.cli.outputs import figure_form, put_all, refuse_taken
from remission.cli.words import Json, Spoken, say
from remission.errors import CommandRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from remission.paper.canvas import Format
    from remission.rehearsal.twin.evaluation import Evaluation
    from remission.rehearsal.twin.settings import Settings
    from remission.stats.operating.p0_source import P0Source

app = typer.Typer(no_args_is_help=True, add_completion=False)

Words = Annotated[
    Spoken, typer.Option("--words", "--language", envvar="REMISSION_LANGUAGE", help="English or Chinese.")
]
TableFile = Annotated[
    str | None, typer.Option("--table", metavar="FILE", help="The tables as well, .html or .tex.")
]
FigureFile = Annotated[str | None, typer.Option("--figure", metavar="FILE", help="A figure, .svg or .png.")]


@app.command("evaluate")
def evaluate_command(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A shipped study, or the path of a study.toml.")
    ],
    more: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=RANGE...", help="More settings to sweep.")
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            "--sweep",
            metavar="NAME=RANGE",
            help="A setting over low:high, low:high:steps, or value,value: n, alpha, p0, p1, depth, "
            "unusable, missing, spread; of another endpoint as in ngs_negative.p0. Repeat it, or go on: "
            "p0=.4:.9 n=60:120.",
        ),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", help="The endpoint looked at (the study's first).")
    ] = None,
    trials: Annotated[
        int, typer.Option(help="Trials to play, child by child (none).", min=0, max=100_000_000)
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same numbers.", min=0)] = 7,
    cores: Annotated[int, typer.Option("--cores", help="Cores to use.", min=1, max=256)] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler for the sweep, such as tcp://host:8786.")
    ] = None,
    figure: FigureFile = None,
    table: TableFile = None,
    words: Words = Spoken.EN,
    json: Json = False,
) -> None:
    """Power, type I error and size of a study's design; what assay, samples and rules do to them."""
    form, written = figure_form(figure), kind(table)
    refuse_taken(figure, table)
    from remission.rehearsal.twin.drawn import check_drawable
    from remission.rehearsal.twin.sweep import read_sweeps

    settings = _settings(study)
    chosen = _endpoint(settings, endpoint)
    axes = read_sweeps([*(sweep or ()), *(more or ())], settings, chosen)
    if figure:
        check_drawable(axes)
    from remission.lab.work import crew
    from remission.rehearsal.twin.evaluate import at_point, effects, played, swept
    from remission.rehearsal.twin.evaluation import Evaluation
    from remission.rehearsal.twin.plain import as_plain

    with crew(cores, scheduler) as some, _progress("points") as told:
        points = swept(settings, chosen, axes, some, lambda done, of: told(done, of)) if axes else ()
    with _progress("trials") as told:
        done = [0]

        def more_done(count: int) -> None:
            done[0] += count
            told(done[0], 2 * trials)

        some_played = played(settings, chosen, trials, seed, cores, more_done) if trials else None
    base = tuple(at_point(settings, one.id) for one in settings.endpoints)
    found = Evaluation(settings, chosen, base, axes, points, effects(settings, chosen), some_played)
    _put(found, figure, form, table, written, words)
    text = "\n\n".join(in_text(one, words) for one in found.tables())
    say(as_plain(found), text, as_json=json)


def _settings(study: str) -> "Settings":
    from io import BytesIO

    from remission.protocol.read_study import read_study
    from remission.rehearsal.population import FILE, check_fits, read_population
    from remission.rehearsal.script import script
    from remission.rehearsal.twin.settings import settings_of

    files = script(study)
    read = read_study(BytesIO(files.study), name=study)
    population = read_population(BytesIO(files.population), name=f"{study}: {FILE}")
    check_fits(read, population)
    return settings_of(read, population)


def _endpoint(settings: "Settings", asked: str | None) -> str:
    known = [one.id for one in settings.endpoints]
    if asked is not None and asked not in known:
        raise CommandRefused(
            f"the study has no endpoint {asked!r}", where="--endpoint", do=f"choose from {', '.join(known)}"
        )
    return asked or known[0]


def _put(
    found: "Evaluation", figure: str | None, form: "Format", table: str | None, written: str, words: Spoken
) -> None:
    from remission.terms.words import Text

    about = Text(f"Design of {found.settings.study}; assumed", f"{found.settings.study}的设计；假设")
    drawing = found.plot(about=about, language=words.value, format=form) if figure else b""
    put_all((table, tables_as(found.tables(), written, words).encode()), (figure, drawing))


@contextmanager
def _progress(what: str) -> "Generator[Callable[[int, int], None], None, None]":
    """How far it is, for a person at a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.completed:,.0f} of {task.total:,.0f} {task.description}"), BarColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=0)
        yield lambda done, of: bar.update(task, completed=done, total=of)


class Rank(StrEnum):
    """What is to be small."""

    OPTIMAL = "optimal"
    MINIMAX = "minimax"
    ADMISSIBLE = "admissible"
    EXPECTED = "expected"


class Show(StrEnum):
    """What two endpoints must show."""

    BOTH = "both"
    BONFERRONI = "bonferroni"
    HOLM = "holm"
    HIERARCHICAL = "hierarchical"


@app.command("find")
def find_command(
    p0: Annotated[float, typer.Option("--p0", help="The rate that is not of interest.")],
    p1: Annotated[float, typer.Option("--p1", help="The rate hoped for.")],
    alpha: Annotated[float, typer.Option("--alpha", help="One-sided type I error.")] = 0.05,
    power: Annotated[float, typer.Option("--power", help="Power at p1.")] = 0.8,
    stages: Annotated[
        int | None,
        typer.Option("--stages", help="Stages (any; three looks where they are spaced).", min=1, max=10),
    ] = None,
    max_n: Annotated[int, typer.Option("--max-n", help="The largest trial.", min=2, max=500)] = 150,
    objective: Annotated[
        Rank | None,
        typer.Option(
            help="Small: mean n at p0 (unless said otherwise), the largest n, half of each, or mean n over "
            "p0 and p1."
        ),
    ] = None,
    choose: Annotated[
        int | None, typer.Option("--choose", help="The rank that is written out (1).", min=1)
    ] = None,
    p0_from: Annotated[
        list[str] | None,
        typer.Option(
            "--p0-from",
            metavar="RESPONDERS/OF",
            help="The participants whose rate p0 is, such as 210/300; again for the second endpoint.",
        ),
    ] = None,
    p0_source: Annotated[
        list[str] | None,
        typer.Option("--p0-source", metavar="TEXT", help="Where that was read; once for each --p0-from."),
    ] = None,
    endpoints: Annotated[
        str | None,
        typer.Option(
            "--endpoints", metavar="P0:P1", help="A second endpoint: how many both need in one stage."
        ),
    ] = None,
    show: Annotated[Show, typer.Option("--show", help="What two endpoints must show.")] = Show.BOTH,
    nested: Annotated[
        bool, typer.Option("--nested/--independent", help="The second endpoint lies within the first.")
    ] = True,
    figure: FigureFile = None,
    table: TableFile = None,
    words: Words = Spoken.EN,
    json: Json = False,
) -> None:
    """Designs that hold alpha and power exactly, ranked; the chosen one in words for protocol and plan."""
    form, written = figure_form(figure), kind(table)
    refuse_taken(figure, table)
    for name, value in (("--p0", p0), ("--p1", p1), ("--alpha", alpha), ("--power", power)):
        if not 0 < value < 1:
            raise CommandRefused(f"{value!r} is no fraction", where=name, do="give a number between 0 and 1")
    _check_errors(p0, p1, alpha, power)
    sources = _sources(p0_from or [], p0_source or [], 1 if endpoints is None else 2)
    if endpoints is not None:
        _refuse_with_endpoints(stages, objective, choose, figure)
        both = (p0, p1), _rates(endpoints)
        _find_pair(both, show, nested, (alpha, power, max_n), sources, table, words, json)
        return
    from dataclasses import asdict

    from remission.stats.operating.paragraphs import paragraphs, uncertain_of
    from remission.stats.operating.proposals import propose
    from remission.stats.operating.wanted import Objective, Wanted
    from remission.terms.words import Text

    ranked = Objective((objective or Rank.OPTIMAL).value)
    wanted = Wanted(p0, p1, alpha, power, stages, max_n, ranked, sources[0])
    with _progress("searches") as told:
        found = propose(wanted, told)
    place = choose or 1
    if place > len(found.found):
        raise CommandRefused(
            f"there is no design {place}", where="--choose", do=f"choose from 1 to {len(found.found)}"
        )
    chosen = found.found[place - 1]
    said, doubt = paragraphs(wanted, chosen), uncertain_of(wanted, chosen)
    about = Text(f"p0 {p0:g}, p1 {p1:g}", f"p0 {p0:g}，p1 {p1:g}")
    drawing = found.plot(about=about, language=words.value, format=form) if figure else b""
    printed = (found.printed(), chosen.design.printed(), doubt.printed())
    put_all((table, tables_as(printed, written, words).encode()), (figure, drawing))
    answer = {
        "wanted": asdict(wanted),
        "designs": [asdict(one) for one in found.found],
        "without_a_design": [kind.value for kind in found.none],
        "not_searched": [kind.value for kind, _ in found.skipped],
        "chosen": place,
        "p0": as_doubt(doubt.sizes, doubt.known),
        **as_said(said),
    }
    say(answer, with_paragraphs(printed, said, words), as_json=json)


def _check_errors(p0: float, p1: float, alpha: float, power: float) -> None:
    if p0 >= p1:
        raise CommandRefused(
            f"p0 {p0:g} is not below p1 {p1:g}", where="--p0, --p1", do="give the rate hoped for as p1"
        )
    if alpha >= 0.5:
        raise CommandRefused(f"alpha {alpha:g}", where="--alpha", do="give less than 0.5")
    if power <= alpha:
        raise CommandRefused(
            f"power {power:g} is not above alpha {alpha:g}", where="--power", do="give more than alpha"
        )


def _refuse_with_endpoints(
    stages: int | None, objective: Rank | None, choose: int | None, figure: str | None
) -> None:
    """Two endpoints have one stage and no choice."""
    for name, value in (
        ("--stages", stages),
        ("--objective", objective),
        ("--choose", choose),
        ("--figure", figure),
    ):
        if value is not None:
            raise CommandRefused(
                f"{name} {value} with two endpoints",
                where=name,
                do="leave it out: two endpoints have one stage, ranked by n, and no figure",
            )


def _sources(counts: list[str], texts: list[str], most: int) -> "tuple[P0Source | None, P0Source | None]":
    from remission.stats.operating.p0_source import P0Source

    if len(counts) != len(texts):
        raise CommandRefused(
            f"{len(counts)} --p0-from and {len(texts)} --p0-source",
            where="--p0-from, --p0-source",
            do="give both: the participants p0 is the rate of, and where that was read",
        )
    if len(counts) > most:
        raise CommandRefused(
            f"{len(counts)} sources of p0", where="--p0-from", do=f"give {most} at most, one an endpoint"
        )
    found: list[P0Source | None] = [
        P0Source(*_part(one), text) for one, text in zip(counts, texts, strict=True)
    ]
    one, two, *_ = [*found, None, None]
    return one, two


def _part(text: str) -> tuple[int, int]:
    found, sign, of = text.partition("/")
    if not (sign and found.isdecimal() and of.isdecimal()):
        raise CommandRefused(
            f"{text!r} is not RESPONDERS/OF", where="--p0-from", do="write two whole numbers: 210/300"
        )
    return int(found), int(of)


def _find_pair(
    rates: tuple[tuple[float, float], tuple[float, float]],
    show: Show,
    nested: bool,
    limits: tuple[float, float, int],
    sources: "tuple[P0Source | None, P0Source | None]",
    table: str | None,
    words: Spoken,
    json: bool,
) -> None:
    from dataclasses import asdict

    from remission.stats.operating.pair_paragraphs import pair_paragraphs, uncertain_pair
    from remission.stats.operating.pair_proposals import PairWanted, propose_pair
    from remission.stats.pairs.rules import Rule

    first, second = rates
    if nested and second[1] > first[1]:
        raise CommandRefused(
            f"rate {second[1]:g} of the second endpoint cannot lie within {first[1]:g} of the first",
            where="--endpoints",
            do="use --independent, or give the rarer endpoint second",
        )
    alpha, power, max_n = limits
    found = propose_pair(PairWanted(first, second, Rule(show.value), nested, alpha, power, max_n, sources))
    said, doubts = pair_paragraphs(found), uncertain_pair(found)
    printed = (found.printed(), *(one.printed() for one in doubts))
    put_all((table, tables_as(printed, kind(table), words).encode()))
    answer = {
        **asdict(found),
        "p0": [as_doubt(one.sizes, one.known) for one in doubts],
        **as_said(said),
    }
    say(answer, with_paragraphs(printed, said, words), as_json=json)


def _rates(text: str) -> tuple[float, float]:
    low, sign, high = text.partition(":")
    try:
        rates = float(low), float(high)
    except ValueError:
        rates = 0.0, 0.0
    if not sign or not 0 < rates[0] < rates[1] < 1:
        raise CommandRefused(
            f"{text!r} is not P0:P1", where="--endpoints", do="write two fractions, the lower first: .4:.6"
        )
    return rates
