"""Every refusal we make on purpose: what happened, where, and what to do.

The type says whose fault it is. `InputRefused`: the file or value given. `StudyRefused`: the study
file. `ActRefused`: the act asked for, at this stage, by this person. `StoreRefused`: the ledger or the
kept files are not what they were. `CommandRefused`: the command line (exit status 2).
"""


class Refusal(Exception):
    """A refusal made on purpose; its text ends with a remedy.

    Parameters
    ----------
    what : str
        What happened, quoting the value.
    where : str
        The file and position (counted from 1), the participant and day, or the table and row.
    do : str
        What the person can do about it.
    """

    exit_status = 1

    def __init__(self, what: str, *, where: str, do: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        return f"{self.what}\n  where: {self.where}\n  do:    {self.do}"

    def __reduce__(self) -> tuple[object, ...]:
        return (_again, (type(self), self.what, self.where, self.do))


def _again(kind: type[Refusal], what: str, where: str, do: str) -> Refusal:
    return kind(what, where=where, do=do)


class CommandRefused(Refusal):
    """The command line cannot be carried out as written."""

    exit_status = 2


class InputRefused(Refusal):
    """A file or value from outside is not what it must be."""


class WrongEncoding(InputRefused):
    """The bytes are not the text encoding the format demands."""


class Malformed(InputRefused):
    """The syntax is broken; the place is named."""


class Truncated(InputRefused):
    """The file ends before its content does."""


class TooLarge(InputRefused):
    """The file, line or nesting is larger than the reader accepts."""


class Hostile(InputRefused):
    """The file asks for something a record never needs: entities, external files, bombs."""


class UnknownFormat(InputRefused):
    """No reader knows this kind of file."""


class InvariantBroken(InputRefused):
    """The content contradicts itself (sums, counts, order of dates)."""


class StudyRefused(Refusal):
    """A study file that cannot be carried out, or that contradicts itself."""

    def __init__(self, what: str, *, where: str, do: str, rule: str = "study-file") -> None:
        super().__init__(what, where=where, do=do)
        self.rule = rule

    def __reduce__(self) -> tuple[object, ...]:
        return (_study_again, (self.what, self.where, self.do, self.rule))


def _study_again(what: str, where: str, do: str, rule: str) -> StudyRefused:
    return StudyRefused(what, where=where, do=do, rule=rule)


class ActRefused(Refusal):
    """The act is not allowed by protocol, stage or facts."""


class WrongStage(ActRefused):
    """The act cannot happen at the participant's stage."""


class NotEligible(ActRefused):
    """A criterion is not met, or not yet known; enrolment is held."""


class DoseHeld(ActRefused):
    """No dose can be ordered; the rule that holds it is named."""


class NotAllowed(ActRefused):
    """This role, or this site, may not do this."""


class NotFound(ActRefused):
    """No such participant, sample, number, site or trial."""


class StoreRefused(Refusal):
    """The ledger or the kept files refuse, or are not what they were."""


class LedgerMoved(StoreRefused):
    """Somebody else wrote about this participant in between; read again and decide again."""


class Immutable(StoreRefused):
    """An entry was to be changed or deleted; the database refuses."""


class Altered(StoreRefused):
    """An entry or file is not the one that was written."""


class Missing(StoreRefused):
    """An entry or file that was written is not there."""


class Reordered(StoreRefused):
    """Entries are not in the order in which they were written."""


class Cut(StoreRefused):
    """The end of the ledger is gone."""
