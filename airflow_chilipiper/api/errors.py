"""Errors, sorted by what the caller may do next; below the tree, the groups that `except` needs.

ChiliPiperError
├── Invalid        we cannot ask this: the value, what was expected and what to do; nothing was sent
├── NotSent        proof that no byte of the request left                      -> ask again
├── NoAnswer       may have been acted on: any other failure                   -> for a booking: find out first
├── Unreadable     answered in a shape we do not know, or the reader raised    -> for a booking: as NoAnswer
└── Refused        Chili Piper, or something before it, answered no
    ├── Throttled      429, and 503 with Retry-After where the call is repeatable: wait for retry_after, ask again
    ├── SlotGone       a 200 with a Failure variant: a definite no for this session
    ├── NotAllowed     401/403: names the operation and the missing permission; no retry can cure it
    ├── BadRequest     400 text/plain: the caller's mistake; nothing was done
    ├── SessionGone    expired, unknown or used session: for a booking, find out
    ├── NotFound       router, link, workspace, user
    └── ServerBroken   5xx, 3xx, 408, 425, any status without Chili Piper's own envelope: for a booking, find out

A plain `Refused` is a 4xx in Chili Piper's own envelope whose code we do not know.
"""

from __future__ import annotations

from functools import partial


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
    `code` is None: the answer may come from something in between. `retry_after` is in seconds.
    """

    def __init__(
        self,
        text: str,
        *,
        status: int,
        code: str | None = None,
        message: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        kind = partial(
            type(self), status=self.status, code=self.code, message=self.message, retry_after=self.retry_after
        )
        return kind, (str(self),)


class Throttled(Refused):
    """Asked too often; nothing was done."""


class SlotGone(Refused):
    """This session cannot book this slot; nothing was booked."""


class NotAllowed(Refused):
    """The token is unknown, or lacks a permission; nothing was done."""


class BadRequest(Refused):
    """Chili Piper could not decode the request; nothing was done."""


class SessionGone(Refused):
    """The session is expired, unknown or used: if used, then perhaps by our own call."""


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
"""Of a booking call: nothing was booked, and no fresh session would help."""

SLOT_UNTOUCHED = (NotSent, Throttled, *INCURABLE)
"""Of a booking call: nothing was booked, and that says nothing about the slot."""

DEFINITE_NO = (*SLOT_UNTOUCHED, SlotGone)
"""Of a booking call: nothing was booked. After any other error somebody may have been invited."""

MAY_BE_BOOKED = (SessionGone, ServerBroken)
"""Refusals of a booking call that may have been acted on, whatever they say."""

TRY_LATER = (NotSent, Throttled, ServerBroken)
"""Of a lead that was not booked: another run may fare better, so that it is not refused."""

STOPS_THE_BATCH = (NotAllowed, NotFound)
"""Of a lead: no other lead would fare better. NotFound only where it is not the lead that is unknown."""
