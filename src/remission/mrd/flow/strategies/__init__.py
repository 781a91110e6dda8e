"""Strategies on markers, panels that carry them, gates moved for one sample."""
