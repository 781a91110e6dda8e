"""A measured flow sample as one page that stands alone: tables, and the pictures of its gates."""

from collections.abc import Iterator

from remission.lab.flow_sample import Gauged
from remission.lab.flow_telling import of_flow
from remission.lab.report import Language, page
from remission.mrd.flow.strategies.applying import denominator_gates, mrd_gate
from remission.terms.words import Text


def flow_page(found: Gauged, language: Language) -> bytes:
    """The page of a sample. UTF-8."""
    measured = found.measured
    return page(
        Text(f"Sample {measured.sample}", f"样本{measured.sample}"),
        of_flow(measured, found.strategy.names),
        _figures(found, language),
        language,
        simulated=measured.evidence.simulated,
    )


def _figures(found: Gauged, language: Language) -> Iterator[bytes]:
    from remission.results.figures import flow_gates, flow_time, flow_tree
    from remission.results.figures.flow_views import views

    measured, names = found.measured, found.strategy.names
    about, simulated = Text(measured.sample, measured.sample), measured.evidence.simulated
    labels = {channel: marker for marker, channel in found.panel.channels.items()}
    if found.applied is not None and found.gated is not None:
        disease = mrd_gate(found.applied)
        marked = (names.get(disease, Text(disease, disease)), found.gated.populations[disease].mask)
        if found.suggested is not None and not found.gated.populations[disease].count:
            marked = (Text("suggested", "提示"), found.suggested)
        yield flow_gates.draw(
            views(
                found.applied.gating, found.sample.events, found.gated,
                names=names, labels=labels, marked=marked,
            ),
            about=about, simulated=simulated, language=language, format="svg",
        )  # fmt: skip
        yield flow_tree.draw(
            found.gated.counts,
            found.gated.count,
            names=names,
            mrd=found.gated.populations[disease].path,
            denominator=_denominator(found),
            kept=(int(found.quality.kept.sum()), measured.kept_populations),
            about=about, simulated=simulated, language=language, format="svg",
        )  # fmt: skip
    yield flow_time.draw(
        found.quality, labels=labels, about=about, simulated=simulated, language=language, format="svg"
    )


def _denominator(found: Gauged) -> tuple[str, str]:
    assert found.applied is not None and found.gated is not None
    gates = denominator_gates(found.applied)
    result = found.measured.result
    name = result.primary if result is not None else next(iter(gates))
    return name, found.gated.populations[gates[name]].path
