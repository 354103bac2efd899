"""What a template leaves behind, and what is still one."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any


def is_template(value: Any) -> bool:
    """Whether *value*, or something in it, is only known once it is rendered: Jinja, or another task's result."""
    if isinstance(value, str):
        return "{{" in value or "{%" in value
    if isinstance(value, Mapping):
        return any(map(is_template, value.values()))
    if isinstance(value, Collection) and not isinstance(value, bytes):
        return any(map(is_template, value))
    if is_output(value):
        return True
    return any(is_template(getattr(value, name)) for name in getattr(value, "template_fields", ()))


def is_output(value: Any) -> bool:
    """Whether *value* is another task's result, or the argument of a mapped task group."""
    return hasattr(value, "iter_references")  # Airflow's XComArg and its kin


def unquoted(value: Any) -> Any:
    """A list or mapping that a template left as its text, as itself again; anything else as it is."""
    if isinstance(value, str) and value.strip().startswith(("[", "(", "{")):
        for read in (json.loads, ast.literal_eval):
            with suppress(SyntaxError, ValueError, RecursionError):
                return read(value.strip())
    return value
