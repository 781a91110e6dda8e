"""A flow sample at work: the bench, what the protocol asks, quality, suggestion; measured, and accepted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from remission.errors import ActRefused, InputRefused
from remission.lab.addresses import exists, put
from remission.lab.flow_bench import CORES, Bench, check_named
from remission.lab.flow_diagnosis import AtDiagnosis, diagnosis_at
from remission.lab.flow_files import Told, check_unchanged, opened
from remission.lab.flow_sample import flow_evidence, quality_of, suggestion_of, told_of
from remission.lab.flow_sources import matrix_at, panel_at, strategy_at
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.fcs.reading import Fault
from remission.mrd.flow.gates.gates import Gate
from remission.mrd.flow.gates.parts import ids_of
from remission.mrd.flow.measure import GATES, SUGGESTION, measure
from remission.mrd.flow.measured import FlowMeasured
from remission.mrd.flow.measured_json import write_flow
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.reading import shipped_strategies, shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment
from remission.mrd.flow.suggestion.suggested import Acceptance
from remission.terms.evidence import FileRef
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Asking:
    """How files are to be measured: what the protocol asks, and words or addresses as the commands take them.

    `reference`: of normal marrows, or None: then nothing is suggested; `diagnosis`: the child's own file.
    """

    asked: FlowAsked
    strategy: str
    panel: str | None = None
    matrix: str | None = None
    reference: str | None = None
    diagnosis: str | None = None
    repairs: frozenset[Fault] = frozenset()
    data_set: int | None = None

    def by(self, strategy: str) -> "Asking":
        """The same by another strategy."""
        return replace(self, strategy=strategy)


@dataclass(frozen=True, slots=True)
class Draft:
    """An accepted result in a file of its own, in no ledger yet: where, its sha256, who accepted what."""

    path: str
    sha256: str
    by: str
    what: str


class Work:
    """A bench with everything a result needs.

    `token`: short, another one for other files. `suggested` is None without a reference.
    """

    def __init__(self, bench: Bench, label: str, asking: Asking, files: Sequence[FileRef]) -> None:
        self.bench, self.label, self.asking = bench, label, asking
        self.quality = quality_of(bench.sample, bench.panel)
        self.suggested = None
        self.first: AtDiagnosis | None = None
        self._told: tuple[tuple[Adjustment, ...], tuple[tuple[str, ...], tuple[Text, ...]]] | None = None
        self._unmoved = bench.gated
        self._beside = tuple(files)
        self.token = sha256("".join(ref.sha256 for ref in self.files).encode()).hexdigest()[:8]

    @property
    def files(self) -> tuple[FileRef, ...]:
        """The files of the events, and all that were read beside them."""
        return (*self.bench.sample.files, *self._beside)

    @property
    def simulated(self) -> bool:
        """Whether nobody was measured."""
        return self.bench.sample.simulated

    def look(self, spectra: Mapping[str, Spectrum]) -> None:
        """Open the diagnosis file, and ask what the reference of normal marrows suggests, if any."""
        asking, bench = self.asking, self.bench
        self.first = diagnosis_at(
            asking.diagnosis, bench.sample, bench.strategy, panel=asking.panel, spectra=spectra,
            repairs=asking.repairs, data_set=asking.data_set,
        )  # fmt: skip
        if self.first is not None:
            self._beside = (*self._beside, *self.first.files)
        if asking.reference is not None:
            self.suggested, file = suggestion_of(
                bench.sample, bench.applied, bench.gated, asking.reference, asking.asked, self.first,
                spectra=spectra, cores=CORES,
            )  # fmt: skip
            bench.suggested = self.suggested[1]
            self._beside = (*self._beside, file)

    def measured(self, acceptance: Acceptance | None = None) -> FlowMeasured:
        """The sample with its gates as they are now, those nobody stands for yet included.

        Raises
        ------
        InputRefused
            If a file of its events was written to since it was opened; and as in `measure`.
        """
        bench, sample = self.bench, self.bench.sample
        with bench.alone:
            raised, notes = self._of_diagnosis()
            found = measure(
                self.label, bench.strategy, bench.panel, sample.events, sample.ranges, self.quality,
                self.asking.asked,
                evidence=flow_evidence(sample, self._beside),
                adjustments=bench.applied.adjustments, spectra=bench.spectra, suggested=self.suggested,
                acceptance=acceptance, flags=(*sample.flags, *raised),
                notes=(*sample.notes, *notes), gated=bench.gated,
                unmoved=self._unmoved,
            )  # fmt: skip
        check_unchanged(sample)
        return found

    def _of_diagnosis(self) -> tuple[tuple[str, ...], tuple[Text, ...]]:
        """What the diagnosis file says of the gates as they are now; asked anew when one was moved."""
        moved = self.bench.applied.adjustments
        if self._told is None or self._told[0] != moved:
            self._told = (moved, told_of(self.first, moved, CORES))
        return self._told[1]

    def accept(self, what: str, by: str, why: str, at: str, seen: int, drafts: Path) -> Draft:
        """Write the result that a named person stands for into a file of its own; nothing is written over.

        Raises
        ------
        InputRefused
            Without a name or a reason, for anything but gates or the suggestion, or if it cannot be written.
        ActRefused
            If a moved gate waits for who and why, or somebody changed a gate after step `seen`.
        """
        with self.bench.alone:
            self.bench.check_step(seen)
            check_named(by, why, f"accepting the {what}")
            if what not in (GATES, SUGGESTION):
                raise InputRefused(f"{what!r} cannot be accepted", where="flow page", do="accept the gates")
            if self.bench.waiting:
                raise ActRefused(
                    "nobody stands yet for a gate that was moved",
                    where=f"gates {', '.join(self.bench.waiting)}",
                    do="say who moved it and why, or put it back",
                )
            written = write_flow(self.measured(Acceptance(by.strip(), what, why.strip(), at))).encode()
        digest = sha256(written).hexdigest()
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", self.label).lstrip(".") or "sample"
        path = str(drafts.absolute() / f"{name}-{digest[:12]}.flow.json")
        if not exists(path):
            put(path, written)
        return Draft(path, digest, by.strip(), what)

    def name_of(self, gate: str | None) -> Text:
        """What people call a gate."""
        known = gate or ""
        return self.bench.strategy.names.get(known, Text(known, known))

    def ids_of(self, gate: Gate) -> tuple[str, ...]:
        """The populations a gate makes."""
        return ids_of(gate)


def opened_work(
    paths: Sequence[str], names: Sequence[str], label: str, asking: Asking, told: Told = lambda share: None
) -> Work:
    """Open a sample's files and put them on the bench. `Raises` as what it is made of.

    `names`: what people call the files, where their addresses do not say; `told`: how far it is.
    """
    sample = opened(
        paths, asking.repairs, data_set=asking.data_set, names=names, told=lambda share: told(0.3 * share)
    )
    strategy, its_files = strategy_at(asking.strategy)
    spectra, matrix_files = matrix_at(asking.matrix)
    panel, panel_files = panel_at(asking.panel, sample, next(iter(spectra), None))
    bench = Bench(sample, strategy, panel, spectra=spectra)
    told(0.6)
    work = Work(bench, label, asking, (*its_files, *panel_files, *matrix_files))
    told(0.8)
    work.look(spectra)
    told(1.0)
    return work


def suited(asked: FlowAsked) -> str:
    """The shipped strategy that may say negative where the protocol asks: it states what a negative needs."""
    known = shipped_strategies()
    return next((id for id in known if asked.needed_flags <= {*shipped_strategy(id).states}), known[0])
