"""Two versions of this package over one table."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.sql.table import VERSION, LedgerTable
from tests.booking_task import Desk
from tests.integration.ledger_troubles.conftest import Home, Judge, nothing_is_sent, task

EVERYWHERE = pytest.mark.parametrize("home", ["sqlite", "postgres", "mariadb"], indirect=True)
NEWER = "was made by a newer airflow-provider-chilipiper"


def newer(home: Home) -> SqlLedger:
    """What a later version, which has added a column, makes of the table."""
    ledger = SqlLedger(sa.create_engine(home.engine.url, poolclass=sa.pool.NullPool), LedgerTable(version=VERSION + 1))
    with home.engine.begin() as db:
        if "note" not in {column["name"] for column in sa.inspect(db).get_columns("chilipiper_ledger")}:
            db.exec_driver_sql("alter table chilipiper_ledger add column note varchar(8)")
            db.exec_driver_sql(f"update chilipiper_ledger_version set version = {VERSION + 1}")
    ledger.create()
    return ledger


@EVERYWHERE
def test_an_older_version_sends_nothing_over_a_newer_table(desk: Desk, home: Home) -> None:
    home.make()
    newer(home)
    nothing_is_sent(desk, NEWER)


@EVERYWHERE
def test_a_table_that_is_migrated_in_the_middle_of_an_older_batch_loses_no_change(desk: Desk, home: Home) -> None:
    """The batch books on, the newer version reads what it has recorded, and no further one of the older begins."""
    judge = Judge(desk, home, then=lambda meetings: meetings == 2 and newer(home))
    desk.run(task(desk, leads_at_once=4))
    assert desk.statuses() == ["booked"] * 6
    assert (desk.spent(), judge.unrecorded) == (6, [])
    assert sorted(entry.meeting_id or "" for entry in newer(home).list(states=["booked"])) == sorted(
        meeting["meetingId"] for meeting in desk.chili.meetings
    )
    nothing_is_sent(desk, NEWER)
