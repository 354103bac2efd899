"""From warehouse to warehouse: leads out of a query, outcomes into a table, and what XCom has of them then."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.booking.ledger import person
from airflow_chilipiper.booking.ledger.lead_key import entry_key
from airflow_chilipiper.ledgers import sql_ledger
from airflow_chilipiper.operators import SchedulingLinkBookOperator, col
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk, lead

NAMES = ("ada", "bob", "eve", "joe")


@pytest.fixture
def leads(warehouse: Path) -> Path:
    with closing(sqlite3.connect(warehouse)) as db, db:
        db.execute("CREATE TABLE leads (lead_id TEXT, email TEXT, meeting TEXT, status TEXT)")
        db.executemany(
            "INSERT INTO leads (lead_id, email) VALUES (?, ?)", [tuple(lead(name).values()) for name in NAMES]
        )
        db.execute("INSERT INTO leads (lead_id, email) VALUES ('odd', 'no address')")
    return warehouse


def rows(warehouse: Path, query: str = "SELECT lead_key, status, meeting_id FROM outcomes ORDER BY 1, 2") -> list[Any]:
    with closing(sqlite3.connect(warehouse)) as db:
        return db.execute(query).fetchall()


def task(desk: Desk, **arguments: Any) -> SchedulingLinkBookOperator:
    asked = {
        "sql": "SELECT lead_id, email FROM leads ORDER BY lead_id",
        "sql_conn_id": "warehouse",
        "link_id": "link-rr-demo",
        "lead_key": col("lead_id"),
        "max_sessions": 20,
    }
    return desk.make(SchedulingLinkBookOperator, **asked | arguments)


def meetings(desk: Desk) -> dict[str, str]:
    return {meeting["guest"].partition("@")[0]: meeting["meetingId"] for meeting in desk.chili.meetings}


def test_outcomes_are_in_the_table_and_xcom_has_one_shape(desk: Desk, leads: Path) -> None:
    answered = desk.run(task(desk, results_table="outcomes", keep=["email"]))
    booked = [(name, "booked", meetings(desk)[name]) for name in NAMES]
    assert rows(leads) == sorted([*booked, ("odd", "invalid", None)])
    assert list(answered) == ["counts", "review", "failed", "sample"]
    assert answered["counts"] == {"booked": 4, "invalid": 1}
    assert answered["review"] == {"total": 0, "rows": []}
    assert (answered["failed"]["total"], [row["lead_key"] for row in answered["failed"]["rows"]]) == (1, ["odd"])
    assert {row["lead_key"] for row in answered["sample"]} == {*NAMES, "odd"}
    assert desk.ti.xcom == {"counts": answered["counts"], "return_value": answered}
    assert rows(leads, "SELECT email, task_id, try_number FROM outcomes WHERE lead_key = 'ada'") == [
        ("ada@prospect.example", "book", 1)
    ]


def test_a_retry_writes_what_is_new_and_nothing_twice(desk: Desk, leads: Path, ledger: Path) -> None:
    """Also what the earlier try had booked, but came not to write."""
    desk.connect(ledger_conn_id="ledger")
    desk.run(task(desk, results_table="outcomes"))
    with closing(sqlite3.connect(leads)) as db, db:
        db.execute("DELETE FROM outcomes WHERE lead_key = 'bob'")
    opened = desk.opened()
    counts = desk.run(task(desk, results_table="outcomes"), try_number=2)["counts"]
    assert (counts, desk.opened()) == ({"already_booked": 4, "invalid": 1}, opened)
    statuses = dict.fromkeys(NAMES, "booked") | {"bob": "already_booked", "odd": "invalid"}
    assert [row[:2] for row in rows(leads)] == sorted(statuses.items())


def test_a_lead_that_the_table_shows_as_booked_is_asked_of_nobody(desk: Desk, leads: Path, tmp_path: Path) -> None:
    """A second net, for shops that have only a warehouse: here the ledger is lost."""
    desk.run(task(desk, results_table="outcomes", sql="SELECT * FROM leads WHERE lead_id IN ('ada', 'bob')"))
    answered = desk.run(task(desk, results_table="outcomes"))
    assert answered["counts"] == {"already_booked": 2, "booked": 2, "invalid": 1}
    assert sorted(desk.guests()) == [f"{name}@prospect.example" for name in NAMES]
    known = next(row for row in answered["sample"] if row["lead_key"] == "ada")
    assert known["meeting_id"] == meetings(desk)["ada"]
    assert "results table" in known["reason"]
    assert desk.run(task(desk, results_table="outcomes", purpose="q4"))["counts"]["booked"] == 4


def test_a_booking_in_the_table_that_is_old_enough_counts_no_more(desk: Desk, leads: Path) -> None:
    desk.run(task(desk, results_table="outcomes"))
    with closing(sqlite3.connect(leads)) as db, db:
        db.execute("UPDATE outcomes SET recorded_at = '2020-01-01T00:00:00Z' WHERE lead_key = 'ada'")
    again = task(desk, results_table="outcomes", rebook_after="30 days")
    assert desk.run(again, try_number=2)["counts"] == {"already_booked": 4, "invalid": 1}
    assert desk.run(again, run_id="next")["counts"] == {"booked": 1, "already_booked": 3, "invalid": 1}


def test_a_meeting_that_a_person_released_counts_no_more_whatever_the_table_shows(
    desk: Desk, leads: Path, ledger: Path
) -> None:
    """Nor does the one that was booked then, once that is released too."""
    desk.connect(ledger_conn_id="ledger")
    of_ada = task(desk, results_table="outcomes", sql="SELECT * FROM leads WHERE lead_id = 'ada'")
    key = entry_key("q3", "ada")
    assert desk.run(of_ada)["counts"] == {"booked": 1}
    for number in range(2):
        person.release(sql_ledger("ledger"), key, wall=time.time())
        assert desk.run(of_ada, run_id=f"after {number}")["counts"] == {"booked": 1}
        assert desk.run(of_ada, run_id=f"again {number}")["counts"] == {"already_booked": 1}
    assert len(set(sql_ledger("ledger").get([key])[key].released.split("\n"))) == 2
    assert len(desk.chili.meetings) == 3


def test_the_leads_own_table_can_be_kept_up_to_date_instead(desk: Desk, leads: Path) -> None:
    update = "UPDATE leads SET meeting = :meeting_id, status = :status WHERE lead_id = :lead_key"
    answered = desk.run(task(desk, write_back_sql=update))
    found = {
        name: (meeting, status) for name, meeting, status in rows(leads, "SELECT lead_id, meeting, status FROM leads")
    }
    expected: dict[str, Any] = {name: (meetings(desk)[name], "booked") for name in NAMES}
    assert found == expected | {"odd": (None, "invalid")}
    assert answered["counts"] == {"booked": 4, "invalid": 1}


def test_shards_share_the_leads_between_them(desk: Desk, leads: Path, ledger: Path) -> None:
    desk.connect(ledger_conn_id="ledger")
    counts = [desk.run(task(desk, shard=f"{number}/3", results_table="outcomes"))["counts"] for number in range(3)]
    assert sum(sum(each.values()) for each in counts) == 5
    assert sorted(desk.guests()) == [f"{name}@prospect.example" for name in NAMES]
    assert [row[0] for row in rows(leads)] == [*NAMES, "odd"]


def test_a_table_that_fails_in_the_middle_fails_the_task_after_xcom_has_all(desk: Desk, leads: Path) -> None:
    """The retry finds out from the ledger, and writes what is missing."""
    operator = task(desk, results_table="outcomes")

    def drop() -> None:
        with closing(sqlite3.connect(leads)) as db, db:
            db.execute("DROP TABLE IF EXISTS outcomes")

    desk.clock.alarm = drop
    with pytest.raises(AirflowException, match="results table 'outcomes'") as failed:
        desk.run(operator)
    assert not isinstance(failed.value, AirflowFailException)
    assert desk.ti.xcom["counts"] == {"booked": 4, "invalid": 1}
    assert "prospect.example" not in str(failed.value)


def test_a_preview_writes_nothing(desk: Desk, leads: Path) -> None:
    answered = desk.run(task(desk, results_table="outcomes", preview=True))
    assert answered["counts"] == {"would_book": 4, "invalid": 1}
    assert rows(leads, "SELECT name FROM sqlite_master WHERE name = 'outcomes'") == []
    assert desk.opened() == 0


def test_one_lead_is_answered_by_its_row_wherever_that_is_written(desk: Desk, leads: Path) -> None:
    one = {"sql": None, "sql_conn_id": None, "lead": lead("ada"), "results_table": "outcomes"}
    for preview, status in ((True, "would_book"), (False, "booked")):
        answered = desk.run(task(desk, **one, results_conn_id="warehouse", preview=preview))
        assert (answered["lead_key"], answered["status"]) == ("ada", status)
    assert [row[:2] for row in rows(leads)] == [("ada", "booked")]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"results_table": "out comes; DROP TABLE leads"}, "results_table"),
        ({"write_back_sql": "UPDATE leads SET meeting = :meeting"}, "unknown parameter :meeting"),
        ({"results_table": "outcomes", "results_conn_id": "nowhere"}, "results_conn_id='nowhere'"),
        ({"lead_key": col("lead")}, "the query has no column lead"),
        ({"shard": "4/4"}, "shard is '4/4'"),
        ({"results_table": "leads"}, "has no column"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    desk: Desk, leads: Path, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(Exception, match=complaint):
        desk.run(task(desk, **arguments))
    assert not desk.chili.calls
    assert len(rows(leads, "SELECT * FROM leads")) == 5


def test_outcomes_that_the_database_refuses_fail_the_task_which_says_which_and_writes_the_others(
    desk: Desk, leads: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(leads)) as db, db:
        db.execute("CREATE TABLE done (lead_key TEXT PRIMARY KEY, meeting TEXT NOT NULL)")
    back = "INSERT OR REPLACE INTO done VALUES (:lead_key, :meeting_id)"
    with pytest.raises(AirflowFailException, match=r"^1 outcomes are not written\. Row 5: .*NOT NULL.*bookings stand"):
        desk.run(task(desk, write_back_sql=back, results_conn_id="warehouse"))
    assert rows(leads, "SELECT * FROM done ORDER BY 1") == sorted(meetings(desk).items())
    assert desk.ti.xcom["counts"] == {"booked": 4, "invalid": 1}
    logged = capsys.readouterr().out
    assert "Row 5: its outcome is not written." in logged
    assert "5 leads: " in logged


def test_a_task_that_was_stopped_does_not_say_that_it_has_written_every_outcome(desk: Desk, leads: Path) -> None:
    stopped = task(desk, results_table="outcomes")
    stopped.on_kill()
    with pytest.raises(AirflowException, match="outcome of every lead that had its turn is in table outcomes"):
        desk.run(stopped)
    assert "not_attempted" not in {status for _, status, _ in rows(leads)}
