"""Toxicity: its grade from what was seen, and what the grade does to the treatment.

Grades are whole numbers from 0 (none) to 5 (death). What was not seen is None, never "no": a grade that
hangs on it is given as the span it may have, with the names of what is missing.

Units: counts 10^9/L, oxygen flow L/min, enzymes and bilirubin in the unit of their own upper limit,
ages in completed months, lengths of time in days.

CRS: cytokine release syndrome. ICANS: immune effector cell-associated neurotoxicity syndrome. ICE, CAPD: the
bedside scores for it. ULN, LLN: upper and lower limit of the laboratory's normal range.
"""
