"""Calendars keep to working hours in the zone of each user."""

from __future__ import annotations

from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.calendar import Calendar


def test_working_hours_follow_the_zone_through_a_change_of_clocks(box: Sandbox) -> None:
    """Paris leaves summer time on 25 October 2026: nine o'clock is 07:00Z on Friday, 08:00Z on Monday."""
    user = box.tenant.catalogue.users["u-ae-1"]
    calendar = Calendar([user.__class__(user.id, user.name, user.email, user.zone, user.workspaces, busy_percent=0)])
    friday, monday = 1_792_738_800 // 1_800, 1_793_001_600 // 1_800

    assert not calendar.is_free("u-ae-1", friday - 1)
    assert calendar.is_free("u-ae-1", friday)
    assert not calendar.is_free("u-ae-1", monday - 1)
    assert calendar.is_free("u-ae-1", monday)
