"""What is due for a participant: what, by when, and whether it is late."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from remission.conduct import events as ev
from remission.conduct.admitted import no_longer_admits
from remission.conduct.course import course_of
from remission.conduct.enrolment import enrolment_window
from remission.conduct.known import day_one_of, latest_answers
from remission.conduct.state import Participant, Stage
from remission.conduct.toxicities import seizures, toxicities
from remission.mrd.words import method_name
from remission.pharmacology.dose_rules import LOW
from remission.protocol.study import SampleSpec, Study
from remission.safety.holding import What, action
from remission.terms.days import after_months, date_of, study_day
from remission.terms.words import Text


class Urgency(StrEnum):
    """How a due thing stands on a day."""

    LATER = "later"
    NOW = "now"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do between two dates; `day` is its protocol day, None where it has none."""

    what: Text
    who: str
    first: date | None
    last: date | None
    day: int | None

    def urgency(self, today: date) -> Urgency:
        """LATE after its last date, NOW from its first date on (or when no date is known), else LATER."""
        if self.last is not None and today > self.last:
            return Urgency.LATE
        return Urgency.NOW if self.first is None or today >= self.first else Urgency.LATER


_BEFORE_TREATMENT = (Stage.SCREENING, Stage.ELIGIBLE)
_IN_TRIAL = (
    Stage.ENROLLED,
    Stage.ON_TREATMENT,
    Stage.PAUSED,
    Stage.TREATMENT_ENDED,
    Stage.FOLLOW_UP,
)
_SAMPLED = (*_BEFORE_TREATMENT, *_IN_TRIAL)


def due(study: Study, participant: Participant, *, today: date) -> tuple[Due, ...]:
    """What is due, the most pressing first: a toxicity that asks to hold or stop the drug before all else.

    Parameters
    ----------
    today : date
        In the calendar of the participant's site.
    """
    day_one = day_one_of(study, participant)
    alarms = (*_toxicities(study, participant), *_admission(study, participant))
    items = [
        *_questions(study, participant, day_one),
        *_samples(study, participant, day_one),
        *_decisions(study, participant, day_one),
        *_follow_up(study, participant),
    ]
    order = {Urgency.LATE: 0, Urgency.NOW: 1, Urgency.LATER: 2}
    items.sort(key=lambda item: (order[item.urgency(today)], item.last or date.max, item.what.en))
    return (*alarms, *items)


_ALARMS = {
    What.STOP: ("Stop", "停药"),
    What.CONSIDER_STOPPING: ("Hold, consider stopping", "暂停给药，考虑停药"),
    What.HOLD: ("Hold", "暂停给药"),
}


def _toxicities(study: Study, participant: Participant) -> Iterator[Due]:
    """What the present grades ask for while the drug runs; in a pause, only to stop."""
    if participant.stage not in (Stage.ON_TREATMENT, Stage.PAUSED):
        return
    running = participant.stage is Stage.ON_TREATMENT
    low = course_of(study, participant, at=datetime.min.replace(tzinfo=UTC)).level == LOW
    found: list[tuple[bool, date, Due]] = []
    for toxicity in toxicities(participant):
        if toxicity.grade == 0:
            continue
        asked = action(
            study.treatment,
            term=toxicity.term,
            system=toxicity.system,
            grade=toxicity.grade,
            at_low_dose=low and running,
            seizures=seizures(study.treatment, participant),
            held_days=None,
        )
        stop, since = asked.action is What.STOP, toxicity.grades[-1][0]
        if stop or (running and asked.action in _ALARMS):
            said, grade = toxicity.term.replace("_", " "), toxicity.grade
            en, zh = _ALARMS[asked.action]
            what = Text(f"{en}: {said} grade {grade}", f"{zh}：{said} {grade}级")
            found.append((not stop, since, Due(what, "doctor", since, since, None)))
    yield from (item for *_, item in sorted(found, key=lambda one: (one[0], one[1], one[2].what.en)))


def _admission(study: Study, participant: Participant) -> Iterator[Due]:
    """What on record now would have kept an enrolled child out."""
    if participant.stage not in _IN_TRIAL:
        return
    for judged in no_longer_admits(study, participant):
        what = Text(
            f"{judged.criterion} no longer admits ({judged.reason.en}): correct the entry, or record found"
            " ineligible",
            f"{judged.criterion}不再允许入组（{judged.reason.zh}）：更正条目，或记录不合格",
        )
        yield Due(what, "doctor", None, None, None)


def _questions(study: Study, participant: Participant, day_one: date | None) -> Iterator[Due]:
    if participant.stage not in _BEFORE_TREATMENT:
        return
    known = latest_answers(participant)
    for spec in study.facts:
        if spec.id not in known:
            yield Due(spec.label, spec.asked_of, None, _at(spec.due_day, day_one), spec.due_day)
    closed = {
        item.event.list for item in participant.all(ev.ListClosed) if isinstance(item.event, ev.ListClosed)
    }
    for spec in study.lists:
        if spec.id not in closed:
            what = Text(f"{spec.name.en}: declare the list complete", f"{spec.name.zh}：声明清单完整")
            yield Due(what, spec.asked_of, None, _at(spec.due_day, day_one), spec.due_day)


