"""The example DAGs, run for real: Airflow, a sandbox on a port, a warehouse and a ledger in databases of their own."""

from __future__ import annotations

import json
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from airflow.models.pool import Pool

from airflow_chilipiper.sandbox import Sandbox, sandbox

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

EXAMPLES = Path(__file__).parents[2] / "example_dags"
LEADS = "crm_id, email, first_name, last_name, company, company_size, country, timezone"
MEETING = "meeting_id, meeting_status, meeting_start, meeting_host, meeting_note"

Run = Callable[..., "DagRun"]


def example(name: str) -> DAG:
    """Parsed anew, since `dag.test` leaves rendered templates behind; without an error or a warning."""
    from tests.dagbag import DagBag

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bag = DagBag(EXAMPLES / f"{name}.py")
    assert bag.import_errors == {}
    assert bag.captured_warnings == {}
    assert [str(each.message) for each in caught if "example_dags" in each.filename] == []
    return bag.dags[name]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with sandbox(requests_per_second=200) as served:
        yield served


class Warehouse:
    """A database as the examples reach it by the connection `warehouse`."""

    def __init__(self, url: str | sa.URL) -> None:
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)

    def create(self, table: str, columns: str, *rows: tuple[Any, ...]) -> None:
        """A table whose columns are all text, but for its id."""
        named = [sa.Column(name, sa.Text) for name in f"{columns}, {MEETING}".split(", ")]
        made = sa.Table(table, sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *named)
        names = columns.split(", ")
        with self.engine.begin() as connection:
            made.create(connection)
            for number, row in enumerate(rows, 1):
                connection.execute(made.insert().values(id=number, **dict(zip(names, row, strict=True))))

    def column(self, name: str, table: str) -> dict[int, Any]:
        with self.engine.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT id, {name} FROM {table} ORDER BY id"))
            return {row.id: row[1] for row in rows}

    def outcomes(self, table: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            rows = connection.execute(sa.text(f"SELECT lead_key, meeting_id, status, map_index FROM {table}"))
            return [tuple(row) for row in rows]

    def forget(self, table: str) -> None:
        """As if the write-back had been lost."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE {table} SET meeting_id = NULL, meeting_start = NULL"))


@pytest.fixture
def warehouse(tmp_path: Path, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """SQLite files behind the connections `warehouse` and `ledger`."""
    for name in ("warehouse", "ledger"):
        connection = {"conn_type": "sqlite", "host": str(tmp_path / f"{name}.db")}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", box.connection)
    return Warehouse(f"sqlite:///{tmp_path}/warehouse.db")


@pytest.fixture
def postgres_warehouse(postgres_url: str, box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """The same, both in one Postgres database."""
    url = sa.make_url(postgres_url)
    place = {"host": url.host, "port": url.port, "login": url.username, "password": url.password}
    for name in ("WAREHOUSE", "LEDGER"):
        connection = {"conn_type": "postgres", "schema": url.database, **place}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_CHILIPIPER_DEFAULT", box.connection)
    return Warehouse(url)


def on_record(box: Sandbox) -> dict[str, str]:
    """The sandbox's meetings: ids by guest, of whom nobody has two."""
    meetings = {each["guest"]: each["meetingId"] for each in box.meetings}
    assert len(meetings) == len(box.meetings)
    return meetings


def lead(number: int, *, email: str | None = None, size: int = 250, country: str = "France") -> tuple[Any, ...]:
    mail = f"lead{number}@example.com" if email is None else email
    return (f"00Q{number:012}", mail, "Jo", "Doe", "Acme", str(size), country, None)


def without_retries(dag: DAG) -> DAG:
    """`dag.test` waits for the delay of a retry."""
    for each in dag.tasks:
        each.retries = 0
    return dag


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_an_example_is_parsed_without_connections_errors_or_warnings(name: str) -> None:
    assert example(name).dag_id == name


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
