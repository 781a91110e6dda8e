"""`remission trial compare`: the trial against a control known child by child."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remission.cli.desk import Folder, opened, say_of
from remission.cli.outputs import figure_form, put_all, refuse_taken
from remission.cli.words import AsOf, Json, Language, Spoken, as_of
from remission.errors import CommandRefused, Missing

if TYPE_CHECKING:
    from remission.stats.control.patient_level import PeopleComparison

app = typer.Typer(add_completion=False)


@app.command()
def compare(
    children: Annotated[
        Path,
        typer.Argument(
            metavar="CHILDREN.csv",
            help="One line for each earlier child: responded, and the columns of --by.",
        ),
    ],
    source: Annotated[str, typer.Option(help="Where these children were read: a citation or a file.")],
    evidence: Annotated[str, typer.Option(help="How far that was seen: verbatim, derived or assumed.")],
    by: Annotated[
        list[str],
        typer.Option("--by", help="A subgroup of the plan to adjust for, such as risk or day19. Repeat it."),
    ],
    endpoint: Annotated[str | None, typer.Option(help="The endpoint (the study's first).")] = None,
    figure: Annotated[str | None, typer.Option(metavar="FILE", help="The differences, .svg or .png.")] = None,
    balance: Annotated[
        str | None, typer.Option(metavar="FILE", help="The balance of the primary method, .svg or .png.")
    ] = None,
    trial: Folder = None,
    at: AsOf = None,
    words: Language = Spoken.EN,
    json: Json = False,
) -> None:
    """Compare the primary set with earlier children, made alike by standardising and weighting."""
    from remission.results.control_children import read_children, trial_children
    from remission.results.rates import HANDLING_WORDS, handling_of
    from remission.results.verdicts import withheld
    from remission.stats.control.control import Control
    from remission.stats.control.patient_level import against_people
    from remission.terms.words import Text
    from remission.trial import reading

    forms = figure_form(figure), figure_form(balance, "--balance")
    refuse_taken(figure, balance)
    if len(set(by)) != len(by):
        raise CommandRefused(f"--by {', '.join(by)}", where="command line", do="name each subgroup once")
    known = opened(trial)
    asked = endpoint or known.study.endpoints[0].id
    if asked not in [one.id for one in known.study.endpoints]:
        raise CommandRefused(
            f"the study has no endpoint {asked!r}",
            where="--endpoint",
            do=f"choose from {', '.join(one.id for one in known.study.endpoints)}",
        )
    if not children.is_file():
        raise Missing(f"{children} is not there", where="command line", do="name a CSV file")
    with children.open("rb") as file:
        earlier = read_children(file, str(children), known.study, by)
    control = Control.patient_level(group=earlier, source=source, evidence=evidence)
    results = reading.results(known, as_of=as_of(at))
    primary = next(one.id for one in known.study.sets if one.primary)
    found = against_people(
        control,
        trial_children(results, asked, by),
        standardised_by=by,
        alpha=float(known.study.design.alpha),
        waiting=withheld(results.numbers, [f"endpoint.{asked}.{primary}.pending"]),
    )
    name = known.study.endpoint(asked).name
    about = Text(f"{known.study.id.upper()}: {name.en}", f"{known.study.id.upper()}：{name.zh}")
    balances = [one for one in (found.adjusted.balance, found.adjusted.balance_weighted) if one is not None]
    weighed = balances[0] if balances else None
    style: dict[str, Any] = {"about": about, "simulated": known.simulated, "language": words.value}
    put_all(
        (figure, found.plot(format=forms[0], **style) if figure else b""),
        (balance, weighed.plot(format=forms[1], **style) if balance and weighed else b""),
    )
    rule = HANDLING_WORDS[handling_of(known.study.endpoint(asked))]
    counted = Text(
        f"In the trial: {rule.en}. Earlier children without an outcome are left out. This is no test of the "
        "plan's primary claim.",
        f"试验中：{rule.zh}。既往患儿无结局者不计入。本比较不是方案主要结论的检验。",
    )
    tables = [one.text(words) for one in (found, *balances)]
    answer = {
        "study": known.study.id,
        "endpoint": asked,
        "as_of": results.as_of.isoformat(),
        "counted": rule.en,
    }
    head = f"{about.in_(words)}\n{counted.in_(words)}\n"
    say_of(known, {**answer, **_plain(found)}, head + "\n\n".join(tables), as_json=json)


def _plain(found: "PeopleComparison") -> dict[str, Any]:
    """The comparison as plain values."""
    from dataclasses import asdict

    adjusted, methods = found.adjusted, list[dict[str, Any]]()
    for negative, effects in ((False, adjusted.effects), (True, adjusted.negative_control)):
        for one in effects:
            plain = asdict(one)
            methods.append({**plain, "negative_control": negative})
    return {
        "alpha": found.alpha,
        "above": found.above,
        "p": found.decision.p,
        "type_1_error": found.decision.size,
        "decides": found.decision.why.en,
        "left_out": {"trial": found.left_out[0], "control": found.left_out[1]},
        "source": asdict(found.source),
        "methods": methods,
        "e_value": asdict(adjusted.e_value) if adjusted.e_value else None,
        "balance": asdict(adjusted.balance) if adjusted.balance else None,
        "balance_weighted": asdict(adjusted.balance_weighted) if adjusted.balance_weighted else None,
    }
