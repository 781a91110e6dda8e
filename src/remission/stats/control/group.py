"""Children of one group, one by one."""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.stats.adjusting.people import Covariate


@dataclass(frozen=True, slots=True)
class Group:
    """Children of one group: whether each responded (None: unknown) and what was known before treatment.

    `cannot_change`: for each child, an outcome that treatment cannot change (a negative control), if there is
    one; None for a child: unknown.

    Raises
    ------
    InputRefused
        For nobody, or columns of unequal length.
    """

    responded: tuple[bool | None, ...]
    covariates: tuple[Covariate, ...]
    cannot_change: tuple[bool | None, ...] | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.responded), *(len(covariate.values) for covariate in self.covariates)}
        lengths |= set() if self.cannot_change is None else {len(self.cannot_change)}
        if lengths != {len(self.responded)} or not self.responded:
            raise InputRefused(
                f"{len(self.responded)} children, columns of {sorted(lengths)}",
                where="children of a group",
                do="give at least one child, and every column one entry for each",
            )
