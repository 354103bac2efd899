"""Whom a run does not book: on a backfill, in a preview, and whoever is booked already."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.version_compat import AirflowFailException
from tests.booking_task import Desk, lead
from tests.unit.operators.declared import concierge


def test_a_backfill_books_nobody_unless_meant(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match="allow_backfill=True"):
        desk.run(concierge(desk, lead("ada")), run_type="backfill")
    assert desk.chili.calls == []
    assert desk.run(concierge(desk, lead("ada"), allow_backfill=True), run_type="backfill")[0]["status"] == "booked"


def test_a_preview_asks_the_ledger_only(desk: Desk, ledger: Path) -> None:
    """It validates every row and says what would be done; it opens, books and records nothing."""
    book = {"ledger_conn_id": "ledger"}
    desk.run(concierge(desk, lead("ada"), **book))
    calls, records = len(desk.chili.calls), on_record(ledger)
    rows = [lead("ada"), lead("bob"), lead("bob"), {"lead_id": "eve", "email": "nobody"}]
    answered = desk.run(concierge(desk, *rows, preview=True, **book), try_number=2)
    assert [row["status"] for row in answered] == ["already_booked", "would_book", "invalid", "invalid"]
    assert answered[0]["meeting_id"] == desk.chili.meetings[0]["meetingId"]
    assert desk.ti.xcom["counts"] == {"already_booked": 1, "would_book": 1, "invalid": 2}
    assert (len(desk.chili.calls), on_record(ledger)) == (calls, records)


def on_record(ledger: Path) -> list[Any]:
    with closing(sqlite3.connect(ledger)) as db:
        return db.execute("SELECT * FROM chilipiper_ledger ORDER BY key").fetchall()


def test_a_preview_needs_no_ledger(desk: Desk) -> None:
    assert desk.run(concierge(desk, lead("ada"), preview=True), try_number=2)[0]["status"] == "would_book"
    assert desk.chili.calls == []


def test_a_second_run_books_nobody_twice(desk: Desk, ledger: Path) -> None:
    """In whatever task: what is on record is answered, and nothing is opened. Another purpose is another booking."""
    desk.connect(ledger_conn_id="ledger")
    first = desk.run(concierge(desk, lead("ada"), lead("bob")))
    calls = len(desk.chili.calls)
    second = desk.run(concierge(desk, lead("ada"), lead("bob")), try_number=2)
    assert [row["status"] for row in second] == ["already_booked"] * 2
    assert [row["meeting_id"] for row in second] == [row["meeting_id"] for row in first]
    assert len(desk.chili.calls) == calls
    assert desk.run(concierge(desk, lead("ada"), purpose="q4"))[0]["status"] == "booked"
    assert len(desk.chili.meetings) == 3


def test_an_old_booking_does_not_count_for_ever(desk: Desk, ledger: Path) -> None:
    """If so wanted: `rebook_after` says how old it must be, and a preview goes by it.

    But never within the task instance, whose own tries may take that long.
    """
    desk.connect(ledger_conn_id="ledger")
    desk.run(concierge(desk, lead("ada")))
    again = {"rebook_after": "30 days"}
    assert desk.run(concierge(desk, lead("ada"), **again))[0]["status"] == "already_booked"
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("UPDATE chilipiper_ledger SET booked_at = booked_at - 31 * 86400")
        db.commit()
    assert desk.run(concierge(desk, lead("ada")))[0]["status"] == "already_booked"
    preview = concierge(desk, lead("ada"), preview=True, **again)
    assert desk.run(preview, run_id="next")[0]["status"] == "would_book"
    assert desk.run(concierge(desk, lead("ada"), **again), try_number=2)[0]["status"] == "already_booked"
    assert desk.run(concierge(desk, lead("ada"), **again), run_id="next")[0]["status"] == "booked"
    assert len(desk.chili.meetings) == 2


def test_a_ledger_in_postgres(desk: Desk, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", postgres_url.replace("postgresql+psycopg2", "postgres"))
    many = [lead(str(number)) for number in range(8)]
    run = {"ledger_conn_id": "ledger", "leads_at_once": 4, "max_sessions": 9}
    assert {row["status"] for row in desk.run(concierge(desk, *many, **run))} == {"booked"}
    calls = len(desk.chili.calls)
    assert {row["status"] for row in desk.run(concierge(desk, *many, **run))} == {"already_booked"}
    assert len(desk.chili.calls) == calls


def test_a_second_try_without_a_durable_ledger_books_nobody(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match=r"try 2 .* no durable ledger"):
        desk.run(concierge(desk, lead("ada")), try_number=2)
    assert desk.statuses() == ["not_attempted"]
    assert desk.chili.calls == []


@pytest.mark.parametrize("shard", ["0/2", "1/2"])
def test_a_shard_without_a_ledger_connection_sends_nothing(desk: Desk, shard: str) -> None:
    with pytest.raises(AirflowFailException, match=rf"shard {shard} needs a ledger connection.* Nothing was sent"):
        desk.run(concierge(desk, lead("ada"), shard=shard))
    assert desk.chili.calls == []


def test_a_mapped_task_without_a_ledger_connection_sends_nothing(desk: Desk) -> None:
    context = desk.context()
    desk.ti.map_index = 0
    with pytest.raises(AirflowFailException, match=r"a mapped task needs a ledger connection.* Nothing was sent"):
        concierge(desk, lead("ada")).execute(context)
    assert desk.chili.calls == []


def test_the_whole_as_one_shard_and_previews_need_none(desk: Desk) -> None:
    assert [row["status"] for row in desk.run(concierge(desk, lead("ada"), shard="0/1"))] == ["booked"]
    assert desk.run(concierge(desk, lead("bob"), preview=True, shard="0/1"))[0]["status"] == "would_book"
    context = desk.context()
    desk.ti.map_index = 3
    assert concierge(desk, lead("bob"), preview=True).execute(context)[0]["status"] == "would_book"


@pytest.mark.parametrize("loss", ["delete from chilipiper_ledger", "drop table chilipiper_ledger"])
def test_a_ledger_that_is_lost_in_the_middle_ends_the_task_without_a_retry(desk: Desk, ledger: Path, loss: str) -> None:
    """What it had on record would be booked again; what was booked by then is told."""
    many = [lead(f"lead{number}") for number in range(30)]
    answered = Counter[str]()

    def lose() -> None:
        answered["calls"] += 1
        if answered["calls"] == 25:
            with closing(sqlite3.connect(ledger, timeout=30)) as db, db:
                db.execute(loss)

    desk.clock.alarm = lose
    operator = concierge(desk, *many, ledger_conn_id="ledger", leads_at_once=2)
    with pytest.raises(AirflowFailException, match=r"stopped: .* (is|are) gone.*`ledger create`"):
        desk.run(operator)
    assert max(Counter(desk.guests()).values()) == 1
    assert len(desk.guests()) < 30
    assert len(desk.statuses()) == 30


def test_nobody_to_book_needs_no_ledger(desk: Desk) -> None:
    """At whatever try, as when an upstream task has found no leads."""
    assert desk.run(concierge(desk), try_number=2) == []
    assert desk.run(concierge(desk, {}), try_number=2)[0]["status"] == "invalid"


def test_a_ledger_that_is_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, every lead has its outcome, and another try may find it back."""
    away = {"conn_type": "postgres", "host": "127.0.0.1", "port": 9, "login": "u", "password": "hidden", "schema": "x"}
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps(away))
    with pytest.raises(Exception, match="chilipiper_ledger") as raised:
        desk.run(concierge(desk, lead("ada"), lead("bob"), ledger_conn_id="ledger"))
    assert not isinstance(raised.value, AirflowFailException)
    assert "hidden" not in str(raised.value)
    assert desk.statuses() == ["not_attempted"] * 2
    assert desk.chili.calls == []


