"""What was promised, and the check of it.

A study file (TOML) becomes one frozen tree, `Study`; criteria become expressions with three-valued
answers; `check` holds the tree against the registry record by general rules.

Units: days are protocol days (day 1 = first day of induction), levels fractions of cells, weights kg,
body surface m2, infusion rates in the unit the study file names (UCUM).
"""
