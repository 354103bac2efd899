"""How Sphinx builds these pages."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

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


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-signature", with_readable_defaults)


def with_readable_defaults(_app: Sphinx, *args: Any) -> tuple[str, str] | None:
    """Sphinx breaks a signature into lines only where all of it is Python, and a made-up default is not."""
    signature, answers = args[-2:]
    made_up = {"<factory>": "{}", "<built-in function time>": "time.time"}
    for name, text in made_up.items():
        signature = (signature or "").replace(name, text)
    return (signature, answers) if signature else None