def _samples(study: Study, participant: Participant, day_one: date | None) -> Iterator[Due]:
    if participant.stage not in _SAMPLED:
        return
    purpose = "trigger" if participant.stage in _BEFORE_TREATMENT else "endpoint"
    for spec in study.samples:
        if spec.purpose == purpose:
            yield from _sample(study, participant, spec, day_one)


def _sample(study: Study, participant: Participant, spec: SampleSpec, day_one: date | None) -> Iterator[Due]:
    window = study.point(spec.point).window
    said = [
        item.event
        for item in participant.history
        if isinstance(item.event, ev.MarrowTaken | ev.SampleMissed) and item.event.point == spec.point
    ]
    if said and isinstance(said[-1], ev.SampleMissed):
        return
    first, last = _at(window.first, day_one), _at(window.last, day_one)
    if not said:
        yield Due(spec.name, "site", first, last, window.target)
        return
    reported = {
        item.event.result.method
        for item in participant.all(ev.MrdReported)
        if isinstance(item.event, ev.MrdReported) and item.event.point == spec.point
    }
    for method in spec.methods:
        if method not in reported:
            said = method_name(method)
            what = Text(f"{spec.name.en}: {said.en} MRD result", f"{spec.name.zh}：{said.zh} MRD结果")
            yield Due(what, "laboratory", first, last, window.target)


def _decisions(study: Study, participant: Participant, day_one: date | None) -> Iterator[Due]:
    start = study.treatment.start_window
    enrol_by = (enrolment_window(study) or start).last
    match participant.stage:
        case Stage.SCREENING:
            what = Text("Decide on eligibility", "判定入组资格")
            yield Due(what, "doctor", None, _at(enrol_by, day_one), enrol_by)
        case Stage.ELIGIBLE:
            yield Due(Text("Enrol", "入组"), "doctor", None, _at(enrol_by, day_one), enrol_by)
        case Stage.ENROLLED:
            what = Text(f"Start {study.treatment.name.en}", f"开始{study.treatment.name.zh}")
            yield Due(what, "doctor", _at(start.first, day_one), _at(start.last, day_one), start.target)
        case Stage.ON_TREATMENT | Stage.PAUSED:
            yield from _treatment(study, participant, day_one)
        case Stage.TREATMENT_ENDED:
            last_sample = max((study.point(spec.point).window.last for spec in study.samples), default=None)
            by = None if last_sample is None else _at(last_sample, day_one)
            yield Due(Text("Assess the response", "评估疗效"), "doctor", by, None, last_sample)
        case _:
            return


def _treatment(study: Study, participant: Participant, day_one: date | None) -> Iterator[Due]:
    """The end as it is planned after every pause so far, or the next single dose; in a pause, its end."""
    name = study.treatment.name
    zone = ZoneInfo(study.site(participant.site).time_zone)
    standing = course_of(study, participant, at=datetime.min.replace(tzinfo=UTC))
    if standing.pause is not None:
        what = Text(f"{name.en}: restart or stop", f"{name.zh}：重启或停止")
        longest = timedelta(days=study.treatment.pause.continue_within_days)
        yield Due(what, "doctor", None, (standing.pause.start + longest).astimezone(zone).date(), None)
    elif standing.planned_end is not None:
        on = standing.planned_end.astimezone(zone).date()
        day = None if day_one is None else study_day(on, day_one)
        yield Due(Text(f"{name.en}: planned end", f"{name.zh}：计划结束"), "doctor", on, None, day)
    else:
        yield from _next_dose(study, standing.doses, day_one)


def _next_dose(study: Study, given: tuple[str, ...], day_one: date | None) -> Iterator[Due]:
    name = study.treatment.name
    days = {step.id: step.day for table in study.treatment.tables for step in table.steps}
    left = sorted((day, step) for step, day in days.items() if step not in given)
    if left:
        day, step = left[0]
        on = _at(day, day_one)
        yield Due(Text(f"{name.en}: dose {step}", f"{name.zh}：给药 {step}"), "doctor", on, on, day)
    else:
        yield Due(Text(f"{name.en}: complete", f"{name.zh}：完成治疗"), "doctor", None, None, None)


def _follow_up(study: Study, participant: Participant) -> Iterator[Due]:
    if participant.stage is not Stage.FOLLOW_UP:
        return
    seen = [
        item.event.on
        for item in participant.history
        if isinstance(item.event, ev.FollowedUp | ev.ResponseAssessed | ev.Relapsed | ev.SecondCancer)
    ]
    next_visit = after_months(max(seen), study.follow_up.every_months)
    if next_visit <= study.follow_up.until:
        yield Due(Text("Follow-up contact", "随访"), "site", next_visit, after_months(next_visit, 1), None)
    else:
        yield Due(Text("End of follow-up", "随访结束"), "site", study.follow_up.until, None, None)


def _at(day: int, day_one: date | None) -> date | None:
    return None if day_one is None else date_of(day, day_one)
