"""The demo's warehouse: a SQLite file with the tables that three of the example DAGs read and write back to."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import cycle
from pathlib import Path
from typing import Any

LEAD = ("crm_id", "email", "first_name", "last_name", "company", "company_size", "country", "timezone")
MEETING = "meeting_id TEXT, meeting_status TEXT, meeting_start TEXT, meeting_host TEXT, meeting_note TEXT"
SCHEMA = f"""
CREATE TABLE leads (
    id INTEGER PRIMARY KEY, crm_id TEXT, email TEXT, first_name TEXT, last_name TEXT, company TEXT,
    company_size INTEGER, country TEXT, timezone TEXT, {MEETING}
);
CREATE TABLE renewals (id INTEGER PRIMARY KEY, company TEXT, email TEXT, owner_link TEXT, timezone TEXT, {MEETING});
CREATE TABLE qualified_leads (id INTEGER PRIMARY KEY, crm_id TEXT, sdr_email TEXT, {MEETING});
"""

PEOPLE = (
    "Alma Berg", "Boris Cole", "Carla Diaz", "Denis Egan", "Elin Frost", "Farid Gold", "Greta Holm", "Hugo Iver",
    "Irma Jost", "Jonas Kern", "Katja Lind", "Louis Marc", "Maren Nord", "Nadia Orr", "Oskar Pohl", "Paula Quist",
    "Quinn Reed", "Rosa Stone", "Simon Thal", "Tilda Ueda", "Ulla Voss", "Viktor West", "Wanda Xu", "Xenia York",
    "Yann Zorn", "Zoe Adler", "Aron Beck", "Bella Cruz", "Cyril Dahl", "Doris Eden", "Emil Falk", "Frida Gray",
    "Georg Hart", "Helga Iman", "Ingo Jahn", "Julia Kent", "Karim Lowe", "Lena Moss", "Milan Nash",
)  # fmt: skip
COMPANIES = ("Acorn", "Birch & Co", "Cedar Labs", "Dune Energy", "Elm Foods", "Fjord Air", "Grove Bank")
PLACES = (
    ("France", "Europe/Paris"),
    ("United States", "America/New_York"),
    ("Germany", "Europe/Berlin"),
    ("United Kingdom", "Europe/London"),
    ("Spain", None),
    ("India", "Asia/Kolkata"),
)
SMALL = (5, 13, 22, 30)  # companies that the router does not want
ICELAND = (8, 18, 27)  # the router sends them to a host who has no free slot
MALFORMED = 16
TWICE = 11  # its row comes a second time, at the end

LINKS = "https://sandbox.chilipiper.example/link/"
RENEWALS = (
    ("Harbour Ltd", "ann@example.com", "meet-amy", "Europe/London"),
    ("Island Inc", "bob@example.com", "your-account-team", "America/New_York"),
    ("Jungle SA", "cem@example.com", "meet-the-pair", None),
    ("Kite GmbH", "dea@example.com", "meet-amy", "Europe/Berlin"),
)
QUALIFIED = (
    ("00Q000000000001", "sam.setter@sandbox.example"),
    ("00Q000000000002", "sue.setter@sandbox.example"),
    ("003000000000001", "sam.setter@sandbox.example"),
)


class Warehouse:
    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        renewals = [(company, email, LINKS + slug, zone) for company, email, slug, zone in RENEWALS]
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.executescript(SCHEMA)
            _insert(connection, "leads", LEAD, list(_leads()))
            _insert(connection, "renewals", ("company", "email", "owner_link", "timezone"), renewals)
            _insert(connection, "qualified_leads", ("crm_id", "sdr_email"), QUALIFIED)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608 - ours

    def meeting_ids(self, table: str) -> dict[int, str]:
        return {row["id"]: row["meeting_id"] for row in self.rows(table) if row["meeting_id"]}

    def forget_meetings(self) -> None:
        """As if the write-back to `leads` had been lost."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            names = ", ".join(f"{column.split()[0]} = NULL" for column in MEETING.split(", "))
            connection.execute(f"UPDATE leads SET {names}")  # noqa: S608 - ours


def _leads() -> Iterator[tuple[Any, ...]]:
    places = zip(cycle(COMPANIES), cycle(PLACES), strict=False)
    rows = [_lead(number, person, *place) for number, (person, place) in enumerate(zip(PEOPLE, places, strict=False))]
    yield from rows
    yield rows[TWICE]


def _lead(number: int, person: str, company: str, place: tuple[str, str | None]) -> tuple[Any, ...]:
    first, last = person.split()
    email = f"{first}.{last}{' at ' if number == MALFORMED else '@'}example.com".lower()
    size = 2 + number // 2 if number in SMALL else 90 + 35 * number
    country, zone = ("Iceland", "Atlantic/Reykjavik") if number in ICELAND else place
    return f"00Q5g{number:010}", email, first, last, company, size, country, zone


def _insert(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    values = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})", rows)  # noqa: S608 - ours
