"""Geometry and words behind the pages."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import translation

from remission.conduct import events as ev
from remission.conduct.course import course_of
from remission.conduct.state import NEXT, Stage
from remission.registry.page_words import SECTIONS
from remission.registry.read import read_record
from remission.registry.words import ABSENT
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId, SubjectId
from remission.trial.trial import By, Trial
from remission.web import mrd_course, telling, timeline, words
from remission.web.desk import Desk
from remission.web.record_blocks import sections

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def desk(small: Path, pages: Callable[[Path], Client]) -> Desk:
    pages(small)
    return Desk(small)


def test_levels_are_drawn_on_a_logarithmic_scale_and_kept_on_the_paper() -> None:
    places = [mrd_course._y(level) for level in (1.0, 1e-2, 1e-4, 1e-6)]
    gaps = [round(lower - upper, 1) for upper, lower in pairwise(places)]
    assert gaps == [56.0, 56.0, 56.0]
    assert mrd_course._y(0.0) == mrd_course._y(1e-9) == mrd_course._y(1e-7)


def test_the_time_line_passes_over_the_missing_day_zero(desk: Desk) -> None:
    participant = desk.trial.participant(SubjectId("01-001"))
    paper = timeline._Paper(desk.trial.study, participant, date(2026, 3, 1), ZONE, -3, 50)
    assert paper.x(1) - paper.x(-1) == timeline.DAY
    assert (
        paper.at(datetime(2026, 3, 1, 4, 0, tzinfo=UTC)) == paper.x(1) + timeline.DAY / 2
    )  # noon in Shanghai


def test_the_drug_ran_between_the_pauses(desk: Desk) -> None:
    trial = desk.trial
    course = course_of(trial.study, trial.participant(SubjectId("01-001")), at=desk.at)
    hours = [(end - start).total_seconds() / 3600 for start, end in timeline.segments(course, desk.at)]
    assert hours == [48.0, 288.0]
    assert sum(hours) == course.infused_hours


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_entry_of_the_small_trial_can_be_told(desk: Desk, language: str) -> None:
    study = desk.trial.study
    with translation.override(language):
        for subject in desk.trial.participants():
            for item in desk.trial.raw(subject):
                event = item.event
                told = f"{telling.named(event, study)} {telling.details(event, study, ZONE)}"
                assert told.strip()
                assert type(event).__name__ not in told or isinstance(event, ev.Enrolled)
                assert "Decimal(" not in told and "datetime" not in told


def test_every_kind_of_event_stage_and_field_has_words() -> None:
    kinds = get_args(ev.Event)
    assert {kind.__name__ for kind in kinds} == set(words.KINDS)
    assert {str(stage) for stage in NEXT if stage is not Stage.UNKNOWN} <= set(words.WORDS)
    shown_otherwise = {"fact", "list", "result", "judgements", "calls"}
    names = {field.name for kind in kinds for field in fields(kind)} - shown_otherwise
    assert names == set(words.FIELDS)


def test_a_section_the_record_lacks_is_not_shown_and_an_empty_one_is(desk: Desk) -> None:
    record = desk.trial.record
    shown = {section.key: section for section in sections(record)}
    assert shown["description"].blocks == ()
    assert record.oversight is ABSENT
    assert len(shown["sponsors"].blocks) == 12
    assert len(shown["references"].blocks) == 20
    assert [block.title for block in shown["eligibility"].blocks] == [
        "Inclusion Criteria",
        "Exclusion Criteria",
        "",
    ]


def test_a_rehearsals_clock_stands_at_its_last_entry(desk: Desk, empty: Path) -> None:
    last = list(desk.trial.ledger.entries())[-1]
    assert desk.at == datetime.fromisoformat(last.recorded_at)
    assert abs((Desk(empty).at - datetime.now(UTC)).total_seconds()) < 60


def test_what_was_gathered_is_kept_until_the_ledger_grows(fresh: Path) -> None:
    desk = Desk(fresh)
    before = desk.results()
    assert desk.results() is before
    by = By(Actor("Shen", Role.SPONSOR), datetime.now(UTC))
    Trial.open(fresh).activate_site(by, SiteId("02"))
    assert desk.results() is not before


def test_records_of_other_shapes_are_shown_too(desk: Desk) -> None:
    sentence = next(section.sentence for section in SECTIONS if section.key == "conditions")
    page = f"A trial\n\nNCT ID: NCT00000001\n\nConditions\n\n{sentence}\n\nA disease\n".encode()
    found = sections(read_record(BytesIO(page), "page").record)
    assert [(section.key, [block.title for block in section.blocks]) for section in found] == [
        ("results", []),
        ("conditions", ["A disease"]),
    ]
