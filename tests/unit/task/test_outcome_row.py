"""Outcome rows: their fields, the columns handed through, and what a meeting adds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.outcome import OUTCOME_FIELDS, Outcome, Status
from airflow_chilipiper.operators import ConciergeBookOperator, SchedulingLinkBookOperator, col
from airflow_chilipiper.task.outcome_row import kept, outcome_row
from tests.booking_task import Desk, lead

LINK = {"link_id": "link-rr-demo", "lead_key": col("lead_id"), "leads_at_once": 1}


def test_the_fields() -> None:
    """As documented, with JSON's own types only; those of a meeting are added on demand."""
    outcome = Outcome(status=Status.BOOKED, meeting_id="m", start_time="2026-11-02T09:00Z", assignees=("u-1", "u-2"))
    row = outcome_row(outcome, lead_key="7", purpose="q3", pattern="concierge")
    documented = "lead_key, status, meeting_id, start_time, session_id, reason, attempts, purpose, pattern"
    assert list(row) == [*documented.split(", "), "host", "assignees"]
    assert set(OUTCOME_FIELDS) == {*row, "host_email", "end_time", "meeting_url"}
    assert json.loads(json.dumps(row)) == row


@pytest.mark.parametrize(
    ("value", "handed_through"),
    [
        ("text", "text"),
        (7, 7),
        (True, True),
        (1.5, 1.5),
        (None, None),
        (float("nan"), None),
        (float("inf"), "inf"),
        (Decimal("12.50"), "12.5"),
        (Decimal("NaN"), None),
        (date(2026, 11, 2), "2026-11-02"),
        (datetime(2026, 11, 2, 9, tzinfo=UTC), "2026-11-02T09:00:00Z"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ([1, Decimal(2), None], [1, "2", None]),
        ({"a": Decimal(1), 2: [None]}, {"a": "1", "2": [None]}),
        (b"\x00", "b'\\x00'"),
        ({3}, "{3}"),
    ],
    ids=repr,
)
def test_columns_handed_through_are_plain_json(value: Any, handed_through: Any) -> None:
    """Whatever a warehouse answers: a column that no form would take is no reason to lose an outcome."""
    row = kept({"Owner": value}, ("owner", "missing"))
    assert row == {"owner": handed_through, "missing": None}
    assert json.loads(json.dumps(row, allow_nan=False)) == row


def test_an_ambiguous_column_is_found_before_anything_is_sent(desk: Desk) -> None:
    with pytest.raises(BadValue, match="'owner' is ambiguous"):
        kept({"Owner": 1, "OWNER": 2}, ["owner"])
    rows = [lead("ada", Owner=1, OWNER=2), lead("bob", owner=3)]
    answered = desk.run(desk.make(SchedulingLinkBookOperator, leads=rows, keep=["owner"], **LINK))
    assert [(row["status"], row["owner"]) for row in answered] == [("invalid", None), ("booked", 3)]
    assert desk.opened() == 1


def test_columns_are_handed_through_whatever_became_of_the_lead(desk: Desk) -> None:
    rows = [lead("ada", slack="#a"), {"lead_id": "bob", "email": "bob", "slack": "#b"}, 3]
    answered = desk.run(desk.make(SchedulingLinkBookOperator, leads=rows, keep=("SLACK",), **LINK))
    assert [(row["lead_key"], row["status"], row["SLACK"]) for row in answered] == [
        ("ada", "booked", "#a"),
        ("bob", "invalid", "#b"),
        (None, "invalid", None),
    ]


def test_what_the_meeting_adds(desk: Desk) -> None:
    """One more call for each meeting, and none for a lead without one."""
    rows = [lead("ada"), {"lead_id": "bob", "email": "bob"}]
    answered = desk.run(desk.make(SchedulingLinkBookOperator, leads=rows, fetch_meeting=True, **LINK))
    start, end = (datetime.fromisoformat(answered[0][name]) for name in ("start_time", "end_time"))
    assert (end - start).total_seconds() == 1800
    assert answered[0]["host_email"].endswith("@sandbox.example")
    assert answered[0]["host"] == desk.chili.meetings[0]["hosts"][0]
    assert [answered[1][name] for name in ("host_email", "end_time", "meeting_url")] == [None] * 3
    assert [call.operation for call in desk.chili.calls].count("meeting-get") == 1
    assert desk.ti.xcom["return_value"] == answered


def fetching(desk: Desk) -> list[tuple[str, bool]]:
    rows = [lead("ada"), lead("bob"), lead("eve")]
    answered = desk.run(desk.make(SchedulingLinkBookOperator, leads=rows, fetch_meeting="True", **LINK))
    return [(row["status"], bool(row["host_email"])) for row in answered]


def test_a_meeting_that_cannot_be_read_stays_booked(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.chili.faults.empty_body("meeting-get")
    assert fetching(desk) == [("booked", False), ("booked", True), ("booked", True)]
    assert "is booked, but could not be read" in caplog.text


def test_meetings_that_nobody_may_read(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """What one call cannot be answered, the next cannot either: they are not asked a thousand times."""
    desk.connect(desk.chili.token_without("meeting.read"))
    assert fetching(desk) == [("booked", False)] * 3
    assert [call.operation for call in desk.chili.calls].count("meeting-get") == 1
    assert "those after it are booked" in caplog.text


def test_who_will_meet(desk: Desk) -> None:
    """The host where the booking's answer names one, and whom the router assigned."""
    router = {"router_slug": "inbound-demo", "trigger": "InAppButton", "form": {"PersonEmail": col("email")}}
    assert desk.run(desk.make(ConciergeBookOperator, lead=lead("ada"), **router))["assignees"] == ["u-host-01"]
    desk.chili.tenant.variants.booking_answer = "nested"
    row = desk.run(desk.make(ConciergeBookOperator, lead=lead("bob"), **router))
    assert [row["host"]] == row["assignees"] == desk.chili.meetings[1]["hosts"]
