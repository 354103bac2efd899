"""Operators that book Chili Piper meetings for the leads of a DAG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.rebook import Rebook
from airflow_chilipiper.links import ChiliPiperMeetingLink
from airflow_chilipiper.operators.base import ChiliPiperBookBaseOperator
from airflow_chilipiper.operators.concierge import ConciergeBookOperator
from airflow_chilipiper.operators.handoff import HandoffBookOperator
from airflow_chilipiper.operators.reconcile import ReconcileBookingsOperator
from airflow_chilipiper.operators.scheduling_link import SchedulingLinkBookOperator
from airflow_chilipiper.warehouse.rows import rows_as_dicts

if TYPE_CHECKING:
    from airflow_chilipiper.hooks import ChiliPiperHook

__all__ = [
    "ChiliPiperBookBaseOperator",
    "ChiliPiperHook",
    "ChiliPiperMeetingLink",
    "ConciergeBookOperator",
    "HandoffBookOperator",
    "Rebook",
    "ReconcileBookingsOperator",
    "SchedulingLinkBookOperator",
    "col",
    "rows_as_dicts",
]


def __getattr__(name: str) -> Any:
    """The hook brings all of the API with it, which parsing a DAG does not need."""
    if name == "ChiliPiperHook":
        from airflow_chilipiper.hooks import ChiliPiperHook

        return ChiliPiperHook
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
