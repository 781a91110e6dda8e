"""A design in sentences: for the protocol, and for the statistical analysis plan, with its references."""

from dataclasses import dataclass

from remission.stats.designs.staged import Look
from remission.stats.operating.p0_source import UncertainP0, uncertain_p0
from remission.stats.operating.proposals import Proposal
from remission.stats.operating.wanted import Kind, Wanted
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """The paragraph for the protocol, that for the statistical analysis plan, and what they refer to."""

    protocol: Text
    analysis_plan: Text
    references: tuple[str, ...]


_AHERN = "A'Hern RP. Sample size tables for exact single-stage phase II designs. Stat Med 2001;20:859-866."
_SIMON = (
    "Simon R. Optimal two-stage designs for phase II clinical trials. Control Clin Trials 1989;10:1-10. "
    "doi:10.1016/0197-2456(89)90015-9"
)
_JUNG = (
    "Jung SH, Lee T, Kim K, George SL. Admissible two-stage designs for phase II cancer clinical trials. "
    "Stat Med 2004;23:561-569."
)
_KOYAMA = "Koyama T, Chen H. Proper inference from Simon's two-stage designs. Stat Med 2008;27:3145-3154."
_LAN = "Lan KKG, DeMets DL. Discrete sequential boundaries for clinical trials. Biometrika 1983;70:659-663."
_HSD = (
    "Hwang IK, Shih WJ, De Cani JS. Group sequential designs using a family of type I error probability "
    "spending functions. Stat Med 1990;9:1439-1445."
)
_BOP2 = (
    "Zhou H, Lee JJ, Yuan Y. BOP2: Bayesian optimal design for phase II clinical trials with simple and "
    "complex endpoints. Stat Med 2017;36:3302-3314."
)
_LEE = (
    "Lee JJ, Liu DD. A predictive probability design for phase II cancer clinical trials. Clin Trials "
    "2008;5:93-106. doi:10.1177/1740774508089279"
)
_JUNG_KIM = (
    "Jung SH, Kim KM. On the estimation of the binomial probability in multistage clinical trials. "
    "Stat Med 2004;23:881-896."
)
_JENNISON = (
    "Jennison C, Turnbull BW. Confidence intervals for a binomial parameter following a multistage test with "
    "application to MIL-STD 105D and medical trials. Technometrics 1983;25:49-58."
)
CLOPPER = (
    "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the "
    "binomial. Biometrika 1934;26:404-413. doi:10.1093/biomet/26.4.404"
)

