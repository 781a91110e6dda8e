"""Rehearse: make a simulated trial in a folder, play it, and hold what it found against the truth."""

import json
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path

from remission import __version__
from remission.errors import Missing
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.rehearsal import folder as place
from remission.rehearsal.desk import Story
from remission.rehearsal.play import Progress, Rehearsal, play
from remission.rehearsal.population import FILE, Population, check_fits, read_population
from remission.rehearsal.report import Report, report
from remission.rehearsal.script import Script
from remission.terms.actors import Actor, Role
from remission.terms.ids import SubjectId
from remission.trial.trial import By, Trial


def reuse(
    script: Script,
    seed: int,
    folder: Path,
    *,
    participants: int | None = None,
    until: date | None = None,
    reads: bool = False,
) -> bool:
    """Whether the folder holds this very rehearsal, finished, by this version of Remission."""
    study, _ = _read(script)
    return place.holds(folder, _key(script, study, seed, participants, until, reads=reads))


def rehearse(
    script: Script,
    seed: int,
    folder: Path,
    *,
    participants: int | None = None,
    until: date | None = None,
    reads: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Create a simulated trial in `folder`, play it to its end, report; equal arguments give equal bytes.

    Parameters
    ----------
    script : Script
        Study, record and population.
    seed : int
        0 or more.
    folder : Path
        Empty, or one that holds a rehearsal, which is replaced.
    participants : int, optional
        How many to enrol; by default as many as the study plans.
    until : date, optional
        Data cut-off; by default the end of follow-up in the study file.
    reads : bool
        Measure an endpoint sample for real by sequencing, and one by flow: simulated reads and events, and
        the laboratory's own engines.
    progress : callable, optional
        Told each simulated day.

    Raises
    ------
    StudyRefused
        If study or population cannot be carried out.
    StoreRefused
        If the folder holds something else.
    """
    study, population = _read(script)
    key = _key(script, study, seed, participants, until, reads=reads)
    place.begin(folder, key)
    starts = datetime.combine(population.recruitment.starts, time(), UTC)
    by = By(Actor("rehearsal", Role.REHEARSAL), starts)
    trial = Trial.create(folder, study=script.study, record=script.record, by=by, simulated=True)
    rehearsal = play(
        trial, population, seed,
        places=key.participants, until=until or study.follow_up.until, progress=progress, reads=reads,
    )  # fmt: skip
    said = report(rehearsal)
    _write(folder / place.TRUTH, _truth(rehearsal))
    _write(folder / place.REPORT, said.as_json())
    place.finish(folder, key, head=said.ledger_head, entries=said.ledger_entries)
    return said


def kept_report(folder: Path) -> dict[str, object]:
    """The report, as JSON values, that a finished rehearsal left in its folder.

    Raises
    ------
    Missing
        If there is none.
    """
    try:
        return json.loads((folder / place.REPORT).read_bytes())
    except FileNotFoundError:
        raise Missing("no rehearsal was finished here", where=str(folder), do="rehearse first") from None


def _read(script: Script) -> tuple[Study, Population]:
    study = read_study(BytesIO(script.study), name="study file")
    population = read_population(BytesIO(script.population), name=FILE)
    check_fits(study, population)
    return study, population


def _key(
    script: Script, study: Study, seed: int, participants: int | None, until: date | None, *, reads: bool
) -> place.Key:
    number = participants or study.design.participants
    cut = str(until or study.follow_up.until)
    return place.key_of(study.id, script.study, script.population, seed, number, cut, __version__, reads)


def _write(path: Path, said: dict[str, object]) -> None:
    text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _truth(rehearsal: Rehearsal) -> dict[str, object]:
    children = [_truth_of(id, story) for id, story in sorted(rehearsal.stories.items())]
    return {"schema_version": 1, "simulated": True, "seed": rehearsal.seed, "participants": children}


def _truth_of(id: SubjectId, story: Story) -> dict[str, object]:
    child = story.child
    return {
        "participant": str(id),
        "answers": dict(child.answers),
        "hidden": sorted(child.hidden),
        "happened_before": [
            {"kind": item.kind, "first": str(item.first), "last": str(item.last), "purpose": item.purpose}
            for item in child.happenings
        ],
        "judged_on": None if story.judged_on is None else str(story.judged_on),
        "shut_out_by": list(story.shut_out),
        "course": story.course,
        "escape": child.escape,
        "levels": story.levels,
        "happened": [{"on": str(on), "what": what} for on, what in story.happened],
    }
