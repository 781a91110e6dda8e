"""What must be so before the drug flows: admission, order, premedication, window, pause, toxicity.

Each check refuses (`DoseHeld`, or `ActRefused` for the window) and names what is missing; none writes.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from remission.conduct import events as ev
from remission.conduct.admitted import no_longer_admits
from remission.conduct.course import Course, Interruption
from remission.conduct.known import day_one_of, facts_of
from remission.conduct.state import Participant, Stage
from remission.conduct.toxicities import Toxicity, seizures, toxicities
from remission.errors import ActRefused, DoseHeld
from remission.pharmacology.dose_rules import FULL, LOW, DoseOrder, order
from remission.pharmacology.infusion import AfterPause, what_pause_means
from remission.protocol.study import ToxicityRule
from remission.safety.holding import Answer, What, action, may_restart
from remission.terms.days import study_day
from remission.trial.trial import Trial

STEP_UP = "step_up"


def size_on(trial: Trial, participant: Participant, on: date) -> tuple[Decimal, Decimal | None]:
    """Weight (kg) and height (cm, None: not known) as on record for a day."""
    answers = facts_of(trial.study, participant, on=on).answers
    weight, height = answers.get(trial.study.weight_fact), answers.get(trial.study.height_fact)
    if weight is None:
        fact = trial.study.weight_fact
        raise DoseHeld(
            f"{trial.study.fact(fact).label.en} is not known on {on}",
            where=f"participant {participant.id}",
            do=f"record it: remission participant answer {participant.id} {fact} ...",
        )
    assert isinstance(weight.value, Decimal)
    if height is None:
        return weight.value, None
    assert isinstance(height.value, Decimal)
    return weight.value, height.value


def order_on(trial: Trial, participant: Participant, on: date, *, step: str, level: str) -> DoseOrder:
    """The dose that rules, weight and height make on a day."""
    weight, height = size_on(trial, participant, on)
    return order(trial.study.treatment, on=on, step=step, level=level, weight_kg=weight, height_cm=height)


def check_order(trial: Trial, participant: Participant, step: str, level: str, at: datetime) -> None:
    """Refuse without an order given by the day of `at`, or with one whose weight or height was corrected."""
    where = f"participant {participant.id}"
    orders = [
        item.event
        for item in participant.all(ev.DoseOrdered)
        if isinstance(item.event, ev.DoseOrdered) and (item.event.step, item.event.level) == (step, level)
    ]
    today = trial.today(participant.site, at)
    given = [ordered for ordered in orders if ordered.on <= today]
    if not given:
        raise DoseHeld(
            f"there is no order for step {step!r} at the {level} level" + (f" on {today}" if orders else ""),
            where=where,
            do="order the dose first: remission treatment order",
        )
    ordered = given[-1]
    right = order_on(trial, participant, ordered.on, step=step, level=level)
    if right.amount != ordered.amount:
        raise DoseHeld(
            f"{ordered.amount} {ordered.unit} were ordered for {ordered.weight_kg} kg; what is on record for "
            f"{ordered.on} makes {right.amount} {right.unit}",
            where=where,
            do="order the dose again: remission treatment order",
        )


def check_premedication(
    trial: Trial, participant: Participant, before: str, at: datetime, since: datetime | None = None
) -> None:
    """Refuse where a premedication asked for was not given, from `since` on, in its hours before `at`."""
    given = [item.event for item in participant.all(ev.PremedicationGiven)]
    for rule in trial.study.treatment.premedication:
        if before not in rule.before:
            continue
        times = [
            one.at
            for one in given
            if isinstance(one, ev.PremedicationGiven)
            and (one.before, one.drug) == (before, rule.drug)
            and one.at <= at
            and (since is None or one.at >= since)
        ]
        said = before.replace("_", " ")
        if not times:
            raise DoseHeld(
                f"no premedication was given before {said}",
                where=f"participant {participant.id}",
                do="give and record it first: remission treatment premedicate",
            )
        if at - max(times) > timedelta(hours=rule.within_hours):
            raise DoseHeld(
                f"{rule.drug} before {said} was given at {max(times).isoformat()}, more than"
                f" {rule.within_hours} h earlier",
                where=f"participant {participant.id}",
                do="give and record it again: remission treatment premedicate",
            )


def check_admitted(trial: Trial, participant: Participant) -> None:
    """Refuse a first dose to a child whom a criterion shuts out by what is on record now."""
    if participant.stage is not Stage.ENROLLED:
        return
    shut = no_longer_admits(trial.study, participant)
    if shut:
        reasons = "; ".join(f"{judged.criterion}: {judged.reason.en}" for judged in shut)
        raise DoseHeld(
            f"no longer admitted by {reasons}",
            where=f"participant {participant.id}",
            do="correct the entry if it is wrong; if it is right, record that the child was found ineligible:"
            " whether to treat is then the doctor's decision",
        )


def outside_window(
    trial: Trial, participant: Participant, at: datetime, deviation: str | None
) -> Iterator[ev.DeviationReported]:
    """The deviation to record with a first dose outside its window; refused where nobody says why."""
    if participant.stage is not Stage.ENROLLED:
        return
    on, day_one = trial.today(participant.site, at), day_one_of(trial.study, participant)
    window = trial.study.treatment.start_window
    day = None if day_one is None else study_day(on, day_one)
    if day is not None and day in window:
        return
    said = "a day not known" if day is None else f"day {day}"
    if not deviation or not deviation.strip():
        raise ActRefused(
            f"{said} is outside the start window, days {window.first} to {window.last}",
            where=f"participant {participant.id}",
            do="say why with a deviation, which is recorded too",
        )
    yield ev.DeviationReported(on, "start window", True, f"{said}: {deviation}")


def after_pause(trial: Trial, participant: Participant, pause: Interruption) -> AfterPause:
    """What the pause means by its length; refused where it ends the course."""
    means = what_pause_means(trial.study.treatment, pause.hours)
    if means is AfterPause.COURSE_ENDS:
        rule, days = trial.study.treatment.pause, f"{pause.hours / 24:.1f} days"
        raise DoseHeld(
            f"the pause has lasted {days}, more than {rule.continue_within_days}",
            where=f"participant {participant.id}",
            do=f"record that treatment was stopped. {rule.longer.en}",
        )
    return means


def check_step_up(trial: Trial, participant: Participant, at: datetime) -> None:
    """Refuse to leave the low level before the days that a rule asks for, by the site's calendar."""
    since = low_since(participant)
    after = max((rule.escalate_after_days or 0 for rule in trial.study.treatment.toxicity), default=0)
    if since is None:
        return
    days = (trial.today(participant.site, at) - trial.today(participant.site, since)).days
    if days < after:
        raise DoseHeld(
            f"it has run at the low level for {days} of {after} days",
            where=f"participant {participant.id}",
            do=f"wait until {after} days",
        )
    check_premedication(trial, participant, STEP_UP, at, since=since)