_CHEN = (
    "Chen TT. Optimal three-stage designs for phase II cancer clinical trials. Stat Med 1997;16:2701-2711."
)
_REFERENCES: dict[Kind, tuple[str, ...]] = {
    Kind.SINGLE: (_AHERN,),
    Kind.SAFE: (_AHERN,),
    Kind.SIMON_OPTIMAL: (_SIMON,),
    Kind.SIMON_MINIMAX: (_SIMON,),
    Kind.SIMON_ADMISSIBLE: (_SIMON, _JUNG),
    Kind.THREE_STAGE: (_CHEN,),
    Kind.OBRIEN_FLEMING: (_LAN, _HSD),
    Kind.POCOCK: (_LAN, _HSD),
    Kind.BOP2: (_BOP2,),
    Kind.PREDICTIVE: (_LEE,),
}
"""Where each kind of design is from; what its inference rests on comes after it (`_inferred`)."""
_METHOD = {
    Kind.SINGLE: Text("a single-stage design with an exact binomial test", "单阶段设计，采用精确二项检验"),
    Kind.SAFE: Text("a single-stage design with an exact binomial test", "单阶段设计，采用精确二项检验"),
    Kind.SIMON_OPTIMAL: Text("Simon's optimal two-stage design", "Simon最优两阶段设计"),
    Kind.SIMON_MINIMAX: Text("Simon's minimax two-stage design", "Simon极小极大两阶段设计"),
    Kind.SIMON_ADMISSIBLE: Text("an admissible two-stage design", "可容许两阶段设计"),
    Kind.THREE_STAGE: Text("the optimal three-stage design", "最优三阶段设计"),
    Kind.OBRIEN_FLEMING: Text(
        "a group-sequential design that spends alpha by the O'Brien-Fleming-type function, exactly on the "
        "binomial",
        "成组序贯设计，按O'Brien-Fleming型函数在精确二项分布上消耗α",
    ),
    Kind.POCOCK: Text(
        "a group-sequential design that spends alpha by the Pocock-type function, exactly on the binomial",
        "成组序贯设计，按Pocock型函数在精确二项分布上消耗α",
    ),
    Kind.BOP2: Text("a Bayesian optimal phase II (BOP2) design", "贝叶斯最优II期（BOP2）设计"),
    Kind.PREDICTIVE: Text("a predictive probability design", "预测概率设计"),
}
_INFERENCE = {
    True: Text(
        "The response rate is given with its two-sided exact (Clopper-Pearson) 95 % interval.",
        "有效率以双侧精确（Clopper-Pearson）95%区间报告。",
    ),
    False: Text(
        "After a trial that could stop early the response rate is estimated without bias (UMVUE: Jung and "
        "Kim), with an exact interval and p-value that follow the order of the stopping boundaries (Jennison "
        "and Turnbull; Koyama and Chen); the naive rate is shown beside it.",
        "因试验可提前停止，有效率采用一致最小方差无偏估计（UMVUE：Jung与Kim），精确区间与P值依停止界的次序计算"
        "（Jennison与Turnbull；Koyama与Chen），并列出朴素率。",
    ),
}


def paragraphs(wanted: Wanted, one: Proposal) -> Paragraphs:
    """What a protocol and an analysis plan say of a design, with its exact operating characteristics."""
    method, looks = _METHOD[one.kind], one.design.looks
    steps = (
        [_step(look, last=look.n == one.design.n) for look in looks] if len(looks) <= 6 else [_many(looks)]
    )
    early = one.stages > 1
    doubt = uncertain_of(wanted, one).sentence
    protocol = Text(
        f"The trial uses {method.en}. A response rate of at most {wanted.p0:.1%} is not of interest (null "
        f"hypothesis); a rate of {wanted.p1:.1%} is hoped for. {' '.join(step.en for step in steps)} With a "
        f"one-sided alpha of {wanted.alpha:g}, {one.design.n} evaluable participants give a power of "
        f"{one.truth.rejects:.1%} if the true rate is {wanted.p1:.1%}; the exact type I error is "
        f"{one.null.rejects:.4f}."
        + (
            f" If the true rate is {wanted.p0:.1%} the trial stops early with probability "
            f"{one.null.early:.1%}, and {one.null.expected_n:.1f} participants are expected."
            if early
            else ""
        )
        + f" {doubt.en}",
        f"本试验采用{method.zh}。有效率不超过{wanted.p0:.1%}视为无临床意义（零假设），"
        f"期望有效率为{wanted.p1:.1%}。"
        f"{''.join(step.zh for step in steps)}单侧α为{wanted.alpha:g}时，"
        f"{one.design.n}例可评估受试者在真实率为"
        f"{wanted.p1:.1%}时的把握度为{one.truth.rejects:.1%}；精确I类错误为{one.null.rejects:.4f}。"
        + (
            f"若真实率为{wanted.p0:.1%}，提前停止概率为{one.null.early:.1%}，"
            f"期望例数为{one.null.expected_n:.1f}例。"
            if early
            else ""
        )
        + doubt.zh,
    )
    return Paragraphs(protocol, _plan(wanted, one), (*_REFERENCES[one.kind], *_inferred(one)))


def uncertain_of(wanted: Wanted, one: Proposal) -> UncertainP0:
    """What the uncertainty of p0 does to the final test of a design."""
    return uncertain_p0(wanted.p0, one.design.n, wanted.alpha, wanted.source, looks=one.stages > 1)


