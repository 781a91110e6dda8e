from decimal import Decimal

import pytest

from remission.errors import DoseHeld, InputRefused
from remission.pharmacology.premedication import premedication
from remission.protocol.study import Treatment


# 5 mg/m2, at most 20 mg; before a restart only after 4 h and more.
@pytest.mark.parametrize(
    ("before", "pause", "surface", "amount"),
    [
        ("first_dose", None, "0.7", "3.5"),
        ("first_dose", None, "1.2345", "6.17"),
        ("first_dose", None, "4.2", "20"),
        ("step_up", None, "1", "5"),
        ("restart", "4", "1", "5"),
        ("restart", "3.999", "1", None),
        ("restart", "0", "1", None),
        ("restart", "167", "1", "5"),
    ],
)
def test_what_is_due(
    treatment: Treatment, before: str, pause: str | None, surface: str, amount: str | None
) -> None:
    due = premedication(
        treatment,
        before=before,
        pause_hours=None if pause is None else Decimal(pause),
        body_surface=Decimal(surface),
    )
    assert [one.amount for one in due] == ([] if amount is None else [Decimal(amount)])
    assert all((one.drug, one.unit, one.before) == ("dexamethasone", "mg", before) for one in due)


def test_nothing_is_due_where_the_study_has_no_premedication(single: Treatment) -> None:
    assert premedication(single, before="first_dose", pause_hours=None, body_surface=None) == ()


def test_unknown_is_never_taken_for_nothing_due(treatment: Treatment) -> None:
    with pytest.raises(InputRefused, match="length of the pause is not known"):
        premedication(treatment, before="restart", pause_hours=None, body_surface=Decimal(1))
    for wrong in ("-1", "NaN"):
        with pytest.raises(InputRefused, match=f"length of the pause is {wrong} h"):
            premedication(treatment, before="restart", pause_hours=Decimal(wrong), body_surface=Decimal(1))
    with pytest.raises(InputRefused, match="'breakfast' is not a moment"):
        premedication(treatment, before="breakfast", pause_hours=None, body_surface=Decimal(1))
    with pytest.raises(DoseHeld, match="body surface is not known"):
        premedication(treatment, before="first_dose", pause_hours=None, body_surface=None)
    assert premedication(treatment, before="restart", pause_hours=Decimal(1), body_surface=None) == ()
