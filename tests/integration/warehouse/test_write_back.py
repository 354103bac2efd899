"""The user's own statement: its parameters, its transaction, and what is reported when it fails."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.task.outcomes import Outcomes
from airflow_chilipiper.warehouse.dialect import DIALECTS, Dialect
from airflow_chilipiper.warehouse.errors import WarehouseFailed
from airflow_chilipiper.warehouse.write_back import WriteBack, translated
from tests.integration.warehouse.conftest import Line, Said, Warehouse, once, outcome, outcomes

SQL = """
UPDATE {} -- don't :stop
SET status = :status, meeting_id = :meeting_id, people = :assignees, note = '100% :not "mine"'
WHERE lead_id = :lead_id AND :lead_key = :lead_key;
"""


@pytest.fixture
def leads(home: Warehouse) -> Warehouse:
    home.execute(
        f"CREATE TABLE {home.table} (lead_id INTEGER, status VARCHAR(16), meeting_id TEXT, people TEXT, note TEXT)",
        f"INSERT INTO {home.table} (lead_id) VALUES (1), (2), (3)",
    )
    return home


def test_each_outcome_is_written(leads: Warehouse) -> None:
    """Numbers as numbers, lists as JSON; a name as often as it is used; what is quoted stays as it is."""
    writer = WriteBack(leads.hook(), SQL.format(leads.table), keep=("lead_id",))
    rows = [
        outcome("ada", meeting="m1", lead_id=1, assignees=["u-ü"]),
        outcome("bob", "invalid", lead_id=2.0, reason="\x00"),
        outcome("eve", "no_slot", lead_id=99),
    ]
    assert writer.append(rows) == 3
    assert leads.rows("lead_id, status, meeting_id, people, note") == [
        (1, "booked", "m1", '["u-ü"]', '100% :not "mine"'),
        (2, "invalid", None, "[]", '100% :not "mine"'),
        (3, None, None, None, None),
    ]
    assert writer.append([]) == 0


@pytest.mark.parametrize("after", [False, True], ids=["lost", "in doubt"])
def test_a_chunk_is_one_transaction(leads: Warehouse, after: bool) -> None:
    """A failure leaves nothing of it, unless the commit got through; an UPDATE may be run again."""
    hook = leads.hook()
    line = Line(hook)
    line.trouble = once(ConnectionError("dead"), after=after)
    writer = WriteBack(hook, SQL.format(leads.table), keep=("lead_id",))
    rows = [outcome("ada", lead_id=1), outcome("bob", lead_id=2)]
    with pytest.raises(
        WarehouseFailed,
        match=r"^write_back_sql over .* failed for 2 outcomes: ConnectionError",
    ):
        writer.append(rows)
    assert leads.rows("lead_id, status")[0] == (1, "booked" if after else None)
    assert writer.append(rows) == 2
    assert line.opened == line.closed == 2


def test_rows_that_the_database_never_takes_are_set_aside_and_all_others_written(home: Warehouse) -> None:
    home.execute(f"CREATE TABLE {home.table} (it VARCHAR(20) PRIMARY KEY NOT NULL, status VARCHAR(20))")
    sql = f"INSERT INTO {home.table} VALUES (:lead_key, :status)"
    outcomes = Outcomes(writers=[WriteBack(home.hook(), sql, keep=())])
    keys = [None if number in (0, 7, 8, 40) else f"lead-{number}" for number in range(41)]
    for number, key in enumerate(keys):
        outcomes.put(number, outcome(key))
    outcomes.write()
    assert home.rows("it, status") == sorted((key, "booked") for key in keys if key)
    assert [number for number, _ in outcomes.refused] == [0, 7, 8, 40]
    assert "failed for 1 outcomes" in outcomes.refused[0][1]


def test_nothing_of_a_row_is_shown(leads: Warehouse, said: Said) -> None:
    writer = WriteBack(leads.hook(), f"UPDATE {leads.table} SET nothing = :company", keep=("company",))
    with pytest.raises(WarehouseFailed) as raised:
        writer.append([outcome("ada@prospect.example", company="Lovelace & 'Sons'")])
    shown = f"{raised.value!r} {raised.value.__cause__} {said.text}"
    assert "nothing" in shown
    for part in ("Lovelace", "Sons", "ada@"):
        assert part not in shown, shown


def test_what_a_trigger_says_is_not_shown(postgres_home: Warehouse) -> None:
    """It may name values without quoting them."""
    name, raising = postgres_home.table, "BEGIN RAISE EXCEPTION 'no % here', NEW.it; END"
    postgres_home.execute(
        f"CREATE TABLE {name} (it TEXT)",
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ {raising} $$",
        f"CREATE TRIGGER refusing BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    with pytest.raises(WarehouseFailed, match=r"RaiseException: no \*\*\* here\. The bookings stand"):
        WriteBack(postgres_home.hook(), f"INSERT INTO {name} VALUES (:lead_key)", keep=()).append(outcomes("Lovelace"))


PLAIN, QMARK = Dialect(), Dialect(placeholder="?")
MYSQL, SNOWFLAKE, BIGQUERY = DIALECTS["mysql"], DIALECTS["snowflake"], DIALECTS["gcpbigquery"]


@pytest.mark.parametrize(
    ("dialect", "sql", "text"),
    [
        (PLAIN, "a = :status", "a = %s"),
        (QMARK, "a=:status,b=(:meeting_id)", "a=?,b=(?)"),
        (BIGQUERY, "a = :status AND b = :meeting_id", "a = %(p0)s AND b = %(p1)s"),
        (PLAIN, "a % 2 = :status::text || '%'", "a %% 2 = %s::text || '%%'"),
        (QMARK, "a % 2 = :status", "a % 2 = ?"),
        (PLAIN, "a = ':reason''s :reason' AND b = :status", "a = ':reason''s :reason' AND b = %s"),
        (PLAIN, "a = '\\' AND b = :status -- '", "a = '\\' AND b = %s -- '"),
        (MYSQL, "a = 'it\\'s :reason' AND b = :status", "a = 'it\\'s :reason' AND b = %s"),
        (PLAIN, "a = E'it\\'s :reason' AND b = :status", "a = E'it\\'s :reason' AND b = %s"),
        (PLAIN, 'a = ":reason" AND b = :status', 'a = ":reason" AND b = %s'),
        (MYSQL, "`:reason` = :status", "`:reason` = %s"),
        (PLAIN, "/* :reason ' */ a = :status -- don't :reason\n", "/* :reason ' */ a = %s -- don't :reason\n"),
        (MYSQL, "# don't :reason\na = :status", "# don't :reason\na = %s"),
        (PLAIN, "a #> '{b}' = :status", "a #> '{b}' = %s"),
        (PLAIN, "$$ it's :reason $$ || $b$ :reason $$ $b$, :status", "$$ it's :reason $$ || $b$ :reason $$ $b$, %s"),
        (SNOWFLAKE, "source:reason.\"x\":reason = :status", "source:reason.\"x\":reason = %s"),
        (PLAIN, "a[1:status] = :status", "a[1:status] = %s"),
    ],
)  # fmt: skip
def test_parameters_as_the_driver_takes_them(dialect: Dialect, sql: str, text: str) -> None:
    """Whatever is quoted, a comment or another thing's colon is left alone."""
    written, names = translated(sql, ("status", "meeting_id", "reason"), dialect)
    assert written == text
    assert names == ["status", "meeting_id"][: len(names)]
    assert names