def _inferred(one: Proposal) -> tuple[str, ...]:
    return (CLOPPER,) if one.stages == 1 else (_JUNG_KIM, _JENNISON, _KOYAMA)


def _plan(wanted: Wanted, one: Proposal) -> Text:
    inference = _INFERENCE[one.stages == 1]
    settings = f" Settings: {one.settings.en}." if one.settings else ""
    settings_zh = f"参数：{one.settings.zh}。" if one.settings else ""
    binding, binding_zh = "", ""
    if one.stages > 1:
        most = max(one.size_not_binding, one.null.rejects)
        holds = one.size_not_binding <= wanted.alpha + 1e-12
        binding = (
            " Stops for futility are not binding: type I error is at most "
            f"{most:.4f} whether or not they are obeyed."
            if holds
            else " Stops for futility are binding: if they were not obeyed, type I error would be "
            f"{one.size_not_binding:.4f}, above alpha."
        )
        binding_zh = (
            f"无效停止界不具约束力：无论是否执行，I类错误至多为{most:.4f}。"
            if holds
            else f"无效停止界具约束力：若不执行，I类错误为{one.size_not_binding:.4f}，超过α。"
        )
    return Text(
        f"H0: p <= {wanted.p0:g} is tested against p = {wanted.p1:g} at one-sided alpha {wanted.alpha:g}. "
        "Operating characteristics are exact, by enumeration of the binomial outcomes: P(reject | "
        f"{wanted.p0:g}) = {one.null.rejects:.4f}, P(reject | {wanted.p1:g}) = {one.truth.rejects:.4f}, "
        f"E(n | {wanted.p0:g}) = {one.null.expected_n:.1f}, "
        f"E(n | {wanted.p1:g}) = {one.truth.expected_n:.1f}."
        f"{settings}{binding} {inference.en} If the number with a result at a look is not the planned one, "
        "the boundaries are computed again for the number there is, before the results are seen.",
        f"以单侧α {wanted.alpha:g}检验H0：p ≤ {wanted.p0:g}对p = {wanted.p1:g}。"
        "运行特征由二项结局精确枚举："
        f"P(拒绝 | {wanted.p0:g}) = {one.null.rejects:.4f}，"
        f"P(拒绝 | {wanted.p1:g}) = {one.truth.rejects:.4f}，"
        f"E(n | {wanted.p0:g}) = {one.null.expected_n:.1f}，"
        f"E(n | {wanted.p1:g}) = {one.truth.expected_n:.1f}。"
        f"{settings_zh}{binding_zh}{inference.zh}"
        "若分析时有结果的例数与计划不同，在查看结果前按实际例数重新计算界值。",
    )


def _step(look: Look, *, last: bool) -> Text:
    if last:
        return Text(
            f"The null hypothesis is rejected with {look.efficacy} or more responders among {look.n}.",
            f"{look.n}例中应答者不少于{look.efficacy}例时拒绝零假设。",
        )
    parts_en, parts_zh = list[str](), list[str]()
    if look.futility is not None and look.futility >= 0:
        parts_en.append(f"for futility with {look.futility} or fewer responders")
        parts_zh.append(f"应答者不超过{look.futility}例时因无效停止")
    if look.efficacy is not None and look.efficacy <= look.n:
        parts_en.append(f"for efficacy with {look.efficacy} or more")
        parts_zh.append(f"不少于{look.efficacy}例时因有效停止")
    if not parts_en:
        return Text(f"After {look.n} participants nothing stops the trial.", f"{look.n}例时不停止。")
    return Text(
        f"After {look.n} participants it stops {' and '.join(parts_en)}.",
        f"{look.n}例有结果后，{'，'.join(parts_zh)}。",
    )


def _many(looks: tuple[Look, ...]) -> Text:
    last = _step(looks[-1], last=True)
    return Text(
        f"The data are looked at {len(looks)} times, first after {looks[0].n} participants; the boundaries "
        f"are in the table. {last.en}",
        f"共分析{len(looks)}次，首次在{looks[0].n}例后；界值见表。{last.zh}",
    )
