"""The sheet of a sequencing run: CSV, a row for each sample."""

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from remission.errors import InputRefused, InvariantBroken, Malformed, TooLarge, WrongEncoding
from remission.lab.addresses import beside

_LARGEST = 4_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII)


class Role(StrEnum):
    """What a sample is for."""

    DIAGNOSIS = "diagnosis"
    FOLLOW_UP = "follow-up"
    NEGATIVE = "negative"
    NO_TEMPLATE = "no-template"


CONTROLS = (Role.NEGATIVE, Role.NO_TEMPLATE)
"""Samples of nobody's disease."""

COLUMNS: Mapping[str, str] = {
    "sample": "name of the sample, once in the sheet: letters, digits, `.`, `_`, `-`",
    "patient": "whose it is; empty for a control",
    "role": "`diagnosis`, `follow-up`, `negative` or `no-template`",
    "r1": "FASTQ or FASTA, plain or gzip",
    "r2": "the mates; empty where there are none",
    "dna_ng": "nanograms of DNA in the tube; needed, above 0, for a follow-up",
    "spike": "FASTA of the spike-ins in the tube, with their copies; needed for a follow-up",
    "index": "index.json of an earlier run, for a patient without a diagnosis sample in this one",
}
"""The columns, and what stands in them; `sample`, `role` and `r1` must be there."""

_NEEDED = ("sample", "role", "r1")


