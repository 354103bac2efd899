"""The error for what a user wrote."""

from __future__ import annotations


class BadValue(ValueError):
    """A value of the row, or an argument, is not what it must be; the text says which, and what to do."""
