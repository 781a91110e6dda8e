"""The life of a participant: events, the stage they lead to, what is due, what may be done.

An event is what somebody says happened; `on` is the calendar day at the site, `at` a UTC instant.
Days are protocol days (day 1 = first day of induction), doses in the unit of the study's treatment.
"""
