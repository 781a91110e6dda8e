"""Remission runs an MRD-directed leukaemia trial, from the registry record to the published result."""

__version__ = "0.1.0"
