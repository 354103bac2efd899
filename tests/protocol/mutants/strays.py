"""Chili Piper behind something that mixes up answers: it says more than it was asked, and keeps its own record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.protocol.mutants.sockets import reply

if TYPE_CHECKING:
    from airflow_chilipiper.booking.lead import Lead
    from airflow_chilipiper.booking.ledger.entry import Entry

STRAY = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 27\r\n\r\nRouting was already used up"
Extra = Callable[[str, bytes, int], bytes]


@dataclass
class Mixed:
    """Answers openings and bookings; `follows` says what comes after an answer, by path, answer and number.

    That comes before the next request, or, if it is `late`, once that has been read and long before its answer, so
    that the connection may be in other hands when the answer comes. `meetings` are the guests' by
    the meetings' ids, of which each booking makes one.
    """

    follows: Extra
    late: bool = False
    meetings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    _sessions: dict[str, str] = field(default_factory=dict)
    _answers: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        waiting = b""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                body = json.loads(await reader.readexactly(int(length.split(b":")[1])) or b"{}")
                answer = reply(b"200 OK", body=self._answer(path, body))
                self._answers += 1
                if waiting:
                    writer.write(waiting)
                    await asyncio.sleep(0.005)
                writer.write(answer)
                waiting = self.follows(path, answer, self._answers)
                if not self.late:
                    await asyncio.sleep(0.002)  # so that the answer has been read by then
                    writer.write(waiting)
                    waiting = b""
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _answer(self, path: str, body: Any) -> Any:
        if path.endswith("/rest"):
            session = f"r-{len(self._sessions)}"
            self._sessions[session] = body["form"]["PersonEmail"]
            starts = [f"2026-11-03T{hour:02}:{minute:02}:00Z" for hour in range(24) for minute in (0, 30)]
            return {"routeId": session, "schedulingData": {"startTimes": starts}}
        if path.endswith("/meetings"):
            return {"data": {"list": []}, "hasMore": "No"}
        meeting_id = f"m-{len(self.meetings)}"
        self.meetings[meeting_id] = self._sessions[path.split("/")[-2]]
        return {"meetingId": meeting_id}


def booked(mixed: Mixed, *leads: Lead, beside: bool = False) -> tuple[list[Entry], list[str]]:
    """Leads one after another over one client; what is on record then, and all outcomes.

    If they go *beside* each other, they wait for one connection, and each request follows at once on the answer before.
    """
    return asyncio.run(_booked(mixed, leads, beside))


async def _booked(mixed: Mixed, leads: tuple[Lead, ...], beside: bool) -> tuple[list[Entry], list[str]]:
    from airflow_chilipiper.api.http.client import Client, ClientSettings
    from airflow_chilipiper.api.pace.limiter import RateLimiter
    from airflow_chilipiper.booking.book import book
    from airflow_chilipiper.booking.ledger.memory import MemoryLedger
    from airflow_chilipiper.booking.ledger.runtime import RecordingRuntime

    ledger = MemoryLedger()
    async with mixed.serving():
        settings = ClientSettings(
            token="t", base_url=f"http://127.0.0.1:{mixed.port}", timeout=5, max_connections=1, verify=False
        )
        async with Client(settings) as client:
            runtime = RecordingRuntime(client, RateLimiter(None), ledger, sleep=lambda _: asyncio.sleep(0))
            if beside:
                outcomes = await asyncio.gather(*(book(lead, runtime) for lead in leads))
                return list(ledger.list()), [outcome.status for outcome in outcomes]
            ends = list[str]()
            for lead in leads:
                ends.append((await book(lead, runtime)).status)
                if not mixed.late:
                    await asyncio.sleep(0.003)
    return list(ledger.list()), ends
