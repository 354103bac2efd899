"""A lean imitation of Concierge's two calls, for load, in a process of its own; it imports nothing of ours.

The sandbox imitates faithfully and slowly; this one keeps up with a booking engine. It holds on to what a judge needs:
when each call came, which guest got how many meetings, and what no client of ours may do: spend a session twice, book
what was not offered, ask for anything else.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import ProxyHandler, build_opener

TOKEN = "lean-token"  # noqa: S105  # opens nothing but this
CONTROL = "/stats"
KERNEL_TELLS_TIME = sys.platform == "linux"
SO_TIMESTAMPNS = 35  # there; Python has no name for it
READ_AT_ONCE, ROOM_FOR_TIME = 2**18, socket.CMSG_SPACE(16)
DAYS = 6  # over which the slots are spread: within the week that a client asks for
HEAD = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
OPENED = b'{"routeId":"r-%d","schedulingAllowed":true,"schedulingData":{"timeoutInMS":600000,"startTimes":['
GONE = b'{"type":"Failure","reason":"the slot is taken"}'
UNKNOWN = b'{"errorCode":"NotFound","errorMessage":"nothing is here"}'


@dataclass(frozen=True, kw_only=True)
class Stats:
    """What the server saw: the time of each call on the monotonic clock, meetings by guest, and what must not happen.

    `cpu_seconds` is what the server's process used.
    """

    calls: Sequence[float]
    meetings: Mapping[str, int]
    defects: Sequence[str]
    cpu_seconds: float

    def busiest(self, seconds: float = 1.0) -> int:
        """The most calls that came within any stretch of so many seconds."""
        first, most = 0, 0
        for last, came in enumerate(self.calls):
            while came - self.calls[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


@dataclass(frozen=True)
class LeanServer:
    url: str
    token: str = TOKEN

    def stats(self) -> Stats:
        with build_opener(ProxyHandler({})).open(self.url + CONTROL, timeout=30) as answer:
            return Stats(**json.load(answer))


@contextmanager
def lean_server(
    *, latency: float = 0.0, slots: int = 500, capacity: int = 5, endless: bool = False
) -> Iterator[LeanServer]:
    """Serve while the block runs. Each answer takes *latency* seconds.

    Each of the *slots* bears *capacity* bookings, and names as many users; what is used up is offered no more, unless
    the calendar is *endless*.
    """
    given = json.dumps({"latency": latency, "slots": slots, "capacity": capacity, "endless": endless})
    command = [sys.executable, __file__, given]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # this file
        assert process.stdin
        assert process.stdout
        try:
            yield LeanServer(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.stdin.close()  # at which it ends


class Calendar:
    """Slots with the users who are free then, written as JSON once, and anew when one of them is booked."""

    def __init__(self, *, slots: int, capacity: int, endless: bool) -> None:
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        step = timedelta(days=DAYS) / slots
        starts = [(midnight + timedelta(days=1) + step * at).strftime("%Y-%m-%dT%H:%M:%SZ") for at in range(slots)]
        self._free = {start: [f"5f0e0d{user:018x}" for user in range(capacity)] for start in starts}
        self._written = {start: _slot(start, users) for start, users in self._free.items()}
        self._endless = endless
        self._offer: bytes | None = None

    def offer(self) -> bytes:
        if self._offer is None:
            self._offer = b",".join(self._written.values())
        return self._offer

    def take(self, start: str) -> bool:
        """Whether somebody was free; KeyError where *start* was never offered."""
        users = self._free[start]
        if not users:
            return False
        if not self._endless:
            users.pop()
            self._rewrite(start, users)
        return True

    def _rewrite(self, start: str, users: Sequence[str]) -> None:
        self._offer = None
        if users:
            self._written[start] = _slot(start, users)
        else:
            del self._written[start]


def _slot(start: str, users: Sequence[str]) -> bytes:
    free = {"type": "FlexibleRoundRobinAssignee", "distributionId": "d-1", "userIds": list(users), "required": True}
    return json.dumps({"startTime": start, "attendees": [free]}, separators=(",", ":")).encode()


class Service:
    """Opens sessions and spends them; *calendar* says what is free."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._guests: list[str] = []  # by the number of the session
        self._spent: set[int] = set()
        self._meetings = Counter[str]()
        self._calls: list[float] = []
        self._defects: list[str] = []
        self._to_monotonic = time.monotonic() - time.time()

    def answer(self, target: str, body: bytes, came: float) -> tuple[int, bytes]:
        if target == CONTROL:
            return 200, self._stats()
        self._calls.append(came + self._to_monotonic)
        last = target.rpartition("/")[2]
        if last == "rest":
            return self._open(json.loads(body)["form"])
        if last == "schedule-simple":
            return self._book(int(target.split("/")[-2].removeprefix("r-")), json.loads(body)["startTime"])
        self._defects.append(f"{target} was asked for")
        return 404, UNKNOWN

    def _open(self, form: Mapping[str, Any]) -> tuple[int, bytes]:
        self._guests.append(next((value for value in form.values() if "@" in value), ""))
        return 200, b"%s%s]}}" % (OPENED % (len(self._guests) - 1), self._calendar.offer())

    def _book(self, session: int, start: str) -> tuple[int, bytes]:
        if session in self._spent:
            self._defects.append(f"session {session} was spent twice")
        self._spent.add(session)
        try:
            if not self._calendar.take(start):
                return 200, GONE
        except KeyError:
            self._defects.append(f"{start} was not offered")
            return 200, GONE
        self._meetings[self._guests[session]] += 1
        return 200, b'{"meetingId":"m-%d"}' % session

    def _stats(self) -> bytes:
        seen = {"calls": sorted(self._calls), "meetings": self._meetings, "defects": self._defects}
        return json.dumps({**seen, "cpu_seconds": time.process_time()}).encode()


