"""Methods on counts and arrays, with no word of a trial in them.

Proportions, probabilities and confidence levels are fractions (0.95 is 95 %). Times are in whatever
unit they came in, one unit per call, counted from each person's own origin. Intervals are two-sided
unless the name says otherwise. Missing is `None`, never NaN.
"""
