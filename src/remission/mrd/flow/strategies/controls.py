"""What the marrow itself shows of the stains: controls inside the sample, and ways that lead nowhere."""

from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.strategies.checking import path_of
from remission.mrd.flow.strategies.strategy import Applied, Control
from remission.mrd.words import percent
from remission.terms.words import Text


def missing_controls(applied: Applied, gated: Gated) -> tuple[Text, ...]:
    """What this sample should show of its stains and does not: one sentence for each control that fails.

    A control is not asked for where its gate, or a gate that it stands in beside the way to disease, was left
    out for lack of a marker.

    Parameters
    ----------
    applied : Applied
        The strategy on the panel.
    gated : Gated
        Its gates on the sample's events.
    """
    asked = (one for one in applied.strategy.controls if _is_asked(one, applied))
    return tuple(said for one in asked if (said := _failure(one, applied, gated)) is not None)


def empty_ancestors(applied: Applied, gated: Gated) -> tuple[str, ...]:
    """Populations on the way to disease that hold no event, by id, the first of them first.

    Below an empty population nothing can be found: no event there says nothing of disease.
    """
    way = applied.strategy.mrd.split("/")[:-1]
    return tuple(id for id in way if id in gated.populations and not gated.populations[id].count)


def _is_asked(control: Control, applied: Applied) -> bool:
    way = set(applied.strategy.mrd.split("/"))
    own = path_of(applied.strategy, control.gate).split("/")
    return not any(id in applied.left_out for id in own if id not in way)


def _failure(control: Control, applied: Applied, gated: Gated) -> Text | None:
    found = gated.populations[control.gate]
    whole = gated.count if found.parent is None else gated.populations[found.parent].count
    share = found.count / whole if whole else 0.0
    for fails, limit in (
        (control.least_events is not None and found.count < control.least_events, _least(control)),
        (control.least_share is not None and share < control.least_share, _least(control)),
        (control.most_share is not None and share > control.most_share, _most(control)),
    ):
        if fails:
            return _said(control, applied, (found.count, whole, found.parent), limit)
    return None


def _least(control: Control) -> Text:
    parts = (
        []
        if control.least_events is None
        else [Text(f"{control.least_events:,}", f"{control.least_events:,}个")]
    )
    if control.least_share is not None:
        parts.append(Text(percent(control.least_share), percent(control.least_share)))
    return Text(
        f"at least {' and '.join(one.en for one in parts)} should be there",
        f"应不少于{'且'.join(one.zh for one in parts)}",
    )


def _most(control: Control) -> Text:
    share = percent(control.most_share or 0.0)
    return Text(f"at most {share} should be there", f"应不多于{share}")


def _said(control: Control, applied: Applied, found: tuple[int, int, str | None], limit: Text) -> Text:
    count, whole, parent = found
    of = applied.strategy.names[parent] if parent else Text("all events", "全部事件")
    share = percent(count / whole) if whole else "-"
    return Text(
        f"Control missing: {control.name.en}. Gate {control.gate} holds {count:,} of {whole:,} "
        f"({of.en}), {share}; {limit.en}. A stain failed, or a gate does not fit.",
        f"内对照缺失：{control.name.zh}。门{control.gate}含{count:,}个，占{of.zh}{whole:,}个的{share}；"
        f"{limit.zh}。染色失败，或门不适用。",
    )
