"""Sphinx settings: MyST pages, the furo theme, nothing fetched from outside."""

import importlib.metadata

project = "Remission"
copyright = "the Remission contributors"
release = importlib.metadata.version("remission")
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Remission {release}"
html_show_sourcelink = False
