"""The day on which a file says that it was acquired."""

import re
from collections.abc import Mapping
from datetime import date

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_DAY_FIRST = re.compile(r"([0-9]{1,2})[- ]([A-Za-z]{3})[- ]([0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[- ]([A-Za-z]{3}|[0-9]{2})[- ]([0-9]{2})")
_TURN = 70  # years of two digits: 70 is 1970, 69 is 2069; no instrument wrote FCS before


def acquired_on(keywords: Mapping[str, str]) -> date | None:
    """The day of acquisition; None where the file does not say, or not in a way that can be read.

    `$BEGINDATETIME` of FCS 3.2 (ISO 8601), else `$DATE`: `02-SEP-2009` as the standard has it, and as
    instruments write it, `24-Apr-12`, `2013-Jul-19`, `2013-07-19`. A day and a month in figures alone are not
    guessed.
    """
    stated = keywords.get("$BEGINDATETIME", "").strip()[:10]
    return _read(stated) or _read(keywords.get("$DATE", "").strip())


def _read(said: str) -> date | None:
    if found := _DAY_FIRST.fullmatch(said):
        day, month, year = found.groups()
    elif found := _YEAR_FIRST.fullmatch(said):
        year, month, day = found.groups()
    else:
        return None
    number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
    whole = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < _TURN else 1900)
    try:
        return date(whole, number, int(day))
    except ValueError:
        return None
