"""What each error allows: the groups, over every leaf of the tree."""

from __future__ import annotations

import pytest

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.errors import ChiliPiperError, Refused

LEAVES = {
    *("Invalid", "NotSent", "NoAnswer", "Unreadable", "Refused", "Throttled", "SlotGone", "NotAllowed"),
    *("BadRequest", "SessionGone", "NotFound", "ServerBroken"),
}
GROUPS = {
    "RETRYABLE": {"NotSent", "NoAnswer", "Throttled", "ServerBroken"},
    "PASSING": {"NotSent", "NoAnswer", "Unreadable", "Throttled", "ServerBroken"},
    "UNANSWERED": {"NotSent", "NoAnswer"},
    "INCURABLE": {"Invalid", "BadRequest", "NotAllowed"},
    "TRY_LATER": {"NotSent", "Throttled", "ServerBroken"},
    "STOPS_THE_BATCH": {"NotAllowed", "NotFound"},
}


def made(name: str) -> ChiliPiperError:
    kind: type[ChiliPiperError] = getattr(errors, name)
    return kind("no", status=400) if issubclass(kind, Refused) else kind("no")


def test_the_whole_tree_is_sorted_here() -> None:
    """A new error has to be put into its groups."""
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert kinds - {"ChiliPiperError"} == LEAVES
    assert {name for name in vars(errors) if name.isupper()} == set(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_who_is_in_a_group(group: str) -> None:
    """By what `except` catches, so that a parent would show."""
    assert {name for name in LEAVES if isinstance(made(name), getattr(errors, group))} == GROUPS[group]
