"""A database holds the ledger only if it refuses what it must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from airflow_chilipiper.booking.ledger.sql.ledger import SqlLedger
from airflow_chilipiper.booking.ledger.sql.proof import Unenforced
from airflow_chilipiper.booking.ledger.sql.table import LedgerTable

Open = Callable[..., sa.engine.Engine]


def made_by_hand(engine: sa.engine.Engine, *, without: tuple[str, ...] = (), **options: str) -> SqlLedger:
    """A ledger whose table somebody made with fewer keys, or by the default collation."""
    table = sa.Table(
        "chilipiper_ledger",
        sa.MetaData(),
        *(
            sa.Column(
                column.name,
                column.type if without else plain(column.type),
                primary_key=column.primary_key and "key" not in without,
                unique=column.unique and "meeting_id" not in without,
                nullable=column.nullable,
            )
            for column in LedgerTable().entries.columns
        ),
        **options,
    )
    table.create(engine)
    return SqlLedger(engine)


def plain(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    return sa.String(length) if (length := getattr(kind, "length", None)) else kind


def rows_in(engine: sa.engine.Engine) -> int | None:
    with engine.connect() as db:
        return db.execute(sa.select(sa.func.count()).select_from(LedgerTable().entries)).scalar()


@pytest.mark.parametrize(
    ("without", "message"),
    [
        (("key", "meeting_id"), "takes two entries with one key"),
        (("key",), "takes two entries with one key"),
        (("meeting_id",), "takes one meeting for two leads"),
    ],
    ids=["no key holds", "the primary key does not hold", "the meeting's key does not hold"],
)
def test_a_database_that_does_not_enforce_its_keys_is_refused(
    open_engine: Open, without: tuple[str, ...], message: str
) -> None:
    """The error says why, and nothing is left behind."""
    ledger = made_by_hand(open_engine(), without=without)
    for _ in range(2):
        with pytest.raises(Unenforced, match=rf"{message}\. .* Snowflake, BigQuery and Redshift .* not the ledger"):
            ledger.create()
    assert rows_in(open_engine()) == 0


def test_the_proof_leaves_nothing_behind(open_engine: Open) -> None:
    SqlLedger(open_engine()).create()
    assert rows_in(open_engine()) == 0


def test_a_key_that_takes_upper_case_for_lower_is_refused(mariadb_url: str) -> None:
    """As MariaDB's default collation does."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool)
    with pytest.raises(Unenforced, match="by case"):
        made_by_hand(engine).create()
    assert rows_in(engine) == 0


def test_an_engine_that_keeps_what_is_rolled_back_is_refused(mariadb_url: str) -> None:
    engine = sa.create_engine(mariadb_url, poolclass=sa.pool.NullPool)
    options = {"mysql_engine": "MyISAM", "mysql_charset": "latin1", "mysql_collate": "latin1_bin"}
    with pytest.raises(Unenforced, match="keeps what is rolled back"):
        made_by_hand(engine, **options).create()
    assert rows_in(engine) == 0


def test_a_table_that_asks_for_more_than_an_entry_has_is_refused(open_engine: Open) -> None:
    engine = open_engine()
    LedgerTable().entries.create(engine)
    with engine.begin() as db:
        db.exec_driver_sql("drop table chilipiper_ledger")
        table = LedgerTable().entries.to_metadata(sa.MetaData())
        table.append_column(sa.Column("owner", sa.String(8), nullable=False))
        table.create(db)
    with pytest.raises(LedgerFailed, match=r"not the table that this package makes|not as this package makes it"):
        SqlLedger(engine).create()


def test_a_table_that_alters_what_it_is_given_is_refused(open_engine: Open) -> None:
    engine = open_engine()
    SqlLedger(engine).create()
    entry = "new.reason := 'x'"
    triggers = {
        "postgresql": f"create function x() returns trigger language plpgsql as $$ begin {entry}; return new; end $$;"
        " create trigger x before insert on chilipiper_ledger for each row execute function x()",
        "mysql": "create trigger x before insert on chilipiper_ledger for each row set new.reason = 'x'",
        "sqlite": "create trigger x after insert on chilipiper_ledger begin"
        " update chilipiper_ledger set reason = 'x' where version = new.version; end",
    }
    with engine.begin() as db:
        db.exec_driver_sql(triggers[engine.dialect.name])
    with pytest.raises(Unenforced, match="otherwise than it was written"):
        SqlLedger(engine).create()
