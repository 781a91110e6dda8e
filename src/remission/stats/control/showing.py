"""What the comparisons with a control have in common when they are printed and drawn."""

from remission.paper.charts import Axis, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.stats.interval import Interval
from remission.terms.words import Text

HEAD = (Text("", ""), Text("value", "值"))


def two_rates(
    treated: tuple[int, int, Interval],
    history: tuple[int, int, Interval],
    reference: float,
    notes: tuple[Text, ...],
) -> Forest:
    """Both rates, (responders, n, interval) each, against the control's rate."""
    names = (Text("treated", "治疗组"), Text("control", "对照"))
    return Forest(
        "control-comparison",
        Text("Rates of treated children and of the control", "治疗组与对照的率"),
        Text("Each rate with its exact interval.", "各率及其精确区间。"),
        Axis(Text("rate", "率"), Scale.PERCENT),
        tuple(
            Row(name, x / n, interval.lower, interval.upper, f"{x}/{n}")
            for name, (x, n, interval) in zip(names, (treated, history), strict=True)
        ),
        reference,
        notes,
    )


def count(least: int | None) -> str:
    """The count, or a dash for none."""
    return "-" if least is None else str(least)


def cited(citation: str, evidence: str) -> Text:
    """The control's source, and how far it was seen there."""
    return Text(f"Control: {citation} ({evidence}).", f"对照：{citation}（{evidence}）。")


def level(interval: Interval) -> Text:
    """Name of the interval."""
    name = f"{100 * interval.level:g} %"
    return Text(f"{name} interval", f"{name} 区间")


def spread(interval: Interval) -> str:
    """The interval in three decimals."""
    return f"{interval.lower:.3f}-{interval.upper:.3f}"


def p_value(p: float) -> str:
    """A p-value with its sign: three digits, or below 0.0001."""
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.3g}"


def decides(rule: Text, rejects: bool) -> Text:
    """What decides, and what it says here."""
    return Text(
        f"Decides: {rule.en}; rejects: {'yes' if rejects else 'no'}.",
        f"判定依据：{rule.zh}；{'拒绝' if rejects else '不拒绝'}零假设。",
    )


def large(chance: float) -> str:
    """A chance that may be near 1: four decimals, never 1.0000 unless it is."""
    return "> 0.9999" if 0.9999 < chance < 1 else f"{chance:.4f}"


def small(chance: float) -> str:
    """A chance that may be small: four decimals, never 0.0000 unless it is 0."""
    return "0" if chance == 0 else "< 0.0001" if chance < 1e-4 else f"{chance:.4f}"
