"""How a test drives a flow by hand."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def block(flow: Coroutine[Any, Any, T]) -> T:
    """Run a flow whose runtime never suspends."""
    try:
        flow.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    flow.close()
    raise RuntimeError("a flow waits that was not to wait")
