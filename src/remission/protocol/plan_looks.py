"""Refusals of the looks before the end: when, at what counts, and how much of alpha they spend."""

from collections.abc import Sequence

from remission.protocol.finding import Refusals, Subject
from remission.protocol.plan import Monitoring, Plan, Purpose, Role
from remission.protocol.plan_boundaries import boundaries
from remission.protocol.study import Study
from remission.stats.designs.staged import Look, Staged, operating
from remission.stats.rates.proportions import critical_value

_RULE = "plan-looks"


def looks_refused(subject: Subject) -> Refusals:
    """Everything wrong with the monitoring of the plan."""
    plan, endpoints = subject.study.plan, {endpoint.id for endpoint in subject.study.endpoints}
    if plan is None:
        return
    broken = False
    for one in plan.monitoring:
        for what, do in _wrong(one, subject.study):
            broken = True
            yield subject.refuse(_RULE, what, f"plan, monitoring {one.id}", do)
    if not broken:
        watched = {one.watched for one in plan.monitoring if one.purpose is not Purpose.TOXICITY}
        for endpoint in sorted(watched & endpoints):
            yield from _together(subject, plan, endpoint)


def _wrong(one: Monitoring, study: Study) -> list[tuple[str, str]]:
    found, size = list[tuple[str, str]](), study.design.participants
    last = size if one.purpose is Purpose.TOXICITY else size - 1
    looks = ", ".join(str(n) for n in one.at)
    if not one.at or one.at[0] < 1 or list(one.at) != sorted(set(one.at)):
        found.append((f"looks at {looks or 'nothing'}", "give rising numbers of participants, from 1"))
    elif one.at[-1] > last:
        found.append((f"a look at {one.at[-1]} of {size} participants", f"look at {last} at the latest"))
    if one.spending is None:
        found += _wrong_counts(one)
    elif one.purpose is not Purpose.EFFICACY or one.stop or one.spend is None:
        found.append(
            (
                f"{one.spending} for {one.purpose}, with {len(one.stop)} counts and spend = {one.spend}",
                "a spending function is for efficacy, takes spend, and no counts",
            )
        )
    elif not 0 < one.spend <= study.design.alpha:
        found.append((f"{one.spend} is spent, alpha is {study.design.alpha}", "spend alpha at most"))
    if (one.grade is not None) is not (one.purpose is Purpose.TOXICITY) or one.grade not in (
        None, 1, 2, 3, 4, 5,
    ):  # fmt: skip
        found.append((f"grade = {one.grade} for {one.purpose}", "give a grade of 1 to 5, for toxicity only"))
    window = one.window_days
    if (window is not None) is not (one.purpose is Purpose.TOXICITY) or (window is not None and window < 0):
        found.append(
            (
                f"window_days = {window} for {one.purpose}",
                "give the days after the course within which a toxicity counts, for toxicity only",
            )
        )
    return found


def _wrong_counts(one: Monitoring) -> list[tuple[str, str]]:
    if len(one.stop) != len(one.at):
        return [(f"{len(one.at)} looks and {len(one.stop)} counts", "give one count in stop for each look")]
    below = one.purpose is Purpose.FUTILITY
    found = [
        (f"stop at {count} of {n}", "give a count that can happen and does not always")
        for n, count in zip(one.at, one.stop, strict=True)
        if not (0 <= count < n if below else 1 <= count <= n)
    ]
    if any(low > high for low, high in zip(one.stop, one.stop[1:], strict=False)):
        found.append((f"the counts {', '.join(map(str, one.stop))} fall", "let them stay or rise"))
    return found


def _together(subject: Subject, plan: Plan, endpoint: str) -> Refusals:
    """Futility below efficacy at every look; and type I error within alpha with the final test."""
    study = subject.study
    rules = [m for m in plan.monitoring if m.purpose is not Purpose.TOXICITY and m.watched == endpoint]
    rate = next((one for one in study.control.rates if one.endpoint == endpoint), None)
    if rate is None or not 0 < rate.p0 < 1:  # another rule refuses that
        return
    low, high = (_counts(study, rules, why) for why in (Purpose.FUTILITY, Purpose.EFFICACY))
    for n in sorted(low.keys() & high.keys()):
        if low[n] >= high[n]:
            what = f"at {n} participants {low[n]} stops for futility and {high[n]} for efficacy"
            yield subject.refuse(_RULE, what, f"plan, monitoring of {endpoint}", "let futility lie below")
            return
    if not high:
        return
    tested = [e.alpha for e in plan.estimands if e.role is Role.PRIMARY and endpoint in e.variable]
    alpha, size = float(max(tested, default=study.design.alpha)), study.design.participants
    last = critical_value(size, float(rate.p0), alpha)
    if last is None:
        return
    binding = all(m.binding for m in rules if m.purpose is Purpose.FUTILITY)
    looks = [Look(n, low.get(n), high.get(n)) for n in sorted(low.keys() | high.keys())]
    design = Staged((*looks, Look(size, last - 1, last)))
    error = operating(design, float(rate.p0), binding=binding).rejects
    if error > float(study.design.alpha):
        yield subject.refuse(
            "plan-alpha",
            f"with its looks {endpoint} is called shown with chance {error:.4f} at p0 = {rate.p0}, "
            f"alpha is {study.design.alpha}",
            f"plan, monitoring of {endpoint}",
            "raise the counts, or lower the alpha of the primary estimand",
        )


def _counts(study: Study, rules: Sequence[Monitoring], why: Purpose) -> dict[int, int]:
    """The count that stops at each look of a purpose, where one does."""
    return {
        n: stop
        for one in rules
        if one.purpose is why
        for n, stop in zip(one.at, boundaries(one, study), strict=True)
        if stop is not None
    }
