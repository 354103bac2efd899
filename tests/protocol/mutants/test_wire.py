"""Clients that misjudge what left this machine, over real sockets: the server has it, and the lead counts as free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

import aiohttp
import httpx
import pytest

from tests import raw_server as raw
from tests.leads import a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Change, Mutant
from tests.protocol.mutants.booked import booked_once
from tests.protocol.mutants.sockets import (
    BOOKS,
    OFFER,
    OPENS,
    OPENS_AND_CLOSES,
    OPENS_ANOTHER,
    one_run,
    reply,
    run,
    settings,
)
from tests.raw_server import Peer, RawServer, Step

if TYPE_CHECKING:
    from airflow_chilipiper.booking.outcome import Outcome


def books(server: RawServer) -> Outcome:
    return one_run(settings(server), a_lead())


def one_booking_call(books: Callable[[RawServer], object], *plan: Step) -> None:
    """Whatever becomes of the first one, which the server has read; a second one would be answered."""
    with raw.raw_server(*plan, OPENS_ANOTHER, BOOKS) as server:
        books(server)
    booked_once(server.saw.count(b"/schedule-simple HTTP"))


def a_lost_answer_on_a_fresh_connection() -> None:
    one_booking_call(books, OPENS_AND_CLOSES, raw.closed_after)


def a_lost_answer_on_a_connection_that_was_kept() -> None:
    one_booking_call(books, OPENS, raw.closed_after)


def a_redirect() -> None:
    """From something before Chili Piper, say, that has passed the call on."""
    to = b"Location: /api/fire-edge/v1/org/concierge/routing/r-1/schedule-simple"
    one_booking_call(books, OPENS, raw.answers(reply(b"307 Temporary Redirect", b"Connection: close", to)))


def a_batch_that_is_stopped() -> None:
    """The flow is cancelled while the server has its booking call."""
    has_it = Event()

    def reads_and_waits(peer: Peer) -> None:
        peer.read_request()
        has_it.set()
        peer.read()
        raise ConnectionError

    async def stopped(server: RawServer) -> None:
        task = asyncio.create_task(run(settings(server), a_lead()))
        await asyncio.to_thread(has_it.wait, raw.LIMIT)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    one_booking_call(lambda server: asyncio.run(stopped(server)), OPENS, reads_and_waits)


def an_answer_that_no_http_library_knows() -> None:
    """To a call that may be asked again, and is answered then."""
    with raw.raw_server(raw.answers(b"\x16\x03\x01 what?\r\n\r\n"), OPENS, BOOKS) as server:
        try:
            outcome = books(server).status
        except aiohttp.ClientError as escaped:
            outcome = type(escaped).__name__
    law(outcome == "booked", f"I6: instead of an outcome there is {outcome}")


def a_transport_that_nobody_knows() -> None:
    from airflow_chilipiper.api.http.client import ClientSettings

    sent, ids = list[str](), count()

    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/rest"):
            return httpx.Response(200, json=OFFER | {"routeId": f"r-{next(ids)}"})
        sent.append(request.url.path)
        raise httpx.ConnectTimeout("the answer was lost")

    one_run(ClientSettings(token="t", verify=False), a_lead(), transport=httpx.MockTransport(answers))
    booked_once(sum(path.endswith("/schedule-simple") for path in sent))


WIRE, CLIENT, TRANSPORT = "api.http.send_guard", "api.http.client", "api.http.transport"
LEFT = "if self.may_have_been_sent:"
ASKED = "except Exception as error:"
CANCELLED = """except asyncio.CancelledError as error:
            guard.may_have_been_sent = False
            raise guard.failure(error, secret=self._settings.token) from None
        except Exception as error:"""
FIRST_TIME_ONLY = """if not is_used:
                        leased.get().begin(connection)"""
MUTANTS = {
    "a connection that the server closed taken for not sent": Mutant(
        WIRE,
        LEFT,
        'if self.may_have_been_sent and type(error).__name__ != "ServerDisconnectedError":',
        shown=("I1", a_lost_answer_on_a_fresh_connection),
    ),
    "only a fresh connection taken for a way out": Mutant(
        TRANSPORT,
        "leased.get().begin(connection)",
        FIRST_TIME_ONLY,
        shown=("I1", a_lost_answer_on_a_connection_that_was_kept),
    ),
    "a transport believed that nobody knows": Mutant(
        "api.http.exchange",
        "isinstance(transport, httpx.AsyncHTTPTransport)",
        "True",
        shown=("I1", a_transport_that_nobody_knows),
    ),
    "a raw aiohttp error that escapes": Mutant(
        CLIENT, ASKED, ASKED.replace("Exception", "OSError"), shown=("I6", an_answer_that_no_http_library_knows)
    ),
    "cancellation taken for not sent": Mutant(CLIENT, ASKED, CANCELLED, shown=("I1", a_batch_that_is_stopped)),
    "a redirect followed": Mutant(TRANSPORT, "allow_redirects=False", "allow_redirects=True", shown=("I1", a_redirect)),
    "a booking that HTTP libraries re-send by themselves": Mutant(
        "api.call",
        'if not self.repeatable and self.method not in ("POST", "PATCH"):',
        "if False:",
        Change(
            "api.patterns.concierge",
            'permission="concierge.schedule",\n            method="POST",',
            'permission="concierge.schedule",\n            method="PUT",',
        ),
        shown=("I1", a_lost_answer_on_a_fresh_connection),
    ),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_a_broken_client_is_caught(what: str) -> None:
    catch(MUTANTS[what])
