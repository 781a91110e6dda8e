"""Nothing is converted in reading."""

import pytest

from remission.terms.exactly import exactly, number


@pytest.mark.parametrize(("kind", "value"), [(int, 5), (bool, True), (str, "5")])
def test_what_is_of_the_kind_is_taken_as_it_is(kind: type, value: object) -> None:
    assert exactly(kind)(value, kind) is value


@pytest.mark.parametrize(
    ("kind", "value"), [(int, True), (int, 5.0), (int, "5"), (bool, 1), (bool, "true"), (str, 5), (str, None)]
)
def test_what_is_not_is_refused(kind: type, value: object) -> None:
    with pytest.raises(ValueError, match=f"not of type {kind.__name__}"):
        exactly(kind)(value, kind)


def test_a_number_is_a_number() -> None:
    assert [number(5, None), number(0.5, None)] == [5, 0.5]
    for value in (True, "5", None):
        with pytest.raises(ValueError, match="is not a number"):
            number(value, None)
