"""Faults are commands: each arms something that the next fitting calls run into.

`count` says how many calls, `skip` lets some pass first, `operation` limits it to one operation id.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from airflow_chilipiper.sandbox import fault_kinds as kinds
from airflow_chilipiper.sandbox.http.answers import Answer, error_answer, proxy_answer
from airflow_chilipiper.sandbox.limits import KINDS
from airflow_chilipiper.sandbox.http.endpoint import OPERATION_IDS
from airflow_chilipiper.sandbox.state.tenant import Tenant


@dataclass(slots=True)
class _Armed:
    fault: kinds.Fault
    operation: str | None
    count: int
    skip: int


class Faults:
    def __init__(self, tenant: Tenant) -> None:
        self._world = tenant
        self._lock = Lock()
        self._armed: list[_Armed] = []
        self._dice: Callable[[], kinds.Fault | None] = lambda: None
        self._gate: Callable[[], kinds.Fault | None] = lambda: None

    def lose_answer(self, operation: str | None = None, *, count: int = 1, skip: int = 0, reset: bool = False) -> None:
        """Act, then cut the connection without a word."""
        self._arm(kinds.cut("lose_answer", "reset" if reset else "close", acts=True), operation, count, skip)

    def refuse(self, operation: str | None = None, *, count: int = 1, skip: int = 0, reset: bool = False) -> None:
        """Read the request, do nothing, cut the connection."""
        self._arm(kinds.cut("refuse", "reset" if reset else "close", acts=False), operation, count, skip)

    def cut_half(self, operation: str | None = None, *, count: int = 1, skip: int = 0) -> None:
        """Act, send the head and half the body, cut."""
        self._arm(kinds.cut("cut_half", "half", acts=True), operation, count, skip)

    def garbage(self, operation: str | None = None, *, count: int = 1, skip: int = 0) -> None:
        """Act, then answer with bytes that are no HTTP."""
        self._arm(kinds.cut("garbage", "garbage", acts=True), operation, count, skip)

    def garbage_body(self, operation: str | None = None, *, count: int = 1, skip: int = 0) -> None:
        """Act, then answer 200 with a body that says JSON and is none."""
        self._arm(
            kinds.instead("garbage_body", Answer(200, b'{"meetingId": "', "application/json"), acts=True),
            operation,
            count,
            skip,
        )

    def empty_body(self, operation: str | None = None, *, status: int = 200, count: int = 1, skip: int = 0) -> None:
        """Act, then answer with nothing in it."""
        self._arm(kinds.instead("empty_body", Answer(status, b"", None), acts=True), operation, count, skip)

    def proxy_html(
        self, operation: str | None = None, *, status: int = 502, acts: bool = False, count: int = 1, skip: int = 0
    ) -> None:
        """HTML from something in between; with `acts` the request did arrive."""
        self._arm(kinds.instead("proxy_html", proxy_answer(status), acts=acts), operation, count, skip)

    def server_error(
        self, operation: str | None = None, *, status: int = 500, acts: bool = False, count: int = 1, skip: int = 0
    ) -> None:
        """A 5xx in the service's own envelope, before or (`acts`) after committing."""
        answer = error_answer(status, "InternalServerError", "Something went wrong")
        self._arm(kinds.instead("server_error", answer, acts=acts), operation, count, skip)

    def error(
        self,
        operation: str | None = None,
        *,
        status: int,
        code: str,
        message: str = "",
        acts: bool = False,
        count: int = 1,
        skip: int = 0,
    ) -> None:
        """Any error envelope."""
        self._arm(kinds.instead("error", error_answer(status, code, message), acts=acts), operation, count, skip)

    def throttle(
        self,
        operation: str | None = None,
        *,
        retry_after: float | None = 1,
        as_date: bool = False,
        status: int = 429,
        count: int = 1,
        skip: int = 0,
    ) -> None:
        """429 or 503, with Retry-After in seconds, as an HTTP date, or (None) without."""
        self._arm(kinds.throttle(self._world, retry_after, as_date, status), operation, count, skip)

    def slow(
        self, seconds: float, operation: str | None = None, *, acts_first: bool = False, count: int = 1, skip: int = 0
    ) -> None:
        """Take that long, before or after acting."""
        self._arm(kinds.slow(seconds, acts_first), operation, count, skip)

    def take_slot_first(self, operation: str | None = None, *, count: int = 1, skip: int = 0) -> None:
        """Somebody else books every host of the slot just before this booking call."""
        self._arm(kinds.steal(), operation, count, skip)

    def failure(
        self, reason: str = "SlotNotAvailable", operation: str | None = None, *, count: int = 1, skip: int = 0
    ) -> None:
        """A booking call is answered 200 with a Failure; the session is spent."""
        self._arm(kinds.failure(reason), operation, count, skip)

    def late_commit(
        self, seconds: float, operation: str | None = None, *, status: int = 504, count: int = 1, skip: int = 0
    ) -> None:
        """A booking call is answered 504; its meeting exists only that much later, or at `tenant.tick()`."""
        self._arm(kinds.late_commit(seconds, status), operation, count, skip)

    def lagging_list(self, seconds: float) -> None:
        """Until `clear`, the meeting list and Concierge's log show only what was so that long ago."""
        self._world.list_lag_seconds = seconds

    def limit(self, rate: float, *, kind: str = "sliding-window", retry_after: float | None = None) -> None:
        """Until `clear`, 429 beyond that many calls a second, by a sliding-window, fixed-window or token-bucket."""
        limit, refusal = KINDS[kind](rate), kinds.throttle(self._world, retry_after, False, 429)
        self._gate = lambda: None if limit.admits(self._world.now()) else refusal

    def at_random(self, rate: float, *, seed: int = 0, retry_after: float = 1, seconds: float = 0.05) -> None:
        """From now on every call runs into some fault with this probability; the same seed draws the same faults."""
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        mix = kinds.mix(self._world, retry_after, seconds)
        self._dice = lambda: chance.choice(mix) if chance.random() < rate else None

    def clear(self) -> None:
        """Disarm everything."""
        with self._lock:
            self._armed.clear()
            self._dice = lambda: None
            self._gate = lambda: None
        self._world.list_lag_seconds = 0.0

    @property
    def pending(self) -> int:
        """How many calls still have a fault waiting for them."""
        with self._lock:
            return sum(each.count for each in self._armed)

    def take(self, operation: str) -> kinds.Fault | None:
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
                return each.fault
            return self._dice()

    def _arm(self, fault: kinds.Fault, operation: str | None, count: int, skip: int) -> None:
        if operation is not None and operation not in OPERATION_IDS:
            raise ValueError(f"no operation {operation!r}; known: {', '.join(sorted(OPERATION_IDS))}")
        with self._lock:
            self._armed.append(_Armed(fault, operation, count, skip))
