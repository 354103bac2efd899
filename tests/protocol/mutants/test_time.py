"""Clients that count the time of a booking call wrongly: it goes out, or is waited for, when others judge its lead."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from tests import raw_server as raw
from tests.fake_chilipiper import START
from tests.leads import a_lead
from tests.protocol.copies import catch
from tests.protocol.laws import law
from tests.protocol.mutant import Mutant
from tests.protocol.mutants.sockets import BOOKS, OPENS_AND_CLOSES, one_run, over_tls, reply, settings
from tests.raw_server import Peer

if TYPE_CHECKING:
    from airflow_chilipiper.api.http.client import ClientSettings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_slow_handshake(server_tls: ssl.SSLContext) -> None:
    """The booking call's own connection takes a minute to make; by then the lead may be another run's."""
    clock = Clock()
    slow = over_tls(BOOKS, server_tls, lambda: setattr(clock, "now", 60.0))
    with raw.raw_server(over_tls(OPENS_AND_CLOSES, server_tls), slow) as server:
        one_run(settings(server, scheme="https"), a_lead(max_sessions=1), clock=clock)
    law(b"/schedule-simple" not in server.saw, "I1: booked when the lead may have been another run's already")


def an_answer_that_drips() -> None:
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
            asyncio.run(ask(settings(server, timeout=0.6), a_lead().pattern.book(offer.slots[0], offer)))
        except ChiliPiperError:
            return
    law(False, "I5: a booking call is answered when others have judged its entry already")


async def ask(settings: ClientSettings, call: Any) -> object:
    from airflow_chilipiper.api.http.client import Client

    async with Client(settings) as client:
        return await client.ask(call)


LEAVES = "        self.check()\n        self.may_have_been_sent = True"
BEFORE_CONNECTING = Mutant(
    "api.http.send_guard", LEAVES, "        self.may_have_been_sent = True", shown=("I1", a_slow_handshake)
)
NO_TOTAL_TIME = Mutant(
    "api.http.client",
    "asyncio.timeout(self._settings.timeout)",
    "asyncio.timeout(None)",
    shown=("I5", an_answer_that_drips),
)


def test_a_deadline_that_is_checked_before_there_is_a_connection_is_caught(server_tls: ssl.SSLContext) -> None:
    catch(BEFORE_CONNECTING, server_tls)


def test_an_answer_that_is_read_without_a_total_time_is_caught() -> None:
    catch(NO_TOTAL_TIME)
