"""Asking again, for calls that may be asked again."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import RETRYABLE, ChiliPiperError, Refused
from airflow_chilipiper.api.runtime import Runtime

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long to go on asking; all times are in seconds.

    `total` counts from before the first turn and includes the waiting. Pauses double from `first_pause` up to
    `longest_pause`, which also caps what a Retry-After may demand.
    """

    attempts: int = 5
    total: float = 120.0
    first_pause: float = 0.5
    longest_pause: float = 60.0

    def pause(self, attempt: int, error: ChiliPiperError) -> float:
        """The pause after that failed attempt; attempts count from 1. Jitter keeps many workers from coming at once."""
        backoff = min(self.longest_pause, self.first_pause * 2 ** (attempt - 1))
        jittered = random.uniform(backoff / 2, backoff)  # noqa: S311  # spreads load, keeps no secret
        demanded = error.retry_after if isinstance(error, Refused) else None
        return jittered if demanded is None else min(self.longest_pause, demanded + jittered)


RETRY_POLICY = RetryPolicy()


async def with_retries(
    call: Call[T], runtime: Runtime, policy: RetryPolicy = RETRY_POLICY, *, priority: bool = False
) -> T:
    """Ask until there is an answer or the policy ends it; then raise the last error.

    A refused call is not repeated. A booking is never asked again: ValueError, before anything is sent.
    """
    if not call.repeatable:
        raise ValueError(f"{call.operation} must not be repeated: a booking is never asked again")
    end = runtime.now() + policy.total
    attempt = 1
    while True:
        await runtime.acquire(priority=priority)
        try:
            return await runtime.ask(call)
        except RETRYABLE as error:
            pause = policy.pause(attempt, error)
            if attempt >= policy.attempts or runtime.now() + pause > end:
                raise
        await runtime.pause(pause)
        attempt += 1
