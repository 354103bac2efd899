"""Reasons, one after another."""

from __future__ import annotations


def joined(*reasons: str) -> str:
    """Those that say anything, on one line."""
    return "; ".join(filter(None, reasons))
