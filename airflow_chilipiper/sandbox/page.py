"""What a person sees of the sandbox: calendars and last calls, guests masked; and the record for programs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from airflow_chilipiper.sandbox.http.call import CallRecord
from airflow_chilipiper.sandbox.http.times import write_instant
from airflow_chilipiper.sandbox.state.calendar import CELL
from airflow_chilipiper.sandbox.state.catalogue import User
from airflow_chilipiper.sandbox.state.sessions import Meeting
from airflow_chilipiper.sandbox.state.tenant import Tenant

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: 2px 8px; text-align: left; border-bottom: 1px solid #ddd }
.note { background: #fff3cd; padding: 8px 12px } .booked { color: #a30000; font-weight: 600 } .free { color: #777 }
"""
_LAST_CALLS, _DAYS = 30, 7
_ADDRESS = re.compile(r"([^\s@\"'/]?)[^\s@\"'/]*@")


def draw(tenant: Tenant, calls: Sequence[CallRecord]) -> str:
    meetings = tenant.meetings()
    users = "".join(_user(tenant, user, meetings) for user in tenant.catalogue.users.values())
    rows = "".join(_call(call) for call in reversed(calls[-_LAST_CALLS:]))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Edge API sandbox</title><style>{_STYLE}</style>"
        "<h1>Edge API sandbox</h1>"
        "<p class=note>This is an imitation of the Chili Piper Edge API for development and tests. "
        "It is not made by Chili Piper; nobody is invited to anything.</p>"
        f"<p>{len(meetings)} meetings booked, {len(calls)} calls answered.</p>"
        f"<h2>Calendars, next {_DAYS} days (UTC)</h2>"
        f"<table><tr><th>user<th>zone<th>free<th>next free<th>booked{users}</table>"
        f"<h2>Last calls</h2><table><tr><th>time<th>operation<th>path<th>status<th>fault{rows}</table></html>"
    )


def meetings_on_record(tenant: Tenant) -> list[dict[str, Any]]:
    """Every meeting ever made, with the session and the guest, for whoever judges a run from outside."""
    return [
        {
            "meetingId": each.id,
            "session": each.session,
            "pattern": each.pattern,
            "guest": each.guest,
            "startTime": write_instant(each.start),
            "minutes": each.minutes,
            "hosts": list(each.hosts),
            "workspaceId": each.workspace,
            "meetingTypeId": each.meeting_type,
            "status": each.status,
            "bookedAt": write_instant(each.booked_at, millis=True),
            "details": each.details,
        }
        for each in tenant.meetings()
    ]


def mask(text: str) -> str:
    """The text with all but the first letter of every e-mail's name hidden."""
    return _ADDRESS.sub(r"\1***@", text)


def _user(tenant: Tenant, user: User, meetings: Sequence[Meeting]) -> str:
    first = -(-int(tenant.now()) // CELL)
    free = [
        cell * CELL for cell in range(first, first + _DAYS * 86_400 // CELL) if tenant.calendar.is_free(user.id, cell)
    ]
    hosted = (each for each in meetings if user.id in each.hosts and each.status != "Canceled")
    booked = sorted((each.start, each.guest) for each in hosted)
    shown = ", ".join(f"{_short(start)} {mask(guest)}" for start, guest in booked)
    return (
        f"<tr><td>{escape(user.name)}<td>{escape(user.zone)}<td class=free>{len(free)}"
        f"<td class=free>{escape(', '.join(_short(start) for start in free[:3]))}<td class=booked>{escape(shown)}"
    )


def _call(call: CallRecord) -> str:
    cells = (write_instant(int(call.at)), call.operation, mask(call.path), call.status or "no answer", call.fault or "")
    return "<tr>" + "".join(f"<td>{escape(str(cell))}" for cell in cells)


def _short(seconds: float) -> str:
    return write_instant(seconds)[5:16].replace("T", " ")
