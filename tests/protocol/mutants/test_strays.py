"""Answers of another call: nobody is booked by them, refused by them, or on record with another's meeting."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from tests import raw_server as raw
from tests.fake_chilipiper import a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant
from tests.protocol.mutants.sockets import keeps, reply, settings
from tests.protocol.mutants.strays import STRAY, Mixed, booked
from tests.raw_server import OK, Peer

if TYPE_CHECKING:
    from tests.protocol.mutants.strays import Extra

LEADS = 12
DAY = datetime(2026, 11, 3, tzinfo=UTC)


def a_stray_refusal(path: str, answer: bytes, number: int) -> bytes:
    return STRAY


def every_fourth_opening_twice(path: str, answer: bytes, number: int) -> bytes:
    return answer if path.endswith("/rest") and number % 4 == 1 else b""


def every_third_booking_twice(path: str, answer: bytes, number: int) -> bytes:
    return answer if path.endswith("/schedule-simple") and number % 3 == 2 else b""


def every_fifth_twice(path: str, answer: bytes, number: int) -> bytes:
    return answer if number % 5 == 4 else b""


def everybody_has_an_own_meeting(follows: Extra, *, late: bool = False, beside: bool = False) -> list[str]:
    from airflow_chilipiper.booking.ledger.lead_key import guest_digest

    mixed = Mixed(follows, late=late)
    entries, ends = booked(mixed, *(a_lead(number) for number in range(LEADS)), beside=beside)
    assert mixed.meetings
    twice = [count for count in Counter(mixed.meetings.values()).values() if count > 1]
    law(not twice, f"I1: {len(twice)} guests are invited twice")
    others = [
        each for each in entries if each.meeting_id and guest_digest(mixed.meetings[each.meeting_id]) != each.guest
    ]
    law(not others, f"I5: {len(others)} leads are on record with another's meeting")
    law("refused" not in ends, f"I6: {ends.count('refused')} leads are refused by a stray answer")
    return ends


@pytest.mark.parametrize(
    "follows", [a_stray_refusal, every_fourth_opening_twice, every_third_booking_twice], ids=lambda each: each.__name__
)
def test_what_comes_before_the_next_request_is_read_by_nobody(follows: Extra) -> None:
    assert everybody_has_an_own_meeting(follows) == ["booked"] * LEADS


@pytest.mark.parametrize("beside", [False, True], ids=["one after another", "beside each other"])
@pytest.mark.parametrize(
    "follows",
    [every_fourth_opening_twice, every_third_booking_twice, every_fifth_twice],
    ids=lambda each: each.__name__,
)
def test_what_comes_twice_after_the_next_request_has_left_puts_nobody_on_record_with_anothers_meeting(
    follows: Extra, beside: bool
) -> None:
    """It is read as an answer, and known as another's by what it offers, names or is: at worst that is doubt.

    And the answer that should have come is read by nobody.
    """
    everybody_has_an_own_meeting(follows, late=True, beside=beside)


# How it can be broken


def a_connection_after_an_error() -> None:
    from airflow_chilipiper.api.errors import NotFound

    with raw.raw_server(keeps(reply(b"404 Not Found"))) as server:
        first, _ = _answers(server)
        assert isinstance(first, NotFound)
        law(server.connections == 2, "a connection is used again after a 404")


def a_stray_of_which_half_was_read() -> None:
    _stray_after_an_answer(b"HTTP/1.1 40", is_read=True, later=b"0 Bad Request\r\nContent-Length: 0\r\n\r\n")


def a_stray_in_the_socket() -> None:
    _stray_after_an_answer(OK.replace(b"yes", b"no!"), is_read=False)


def _stray_after_an_answer(stray: bytes, *, is_read: bool, later: bytes = b"") -> None:
    read, said = Event(), Event()

    def says_more(peer: Peer) -> None:
        peer.read_request()
        peer.answer_and_stay(OK)
        read.wait(raw.LIMIT)
        peer.send(stray)
        said.set()

    def between() -> bool:
        read.set()
        said.wait(raw.LIMIT)
        return is_read

    with raw.raw_server(says_more, keeps(later + OK)) as server:
        answers = _answers(server, between)
    law(answers == [{"fine": "yes"}] * 2, f"a stray answer is read: {answers[1]}")


def _answers(server: raw.RawServer, between: Any = bool) -> list[Any]:
    from airflow_chilipiper.api.call import Call
    from airflow_chilipiper.api.errors import ChiliPiperError
    from airflow_chilipiper.api.http.client import Client

    call: Call[Any] = Call(
        operation="concierge-schedule", permission="p", method="POST", path="/x", body={}, read=lambda body: body
    )

    async def asks() -> list[Any]:
        answers = list[Any]()
        async with Client(settings(server)) as client:
            for _ in range(2):
                try:
                    answers.append(await client.ask(call))
                except ChiliPiperError as error:
                    answers.append(error)
                if not answers[1:] and between():
                    await asyncio.sleep(0.01)
        return answers

    return asyncio.run(asks())


def openings_that_are_answered_twice() -> None:
    everybody_has_an_own_meeting(every_fourth_opening_twice, late=True, beside=True)


def bookings_that_are_answered_twice() -> None:
    everybody_has_an_own_meeting(every_third_booking_twice, late=True, beside=True)


def two_meeting_lists() -> None:
    from airflow_chilipiper.api.http.client import Client
    from airflow_chilipiper.api.resources.meetings import meeting_list_put

    async def asks() -> None:
        async with Client(settings(server)) as client:
            for _ in range(2):
                await client.ask(meeting_list_put(DAY, DAY + timedelta(days=1), {}, 0))

    page = reply(b"200 OK", body={"data": {"list": []}, "hasMore": "No"})
    with raw.raw_server(*[keeps(page)] * 4) as server:
        asyncio.run(asks())
        law(server.connections == 2, "what one list does not show may be another's answer")


def a_session_that_turns_out_to_be_nobodys() -> None:
    """While its booking call is under way it is offered again."""
    from airflow_chilipiper.api.patterns.offer import Booked, Offer
    from airflow_chilipiper.api.patterns.slots import Bookable, Slots
    from airflow_chilipiper.booking.book import book
    from tests.drive import Immediate, block

    class Offering:
        clock = staticmethod(lambda: 0.0)

        async def ask(self, call: Any, /) -> Any:
            if call.operation == "concierge-route-by-slug":
                return Offer(session="s", slots=Slots([Bookable("/s", ["2026-11-03T09:30:00Z"])]))
            if call.operation == "concierge-schedule":
                try:
                    runtime.sessions.believe(Offer(session="s"))
                except Exception:  # noqa: BLE001  # which the other call is told
                    return Booked(meeting_id="of another")
            return call.read({"data": {"list": []}, "hasMore": "No"})

    runtime = Immediate(Offering())  # type: ignore[arg-type]
    outcome = block(book(a_lead(1), runtime))
    law(outcome.status == "unknown", f"what was spent on a session of nobody's is {outcome.status}")


TRANSPORT, SESSIONS, BOOK = "api.http.transport", "api.sessions", "booking.book"
CLEAN = "not poll.poll(0)"
READ = "found = read("
MUTANTS = {
    "a connection used again after a refusal": Mutant(
        TRANSPORT,
        READ,
        f"is_fit = answer.status >= 400\n                {READ}",
        shown=("after a 404", a_connection_after_an_error),
    ),
    "a connection given back before its answer is believed": Mutant(
        TRANSPORT, READ, f"is_fit = True\n                {READ}", shown=("I5", bookings_that_are_answered_twice)
    ),
    "a meeting list asked where the answer of another call may come": Mutant(
        "api.resources.meetings", "alone=True", "alone=False", shown=("may be another's", two_meeting_lists)
    ),
    "should_close not asked when a connection is handed out": Mutant(
        TRANSPORT,
        "if protocol.should_close or protocol.transport is None:",
        "if protocol.transport is None:",
        shown=("a stray answer is read", a_stray_of_which_half_was_read),
    ),
    "what comes between two calls not seen": Mutant(
        TRANSPORT,
        "protocol.force_close() if data else None",
        "None",
        shown=("a stray answer is read", a_stray_of_which_half_was_read),
    ),
    "the socket not asked when a connection is handed out": Mutant(
        TRANSPORT, CLEAN, "True", shown=("a stray answer is read", a_stray_in_the_socket)
    ),
    "a session that is offered twice believed": Mutant(
        SESSIONS, "self._twice.add(hash(answer.session))", "pass", shown=("I", openings_that_are_answered_twice)
    ),
    "a meeting that is answered twice believed": Mutant(
        SESSIONS, "isinstance(answer, Booked) and", "False and", shown=("I5", bookings_that_are_answered_twice)
    ),
    "what was spent on a session of nobody's believed": Mutant(
        BOOK,
        "booked = await runtime.ask(call.by(send_by))\n        runtime.sessions.check(offer.session)",
        "booked = await runtime.ask(call.by(send_by))",
        shown=("is booked", a_session_that_turns_out_to_be_nobodys),
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_connection_that_mixes_up_answers_is_caught(what: str) -> None:
    catch(MUTANTS[what])
