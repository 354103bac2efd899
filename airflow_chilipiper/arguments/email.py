"""`email=` is Airflow's own, and whoever means the guest by it is told so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_chilipiper.arguments.bad_value import BadValue

WHOSE = (
    "email is where Airflow sends its alerts about a task, so it is never the guest's address: give that as"
    " guest_email; for alerts use default_args={'email': ...} or a notifier"
)


def refuse_email(arguments: Mapping[str, Any], *, is_mapped: bool = False) -> None:
    """What *arguments* of a task say of `email`. A mapped task also gets the one of its `default_args` there."""
    alerts = (arguments.get("default_args") or {}).get("email") if is_mapped else None
    if arguments.get("email") is not None and arguments["email"] != alerts:
        raise BadValue(WHOSE)
