"""What a reader says of a value that it does not take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue


def refused(read: Callable[[Any, str], Any], value: Any) -> str:
    """The error, which names the argument."""
    with pytest.raises(BadValue, match="the_argument") as caught:
        read(value, "the_argument")
    return str(caught.value)
