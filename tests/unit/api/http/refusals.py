"""Answers that are refusals, each with the error that it is read as."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import (
    BadRequest,
    NotAllowed,
    NotFound,
    Refused,
    ServerBroken,
    SessionGone,
    SlotGone,
    Throttled,
)
from airflow_chilipiper.api.http.answer import read
from airflow_chilipiper.api.patterns.answers import booked

JSON = {"Content-Type": "application/json"}
TEXT = {"content-type": "text/plain; charset=UTF-8"}
HTML = {"Content-Type": "text/html"}
PAGE = b"<!doctype html><title>502</title>jo@example.com"
FORM = {"form": {"PersonEmail": "jo@example.com", "PersonLastName": "Doering"}}


def call(reader: Any = booked, *, repeatable: bool = False) -> Call[Any]:
    return Call(
        operation="concierge-schedule",
        permission="concierge.schedule",
        method="POST",
        path="/x",
        body=FORM,
        read=reader,
        repeatable=repeatable,
    )


def envelope(code: Any, message: Any = "it says why") -> bytes:
    return json.dumps({"errorCode": code, "errorMessage": message, "arguments": {}}).encode()


def refusal(status: int, headers: dict[str, str], content: bytes, *, repeatable: bool = False) -> Refused:
    with pytest.raises(Refused) as caught:
        read(call(repeatable=repeatable), status, headers, content)
    return caught.value


ANSWERS: list[tuple[int, dict[str, str], bytes, type[Refused], str | None]] = [
    (400, TEXT, b"Invalid value for: body", BadRequest, None),
    (400, JSON, envelope("ValidationFailed"), Refused, "ValidationFailed"),
    (400, TEXT, envelope("MeetingAlreadyScheduled"), SessionGone, "MeetingAlreadyScheduled"),
    (400, {}, b"DecodingFailure at .startTime", BadRequest, None),
    (400, TEXT, b"no", Refused, None),
    (400, TEXT, b"Routing was already used", SessionGone, None),
    (400, TEXT, b"the slot is taken", SlotGone, None),
    (400, TEXT, b"", Refused, None),
    (400, TEXT, PAGE, ServerBroken, None),
    (400, HTML, PAGE, ServerBroken, None),
    (400, {}, b"", Refused, None),
    (401, {}, b"", NotAllowed, None),
    (401, JSON, envelope("Unauthorized"), NotAllowed, "Unauthorized"),
    (403, HTML, PAGE, NotAllowed, None),
    (403, JSON, envelope("SessionExpired"), NotAllowed, "SessionExpired"),
    (404, JSON, envelope("ConciergeRouterNotFound"), NotFound, "ConciergeRouterNotFound"),
    (404, JSON, envelope("SchedulingLinkNotFound"), NotFound, "SchedulingLinkNotFound"),
    (404, JSON, envelope("SessionNotFound"), SessionGone, "SessionNotFound"),
    (404, JSON, envelope("NotFound", "Routing session r-1 not found"), SessionGone, "NotFound"),
    (404, HTML, PAGE, NotFound, None),
    (404, JSON, b'{"errorCo', NotFound, None),
    (405, JSON, envelope("MethodNotAllowed"), Refused, "MethodNotAllowed"),
    (405, TEXT, b"no", ServerBroken, None),
    (408, JSON, envelope("RequestTimeout"), ServerBroken, "RequestTimeout"),
    (409, JSON, envelope("MeetingAlreadyScheduled"), SessionGone, "MeetingAlreadyScheduled"),
    (409, JSON, envelope("SlotAlreadyTaken"), SlotGone, "SlotAlreadyTaken"),
    (409, JSON, envelope("Conflict", None), ServerBroken, None),
    (409, JSON, envelope("", "session used"), ServerBroken, None),
    (409, JSON, envelope(7), ServerBroken, None),
    (409, JSON, b'["errorCode"]', ServerBroken, None),
    (409, JSON, b"[" * 100_000, ServerBroken, None),
    (410, JSON, envelope("Removed"), NotFound, "Removed"),
    (410, JSON, envelope("RoutingSessionExpired"), SessionGone, "RoutingSessionExpired"),
    (410, HTML, PAGE, ServerBroken, None),
    (422, JSON, envelope("Unprocessable"), Refused, "Unprocessable"),
    (425, JSON, envelope("TooEarly"), ServerBroken, "TooEarly"),
    (429, {}, b"", Throttled, None),
    (429, HTML, PAGE, Throttled, None),
    (429, JSON, envelope("RateLimit"), Throttled, "RateLimit"),
    (302, {"Location": "https://login.example.com"}, b"", ServerBroken, None),
    (500, JSON, envelope("SessionExpired"), ServerBroken, "SessionExpired"),
    (502, HTML, PAGE, ServerBroken, None),
    (503, JSON | {"Retry-After": "3"}, envelope("Busy"), ServerBroken, "Busy"),
    (699, {}, b"", ServerBroken, None),
]
