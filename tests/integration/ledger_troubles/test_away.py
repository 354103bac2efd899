"""A ledger database that is away: at the start nothing is sent, in the middle nobody is invited without an update."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress
from threading import Thread

import pytest

from airflow_chilipiper.booking.ledger.sql.faults import AWAY
from airflow_chilipiper.ledgers import sql_ledger
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk
from tests.integration.ledger_troubles.conftest import LEADS, Home, Judge, batch_of, nothing_is_sent, task
from tests.integration.ledger_troubles.line import Line

EVERYWHERE = pytest.mark.parametrize("home", ["sqlite", "postgres", "mariadb"], indirect=True)
ON_SERVERS = pytest.mark.parametrize("home", ["postgres", "mariadb"], indirect=True)


@EVERYWHERE
def test_a_database_that_is_away_at_the_start_lets_nothing_be_sent(
    desk: Desk, home: Home, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next try finds the database back, and books."""
    home.make()
    if home.kind == "sqlite":
        monkeypatch.setenv("AIRFLOW_CONN_LEDGER", '{"conn_type": "sqlite", "host": "/nowhere/ledger.db"}')
    else:
        request.getfixturevalue("line").cut()
    nothing_is_sent(desk, AWAY)
    home.connect()
    desk.run(task(desk), try_number=2)
    assert desk.statuses() == ["booked"] * len(LEADS)


@ON_SERVERS
def test_a_lead_between_update_and_answer_is_unknown_when_the_database_goes_and_is_found_by_the_next_try(
    desk: Desk, home: Home, line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    """In log and return value, with the meeting that was made; nobody after it is asked for."""
    judge = Judge(desk, home, then=lambda meetings: meetings == 2 and line.cut())
    with pytest.raises(AirflowException, match="1 unknown, 4 not_attempted") as raised:
        desk.run(task(desk))
    assert not isinstance(raised.value, AirflowFailException)
    assert desk.statuses() == ["booked", "unknown"] + ["not_attempted"] * 4
    assert desk.ti.xcom["return_value"][1]["meeting_id"] == desk.chili.meetings[1]["meetingId"]
    out = capsys.readouterr().out
    assert f"Row 2: unknown. not on record (chilipiper_ledger: OperationalError: {AWAY})" in out
    line.mend()
    desk.run(task(desk), try_number=2)
    assert desk.statuses() == ["already_booked"] * 2 + ["booked"] * 4
    assert judge.unrecorded == []
    assert Counter(desk.guests()) == Counter(lead["email"] for lead in LEADS)


@ON_SERVERS
def test_of_many_leads_at_once_none_is_invited_without_its_update_or_twice_when_the_database_goes(
    desk: Desk, home: Home, line: Line
) -> None:
    """Whoever was invited is booked or unknown; the next try settles that, and books those who were not."""
    judge = Judge(desk, home, then=lambda meetings: meetings == 3 and line.cut())
    with pytest.raises(AirflowException, match="unknown"):
        desk.run(task(desk, leads_at_once=4))
    first = Counter(desk.statuses())
    assert first.keys() == {"unknown", "not_attempted"} | first.keys() & {"booked"}
    assert first["booked"] + first["unknown"] == len(desk.guests()) == desk.spent()
    line.mend()
    with suppress(AirflowException):  # an update whose commit was cut off is in doubt, though nothing was sent
        desk.run(task(desk, leads_at_once=4), try_number=2)
    second = Counter(desk.statuses())
    assert second.keys() <= {"booked", "already_booked", "review", "unknown"}
    assert second["booked"] + second["already_booked"] == len(desk.guests()) == len(set(desk.guests()))
    assert judge.unrecorded == []


@ON_SERVERS
def test_an_update_whose_commit_is_never_answered_lets_nobody_be_invited(desk: Desk, home: Home, line: Line) -> None:
    """Though it took: that lead is in doubt for the next try, which asks for nobody without evidence."""
    line.lose_answer_to(b"UPDATE", b"COMMIT", then=line.cut)
    with pytest.raises(AirflowException, match="6 not_attempted"):
        desk.run(task(desk))
    assert desk.spent() == 0
    assert sorted(home.states().values()) == ["planned", "sent"]  # by session, which those not asked for have none of
    line.mend()
    desk.run(task(desk), try_number=2)
    assert desk.statuses() == ["review"] + ["booked"] * 5
    assert len(set(desk.guests())) == desk.spent() == 5


@ON_SERVERS
def test_a_commit_that_took_and_was_not_answered_is_known_as_our_own_once_the_server_is_back(
    desk: Desk, home: Home, line: Line
) -> None:
    """So its lead is booked, and once."""
    judge = Judge(desk, home)
    line.lose_answer_to(b"UPDATE", b"COMMIT", then=line.drop)
    desk.run(task(desk))
    assert desk.statuses() == ["booked"] * 6
    assert (desk.spent(), judge.unrecorded) == (6, [])


@ON_SERVERS
def test_connections_that_break_while_the_server_stays_cost_nobody_a_booking(
    desk: Desk, home: Home, line: Line
) -> None:
    """As when the server is started again, or a load balancer closes what was idle."""
    judge = Judge(desk, home, then=lambda _: line.drop())
    desk.run(task(desk, leads_at_once=3))  # fewer than the ledger's tries, should each break the same transaction
    assert desk.statuses() == ["booked"] * 6
    assert (desk.spent(), judge.unrecorded) == (6, [])


@ON_SERVERS
def test_a_database_that_falls_silent_holds_up_no_task_that_is_stopped(desk: Desk, home: Home, line: Line) -> None:
    """No error ever comes. The lead in flight is unknown, and nobody after it is asked for."""
    judge = Judge(desk, home, then=lambda meetings: meetings == 2 and line.silence())
    batch = batch_of(sql_ledger("ledger"), at_once=1, drain=0.0)
    running = Thread(target=batch.run)
    running.start()
    assert line.silent_at.wait(30)
    batch.stop()
    running.join(30)
    assert not running.is_alive()
    assert [outcome.status for outcome in batch.outcomes] == ["booked", "unknown"] + ["not_attempted"] * 4
    assert (desk.spent(), judge.unrecorded) == (2, [])
    line.cut()
    for loop in (thread for thread in threading.enumerate() if thread.name == "chilipiper-batch"):
        loop.join(30)
    assert list(home.states().values()).count("sent") == 1
