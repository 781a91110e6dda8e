"""Words every room shares; standard library only.

Days: day 1 is the first day of induction, there is no day 0, the day before day 1 is day -1.
Levels of disease are fractions of cells (1e-4 = 0.01 %). Times are UTC.
"""
