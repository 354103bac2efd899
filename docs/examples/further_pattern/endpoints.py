"""Walk-ins as the sandbox serves them."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.sandbox.endpoints.booking import Booking, spend
from airflow_chilipiper.sandbox.endpoints.slots import write_list
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Email, Interval, Shape, Text
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.seed import DEMO, SALES
from airflow_chilipiper.sandbox.state.tenant import Tenant


class InitRequest(Shape):
    desk: Text
    interval: Interval


class ScheduleRequest(Shape):
    start_time: Text
    guest_email: Email


@endpoint("POST", "/v1/org/walk-in", operation="walk-in-init", permission="walk-in.schedule")
def init(tenant: Tenant, call: Call, body: InitRequest) -> dict[str, Any]:
    target = tenant.catalogue.distributions[body.desk]
    session = tenant.open_session("walk-in", workspace=SALES)
    slots = tenant.offer(session, ("", ""), target, meeting_type=DEMO, interval=body.interval)
    return {"routeId": session.id, **write_list(tenant, slots)}


@endpoint("POST", "/v1/org/walk-in/{sessionId}", operation="walk-in-schedule", permission="walk-in.schedule")
def schedule(tenant: Tenant, call: Call, body: ScheduleRequest) -> dict[str, Any]:
    return spend(tenant, call, Booking("walk-in"), start=body.start_time, guest=body.guest_email)
