"""What a design does when it meets a truth: exactly where the outcomes can be counted, else by trials played.

Truth
    One rate; or children: strata, the true level of disease in each, and the tests that look for it.
Exact
    By enumeration or quadrature. It has no Monte-Carlo error and no number of trials.
Simulated
    By virtual trials, with its standard error and 95 % interval. Seed, trial and child name the random
    numbers, so that equal seeds give equal numbers on any number of cores.

Rates, shares and chances are fractions; levels of disease fractions of cells, their means and spreads
powers of ten; days are days.
"""
