"""Looking again and again until there are slots, or until the time is up."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from airflow_chilipiper.api.errors import PASSING
from airflow_chilipiper.api.runtime import Runtime

Look = Callable[[Runtime], Awaitable[list[str]]]


@dataclass(frozen=True, kw_only=True)
class PollResult:
    """What polling ended with: enough slots, or none when the time was up.

    `unasked` says why the last look could not be made; then nobody knows whether there are slots.
    """

    slots: tuple[str, ...] = ()
    unasked: str = ""


async def poll(
    look: Look,
    runtime: Runtime,
    *,
    min_slots: int,
    interval: float,
    deadline: float,
    max_failures: int,
    spread: Callable[[float, float], float] = random.uniform,  # noqa: S311  # spreads load, keeps no secret
) -> PollResult:
    """Pause, look, and so on until a look finds *min_slots*; the last look is at the *deadline* (seconds since 1970).

    It begins with a pause, since whoever starts it has just looked himself. Pauses are *interval* seconds, a tenth
    more or less, so that many do not look at once. More than *max_failures* passing failures in a row, and any
    other error at once, are raised: a question that could not be asked is never taken for a no.
    """
    failures, unasked = 0, ""
    while True:
        left = deadline - runtime.wall()
        await runtime.pause(max(0.0, min(spread(0.9, 1.1) * interval, left)))
        try:
            slots = await look(runtime)
        except PASSING as error:
            failures, unasked = failures + 1, str(error)
            if failures > max_failures:
                raise
        else:
            failures, unasked = 0, ""
            if len(slots) >= min_slots:
                return PollResult(slots=tuple(slots))
        if runtime.wall() >= deadline:
            return PollResult(unasked=unasked)
