"""A control known child by child, and the comparison with it: made alike first, then compared."""

from collections.abc import Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Chart
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.adjusting.compare import Adjusted, compare_people
from remission.stats.adjusting.people import Covariate, Factor, Measured, People
from remission.stats.adjusting.weights import Target
from remission.stats.control.control import Evidence, PatientControl, Source
from remission.stats.control.group import Group
from remission.stats.control.patient_rule import Decision, decide
from remission.stats.interval import check_level
from remission.terms.words import Text

_EVIDENCE = {Evidence.VERBATIM: "原文所载", Evidence.DERIVED: "由原文推算", Evidence.ASSUMED: "假设"}


@dataclass(frozen=True, slots=True)
class PeopleComparison(Printable, Drawable):
    """The trial's children against the control's; `adjusted` holds every method, with balance.

    `decision`: whether the trial is above the control at one-sided `alpha`, by what rule, with its type I
    error.
    `left_out`: children without an outcome, in the trial and in the control. `waiting`: why nothing is to be
    concluded yet, None where it may be.
    """

    adjusted: Adjusted
    decision: Decision
    alpha: float
    left_out: tuple[int, int]
    source: Source
    waiting: Text | None = None

    @property
    def above(self) -> bool | None:
        """Whether the trial is above the control; None where it cannot be told, or not yet."""
        return None if self.waiting is not None else self.decision.above

    def printed(self) -> PrintedTable:
        """Every method, the conclusion, who was left out, and the source."""
        table = self.adjusted.printed()
        what, evidence = Text("control", "对照"), _EVIDENCE[self.source.evidence]
        if self.source.evidence is Evidence.ASSUMED:
            what = Text("assumed children", "假设的既往患儿")
        said = {
            True: Text(f"above the {what.en}", f"高于{what.zh}"),
            False: Text(f"not shown above the {what.en}", f"未显示高于{what.zh}"),
            None: self.waiting or Text("cannot be told", "无法判定"),
        }[self.above]
        primary, why = self.adjusted.primary.method, self.decision.why
        notes = (
            Text(
                f"One-sided alpha {self.alpha:g}, by {primary.en}: {said.en}. Decides: {why.en}.",
                f"单侧α {self.alpha:g}，{primary.zh}：{said.zh}。判定依据：{why.zh}。",
            ),
            Text(
                f"Left out, outcome unknown: {self.left_out[0]} of the trial, {self.left_out[1]} of the "
                "control. If that depends on the outcome, every method here is biased.",
                f"因结局未知未计入：试验{self.left_out[0]}例，对照{self.left_out[1]}例；"
                "若缺失与结局有关，所列方法均有偏倚。",
            ),
            Text(
                f"Control: {self.source.citation} ({self.source.evidence}).",
                f"对照来源：{self.source.citation}（{evidence}）。",
            ),
        )
        return PrintedTable(table.title, table.columns, table.rows, (*notes, *table.notes), table.simulated)

    def chart(self) -> Chart:
        """The difference by each method."""
        return self.adjusted.chart()


def against_people(
    control: PatientControl,
    trial: Group,
    *,
    standardised_by: Sequence[str] = (),
    target: Target = Target.TREATED,
    alpha: float = 0.025,
    waiting: Text | None = None,
) -> PeopleComparison:
    """Compare the trial's children with a control known child by child.

    Parameters
    ----------
    control : PatientControl
    trial : Group
        With the same covariates, by id and kind.
    standardised_by : sequence of str
        Factors by which the primary method standardises (day-19 stratum, risk group); without any, weighting
        to `target` is primary, and nothing is concluded.
    target : Target
    alpha : float
        One-sided; intervals are two-sided at 1 - 2 alpha.
    waiting : Text, optional
        Why nothing is to be concluded yet: fewer children than planned, results to come.

    Raises
    ------
    InputRefused
        For covariates that differ, a negative control in one group only, a group without a known outcome, or
        alpha not strictly between 0 and one half.
    """
    check_level(1 - 2 * alpha)
    people, left_out = _together(trial, control.group)
    tested = None
    if (trial.cannot_change is None) != (control.group.cannot_change is None):
        raise InputRefused(
            "a negative control in one group only", where="patient-level control", do="give it in both"
        )
    if trial.cannot_change is not None:
        tested = _negative(trial, control.group)
    adjusted = compare_people(
        people, standardised_by=standardised_by, target=target, negative_control=tested, level=1 - 2 * alpha
    )
    decision = decide(people, standardised_by, adjusted.primary, alpha, control.source)
    return PeopleComparison(adjusted, decision, alpha, left_out, control.source, waiting)


def _together(trial: Group, control: Group) -> tuple[People, tuple[int, int]]:
    """Both groups as one, the trial first, those without the outcome left out and counted."""
    theirs = {covariate.id: covariate for covariate in control.covariates}
    if [(c.id, type(c)) for c in trial.covariates] != [
        (c.id, type(theirs.get(c.id))) for c in trial.covariates
    ] or len(theirs) != len(trial.covariates):
        raise InputRefused(
            f"covariates {[c.id for c in trial.covariates]} and {sorted(theirs)}",
            where="patient-level control",
            do="give both groups the same covariates, each of the same kind",
        )
    mine, other = trial.responded, control.responded
    kept = [place for place, yes in enumerate(mine) if yes is not None]
    kept_there = [place for place, yes in enumerate(other) if yes is not None]
    if not kept or not kept_there:
        raise InputRefused(
            f"{len(kept)} children of the trial and {len(kept_there)} of the control have an outcome",
            where="patient-level control",
            do="wait for results: nothing can be compared",
        )
    people = People(
        (True,) * len(kept) + (False,) * len(kept_there),
        (*(bool(mine[place]) for place in kept), *(bool(other[place]) for place in kept_there)),
        tuple(_joined(c, theirs[c.id], kept, kept_there) for c in trial.covariates),
    )
    return people, (len(mine) - len(kept), len(other) - len(kept_there))


def _joined(mine: Covariate, theirs: Covariate, kept: Sequence[int], kept_there: Sequence[int]) -> Covariate:
    if isinstance(mine, Measured) and isinstance(theirs, Measured):
        numbers = (*(mine.values[p] for p in kept), *(theirs.values[p] for p in kept_there))
        return Measured(mine.id, mine.name, numbers)
    levels = (*(_level(mine, p) for p in kept), *(_level(theirs, p) for p in kept_there))
    return Factor(mine.id, mine.name, levels, mine.words if isinstance(mine, Factor) else ())


def _level(covariate: Covariate, place: int) -> str | None:
    return covariate.values[place] if isinstance(covariate, Factor) else None


def _negative(trial: Group, control: Group) -> People:
    """The same children with the outcome that treatment cannot change."""
    for name, group in (("trial", trial), ("control", control)):
        for child, (yes, other) in enumerate(
            zip(group.responded, group.cannot_change or (), strict=True), start=1
        ):
            if yes is not None and other is None:
                raise InputRefused(
                    "a child without the negative-control outcome",
                    where=f"{name}, child {child}",
                    do="give it for every child with an outcome, or leave the negative control out",
                )
    only = [
        Group(
            tuple(
                None if yes is None else other
                for yes, other in zip(group.responded, group.cannot_change or (), strict=True)
            ),
            group.covariates,
        )
        for group in (trial, control)
    ]
    return _together(only[0], only[1])[0]
