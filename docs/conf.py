"""The documentation site: Sphinx reads the Markdown pages; the reference is made from the code and the schema."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

from kinescape import __version__  # noqa: E402 - after the path

project = "kinescape"
author = "The kinescape developers"
copyright = "The kinescape developers, MIT licence. Research use only"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click", "made_from_code"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
"""Headings can be linked to as GitHub names them, so that the pages read the same there."""
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]
"""Types in signatures come from libraries whose indexes are not read here; every link in the pages is checked."""
suppress_warnings: list[str] = []
exclude_patterns = ["_build"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"kinescape {version}"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "footer_icons": [],
    "light_css_variables": {"color-brand-primary": "#0b5fa5", "color-brand-content": "#0b5fa5"},
    "dark_css_variables": {"color-brand-primary": "#7db8ee", "color-brand-content": "#7db8ee"},
}
