"""A control known child by child, from a table of theirs, against the trial's participants.

The table has one line for each earlier child: `responded`, and a column for each subgroup of the plan that is
adjusted for.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from remission.errors import CommandRefused, InputRefused, WrongEncoding
from remission.protocol.plan import Of
from remission.protocol.study import Study
from remission.results.analysis import Results
from remission.results.dossier import opened
from remission.results.endpoints import CountedAs
from remission.results.planned.subgroups import Group as Level
from remission.results.planned.subgroups import grouped, possible
from remission.results.rates import counted, handling_of, members
from remission.stats.adjusting.people import Factor
from remission.stats.control.group import Group

RESPONDED = "responded"
_YES, _NO = {"yes", "1", "true", "是"}, {"no", "0", "false", "否"}


def read_children(file: BinaryIO, name: str, study: Study, by: Sequence[str]) -> Group:
    """The earlier children of a CSV table (UTF-8, a header line).

    Parameters
    ----------
    file : binary file
        Columns `responded` and each of `by`; empty: unknown. Groups go by their id or their name in either
        language. Other columns are not read.
    name : str
        For refusals.
    study : Study
    by : sequence of str
        Subgroups of the study's plan.

    Raises
    ------
    CommandRefused
        For a subgroup that the plan has not, or hospitals, which no control can share.
    InputRefused
        For a missing column, a line of another length, or a word that is none of the groups.
    """
    levels = {id: _levels(study, id) for id in by}
    rows = _rows(file, name, (RESPONDED, *by))
    responded: list[bool | None] = []
    values: dict[str, list[str | None]] = {id: [] for id in by}
    for line, row in rows:
        responded.append(_yes(row[RESPONDED], f"{name}, line {line}, column {RESPONDED}"))
        for id in by:
            values[id].append(_level(levels[id], row[id], f"{name}, line {line}, column {id}"))
    return Group(tuple(responded), _factors(study, {id: tuple(own) for id, own in values.items()}))


def trial_children(results: Results, endpoint: str, by: Sequence[str]) -> Group:
    """The members of the primary set: responses counted as the study file says, pending ones unknown."""
    study = results.study
    dossiers = [opened(study, one, results.as_of) for one in results.participants.values()]
    enrolled = [dossier for dossier in dossiers if dossier.enrolled is not None]
    primary = next(one for one in results.populations if one.set.primary and one.endpoint == endpoint)
    inside = members(primary, enrolled, results.responses)
    handling = handling_of(study.endpoint(endpoint))
    known = {CountedAs.RESPONDER: True, CountedAs.NON_RESPONDER: False}
    responded = tuple(
        None if one.response.pending else known.get(counted(one.response, handling)) for one in inside
    )
    if not responded:
        raise InputRefused(
            "nobody is in the primary set yet",
            where=f"endpoint {endpoint}",
            do="compare once participants are in",
        )
    values: dict[str, tuple[str | None, ...]] = {}
    for id in by:
        names = {one.id: one.name.en for one in _levels(study, id)}
        made = grouped(study, study.plan.subgroup(id), enrolled) if study.plan else None
        values[id] = tuple(names.get(made.of[one.dossier.subject]) if made else None for one in inside)
    return Group(responded, _factors(study, values))


def _factors(study: Study, values: Mapping[str, tuple[str | None, ...]]) -> tuple[Factor, ...]:
    plan = study.plan
    if plan is None:
        return ()
    words = {id: tuple(level.name for level in _levels(study, id)) for id in values}
    return tuple(Factor(id, plan.subgroup(id).name, own, words[id]) for id, own in values.items())


def _levels(study: Study, id: str) -> list[Level]:
    """The groups of a subgroup that a control can share."""
    known = [one.id for one in study.plan.subgroups if one.of is not Of.SITE] if study.plan else []
    if study.plan is None or id not in known:
        raise CommandRefused(
            f"the plan has no subgroup {id!r} that a control can share",
            where="covariates",
            do=f"choose from {', '.join(known) or 'a study file with a plan'}",
        )
    return possible(study, study.plan.subgroup(id))


def _rows(file: BinaryIO, name: str, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line that is not empty, with its number counted from 1, by column."""
    try:
        text = io.StringIO(file.read().decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            f"byte {error.start + 1} is not UTF-8", where=name, do="save the table as CSV in UTF-8"
        ) from None
    lines = csv.reader(text)
    header = [cell.strip() for cell in next(lines, [])]
    absent = [column for column in needed if header.count(column) != 1]
    if absent:
        raise InputRefused(
            f"the header has not exactly one column {', '.join(absent)}",
            where=f"{name}, line 1",
            do=f"name the columns {', '.join(needed)} (seen: {', '.join(header) or 'nothing'})",
        )
    for cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise InputRefused(
                f"{len(cells)} cells under a header of {len(header)}",
                where=f"{name}, line {lines.line_num}",
                do="give every line one cell for each column",
            )
        yield lines.line_num, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}


def _yes(word: str, where: str) -> bool | None:
    if not word:
        return None
    if word.lower() in _YES | _NO:
        return word.lower() in _YES
    raise InputRefused(f"{word!r} is no answer", where=where, do="write yes, no, or nothing for unknown")


def _level(levels: Sequence[Level], word: str, where: str) -> str | None:
    if not word:
        return None
    for level in levels:
        if word.lower() in (level.id.lower(), level.name.en.lower(), level.name.zh.lower()):
            return level.name.en
    raise InputRefused(
        f"{word!r} is none of the groups",
        where=where,
        do=f"write one of: {', '.join(level.name.en for level in levels)}; or nothing for unknown",
    )
