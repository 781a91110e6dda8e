"""Gates of other programs: Gating-ML 2.0, FlowJo workspaces."""
