"""An outcome's values as any database takes them."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 16_000  # characters, which MySQL's TEXT holds even where each takes four bytes


def as_text(value: Any) -> str | None:
    """Text for a column of texts; what is no text is written as JSON."""
    return None if value is None else fit(value) if isinstance(value, str) else fit(as_json(value))


def as_parameter(value: Any) -> Any:
    """Numbers and booleans as they are, structures as JSON."""
    return value if value is None or isinstance(value, (bool, int, float)) else as_text(value)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def fit(text: str) -> str:
    """Without what would have a database refuse it, and with it all rows beside it: NUL, half a surrogate, length."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
