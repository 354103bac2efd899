"""Broken readers of answers: a no, a meeting or an empty list read into what says nothing of the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.fake_chilipiper import START, a_lead, a_page
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Change, Mutant
from tests.protocol.mutants.booked import a_chili, a_ledger, book, booked_once
from tests.wire_answer import WireAnswer, in_json

NO = {"errorCode": "Whatever", "errorMessage": "it says why", "arguments": {}}
MEETING = {"meetingId": "m-1", "dateTime": {"start": START}, "primaryGuest": {"value": "lead1@example.com"}}


def at_most_one_meeting(answer: WireAnswer, *, runs: int = 1, listed: Any = ()) -> None:
    """The answer to the booking call is misread, and the lead is taken for free. By default the list lags."""
    chili, ledger = a_chili(booking={1: answer}, listed=listed), a_ledger()
    for _ in range(runs):
        book(a_lead(1), chili, ledger)
    booked_once(chili.bookings.total())


def a_200_that_names_no_meeting() -> None:
    ledger = a_ledger()
    for answer in ({}, {"type": "Success", "meetingId": " "}):
        book(a_lead(1), a_chili(booking={1: in_json(200, answer)}, listed=()), ledger)
        (entry,) = ledger.list()
        law(entry.state in ("unknown", "review"), f"I5: {entry.state}, and no meeting is known")


def a_failure_that_names_a_meeting() -> None:
    at_most_one_meeting(in_json(200, {"type": "Failure", "reason": "the slot is taken", "meetingId": "m-1"}))


def a_503_that_says_when_to_come_back() -> None:
    at_most_one_meeting(in_json(503, NO, **{"retry-after": "1"}))


def a_400_of_a_gateway() -> None:
    at_most_one_meeting(WireAnswer(400, "<title>Bad Request</title>", "text/html"), runs=2)


def a_4xx_of_a_gateway() -> None:
    """With a meeting list that lags behind."""
    at_most_one_meeting(in_json(409, {"error": "conflict"}))


def a_session_that_was_used() -> None:
    """By our own call, perhaps; and the meeting list lags behind."""
    at_most_one_meeting(in_json(409, NO | {"errorCode": "RoutingSessionUsed"}))


def a_no_with_this_list(listed: Any) -> None:
    """A no in words that we do not know, and a meeting list that has the meeting or cannot be read."""
    at_most_one_meeting(in_json(409, NO), listed=listed)


def a_list_of_two_pages() -> None:
    others = [MEETING | {"meetingId": f"other-{at}", "primaryGuest": {"value": "x@example.com"}} for at in range(50)]
    a_no_with_this_list([*others, MEETING])


def a_list_that_says_there_is_more_and_shows_none() -> None:
    def listed(asked: Mapping[str, Any]) -> dict[str, Any]:
        return a_page([], asked) | {"hasMore": "Yes"}

    a_no_with_this_list(listed)


def a_list_of_another_shape() -> None:
    a_no_with_this_list(lambda asked: {"data": {"meetings": [MEETING]}, "hasMore": "No"})


def an_empty_list_beside_another() -> None:
    a_no_with_this_list(lambda asked: {"data": {"list": [], "meetings": [MEETING]}, "hasMore": "No"})


def a_list_that_is_null() -> None:
    a_no_with_this_list(lambda asked: {"data": {"list": None}, "hasMore": "No"})


def a_list_that_spells_the_guest_otherwise() -> None:
    a_no_with_this_list([MEETING | {"primaryGuest": {"value": "Lead1@Example.com"}}])


def a_decoder_that_refuses_another_part() -> None:
    """No other literal would help: a lead costs two openings for nothing."""
    import asyncio

    from airflow_chilipiper.api.call import Call
    from airflow_chilipiper.api.errors import BadRequest
    from airflow_chilipiper.api.http.client_runtime import ClientRuntime
    from airflow_chilipiper.api.pace.limiter import RateLimiter

    asked = []

    class Chili:
        clock = staticmethod(lambda: 0.0)

        async def ask(self, call: Call[Any], /) -> Any:
            asked.append(call.body)
            raise BadRequest("", status=400, message="Invalid value for: body (DecodingFailure at .guestEmail)")

    bodies = {literal: {"link": {"type": literal}} for literal in ("Admin", "AdminOneOnOne")}
    call = Call(operation="x", permission="", method="POST", path="/", read=str, repeatable=True, bodies=bodies)
    with pytest.raises(BadRequest):
        asyncio.run(ClientRuntime(Chili(), RateLimiter(None)).ask(call))
    law(len(asked) == 1, "next literal: tried although another part was refused")


ANSWER, PATTERN, PAGES, MEETINGS = (
    "api.http.answer",
    "api.patterns.answers",
    "api.resources.pages",
    "api.resources.meeting",
)
MUTANTS = {
    "a 200 without a meeting id taken for success": Mutant(
        PATTERN,
        "if not is_id(meeting_id):",
        "if False:",
        shown=("I5", a_200_that_names_no_meeting),
    ),
    "a failure taken for a no though it names a meeting": Mutant(
        PATTERN,
        "if names_meeting(answer):\n            raise",
        "if False:\n            raise",
        shown=("I1", a_failure_that_names_a_meeting),
    ),
    "a 503 with Retry-After taken for a no": Mutant(
        ANSWER,
        "(status == 503 and call.repeatable and ",
        "(status == 503 and ",
        shown=("I1", a_503_that_says_when_to_come_back),
    ),
    "a gateway's 400 taken for Chili Piper's": Mutant(
        ANSWER,
        "if answer.is_plain:\n        if answer.status == 400 and OF_DECODER.match(said):",
        "if True:\n        if answer.status == 400:",
        shown=("I1", a_400_of_a_gateway),
    ),
    "a gateway's 4xx taken for Chili Piper's": Mutant(
        ANSWER,
        "code, said = answer.envelope() or (None,",
        'code, said = answer.envelope() or ("none",',
        shown=("I1", a_4xx_of_a_gateway),
    ),
    "a used session taken for a lost slot": Mutant(
        ANSWER,
        'return spoken_of(f"{code} . {said}") or',
        'return spoken_of("slot taken") or',
        shown=("I1", a_session_that_was_used),
    ),
    "the next literal tried after another 400": Mutant(
        "api.literals",
        "return bool(_LITERAL.search(places or refused.message))",
        "return True",
        shown=("next literal", a_decoder_that_refuses_another_part),
    ),
    "only the first page of a list read": Mutant(
        PAGES,
        "return _whole(found, answer, page(number).operation)\n",
        "return _whole(found, answer, page(number).operation)\n        return list(found.values())\n",
        shown=("I1", a_list_of_two_pages),
    ),
    "a part of a list taken for the whole": Mutant(
        PAGES,
        "if last.more or (last.items and last.promises_more(len(found))):",
        "if False:",
        shown=("I1", a_list_that_says_there_is_more_and_shows_none),
    ),
    "an unknown shape of a list believed empty": Mutant(
        MEETINGS,
        'found = data.get("list")\n    if not isinstance(found, list):',
        'found = data.get("list", [])\n    if not isinstance(found, list):',
        Change(MEETINGS, "if not found and any(", "if False and any("),
        shown=("I1", a_list_of_another_shape),
    ),
    "an empty list believed beside another": Mutant(
        MEETINGS, "if not found and any(", "if False and any(", shown=("I1", an_empty_list_beside_another)
    ),
    "a null believed to be an empty list": Mutant(
        MEETINGS,
        'found = data.get("list")\n',
        'found = data.get("list") or []\n',
        shown=("I1", a_list_that_is_null),
    ),
    "guests compared by their spelling": Mutant(
        "api.spelling",
        "return trimmed(address).lower()",
        "return trimmed(address)",
        Change("booking.doubt.evidence", 'in (entry.guest_canonical, "")', 'in ("",)'),
        shown=("I1", a_list_that_spells_the_guest_otherwise),
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_reader_is_caught(what: str) -> None:
    catch(MUTANTS[what])
