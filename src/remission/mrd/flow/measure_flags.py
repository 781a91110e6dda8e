"""Flags that a measurement raises by itself, beside those of quality and of the strategy."""

from remission.mrd.flow.quality import flags as quality_flags

NO_SINGLET_GATE = "no-singlet-gate"
NO_NUCLEAR_DYE = "no-nuclear-dye"
UNCOMPENSATED = "uncompensated"
FEW_CELLS = "few-cells"
SEVERAL_DATA_SETS = "several-data-sets"
RESTS_ON_FLAGGED = "rests-on-flagged-events"
CONTROL_MISSING = "control-missing"
RESTS_ON_MOVED = "rests-on-moved-gates"
DENOMINATOR_MOVED = "denominator-moved"
CLONE_OUTSIDE = "clone-outside-gates"
"""Doublets were not taken out, for the panel has no area and height of scatter; nucleated cells were told by
scatter alone; markers were gated without compensation that was asked for; fewer cells than `ASSUMED_FEW`;
the file holds several data sets, of which one was measured; without the stretches in which the run was
unsteady the answer would be another, or most of what was found is in them; cells that every marrow holds are
not there, so that an antibody may have failed; by the gates as the strategy has them the answer would be
positive; a gate was moved that the primary denominator stands on; at diagnosis the gates did not hold the
child's leukaemia."""

DISQUALIFYING = quality_flags.DISQUALIFYING
"""Flags under which a result says nothing, unless the study names others."""

BLINDING = quality_flags.BLINDING | {
    UNCOMPENSATED, RESTS_ON_FLAGGED, CONTROL_MISSING, RESTS_ON_MOVED, CLONE_OUTSIDE,
}  # fmt: skip
"""Flags under which a result can be positive, never negative, unless the study names others."""

OWN = BLINDING | {
    NO_SINGLET_GATE, NO_NUCLEAR_DYE, FEW_CELLS, SEVERAL_DATA_SETS, DENOMINATOR_MOVED,
    quality_flags.NO_TIME, *quality_flags.ASSUMED_MOST,
}  # fmt: skip
"""Every flag that a measurement, or quality, raises."""

ASSUMED_FEW = 10_000
"""Cells of the primary denominator below which gates drawn for many are not to be trusted. ASSUMED, by us."""

ASSUMED_MOST_ABOVE = 0.05
"""Share of events above the top of the singlet gate that is told. ASSUMED, by us."""
