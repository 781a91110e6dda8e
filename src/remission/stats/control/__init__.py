"""The historical control and the comparison with it: a fixed rate, counts, earlier studies, or people."""
