"""A table that another version of this package has made is refused, and never read wrongly."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, new_version
from airflow_chilipiper.booking.ledger.sql import table
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.sql.table import VERSION, LedgerTable

Open = Callable[..., sa.engine.Engine]

# As commit a69e993 made them.
COLUMNS_OF_1 = """
    purpose TEXT NOT NULL, mark VARCHAR(32){ascii} NOT NULL, state VARCHAR(16) NOT NULL, attempt INTEGER NOT NULL,
    sender TEXT NOT NULL, session TEXT, slot VARCHAR(64), sent_at FLOAT, count_from FLOAT,
    meeting_id VARCHAR(255){exact}, booked_at FLOAT, policy VARCHAR(16) NOT NULL, reason TEXT NOT NULL,
    guest VARCHAR(64){ascii} NOT NULL, invited VARCHAR(64){ascii} NOT NULL, released VARCHAR(255){exact},
    pattern VARCHAR(64){ascii} NOT NULL, UNIQUE (meeting_id)
"""
ON_MYSQL = " ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin"
VERSION_1 = {
    "sqlite": (
        'CREATE TABLE chilipiper_ledger ("key" VARCHAR(64) NOT NULL PRIMARY KEY,'
        + COLUMNS_OF_1.format(ascii="", exact="")
        + ")",
        "CREATE TABLE chilipiper_ledger_version (one INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (one))",
    ),
    "postgresql": (
        'CREATE TABLE chilipiper_ledger (key VARCHAR(64) COLLATE "C" NOT NULL PRIMARY KEY,'
        + COLUMNS_OF_1.format(ascii=' COLLATE "C"', exact=' COLLATE "C"').replace("FLOAT", "FLOAT(53)")
        + ")",
        "CREATE TABLE chilipiper_ledger_version (one INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (one))",
    ),
    "mysql": (
        "CREATE TABLE chilipiper_ledger (`key` VARCHAR(64) COLLATE ascii_bin NOT NULL PRIMARY KEY,"
        + COLUMNS_OF_1.format(ascii=" COLLATE ascii_bin", exact=" COLLATE utf8mb4_bin").replace("FLOAT", "FLOAT(53)")
        + f"){ON_MYSQL}",
        "CREATE TABLE chilipiper_ledger_version (one INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (one))"
        + ON_MYSQL,
    ),
}
A_LEAD = (
    "insert into chilipiper_ledger values ('{key}', 'spring', 'm1', 'sent', 1, 'me', 's', '2026-11-03T09:30:00Z', 1, 2,"
    " null, null, 'hold', '', 'g', '', null, 'p')"
)
OLDER = r"an older airflow-provider-chilipiper: it has version 1, .* version 4 alone; nothing was read .* Then rename"


def an_entry() -> Entry:
    return Entry(key="a" * 64, purpose="spring", version=new_version())


def made_by_version_1(engine: sa.engine.Engine, *, with_number: bool = True) -> None:
    made, number = VERSION_1["mysql" if engine.dialect.name == "mariadb" else engine.dialect.name]
    with engine.begin() as db:
        db.exec_driver_sql(made)
        db.exec_driver_sql(A_LEAD.format(key="a" * 64))
        if with_number:
            db.exec_driver_sql(number)
            db.exec_driver_sql("insert into chilipiper_ledger_version values (1, 1)")


def rows(engine: sa.engine.Engine, name: str) -> list[tuple[object, ...]]:
    with engine.connect() as db:
        return [tuple(row) for row in db.exec_driver_sql(f"select * from {name}")]


def test_an_older_table_is_refused_with_what_to_do_and_stays_as_it_is(open_engine: Open) -> None:
    made_by_version_1(engine := open_engine())
    before = rows(engine, "chilipiper_ledger")
    for _ in range(2):
        with pytest.raises(LedgerFailed, match=OLDER):
            SqlLedger(open_engine()).create()
    assert rows(engine, "chilipiper_ledger") == before
    assert rows(engine, "chilipiper_ledger_version") == [(1, 1)]


@pytest.mark.parametrize("with_number", [True, False], ids=["with its number", "without a number"])
@pytest.mark.parametrize(
    "use",
    [
        lambda ledger: ledger.get(["a" * 64]),
        lambda ledger: ledger.list(),
        lambda ledger: ledger.get_or_create([an_entry()]),
        lambda ledger: ledger.update([an_entry()])[0],
    ],
    ids=["get", "list", "get_or_create", "update"],
)
def test_who_uses_an_older_table_without_opening_it_fails_too(
    open_engine: Open, use: Callable[[SqlLedger], object], with_number: bool
) -> None:
    """No column of it is taken for another."""
    made_by_version_1(engine := open_engine(), with_number=with_number)
    before = rows(engine, "chilipiper_ledger")
    with pytest.raises(LedgerFailed):
        raise_if_failed(use(SqlLedger(engine)))
    assert rows(engine, "chilipiper_ledger") == before


def raise_if_failed(answer: object) -> None:
    if isinstance(answer, Exception):
        raise answer


def test_an_older_table_without_a_number_is_no_ledger(open_engine: Open) -> None:
    made_by_version_1(engine := open_engine(), with_number=False)
    with pytest.raises(LedgerFailed, match="a table or a column is missing"):
        SqlLedger(engine).create()
    with engine.connect() as db:
        assert sa.inspect(db).get_table_names() == ["chilipiper_ledger"]


def test_once_it_is_renamed_a_new_table_is_made_beside_it(open_engine: Open) -> None:
    made_by_version_1(engine := open_engine())
    with engine.begin() as db:
        for name in ("chilipiper_ledger", "chilipiper_ledger_version"):
            db.exec_driver_sql(f"alter table {name} rename to {name}_1")
    ledger = SqlLedger(open_engine())
    assert ledger.create() is True
    assert ledger.list() == []
    assert len(rows(engine, "chilipiper_ledger_1")) == 1
    assert rows(engine, "chilipiper_ledger_version") == [(1, VERSION)]


def test_a_newer_table_is_refused(open_engine: Open) -> None:
    SqlLedger(open_engine(), LedgerTable(version=VERSION + 1)).create()
    with pytest.raises(LedgerFailed, match=rf"newer airflow-provider-.* version {VERSION + 1}, .* knows {VERSION};"):
        SqlLedger(open_engine()).create()


def test_what_to_do_names_both_tables() -> None:
    assert "rename spring and spring_version" in table.OLDER.format(table="spring", found=1, known=2)
