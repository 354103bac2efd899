"""Outcomes as plain rows, for XCom, logs and write-back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col as column
from airflow_chilipiper.arguments.columns import is_null
from airflow_chilipiper.arguments.texts import as_text
from airflow_chilipiper.booking.outcome import FIELDS, OUTCOME_FIELDS
from airflow_chilipiper.warehouse.values import fit

if TYPE_CHECKING:
    from airflow_chilipiper.booking.outcome import Outcome


def outcome_row(
    outcome: Outcome, *, lead_key: str | None, purpose: str, pattern: str, fetched: bool = False
) -> dict[str, Any]:
    run = {"lead_key": lead_key, "purpose": purpose, "pattern": pattern, "assignees": list(outcome.assignees)}
    run["status"] = outcome.status.value
    names = OUTCOME_FIELDS if fetched else FIELDS
    return {name: run[name] if name in run else getattr(outcome, name) for name in names}


def kept(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The columns that are handed through, as JSON has them."""
    return {name: _json(column(name, default=None).of(row), name) for name in names}


def _json(value: Any, name: str) -> Any:
    """What no form would take is handed through all the same: it is a reason for nothing."""
    if is_null(value):
        return None
    if isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _json(item, name) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item, name) for item in value]
    try:
        return fit(as_text(value, name))
    except BadValue:
        return fit(str(value))
