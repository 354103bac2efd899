"""What warehouses hold beside leads: one clear outcome or error each, and the good row beside it is booked."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.operators import ConciergeBookOperator, HandoffBookOperator, SchedulingLinkBookOperator, col
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk, lead

MEGABYTE = 1_000_000
ASKED = {
    "router_slug": "inbound-demo",
    "trigger": "InAppButton",
    "lead_key": col("lead_id"),
    "form": {"PersonEmail": col("email"), "CompanyName": col("company", default=None)},
    "timezone": col("zone", default="Europe/Paris"),
    "prefer": col("prefer", default=None),
    "leads_at_once": 1,
}


def booking(desk: Desk, **arguments: Any) -> ConciergeBookOperator:
    return desk.make(ConciergeBookOperator, **{**ASKED, **arguments})


INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("no key", {"lead_id": None}, "^lead_key is None, expected text or a number"),
    ("an empty key", {"lead_id": " \u200b"}, "^lead_key is empty"),
    ("a key that is a flag", {"lead_id": True}, "key is True, expected"),
    ("a key that is no number", {"lead_id": float("nan")}, "key is"),
    ("a key of bytes", {"lead_id": b"ada"}, "key is of type bytes"),
    ("a key that repeats", {"lead_id": "good"}, "repeats the key of row 1"),
    ("no e-mail", {"email": None}, "no e-mail"),
    ("an empty e-mail", {"email": " "}, "no e-mail"),
    ("an e-mail that is a number", {"email": 42}, "no e-mail"),
    ("an e-mail of bytes", {"email": b"ada@prospect.example"}, "e-mail|of type bytes"),
    ("an e-mail without an @", {"email": "ada.prospect.example"}, "no e-mail"),
    ("an e-mail with a name", {"email": "Ada <ada@prospect.example>"}, "no e-mail"),
    ("an e-mail in brackets", {"email": "<ada@prospect.example>"}, "no e-mail"),
    ("an e-mail as a link", {"email": "mailto:ada@prospect.example"}, "no e-mail"),
    ("two e-mails", {"email": "ada@prospect.example;bob@prospect.example"}, "no e-mail"),
    ("two e-mails and a comma", {"email": "ada@prospect.example, bob@prospect.example"}, "no e-mail"),
    ("a quoted local part", {"email": '"ada lovelace"@prospect.example'}, "no e-mail"),
    ("a quoted @", {"email": '"ada@home"@prospect.example'}, "no e-mail"),
    ("a domain with a hole", {"email": "ada@prospect..example"}, "no e-mail"),
    ("a number for a domain", {"email": "ada@[192.0.2.1]"}, "no e-mail"),
    ("a control character in an e-mail", {"email": "a\x00da@prospect.example"}, "no e-mail|U\\+0000"),
    ("a zero-width space within an e-mail", {"email": "a\u200bda@prospect.example"}, "no e-mail"),
    ("half a letter in an e-mail", {"email": "ad\ud800@prospect.example"}, "no e-mail|U\\+D800"),
    ("an e-mail of a megabyte", {"email": "a" * MEGABYTE + "@prospect.example"}, "no e-mail|room for"),
    ("a company of a megabyte", {"company": "x" * MEGABYTE}, r"form\['CompanyName'\] has 1000000 characters"),
    ("a company with NUL", {"company": "Acme\x00"}, r"form\['CompanyName'\] has the character U\+0000"),
    ("a company with half a letter", {"company": "Acme\udfff"}, r"form\['CompanyName'\] has the character U\+DFFF"),
    ("a company of bytes", {"company": b"Acme"}, r"form\['CompanyName'\] is of type bytes"),
    ("a company that is a mapping", {"company": {"name": "Acme"}}, r"form\['CompanyName'\] is of type dict"),
    ("an endless company", {"company": float("inf")}, r"form\['CompanyName'\] is inf, expected a finite number"),
    ("no zone of this runtime", {"zone": "Mars/Phobos"}, "timezone is .*expected an IANA time zone"),
    ("a zone of a megabyte", {"zone": "x" * MEGABYTE}, "timezone is .*"),
    ("a query that is no time", {"prefer": "soon"}, "prefer is .*expected a date and time"),
    ("a query of many brackets", {"prefer": "[" * MEGABYTE}, "prefer is|cannot be read"),
    ("a query without a zone", {"prefer": datetime(2026, 11, 2, 9)}, "no time zone"),  # noqa: DTZ001
    ("a row that is no mapping", None, "the row is a list"),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("columns", "reason"), [case[1:] for case in INVALID], ids=[case[0] for case in INVALID])
def test_bad_values_cost_no_good_lead(desk: Desk, columns: dict[str, Any] | None, reason: str) -> None:
    """The row is `invalid`, says why without repeating an address, and nothing is asked of Chili Piper for it."""
    bad: Any = ["ada"] if columns is None else {**lead("bad"), **columns}
    desk.run(booking(desk, leads=[lead("good"), bad, lead("other")]))
    assert desk.statuses() == ["booked", "invalid", "booked"]
    said = desk.reasons()[1]
    assert re.search(reason, said), said
    assert "prospect" not in said
    assert len(said) <= 300
    assert desk.guests() == ["good@prospect.example", "other@prospect.example"]
    assert desk.opened() == 2


GOOD: list[tuple[str, dict[str, Any], str]] = [
    ("letters of another script", {"email": "zoë@prospect.example"}, "zoë@prospect.example"),
    ("a domain of another script", {"email": "ada@prüfung.example"}, "ada@prüfung.example"),
    ("nothing but another script", {"email": "用户@例子.广告"}, "用户@例子.广告"),
    ("two characters for one letter", {"email": "zoe\u0308@prospect.example"}, "zo\u00eb@prospect.example"),
    ("spaces around", {"email": "\t ada@prospect.example\u00a0\u200b\n"}, "ada@prospect.example"),
    ("capitals", {"email": "Ada@Prospect.Example"}, "Ada@Prospect.Example"),
    ("an apostrophe and a plus", {"email": "o'ada+q3@prospect.example"}, "o'ada+q3@prospect.example"),
    ("a key that is a number", {"lead_id": Decimal("42.00")}, "bad@prospect.example"),
    ("a company with line breaks", {"company": "Acme\r\n\tInc."}, "bad@prospect.example"),
    ("a company of many characters", {"company": "ä" * 131_072}, "bad@prospect.example"),
    ("no company", {"company": float("nan")}, "bad@prospect.example"),
    ("no query", {"prefer": None}, "bad@prospect.example"),
    ("a column that nobody asks for", {"blob": memoryview(b"x" * MEGABYTE)}, "bad@prospect.example"),
]


@pytest.mark.parametrize(("columns", "guest"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD])
def test_odd_values_that_are_good(desk: Desk, columns: dict[str, Any], guest: str) -> None:
    desk.run(booking(desk, leads=[{**lead("bad"), **columns}, lead("other")]))
    assert desk.statuses() == ["booked", "booked"]
    assert desk.guests() == [guest, "other@prospect.example"]


def test_a_kept_cell_of_whatever_kind(desk: Desk) -> None:
    """What is handed through is no reason not to book."""
    odd = {"note": "\x00\ud800", "blob": b"x", "none": float("nan")}
    desk.run(booking(desk, leads=[{**lead("ada"), **odd}], keep=list(odd)))
    assert desk.statuses() == ["booked"]


# As the answer of a query.


def fill(file: Path, columns: str, *rows: tuple[Any, ...]) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"CREATE TABLE leads ({columns})")
        db.executemany(f"INSERT INTO leads VALUES ({', '.join('?' * len(rows[0]))})", rows)
        db.commit()


def queried(desk: Desk, sql: str = "SELECT * FROM leads", **arguments: Any) -> ConciergeBookOperator:
    return booking(desk, sql=sql, sql_conn_id="warehouse", **arguments)


def test_rows_of_a_query(desk: Desk, warehouse: Path) -> None:
    """Each by itself, whatever SQLite's columns hold."""
    rows = [(1, "ada@prospect.example"), (1.0, "again@prospect.example"), (None, "x@x"), (2, b"\x00\xff"), (3, 7)]
    fill(warehouse, "lead_id, email", *rows, ("4", " bob@prospect.example "), (5, None), (6, "e" * MEGABYTE))
    desk.run(queried(desk))
    assert desk.statuses() == ["booked", *["invalid"] * 4, "booked", "invalid", "invalid"]
    assert desk.reasons()[1] == "repeats the key of row 1"
    assert desk.guests() == ["ada@prospect.example", "bob@prospect.example"]


