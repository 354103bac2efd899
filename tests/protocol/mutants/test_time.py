"""Clients that count the time of a booking call wrongly: it goes out, or is waited for, when others judge its lead."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.protocol.mutants.broken import Change, Mutant, catch, law
from tests.protocol.mutants.desk import START, a_lead, a_ledger, awaiting, blocking
from tests.protocol.mutants.sockets import BOOKS, OPENS_AND_CLOSES, over_tls, reply, settings
from tests.unit.api.http import raw_server as raw
from tests.unit.api.http.raw_server import Peer

if TYPE_CHECKING:
    from airflow_chilipiper.api.http.client import ClientSettings

Run = Callable[..., object]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_slow_handshake(run: Run, server_tls: ssl.SSLContext) -> None:
    """The booking call's own connection takes a minute to make; by then the lead may be another run's."""
    clock = Clock()
    slow = over_tls(BOOKS, server_tls, lambda: setattr(clock, "now", 60.0))
    with raw.raw_server(over_tls(OPENS_AND_CLOSES, server_tls), slow) as server:
        run(settings(server, scheme="https"), a_lead(max_sessions=1), a_ledger(), clock=clock)
    law(b"/schedule-simple" not in server.saw, "I1: booked when the lead may have been another run's already")


def runs(*given: Any, **options: Any) -> object:
    return asyncio.run(awaiting(*given, **options))


def an_answer_that_drips(ask: Callable[[ClientSettings, Any], object]) -> None:
    """For longer than a call may take; by then its entry counts as stale."""
    from airflow_chilipiper.api.errors import ChiliPiperError
    from airflow_chilipiper.api.patterns.offer import Offer
    from airflow_chilipiper.api.patterns.slots import Bookable, Slots

    answer = reply(b"200 OK", body={"meetingId": "m-1", "host": "u" * 40})

    def drips(peer: Peer) -> None:
        peer.read_request()
        peer.send(answer[:-40])
        for byte in answer[-40:]:
            peer.server.stopped.wait(0.02)
            peer.send(bytes([byte]))

    offer = Offer(session="r-1", slots=Slots([Bookable("/schedule-simple", [START])]))
    with raw.raw_server(drips) as server:
        try:
            ask(settings(server, timeout=0.6), a_lead().pattern.book(offer.slots[0], offer))
        except ChiliPiperError:
            return
    law(False, "I5: a booking call is answered when others have judged its entry already")


def ask_blocking(settings: ClientSettings, call: Any) -> object:
    from airflow_chilipiper.api.http.client import BlockingClient

    with BlockingClient(settings) as client:
        return client.ask(call)


def ask_awaiting(settings: ClientSettings, call: Any) -> object:
    from airflow_chilipiper.api.http.client import Client

    async def ask() -> object:
        async with Client(settings) as client:
            return await client.ask(call)

    return asyncio.run(ask())


LEAVES = "        self.check()\n        self.may_have_been_sent = True"
BEFORE_CONNECTING = [Change("api.http.send_guard", LEAVES, "        self.may_have_been_sent = True")]
NO_TOTAL_TIME = {
    "blocking": Mutant(
        "I5",
        partial(an_answer_that_drips, ask_blocking),
        [Change("api.http.blocking_transport", "(max_bytes, _left(httpcore.ReadTimeout))", "(max_bytes, timeout)")],
    ),
    "awaiting": Mutant(
        "I5",
        partial(an_answer_that_drips, ask_awaiting),
        [Change("api.http.client", "asyncio.timeout(self._settings.timeout)", "asyncio.timeout(None)")],
    ),
}


@pytest.mark.parametrize("run", [blocking, runs], ids=["blocking", "awaiting"])
def test_a_deadline_that_is_checked_before_there_is_a_connection_is_caught(
    run: Run, server_tls: ssl.SSLContext
) -> None:
    catch(Mutant("I1", partial(a_slow_handshake, run), BEFORE_CONNECTING), server_tls)


@pytest.mark.parametrize("how", NO_TOTAL_TIME)
def test_an_answer_that_is_read_without_a_total_time_is_caught(how: str) -> None:
    catch(NO_TOTAL_TIME[how])
