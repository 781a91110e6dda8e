"""Where a p0 comes from, and the type I error where it is itself a rate found in so many children."""

from dataclasses import dataclass

from remission.paper.tables import Printable, PrintedTable
from remission.stats.control.control import Control, Evidence, FixedControl
from remission.stats.control.operating import over_histories
from remission.stats.rates.proportions import critical_value
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text

HISTORIES = (100, 300, 1000)
"""Numbers of historical participants that are tried for a p0 without a source."""


@dataclass(frozen=True, slots=True)
class P0Source:
    """The `responders` `of` participants that a p0 is the rate of, and where that was read."""

    responders: int
    of: int
    citation: str

    def control(self, p0: float) -> FixedControl:
        """The same as a control. Refuses a p0 that is not their rate, counts that cannot be, no citation."""
        return Control.fixed(
            p0=p0, responders=self.responders, of=self.of, source=self.citation, evidence=Evidence.DERIVED
        )


@dataclass(frozen=True, slots=True)
class UncertainP0(Printable):
    """Type I error of the exact test in `n` against a p0 that is the rate of so many, drawn anew each time.

    `sizes`: pairs of that number and the error; one pair where there is a source, else of those tried.
    `known`: where p0 is known. `looks`: the design has looks, which are not in these numbers.
    """

    p0: float
    n: int
    alpha: float
    source: P0Source | None
    known: float
    sizes: tuple[tuple[int, float], ...]
    looks: bool

    def printed(self) -> PrintedTable:
        """One row for each number of historical participants, and one for a p0 known."""
        known = (Text("p0 known", "p0已知"), f"{self.known:.4f}")
        return PrintedTable(
            Text(f"Type I error if p0 = {self.p0:g} is uncertain", f"p0 = {self.p0:g}不确定时的I类错误"),
            (Text("historical participants", "历史对照例数"), Text("type I error", "I类错误")),
            (known, *((str(of), f"{size:.4f}") for of, size in self.sizes)),
            (self.rests_on, self._how),
        )

    @property
    def rests_on(self) -> Text:
        """Where p0 comes from, as a sentence."""
        if self.source is None:
            return Text("p0 is assumed; no source given.", "p0为假设值；未给出来源。")
        seen = f"{self.source.responders}/{self.source.of}"
        return Text(
            f"p0 is the rate of {seen} participants ({self.source.citation}).",
            f"p0为{seen}例的率（{self.source.citation}）。",
        )

    @property
    def sentence(self) -> Text:
        """Where p0 comes from and what that does to type I error."""
        many = [str(of) for of, _ in self.sizes]
        found = [f"{size:.4f}" for _, size in self.sizes]
        test, rests = self._test, self.rests_on
        return Text(
            f"{rests.en} If p0 is the rate found in {_listed(many)} participants, the type I error of "
            f"{test.en} is {_listed(found)}, not {self.known:.4f}.",
            f"{rests.zh}若p0为{'、'.join(many)}例中的所见率，{test.zh}的I类错误"
            f"{'依次' if len(many) > 1 else ''}为{'、'.join(found)}，而非{self.known:.4f}。",
        )

    @property
    def _test(self) -> Text:
        looks = (" without looks", "（不含期中分析）") if self.looks else ("", "")
        return Text(
            f"the exact test in {self.n}{looks[0]} at alpha {self.alpha:g}",
            f"{self.n}例、α {self.alpha:g}的精确检验{looks[1]}",
        )

    @property
    def _how(self) -> Text:
        return Text(
            f"Exact, of {self._test.en}: p0 is found anew in as many each time, their true rate being that "
            "of the treated.",
            f"精确计算；{self._test.zh}：每次以同样例数重新得出p0，其真实率与治疗组相同。",
        )


def uncertain_p0(
    p0: float, n: int, alpha: float, source: P0Source | None = None, *, looks: bool = False
) -> UncertainP0:
    """What the uncertainty of a p0 does to the exact test in n participants.

    Parameters
    ----------
    p0, n, alpha
        Of the test.
    source : P0Source, optional
        Without one p0 is assumed, and histories of 100, 300 and 1000 are tried.
    looks : bool
        Whether the design has looks; said, not counted.

    Raises
    ------
    InputRefused
        For a source whose rate is not p0, counts that cannot be, or no citation.
    """
    controls = [source.control(p0)] if source else [_invented(p0, of) for of in HISTORIES]
    sizes = tuple(
        (one.of, over_histories(one, n, one.seen if source else p0, alpha=alpha)) for one in controls
    )
    critical = critical_value(n, p0, alpha)
    known = 0.0 if critical is None else binomial_at_least(critical, n, p0)
    return UncertainP0(p0, n, alpha, source, known, sizes, looks)


def _invented(p0: float, of: int) -> FixedControl:
    responders = round(p0 * of)
    return Control.fixed(
        p0=responders / of if 0 < responders < of else p0,
        responders=responders,
        of=of,
        source="drawn anew each time",
        evidence=Evidence.ASSUMED,
    )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
