"""The pages of a trial: the public study page, participants, sites, the protocol, and why a number is so.

Pages read and never write; acts are performed through the library or the command line. One screen is one
module in `screens/` and one template of the same name. English is served at `/`, Simplified Chinese at
`/zh/`; words in the trial's own study file come in both, the record's own text stays as it was written.
Calendar days are those of the participant's site; ledger times are UTC and say so.
"""
