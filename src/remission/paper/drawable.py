"""A result that plots itself."""

from abc import ABC, abstractmethod

from remission.paper.charts import Chart
from remission.paper.words import Format, Language
from remission.terms.words import Text

_NOBODY = Text("", "")


class Drawable(ABC):
    """A result that plots itself: it says its chart once, and has it as SVG or PNG."""

    __slots__ = ()

    @abstractmethod
    def chart(self) -> Chart:
        """What it draws."""

    def plot(
        self,
        *,
        about: Text = _NOBODY,
        simulated: bool = False,
        language: Language = "en",
        format: Format = "svg",
    ) -> bytes:
        """The figure; `about` is the line under its title: whose data, which design."""
        from remission.paper.draw_charts import draw_chart

        return draw_chart(self.chart(), about, simulated=simulated, language=language, format=format)
