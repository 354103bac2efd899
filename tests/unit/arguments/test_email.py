"""`email=` is where Airflow sends its alerts: whoever gives it to us is refused, and pointed to `guest_email`."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.email import keep_alerts, refuse_email

OPS = ["ops@company.example"]


@pytest.mark.parametrize("is_mapped", [False, True])
@pytest.mark.parametrize("email", ["jo@prospect.example", ["jo@prospect.example"], "", "{{ email }}"])
def test_an_email_is_refused_without_repeating_it(email: Any, is_mapped: bool) -> None:
    with pytest.raises(BadValue, match=r"^email is where Airflow sends its alerts .* as guest_email") as raised:
        refuse_email({"email": email, "default_args": {"retries": 1}}, is_mapped=is_mapped)
    assert "prospect" not in str(raised.value)


def test_no_email_is_nothing_to_refuse() -> None:
    for arguments in ({}, {"email": None}, {"default_args": {"email": OPS}}, {"default_args": None}):
        refuse_email(arguments)
        refuse_email(arguments, is_mapped=True)


def test_a_mapped_task_may_hold_the_address_of_its_default_args() -> None:
    """Airflow gives it that as if it were written there; any other, or one that nobody mapped, is refused."""
    alerts = {"default_args": {"email": OPS}}
    refuse_email({**alerts, "email": OPS}, is_mapped=True)
    with pytest.raises(BadValue):
        refuse_email({**alerts, "email": "jo@prospect.example"}, is_mapped=True)
    with pytest.raises(BadValue):
        refuse_email({**alerts, "email": OPS})


def test_what_a_mapped_task_keeps_of_alerts_is_refused_nowhere() -> None:
    partial: dict[str, object] = {"email": OPS, "retries": 1}
    keep_alerts(partial)
    refuse_email(partial, is_mapped=True)
    quiet: dict[str, object] = {"email": None}
    keep_alerts(quiet)
    assert quiet == {"email": None}
