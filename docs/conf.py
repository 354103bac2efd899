"""How Sphinx builds these pages."""

from airflow_chilipiper import __version__

project = "airflow-provider-chilipiper"
release = version = __version__
copyright = "the authors of airflow-provider-chilipiper"  # noqa: A001  # Sphinx names it so

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["examples"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"{project} {version}"
html_show_sourcelink = False

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
maximum_signature_line_length = 88
python_display_short_literal_types = True
