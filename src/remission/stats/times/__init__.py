"""Time to an event: curves, tests and regression. Times are in one unit per call, from each person's origin.

At a tied time events come before censorings and share one risk set; nothing is broken at random.
"""
