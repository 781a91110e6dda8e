"""Two endpoints in one stage in sentences: for the protocol, and for the analysis plan, with references."""

from remission.stats.operating.p0_source import UncertainP0, uncertain_p0
from remission.stats.operating.pair_proposals import AtNull, PairProposals, PairWanted
from remission.stats.operating.paragraphs import CLOPPER, Paragraphs
from remission.stats.pairs.rules import RULE_WORDS, Rule
from remission.terms.words import Text

_REFERENCES = {
    Rule.BOTH: "Berger RL. Technometrics 1982;24:295-300. doi:10.1080/00401706.1982.10487790",
    Rule.BONFERRONI: "Dunn OJ. Multiple comparisons among means. J Am Stat Assoc 1961;56:52-64.",
    Rule.HOLM: "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65-70.",
    Rule.HIERARCHICAL: (
        "Maurer W, Hothorn LA, Lehmacher W. In: Biometrie in der chemisch-pharmazeutischen Industrie "
        "1995;6:3-18."
    ),
}
_SUCCEEDS = {
    Rule.BOTH: Text(
        "The trial succeeds if both null hypotheses are rejected, each at alpha.",
        "两个零假设均被拒绝（各用α）时试验成功。",
    ),
    Rule.BONFERRONI: Text(
        "The trial succeeds if either null hypothesis is rejected, each at alpha / 2.",
        "任一零假设被拒绝（各用α/2）时试验成功。",
    ),
    Rule.HOLM: Text(
        "The trial succeeds if either null hypothesis is rejected at alpha / 2; the other is then tested at "
        "alpha.",
        "任一零假设以α/2被拒绝时试验成功；随后另一零假设以α检验。",
    ),
    Rule.HIERARCHICAL: Text(
        "The second null hypothesis is tested only if the first is rejected, each at alpha; the trial "
        "succeeds if the first is rejected.",
        "仅当第一个零假设被拒绝时检验第二个（各用α）；第一个被拒绝时试验成功。",
    ),
}


def uncertain_pair(found: PairProposals) -> tuple[UncertainP0, UncertainP0]:
    """What the uncertainty of each p0 does to that endpoint's own test, at the alpha of its first step."""
    wanted, n = found.wanted, found.smallest.n
    one, two = (
        uncertain_p0(p0, n, wanted.steps[0], source)
        for p0, source in zip(wanted.against.p0, wanted.sources, strict=True)
    )
    return one, two


def pair_paragraphs(found: PairProposals) -> Paragraphs:
    """What a protocol and an analysis plan say of the smallest n, with what it does exactly."""
    wanted, n = found.wanted, found.smallest.n
    (low_1, high_1), (low_2, high_2) = wanted.first, wanted.second
    how = Text("nested in the first", "嵌套于第一终点") if wanted.nested else Text("independent", "相互独立")
    counts, error, rule = _counts(found.smallest_null, n), _error(found.smallest_null), _SUCCEEDS[wanted.rule]
    doubts = [one.sentence for one in uncertain_pair(found)]
    protocol = Text(
        f"The trial has two primary endpoints and one stage. Response rates of at most {low_1:.1%} and "
        f"{low_2:.1%} are not of interest (null hypotheses); rates of {high_1:.1%} and {high_2:.1%} are "
        f"hoped for. {counts.en} {rule.en} With a one-sided alpha of {wanted.alpha:g}, {n} evaluable "
        f"participants give a power of {found.smallest.success:.1%} if the true rates are those hoped for, "
        f"the second endpoint being {how.en}. {error.en} First endpoint: {doubts[0].en} Second endpoint: "
        f"{doubts[1].en}",
        f"本试验设两个主要终点，单阶段。有效率不超过{low_1:.1%}与{low_2:.1%}视为无临床意义（零假设），"
        f"期望有效率为{high_1:.1%}与{high_2:.1%}。{counts.zh}{rule.zh}单侧α为{wanted.alpha:g}时，"
        f"若真实率为期望有效率且第二终点{how.zh}，{n}例可评估受试者的把握度为{found.smallest.success:.1%}。"
        f"{error.zh}第一终点：{doubts[0].zh}第二终点：{doubts[1].zh}",
    )
    return Paragraphs(protocol, _plan(wanted, found, counts, error), (_REFERENCES[wanted.rule], CLOPPER))


