"""Comparison with a control measured person by person: standardising, weighting, balance, bias.

Outcomes are True or False; weights sum to what each function says; missing is None, never guessed.
"""
