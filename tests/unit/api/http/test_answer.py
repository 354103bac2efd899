"""Each answer has its class, its text, and nothing of the lead in it."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from pydantic import BaseModel

from airflow_chilipiper.api.errors import (
    ChiliPiperError,
    Invalid,
    Refused,
    ServerBroken,
    SlotGone,
    Throttled,
    Unreadable,
)
from airflow_chilipiper.api.http.answer import read, retry_after
from airflow_chilipiper.api.patterns.offer import Booked
from tests.unit.api.http.refusals import ANSWERS, HTML, JSON, PAGE, TEXT, call, envelope, refusal


@pytest.mark.parametrize(("status", "headers", "content", "kind", "code"), ANSWERS)
def test_each_answer_has_its_class(
    status: int, headers: dict[str, str], content: bytes, kind: type[Refused], code: str | None
) -> None:
    """`code` is None where the answer is not Chili Piper's own word."""
    error = refusal(status, headers, content)
    assert (type(error), error.status, error.code) == (kind, status, code)
    assert str(error).startswith(
        f"concierge-schedule: {status} {code}: " if code else f"concierge-schedule: {status}: "
    )


def test_a_503_with_retry_after_throttles_what_may_be_asked_again() -> None:
    """Nobody says that a 503 did nothing: for a booking it is doubt."""
    headers = {"Retry-After": "3"}
    assert type(refusal(503, headers, b"", repeatable=True)) is Throttled
    assert type(refusal(503, headers, b"", repeatable=False)) is ServerBroken
    assert type(refusal(503, {}, b"", repeatable=True)) is ServerBroken


def test_not_allowed_says_what_to_do() -> None:
    """Operation, what Chili Piper said, the permission that is needed, and where to give it."""
    text = str(refusal(403, JSON, envelope("Forbidden", "missing permission concierge.schedule")))
    assert text.startswith("concierge-schedule: 403 Forbidden: missing permission concierge.schedule. ")
    assert "lacks concierge.schedule:" in text
    assert "API Access Tokens" in text


def test_a_redirect_says_that_it_is_not_followed() -> None:
    error = refusal(302, {"Location": "https://login.example.com/?token=1"}, b"")
    assert "not followed" in str(error)
    assert "login.example.com" not in str(error)


@pytest.mark.parametrize(
    ("headers", "content", "said"),
    [
        (HTML, PAGE, "an HTML page"),
        ({}, PAGE, "an HTML page"),
        ({}, b" \n", "nothing"),
        (TEXT, b"upstream\xff is\ndown", "upstream\ufffd is down"),
        (JSON, b'{"message":"no route for Doering"}', '{"message":"no route for ***"}'),
        (JSON, envelope("Broken", "no calendar for jo@example.com"), "no calendar for ***"),
        (JSON, envelope("Broken", "see ann@example.com"), "see <e-mail>"),
        (JSON, envelope("Broken", "x" * 999), "x" * 299 + "…"),
    ],
)
def test_what_was_said_is_shown_without_the_lead(headers: dict[str, str], content: bytes, said: str) -> None:
    error = refusal(500, headers, content)
    assert error.message == said
    assert said[:200] in str(error)
    assert len(str(error)) <= 300


def test_a_code_is_scrubbed_too() -> None:
    error = refusal(409, JSON, envelope("Taken by jo@example.com\n" + "x" * 200))
    assert error.code is not None
    assert error.code.startswith("Taken by *** x")
    assert len(error.code) == 80


def test_an_answer_is_read() -> None:
    assert read(call(), 200, JSON, b'{"meetingId": "m-1"}') == Booked(meeting_id="m-1")
    assert read(call(), 201, {}, b'{"meetingId": "m-1"}') == Booked(meeting_id="m-1")


