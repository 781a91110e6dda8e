"""A flow sample, from events and a strategy to the answer: the laboratory's procedure on one screen."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import Answer, Call, Detection, against, detection
from remission.mrd.flow import measure_words as words
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.gates.parts import dimensions_of
from remission.mrd.flow.measure_flags import (
    ASSUMED_FEW,
    FEW_CELLS,
    NO_NUCLEAR_DYE,
    NO_SINGLET_GATE,
    RESTS_ON_FLAGGED,
    UNCOMPENSATED,
)
from remission.mrd.flow.measured import Category, FlowMeasured, Sensitivity
from remission.mrd.flow.quality.examining import Quality
from remission.mrd.flow.quality.findings import Concern
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.applying import (
    applied,
    denominator_gates,
    lacking,
    mrd_gate,
    uncompensated_markers,
)
from remission.mrd.flow.strategies.markers import NUCLEIC
from remission.mrd.flow.strategies.strategy import Adjustment, Applied, Panel, Strategy
from remission.mrd.flow.suggestion.suggested import Acceptance, Suggestion
from remission.mrd.result import Denominator, MrdResult, from_flow_counts
from remission.terms.evidence import Evidence, Setting
from remission.terms.words import Text

GATES, SUGGESTION = "gates", "suggestion"
"""What a named person may stand for."""


def measure(
    sample: str,
    strategy: Strategy,
    panel: Panel,
    events: Events,
    ranges: Mapping[str, float],
    quality: Quality,
    asked: FlowAsked,
    *,
    evidence: Evidence,
    adjustments: Sequence[Adjustment] = (),
    spectra: Mapping[str, Spectrum] = MappingProxyType({}),
    suggested: tuple[Suggestion, Mask] | None = None,
    acceptance: Acceptance | None = None,
    flags: Sequence[str] = (),
    notes: Sequence[Text] = (),
    gated: Gated | None = None,
    cores: int = 1,
) -> FlowMeasured:
    """Measure residual disease in the events of one sample.

    Parameters
    ----------
    sample : str
        Its number.
    strategy, panel, events, ranges, adjustments, spectra
        As in `applying.applied`.
    quality : Quality
        Of the same events. What it flags is counted; the counts without it stand beside.
    asked : FlowAsked
        What the protocol asks.
    evidence : Evidence
        Names the files.
    suggested : (Suggestion, Mask), optional
        Of the same events. It is the result only where `acceptance` is of the "suggestion".
    acceptance : Acceptance, optional
        The named person who stands for the gates, or for the suggestion.
    flags, notes : sequences
        Of the reader and the laboratory (`several-data-sets`, `hemodilute`), kept with the result.
    gated : Gated, optional
        Where the same gates were applied to the same events already.

    Returns
    -------
    FlowMeasured
        Without a result, and not evaluable, where the panel lacks markers or no cell was found to refer to.

    Raises
    ------
    InputRefused
        As in `applied` and `gating.apply`; or for a denominator that this strategy and panel do not count.
    InvariantBroken
        As there; or where somebody accepts nothing, or a suggestion that is not there or does not fit; or
        where a flag that a negative needs is claimed by hand, and the strategy does not state it.
    """
    _check_acceptance(acceptance, suggested)
    _check_claims(flags, asked, strategy)
    evidence = _said(evidence, strategy, panel, acceptance)
    blank = _blank(sample, strategy, panel, quality, asked, evidence, tuple(notes))
    if missing := lacking(strategy, panel):
        return replace(blank, lacking=missing, answer=_none(words.lacks(missing, strategy.title)))
    on_channels = applied(strategy, panel, events, ranges, adjustments, spectra)
    gated = gated or apply(on_channels.gating, events, cores=cores)
    counted = replace(
        blank,
        mrd=gated.populations[mrd_gate(on_channels)].path,
        populations=MappingProxyType(gated.counts),
        kept_populations=MappingProxyType(_kept(gated, quality.kept)),
        adjustments=tuple(adjustments),
        left_out=on_channels.left_out,
        suggestion=suggested[0] if suggested else None,
        acceptance=acceptance,
    )
    examined, primary = _examined(on_channels, gated, asked)
    cells = next(one.count for one in examined if one.name == primary)
    if not cells:
        return replace(counted, answer=_none(words.no_cells(primary)))
    mask = gated.populations[mrd_gate(on_channels)].mask
    if suggested and acceptance and acceptance.what == SUGGESTION:
        mask = suggested[1] & gated.populations[denominator_gates(on_channels)[primary]].mask
    result = from_flow_counts(
        int(np.count_nonzero(mask)),
        examined,
        primary,
        evidence,
        asked.events_for_lod,
        asked.events_for_loq,
        _flags(on_channels, cells, quality, flags),
    )
    kept = _kept_cells(mask, on_channels, gated, primary, quality.kept)
    steady = _kept_cells(mask, on_channels, gated, primary, _steady(quality))
    if _rests_on_flagged(result, steady, asked):
        result = replace(result, flags=(*result.flags, RESTS_ON_FLAGGED))
    answer = answer_to(result, asked)
    enough = sensitivity_of(result, float(asked.required_lod))
    return replace(
        counted,
        result=result,
        evidence=result.evidence,
        answer=answer,
        category=category_of(result, answer, enough, asked.disqualifying_flags),
        sensitivity=enough,
        notes=(
            *notes,
            *words.notes_of(result, kept, on_channels, uncompensated_markers(on_channels), acceptance),
        ),
    )


def answer_to(result: MrdResult, asked: FlowAsked) -> Answer:
    """What a result answers to what was asked."""
    return against(
        result,
        asked.threshold,
        asked.required_lod,
        asked.disqualifying_flags,
        asked.blinding_flags,
        asked.needed_flags,
    )


def _steady(quality: Quality) -> Mask:
    """Events that came while the run was steady; a doublet or an event off scale is one of them."""
    steady = np.ones(quality.count, np.bool_)
    for concern in (Concern.DRIFT, Concern.CLOG, Concern.RATE, Concern.TIME):
        if concern in quality.masks:
            steady &= ~quality.masks[concern]
    return steady


def _rests_on_flagged(result: MrdResult, steady: tuple[int, int], asked: FlowAsked) -> bool:
    """Whether an unsteady run decides: without it another call, or less than half of a finding."""
    found, cells = steady
    if cells == result.cells:
        return False
    if not cells or (2 * found < result.found and detection(result) is not Detection.NOT_DETECTED):
        return True
    without = from_flow_counts(
        found,
        (Denominator(result.primary, cells),),
        result.primary,
        result.evidence,
        asked.events_for_lod,
        asked.events_for_loq,
        result.flags,
    )
    return answer_to(without, asked).call is not answer_to(result, asked).call


def sensitivity_of(result: MrdResult, required_lod: float) -> Sensitivity:
    """Whether the test could see as low as it was asked to."""
    return Sensitivity.SUFFICIENT if result.lod <= required_lod else Sensitivity.INSUFFICIENT


def category_of(
    result: MrdResult, answer: Answer, sensitivity: Sensitivity, disqualifying: AbstractSet[str]
) -> Category:
    """The call of a flow report: what was detected, and for nothing whether it could have been.

    It does not ask for the protocol's threshold: a quantifiable level below it is `positive, quantifiable`
    and still answers negative.
    """
    if disqualifying & frozenset(result.flags):
        return Category.NOT_EVALUABLE
    detected = detection(result)
    if detected is Detection.QUANTIFIED:
        return Category.QUANTIFIED
    if detected is Detection.BELOW_LOQ:
        return Category.BELOW_LOQ
    if sensitivity is Sensitivity.INSUFFICIENT:
        return Category.INSUFFICIENT
    return Category.NEGATIVE if answer.call is Call.NEGATIVE else Category.NOT_EVALUABLE


def _check_acceptance(acceptance: Acceptance | None, suggested: tuple[Suggestion, Mask] | None) -> None:
    if acceptance is None:
        return
    if not acceptance.by.strip() or not acceptance.why.strip() or acceptance.what not in (GATES, SUGGESTION):
        raise InvariantBroken(
            f"{acceptance.what!r} accepted by {acceptance.by!r}, because {acceptance.why!r}",
            where="acceptance",
            do=f"give a name, a reason, and what is accepted: {GATES} or {SUGGESTION}",
        )
    if acceptance.what == SUGGESTION and (suggested is None or suggested[0].unfit):
        raise InvariantBroken(
            f"{acceptance.by} accepts a suggestion that "
            + ("is not there" if not suggested else "does not fit"),
            where="acceptance",
            do="accept the gates, or measure with a reference that fits this file",
        )


def _check_claims(flags: Sequence[str], asked: FlowAsked, strategy: Strategy) -> None:
    claimed = sorted(frozenset(flags) & asked.needed_flags - frozenset(strategy.states))
    if claimed:
        raise InvariantBroken(
            f"strategy {strategy.id} does not state {', '.join(claimed)}",
            where="flags",
            do="measure by a strategy that states it: it cannot be added by hand",
        )


def _said(evidence: Evidence, strategy: Strategy, panel: Panel, acceptance: Acceptance | None) -> Evidence:
    """The evidence with the settings that the numbers rest on."""
    found = "events of the gates"
    if acceptance is not None and acceptance.what == SUGGESTION:
        found = f"events of the suggestion, accepted by {acceptance.by}: {acceptance.why}"
    elif acceptance is not None:
        found = f"events of the gates, accepted by {acceptance.by}: {acceptance.why}"
    settings = (
        Setting("strategy", f"{strategy.id} {strategy.version}, sha256 {strategy.sha256}"),
        Setting("panel", panel.name),
        Setting("compensation", panel.compensation),
        Setting("found", found),
    )
    return replace(evidence, settings=(*evidence.settings, *settings))


def _none(reason: Text) -> Answer:
    return Answer(Call.NOT_EVALUABLE, reason)


def _blank(
    sample: str,
    strategy: Strategy,
    panel: Panel,
    quality: Quality,
    asked: FlowAsked,
    evidence: Evidence,
    notes: tuple[Text, ...],
) -> FlowMeasured:
    """A sample of which nothing was measured."""
    return FlowMeasured(
        sample=sample,
        strategy=strategy.id,
        strategy_version=strategy.version,
        strategy_sha256=strategy.sha256,
        panel=panel.name,
        markers=MappingProxyType(dict(panel.channels)),
        compensation=panel.compensation,
        result=None,
        evidence=evidence,
        answer=_none(Text("", "")),
        category=Category.NOT_EVALUABLE,
        sensitivity=Sensitivity.NONE,
        threshold=float(asked.threshold),
        required_lod=float(asked.required_lod),
        mrd=strategy.mrd,
        populations=MappingProxyType({}),
        kept_populations=MappingProxyType({}),
        quality=quality.findings,
        adjustments=(),
        left_out=(),
        lacking=(),
        suggestion=None,
        acceptance=None,
        notes=notes,
        disqualifying_flags=tuple(sorted(asked.disqualifying_flags)),
        blinding_flags=tuple(sorted(asked.blinding_flags)),
        needed_flags=tuple(sorted(asked.needed_flags)),
    )


def _kept(gated: Gated, kept: Mask) -> dict[str, int]:
    return {one.path: int(np.count_nonzero(one.mask & kept)) for one in gated.populations.values()}


def _kept_cells(mask: Mask, on_channels: Applied, gated: Gated, primary: str, kept: Mask) -> tuple[int, int]:
    """Events found, and cells they are found in, without those that quality flagged."""
    cells = gated.populations[denominator_gates(on_channels)[primary]].mask
    return int(np.count_nonzero(mask & kept)), int(np.count_nonzero(cells & kept))


def _examined(on_channels: Applied, gated: Gated, asked: FlowAsked) -> tuple[tuple[Denominator, ...], str]:
    """Every denominator with its count, and the one that the level refers to."""
    gates = denominator_gates(on_channels)
    strategy = on_channels.strategy
    primary = asked.denominator or next(iter(strategy.denominators))
    if primary not in gates or not strategy.mrd.startswith(strategy.denominators[primary] + "/"):
        raise InputRefused(
            f"{primary!r} cannot be the denominator",
            where=f"strategy {strategy.id}, panel {on_channels.panel.name or 'of the file'}",
            do=f"ask for one of: {', '.join(gates)}",
        )
    return tuple(Denominator(name, gated.populations[id].count) for name, id in gates.items()), primary


def _flags(on_channels: Applied, cells: int, quality: Quality, flags: Sequence[str]) -> tuple[str, ...]:
    """What the strategy states, what this measurement raises, what quality and the laboratory say."""
    gates = [gate for gate in on_channels.strategy.gates if gate.id not in on_channels.left_out]
    markers = {dimension.channel for gate in gates for dimension in dimensions_of(gate)}
    raised = (
        (NO_SINGLET_GATE, not {"FSC-A", "FSC-H"} <= markers and not {"FSC-A", "FSC-W"} <= markers),
        (NO_NUCLEAR_DYE, NUCLEIC not in markers),
        (UNCOMPENSATED, bool(uncompensated_markers(on_channels))),
        (FEW_CELLS, cells < ASSUMED_FEW),
    )
    own = (flag for flag, is_so in raised if is_so)
    return tuple(dict.fromkeys((*on_channels.strategy.states, *own, *quality.flags, *flags)))
