"""Reads an answer: what the call asked for, or the error that says what the caller may do next.

Source: every operation declares `400 text/plain` and, for all other errors, JSON `{errorCode, errorMessage,
arguments?}` (published schemas 1.230 to 1.494). What comes without that envelope may come from something in between.
"""

from __future__ import annotations

import math
import re
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
    Throttled,
    Unreadable,
)
from airflow_chilipiper.api.http.decoding import decode
from airflow_chilipiper.api.http.redaction import clean, scrub
from airflow_chilipiper.api.patterns.answers import names_meeting, spoken_of
from airflow_chilipiper.api.shape import shape

T = TypeVar("T")
Clock = Callable[[], float]
LONGEST_CODE = 80
OF_DECODER = re.compile(r"Invalid value for\b|.*\bDecodingFailure\b", re.DOTALL)  # KO: it refuses before it acts


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

    @cached_property
    def object(self) -> Mapping[str, Any]:
        """The body, if it is a JSON object."""
        try:
            body = self.json()
        except ValueError:
            return {}
        return body if isinstance(body, Mapping) else {}

    def envelope(self) -> tuple[str, str] | None:
        """Code and message in Chili Piper's own words; both are required by the schema."""
        code, message = self.object.get("errorCode"), self.object.get("errorMessage")
        return (code, message) if isinstance(code, str) and isinstance(message, str) and code else None

    @property
    def is_plain(self) -> bool:
        """Text that is no page, or nothing: Chili Piper answers so, too."""
        if not self.content.strip():
            return True
        return self.kind in ("text/plain", "") and not self.is_html and not self.object

    def said(self) -> str:
        """The body of an answer without envelope, for a person to read."""
        if self.is_html:
            return "an HTML page"
        return self.text.strip() or "nothing"


def _accepted(call: Call[T], answer: Answer) -> T:
    body = _decoded(call, answer)
    try:
        return call.read(body)
    except Refused as error:
        message = answer.scrub(error.message, call)
        raise type(error)(_named(call, answer, str(error)), **(error.facts | {"message": message})) from None
    except (Invalid, Unreadable) as error:  # Invalid is the answer's, and not what was asked
        raise Unreadable(_named(call, answer, f"{error}; it was {shape(body)}")) from None
    except ChiliPiperError as error:
        raise type(error)(_named(call, answer, str(error))) from None
    except Exception as error:  # noqa: BLE001  # a reader that stumbles has a shape before it that we do not know
        what = f"the answer cannot be read ({type(error).__name__}); it was {shape(body)}"
        raise Unreadable(_named(call, answer, what)) from None


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


def _refused(call: Call[Any], answer: Answer, wall: Clock) -> ChiliPiperError:
    code, said = answer.envelope() or (None, answer.said())
    if names_meeting(answer.object):
        return Unreadable(f"{call.operation}: {answer.status}, and yet it names a meeting")
    kind, foreign = _kind(call, answer, code, said), code is None and not answer.is_plain
    message = answer.scrub(said, call)
    if code is not None:
        code = clean(answer.scrub(code, call), longest=LONGEST_CODE)
    named = f"{answer.status} {code}" if code else str(answer.status)
    text = clean(f"{call.operation}: {named}: {message}") + _advice(call, answer, kind)
    later = retry_after(answer.headers, wall)
    return kind(text, status=answer.status, code=code, message=message, retry_after=later, foreign=foreign)


def _kind(call: Call[Any], answer: Answer, code: str | None, said: str) -> type[Refused]:
    status = answer.status
    if status == 429 or (status == 503 and call.repeatable and "retry-after" in answer.headers):
        return Throttled
    if status in (401, 403):
        return NotAllowed
    if status in (408, 425) or not 400 <= status < 500:
        return ServerBroken
    if code is None:
        return _without_envelope(answer, said)
    return spoken_of(f"{code} . {said}") or (NotFound if status in (404, 410) else Refused)


def _without_envelope(answer: Answer, said: str) -> type[Refused]:
    """Only what is plain text can be Chili Piper's own words."""
    if answer.is_plain:
        if answer.status == 400 and OF_DECODER.match(said):
            return BadRequest
        if kind := spoken_of(said):
            return kind
        if answer.status == 400:
            return Refused
    return NotFound if answer.status == 404 else ServerBroken


def _advice(call: Call[Any], answer: Answer, kind: type[Refused]) -> str:
    if kind is NotAllowed:
        return (
            f". The token is unknown, revoked, or lacks {call.permission}: a Chili Piper admin can edit its "
            "permissions, or make a new one, under Integrations, API Access Tokens"
        )
    if 300 <= answer.status < 400:
        return ". Redirects are not followed: check the connection's host and any proxy in between"
    return f". {call.if_unknown}" if call.if_unknown and kind is NotFound else ""


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
