"""A laboratory's work on files, before any trial: from FASTQ to an index, a measured sample, a whole run.

Address: a path, or any place fsspec knows (`s3://...`, `memory://...`). Sheet: the samples of one sequencing
run, a row each. Run: what the sequencer read together, so that every sample may hold reads of every other.
Diagnosis: a sample whose clones are chosen. Follow-up: a sample in which they are looked for. Negative:
DNA of people without the clones, which says what no disease looks like. No-template: no DNA at all.

Outputs appear whole or not at all, the same bytes for the same input; they name files, never places.
"""
