"""From consent to enrolment of one virtual child, with the untidiness of screening."""

from collections.abc import Generator, Iterator
from datetime import date, timedelta
from decimal import Decimal

from remission.conduct import events as ev
from remission.conduct.enrolment import enrolment_window
from remission.errors import ActRefused, InputRefused, NotEligible
from remission.protocol.criteria import Truth
from remission.protocol.study import FactKind, FactSpec, SampleSpec
from remission.rehearsal.desk import Desk, Story
from remission.rehearsal.sampling import miss, take, tested
from remission.rehearsal.truth import shut_out
from remission.screening.judge import Verdict
from remission.terms.days import age_in_months, date_of
from remission.trial import admission, closing

Days = Generator[date, None, bool]
_ATTEMPTS = 2


def screen(desk: Desk, story: Story) -> Days:
    """Play screening; yields the days of entry; answers whether the child was enrolled."""
    child = story.child
    _consent(desk, story)
    late = _enter_answers(desk, story)
    if story.chance(desk.population.screening.early_decision):
        _decide_too_early(desk, story)
    wrong = _enter_wrongly(desk, story, late)
    for spec in desk.study.samples:
        if spec.purpose == "trigger":
            story.levels[spec.point] = child.trigger_level
            yield from _trigger_sample(desk, story, spec)
    window = enrolment_window(desk.study)
    if window is not None and (first := date_of(window.first, child.day_one)) > desk.today(child.site):
        yield first
    if wrong is not None:
        _correct(desk, story, wrong)
    yield from _later(desk, story, late)
    for fact in late:
        _answer(desk, story, fact)
    verdict = yield from _settled(desk, story)
    if verdict is None or verdict.admits is Truth.FALSE:
        return False
    return (yield from _enrol(desk, story))


def _consent(desk: Desk, story: Story) -> None:
    child, today = story.child, desk.today(story.child.site)
    birth = date.fromisoformat(child.answers[desk.study.earliest_birth_fact])
    years = age_in_months(birth, today) // 12
    signed_by = "participant" if years >= 18 else "both" if years >= 8 else "guardian"
    story.subject = admission.consent(
        desk.trial, desk.by(child.site), child.site, on=today, signed_by=signed_by, form="form 1"
    )
    desk.screened += 1


def _entered(desk: Desk, story: Story, fact: str) -> str:
    """What the site believes: the truth, or for what is hidden the commonest answer."""
    if fact not in story.child.hidden:
        return story.child.answers[fact]
    draw = next(draw for draw in desk.population.answers if draw.fact == fact)
    return max(draw.shares, key=lambda text: draw.shares[text])


def _answer(desk: Desk, story: Story, fact: str) -> None:
    site = story.child.site
    admission.answer(
        desk.trial, desk.by(site), story.known_as, fact, _entered(desk, story, fact), on=desk.today(site)
    )


def _enter_answers(desk: Desk, story: Story) -> list[str]:
    """Enter what is known on the day of consent; answers the questions that stay open until later."""
    today = desk.today(story.child.site)
    late: list[str] = []
    some_late = story.chance(desk.population.screening.late_answer)
    for spec in desk.study.facts:
        value = story.child.answers[spec.id]
        # A date that may change is a plan and may lie ahead.
        ahead = spec.kind is FactKind.DATE and date.fromisoformat(value) > today
        not_yet = ahead and not spec.may_change
        needed = spec.id in (desk.study.day_one, desk.study.earliest_birth_fact)
        if not_yet or (some_late and not needed and story.chance(0.15)):
            late.append(spec.id)
            continue
        if spec.id == desk.study.weight_fact and story.chance(desk.population.screening.typing_error):
            _mistype(desk, story, spec)
        _answer(desk, story, spec.id)
    return late


def _mistype(desk: Desk, story: Story, spec: FactSpec) -> None:
    """A slipped decimal point, beyond what is plausible."""
    wrong = (spec.highest or Decimal(1000)) + Decimal(story.child.answers[spec.id])
    desk.must_refuse(
        "a value beyond what is plausible", InputRefused,
        lambda: admission.answer(
            desk.trial, desk.by(story.child.site), story.known_as, spec.id, str(wrong),
            on=desk.today(story.child.site),
        ),
    )  # fmt: skip


