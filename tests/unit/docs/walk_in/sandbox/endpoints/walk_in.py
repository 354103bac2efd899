"""Walking in: open a session at a desk, then book."""

from __future__ import annotations

from typing import Any

from airflow_chilipiper.sandbox.endpoints.booking import Booking, spend
from airflow_chilipiper.sandbox.endpoints.slots import write_list
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.decoding import Email, Interval, Shape, Text
from airflow_chilipiper.sandbox.http.endpoint import endpoint
from airflow_chilipiper.sandbox.state.seed import DEMO, SALES
from airflow_chilipiper.sandbox.state.tenant import Tenant

_PERMISSION = "walk-in.schedule"


class InitRequest(Shape):
    guest_email: Email
    interval: Interval


class ScheduleRequest(Shape):
    start_time: Text


@endpoint("POST", "/v1/org/walkIn/{desk}/init", operation="walk-in-init", permission=_PERMISSION)
def init(tenant: Tenant, call: Call, body: InitRequest) -> dict[str, Any]:
    if call.ids["desk"] != "front":
        raise tenant.refusal("not_found", "No such desk")
    session = tenant.open_session("walk-in", guest=body.guest_email, workspace=SALES)
    target = tenant.catalogue.distributions["dist-experts"]
    slots = tenant.offer(session, ("", ""), target, meeting_type=DEMO, interval=body.interval)
    return {tenant.variants.route_key: session.id, **write_list(tenant, slots)}


@endpoint("POST", "/v1/org/walkIn/{sessionId}/schedule", operation="walk-in-schedule", permission=_PERMISSION)
def schedule(tenant: Tenant, call: Call, body: ScheduleRequest) -> dict[str, Any]:
    return spend(tenant, call, Booking("walk-in"), start=body.start_time)
