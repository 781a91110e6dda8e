"""A flow sample, from events and a strategy to the answer: the laboratory's procedure on one screen."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from remission.mrd.calls import Answer, Call, Detection, detection
from remission.mrd.flow import measure_words as words
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.measure_checks import (
    above_singlets,
    answer_to,
    check_acceptance,
    check_flags,
    denominator_moved,
    examined_of,
    flags_of_counts,
    flags_of_gates,
    rests_on_flagged,
    rests_on_moved,
    steady,
)
from remission.mrd.flow.measure_flags import (
    CONTROL_MISSING,
    DENOMINATOR_MOVED,
    RESTS_ON_FLAGGED,
    RESTS_ON_MOVED,
    UNCOMPENSATED,
)
from remission.mrd.flow.measured import Category, FlowMeasured, Sensitivity, Unmoved
from remission.mrd.flow.quality.examining import Quality
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.applying import (
    applied,
    denominator_gates,
    lacking,
    mrd_gate,
    uncompensated_markers,
)
from remission.mrd.flow.strategies.controls import empty_ancestors, missing_controls
from remission.mrd.flow.strategies.strategy import Adjustment, Applied, Panel, Strategy
from remission.mrd.flow.suggestion.suggested import GATES as GATES
from remission.mrd.flow.suggestion.suggested import SUGGESTION, Acceptance, Suggestion
from remission.mrd.result import MrdResult, from_flow_counts
from remission.terms.evidence import Evidence, Setting
from remission.terms.words import Text


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
    unmoved: Gated | None = None,
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
        Of the same events. Where `acceptance` is of the "suggestion", the result counts it and the gates.
    acceptance : Acceptance, optional
        The named person who stands for the gates, or for the suggestion.
    flags, notes : sequences
        Of the reader and the laboratory (`several-data-sets`, `hemodilute`), kept with the result.
    gated : Gated, optional
        Where the same gates were applied to the same events already.
    unmoved : Gated, optional
        Where the gates as the strategy has them, without `adjustments`, were applied to the same events.

    Returns
    -------
    FlowMeasured
        Without a result, and not evaluable, where the panel lacks markers or no cell was found to refer to.

    Raises
    ------
    InputRefused
        As in `applied` and `gating.apply`; or for a denominator that this strategy and panel do not count, or
        a flag that means nothing here.
    InvariantBroken
        As there; or where somebody accepts nothing, or a suggestion that is not there, is empty or does not
        fit; or where a flag that a negative needs is claimed by hand, and the strategy does not state it.
    """
    check_acceptance(acceptance, suggested)
    check_flags(flags, asked, strategy)
    evidence = _said(evidence, strategy, panel, acceptance)
    blank = _blank(sample, strategy, panel, quality, asked, evidence, (*notes, *panel.notes))
    if missing := lacking(strategy, panel):
        return replace(blank, lacking=missing, answer=_none(words.lacks(missing, strategy.title)))
    on_channels = applied(strategy, panel, events, ranges, adjustments, spectra)
    gated = gated or apply(on_channels.gating, events, cores=cores)
    counted = _counted(blank, on_channels, gated, quality, suggested, acceptance)
    examined, primary = examined_of(on_channels, gated, asked)
    if not primary.count:
        return replace(counted, answer=_none(words.no_cells(primary.name)))
    accepted = suggested[1] if suggested and acceptance and acceptance.what == SUGGESTION else None
    found, cells = _found(on_channels, gated, primary.name, accepted)
    acceptance = _weighed(acceptance, accepted, gated, mrd_gate(on_channels), cells)
    before = None
    if adjustments:
        bare = applied(strategy, panel, events, ranges, (), spectra)
        unmoved = unmoved or apply(bare.gating, events, cores=cores)
        before = _many(_found(bare, unmoved, primary.name, accepted))
    result = from_flow_counts(
        int(np.count_nonzero(found)),
        examined,
        primary.name,
        evidence,
        asked.events_for_lod,
        asked.events_for_loq,
        _flags(on_channels, counted, primary.name, primary.count, flags),
    )
    result = _resting(result, _many((found, cells), steady(quality)), before, asked)
    answer = answer_to(result, asked)
    enough = sensitivity_of(result, float(asked.required_lod))
    return replace(
        counted,
        result=result,
        evidence=result.evidence,
        answer=answer,
        category=category_of(result, answer, enough, asked.disqualifying_flags),
        sensitivity=enough,
        acceptance=acceptance,
        unmoved=None if before is None else Unmoved(*before),
        notes=(
            *words.notes_of_answer(result, answer, acceptance, counted.populations[counted.mrd], before),
            *counted.notes,
            *words.notes_of(
                result,
                _many((found, cells), quality.kept),
                on_channels,
                counted.uncompensated,
                above_singlets(on_channels, gated, events),
                acceptance,
            ),
            *(strategy.notes if answer.call is Call.NEGATIVE else ()),  # what these gates cannot see
        ),
    )


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


