"""Names of things: participants, sites, samples, studies. Checked on birth, compared by value."""

import re
from typing import ClassVar, Self

from remission.errors import InputRefused


class _Id(str):
    """A string of one shape; the shape and an example live in the class."""

    __slots__ = ()
    shape: ClassVar[re.Pattern[str]]
    example: ClassVar[str]

    def __new__(cls, text: str) -> Self:
        if not cls.shape.fullmatch(text):
            raise InputRefused(
                f"{text!r} is not a {cls.__name__}",
                where=f"{cls.__name__}",
                do=f"write it like {cls.example!r}",
            )
        return super().__new__(cls, text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class StudyId(_Id):
    """A registry number in small letters, the name of the study's folder."""

    __slots__ = ()
    shape = re.compile(r"[a-z][a-z0-9-]{2,40}")
    example = "nct06607419"


class SiteId(_Id):
    """A hospital's number within the trial."""

    __slots__ = ()
    shape = re.compile(r"[0-9]{2,3}")
    example = "03"


class SubjectId(_Id):
    """A participant's pseudonym: site, hyphen, running number at that site."""

    __slots__ = ()
    shape = re.compile(r"[0-9]{2,3}-[0-9]{3,5}")
    example = "03-007"

    @property
    def site(self) -> SiteId:
        """The site in which the participant was first registered."""
        return SiteId(self.split("-")[0])

    @classmethod
    def numbered(cls, site: SiteId, number: int) -> "SubjectId":
        """The `number`-th participant of `site`, counted from 1."""
        return cls(f"{site}-{number:03d}")


class SampleId(_Id):
    """A tube's label."""

    __slots__ = ()
    shape = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
    example = "03-007-d46-1"
