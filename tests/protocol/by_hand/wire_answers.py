"""What Chili Piper, or something in between, may answer; each read by the flow's own reader."""

from __future__ import annotations

import json
from asyncio import CancelledError
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.patterns.answers import booked


class Wire(NamedTuple):
    """An answer as it comes over the wire."""

    status: int
    content: str = ""
    kind: str = "application/json"
    headers: Mapping[str, str] = {}


def envelope(status: int, code: str) -> Wire:
    return Wire(status, json.dumps({"errorCode": code, "errorMessage": "no"}))


OPENING_FAILS: dict[str, Exception] = {
    "not sent": errors.NotSent(),
    "no answer": errors.NoAnswer(),
    "throttled": errors.Throttled("429", status=429),
    "server broken": errors.ServerBroken("502", status=502),
    "bad request": errors.BadRequest("400", status=400),
    "not allowed": errors.NotAllowed("403", status=403),
    "not found": errors.NotFound("404", status=404, code="ConciergeRouterNotFound"),
    "refused": errors.Refused("422", status=422, code="Whatever"),
    "session gone": errors.SessionGone("404", status=404, code="SessionGone"),
    "unreadable": errors.Unreadable(),
}
LISTS_FAIL: dict[str, Exception] = {
    "list not allowed": errors.NotAllowed("403", status=403),
    "list unreadable": errors.Unreadable(),
    "list unanswered": errors.NoAnswer(),
}
# Of a booking call: the closed list of definite noes, the noes to be looked at, and all else.
NOES: dict[str, Wire | Exception] = {
    "slot gone": Wire(200, '{"type": "Failure", "reason": "taken"}'),
    "not sent": errors.NotSent("too late"),
    "throttled": Wire(429),
    "bad request": Wire(400, "Invalid value for: body", "text/plain"),
    "not allowed": Wire(401),
    "invalid": errors.Invalid("cannot be written"),
}
NOES_TO_LOOK_AT: dict[str, Wire | Exception] = {
    "refused with a code": envelope(409, "SlotTaken"),
    "not found with a code": envelope(404, "HostNotFound"),
}
DOUBTS: dict[str, Wire | BaseException] = {
    "no answer": errors.NoAnswer(),
    "server broken": Wire(502, "<html>", "text/html"),
    "503 with Retry-After": Wire(503, headers={"retry-after": "1"}),
    "408 with a code": envelope(408, "Whatever"),
    "a redirect": Wire(302, headers={"location": "/login"}),
    "unreadable": Wire(200, '{"type": "Success"}'),
    "session gone": envelope(409, "SessionUsed"),
    "409 without a code": Wire(409),
    "404 without a code": Wire(404, "page not found", "text/plain"),
    "410 without a code": Wire(410),
    "surprise": RuntimeError("a bug"),
    "cancelled": CancelledError(),
}


def as_errors(read: Callable[..., Any]) -> dict[str, BaseException]:
    """What the flow's reader makes of each answer to a booking call."""
    return {name: _error(told, read) for name, told in (NOES | NOES_TO_LOOK_AT | DOUBTS).items()}


def _error(told: Wire | BaseException, read: Callable[..., Any]) -> BaseException:
    if isinstance(told, BaseException):
        return told
    call = Call(operation="concierge-schedule", permission="p", method="POST", path="/", read=booked)
    headers = {"content-type": told.kind, **told.headers}
    try:
        read(call, told.status, headers, told.content.encode())
    except errors.ChiliPiperError as error:
        return error
    raise AssertionError(f"{told} is no error")
