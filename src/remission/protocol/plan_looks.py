"""Refusals of the looks before the end: when, at what counts, and how much of alpha they spend."""

from collections.abc import Sequence

from remission.errors import StudyRefused
from remission.protocol.finding import Refusals, Subject
from remission.protocol.plan import Estimand, Monitoring, Plan, Purpose, Role
from remission.protocol.plan_boundaries import boundaries
from remission.protocol.study import Joint, Study
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
    if broken or not _askable(subject.study, plan, endpoints):
        return
    yield from _watched_together(subject, plan)
    crossed = [r for id in sorted(endpoints) for r in _crossing(subject, _watching(plan, id), id)]
    yield from crossed
    if not crossed:
        yield from _spent(subject, plan)


def _askable(study: Study, plan: Plan, endpoints: set[str]) -> bool:
    """Whether chances can be computed from names, rates and alphas; other rules refuse what is not so."""
    named = {one.watched for one in plan.monitoring if one.purpose is not Purpose.TOXICITY}
    named |= {id for one in plan.estimands for id in one.variable}
    rates = {rate.endpoint for rate in study.control.rates if 0 < rate.p0 < 1}
    alphas = [study.design.alpha, *(one.alpha for one in plan.estimands)]
    return named <= endpoints <= rates and all(0 < alpha < 1 for alpha in alphas)


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


def _crossing(subject: Subject, rules: Sequence[Monitoring], endpoint: str) -> Refusals:
    """Futility must lie below efficacy at every look."""
    low, high = (_counts(subject.study, rules, why) for why in (Purpose.FUTILITY, Purpose.EFFICACY))
    for n in sorted(low.keys() & high.keys()):
        if low[n] >= high[n]:
            what = f"at {n} participants {low[n]} stops for futility and {high[n]} for efficacy"
            yield subject.refuse(_RULE, what, f"plan, monitoring of {endpoint}", "let futility lie below")
            return


def _watched_together(subject: Subject, plan: Plan) -> Refusals:
    """Where all endpoints make one claim, a look for efficacy at some of them cannot make it."""
    study = subject.study
    looks = {
        endpoint.id: {
            n
            for one in plan.monitoring
            if one.purpose is Purpose.EFFICACY and one.watched == endpoint.id
            for n in one.at
        }
        for endpoint in study.endpoints
    }
    every = set[int]().union(*looks.values())
    if study.design.joint is not Joint.ALL:
        return
    for endpoint, at in looks.items():
        if at != every:
            lacking = ", ".join(str(n) for n in sorted(every - at))
            yield subject.refuse(
                _RULE,
                f"efficacy is looked for at {lacking} participants without {endpoint}, and the design "
                "requires all endpoints together (joint = 'all')",
                f"plan, monitoring of {endpoint}",
                "look at every endpoint at the same numbers of participants",
            )


def _spent(subject: Subject, plan: Plan) -> Refusals:
    """The chance that the looks and the final tests together call shown what is not, within alpha.

    All endpoints required: the largest chance of one of them (Berger 1982). One enough: the sum over the
    primary estimands, in each of which Holm's test calls one of m true hypotheses shown only where a p-value
    among them is at most alpha / m, for whichever m makes the sum of their chances largest.
    """
    study, primary = subject.study, [e for e in plan.estimands if e.role is Role.PRIMARY]
    watched = sorted({one.watched for one in plan.monitoring if one.purpose is Purpose.EFFICACY})
    if not watched:
        return
    alpha = float(study.design.alpha)
    if study.design.joint is Joint.ALL:
        for endpoint in watched:
            tested = [float(one.alpha) for one in primary if endpoint in one.variable]
            error = _error(study, plan, endpoint, max(tested, default=alpha))
            if error > alpha:
                yield _overspent(subject, f"{endpoint} is called shown", error, endpoint)
        return
    error = sum(_any_error(study, plan, one) for one in primary)
    if error > alpha:
        yield _overspent(subject, "one of the endpoints is called shown", error, ", ".join(watched))


def _any_error(study: Study, plan: Plan, estimand: Estimand) -> float:
    ranges = range(1, len(estimand.variable) + 1)
    return max(
        sum(sorted(_error(study, plan, id, float(estimand.alpha) / m) for id in estimand.variable)[-m:])
        for m in ranges
    )


def _overspent(subject: Subject, what: str, error: float, endpoints: str) -> StudyRefused:
    return subject.refuse(
        "plan-alpha",
        f"with its looks {what} with chance {error:.4f} at p0, alpha is {subject.study.design.alpha}",
        f"plan, monitoring of {endpoints}",
        "raise the counts, or lower the alpha of the primary estimand",
    )


def _error(study: Study, plan: Plan, endpoint: str, alpha: float) -> float:
    """The exact chance at p0 that a look at an endpoint, or its final test at `alpha`, calls it shown."""
    rules = _watching(plan, endpoint)
    p0, size = study.rate(endpoint).bar, study.design.participants
    low, high = (_counts(study, rules, why) for why in (Purpose.FUTILITY, Purpose.EFFICACY))
    last = critical_value(size, p0, alpha)
    last = size + 1 if last is None else last
    looks = [Look(n, low.get(n), high.get(n)) for n in sorted(low.keys() | high.keys())]
    binding = all(one.binding for one in rules if one.purpose is Purpose.FUTILITY)
    return operating(Staged((*looks, Look(size, last - 1, last))), p0, binding=binding).rejects


def _watching(plan: Plan, endpoint: str) -> list[Monitoring]:
    return [m for m in plan.monitoring if m.purpose is not Purpose.TOXICITY and m.watched == endpoint]


def _counts(study: Study, rules: Sequence[Monitoring], why: Purpose) -> dict[int, int]:
    """The count that stops at each look of a purpose; of several at one look, the one that stops first."""
    first = max if why is Purpose.FUTILITY else min
    found: dict[int, int] = {}
    for one in rules:
        if one.purpose is why:
            for n, stop in zip(one.at, boundaries(one, study), strict=True):
                if stop is not None:
                    found[n] = first(stop, found.get(n, stop))
    return found
