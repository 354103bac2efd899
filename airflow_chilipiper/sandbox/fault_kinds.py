"""What can go wrong with a call: each fault wraps the act of answering it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal

from airflow_chilipiper.sandbox.http.answers import Answer, error_answer, proxy_answer, text_answer
from airflow_chilipiper.sandbox.http.call import Call
from airflow_chilipiper.sandbox.state.tenant import Tenant

Act = Callable[[], Answer]
Run = Callable[[Call, Act], Awaitable[Answer]]
How = Literal["close", "reset", "half", "garbage"]


class Cut(Exception):
    """The connection ends here: at once, in the middle of the answer, or after bytes that are no HTTP."""

    def __init__(self, how: How, answer: Answer | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    run: Run


def mix(tenant: Tenant, retry_after: float, seconds: float) -> list[Fault]:
    return [
        cut("lose_answer", "close", acts=True),
        cut("lose_answer", "reset", acts=True),
        cut("refuse", "close", acts=False),
        cut("cut_half", "half", acts=True),
        cut("garbage", "garbage", acts=True),
        instead("empty_body", Answer(200, b"", None), acts=True),
        instead("proxy_html", proxy_answer(502), acts=False),
        instead("proxy_html", proxy_answer(502), acts=True),
        instead("server_error", error_answer(500, "InternalServerError", ""), acts=False),
        instead("server_error", error_answer(500, "InternalServerError", ""), acts=True),
        throttle(tenant, retry_after, False, 429),
        throttle(tenant, retry_after, True, 429),
        throttle(tenant, retry_after, False, 503),
        slow(seconds, False),
        steal(),
        failure("SlotNotAvailable"),
        late_commit(seconds, 504),
    ]


def cut(name: str, how: How, *, acts: bool) -> Fault:
    async def run(call: Call, act: Act) -> Answer:
        raise Cut(how, act() if acts else None)

    return Fault(name, run)


def instead(name: str, answer: Answer, *, acts: bool) -> Fault:
    async def run(call: Call, act: Act) -> Answer:
        if acts:
            act()
        return answer

    return Fault(name, run)


def throttle(tenant: Tenant, retry_after: float | None, as_date: bool, status: int) -> Fault:
    async def run(call: Call, act: Act) -> Answer:
        if retry_after is None:
            return text_answer("Too many requests", status=status)
        told = formatdate(tenant.now() + retry_after, usegmt=True) if as_date else f"{retry_after:g}"
        return Answer(status, b"Too many requests", "text/plain", {"Retry-After": told})

    return Fault("throttle", run)


def slow(seconds: float, acts_first: bool) -> Fault:
    async def run(call: Call, act: Act) -> Answer:
        answer = act() if acts_first else None
        await asyncio.sleep(seconds)
        return answer or act()

    return Fault("slow", run)


def steal() -> Fault:
    async def run(call: Call, act: Act) -> Answer:
        call.quirks.steal_slot = True
        return act()

    return Fault("take_slot_first", run)


def failure(reason: str) -> Fault:
    async def run(call: Call, act: Act) -> Answer:
        call.quirks.fail_with = reason
        return act()

    return Fault("failure", run)


def late_commit(seconds: float, status: int) -> Fault:
    async def run(call: Call, act: Act) -> Answer:
        call.quirks.commit_delay = seconds
        act()
        return proxy_answer(status)

    return Fault("late_commit", run)
