"""SIMULATED sequencing of rearrangements: files as a sequencer writes them, and the truth beside them.

Clone: one rearrangement, known to the base. Amplicon: its stretch between the primers. Tube: templates of one
sample, drawn from its cells. Key: a number that fixes the copying history of every template of a row, so that
two reads of one template share the errors of the copies they share. Row: a line of the truth table: reads of
one sample that come from one clone (or from the background), by the sample in whose tube the template was.

Every file name, read name and table says SIMULATED. What is invented is listed on the page of this room.
"""
