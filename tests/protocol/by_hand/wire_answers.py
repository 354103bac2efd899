"""What Chili Piper, or something in between, may answer; each read by the flow's own reader."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from typing import Any

from airflow_chilipiper.api import errors
from airflow_chilipiper.api.call import Call
from tests.protocol.by_hand.scenarios import GUEST, LIFETIME, SCENARIOS, SHORT, an_offer
from tests.protocol.copies import Copies
from tests.wire_answer import WireAnswer, in_json


def envelope(status: int, code: str) -> WireAnswer:
    return in_json(status, {"errorCode": code, "errorMessage": "no"})


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
# Of a booking call: the noes, those that take one look or the list's lag, and all else.
NOES: dict[str, WireAnswer | Exception] = {
    "slot gone": WireAnswer(200, '{"type": "Failure", "reason": "the slot is taken"}'),
    "not sent": errors.NotSent("too late"),
    "throttled": WireAnswer(429),
    "bad request": WireAnswer(400, "Invalid value for: body", "text/plain"),
    "not allowed": WireAnswer(401),
    "invalid": errors.Invalid("cannot be written"),
}
NOES_TO_LOOK_AT: dict[str, WireAnswer | Exception] = {
    "slot gone with a code": envelope(409, "SlotTaken"),
}
NOES_TO_WAIT_FOR: dict[str, WireAnswer | Exception] = {
    "refused with a code": envelope(409, "Conflict"),
    "not found with a code": envelope(404, "RouterNotFound"),
    "a failure without a reason": WireAnswer(200, '{"type": "Failure"}'),
    "400 in other words": WireAnswer(400, "no", "text/plain"),
    "401 of a gateway": WireAnswer(401, "<html>", "text/html"),
    "429 of a gateway": WireAnswer(429, '{"error": "slow down"}'),
}
DOUBTS: dict[str, WireAnswer | BaseException] = {
    "no answer": errors.NoAnswer(),
    "server broken": WireAnswer(502, "<html>", "text/html"),
    "503 with Retry-After": WireAnswer(503, headers={"retry-after": "1"}),
    "408 with a code": envelope(408, "Whatever"),
    "a redirect": WireAnswer(302, headers={"location": "/login"}),
    "unreadable": WireAnswer(200, '{"type": "Success"}'),
    "session gone": envelope(409, "SessionUsed"),
    "speaks of before": envelope(409, "AlreadyBooked"),
    "a failure that speaks of before": WireAnswer(200, '{"type": "Failure", "reason": "scheduled before"}'),
    "a text that speaks of before": WireAnswer(400, "Routing was already used", "text/plain"),
    "a failure with a meeting": WireAnswer(200, '{"type": "Failure", "meetingId": "x"}'),
    "409 without a code": WireAnswer(409),
    "404 without a code": WireAnswer(404, "page not found", "text/plain"),
    "400 of a gateway": WireAnswer(400, "<html>", "text/html"),
    "410 without a code": WireAnswer(410),
    "surprise": RuntimeError("a bug"),
    "cancelled": CancelledError(),
}


def as_errors(flow: Copies) -> dict[str, BaseException]:
    """What the flow's reader makes of each answer to a booking call."""
    pattern = flow.Concierge(router_slug="in", trigger="InAppButton", form={"PersonEmail": GUEST})
    offer = an_offer(SCENARIOS[SHORT[0].name], "session-1", LIFETIME)
    call = pattern.book(offer.slots[0], offer)
    every = NOES | NOES_TO_LOOK_AT | NOES_TO_WAIT_FOR | DOUBTS
    return {name: _error(answer, call, flow.read) for name, answer in every.items()}


def _error(answer: WireAnswer | BaseException, call: Call[Any], read: Callable[..., Any]) -> BaseException:
    if isinstance(answer, BaseException):
        return answer
    try:
        answer.read_for(call, read)
    except errors.ChiliPiperError as error:
        return error
    raise AssertionError(f"{answer} is no error")
