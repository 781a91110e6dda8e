"""Rates of one group, of two, and of several strata: intervals, exact tests, differences.

`x` of `n` are counts of people; rates, differences, ratios and levels are fractions. Intervals are two-sided
unless the name says otherwise; every exact method enumerates, none is simulated.
"""
