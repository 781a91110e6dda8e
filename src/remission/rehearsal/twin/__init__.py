"""The simulated twin of a study's design: what it would do, computed before any child is enrolled.

Settings
    What the study file and its population file say, as numbers: sizes, rates, tests, children, calendar.
    Each keeps its mark; nearly all are assumed.
Sweep
    Some settings over ranges; every combination is evaluated.
Design rates
    `p0` and `p1` of the study file: rates of *counted responders*. A section that asks what depth or missing
    samples do takes the same numbers as rates *truly* below the threshold, and says so.

What can be enumerated is exact. What is played says its error.
"""
