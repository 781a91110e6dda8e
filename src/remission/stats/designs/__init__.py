"""Designs of trials with a yes-or-no endpoint, exact by enumeration, and inference after they stopped.

`n` counts participants with an answer, cumulative over looks; `responders` likewise. A trial stops for
futility at or below a count, and for efficacy at or above one. `alpha` is one-sided.
"""
