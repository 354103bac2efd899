"""Cutting a span of time into windows that the service accepts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from airflow_chilipiper.api.call import instant
from airflow_chilipiper.api.errors import Invalid


def windows(start: datetime, end: datetime, *, longest: timedelta) -> Iterator[tuple[datetime, datetime]]:
    """Windows that touch, the last one as short as it must be.

    They are compared and cut in UTC: a local day is 23 to 25 hours long, and its clock can go back.
    """
    since, until = instant(start, "start"), instant(end, "end")
    start, end = (datetime.fromtimestamp(moment.timestamp(), UTC) for moment in (start, end))  # no pendulum
    if start >= end:
        raise Invalid(f"start is {since} and end is {until}: start must be before end")
    while start < end:
        yield start, min(start + longest, end)
        start += longest
