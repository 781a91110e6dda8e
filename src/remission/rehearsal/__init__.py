"""A virtual trial with known truth, played through the very same acts; then truth beside finding.

Truth
    What is so in a virtual child: answers, therapies before, the true level of disease at each time point,
    drawn from the study's `population.toml`. Levels are fractions of cells, ages months, weights kg.
Finding
    What the trial's ledger says of that child, reached through acts only.
Play
    Days pass in order; each child's life says on which day something is written about it next. What the
    people of a hospital enter on one day is written together, at `DESK_CLOSES` local time.

Everything made here is simulated, and says so.
"""
