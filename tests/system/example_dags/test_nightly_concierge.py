"""The nightly example: every lead's end is written back, and nobody is booked twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_chilipiper.sandbox import Sandbox

if TYPE_CHECKING:
    pass
from tests.system.example_dags.conftest import LEADS, Run, Warehouse, example, lead, on_record, without_retries


def test_nightly_concierge_writes_back_what_became_of_every_lead(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    small, full, malformed = lead(2, size=3), lead(3, country="Iceland"), lead(4, email="no address")
    warehouse.create("leads", LEADS, lead(1), small, full, malformed, lead(1), lead(6))

    assert run_dag(example("nightly_concierge")).state == "success"

    statuses = ("booked", "disqualified", "no_slot", "invalid", "invalid", "booked")
    assert warehouse.column("meeting_status", "leads") == dict(enumerate(statuses, 1))
    booked = on_record(box)
    found = {number: meeting for number, meeting in warehouse.column("meeting_id", "leads").items() if meeting}
    assert found == {1: booked["lead1@example.com"], 6: booked["lead6@example.com"]}
    assert set(warehouse.column("meeting_start", "leads").values()) == {None, *(m["startTime"] for m in box.meetings)}
    hosts = {box.tenant.catalogue.users[user].email for each in box.meetings for user in each["hosts"]}
    assert set(warehouse.column("meeting_host", "leads").values()) == {None, *hosts}
    assert warehouse.column("meeting_note", "leads")[5] == "repeats the key of row 1"


def test_nightly_concierge_books_nobody_twice_though_the_write_back_was_lost(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    warehouse.create("leads", LEADS, lead(1), lead(2))
    run_dag(example("nightly_concierge"))
    booked, written = on_record(box), warehouse.column("meeting_id", "leads")

    warehouse.forget("leads")
    calls = len(box.calls)
    assert run_dag(example("nightly_concierge")).state == "success"

    assert on_record(box) == booked
    assert {call.operation for call in box.calls[calls:]} == {"meeting-get"}
    assert warehouse.column("meeting_id", "leads") == written
    assert warehouse.column("meeting_status", "leads") == {1: "already_booked", 2: "already_booked"}


def test_nightly_concierge_writes_back_though_the_booking_task_fails_and_fails_with_it(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    """While the meeting list cannot be asked; the next night finds the meeting whose answer was lost."""
    warehouse.create("leads", LEADS, lead(1), lead(2), lead(3))
    box.faults.lose_answer("concierge-schedule")
    box.faults.error("meeting-list-put", status=403, code="Forbidden")

    assert run_dag(without_retries(example("nightly_concierge"))).state == "failed"
    assert sorted(warehouse.column("meeting_status", "leads").values()) == ["booked", "booked", "unknown"]
    assert len(on_record(box)) == 3

    assert run_dag(without_retries(example("nightly_concierge"))).state == "success"
    assert sorted(warehouse.column("meeting_status", "leads").values()) == ["already_booked", "booked", "booked"]
    assert len(on_record(box)) == 3


def test_nightly_concierge_with_a_token_that_may_not_book_is_red_and_says_so_for_every_lead(
    run_dag: Run, warehouse: Warehouse, box: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.create("leads", LEADS, lead(1), lead(2))
    token = box.token_without("concierge.schedule", "concierge.route")
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", box.connection_with(token))

    assert run_dag(example("nightly_concierge")).state == "failed"

    assert on_record(box) == {}
    assert set(warehouse.column("meeting_status", "leads").values()) <= {"refused", "not_attempted"}


def test_nightly_concierge_sends_nothing_for_more_leads_than_it_was_triggered_for(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    warehouse.create("leads", LEADS, lead(1), lead(2))

    assert run_dag(example("nightly_concierge"), run_conf={"max_leads": 1}).state == "failed"

    assert box.calls == []
    assert set(warehouse.column("meeting_status", "leads").values()) == {None}


def test_nightly_concierge_works_on_postgres(run_dag: Run, postgres_warehouse: Warehouse, box: Sandbox) -> None:
    postgres_warehouse.create("leads", LEADS, lead(1), lead(2, size=3))

    assert run_dag(example("nightly_concierge")).state == "success"

    booked = on_record(box)
    assert postgres_warehouse.column("meeting_id", "leads") == {1: booked["lead1@example.com"], 2: None}
    postgres_warehouse.forget("leads")
    assert run_dag(example("nightly_concierge")).state == "success"
    assert on_record(box) == booked
    assert postgres_warehouse.column("meeting_status", "leads") == {1: "already_booked", 2: "disqualified"}
