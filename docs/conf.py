"""How Sphinx builds the site: `make docs`. Nothing is fetched from the network."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from awsvtab import __version__

project = "awsvtab"
author = "the awsvtab authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click", "sphinx_copybutton"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"awsvtab {release}"
html_copy_source = False
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["width.css"]
smartquotes = False  # what is in pages is often typed again

# Headings are what links between pages go to.
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# In docstrings, `x` is a name; which of them the reader can follow, they see from the page.
default_role = "code"
# Python's, boto3's and pyarrow's documentation is elsewhere, and not asked for while building.
nitpick_ignore_regex = [("py:.*", r"(?!awsvtab\b).*"), ("py:.*", r"awsvtab\.\w+\..*")]

# What is copied of a session is what is typed.
copybutton_prompt_text = r"\$ |> "
copybutton_prompt_is_regexp = True
