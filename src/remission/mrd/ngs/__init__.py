"""Residual disease by sequencing: from reads of rearranged immunoglobulin genes to a level with its limits.

Read: one sequence with a quality per base; mates are merged before anything else looks at them. Codes:
bases as small numbers, A 0, C 1, G 2, T 3, unknown 4 (`bases`). Quality: Phred, -10 log10 of the chance
that the base is wrong. Positions on a sequence: counted from 0, half open (error messages count from 1).

Rearrangement: what one sequence is made of: V, D and J segments, what was cut from their ends, and the
bases nobody encoded (N). Complete: V-D-J (IGH), V-J (IGK, IGL). Incomplete: D-J (IGH), V-Kde and
intron-Kde (IGK). Junction: from the codon of the second cysteine of V to the codon of the tryptophan or
phenylalanine of J, both included; only about a third are in frame, so frame never filters (Wu 2016).

Window: the stretch around the junction that stands for a clonotype: long enough to be its own, short
enough that every read holds it. Clonotype: reads that come from one rearranged ancestor. Index clone: a
clonotype of the diagnosis that is followed. Stem: the D-N-J part of an IGH clone, kept when V is replaced.

Template: one rearranged molecule in the tube. Spike: a synthetic template added in a known number of
copies; spikes count cells, they do not correct what primers prefer. Level: templates / cell equivalents,
a fraction (1e-6 is 0.0001 %). Cells: cell equivalents of DNA at 6.5 pg.
"""
