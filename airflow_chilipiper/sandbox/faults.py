"""Faults are commands: each arms something that the next fitting calls run into."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import update_wrapper
from inspect import Parameter, signature
from threading import Lock
from typing import Any, Protocol, cast

from airflow_chilipiper.sandbox.endpoints import OPERATIONS
from airflow_chilipiper.sandbox.http.answers import Answer, error_answer, proxy_answer, text_answer
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.http.connection import Cut
from airflow_chilipiper.sandbox.limits import KINDS
from airflow_chilipiper.sandbox.state.tenant import Tenant

BOOKS = re.compile("-schedule$")
NOES = ((409, "AlreadyScheduled"), (409, "Conflict"), (409, "EventExists"), (423, "Locked"), (422, "ProxiedCallError"))

Act = Callable[[], Answer]


class Command(Protocol):
    """The signature of every fault; `options` are its own, and `help()` lists them."""

    def __call__(self, operation: str | None = None, *, count: int = 1, skip: int = 0, **options: Any) -> None: ...


@dataclass(slots=True)
class Fault:
    """What `count` calls of an operation (None: of any) run into, after `skip` that pass."""

    name: str
    run: Callable[[Call, Act], Awaitable[Answer]]
    operation: str | None
    count: int
    skip: int


def _fault(run: Callable[..., Awaitable[Answer]]) -> Command:
    """The command that arms *run*, a function of a call, the act of answering it, and options by keyword."""
    own = [each for each in signature(run).parameters.values() if each.kind is Parameter.KEYWORD_ONLY]
    expected = signature(run).replace(parameters=own, return_annotation=None)

    def command(self: Faults, operation: str | None = None, *, count: int = 1, skip: int = 0, **options: Any) -> None:
        expected.bind(**options)
        if operation is not None and operation not in OPERATIONS:
            raise ValueError(f"no operation {operation!r}; known: {', '.join(sorted(OPERATIONS))}")
        self._arm(Fault(run.__name__, lambda call, act: run(self, call, act, **options), operation, count, skip))

    shared = list(signature(command).parameters.values())[:-1]
    update_wrapper(command, run).__signature__ = expected.replace(parameters=[*shared, *own])  # type: ignore[attr-defined]
    return cast(Command, command)


class Faults:
    """`operation` limits a fault to one operation id, `count` says how many calls, `skip` lets some pass first."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._lock = Lock()
        self._armed: list[Fault] = []
        self._dice: Callable[[str], Fault | None] = lambda operation: None
        self._gate: Callable[[], Fault | None] = lambda: None

    @_fault
    async def lose_answer(self, call: Call, act: Act, *, reset: bool = False) -> Answer:
        """Act, then cut the connection without a word."""
        raise Cut("reset" if reset else "close", act())

    @_fault
    async def lose_request(self, call: Call, act: Act, *, reset: bool = False) -> Answer:
        """Read the request, do nothing, cut the connection."""
        raise Cut("reset" if reset else "close")

    @_fault
    async def cut_half(self, call: Call, act: Act) -> Answer:
        """Act, send the head and half the body, cut."""
        raise Cut("half", act())

    @_fault
    async def garbage(self, call: Call, act: Act) -> Answer:
        """Act, then answer with bytes that are no HTTP."""
        raise Cut("garbage", act())

    @_fault
    async def garbage_body(self, call: Call, act: Act) -> Answer:
        """Act, then answer 200 with a body that says JSON and is none."""
        return _instead(Answer(200, b'{"meetingId": "', "application/json"), act, acts=True)

    @_fault
    async def empty_body(self, call: Call, act: Act, *, status: int = 200) -> Answer:
        """Act, then answer with nothing in it."""
        return _instead(Answer(status, b"", None), act, acts=True)

    @_fault
    async def proxy_html(self, call: Call, act: Act, *, status: int = 502, acts: bool = False) -> Answer:
        """HTML from something in between; with `acts` the request did arrive."""
        return _instead(proxy_answer(status), act, acts=acts)

    @_fault
    async def server_error(self, call: Call, act: Act, *, status: int = 500, acts: bool = False) -> Answer:
        """A 5xx in the service's own envelope, before or (`acts`) after committing."""
        return _instead(error_answer(status, "InternalServerError", "Something went wrong"), act, acts=acts)

    @_fault
    async def error(
        self, call: Call, act: Act, *, status: int, code: str, message: str = "", acts: bool = False
    ) -> Answer:
        """Any error envelope."""
        return _instead(error_answer(status, code, message), act, acts=acts)

    @_fault
    async def throttle(
        self,
        call: Call,
        act: Act,
        *,
        retry_after: float | None = 1,
        as_date: bool = False,
        status: int = 429,
    ) -> Answer:
        """429 or 503, with Retry-After in seconds, as an HTTP date, or (None) without."""
        if retry_after is None:
            return text_answer("Too many requests", status=status)
        wait = formatdate(self._tenant.now() + retry_after, usegmt=True) if as_date else f"{retry_after:g}"
        return Answer(status, b"Too many requests", "text/plain", {"Retry-After": wait})

    @_fault
    async def slow(self, call: Call, act: Act, *, seconds: float, acts_first: bool = False) -> Answer:
        """Take that long, before or after acting."""
        answer = act() if acts_first else None
        await asyncio.sleep(seconds)
        return answer or act()

    @_fault
    async def take_slot_first(self, call: Call, act: Act) -> Answer:
        """Somebody else books every host of the slot just before this booking call."""
        call.quirks.steal_slot = True
        return act()

    @_fault
    async def failure(self, call: Call, act: Act, *, reason: str = "SlotNotAvailable") -> Answer:
        """A booking call is answered 200 with a Failure; the session is spent."""
        call.quirks.fail_with = reason
        return act()

    @_fault
    async def late_commit(self, call: Call, act: Act, *, seconds: float, status: int = 504) -> Answer:
        """A booking call is answered 504; its meeting exists only that much later, or at `tenant.tick()`."""
        call.quirks.commit_delay = seconds
        return _instead(proxy_answer(status), act, acts=True)

    def lagging_list(self, seconds: float) -> None:
        """Until `clear`, the meeting list and Concierge's log show only what was so that long ago."""
        self._tenant.list_lag_seconds = seconds

    def limit(self, rate: float, *, kind: str = "sliding-window", retry_after: float | None = None) -> None:
        """Until `clear`, 429 beyond that many calls a second, by a sliding-window, fixed-window or token-bucket."""
        limit, refusals = KINDS[kind](rate), Faults(self._tenant)
        refusals.throttle(retry_after=retry_after)
        (refusal,) = refusals._armed
        self._gate = lambda: None if limit.admits(self._tenant.now()) else refusal

    def at_random(self, rate: float, *, seed: int = 0, retry_after: float = 1, seconds: float = 0.05) -> None:
        """From now on every call runs into some fault with this probability; the same seed draws the same faults."""
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        mix = Faults(self._tenant)
        mix._arm_mix(retry_after, seconds)

        def draw(operation: str) -> Fault | None:
            fitting = [each for each in mix._armed if each.operation in (None, operation)]
            return chance.choice(fitting) if chance.random() < rate else None

        self._dice = draw

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._armed.clear()
            self._dice = lambda operation: None
            self._gate = lambda: None
        self._tenant.list_lag_seconds = 0.0

    @property
    def pending(self) -> int:
        """How many calls still have a fault waiting for them."""
        with self._lock:
            return sum(each.count for each in self._armed)

    def take(self, operation: str) -> Fault | None:
        """The fault that this call runs into, used up by it."""
        with self._lock:
            if refusal := self._gate():
                return refusal
            for each in self._armed:
                if each.operation not in (None, operation):
                    continue
                if each.skip:
                    each.skip -= 1
                    continue
                each.count -= 1
                if not each.count:
                    self._armed.remove(each)
                return each
            return self._dice(operation)

    def _arm(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(fault)

    def _arm_mix(self, retry_after: float, seconds: float) -> None:
        for reset in (False, True):
            self.lose_answer(reset=reset)
        self.lose_request()
        self.cut_half()
        self.garbage()
        self.empty_body()
        for acts in (False, True):
            self.proxy_html(acts=acts)
        for acts in (False, True):
            self.server_error(acts=acts)
        for as_date, status in ((False, 429), (True, 429), (False, 503)):
            self.throttle(retry_after=retry_after, as_date=as_date, status=status)
        self.slow(seconds=seconds)
        self.take_slot_first()
        self.failure()
        self.late_commit(seconds=seconds)
        for booking in filter(BOOKS.search, OPERATIONS):  # made, and yet refused
            for status, code in NOES:
                self.error(booking, status=status, code=code, message=code, acts=True)
            for status in (403, 429):
                self.proxy_html(booking, status=status, acts=True)


def _instead(answer: Answer, act: Act, *, acts: bool) -> Answer:
    if acts:
        act()
    return answer
