"""`email=` is Airflow's own: whoever means the guest by it is refused, and pointed to `guest_email`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_chilipiper.arguments.bad_value import BadValue

WHOSE = (
    "email is where Airflow sends its alerts about a task, so it is never the guest's address: give that as"
    " guest_email; for alerts use default_args={'email': ...} or a notifier"
)


def refuse_email(arguments: Mapping[str, Any], *, is_mapped: bool = False) -> None:
    """Raise BadValue for an `email` that somebody wrote; a mapped task also has the one of its `default_args` there."""
    alerts = (arguments.get("default_args") or {}).get("email") if is_mapped else None
    if arguments.get("email") is not None and arguments["email"] != alerts:
        raise BadValue(WHOSE)


class EmailForAlerts:
    """For operators and sensors: their `email` is Airflow's, of a mapped task too."""

    if not TYPE_CHECKING:  # type checkers see the `partial` that every operator has

        @classmethod
        def partial(cls, *, task_id, **kwargs):
            """As every operator's, but for ``email``, which is not the guest's."""
            refuse_email(kwargs)
            partial = super().partial(task_id=task_id, **kwargs)
            keep_alerts(partial.kwargs)
            return partial


def keep_alerts(partial: dict[str, Any]) -> None:
    """Have a mapped task know whose `email` it has: Airflow's `partial` drops a task's own `default_args`."""
    if partial.get("email") is not None:
        partial["default_args"] = {"email": partial["email"]}
