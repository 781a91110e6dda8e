"""What earlier studies tell about a rate: meta-analysis, predictive priors, their weight, and conflict.

Rates are fractions; between-study variation (`tau`) is on the log-odds. By quadrature; nothing is sampled.
"""