@dataclass(frozen=True, slots=True)
class Row:
    """One sample of the run. `number`: its row in the sheet, where the row of names is 1."""

    number: int
    sample: str
    patient: str
    role: Role
    r1: str
    r2: str | None
    dna_ng: float | None
    spike: str | None
    index: str | None

    @property
    def files(self) -> tuple[str, ...]:
        """Addresses of the reads: R1, and R2 where there are mates."""
        return (self.r1,) if self.r2 is None else (self.r1, self.r2)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The samples of one run, in the order of the sheet."""

    name: str
    rows: tuple[Row, ...]

    def of(self, *roles: Role) -> tuple[Row, ...]:
        """The samples of these roles."""
        return tuple(row for row in self.rows if row.role in roles)

    def indexes(self) -> Mapping[str, str]:
        """Address of the index made earlier, by patient."""
        return {row.patient: row.index for row in self.rows if row.index is not None}


def read_sheet(raw: bytes, *, name: str, address: str) -> Sheet:
    """Read a run sheet.

    Parameters
    ----------
    raw : bytes
        CSV, UTF-8, with a row of column names (`COLUMNS`; in any order).
    name, address : str
        Name of the sheet for refusals, and its address: relative addresses in it begin in its folder.

    Raises
    ------
    InputRefused
        For a value that is none, with its row and column; for a name, file or patient that stands there
        twice; for a follow-up whose clones are not known.
    """
    rows = tuple(
        _row(number, words, name, address)
        for number, words in enumerate(_lines(raw, name), 2)
        if any(words.values())
    )
    if not rows:
        raise InputRefused("the sheet names no sample", where=name, do="give a row for each sample")
    sheet = Sheet(name, rows)
    for look in _WHOLE:
        look(sheet)
    return sheet


def _lines(raw: bytes, name: str) -> Iterator[dict[str, str]]:
    if len(raw) > _LARGEST:
        raise TooLarge(f"the sheet is larger than {_LARGEST} bytes", where=name, do="give one sequencing run")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            "the sheet is not UTF-8", where=f"{name}, byte {error.start + 1}", do="save it as CSV UTF-8"
        ) from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [word.strip() for word in next(lines, [])]
        _check_header(header, name)
        for number, line in enumerate(lines, 2):
            if len(line) > len(header) or (line and len(line) < len(header) and any(map(str.strip, line))):
                raise Malformed(
                    f"{len(line)} cells, {len(header)} columns",
                    where=f"{name}, row {number}",
                    do="fill the row",
                )
            yield dict(zip(header, (*map(str.strip, line), *[""] * len(header)), strict=False))
    except csv.Error as error:
        raise Malformed(
            f"broken CSV: {error}", where=f"{name}, line {lines.line_num}", do="save it as CSV"
        ) from None


def _check_header(header: list[str], name: str) -> None:
    where = f"{name}, row 1"
    for column in header:
        if column not in COLUMNS:
            raise InputRefused(f"unknown column {column!r}", where=where, do=f"use: {', '.join(COLUMNS)}")
    if len(set(header)) < len(header):
        raise InputRefused(f"a column stands there twice: {', '.join(header)}", where=where, do="keep one")
    absent = [column for column in _NEEDED if column not in header]
    if absent:
        raise InputRefused(
            f"no column {', '.join(absent)}", where=where, do=f"give at least: {', '.join(_NEEDED)}"
        )


def _row(number: int, words: Mapping[str, str], name: str, address: str) -> Row:
    def refused(column: str, do: str) -> InputRefused:
        return InputRefused(
            f"{column} is {words.get(column, '')!r}", where=f"{name}, row {number}, column {column}", do=do
        )

    def place(column: str) -> str | None:
        return beside(words[column], address) if words.get(column) else None

    sample, patient, role = words["sample"], words.get("patient", ""), words["role"]
    if not _NAME.fullmatch(sample):
        raise refused("sample", "use up to 80 letters, digits, '.', '_' and '-': outputs are named by it")
    if role not in tuple(Role):
        raise refused("role", f"use one of: {', '.join(Role)}")
    if not patient and role not in CONTROLS:
        raise refused("patient", "say whose sample it is")
    if patient and role in CONTROLS:
        raise refused("patient", "leave it empty: a control belongs to nobody in the run")
    r1 = place("r1")
    if r1 is None:
        raise refused("r1", "give the file of the reads")
    row = Row(
        number,
        sample,
        patient,
        Role(role),
        r1,
        place("r2"),
        _amount(words, refused),
        place("spike"),
        place("index"),
    )
    if row.role is Role.FOLLOW_UP:
        if row.dna_ng is None:
            raise refused("dna_ng", "give the nanograms of DNA in the tube: they say how deep the test went")
        if row.spike is None:
            raise refused("spike", "give the FASTA of the spike-ins: without them reads are not cells")
    elif row.index is not None:
        raise refused("index", "name it in the patient's follow-up rows")
    return row


def _amount(words: Mapping[str, str], refused: Callable[[str, str], InputRefused]) -> float | None:
    written = words.get("dna_ng", "")
    if not written:
        return None
    try:
        amount = float(written)
    except ValueError:
        raise refused("dna_ng", "give nanograms as a number, such as 20000") from None
    if not (math.isfinite(amount) and 0 <= amount < 1e9):
        raise refused("dna_ng", "give nanograms, 0 or more")
    return amount or None


def _nothing_twice(sheet: Sheet) -> None:
    """No sample (capitals aside: outputs are files) and no file of reads stands in the sheet twice."""
    seen: dict[str, int] = {}
    named = [("sample", row.sample, row.sample.lower(), row.number) for row in sheet.rows]
    read = [("r1 or r2", file, f"/{file}", row.number) for row in sheet.rows for file in row.files]
    for column, value, key, number in (*named, *read):
        if key in seen:
            raise InvariantBroken(
                f"{value!r} stands in row {seen[key]} already",
                where=f"{sheet.name}, row {number}, column {column}",
                do="give each sample and each file once",
            )
        seen[key] = number


def _one_diagnosis(sheet: Sheet) -> None:
    """A patient's clones come from one place: one diagnosis sample, or one index made earlier."""
    chosen: dict[str, int] = {}
    for row in sheet.of(Role.DIAGNOSIS):
        if row.patient in chosen:
            raise InvariantBroken(
                f"patient {row.patient} has a diagnosis sample in row {chosen[row.patient]} as well",
                where=f"{sheet.name}, row {row.number}, column role",
                do="choose the sample whose clones are followed",
            )
        chosen[row.patient] = row.number
    indexes = sheet.indexes()
    for row in sheet.of(Role.FOLLOW_UP):
        where = f"{sheet.name}, row {row.number}, column index"
        if row.patient in chosen and row.index is not None:
            raise InvariantBroken(
                f"patient {row.patient} has an index and, in row {chosen[row.patient]}, a diagnosis sample",
                where=where,
                do="keep one of the two",
            )
        if row.index is not None and row.index != indexes[row.patient]:
            raise InvariantBroken(f"patient {row.patient} has two indexes", where=where, do="keep one")
        if row.patient not in chosen and row.patient not in indexes:
            raise InvariantBroken(
                f"nothing says which clones of patient {row.patient} to follow",
                where=where,
                do="add the diagnosis sample to the sheet, or name the index.json made from it",
            )


_WHOLE: tuple[Callable[[Sheet], None], ...] = (_nothing_twice, _one_diagnosis)