ERRORS: list[tuple[str, str, type[Exception], str]] = [
    ("fails", "SELECT phone FROM leads", AirflowException, "query failed .*no such column: phone"),
    ("is no SQL", "{ads", AirflowException, "query failed .*unrecognized token"),
    ("is no query", "CREATE TABLE other (x)", AirflowFailException, "answered no rows: expected a query"),
    ("is two queries", "SELECT 1; SELECT 2", AirflowException, "query failed .*one statement at a time"),
    ("lacks the key", "SELECT email FROM leads", AirflowFailException, "no column lead_id.* it has email"),
    ("lacks the e-mail", "SELECT lead_id FROM leads", AirflowFailException, "no column email"),
    ("lacks both", "SELECT 1 AS a FROM leads", AirflowFailException, "no column .*email.*it has a"),
    ("has a column twice", "SELECT *, 1 AS EMAIL FROM leads", AirflowFailException, "two columns .* one name"),
]


def test_a_value_that_the_driver_cannot_read(desk: Desk, warehouse: Path) -> None:
    fill(warehouse, "lead_id, email", (1, "ada@prospect.example"))
    with pytest.raises(AirflowException, match=r"query failed .*; where it is a value .*cast it .*Nothing was sent"):
        desk.run(queried(desk, "SELECT lead_id, email, CAST(x'ff' AS TEXT) AS note FROM leads"))
    assert desk.chili.calls == []