BAD: list[tuple[str, str]] = [
    ("UPDATE leads SET booked = TRUE", r"no parameter, such as :lead_key"),
    ("UPDATE leads SET booked = ':status' -- :status", r"no parameter"),
    ("UPDATE leads SET a = :stauts WHERE id = :lead_key", r"unknown parameter :stauts \(did you mean :status\?\)$"),
    ("UPDATE leads SET a = :q7 WHERE id = :size", r":q7 \(there are lead_key, status, .*size\)$"),
]


@pytest.mark.parametrize(("sql", "complaint"), BAD)
def test_what_is_wrong_is_reported_at_once(sqlite_home: Warehouse, sql: str, complaint: str) -> None:
    """Before anybody is asked anything."""
    with pytest.raises(BadValue, match=complaint):
        WriteBack(sqlite_home.hook(), sql, keep=("size",))


def test_a_driver_without_executemany() -> None:
    """Runs the statement once for each row."""
    ran: list[Any] = []

    class Cursor:
        def execute(self, sql: str, parameters: Any) -> None:
            ran.append((sql, parameters))

        def close(self) -> None: ...

    class Connection:
        cursor = Cursor
        commit = close = staticmethod(lambda: None)

    class Hook:
        conn_type, placeholder, supports_autocommit = "gcpbigquery", "%s", False
        use_legacy_sql = True
        get_conn, get_conn_id = Connection, staticmethod(lambda: "bq")

    hook: Any = Hook()
    WriteBack(hook, "UPDATE a SET b = :status", keep=()).append(outcomes("ada", "bob"))
    assert ran == [("UPDATE a SET b = %(p0)s", {"p0": "booked"})] * 2
    assert hook.use_legacy_sql is False
