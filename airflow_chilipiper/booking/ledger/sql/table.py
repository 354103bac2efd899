"""The ledger's table, and the version of it that a database holds."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed, Unfit

TABLE = "chilipiper_ledger"
VERSION = 4
OLDER = (
    "{table} was made by an older airflow-provider-chilipiper: it has version {found}, and this one works with version"
    " {known} alone; nothing was read and nothing was changed. With the older one, find out about all that is in doubt:"
    " let its tasks or ReconcileBookingsOperator run, and resolve what they leave in review. Then rename {table} and"
    " {table}_version, and a new table is made. It knows nobody whom the old one knows as booked: book none of them for"
    " the same purpose again"
)
COLUMNS = tuple(field.name for field in fields(Entry) if field.name != "replaces")

NUMBERS = ("attempt", "sent_at", "no_effect_after", "list_lag", "booked_at")
TEXTS = ("purpose", "sender", "session", "slot", "meeting_id", "reason", "released")
MOST = 1e11  # seconds since 1970: in three thousand years


class LedgerTable:
    """The entries, and beside them a table with the one number that says how they are to be read."""

    def __init__(self, name: str = TABLE, *, version: int = VERSION) -> None:
        self.name = name
        self.entries = table_of(name)
        self.change = change_of(self.entries)
        self._number = number_of(f"{name}_version")
        self._version = version
        widths = {column.name: getattr(column.type, "length", None) for column in self.entries.columns}
        self._widths = {name: width for name, width in widths.items() if width}

    def is_missing(self, db: Connection) -> bool:
        return not sa.inspect(db).has_table(self.name)

    def elsewhere(self, db: Connection) -> tuple[str, list[str]]:
        """The schema that new tables come to, and the others of this database that have such a table: of Postgres,
        where a changed search path leads to another one. MySQL has no such path, and SQLite no schemas.
        """
        found = sa.inspect(db)
        here = found.default_schema_name or ""
        others = found.get_schema_names() if db.dialect.name == "postgresql" else []
        return here, [name for name in others if name != here and found.has_table(self.name, schema=name)]

    def make(self, db: Connection) -> None:
        """The entries first: what has no number yet holds no entry either."""
        self.entries.create(db)
        if sa.inspect(db).has_table(self._number.name):
            db.execute(self._number.delete())  # of a table that somebody dropped

    def check(self, db: Connection) -> None:
        """Refuse what is older, newer or no ledger at all; what has no number yet gets it."""
        found = self._found(db)
        if found is None:
            db.execute(sa.select(self.entries).where(sa.false())).close()  # fails if another owns the name
            self._number.create(db, checkfirst=True)
            db.execute(self._number.insert().values(one=1, version=self._version))
        elif found > self._version:
            raise LedgerFailed(
                f"{self.name} was made by a newer airflow-provider-chilipiper: it has version {found}, and this one"
                f" knows {self._version}; install the newer one here too"
            )
        elif found < self._version:
            raise LedgerFailed(OLDER.format(table=self.name, found=found, known=self._version))

    def values(self, entry: Entry) -> dict[str, Any]:
        """The entry as its columns; Unfit where not every database takes one as it is: it is set aside alone."""
        values: dict[str, Any] = {name: getattr(entry, name) for name in COLUMNS}
        for name, width in self._widths.items():
            if (value := values[name]) is not None and len(value) > width:
                raise Unfit(f"{self.name}: {name} has {len(value)} characters, and there is room for {width}")
        if odd := [name for name in NUMBERS if (value := values[name]) is not None and not -MOST < value < MOST]:
            raise Unfit(f"{self.name}: {', '.join(odd)} is no number that every database takes")
        if odd := [name for name in TEXTS if (value := values[name]) and not _is_text(value)]:
            raise Unfit(f"{self.name}: {', '.join(odd)} is no text that every database takes")
        return values

    def changes(self, entry: Entry) -> dict[str, Any]:
        """What `change` is to be run with."""
        return {**self.values(entry), "of": entry.key, "to": entry.state, "replaces": entry.replaces}

    def _found(self, db: Connection) -> int | None:
        if not sa.inspect(db).has_table(self._number.name):
            return None
        found: int | None = db.execute(sa.select(self._number.c.version)).scalar()
        return found


def _is_text(value: str) -> bool:
    """Postgres takes no NUL, and nobody a surrogate without its other half."""
    if "\x00" in value:
        return False
    return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


def table_of(name: str) -> sa.Table:
    """The fields of `Entry` as columns, to be compared byte by byte where they identify an entry."""
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("key", exact(64, ascii_only=True), primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("version", exact(32, ascii_only=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("sender", sa.Text, nullable=False),
        sa.Column("session", sa.Text),
        sa.Column("slot", sa.String(64)),
        sa.Column("sent_at", sa.Float(53)),
        sa.Column("no_effect_after", sa.Float(53)),
        sa.Column("list_lag", sa.Float(53)),
        sa.Column("meeting_id", exact(255), unique=True),
        sa.Column("booked_at", sa.Float(53)),
        sa.Column("policy", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("guest", exact(64, ascii_only=True), nullable=False),
        sa.Column("invited", exact(64, ascii_only=True), nullable=False),
        sa.Column("guest_canonical", exact(64, ascii_only=True), nullable=False),
        sa.Column("released", sa.Text, nullable=False),
        sa.Column("pattern", exact(64, ascii_only=True), nullable=False),
        sa.Index(f"{name}_guest", "guest"),
        **MYSQL_TABLE,
    )


def change_of(entries: sa.Table) -> sa.sql.Update:
    """One change of one entry behind its guard, the same as `may_replace`; made once, as that costs more than to
    run it."""
    column, booked = entries.c, sa.bindparam("to", type_=sa.String) == "booked"
    return entries.update().where(
        column.key == sa.bindparam("of"),
        sa.or_(
            sa.and_(booked, column.state != "booked"),
            sa.and_(sa.not_(booked), column.version == sa.bindparam("replaces")),
        ),
    )


def number_of(name: str) -> sa.Table:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Integer, nullable=False),
        **MYSQL_TABLE,
    )


MYSQL_TABLE: Any = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in {"engine": "InnoDB", "charset": "utf8mb4", "collate": "utf8mb4_bin"}.items()
}


def exact(length: int, *, ascii_only: bool = False) -> TypeEngine[str]:
    """Text that no collation merges: MySQL's default takes "a" for "A", and Postgres' may change with its machine."""
    binary = sa.String(length, collation="ascii_bin" if ascii_only else "utf8mb4_bin")
    in_c = sa.String(length, collation="C")
    return (
        sa.String(length).with_variant(in_c, "postgresql").with_variant(binary, "mysql").with_variant(binary, "mariadb")
    )
