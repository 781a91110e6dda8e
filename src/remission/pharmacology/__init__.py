"""Dose and exposure: from a child's size to an order, from an infusion's interruptions to its end.

Units: weight kg, height cm, body surface m2, doses in the unit the study file names (UCUM: ug/d, mg),
pump rates mL/h, clearance L/h, concentrations pg/mL. Times are instants with a time zone, lengths of time
are `timedelta` inside and hours (exact decimals) where the study file speaks of hours.

Course: the infusion as the protocol wants it, days x 24 h. Step: one of its dose levels in time. Level:
*full*, or *low* after a toxicity. Pause: the infusion stands still between an interruption and a restart.
"""
