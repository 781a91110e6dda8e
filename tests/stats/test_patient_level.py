"""A control known child by child: joined, left out, refused, concluded."""

import pytest

from remission.errors import InputRefused
from remission.stats.adjusting.people import Factor, Measured
from remission.stats.control.control import Control, Evidence, PatientControl, Source
from remission.stats.control.group import Group
from remission.stats.control.patient_level import against_people
from remission.terms.words import Text

SOURCE = Source("invented for this test", Evidence.ASSUMED)
BAND = Text("day-19 band", "第19天分层")


def group(cells: dict[str, tuple[int, int]], unknown: int = 0, negative: bool = False) -> Group:
    """Children by band: (responders, of), then so many of the first band without an outcome."""
    responded: list[bool | None] = []
    bands: list[str | None] = []
    for band, (yes, of) in cells.items():
        responded += [True] * yes + [False] * (of - yes)
        bands += [band] * of
    responded += [None] * unknown
    bands += [next(iter(cells))] * unknown
    other = tuple(place % 2 == 0 for place in range(len(bands))) if negative else None
    return Group(tuple(responded), (Factor("band", BAND, tuple(bands)),), other)


CONTROL = Control.patient_level(
    group=group({"high": (40, 100), "low": (180, 200)}, unknown=7), source=SOURCE.citation, evidence="assumed"
)
TRIAL = group({"high": (48, 60), "low": (28, 30)}, unknown=2)


def test_the_mix_of_strata_is_taken_from_the_trial_and_the_unknown_are_counted() -> None:
    found = against_people(CONTROL, TRIAL, standardised_by=["band"])
    primary = found.adjusted.primary
    assert primary.control == pytest.approx(2 / 3 * 0.4 + 1 / 3 * 0.9)  # type: ignore[union-attr]
    assert found.left_out == (2, 7)
    assert found.above is True
    words = found.text()
    assert "by standardised to the trial: above the control" in words
    assert "2 of the trial, 7 of the control. If that depends" in words
    assert "invented for this test (assumed)" in words
    assert "高于对照" in found.text("zh")
    assert found.plot()[:4] == b"<svg"


def test_a_crude_advantage_that_is_only_the_mix_is_not_taken_for_an_effect() -> None:
    """The trial has mostly the good band: crude 85 % against 60 %, within bands the same."""
    control = PatientControl(group({"high": (80, 200), "low": (90, 100)}), SOURCE)
    trial = group({"high": (4, 10), "low": (72, 80)})
    found = against_people(control, trial, standardised_by=["band"])
    crude, primary = found.adjusted.effects[0], found.adjusted.primary
    assert crude.difference.interval is not None  # type: ignore[union-attr]
    assert crude.difference.interval.lower > 0.15  # type: ignore[union-attr]
    assert primary.difference.value == pytest.approx(0.0, abs=1e-12)  # type: ignore[union-attr]
    assert found.above is False


def test_where_everybody_responds_nothing_is_concluded_by_a_variance_of_zero() -> None:
    trial = group({"high": (60, 60), "low": (30, 30)})
    found = against_people(CONTROL, trial, standardised_by=["band"])
    assert found.above is None
    assert "cannot be told" in found.text()


def test_a_negative_control_is_shown_beside() -> None:
    found = against_people(
        PatientControl(group({"high": (40, 100), "low": (180, 200)}, negative=True), SOURCE),
        group({"high": (48, 60), "low": (28, 30)}, negative=True),
        standardised_by=["band"],
    )
    assert len(found.adjusted.negative_control) == len(found.adjusted.effects)
    assert "negative control: standardised" in found.text()


def test_refusals() -> None:
    with pytest.raises(InputRefused, match="'memory'"):
        Control.patient_level(group=TRIAL, source="recalled", evidence="memory")
    with pytest.raises(InputRefused, match="one group only"):
        against_people(CONTROL, group({"high": (1, 2), "low": (1, 2)}, negative=True))
    other = Group((True, False), (Measured("band", BAND, (1.0, 2.0)),))
    with pytest.raises(InputRefused, match=r"covariates \['band'\]"):
        against_people(CONTROL, other)
    with pytest.raises(InputRefused, match="0 children of the trial"):
        against_people(CONTROL, Group((None,), (Factor("band", BAND, ("high",)),)))
    with pytest.raises(InputRefused, match="children"):
        Group((), ())
    partly = Group((True, False), (Factor("band", BAND, ("high", "low")),), (True, None))
    full = PatientControl(group({"high": (40, 100), "low": (180, 200)}, negative=True), SOURCE)
    with pytest.raises(InputRefused, match="without the negative-control outcome") as refused:
        against_people(full, partly)
    assert "trial, child 2" in str(refused.value)
