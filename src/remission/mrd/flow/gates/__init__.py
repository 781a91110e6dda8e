"""Gates, the populations they make, and the counts of both."""
