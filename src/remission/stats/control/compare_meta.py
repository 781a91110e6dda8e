"""Treated children against what several earlier studies foretell of a new one."""

from dataclasses import dataclass

import numpy as np

from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.borrowing import ess
from remission.stats.borrowing.conflict import Conflict, conflict
from remission.stats.borrowing.mixtures import BetaMixture, beta
from remission.stats.control.control import MetaControl
from remission.stats.control.exceeding import exceeds
from remission.stats.control.least import least_count, predictive, robust_prior
from remission.stats.control.showing import HEAD, count, decides, large, level, small, spread
from remission.stats.interval import Interval
from remission.stats.rates.proportions import clopper_pearson
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class MetaComparison(Printable, Drawable):
    """`responders` of `n` against what several studies foretell of a new one.

    `chance`: posterior probability that the treated rate is above the control's; it decides: `rejects` at
    1 - alpha, from `least` responders on. `robust_chance`, `robust_least`: with the robust prior. No control
    child of this trial can take the vague component back, so its weight caps that chance. `size_at_mean`:
    exact chance to reject at a true rate equal to the predictive mean; `size_foretold`: at rates as the
    predictive prior foretells them, treatment doing nothing. `ess_*`: what the priors are worth in children.
    `conflict`: of the treated count with the predictive prior.
    """

    control: MetaControl
    responders: int
    n: int
    alpha: float
    rate: float
    interval: Interval
    control_mean: float
    control_interval: Interval
    chance: float
    robust_chance: float
    least: int | None
    robust_least: int | None
    rejects: bool
    size_at_mean: float
    size_foretold: float
    ess_elir: float
    ess_moment: float
    robust_ess_elir: float
    conflict: Conflict
    robust: BetaMixture

    def printed(self) -> PrintedTable:
        """Posterior, weight of the control, conflict, and exact error of the rule."""
        rows = (
            (Text("responders", "缓解数"), f"{self.responders}/{self.n}"),
            (Text("rate", "率"), f"{self.rate:.3f}"),
            (level(self.interval), spread(self.interval)),
            (Text("control foretold", "对照预测率"), f"{self.control_mean:.3f}"),
            (Text("control foretold, 95 %", "对照预测 95 %"), spread(self.control_interval)),
            (Text("P(treated > control)", "P(治疗 > 对照)"), large(self.chance)),
            (Text("P(treated > control), robust", "P(治疗 > 对照)，稳健"), large(self.robust_chance)),
            (Text("rejects from", "拒绝界值"), count(self.least)),
            (Text("rejects from, robust", "拒绝界值，稳健"), count(self.robust_least)),
            (Text("type I error at the mean", "均值处一类错误"), small(self.size_at_mean)),
            (Text("type I error as foretold", "预测分布下一类错误"), small(self.size_foretold)),
            (Text("control worth, ELIR", "对照等效例数 ELIR"), f"{self.ess_elir:.1f}"),
            (Text("control worth, moment", "对照等效例数（矩）"), f"{self.ess_moment:.1f}"),
            (Text("robust control worth, ELIR", "稳健对照等效例数 ELIR"), f"{self.robust_ess_elir:.1f}"),
            (Text("P(so many or more) as control", "按对照 P(不少于此)"), small(self.conflict.at_least)),
            (Text("Box's p", "Box p 值"), small(self.conflict.box_p)),
        )
        return PrintedTable(
            Text("Comparison with earlier studies", "与既往研究的比较"), HEAD, rows, self._notes()
        )

    def chart(self) -> Curves:
        """Densities of the control's rate and of the treated rate."""
        rates = np.linspace(0.0025, 0.9975, 200)
        treated = beta(self.responders + 1, self.n - self.responders + 1)
        densities = (
            (Text("control, predictive", "对照，预测"), predictive(self.control).rate.density(rates)),
            (Text("control, robust", "对照，稳健"), self.robust.density(rates)),
            (Text("treated", "治疗组"), treated.density(rates)),
        )
        return Curves(
            "meta-comparison",
            Text("Comparison with earlier studies", "与既往研究的比较"),
            Text("Densities of the control's and the treated rate.", "对照率与治疗组率的密度。"),
            Axis(Text("rate", "率"), Scale.PERCENT, 0.0, 1.0),
            Axis(Text("density", "密度"), low=0.0),
            tuple(
                Line(name, tuple(zip(rates.tolist(), heights.tolist(), strict=True)))
                for name, heights in densities
            ),
            notes=self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        known = self.control
        studies = "; ".join(
            f"{s.name} {s.responders}/{s.of} ({s.source.citation}, {s.source.evidence})"
            for s in known.studies
        )
        return (
            decides(
                Text(
                    f"P(treated > control) at least {1 - self.alpha:g}, by the predictive prior; the robust "
                    "prior only stands beside it",
                    f"预测先验下 P(治疗 > 对照) 不小于 {1 - self.alpha:g}；稳健先验仅作对照",
                ),
                self.rejects,
            ),
            Text(
                f"Predictive prior by quadrature, tau half-normal ({known.tau_scale:g}); robust: vague "
                f"component of weight {known.vague_weight:g} at {known.vague_mean:g}. Rejects at a posterior "
                f"probability of {1 - self.alpha:g}; treated rate with a uniform prior; errors exact over "
                "counts. Schmidli 2014, doi:10.1111/biom.12242.",
                f"数值积分预测先验，tau 半正态（{known.tau_scale:g}）；"
                f"稳健：模糊成分权重 {known.vague_weight:g}，均值 {known.vague_mean:g}。"
                f"后验概率达 {1 - self.alpha:g} 则拒绝；治疗组率均匀先验；"
                "错误率对计数精确求和。Schmidli 2014, doi:10.1111/biom.12242。",
            ),
            Text(f"Studies: {studies}.", f"研究：{studies}。"),
        )


def against_meta(control: MetaControl, responders: int, n: int, alpha: float) -> MetaComparison:
    """The comparison of `compare.against` for this kind of control, its counts already checked."""
    plain, robust = predictive(control).rate, robust_prior(control)
    least = least_count(control, n, alpha)
    fit = _without_vague(robust)
    return MetaComparison(
        control,
        responders,
        n,
        alpha,
        responders / n,
        clopper_pearson(responders, n, 1 - 2 * alpha),
        plain.mean,
        Interval(plain.quantile(0.025), plain.quantile(0.975), 0.95),
        float(exceeds(plain, [responders], n)[0]),
        float(exceeds(robust, [responders], n)[0]),
        least,
        least_count(control, n, alpha, robust=True),
        least is not None and responders >= least,
        0.0 if least is None else binomial_at_least(least, n, plain.mean),
        0.0 if least is None else float(plain.predictive(n)[least:].sum()),
        ess.elir(fit),
        ess.moment(plain),
        ess.elir(robust),
        conflict(plain, responders, n),
        robust,
    )


def _without_vague(robust: BetaMixture) -> BetaMixture:
    left = 1 - robust.weights[-1]
    return BetaMixture(tuple(w / left for w in robust.weights[:-1]), robust.a[:-1], robust.b[:-1])
