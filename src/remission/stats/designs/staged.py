"""A trial in stages with one yes-or-no endpoint, and exactly what it does under any true rate.

The common currency of this room: every design for one rate, however it was found, is a `Staged`.
"""

from dataclasses import dataclass

from remission.errors import InputRefused


@dataclass(frozen=True, slots=True)
class Look:
    """Stop for futility with at most `futility` responders of `n`, for efficacy with at least `efficacy`.

    Both counts are cumulative; None: no such stop at this look.
    """

    n: int
    futility: int | None
    efficacy: int | None


@dataclass(frozen=True, slots=True)
class Staged:
    """Looks in order of `n`; the last decides (its `efficacy` is `futility` + 1).

    Raises
    ------
    InputRefused
        For looks out of order, counts that cannot be, boundaries that cross, or a last look that decides
        nothing.
    """

    looks: tuple[Look, ...]

    def __post_init__(self) -> None:
        before = 0
        for place, look in enumerate(self.looks, start=1):
            low = -1 if look.futility is None else look.futility
            high = look.n + 1 if look.efficacy is None else look.efficacy
            if look.n <= before or not -1 <= low < high <= look.n + 1:
                raise InputRefused(
                    f"{look} after {before} participants",
                    where=f"look {place}",
                    do="give looks at growing n, futility below efficacy, both from 0 to n",
                )
            before = look.n
        last = self.looks[-1] if self.looks else None
        if last is None or last.futility is None or last.efficacy != last.futility + 1:
            raise InputRefused(
                f"{last} decides nothing",
                where="the last look",
                do="give it efficacy = futility + 1: the count that rejects, and the one below",
            )

    @property
    def n(self) -> int:
        """The most participants."""
        return self.looks[-1].n


@dataclass(frozen=True, slots=True)
class Operating:
    """What a design does when the true rate is `rate`: exact probabilities.

    `rejects`: it ends in favour (efficacy at any look). `futility` and `efficacy`: stops at each look.
    `expected_n`: the mean number of participants; `early`: the chance to stop before the last look.
    """

    rate: float
    rejects: float
    futility: tuple[float, ...]
    efficacy: tuple[float, ...]
    expected_n: float
    early: float


def operating(design: Staged, rate: float, *, binding: bool = True) -> Operating:
    """The exact operating characteristics at a true rate.

    Parameters
    ----------
    design : Staged
    rate : float
        The true chance to respond, a fraction.
    binding : bool
        False: futility stops before the last look are ignored, as when type I error must hold without them.

    Raises
    ------
    InputRefused
        For a rate outside 0..1.
    """
    if not 0 <= rate <= 1:
        raise InputRefused(f"{rate!r} is not a rate", where="true rate", do="give a fraction from 0 to 1")
    alive: dict[int, float] = {0: 1.0}
    before, futility, efficacy, expected = 0, list[float](), list[float](), 0.0
    for place, look in enumerate(design.looks, start=1):
        for _ in range(look.n - before):
            moved: dict[int, float] = {}
            for count, chance in alive.items():
                moved[count] = moved.get(count, 0.0) + chance * (1 - rate)
                moved[count + 1] = moved.get(count + 1, 0.0) + chance * rate
            alive = moved
        before = look.n
        keeps = binding or place == len(design.looks)
        low = look.futility if keeps and look.futility is not None else -1
        high = look.n + 1 if look.efficacy is None else look.efficacy
        futility.append(sum(chance for count, chance in alive.items() if count <= low))
        efficacy.append(sum(chance for count, chance in alive.items() if count >= high))
        alive = {count: chance for count, chance in alive.items() if low < count < high}
        expected += look.n * (futility[-1] + efficacy[-1])
    early = sum(futility[:-1]) + sum(efficacy[:-1])
    return Operating(rate, sum(efficacy), tuple(futility), tuple(efficacy), expected, early)
