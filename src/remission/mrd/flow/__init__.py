"""Residual disease by flow cytometry: from the events of an FCS file to a level with its limits.

Event: what the instrument saw of one particle. Parameter: one number of each event; it has a short name
(`$PnN`, the channel) and often a long one (`$PnS`, which names the marker). Raw: the number as stored.
Scale value: the number on a linear scale (log amplification undone, gain divided out), as Gating-ML wants it.

Spillover: the share of one dye's light that another's detector sees; compensation undoes it. Spectrum
matrix: rows are fluorochromes, columns are detectors. Scale: how a value is drawn and gated (logicle, ...);
most scales put the top of the instrument's range at 1.

Gate: a rule that picks events. Population: the events in a gate and in all its parents; its path names them
from the root, `nucleated/singlets/B`. Strategy: a tree of gates on markers, versioned and hashed. Panel:
which channel carries which marker. Adjustment: a gate moved for one sample, by whom and why.

Found: events of the population that stands for disease. Denominators: other populations of the tree; which
one a level refers to is said, always. Levels are fractions of cells (1e-4 is 0.01 %). Positions in files are
bytes, counted from 0 as FCS itself counts them; parameters, data sets and events are counted from 1 in
messages.
"""