def _said(evidence: Evidence, strategy: Strategy, panel: Panel, acceptance: Acceptance | None) -> Evidence:
    """The evidence with the settings that the numbers rest on."""
    found = "events of the gates"
    if acceptance is not None and acceptance.what == SUGGESTION:
        found = f"events of the gates and of the suggestion, accepted by {acceptance.by}: {acceptance.why}"
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


def _counted(
    blank: FlowMeasured,
    on_channels: Applied,
    gated: Gated,
    quality: Quality,
    suggested: tuple[Suggestion, Mask] | None,
    acceptance: Acceptance | None,
) -> FlowMeasured:
    """Every population, and what the marrow itself shows of its stains, before anything is concluded."""
    names = on_channels.strategy.names
    kept = {one.path: _count(one.mask & quality.kept) for one in gated.populations.values()}
    missing = (
        *missing_controls(on_channels, gated),
        *(words.empty(names[id]) for id in empty_ancestors(on_channels, gated)[:1]),
    )
    return replace(
        blank,
        mrd=gated.populations[mrd_gate(on_channels)].path,
        populations=MappingProxyType(gated.counts),
        kept_populations=MappingProxyType(kept),
        adjustments=on_channels.adjustments,
        left_out=on_channels.left_out,
        suggestion=suggested[0] if suggested else None,
        acceptance=acceptance,
        uncompensated=uncompensated_markers(on_channels),
        controls_missing=missing,
        notes=(*missing, *blank.notes),
    )


def _found(on_channels: Applied, gated: Gated, primary: str, accepted: Mask | None) -> tuple[Mask, Mask]:
    """Events found, and the cells they are found in; an accepted suggestion adds to what the gates found."""
    found = gated.populations[mrd_gate(on_channels)].mask
    cells = gated.populations[denominator_gates(on_channels)[primary]].mask
    return (found if accepted is None else found | (accepted & cells)), cells


def _weighed(
    acceptance: Acceptance | None, accepted: Mask | None, gated: Gated, mrd: str, cells: Mask
) -> Acceptance | None:
    """Who stands for it, with how many events that is."""
    if acceptance is None:
        return None
    gates = gated.populations[mrd].mask
    own = gates if accepted is None else accepted & cells
    return replace(acceptance, events=_count(own), shared=_count(own & gates))


def _flags(
    on_channels: Applied, counted: FlowMeasured, primary: str, cells: int, flags: Sequence[str]
) -> tuple[str, ...]:
    """What the strategy states, what this measurement raises, what quality and the laboratory say."""
    strategy = on_channels.strategy
    raised = (
        (UNCOMPENSATED, bool(counted.uncompensated)),
        (CONTROL_MISSING, bool(counted.controls_missing)),
        (DENOMINATOR_MOVED, denominator_moved(strategy, primary, counted.adjustments)),
    )
    own = (
        *flags_of_gates(strategy, on_channels.left_out),
        *(flag for flag, is_so in raised if is_so),
        *flags_of_counts(cells),
    )
    seen = (one.flag for one in counted.quality if one.flag)
    return tuple(dict.fromkeys((*strategy.states, *own, *seen, *flags)))


def _resting(
    result: MrdResult, while_steady: tuple[int, int], unmoved: tuple[int, int] | None, asked: FlowAsked
) -> MrdResult:
    """The result, flagged where an unsteady run or moved gates decide."""
    raised = (
        (RESTS_ON_FLAGGED, rests_on_flagged(result, *while_steady, asked)),
        (RESTS_ON_MOVED, unmoved is not None and rests_on_moved(result, *unmoved, asked)),
    )
    own = (flag for flag, is_so in raised if is_so)
    return replace(result, flags=tuple(dict.fromkeys((*result.flags, *own))))


def _many(masks: tuple[Mask, Mask], kept: Mask | None = None) -> tuple[int, int]:
    """Events found, and cells they are found in; those `kept` only."""
    found, cells = masks if kept is None else (masks[0] & kept, masks[1] & kept)
    return _count(found), _count(cells)


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
