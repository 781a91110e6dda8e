"""The analysis plan of the study file, carried out: a table for each part of `[plan]`.

`counting` turns intercurrent events and their strategies into who counts as what; `estimands`, `subgroups`,
`looks`, `landmarks` and `assumed` each make a table, every number of it in the `Book`.
"""
