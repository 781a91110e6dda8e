"""`remission toxicity`: what went wrong, how badly, and what the rules say to do."""

import sys
from decimal import Decimal
from typing import Annotated

import typer

from remission.cli.desk import Folder, Name, RoleWord, by, opened, say_of, say_participant
from remission.cli.words import Json, On, Subject, YesNoUnknown, day
from remission.conduct.state import Participant
from remission.conduct.toxicities import toxicities
from remission.safety.crs import Crs, Oxygen
from remission.safety.holding import OTHER, Action, rule_terms
from remission.safety.icans import Awakening, Icans, Oedema, Score, Seizure
from remission.terms.actors import Role
from remission.terms.ids import SubjectId
from remission.trial import vigilance
from remission.trial.trial import Trial

app = typer.Typer(no_args_is_help=True, add_completion=False)
Grade = Annotated[int, typer.Option(help="Grade, 1 to 5 (0 when it has ended).", min=0, max=5)]
Began = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="First day.")]
Serious = Annotated[bool, typer.Option("--serious", help="A serious adverse event.")]
Related = Annotated[YesNoUnknown, typer.Option(help="Related to the drug.")]
Report = Annotated[str, typer.Option("--id", help="The report's own name, such as tox-1.")]


@app.command()
def report(
    subject: Subject,
    report_id: Report,
    term: Annotated[
        str, typer.Option(help="As the study names it, such as liver (see: remission protocol questions).")
    ],
    grade: Grade,
    began: Began,
    system: Annotated[str, typer.Option(help="Organ system.")] = "General disorders",
    serious: Serious = False,
    related: Related = YesNoUnknown.UNKNOWN,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Report a toxicity; the answer says what the study's rules make of it."""
    known = opened(trial)
    _say_rules(known, term, system)
    participant, action = vigilance.report_toxicity(
        known,
        by(name, role),
        SubjectId(subject),
        id=report_id,
        term=term,
        system=system,
        grade=grade,
        began=day(began),
        serious=serious,
        related=related,
    )
    _say_action(known, participant, report_id, action, as_json=json)


YesNo = Annotated[bool | None, typer.Option(help="Seen, or not; leave it out when not known.")]


@app.command()
def crs(
    subject: Subject,
    report_id: Report,
    began: Began,
    fever: YesNo = None,
    hypotension: YesNo = None,
    vasopressors: Annotated[
        int | None, typer.Option(help="How many, vasopressin not counted.", min=0)
    ] = None,
    vasopressin: YesNo = None,
    oxygen: Annotated[Oxygen | None, typer.Option(help="How oxygen is given.")] = None,
    oxygen_flow: Annotated[float | None, typer.Option(help="L/min, by nasal cannula.", min=0)] = None,
    fever_treated: YesNo = None,
    attributable: YesNo = None,
    dead: Annotated[bool, typer.Option("--dead", help="Died of it.")] = False,
    serious: Serious = False,
    related: Related = YesNoUnknown.UNKNOWN,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Report cytokine release syndrome by what was seen; the ASTCT grade follows."""
    flow = None if oxygen_flow is None else Decimal(str(oxygen_flow))
    seen = Crs(fever, hypotension, vasopressors, vasopressin, oxygen, flow, fever_treated, attributable, dead)
    known = opened(trial)
    participant, action = vigilance.report_crs(
        known,
        by(name, role),
        SubjectId(subject),
        id=report_id,
        seen=seen,
        began=day(began),
        serious=serious,
        related=related,
    )
    _say_action(known, participant, report_id, action, as_json=json)


@app.command()
def icans(
    subject: Subject,
    report_id: Report,
    began: Began,
    score: Annotated[Score, typer.Option(help="ice, or capd under 12 years.")],
    points: Annotated[int | None, typer.Option(help="Points of the score.", min=0)] = None,
    awakening: Annotated[Awakening | None, typer.Option(help="How the child wakes.")] = None,
    seizure: Annotated[Seizure | None, typer.Option(help="Seizure.")] = None,
    weakness: YesNo = None,
    oedema: Annotated[Oedema | None, typer.Option(help="Oedema of the brain.")] = None,
    attributable: YesNo = None,
    unable: Annotated[bool, typer.Option("--unable", help="The score could not be taken.")] = False,
    dead: Annotated[bool, typer.Option("--dead", help="Died of it.")] = False,
    serious: Serious = False,
    related: Related = YesNoUnknown.UNKNOWN,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Report neurologic toxicity by what was seen; the ASTCT grade follows."""
    seen = Icans(score, points, awakening, seizure, weakness, oedema, attributable, unable, dead)
    known = opened(trial)
    participant, action = vigilance.report_icans(
        known,
        by(name, role),
        SubjectId(subject),
        id=report_id,
        seen=seen,
        began=day(began),
        serious=serious,
        related=related,
    )
    _say_action(known, participant, report_id, action, as_json=json)


@app.command()
def regrade(
    subject: Subject,
    report_id: Report,
    grade: Grade,
    on: On,
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record the grade of a reported toxicity on a later day; the answer says what the rules ask for now."""
    known = opened(trial)
    participant, action = vigilance.regrade(
        known, by(name, role), SubjectId(subject), id=report_id, grade=grade, on=day(on)
    )
    _say_action(known, participant, report_id, action, as_json=json)


@app.command()
def deviation(
    subject: Subject,
    on: On,
    rule: Annotated[str, typer.Option(help="The rule of the protocol.")],
    what: Annotated[str, typer.Option(help="What was done instead.")],
    major: Annotated[bool, typer.Option("--major/--minor", help="Whether it can change the result.")],
    trial: Folder = None,
    name: Name = "",
    role: RoleWord = Role.DOCTOR,
    json: Json = False,
) -> None:
    """Record that something was done otherwise than the protocol says."""
    known = opened(trial)
    say_participant(
        known,
        vigilance.deviate(
            known, by(name, role), SubjectId(subject), on=day(on), rule=rule, major=major, what=what
        ),
        as_json=json,
    )


def _say_rules(trial: Trial, term: str, system: str) -> None:
    """Under which rules a report falls, where it does not say so by the rules' own word."""
    treatment = trial.study.treatment
    words, ruled = (
        dict.fromkeys(rule.term for rule in treatment.toxicity),
        rule_terms(treatment, term, system),
    )
    if ruled == (OTHER,) and term != OTHER:
        print(f"the study has no rule for {term!r}; its words are: {', '.join(words)}", file=sys.stderr)
    elif ruled != (term,):
        print(f"{term!r}: by the study's rules for {', '.join(ruled)}", file=sys.stderr)


def _say_action(
    trial: Trial, participant: Participant, report_id: str, action: Action, *, as_json: bool
) -> None:
    answer = {
        "participant": participant.id,
        "id": report_id,
        "grade": next(item.grade for item in toxicities(participant) if item.id == report_id),
        "action": action.action,
        "text": action.text.en,
        "text_zh": action.text.zh,
    }
    text = f"{participant.id}: grade {answer['grade']}, {action.action.replace('_', ' ')}\n{action.text.en}"
    say_of(trial, answer, text, as_json=as_json)