@pytest.mark.parametrize("headers", [TEXT, {}])
def test_plain_text_is_handed_on(headers: dict[str, str]) -> None:
    """The health ping answers a bare `ok`; its content type is not documented."""
    assert read(call(lambda body: body), 200, headers, b"ok") == "ok"


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        (JSON, b'{"meetingId": "m-'),
        (JSON, b""),
        (JSON, gzip.compress(b"{}", mtime=0)),
        (JSON, b"ok"),
        (HTML, PAGE),
        (TEXT, PAGE),
        (TEXT, b"booked"),
        ({}, b""),
        (JSON, b"[" * 100_000),
        (JSON, b"[]"),
        (JSON, b"null"),
        (JSON, b"{}"),
    ],
)
def test_what_cannot_be_read_is_unreadable(headers: dict[str, str], content: bytes) -> None:
    """A 2xx that we do not understand is neither a meeting nor a no."""
    with pytest.raises(Unreadable, match=r"^concierge-schedule: "):
        read(call(), 200, headers, content)


def test_a_failure_inside_a_200_names_the_operation() -> None:
    """The reader raises it; text and message are scrubbed, the facts stay."""
    body = b'{"type": "Failure", "reason": "slot taken by jo@example.com"}'
    with pytest.raises(SlotGone) as caught:
        read(call(), 200, JSON, body)
    assert str(caught.value) == "concierge-schedule: refused: slot taken by ***"
    assert (caught.value.status, caught.value.message) == (200, "slot taken by ***")


def test_an_operation_is_named_once() -> None:
    def reader(body: Any) -> None:
        raise Unreadable("concierge-schedule: no routeId for jo@example.com")

    with pytest.raises(Unreadable, match=r"^concierge-schedule: no routeId for \*\*\*; it was {}$"):
        read(call(reader), 200, JSON, b"{}")


class Model(BaseModel):
    """Stands for any model: pydantic quotes what it was given."""

    size: int


@pytest.mark.parametrize("reader", [lambda body: body["x"], Model.model_validate, lambda body: 1 // 0])
def test_a_reader_that_stumbles_tells_no_values(reader: Any) -> None:
    with pytest.raises(ChiliPiperError) as caught:
        read(call(reader), 200, JSON, b'{"size": "jo@example.com"}')
    assert type(caught.value) is Unreadable
    assert "jo@" not in str(caught.value)
    assert caught.value.__suppress_context__


NOW = 1_000_000_000.0  # Sun, 09 Sep 2001 01:46:40 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:40 GMT"}, 60),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:40 -0000"}, 60),
        ({"retry-after": "Sun, 09 Sep 2001 01:45:40 GMT"}, 0),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:40 GMT", "date": "Sun, 09 Sep 2001 01:47:30 GMT"}, 10),
        ({"retry-after": "Sun, 09 Sep 2001 01:47:40 GMT", "date": "yesterday"}, 60),
        ({"retry-after": "Sun, 99 Sep 2001 01:47:40 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds or a date; a date counts by the server's own clock where the answer shows it."""
    assert retry_after(headers, lambda: NOW) == seconds


def test_every_refusal_tells_retry_after() -> None:
    assert refusal(429, {"RETRY-AFTER": "7"}, b"").retry_after == 7
    assert refusal(503, {"Retry-After": "8"}, b"").retry_after == 8


def test_an_answer_that_leads_to_an_unusable_request_is_unreadable() -> None:
    """Invalid means that nothing was sent; of a booking's answer that would be a false no."""

    def stumble(body: Any) -> None:
        raise Invalid("an id is missing")

    with pytest.raises(Unreadable):
        read(call(stumble), 200, JSON, b"{}")


def test_a_token_that_a_gateway_repeats_is_hidden() -> None:
    for status, content in ((500, b"debug: Bearer tok-SECRET-1"), (409, envelope("Odd", "Bearer tok-SECRET-1"))):
        with pytest.raises(Refused) as caught:
            read(call(), status, TEXT if status == 500 else JSON, content, secret="tok-SECRET-1")
        assert "tok-SECRET-1" not in f"{caught.value} {caught.value.message}"