def _plan(wanted: PairWanted, found: PairProposals, counts: Text, error: Text) -> Text:
    (low_1, high_1), (low_2, high_2) = wanted.first, wanted.second
    one, rule, succeeds = found.smallest, RULE_WORDS[wanted.rule], _SUCCEEDS[wanted.rule]
    safe, safe_zh = "", ""
    if found.safe is not None:
        safe = f" Every number of participants from {found.safe.n} to {wanted.n_max} has the power."
        safe_zh = f"由{found.safe.n}例至{wanted.n_max}例，任何例数均满足把握度。"
    return Text(
        f"H0: p1 <= {low_1:g} and H0: p2 <= {low_2:g} are tested by exact binomial tests against {high_1:g} "
        f"and {high_2:g} at one-sided alpha {wanted.alpha:g}; {rule.en}. {succeeds.en} {counts.en} Operating "
        f"characteristics are exact, by enumeration of both counts: power {one.success:.4f}, of the first "
        f"endpoint {one.first:.4f}, of the second {one.second:.4f}. {error.en}{safe} Each response rate is "
        "given with its two-sided exact (Clopper-Pearson) 95 % interval. Everybody stays in the denominator; "
        "if the number with a result is not the planned one, the counts are computed again for the number "
        "there is, before the results are seen.",
        f"以精确二项检验、单侧α {wanted.alpha:g}检验H0：p1 ≤ {low_1:g}（对{high_1:g}）与"
        f"H0：p2 ≤ {low_2:g}（对{high_2:g}）；{rule.zh}。{succeeds.zh}{counts.zh}"
        f"运行特征由两计数精确枚举：把握度{one.success:.4f}，第一终点{one.first:.4f}，"
        f"第二终点{one.second:.4f}。{error.zh}{safe_zh}"
        "各有效率以双侧精确（Clopper-Pearson）95%区间报告。全部受试者计入分母；"
        "若有结果的例数与计划不同，在查看结果前按实际例数重新计算界值。",
    )


def _counts(null: AtNull, n: int) -> Text:
    firsts, seconds = (
        ["no count" if one is None else f"{one} or more" for one in counts]
        for counts in (null.first, null.second)
    )
    zh = [
        "无界值" if one is None else f"不少于{one}例"
        for counts in (null.first, null.second)
        for one in counts[:1]
    ]
    then, then_zh = "", ""
    if len(null.first) > 1:
        then = f"; once the other is rejected, with {firsts[1]} and {seconds[1]}"
        then_zh = f"；另一零假设已拒绝后，界值为{null.first[1]}与{null.second[1]}"
    return Text(
        f"Among {n} participants the null hypothesis of the first endpoint is rejected with {firsts[0]} "
        f"responders, that of the second with {seconds[0]}{then}.",
        f"{n}例中，第一终点应答者{zh[0]}时拒绝其零假设，第二终点应答者{zh[1]}时拒绝其零假设{then_zh}。",
    )


def _error(null: AtNull) -> Text:
    if null.both_at_p0 is None:
        return Text(
            f"The exact type I error is at most {null.largest:.4f}.", f"精确I类错误至多{null.largest:.4f}。"
        )
    return Text(
        f"The exact type I error is {null.both_at_p0:.4f} with both rates at their p0, and at most "
        f"{null.largest:.4f} whatever the other rate is.",
        f"两率均为其p0时精确I类错误为{null.both_at_p0:.4f}；无论另一率为何，至多{null.largest:.4f}。",
    )