def _decide_too_early(desk: Desk, story: Story) -> None:
    site, today = story.child.site, desk.today(story.child.site)
    if admission.judge(desk.trial, story.known_as, on=today).admits is not Truth.UNKNOWN:
        return
    desk.must_refuse(
        "decision while a criterion is unknown", NotEligible,
        lambda: admission.decide(desk.trial, desk.by(site), story.known_as, on=today),
    )  # fmt: skip
    desk.must_refuse(
        "enrolment before the decision", ActRefused,
        lambda: admission.enrol(desk.trial, desk.by(site), story.known_as, on=today),
    )  # fmt: skip


def _enter_wrongly(desk: Desk, story: Story, late: list[str]) -> str | None:
    """Enter one answer wrongly; answers the question, which is corrected before the decision."""
    if not story.chance(desk.population.screening.wrong_entry):
        return None
    choices = [spec for spec in desk.study.facts if spec.kind is not FactKind.DATE and spec.id not in late]
    spec = choices[story.between(0, len(choices) - 1)]
    site, true = story.child.site, _entered(desk, story, spec.id)
    match spec.kind:
        case FactKind.YES_NO:
            wrong = "no" if true == "yes" else "yes"
        case FactKind.CODE:
            wrong = next(code for code in spec.codes if code != true)
        case _:
            wrong = str(min(Decimal(true) + 1, spec.highest or Decimal(true) + 1))
    if wrong == true:
        return None
    admission.answer(desk.trial, desk.by(site), story.known_as, spec.id, wrong, on=desk.today(site))
    return spec.id


def _correct(desk: Desk, story: Story, fact: str) -> None:
    """Put the right answer in the place of the wrong one, after a try without a reason."""
    site, subject = story.child.site, story.known_as
    wrong = [
        item
        for item in desk.trial.participant(subject).all(ev.FactRecorded)
        if isinstance(item.event, ev.FactRecorded) and item.event.fact == fact
    ][-1]
    assert isinstance(wrong.event, ev.FactRecorded)
    right = ev.FactRecorded(fact, _entered(desk, story, fact), wrong.event.on)
    desk.must_refuse(
        "correction without a reason", InputRefused,
        lambda: closing.correct(desk.trial, desk.by(site), subject, wrong.ref.seq, right, reason=" "),
    )  # fmt: skip
    closing.correct(
        desk.trial, desk.by(site), subject, wrong.ref.seq, right, reason="copied wrongly from the chart"
    )


def _trigger_sample(desk: Desk, story: Story, spec: SampleSpec) -> Iterator[date]:
    """Take and test the sample that decides on entry; again if it says nothing and time is left."""
    child, chances = story.child, desk.population.screening
    window = desk.study.point(spec.point).window
    last = date_of(window.last, child.day_one)
    planned = date_of(window.target, child.day_one) + timedelta(days=story.between(-1, 1))
    on = max(date_of(window.first, child.day_one), min(planned, last), desk.today(child.site))
    if story.chance(chances.sample_late):
        on = last + timedelta(days=story.between(1, 2))
    if story.chance(chances.sample_missed):
        yield on
        miss(desk, story, spec, "clotted, no material")
        return
    for attempt in range(1, _ATTEMPTS + 1):
        if on > desk.today(child.site):
            yield on
        sample = take(desk, story, spec, attempt)
        yield from tested(desk, story, spec, sample)
        on = desk.today(child.site) + timedelta(days=1)
        if on > last or _says_something(desk, story, spec.point):
            return


def _says_something(desk: Desk, story: Story, point: str) -> bool:
    """Whether no criterion is left waiting for a better sample of this point."""
    name = desk.study.point(point).name.en
    verdict = admission.judge(desk.trial, story.known_as, on=desk.today(story.child.site))
    return not any(
        missing.asked_of == "laboratory" and name in missing.what.en for missing in verdict.missing
    )


def _later(desk: Desk, story: Story, late: list[str]) -> Iterator[date]:
    """Wait until what is late can be known."""
    today = desk.today(story.child.site)
    dates = [
        date.fromisoformat(story.child.answers[fact])
        for fact in late
        if desk.study.fact(fact).kind is FactKind.DATE
    ]
    if late and (until := max([today + timedelta(days=1), *dates])) > today:
        yield until