def low_since(participant: Participant) -> datetime | None:
    """Since when the infusion is at the low level, short pauses passed over; None at the full level."""
    since: datetime | None = None
    for item in participant.all(ev.InfusionRestarted):
        if isinstance(item.event, ev.InfusionRestarted):
            since = (since or item.event.at) if item.event.level == LOW else None
    return since


def check_held(trial: Trial, participant: Participant, standing: Course, *, level: str, at: datetime) -> None:
    """Refuse while a rule about a toxicity holds the drug, or ends it.

    A toxicity counts with its worst grade since the drug last began to flow: what it was held for before,
    and is over, does not hold it again. One that since the first dose reached a grade that ends treatment,
    ends it. Before the first dose the present grade counts. Whether the pause names the report makes no
    difference. Where the rules leave stopping to the doctor, the drug is held as at the grade below.
    """
    started, begun = _first_and_last_begun(trial, participant)
    today = trial.today(participant.site, at)
    for toxicity in toxicities(participant):
        course_of_grades = toxicity.from_day(begun or today)
        worst = max((grade for _, grade in course_of_grades), default=0)
        ever = max((grade for _, grade in toxicity.from_day(started or today)), default=0)
        asked = partial(
            action,
            trial.study.treatment,
            term=toxicity.term,
            system=toxicity.system,
            seizures=seizures(trial.study.treatment, participant),
            held_days=None,
        )
        where = f"participant {participant.id}, toxicity {toxicity.id} ({toxicity.term})"
        low = standing.level == LOW
        said = asked(grade=worst, at_low_dose=low)
        for one in (asked(grade=ever, at_low_dose=False), said):
            if one.action is What.STOP:
                raise DoseHeld(one.text.en, where=where, do="record that treatment was stopped")
        if said.action is What.CONSIDER_STOPPING and said.rule is not None:
            said = asked(
                grade=said.rule.grade - 1, at_low_dose=low
            )  # it holds at least as a milder grade would
        if said.action is What.HOLD and said.rule is not None:
            limit = said.rule.grade
            reached = min(day for day, grade in course_of_grades if grade >= limit)
            held = _held_days(trial, participant, standing.pause, reached, today)
            _check_hold(said.rule, toxicity, level, held, today, where)


def _first_and_last_begun(trial: Trial, participant: Participant) -> tuple[date | None, date | None]:
    """The days on which the drug first, and last, began to flow."""
    moments = [
        item.event.at
        for item in participant.history
        if isinstance(item.event, ev.InfusionStarted | ev.InfusionRestarted | ev.DoseGiven)
    ]
    if not moments:
        return None, None
    return trial.today(participant.site, min(moments)), trial.today(participant.site, max(moments))


def _held_days(
    trial: Trial, participant: Participant, pause: Interruption | None, reached: date, today: date
) -> Decimal:
    """Days the drug has been held for a grade reached on a day: the whole pause, if it was reached before."""
    if pause is None:
        return Decimal(0)
    if reached <= trial.today(participant.site, pause.start):
        return pause.hours / 24
    return Decimal((today - reached).days)


def _check_hold(
    rule: ToxicityRule, toxicity: Toxicity, level: str, held_days: Decimal, today: date, where: str
) -> None:
    since = None if rule.until_grade is None else toxicity.at_or_below_since(rule.until_grade)
    said = may_restart(
        rule,
        grade_now=toxicity.grade,
        days_at_or_below=0 if since is None else (today - since).days,
        held_days=held_days,
    )
    if said.answer is Answer.NEVER:
        raise DoseHeld(said.text.en, where=where, do="record that treatment was stopped")
    if said.answer is Answer.NOT_YET:
        raise DoseHeld(said.text.en, where=where, do="wait, and record the grade when it has changed")
    if said.level == LOW and level == FULL:
        raise DoseHeld(said.text.en, where=where, do="order and restart at the low level")
