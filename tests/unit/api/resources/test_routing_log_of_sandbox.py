"""The routing log as the sandbox has it, in every shape."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.api.resources.routing_log import LogEntry
from airflow_chilipiper.sandbox import Sandbox
from airflow_chilipiper.sandbox.state.seed import fixed_uuid
from tests.unit.api.handmade import Handmade
from tests.unit.api.resources.routing import log
from tests.unit.sandbox.conftest import Clock, Edge


def asked_of(edge: Edge) -> list[LogEntry]:
    runtime = Handmade(by=lambda call: edge.request(call.method, call.path, params=call.query).json())
    return log(runtime, workspace_id="ws-sales", router_id=fixed_uuid("inbound"))


@pytest.mark.parametrize("envelope", ["paginated", "data", "bare"])
@pytest.mark.parametrize(("log_id", "routing"), [("session", "absent"), ("own", "object"), ("own", "string")])
def test_what_became_of_a_session_is_found_in_every_shape(
    box: Sandbox, edge: Edge, clock: Clock, envelope: Any, log_id: Any, routing: Any
) -> None:
    variants = box.tenant.variants
    variants.log_envelope, variants.log_id, variants.log_routing = envelope, log_id, routing
    variants.explicit_nulls = variants.unknown_fields = True
    (lost, _), (booked, starts) = edge.offer("jo@example.com"), edge.offer("mo@example.com")
    meeting_id = edge.book(booked, starts[0]).json()["meetingId"]

    def seen(session: str) -> tuple[str | None, bool]:
        (found,) = [each for each in asked_of(edge) if each.is_of(session)]
        return found.meeting_id, found.is_timed_out

    assert (seen(lost), seen(booked)) == ((None, False), (meeting_id, False))
    clock.advance(600)
    assert (seen(lost), seen(booked)) == ((None, True), (meeting_id, False))
    box.tenant.cancel(meeting_id)
    assert seen(booked) == (None, False)


def test_entries_that_name_no_session_are_tied_to_none(box: Sandbox, edge: Edge) -> None:
    box.tenant.variants.log_id, box.tenant.variants.log_routing = "own", "absent"
    session, _ = edge.offer()
    (found,) = asked_of(edge)
    assert not found.is_of(session)


@pytest.mark.parametrize("envelope", ["paginated", "data", "bare"])
def test_pages_of_the_sandbox_are_followed(box: Sandbox, edge: Edge, envelope: Any) -> None:
    session, _ = edge.offer()
    routing = box.tenant.sessions[session].routing
    box.tenant.variants.log_envelope = envelope
    for _ in range(200):
        box.tenant.open_session("concierge", routing=routing)
    assert len(asked_of(edge)) == 201
