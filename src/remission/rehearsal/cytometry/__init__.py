"""SIMULATED marrow in a flow cytometer: events as an instrument stores them, and the truth of each.

Level: log10 of the light that a marker's dye gives on its own detector, on a scale with its top at 262144.
Path: how levels change while a cell matures. Kind: a stretch of a path that has a name of its own; the truth
of an event is its kind. Person: what is particular to a marrow's owner; day: to an instrument on one day.
Clone: a leukaemia, the same cells in every sample of a child. Fraction: blasts among single nucleated cells.

Every file name, keyword and table says SIMULATED. What is invented is listed on the page of this room.
"""
