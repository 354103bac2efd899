"""Reads an answer: what the call asked for, or the error that says what the caller may do next.

Source: every operation declares `400 text/plain` and, for all other errors, JSON `{errorCode, errorMessage,
arguments?}` (published schemas 1.230 to 1.494). What comes without that envelope may come from something in between.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import (
    BadRequest,
    ChiliPiperError,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    ServerBroken,
    SessionGone,
    Throttled,
    Unreadable,
)
from airflow_chilipiper.api.http.decoding import decode
from airflow_chilipiper.api.http.redaction import clean, scrub
from airflow_chilipiper.api.http.session_words import speaks_of_session

T = TypeVar("T")
Clock = Callable[[], float]
LONGEST_CODE = 80


def read(
    call: Call[T],
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    secret: str = "",
    wall: Clock = time.time,
) -> T:
    """What *call* asked for.

    Raises Unreadable or a kind of Refused; their texts name the operation, and neither a lead nor the *secret*.
    """
    answer = Answer(status, headers, content, secret)
    if 200 <= status < 300:
        return _accepted(call, answer)
    raise _refused(call, answer, wall)


@dataclass(frozen=True)
class Answer:
    """A status, headers, and a body."""

    status: int
    headers_as_sent: Mapping[str, str]
    content: bytes
    secret: str = field(default="", repr=False)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Under lower-case names."""
        return {name.lower(): value for name, value in self.headers_as_sent.items()}

    def scrub(self, text: str, call: Call[Any]) -> str:
        """*text* without what the call knows of the lead, and without the token, which a gateway may repeat."""
        return scrub(text, body=call.secrets, secrets=(self.secret,))

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        return self.content.decode(errors="replace")

    @property
    def is_html(self) -> bool:
        return "html" in self.kind or self.text.lstrip().startswith("<")

    def json(self) -> Any:
        """The decoded body; ValueError where it is none."""
        return decode(self.content)

    def envelope(self) -> tuple[str, str] | None:
        """Code and message in Chili Piper's own words; both are required by the schema."""
        try:
            body = self.json()
        except ValueError:
            return None
        pair = (body.get("errorCode"), body.get("errorMessage")) if isinstance(body, Mapping) else ()
        return pair if all(isinstance(item, str) for item in pair) and any(pair[:1]) else None  # type: ignore[return-value]

    def said(self) -> str:
        """The body of an answer without envelope, for a person to read."""
        if self.is_html:
            return "an HTML page"
        return self.text.strip() or "nothing"


def _accepted(call: Call[T], answer: Answer) -> T:
    try:
        return call.read(_decoded(call, answer))
    except Refused as error:
        message = answer.scrub(error.message, call)
        facts = {"status": error.status, "code": error.code, "retry_after": error.retry_after}
        raise type(error)(_named(call, answer, str(error)), message=message, **facts) from None  # type: ignore[arg-type]
    except Invalid as error:  # of an answer, not of what was asked
        raise Unreadable(_named(call, answer, str(error))) from None
    except ChiliPiperError as error:
        raise type(error)(_named(call, answer, str(error))) from None
    except Exception as error:  # noqa: BLE001  # a reader that stumbles has a shape before it that we do not know
        raise Unreadable(f"{call.operation}: the answer cannot be read ({type(error).__name__})") from None


def _decoded(call: Call[Any], answer: Answer) -> Any:
    try:
        return answer.json()
    except ValueError:
        if answer.kind in ("text/plain", "") and not answer.is_html:
            return answer.text  # the health ping answers a bare `ok`
        what = "an HTML page" if answer.is_html else f"{len(answer.content)} bytes that are no JSON"
        raise Unreadable(f"{call.operation}: {answer.status} with {what}") from None


def _named(call: Call[Any], answer: Answer, text: str) -> str:
    named = text if text.startswith(call.operation) else f"{call.operation}: {text}"
    return answer.scrub(named, call)


def _refused(call: Call[Any], answer: Answer, wall: Clock) -> Refused:
    code, said = answer.envelope() or (None, answer.said())
    kind = _kind(call, answer, code, said)
    message = answer.scrub(said, call)
    if code is not None:
        code = clean(answer.scrub(code, call), longest=LONGEST_CODE)
    named = f"{answer.status} {code}" if code else str(answer.status)
    text = clean(f"{call.operation}: {named}: {message}") + _advice(call, answer, kind)
    return kind(text, status=answer.status, code=code, message=message, retry_after=retry_after(answer.headers, wall))


def _kind(call: Call[Any], answer: Answer, code: str | None, said: str) -> type[Refused]:
    status = answer.status
    if status == 429 or (status == 503 and call.repeatable and "retry-after" in answer.headers):
        return Throttled
    if status in (401, 403):
        return NotAllowed
    if status in (408, 425) or not 400 <= status < 500:
        return ServerBroken
    if code is None:
        return _without_envelope(answer)
    if speaks_of_session(f"{code} . {said}"):
        return SessionGone
    return NotFound if status in (404, 410) else Refused


def _without_envelope(answer: Answer) -> type[Refused]:
    if answer.status == 400 and answer.kind == "text/plain" and answer.content.strip() and not answer.is_html:
        return BadRequest
    return NotFound if answer.status == 404 else ServerBroken


def _advice(call: Call[Any], answer: Answer, kind: type[Refused]) -> str:
    if kind is NotAllowed:
        return (
            f". The token is unknown, revoked, or lacks {call.permission}: a Chili Piper admin can edit its "
            "permissions, or make a new one, under Integrations, API Access Tokens"
        )
    if 300 <= answer.status < 400:
        return ". Redirects are not followed: check the connection's host and any proxy in between"
    return ""


def retry_after(headers: Mapping[str, str], wall: Clock = time.time) -> float | None:
    """Seconds to wait as the header says, in seconds or as a date, by the server's own clock where it shows one."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        until, sent = _date(value), _date(headers.get("date", ""))
        if until is None:
            return None
        seconds = until - (wall() if sent is None else sent)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _date(text: str) -> float | None:
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