@pytest.mark.parametrize(("sql", "kind", "complaint"), [case[1:] for case in ERRORS], ids=[case[0] for case in ERRORS])
def test_a_query_that(desk: Desk, warehouse: Path, sql: str, kind: type[Exception], complaint: str) -> None:
    """Fails the task before anything is sent, with what to change; and for good where no retry can help."""
    fill(warehouse, "lead_id, email", (1, "ada@prospect.example"))
    with pytest.raises(kind, match=f"(?i){complaint}.*Nothing was sent") as raised:
        desk.run(queried(desk, sql))
    assert type(raised.value) is kind
    assert desk.chili.calls == []


def test_a_query_without_rows_lacks_its_columns_all_the_same(desk: Desk, warehouse: Path) -> None:
    """The mistake is found on the quiet day, too."""
    fill(warehouse, "lead_id, email", (1, "ada@prospect.example"))
    assert desk.run(queried(desk, "SELECT * FROM leads WHERE 0")) == []
    with pytest.raises(AirflowFailException, match="no column email"):
        desk.run(queried(desk, "SELECT lead_id FROM leads WHERE 0"))


LINK, HANDOFF = {"link_id": "link-rr-demo"}, {"workspace_id": "ws-sales", "booker_id": "u-sdr"}


@pytest.mark.parametrize(
    ("kind", "asked", "missing"),
    [
        (ConciergeBookOperator, ASKED | {"form": {"PersonEmail": col("mail")}, "keep": ["mail", "note"]}, "note"),
        (SchedulingLinkBookOperator, LINK, "email"),
        (HandoffBookOperator, HANDOFF, "email"),
    ],
)
def test_a_column_that_no_argument_names_may_be_missed_too(
    desk: Desk, warehouse: Path, kind: type, asked: dict[str, Any], missing: str
) -> None:
    """What is handed through, and the guest's e-mail where nothing else names the guest."""
    fill(warehouse, "lead_id, mail", (1, "ada@prospect.example"))
    query = {"sql": "SELECT * FROM leads", "sql_conn_id": "warehouse", "lead_key": col("lead_id")}
    with pytest.raises(AirflowFailException, match=f"the query has no column {missing}: it has .*Nothing was sent"):
        desk.run(desk.make(kind, **asked | query))
    assert desk.chili.calls == []


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (SchedulingLinkBookOperator, LINK | {"guest_email": col("mail", default="ada@prospect.example")}),
        (HandoffBookOperator, HANDOFF | {"crm_id": col("lead_id")}),
    ],
)
def test_no_email_is_missed_where_something_else_names_the_guest(
    desk: Desk, warehouse: Path, kind: type, asked: dict[str, Any]
) -> None:
    fill(warehouse, "lead_id", ("00Q1",))
    query = {"sql": "SELECT * FROM leads", "sql_conn_id": "warehouse", "lead_key": col("lead_id"), "preview": True}
    desk.run(desk.make(kind, **asked | query))
    assert desk.statuses() == ["would_book"]


def test_a_column_with_a_default_may_be_missing(desk: Desk, warehouse: Path) -> None:
    fill(warehouse, "LEAD_ID, EMAIL", (1, "ada@prospect.example"))
    desk.run(queried(desk))
    assert desk.statuses() == ["booked"]
