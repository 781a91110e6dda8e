"""Figures of the results, drawn from the same frozen `Results` as the tables.

`gallery.FIGURES` names them all; each module has `draw(results, language=..., format=...) -> bytes`.
Lengths on a sheet are points from its top left corner (a sheet is 400 points wide); levels of disease
are fractions of cells on a log axis. Text in SVG stays text; equal results give equal bytes. Every figure
can be read without colour, says when its data are simulated, and has a title and a description for
screen readers.
"""
