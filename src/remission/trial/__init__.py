"""The acts that people perform: decide (pure), then write once.

Every act takes the trial, `By` (who, and the server's clock in UTC) and the participant. `on` is a calendar
day at the site, `at` an instant in UTC. A refused act writes nothing.
"""
