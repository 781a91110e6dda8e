"""What was promised, and the check of it.

A study file (TOML) becomes one frozen tree, `Study`; criteria become expressions with three-valued
answers; `check` holds the tree against the registry record by general rules; `show` prints it.

Trap: what the record leaves open, or says so that it cannot be done; the study file decides about each.
Refusal: why a study cannot be carried out. Model participant: one who has had exactly the therapy that the
study presupposes. Trigger: the level of disease at which a risk group may enter. Anchor: the day from which a
look-back is counted.

Units: days are protocol days (day 1 = the day of the study's `day_one` question), levels fractions of cells,
weights kg, body surface m2, doses and infusion rates in the unit the study file names (UCUM).
"""
