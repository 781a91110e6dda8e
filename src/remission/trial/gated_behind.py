"""What stands behind a flow result that was reported with its measurement, read from the kept files."""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.mrd.flow.measured import FlowMeasured
from remission.mrd.flow.measured_json import read_flow
from remission.mrd.flow.strategies.reading import read_strategy
from remission.mrd.flow.strategies.strategy import Strategy
from remission.mrd.result import MrdResult
from remission.trial.laboratory import measurement_of
from remission.trial.trial import Trial


@dataclass(frozen=True, slots=True)
class GatedBehind:
    """The measurement behind a result, and its strategy, where that is known to this version."""

    measured: FlowMeasured
    strategy: Strategy | None


def gated_behind(trial: Trial, result: MrdResult) -> GatedBehind | None:
    """The measurement behind a flow result; None for a result entered as counts.

    Raises
    ------
    Missing, Altered
        If a kept file is gone or not what it was.
    InputRefused
        If this version cannot read what was kept.
    """
    file = measurement_of(result)
    if file is None:
        return None
    trial.files.check(file)
    with trial.files.open(file.sha256) as stream:
        measured = read_flow(stream, file.name)
    return GatedBehind(measured, _strategy(trial, result, measured.strategy_sha256))


def _strategy(trial: Trial, result: MrdResult, sha256: str) -> Strategy | None:
    file = next((ref for ref in result.evidence.files if ref.sha256 == sha256), None)
    if file is None:
        return None
    trial.files.check(file)
    with trial.files.open(file.sha256) as stream:
        try:
            return read_strategy(stream, file.name)
        except InputRefused:
            return None  # of another version: the measurement says its name and sha256