class Connection:
    """HTTP/1.1, as much of it as a client sends that keeps connections and knows the length of what it sends.

    Linux says when the bytes came: this process may have been held up since. Elsewhere the time is when it reads them.
    """

    def __init__(self, sock: socket.socket, service: Service, latency: float) -> None:
        self._sock = sock
        self._service = service
        self._latency = latency
        self._received = b""
        self._answering: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._readable)

    def _readable(self) -> None:
        try:
            data, notes, _, _ = self._sock.recvmsg(READ_AT_ONCE, ROOM_FOR_TIME)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._sock)
            self._sock.close()
            return
        self._received += data
        while (end := self._received.find(b"\r\n\r\n") + 4) > 3:
            head = self._received[:end]
            whole = end + _length(head)
            if len(self._received) < whole:
                return
            body, self._received = self._received[end:whole], self._received[whole:]
            self._answer(head.split(b" ", 2)[1].decode(), body, _time_in(notes))

    def _answer(self, target: str, body: bytes, came: float) -> None:
        status, content = self._service.answer(target, body, came)
        whole = HEAD % (status, len(content)) + content
        if self._latency and target != CONTROL:
            self._loop.call_later(self._latency, self._send, whole)
        else:
            self._send(whole)

    def _send(self, answer: bytes) -> None:
        self._answering = self._loop.create_task(self._sent(answer))

    async def _sent(self, answer: bytes) -> None:
        with suppress(OSError):  # nobody waits for it any more
            await self._loop.sock_sendall(self._sock, answer)


def _time_in(notes: Sequence[tuple[int, int, bytes]]) -> float:
    """By the clock on the wall."""
    for level, kind, content in notes:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("qq", content)
            return float(seconds + nanoseconds / 1e9)
    if KERNEL_TELLS_TIME:
        raise RuntimeError("the kernel did not say when bytes came")
    return time.time()


def _has_time(listening: socket.socket) -> bool:
    """The kernel begins to note times a moment after it was asked to, and what came before has none."""
    with socket.create_connection(listening.getsockname()) as client, closing(listening.accept()[0]) as sock:
        client.sendall(b"?")
        return bool(sock.recvmsg(1, ROOM_FOR_TIME)[1])


def _length(head: bytes) -> int:
    _, named, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if named else 0


async def serve(*, latency: float, **calendar: Any) -> None:
    """Print the port, and serve until standard input is closed."""
    service, loop = Service(Calendar(**calendar)), asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        if KERNEL_TELLS_TIME:
            listening.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)  # which its connections inherit
            while not _has_time(listening):
                pass
        listening.setblocking(False)

        def accept() -> None:
            with suppress(BlockingIOError):
                sock, _ = listening.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                Connection(sock, service, latency)

        loop.add_reader(listening, accept)
        print(listening.getsockname()[1], flush=True)
        await asyncio.to_thread(sys.stdin.read)
        loop.remove_reader(listening)


if __name__ == "__main__":
    asyncio.run(serve(**json.loads(sys.argv[1])))
