"""What stands behind a sequencing result that was reported with its measurement, read from the kept files."""

import csv
import io
from dataclasses import dataclass
from itertools import islice

from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.measured import Measured
from remission.mrd.ngs.measured_json import read_measured
from remission.mrd.result import MrdResult
from remission.terms.evidence import FileRef
from remission.trial.laboratory import measurement_of
from remission.trial.own_index import index_of, kept_index
from remission.trial.trial import Trial

_MOST_CLONOTYPES = 200_000
_NEEDED = ("sequence", "duplicate_count", "repertoire_id")


@dataclass(frozen=True, slots=True)
class Listed:
    """The clonotypes of a sample in an AIRR table: reads and sequence of each, most reads first."""

    sample: str
    clonotypes: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Sequenced:
    """The measurement behind a result, the index of its clones, and a table of clonotypes if given."""

    measured: Measured
    index: Index | None
    listed: Listed | None


def sequenced(trial: Trial, result: MrdResult) -> Sequenced | None:
    """The measurement behind a result; None for a result entered as counts.

    Raises
    ------
    Missing, Altered
        If a kept file is gone or not what it was.
    """
    file = measurement_of(result)
    if file is None:
        return None
    trial.files.check(file)
    with trial.files.open(file.sha256) as stream:
        measured = read_measured(stream, file.name)
    indexes = (kept_index(trial, ref) for ref in index_of(result))
    tables = (_listed(trial, ref) for ref in result.evidence.files if ref.name.endswith(".tsv"))
    listed = next((table for table in tables if table is not None), None)
    return Sequenced(measured, next(indexes, None), listed)


def _listed(trial: Trial, file: FileRef) -> Listed | None:
    """The clonotypes in a kept AIRR table; None if it is some other file."""
    trial.files.check(file)
    with trial.files.open(file.sha256) as stream:
        rows = csv.DictReader(io.TextIOWrapper(stream, "utf-8", newline=""), delimiter="\t")
        try:
            if not set(_NEEDED) <= set(rows.fieldnames or ()):
                return None
            found = [
                (row["repertoire_id"], int(row["duplicate_count"]), row["sequence"])
                for row in islice(rows, _MOST_CLONOTYPES)
            ]
        except (ValueError, TypeError, csv.Error):
            return None
    if not found:
        return None
    most_first = sorted(((reads, sequence) for _, reads, sequence in found), key=lambda row: -row[0])
    return Listed(found[0][0], tuple(most_first))
