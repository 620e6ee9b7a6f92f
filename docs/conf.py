"""Settings of the documentation (Sphinx with MyST Markdown)."""

import facsimile

project = "facsimile"
author = "the facsimile authors"
release = facsimile.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "facsimile"
exclude_patterns = ["_build"]
