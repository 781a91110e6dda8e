"""The ledger and the raw files: what was written stays written, and anyone can check it.

Draft: what is to be written. Entry: what was written, with its place (`seq`, from 1), its time
(`recorded_at`, UTC, microseconds, as text) and its links. Head: number and hash of the last entry.
Genesis: the `previous` of entry 1. Witness: the file that notes each head, so that a cut end is seen.
Act: the caller's key for one thing done, so that doing it again writes nothing. Kept file: a raw file
under its sha256, read-only. Hashes are sha256, 64 lower-case hexadecimal digits; sizes are bytes.
"""
