"""How the book is built: sphinx-build -W docs output/docs."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]  # the extensions, and the package of this checkout

import render  # noqa: E402

project = "Thalweg"
author = "the authors of Thalweg"
copyright = author
release = version = render.__version__

extensions = [
    "myst_parser",
    "extensions.scene",
    "extensions.commands",
    "extensions.names",
    "extensions.exits",
    "extensions.tutorials",
]
exclude_patterns = ["extensions"]
tutorials_in = "tutorials"
tutorials_stage = str(ROOT / "output" / "docs-tutorials")

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autoclass_content = "both"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "Thalweg"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
