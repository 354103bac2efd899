"""The other example DAGs, run for real."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow.models.pool import Pool

from airflow_chilipiper.sandbox import Sandbox

if TYPE_CHECKING:
    pass
from tests.system.example_dags.conftest import (
    EXAMPLES,
    LEADS,
    Run,
    Warehouse,
    example,
    lead,
    on_record,
    without_retries,
)


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_an_example_is_parsed_without_connections_errors_or_warnings(name: str) -> None:
    assert example(name).dag_id == name


@pytest.fixture
def pool() -> Iterator[None]:
    Pool.create_or_update_pool("chilipiper", slots=4, description="", include_deferred=False)
    yield
    Pool.delete_pool("chilipiper")


@pytest.mark.usefixtures("pool")
def test_campaign_in_shards_books_each_lead_in_one_shard_and_knows_them_all_the_next_time(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    size = 12
    warehouse.create("leads", LEADS, *(lead(number) for number in range(size)), lead(90, size=3), lead(91, email="x"))

    first, second = (run_dag(example("campaign_in_shards")) for _ in range(2))

    for run, status in ((first, "booked"), (second, "already_booked")):
        assert run.state == "success"
        (report,) = (ti for ti in run.get_task_instances() if ti.task_id == "report")
        assert report.xcom_pull(task_ids="report") == {status: size, "disqualified": 1, "invalid": 1}
    outcomes = warehouse.outcomes("chilipiper_outcomes")
    assert {key: meeting for key, meeting, status, _ in outcomes if status == "booked"} == {
        lead(number)[0]: on_record(box)[f"lead{number}@example.com"] for number in range(size)
    }
    shards = {key: shard for key, _, _, shard in outcomes}
    assert len(set(shards.values())) == 4
    assert all(shards[key] == shard for key, _, _, shard in outcomes)


LINK = "https://sandbox.chilipiper.example/link/"


def renewals(warehouse: Warehouse) -> None:
    rows = [("a@example.com", f"{LINK}meet-amy", None), ("b@example.com", f"{LINK}meet-the-pair", "Europe/London")]
    warehouse.create("renewals", "email, owner_link, timezone", *rows, ("c@example.com", None, None))


def test_owner_links_books_each_customer_with_the_owner_of_the_link(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    renewals(warehouse)

    assert run_dag(example("owner_links")).state == "success"

    booked = on_record(box)
    hosts = {each["guest"]: each["hosts"] for each in box.meetings}
    assert hosts == {"a@example.com": ["u-ae-1"], "b@example.com": ["u-ae-1", "u-ae-3"]}
    written = {1: booked["a@example.com"], 2: booked["b@example.com"], 3: None}
    assert warehouse.column("meeting_id", "renewals") == written

    warehouse.forget("renewals")
    assert run_dag(example("owner_links")).state == "success"

    assert on_record(box) == booked
    assert warehouse.column("meeting_id", "renewals") == written


def test_owner_links_books_and_writes_nothing_in_a_preview(run_dag: Run, warehouse: Warehouse, box: Sandbox) -> None:
    renewals(warehouse)

    run = run_dag(example("owner_links"), run_conf={"preview": True})

    assert run.state == "success"
    assert on_record(box) == {}
    assert set(warehouse.column("meeting_id", "renewals").values()) == {None}


def test_sdr_handoff_books_leads_and_contacts_by_their_crm_ids(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    rows = [("00Q000000000001", "sam.setter@sandbox.example"), ("003000000000001", "sue.setter@sandbox.example")]
    warehouse.create("qualified_leads", "crm_id, sdr_email", *rows)

    assert run_dag(example("sdr_handoff")).state == "success"

    booked = on_record(box)
    written = {1: booked["lead.one@prospect.example"], 2: booked["contact.one@customer.example"]}
    assert warehouse.column("meeting_id", "qualified_leads") == written
    assert {each["pattern"] for each in box.meetings} == {"handoff"}

    warehouse.forget("qualified_leads")
    assert run_dag(example("sdr_handoff")).state == "success"

    assert on_record(box) == booked
    assert warehouse.column("meeting_id", "qualified_leads") == written


def test_wait_then_book_books_a_slot_that_the_sensor_found(run_dag: Run, warehouse: Warehouse, box: Sandbox) -> None:
    run = run_dag(example("wait_then_book"), run_conf={"guest": "jo@example.com"})

    assert run.state == "success"
    booked = on_record(box)
    assert list(booked) == ["jo@example.com"]
    tasks = {each.task_id: each for each in run.get_task_instances()}
    assert box.meetings[0]["startTime"] in tasks["slots"].xcom_pull("slots")

    assert run_dag(example("wait_then_book"), run_conf={"guest": "jo@example.com"}).state == "success"
    assert on_record(box) == booked


def test_one_task_per_lead_follows_up_on_each_even_on_one_that_failed(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    warehouse.create("leads", LEADS, lead(1), lead(2, email="no address"), lead(3, size=3))

    run = run_dag(example("one_task_per_lead"))

    assert run.state == "failed"
    assert warehouse.column("meeting_status", "leads") == {1: "booked", 2: "invalid", 3: "disqualified"}
    assert warehouse.column("meeting_id", "leads") == {1: on_record(box)["lead1@example.com"], 2: None, 3: None}
    labels = {(each.task_id, each.rendered_map_index) for each in run.get_task_instances() if each.map_index >= 0}
    assert labels == {(name, str(number)) for name in ("book", "follow_up") for number in (1, 2, 3)}


def test_one_task_per_lead_books_nobody_twice_and_ends_well_without_leads(
    run_dag: Run, warehouse: Warehouse, box: Sandbox
) -> None:
    warehouse.create("leads", LEADS, lead(1), lead(2))
    assert run_dag(example("one_task_per_lead")).state == "success"
    booked, written = on_record(box), warehouse.column("meeting_id", "leads")

    warehouse.forget("leads")
    assert run_dag(example("one_task_per_lead")).state == "success"
    assert on_record(box) == booked
    assert warehouse.column("meeting_id", "leads") == written

    assert run_dag(example("one_task_per_lead")).state == "success"
    assert on_record(box) == booked


def test_reconcile_bookings_finds_what_was_lost_and_reports_what_a_person_must_decide(
    run_dag: Run, warehouse: Warehouse, box: Sandbox, tmp_path: Path
) -> None:
    """Once the meeting list has had its time."""
    warehouse.create("leads", LEADS, lead(1), lead(2))
    box.faults.lose_answer("concierge-schedule")
    box.faults.lose_request("concierge-schedule")
    box.faults.error("meeting-list-put", status=403, code="Forbidden", count=2)
    assert run_dag(without_retries(example("nightly_concierge"))).state == "failed"
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as ledger, ledger:
        ledger.execute("UPDATE chilipiper_ledger SET sent_at = sent_at - 330")

    run = run_dag(without_retries(example("reconcile_bookings")))

    assert run.state == "success"
    answers = {ti.task_id: ti.xcom_pull(task_ids=ti.task_id) for ti in run.get_task_instances()}
    assert answers["reconcile"]["counts"] == {"booked": 1, "review": 1}
    (row,) = [row for row in answers["reconcile"]["rows"] if row["state"] == "review"]
    assert answers["report"] == [f"{row['ledger_key']}: {row['reason']}"]
    assert len(on_record(box)) == 1
