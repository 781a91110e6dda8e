"""The day of acquisition, as instruments write it."""

from datetime import date

import pytest

from remission.mrd.flow.fcs.dates import acquired_on


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("02-SEP-2009", date(2009, 9, 2)),
        ("24-Apr-12", date(2012, 4, 24)),
        ("23-aug-99", date(1999, 8, 23)),
        (" 2013-Jul-19 ", date(2013, 7, 19)),
        ("2013-07-19", date(2013, 7, 19)),
        ("2-Nov-2017", date(2017, 11, 2)),
        ("03/04/2017", None),
        ("03-04-2017", None),
        ("31-FEB-2017", None),
        ("12-Xyz-2017", None),
        ("2017-13-01", None),
        ("", None),
    ],
)
def test_a_day_is_read_or_not_guessed(said: str, day: date | None) -> None:
    assert acquired_on({"$DATE": said}) == day


def test_the_newer_keyword_goes_first() -> None:
    both = {"$DATE": "02-SEP-2009", "$BEGINDATETIME": "2020-02-03T11:12:13+08:00"}
    assert acquired_on(both) == date(2020, 2, 3)
    assert acquired_on(both | {"$BEGINDATETIME": "yesterday"}) == date(2009, 9, 2)
    assert acquired_on({}) is None
