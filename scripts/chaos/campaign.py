"""The leads of one purpose, each with a guest of its own, so that the judge can tell whose a meeting is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.booking.doubt.bounds import Bounds, NoEvidence
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.task.plan import Given, Terms

CALL_TIMEOUT = 3.0
# One clock, whose seconds are whole where the meeting list tells them; and a service that may commit after its answer.
BOUNDS = Bounds(list_lag=0.2, call=CALL_TIMEOUT, processing=0.2, skew=1.5)


@dataclass(frozen=True)
class Campaign:
    """So many leads, and what becomes of one whose booking was never answered and for whom no meeting is found."""

    purpose: str
    size: int
    on_no_evidence: NoEvidence = "hold"

    def leads(self, *, sender: str = "") -> list[Lead]:
        """As a booking operator makes them of its entries."""
        terms = Terms(
            purpose=self.purpose,
            lead_key=col("id"),
            guest_email=col("email"),
            timezone=ZoneInfo("Europe/Paris"),
            prefer=None,
            form={"PersonEmail": col("email")},
            arguments={},
            make_pattern=inbound_demo,
            interval=Interval(datetime.now(UTC), timedelta(days=7)),
            sender=sender,
            bounds=replace(BOUNDS, on_no_evidence=self.on_no_evidence),
        )
        return [terms.lead({"email": self.guest(number)}, str(number)) for number in range(self.size)]

    def guest(self, number: int) -> str:
        return f"lead-{number}@{self.purpose}.example"


def inbound_demo(given: Given) -> Concierge:
    return Concierge(router_slug="inbound-demo", trigger="InAppButton", form=given.form, guest=given.email)
