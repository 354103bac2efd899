"""What may befall a ledger's table while its database answers, and what a task says of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from airflow_chilipiper.booking.ledger.sql.faults import FULL, NO_WRITES, NOT_ALLOWED, NOT_OURS
from tests.integration.ledger_troubles.conftest import Home

Change = Callable[[Home], None]


@dataclass(frozen=True)
class Trouble:
    begin: Change
    end: Change
    message: str
    is_loss: bool = False


def sql(*statements: str) -> Change:
    return lambda home: home.execute(*(each.format(name=home.engine.url.database) for each in statements))


def limited(pragma: str, message: str) -> Trouble:
    """SQLite knows its limits for each connection only: this one holds for all that are handed out meanwhile."""

    def limit(connection: Any, *_: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute(pragma)

    pools = sa.pool.Pool, "checkout", limit
    return Trouble(lambda _: event.listen(*pools), lambda _: event.remove(*pools), message)


def move(home: Home, *, away: bool) -> None:
    here = Path(str(home.engine.url.database))
    there = here.with_suffix(".gone")
    (here if away else there).rename(there if away else here)


RENAMED = Trouble(
    sql("alter table chilipiper_ledger rename to elsewhere"),
    sql("alter table elsewhere rename to chilipiper_ledger"),
    "the table chilipiper_ledger is gone",
    is_loss=True,
)
MIGRATED = Trouble(  # by a newer version, whose entries an older one cannot write
    sql("alter table chilipiper_ledger rename column slot to slots"),
    sql("alter table chilipiper_ledger rename column slots to slot"),
    NOT_OURS,
)
TROUBLES: dict[str, dict[str, Trouble]] = {
    "sqlite": {
        "full": limited("pragma max_page_count = 1", FULL),  # as many as there are, if that is more
        "read-only": limited("pragma query_only = on", NO_WRITES),
        "renamed": RENAMED,
        "migrated": MIGRATED,
        "moved": Trouble(partial(move, away=True), partial(move, away=False), NO_WRITES),
    },
    "postgres": {
        "full": Trouble(
            sql(
                "create function refuse() returns trigger language plpgsql"
                " as $$ begin raise exception 'full' using errcode = '53100'; end $$",
                "create trigger refuse before insert or update on chilipiper_ledger"
                " for each row execute function refuse()",
            ),
            sql("drop function refuse() cascade"),
            FULL,
        ),
        "read-only": Trouble(  # as after a failover
            sql(
                "alter database {name} set default_transaction_read_only = on",
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()",
            ),
            sql("set default_transaction_read_only = off", "alter database {name} reset default_transaction_read_only"),
            NO_WRITES,
        ),
        "renamed": RENAMED,
        "migrated": MIGRATED,
    },
    "mariadb": {
        "full": Trouble(
            sql(
                *(
                    f"create trigger full_{when} before {when} on chilipiper_ledger for each row"
                    " signal sqlstate 'HY000' set mysql_errno = 1114, message_text = 'full'"
                    for when in ("insert", "update")
                )
            ),
            sql("drop trigger full_insert", "drop trigger full_update"),
            FULL,
        ),
        "read-only": Trouble(  # for Airflow's user
            sql("revoke all on {name}.* from {name}", "grant select on {name}.* to {name}", "kill user {name}"),
            sql("grant all on {name}.* to {name}"),
            NOT_ALLOWED,
        ),
        "renamed": RENAMED,
        "migrated": MIGRATED,
    },
}
