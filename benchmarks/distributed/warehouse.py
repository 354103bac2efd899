"""The database with the leads, their outcomes, and the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from airflow_chilipiper.booking.ledger.lead_key import entry_key

PURPOSE = "spring"
TODAY = datetime.now(UTC).date()
MIDWEEK = (1, 2, 3)


def email_of(lead: str) -> str:
    return f"lead-{lead}@prospect.example"


def lead_in(said: object) -> str | None:
    """The lead whose e-mail stands in there, if any does."""
    found = re.search(r"lead-(\d+)@prospect\.example", str(said))
    return found and found[1]


def preferred(number: int) -> datetime:
    """A half hour in midweek, at which somebody works somewhere: shards know nothing of each other's slots."""
    days = [day for ahead in range(1, 7) if (day := TODAY + timedelta(days=ahead)).weekday() in MIDWEEK]
    which, half_hour = divmod(number % (48 * len(days)), 48)
    return datetime.combine(days[which], time(tzinfo=UTC)) + timedelta(minutes=30 * half_hour)


class Warehouse:
    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._server = sa.create_engine(url, poolclass=sa.pool.NullPool)

    @property
    def connection(self) -> dict[str, Any]:
        """As Airflow has it."""
        url = self.url
        return {
            "conn_type": "postgres",
            "host": url.host,
            "port": url.port,
            "login": url.username,
            "password": url.password,
            "schema": url.database,
        }

    def fill(self, leads: int) -> None:
        rows = [
            {"id": number, "email": email_of(str(number)), "preferred": preferred(number)} for number in range(leads)
        ]
        with self._server.begin() as db:
            db.execute(sa.text("CREATE TABLE leads (id INTEGER PRIMARY KEY, email TEXT, preferred TIMESTAMPTZ)"))
            db.execute(sa.text("INSERT INTO leads VALUES (:id, :email, :preferred)"), rows)

    def outcomes(self) -> list[tuple[str, str, str | None]]:
        """Lead, status and meeting of all rows of the results table."""
        return self._ask("SELECT lead_key, status, meeting_id FROM outcomes")

    def in_flight(self) -> list[str]:
        """The senders of the booking calls that nobody has recorded the answer of."""
        return [sender for (sender,) in self._ask("SELECT sender FROM chilipiper_ledger WHERE state = 'sent'")]

    def senders(self, leads: Iterable[str]) -> dict[str, str]:
        """By lead, the task instance and try that asked for its meeting."""
        found = dict(self._ask("SELECT key, sender FROM chilipiper_ledger WHERE sender <> ''"))
        return {lead: found[key] for lead in leads if (key := entry_key(PURPOSE, lead)) in found}

    def _ask(self, query: str) -> list[Any]:
        with self._server.connect() as db:
            return [tuple(row) for row in db.execute(sa.text(query))]