def test_a_guest_with_an_active_meeting_is_booked_already(desk: Desk) -> None:
    """One listing of all meetings, whoever booked them; a meeting beyond the window does not count."""
    (first,) = desk.run(concierge(desk, lead("ada")))
    asked = len(desk.chili.calls)
    leads = [lead("ada", lead_id="another"), lead("bob")]
    rows = desk.run(concierge(desk, *leads, purpose="q4", existing_meeting_window=timedelta(days=6)))
    assert desk.statuses() == ["already_booked", "booked"]
    assert (rows[0]["meeting_id"], rows[0]["start_time"]) == (first["meeting_id"], first["start_time"])
    listings = [call for call in desk.chili.calls[asked:] if call.operation == "meeting-list-put"]
    assert len(listings) == 1
    desk.run(concierge(desk, lead("ada"), purpose="q5", existing_meeting_window=timedelta(seconds=1)))
    assert desk.statuses() == ["booked"]


def test_where_meetings_cannot_be_listed_beforehand_nothing_is_sent(desk: Desk) -> None:
    desk.connect(token=desk.chili.token_without("meeting.read"))
    with pytest.raises(AirflowFailException, match=r"existing_meeting_window.*meeting\.read.*Nothing was sent"):
        desk.run(concierge(desk, lead("ada"), existing_meeting_window=timedelta(days=6)))
    assert (desk.opened(), desk.spent()) == (0, 0)


def test_an_old_booking_is_forgotten_only_when_another_is_sent(desk: Desk, ledger: Path) -> None:
    """A run that finds no slot leaves the lead booked, for those to whom every booking counts."""
    desk.run(concierge(desk, lead("ada"), ledger_conn_id="ledger"))
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("UPDATE chilipiper_ledger SET booked_at = booked_at - 864000")
    again = {"rebook_after": timedelta(days=1), "min_notice": timedelta(days=40)}
    desk.run(concierge(desk, lead("ada"), ledger_conn_id="ledger", **again), run_id="next")
    assert desk.statuses() == ["no_slot"]
    desk.run(concierge(desk, lead("ada"), ledger_conn_id="ledger"))
    assert desk.statuses() == ["already_booked"]
    assert len(desk.chili.meetings) == 1
