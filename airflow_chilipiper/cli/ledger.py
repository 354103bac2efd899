"""What the commands do with the ledger."""

from __future__ import annotations

import json
import sys
import time
import warnings
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

from airflow.cli.simple_table import AirflowConsole
from airflow.sdk import BaseHook
from rich.markup import escape

from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.spelling import trimmed
from airflow_chilipiper.booking.ledger import person
from airflow_chilipiper.booking.ledger.entry import Entry, LedgerFailed
from airflow_chilipiper.booking.ledger.lead_key import entry_key, lead_key
from airflow_chilipiper.booking.ledger.person import BeforeAndAfter, NotResolved
from airflow_chilipiper.booking.ledger.store import Ledger, pages
from airflow_chilipiper.connection.settings import settings_of
from airflow_chilipiper.ledgers import sql_ledger
from airflow_chilipiper.version_compat import AirflowException, as_own_command

NO_LEDGER = (
    "neither --ledger-conn-id nor the extra of connection {!r} names a ledger connection. A ledger in Airflow's task"
    " state belongs to its task instance and cannot be reached from here: clear that task, and it reconciles"
)
RELEASED = (
    ". The next run that has this lead for this purpose books it again; meeting {} stays in Chili Piper, and counts no"
    " more in a results table either: cancel it there if it is not to take place"
)
COLUMNS = ("key", "purpose", "state", "slot", "sent_at", "attempt", "meeting_id", "sender", "reason")


def create(args: Namespace) -> None:
    with _command(args, create=True) as ledger:
        found = "holds entries" if ledger.list(limit=1) else "holds no entry yet"
    _say(f"the table is there, enforces its keys, and {found}")


def list_entries(args: Namespace) -> None:
    with _command(args) as ledger:
        limit = args.limit and args.limit + 1
        found = pages(ledger, states=args.state, purpose=args.purpose and trimmed(args.purpose))
        entries = list(islice(chain.from_iterable(found), limit))
    more = bool(args.limit) and len(entries) > args.limit
    shown = entries[: args.limit]
    _print_as(args.output, [_shown(entry) for entry in shown])
    count = f"{len(shown)} {'entry' if len(shown) == 1 else 'entries'} in {', '.join(args.state)}"
    _say(f"{count}; there are more" if more else count, sys.stderr)


def resolve(args: Namespace) -> None:
    with _command(args) as ledger:
        key, wall = _key(ledger, args), time.time()
        if args.not_booked:
            done = person.not_booked(ledger, key, wall=wall)
        elif args.abandon:
            done = person.abandon(ledger, key, wall=wall)
        else:
            done = person.booked(ledger, key, args.booked, wall=wall)
    _say_what_changed(done)


def release(args: Namespace) -> None:
    with _command(args) as ledger:
        done = person.release(ledger, _key(ledger, args), wall=time.time())
    _say_what_changed(done, RELEASED.format(done[0].meeting_id))


@contextmanager
def _command(args: Namespace, *, create: bool = False) -> Iterator[Ledger]:
    """The ledger; and what is refused ends the process with a line on stderr and exit code 1."""
    as_own_command()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow's own, about itself, where a connection is in its database
            yield sql_ledger(_ledger_conn_id(args), create=create)
    except (NotResolved, LedgerFailed, ChiliPiperError, AirflowException) as why:
        raise SystemExit(f"error: {why}") from None


def _ledger_conn_id(args: Namespace) -> str:
    if args.ledger_conn_id:
        return str(args.ledger_conn_id)
    try:
        named = settings_of(BaseHook.get_connection(args.conn_id)).ledger_conn_id
    except (AirflowException, ChiliPiperError) as why:
        raise NotResolved(f"{why}; or name the ledger's own connection with --ledger-conn-id") from None
    if not named:
        raise NotResolved(NO_LEDGER.format(args.conn_id))
    return named


def _key(ledger: Ledger, args: Namespace) -> str:
    if args.purpose is None:
        return person.find(ledger, args.key).key
    return entry_key(args.purpose, lead_key(args.key))


def _shown(entry: Entry) -> dict[str, Any]:
    sent_at = None if entry.sent_at is None else person.utc(entry.sent_at)
    return {name: sent_at if name == "sent_at" else getattr(entry, name) for name in COLUMNS}


def _print_as(output: str, entries: list[dict[str, Any]]) -> None:
    if output == "json":
        _say(json.dumps(entries, indent=2))
    elif entries and output == "plain":
        AirflowConsole().print_as_plain_table([_texts(entry) for entry in entries])
    elif entries:
        AirflowConsole().print_as_table(
            [{name: escape(text) for name, text in _texts(entry).items()} for entry in entries]
        )


def _texts(entry: dict[str, Any]) -> dict[str, str]:
    """Each on one line: a reason may quote an answer of Chili Piper's."""
    texts = {name: "" if value is None else str(value) for name, value in entry.items()}
    return {name: "".join(each if each.isprintable() else " " for each in text) for name, text in texts.items()}


def _say_what_changed(done: BeforeAndAfter, so: str = "") -> None:
    before, after = done
    change = f"{before.state} -> {after.state}" if before != after else f"{after.state} already, and left as it is"
    _say(f"{after.key} ({after.purpose}): {change}{so}")


def _say(text: str, file: Any = None) -> None:
    print(text, file=file)
