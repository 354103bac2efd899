"""The leads of one purpose, each with a guest of its own, so that the judge can tell whose a meeting is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.patterns import CONCIERGE
from airflow_chilipiper.booking.doubt.bounds import Bounds, InDoubt
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.task.lead_plan import LeadPlan

CALL_TIMEOUT = 3.0
# One clock, whose seconds are whole where the meeting list tells them; and a service that may commit after its answer.
BOUNDS = Bounds(least_lifetime=0.0, list_lag=0.2, call=CALL_TIMEOUT, processing=0.2, skew=1.5)


@dataclass(frozen=True)
class Campaign:
    """So many leads, and what becomes of one whose booking was never answered and for whom no meeting is found."""

    purpose: str
    size: int
    in_doubt: InDoubt = "hold"

    def leads(self, *, sender: str = "") -> list[Lead]:
        """As a booking task makes them of its rows."""
        plan = LeadPlan(
            policy=Policy(
                purpose=self.purpose,
                interval=Interval(datetime.now(UTC), timedelta(days=7)),
                sender=sender,
                bounds=replace(BOUNDS, in_doubt=self.in_doubt),
            ),
            pattern=CONCIERGE,
            lead_key=col("id"),
            guest_email=col("email"),
            timezone=ZoneInfo("Europe/Paris"),
            default_timezone=ZoneInfo("UTC"),
            form={"PersonEmail": col("email")},
            prefer=None,
            own={"router_slug": "inbound-demo", "trigger": "InAppButton"},
            resolve_names=dict,
        )
        return [plan.lead({"email": self.guest(number)}, str(number)) for number in range(self.size)]

    def guest(self, number: int) -> str:
        return f"lead-{number}@{self.purpose}.example"
