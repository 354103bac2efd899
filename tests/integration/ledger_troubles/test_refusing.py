"""A ledger that answers and takes no entries: full, read-only, or not the table that it was."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from airflow_chilipiper.booking.ledger.sql.faults import NO_WRITES, NOT_OURS, UNFIT
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk
from tests.integration.ledger_troubles.conftest import LEADS, Home, Judge, nothing_is_sent, task
from tests.integration.ledger_troubles.troubles import TROUBLES, Trouble

EVERYWHERE = pytest.mark.parametrize("home", ["sqlite", "postgres", "mariadb"], indirect=True)
ALL = [
    pytest.param(home, each, id=f"{home}-{name}") for home, found in TROUBLES.items() for name, each in found.items()
]
KNOWN_AT_THE_START = [case for case in ALL if str(case.id).endswith(("full", "read-only"))]


@pytest.mark.parametrize(("home", "trouble"), KNOWN_AT_THE_START, indirect=["home"])
def test_a_ledger_that_takes_no_rows_at_the_start_lets_nothing_be_sent(
    desk: Desk, home: Home, trouble: Trouble
) -> None:
    if home.kind != "sqlite":  # whose file is too small from the start
        home.make()
    trouble.begin(home)
    try:
        nothing_is_sent(desk, trouble.message)
    finally:
        trouble.end(home)
    home.make()  # where it is missing, as only a person does at a second try
    desk.run(task(desk), try_number=2)
    assert desk.statuses() == ["booked"] * len(LEADS)


@pytest.mark.parametrize(("home", "trouble"), ALL, indirect=["home"])
def test_a_ledger_that_takes_no_more_rows_lets_nobody_be_invited_without_an_update(
    desk: Desk, home: Home, trouble: Trouble, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lead in flight is unknown in log and return value; the next try finds its meeting, and books the rest.

    Where the table is gone there is no next try before a person has brought it back.
    """
    judge = Judge(desk, home, then=lambda meetings: meetings == 2 and trouble.begin(home))
    wide = {"purpose": "q3 " * 300}
    if home.kind == "sqlite":  # entries of several pages, so that a file that may not grow is full after a few updates
        home.execute("pragma page_size = 512", "vacuum")
    try:
        with pytest.raises(AirflowException, match=re.escape(trouble.message)) as raised:
            desk.run(task(desk, **wide))
    finally:
        trouble.end(home)
    assert isinstance(raised.value, AirflowFailException) is trouble.is_loss
    statuses = Counter(desk.statuses())
    assert statuses.keys() - {"unknown"} == {"booked", "not_attempted"}
    assert (invited := statuses["booked"] + statuses["unknown"]) == desk.spent() == len(desk.guests())
    assert capsys.readouterr().out.count(": unknown. not on record (") == statuses["unknown"] <= 1
    assert statuses["unknown"] == 1 or home.kind == "sqlite"  # where the page of an entry may have room for the answer
    desk.run(task(desk, **wide), try_number=2)
    assert desk.statuses() == ["already_booked"] * invited + ["booked"] * (len(LEADS) - invited)
    assert Counter(desk.guests()) == Counter(lead["email"] for lead in LEADS)
    assert judge.unrecorded == []


@EVERYWHERE
def test_a_connection_that_may_only_read_lets_nothing_be_sent(desk: Desk, home: Home) -> None:
    """As to a replica, or over a file that was opened for reading."""
    home.make()
    readers = {
        "sqlite": {"host": f"file:{home.engine.url.database}", "extra": {"mode": "ro", "uri": "true"}},
        "postgresql": {"extra": {"options": "-cdefault_transaction_read_only=on"}},
        "mysql": {"extra": {"init_command": "set session transaction read only"}},
    }
    home.connect(**readers[home.kind])
    nothing_is_sent(desk, NO_WRITES)


@pytest.mark.parametrize(
    "statement",
    ["alter table chilipiper_ledger drop column slot", "alter table chilipiper_ledger rename column slot to slots"],
    ids=["a column is missing", "a column has another name"],
)
@EVERYWHERE
def test_a_table_that_is_not_as_we_make_it_lets_nothing_be_sent(desk: Desk, home: Home, statement: str) -> None:
    home.make()
    home.execute(statement)
    nothing_is_sent(desk, NOT_OURS)


@EVERYWHERE
def test_a_table_of_that_name_that_is_anothers_lets_nothing_be_sent_and_is_left_alone(desk: Desk, home: Home) -> None:
    home.execute("create table chilipiper_ledger (version varchar(32), amount integer)")
    nothing_is_sent(desk, NOT_OURS)
    home.execute("select version, amount from chilipiper_ledger")


@pytest.mark.parametrize("home", ["postgres", "mariadb"], indirect=True)
def test_a_column_that_is_too_narrow_for_an_update_lets_nobody_be_invited(desk: Desk, home: Home) -> None:
    """It is only known once a session is open: the batch ends there."""
    home.make()
    narrow = {"postgresql": "alter column session type varchar(3)", "mysql": "modify session varchar(3)"}
    home.execute(f"alter table chilipiper_ledger {narrow[home.kind]}")
    with pytest.raises(AirflowException, match=f"6 not_attempted .*{UNFIT}"):
        desk.run(task(desk))
    assert (desk.opened(), desk.spent()) == (1, 0)
