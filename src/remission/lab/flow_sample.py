"""One flow sample from its files to the answer: opened, judged, gated, suggested for, measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType

from remission import __version__
from remission.errors import InputRefused
from remission.lab.addresses import content, file_name
from remission.lab.evidence import SIMULATED, ref_of
from remission.lab.flow_diagnosis import AtDiagnosis, diagnosis_at
from remission.lab.flow_files import OpenedSample, Told, check_unchanged, opened
from remission.lab.flow_sources import matrix_at, panel_at, strategy_at
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Mask
from remission.mrd.flow.fcs.reading import Fault
from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.gates.parts import ids_of
from remission.mrd.flow.measure import measure
from remission.mrd.flow.measured import EVENTS, FlowMeasured
from remission.mrd.flow.programs.write_gatingml import write_gatingml
from remission.mrd.flow.quality.examining import AREA, HEIGHT, NUCLEAR, Quality, examine
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.adjustments import read_adjustments
from remission.mrd.flow.strategies.applying import applied, denominator_gates, lacking
from remission.mrd.flow.strategies.markers import NUCLEIC, TIME
from remission.mrd.flow.strategies.strategy import Adjustment, Applied, Panel, Strategy
from remission.mrd.flow.suggestion.reference import Reference
from remission.mrd.flow.suggestion.reference_files import read_reference
from remission.mrd.flow.suggestion.suggest import suggest
from remission.mrd.flow.suggestion.suggested import Acceptance, Suggestion
from remission.terms.evidence import Evidence, FileRef, Setting
from remission.terms.words import Text

METHOD = "remission flow measure"
INDEPENDENT = "cd19-independent-gate"
_NO_REFERENCE = Text(
    "Nothing was suggested: the diagnosis file was given without a reference of normal marrows.",
    "未作提示：给出了初诊文件，但未给出正常骨髓参考。",
)
_NO_SPECTRA: Mapping[str, Spectrum] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FlowFiles:
    """What a flow command is given: words or addresses, as the command line takes them.

    `files` of the sample, `diagnosis` the child's own, by the same panel. `reference`: of normal marrows,
    or None: then nothing is suggested, and a diagnosis file is only named. `adjustments`: a file of
    moved gates.
    """

    files: tuple[str, ...]
    strategy: str
    panel: str | None = None
    matrix: str | None = None
    adjustments: str | None = None
    reference: str | None = None
    diagnosis: str | None = None
    repairs: frozenset[Fault] = frozenset()
    data_set: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Gauged:
    """A measured sample with what its pictures need; `applied` and `gated` are None where nothing was."""

    measured: FlowMeasured
    sample: OpenedSample
    strategy: Strategy
    panel: Panel
    quality: Quality
    applied: Applied | None
    gated: Gated | None
    suggested: Mask | None


def measured_sample(
    name: str,
    given: FlowFiles,
    asked: FlowAsked,
    *,
    acceptance: Acceptance | None = None,
    flags: Sequence[str] = (),
    cores: int = 1,
    told: Told = lambda share: None,
) -> Gauged:
    """Measure a sample from its files.

    Parameters
    ----------
    name, given : str, FlowFiles
        The sample's label, and what was given for it.
    asked : FlowAsked
        What the protocol asks.
    acceptance : Acceptance, optional
        The named person who stands for the gates, or for the suggestion.
    flags : sequence of str
        Of the laboratory (`hemodilute`).

    Raises
    ------
    InputRefused
        As in the readers of what is given, `applied`, `suggest` and `measure`.
    """
    sample = opened(given.files, given.repairs, data_set=given.data_set, told=lambda share: told(0.3 * share))
    strategy, its_files = strategy_at(given.strategy)
    spectra, matrix_files = matrix_at(given.matrix)
    panel, panel_files = panel_at(given.panel, sample, next(iter(spectra), None))
    moved, moved_files = _moved(given.adjustments, name, strategy)
    quality = quality_of(sample, panel)
    told(0.6)
    first = diagnosis_at(
        given.diagnosis, sample, strategy, panel=given.panel, spectra=spectra, repairs=given.repairs,
        data_set=given.data_set,
    )  # fmt: skip
    on_channels, gated, suggested, asked_files = None, None, None, () if first is None else first.files
    raised, notes = told_of(first, moved, cores)
    if not lacking(strategy, panel):
        on_channels = applied(strategy, panel, sample.events, sample.ranges, moved, spectra)
        gated = apply(on_channels.gating, sample.events, cores=cores)
        told(0.8)
        if given.reference is not None:
            suggested, reference = suggestion_of(
                sample, on_channels, gated, given.reference, asked, first, spectra=spectra, cores=cores
            )
            asked_files = (reference, *asked_files)
        elif first is not None:
            notes = (*notes, _NO_REFERENCE)
    measured = measure(
        name, strategy, panel, sample.events, sample.ranges, quality, asked,
        evidence=flow_evidence(sample, (*its_files, *panel_files, *matrix_files, *moved_files, *asked_files)),
        adjustments=moved, spectra=spectra, suggested=suggested, acceptance=acceptance,
        flags=(*sample.flags, *raised, *flags), notes=(*sample.notes, *notes), gated=gated, cores=cores,
    )  # fmt: skip
    check_unchanged(sample)
    told(1.0)
    return Gauged(
        measured, sample, strategy, panel, quality, on_channels, gated, suggested[1] if suggested else None
    )


def gates_on(name: str, given: FlowFiles) -> tuple[str, list[str]]:
    """The strategy's gates on the channels of a file, as Gating-ML 2.0; the ids of its populations.

    Raises
    ------
    InputRefused
        If the panel lacks markers, and as in the readers of what is given.
    """
    sample = opened(given.files, given.repairs, data_set=given.data_set)
    strategy, _ = strategy_at(given.strategy)
    panel, _ = panel_at(given.panel, sample)
    moved, _ = _moved(given.adjustments, name, strategy)
    gating = applied(strategy, panel, sample.events, sample.ranges, moved).gating
    return write_gatingml(gating), [id for gate in gating.gates for id in ids_of(gate)]


def quality_of(sample: OpenedSample, panel: Panel) -> Quality:
    """What can be wrong with an acquisition, by the markers that its panel names."""
    channels = {marker: one for marker, one in panel.channels.items() if one in sample.events.channels}
    time = sample.time or channels.get(TIME)
    places = {AREA: channels.get("FSC-A"), HEIGHT: channels.get("FSC-H"), NUCLEAR: channels.get(NUCLEIC)}
    return examine(
        sample.events,
        time=time,
        scatter={name: channel for name, channel in places.items() if channel is not None},
        channels=[channel for channel in channels.values() if channel != time],
        ranges=sample.ranges,
        time_step=sample.time_step,
        lengths=sample.lengths,
    )


def told_of(
    first: AtDiagnosis | None, moved: Sequence[Adjustment], cores: int
) -> tuple[tuple[str, ...], tuple[Text, ...]]:
    """What a diagnosis file says of the gates: a flag where they do not hold the clone, and notes."""
    if first is None:
        return (), ()
    raised, said = first.held(moved, cores)
    return raised, first.notes if said is None else (*first.notes, said)


def suggestion_of(
    sample: OpenedSample,
    on_channels: Applied,
    gated: Gated,
    reference: str,
    asked: FlowAsked,
    first: AtDiagnosis | None = None,
    *,
    spectra: Mapping[str, Spectrum] = _NO_SPECTRA,
    cores: int = 1,
) -> tuple[tuple[Suggestion, Mask], FileRef]:
    """What a reference of normal marrows suggests, and the reference's file.

    Where a negative needs a gate without CD19, the events are compared without CD19 as well.
    """
    raw = content(reference)
    normals = read_reference(BytesIO(raw), file_name(reference))
    _check_real(sample, normals, reference)
    name, gate = next(iter(denominator_gates(on_channels).items()))
    found = suggest(
        sample.events, on_channels.panel, sample.ranges, normals,
        within=gated.populations[gate].mask, denominator=name,
        diagnosis=None if first is None else first.compared(cores),
        ignore=frozenset({"CD19"} if INDEPENDENT in asked.needed_flags else ()),
        spectra=spectra, cores=cores,
    )  # fmt: skip
    return found, ref_of(raw, reference)


def _check_real(sample: OpenedSample, reference: Reference, address: str) -> None:
    """A real marrow is compared with real ones."""
    made_up = [one.name for one in reference.marrows if one.name.upper().startswith(SIMULATED)]
    if made_up and not sample.simulated:
        raise InputRefused(
            f"the reference was made of SIMULATED marrows ({made_up[0]}, ...), and this one is real",
            where=address,
            do="build a reference of normal marrows from your own instrument",
        )


def flow_evidence(sample: OpenedSample, files: Sequence[FileRef]) -> Evidence:
    """What a flow result rests on: the events' files, `files` beside them, every repair."""
    mended = tuple(Setting(f"repair, {file}", repair.said.en) for file, repair in sample.repairs)
    own = tuple(Setting(EVENTS, one.sha256) for one in sample.files)
    return Evidence(METHOD, __version__, (*sample.files, *files), (*own, *mended), sample.simulated)


def _moved(
    address: str | None, name: str, strategy: Strategy
) -> tuple[tuple[Adjustment, ...], tuple[FileRef, ...]]:
    if address is None:
        return (), ()
    raw = content(address)
    return read_adjustments(BytesIO(raw), name, strategy, file_name(address)), (ref_of(raw, address),)
