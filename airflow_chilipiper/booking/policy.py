"""What holds for every lead of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.spelling import trimmed
from airflow_chilipiper.booking.batch.breakers import EmptyOffersBreaker
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.routing_log import RoutingLog
from airflow_chilipiper.booking.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Policy:
    """For which purpose a run books, when, and what it takes for granted.

    `sender` names the task instance and try. A booking that is older than `rebook_after` does not count; None: every
    booking counts. If there are `allowed_domains`, only their guests may be invited. `existing_meetings` holds, by the
    hash of a guest, the outcome of a lead whose guest has a meeting already. With `repeated_guests` a guest of two
    leads is invited for each.
    """

    purpose: str
    interval: Interval
    sender: str = ""
    max_sessions: int = 3
    rebook_after: timedelta | None = None
    allowed_domains: tuple[str, ...] = ()
    bounds: Bounds = field(default_factory=Bounds)
    existing_meetings: Mapping[str, Outcome] = field(default_factory=dict)
    repeated_guests: bool = False
    routing_log: RoutingLog = field(default_factory=RoutingLog, compare=False)
    breaker: EmptyOffersBreaker = field(default_factory=EmptyOffersBreaker, compare=False)

    def __post_init__(self) -> None:
        if not trimmed(self.purpose):
            raise Invalid("purpose is empty: name the campaign within which a lead is booked once")
        if self.max_sessions < 1:
            raise Invalid(f"max_sessions is {self.max_sessions}, expected at least 1")
