"""Every event to JSON text and back, unchanged; and nothing read that is not exactly an event."""

import json
import typing
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.conduct import events as ev
from remission.conduct.writing import KINDS, from_text, to_text
from remission.errors import InvariantBroken
from remission.mrd.result import (
    COUNTS_ONLY,
    Denominator,
    Method,
    MrdResult,
    from_flow_counts,
    from_ngs_counts,
)
from remission.terms.evidence import Evidence, FileRef
from remission.terms.ids import SampleId

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
EVIDENCE = st.builds(
    Evidence,
    TEXT,
    TEXT,
    st.tuples(st.builds(FileRef, TEXT, st.just("0a" * 32), st.integers(0, 10**12))),
    simulated=st.booleans(),
)


@st.composite
def results(draw: st.DrawFn) -> MrdResult:
    cells = draw(st.integers(1000, 10**8))
    evidence, flags = draw(EVIDENCE), (COUNTS_ONLY, draw(TEXT))
    if draw(st.booleans()):
        templates = draw(st.one_of(st.integers(0, 500), st.floats(0.001, 500)))
        return from_ngs_counts(templates, cells, evidence, loq_templates=10, flags=flags)
    found, counted = draw(st.integers(0, min(cells, 5000))), (Denominator("all", cells),)
    return from_flow_counts(found, counted, "all", evidence, flags=flags)


st.register_type_strategy(SampleId, st.from_regex(SampleId.shape, fullmatch=True).map(SampleId))
st.register_type_strategy(MrdResult, results())
st.register_type_strategy(Evidence, EVIDENCE)
st.register_type_strategy(FileRef, st.builds(FileRef, TEXT, st.just("0a" * 32), st.integers(0, 10**12)))
st.register_type_strategy(
    Decimal, st.decimals(Decimal("0.0001"), Decimal(10**6), allow_nan=False, allow_infinity=False)
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5))])
SECONDS = st.integers(946_684_800, 4_070_908_800)  # from 2000 to 2099
INSTANTS = st.builds(
    lambda seconds, part, zone: datetime.fromtimestamp(seconds, zone).replace(microsecond=part),
    SECONDS,
    st.integers(0, 999_999),
    ZONES,
)
st.register_type_strategy(datetime, INSTANTS)
EVENTS = st.one_of([st.from_type(kind) for kind in KINDS.values()])


@given(EVENTS)
def test_an_event_comes_back_as_it_was(event: ev.Event | ev.TrialEvent) -> None:
    text = to_text(event)
    again = from_text(type(event).__name__, text, where="here")
    assert again == event and type(again) is type(event)
    assert to_text(again) == text  # the same bytes, so the same hash


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_comes_back(kind: str) -> None:
    @given(st.from_type(KINDS[kind]))
    def there_and_back(event: ev.Event) -> None:
        assert from_text(kind, to_text(event), where="here") == event

    there_and_back()


def test_the_method_of_a_result_is_a_method_again() -> None:
    result = from_ngs_counts(3, 3_000_000, Evidence("m", "1"), loq_templates=10, flags=(COUNTS_ONLY,))
    text = to_text(ev.MrdReported(SampleId("s"), "d46", result, date(2026, 4, 15)))
    read = from_text("MrdReported", text, where="here")
    assert isinstance(read, ev.MrdReported) and type(read.result.method) is Method
    with pytest.raises(InvariantBroken):
        from_text("MrdReported", text.replace('"ngs"', '"nonsense"'), where="here")


def test_every_event_class_is_written() -> None:
    assert set(KINDS.values()) == {*typing.get_args(ev.Event), *typing.get_args(ev.TrialEvent)}


def test_the_words_of_the_ledger_do_not_drift() -> None:
    event = ev.PremedicationGiven(
        "dexamethasone",
        Decimal("4.180"),
        "mg",
        datetime(2026, 3, 29, 9, tzinfo=timezone(timedelta(hours=8))),
        "restart",
    )
    assert to_text(event) == (
        '{"drug":"dexamethasone","amount":"4.180","unit":"mg","at":"2026-03-29T01:00:00.000000Z","before":"restart"}'
    )


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_word_too_many_or_one_too_few_is_refused(kind: str) -> None:
    @given(st.from_type(KINDS[kind]))
    def altered(event: ev.Event) -> None:
        words = json.loads(to_text(event))
        with pytest.raises(InvariantBroken):
            from_text(kind, json.dumps({**words, "more": 1}), where="here")
        first = fields(event)[0].name
        with pytest.raises(InvariantBroken):
            from_text(kind, json.dumps({key: words[key] for key in words if key != first}), where="here")

    altered()


TOXICITY = {
    "id": "T1", "term": "crs", "system": "s", "grade": 3, "began": "2026-03-30", "serious": True,
    "related": "yes", "components": [],
}  # fmt: skip
ORDER = json.loads(
    to_text(
        ev.DoseOrdered(
            date(2026, 3, 28),
            "course",
            "d",
            Decimal("12.5"),
            "ug/d",
            "full",
            Decimal(21),
            None,
            None,
            "label",
        )
    )
)
WRONG = [
    *(("ToxicityReported", {**TOXICITY, "serious": value}) for value in (None, "false", "no", 0, 1)),
    *(("ToxicityReported", {**TOXICITY, "grade": value}) for value in (None, "3", 3.0, 3.7, True)),
    *(("ToxicityReported", {**TOXICITY, "began": value}) for value in (None, "", 20260330, "30.3.2026")),
    *(("ToxicityReported", {**TOXICITY, "term": value}) for value in (None, 5, ["crs"])),
    *(("DoseOrdered", {**ORDER, "amount": value}) for value in (None, 12.5, "NaN", "Infinity", "12,5", "")),
    ("FollowedUp", {"on": "2026-06-01", "in_remission": "false"}),
    ("InfusionStarted", {"at": "2026-03-29T01:00:00", "step": "course"}),  # whose clock?
    ("InfusionStarted", {"at": 5, "step": "course"}),
    ("MarrowTaken", {"sample": "a b", "point": "d19", "on": "2026-03-19"}),
    ("MarrowTaken", {"sample": None, "point": "d19", "on": "2026-03-19"}),
    ("FoundEligible", {"on": "2026-03-26", "judgements": {"a": 1}}),
    ("NoSuchEvent", {}),
]


@pytest.mark.parametrize(("kind", "words"), WRONG)
def test_nothing_is_converted_in_reading(kind: str, words: dict[str, object]) -> None:
    with pytest.raises(InvariantBroken) as refused:
        from_text(kind, json.dumps(words), where="ledger entry 7")
    assert refused.value.where == "ledger entry 7" and kind in refused.value.what


@pytest.mark.parametrize("text", ["", "[]", "3", "null", '"Died"', "{", "[" * 100_000])
def test_text_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InvariantBroken):
        from_text("Died", text, where="here")


def test_not_known_stays_not_known() -> None:
    event = ev.FollowedUp(date(2026, 6, 1), None)
    assert from_text("FollowedUp", to_text(event), where="here") == event
