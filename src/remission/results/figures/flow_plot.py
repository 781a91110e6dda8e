"""One gate's plot: the parent's events by density, the gate, what lies in it, and the events of disease."""

from remission.results.figures.flow_density import png as png
