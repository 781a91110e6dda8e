"""Eligibility of one child: what is known, and what the criteria say of it.

*Admits* is three-valued: yes, no, unknown. Unknown holds enrolment and says what is missing and by when.
Ages are calendar ages to the day; levels are fractions of cells.
"""
