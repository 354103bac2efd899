"""Errors, sorted by what the caller may do next; below the tree, the groups that `except` needs.

ChiliPiperError
├── Invalid        we cannot ask this: the value, what was expected and what to do; nothing was sent
├── NotSent        proof that no byte of the request left                      -> ask again
├── NoAnswer       may have been acted on: any other failure                   -> for a booking: find out first
├── Unreadable     answered in a shape we do not know, or the reader raised    -> for a booking: as NoAnswer
└── Refused        Chili Piper, or something before it, answered no
    ├── Throttled      429, and 503 with Retry-After where the call is repeatable: wait for retry_after, ask again
    ├── SlotGone       speaks of the slot, time or host being taken: a fresh session may help
    ├── NotAllowed     401/403: names the operation and the missing permission; no retry can cure it
    ├── BadRequest     400 text/plain of their decoder: the caller's mistake; nothing was done
    ├── SessionGone    speaks of something done before, or of a session that is over: for a booking, find out
    ├── NotFound       router, link, workspace, user
    └── ServerBroken   5xx, 3xx, 408, 425, most statuses without Chili Piper's own envelope: for a booking, find out

A plain `Refused` is a no of which we know no more: a 4xx in Chili Piper's own envelope, another 400, or a failure that
came with a 200. What a booking call's answer allows is in `booking/doubt/refusals.py`.
"""

from __future__ import annotations

from functools import partial
from typing import Any


class ChiliPiperError(Exception):
    """Base of everything that asking Chili Piper can raise."""


class Invalid(ChiliPiperError):
    """The request cannot be made of what was given; nothing was sent."""


class NotSent(ChiliPiperError):
    """No byte of the request left this machine."""


class NoAnswer(ChiliPiperError):
    """The request may have been acted on."""


class Unreadable(ChiliPiperError):
    """There is an answer, but not one that we can read."""


class Refused(ChiliPiperError):
    """A no, with all that the answer said about it.

    `code` and `message` come from Chili Piper's envelope `{errorCode, errorMessage, arguments}`; without that envelope
    `code` is None, and an HTML page or other JSON is `foreign`: something in between may have answered instead of them.
    `retry_after` is in seconds.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int,
        code: str | None = None,
        message: str = "",
        retry_after: float | None = None,
        foreign: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.foreign = foreign

    @property
    def facts(self) -> dict[str, Any]:
        """All but the text, as its own arguments."""
        return {name: getattr(self, name) for name in ("status", "code", "message", "retry_after", "foreign")}

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), **self.facts), (str(self),)


class Throttled(Refused):
    """Asked too often; nothing was done."""


class SlotGone(Refused):
    """The slot is taken, or its time or host not available; nothing was booked."""


class NotAllowed(Refused):
    """The token is unknown, or lacks a permission; nothing was done."""


class BadRequest(Refused):
    """Chili Piper could not decode the request; nothing was done."""


class SessionGone(Refused):
    """Something was done before, or the session is expired, unknown or used: perhaps by our own call."""


class NotFound(Refused):
    """The router, link, workspace, user or meeting is unknown."""


class ServerBroken(Refused):
    """An answer that says nothing about what was done."""


# What an error allows, for `except` and `isinstance`.

RETRYABLE = (NotSent, NoAnswer, Throttled, ServerBroken)
"""Of a repeatable call: to ask again within seconds may help."""

PASSING = (*RETRYABLE, Unreadable)
"""Of a look that is repeated for hours: it may be over by the next one. All else would be answered the same again."""

UNANSWERED = (NotSent, NoAnswer)
"""Nobody answers at that address."""

INCURABLE = (Invalid, BadRequest, NotAllowed)
"""Of a booking call: no fresh session would help."""

TRY_LATER = (NotSent, Throttled, ServerBroken)
"""Of a lead that was not booked: another run may fare better, so that it is not refused."""

STOPS_THE_BATCH = (NotAllowed, NotFound)
"""Of a lead: no other lead would fare better. NotFound only where it is not the lead that is unknown."""
