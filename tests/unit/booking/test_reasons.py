"""Reasons that say nothing leave no trace."""

from __future__ import annotations

from airflow_chilipiper.booking.ledger.entry import joined


def test_nothing_dangles_where_a_reason_is_missing() -> None:
    assert joined("one", "other") == "one; other"
    assert joined("", "one", "") == "one"
    assert joined() == ""
