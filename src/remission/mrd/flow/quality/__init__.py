"""What can be wrong with an acquisition: flagged, shown, never taken away."""