def _settled(desk: Desk, story: Story) -> Generator[date, None, Verdict | None]:
    """Complete the lists and decide today; None when it cannot be settled, and screening is given up."""
    site, today = story.child.site, desk.today(story.child.site)
    _lists(desk, story)
    verdict = admission.judge(desk.trial, story.known_as, on=today)
    latest = _latest(desk, story)
    if verdict.admits is Truth.UNKNOWN and today < latest and _site_can_still_say(verdict):
        yield latest
        today = latest
        _lists(desk, story)
        verdict = admission.judge(desk.trial, story.known_as, on=today)
    _note_truth(desk, story, today)
    if verdict.admits is Truth.UNKNOWN:
        desk.must_refuse(
            "decision while a criterion is unknown", NotEligible,
            lambda: admission.decide(desk.trial, desk.by(site), story.known_as, on=today),
        )  # fmt: skip
        yield today + timedelta(days=story.between(1, 3))
        _leave(desk, story, "eligibility could not be settled in time", "doctor")
        return None
    decided = admission.decide(desk.trial, desk.by(site), story.known_as, on=today)
    if decided.admits is Truth.FALSE and story.chance(0.1):
        desk.must_refuse(
            "enrolment of a child found ineligible", ActRefused,
            lambda: admission.enrol(desk.trial, desk.by(site), story.known_as, on=today),
        )  # fmt: skip
    return decided


def _latest(desk: Desk, story: Story) -> date:
    """The last day on which the child can be enrolled."""
    window = enrolment_window(desk.study) or desk.study.treatment.start_window
    return date_of(window.last, story.child.day_one)


def _site_can_still_say(verdict: Verdict) -> bool:
    """Whether something is missing that does not come from the laboratory, such as days not lived yet."""
    return any(missing.asked_of != "laboratory" for missing in verdict.missing)


def _lists(desk: Desk, story: Story) -> None:
    """Enter what happened and was not entered yet, then declare the lists complete up to today."""
    site, subject, today = story.child.site, story.known_as, desk.today(story.child.site)
    entered = {
        (item.event.kind, item.event.first)
        for item in desk.trial.participant(subject).all(ev.ThingHappened)
        if isinstance(item.event, ev.ThingHappened)
    }
    for item in story.child.happenings:
        if (item.kind, item.first) not in entered and item.last <= today:
            admission.happened(
                desk.trial,
                desk.by(site),
                subject,
                item.kind,
                first=item.first,
                last=item.last,
                purpose=item.purpose,
            )
    for spec in desk.study.lists:
        admission.close_list(desk.trial, desk.by(site), subject, spec.id, as_of=today)


def _note_truth(desk: Desk, story: Story, on: date) -> None:
    story.judged_on, story.shut_out = on, shut_out(desk.study, story.child, on, story.levels)


def _leave(desk: Desk, story: Story, why: str, who: str) -> None:
    site = story.child.site
    closing.withdraw(
        desk.trial, desk.by(site), story.known_as, on=desk.today(site), scope="study", why=why, who=who
    )


def _enrol(desk: Desk, story: Story) -> Days:
    """Enrol today, or some days later; a child may decline, come too late, or find the trial full."""
    child, chances = story.child, desk.population.screening
    window = enrolment_window(desk.study)
    if story.chance(chances.declines):
        _leave(desk, story, "family declines", "guardian")
        return False
    if window is not None and story.chance(chances.late_for_window):
        yield max(date_of(window.last, child.day_one), desk.today(child.site)) + timedelta(days=1)
    elif desk.today(child.site) < _latest(desk, story) and story.chance(0.4):
        yield desk.today(child.site) + timedelta(days=1)
    if desk.today(child.site) != story.judged_on:  # answers may change overnight: judge again
        decided = yield from _settled(desk, story)
        if decided is None or decided.admits is not Truth.TRUE:
            return False
    return _enrolled(desk, story)


def _enrolled(desk: Desk, story: Story) -> bool:
    site, today, subject = story.child.site, desk.today(story.child.site), story.known_as
    window = enrolment_window(desk.study)
    too_late = window is not None and today > date_of(window.last, story.child.day_one)
    if too_late or desk.full:
        why = "enrolment outside its window" if too_late else "enrolment when every place is taken"
        if too_late or desk.places == desk.study.design.participants:
            desk.must_refuse(
                why, NotEligible, lambda: admission.enrol(desk.trial, desk.by(site), subject, on=today)
            )
        _leave(desk, story, "too late to enrol" if too_late else "the trial is full", "doctor")
        return False
    admission.enrol(desk.trial, desk.by(site), subject, on=today)
    desk.enrolled += 1
    story.enrolled_on = today
    return True
