"""Measurable residual disease: a result, its limits, and the two questions it answers.

Level: fraction of the cells examined (1e-4 is 0.01 %). Denominator: which cells were counted; all
nucleated cells and mononuclear cells are not interchangeable. LOD: the lowest level the test can tell
from nothing. LOQ: the lowest level it can put a number on. DNA in ng, 6.5 pg per diploid genome.

*Was disease detected?* is asked of the test alone (`calls.detection`). *Is the level below the
protocol's threshold, shown by a test able to see it?* is asked by the protocol (`calls.against`).
"""
