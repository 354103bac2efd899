"""The trigger behind the sensors: it polls for slots while no worker is held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_chilipiper.api.errors import PASSING, ChiliPiperError
from airflow_chilipiper.api.http.redaction import scrub
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.arguments.patterns import make_pattern
from airflow_chilipiper.connection.shared_runtime import client_runtime, shared_runtime
from airflow_chilipiper.hooks import aread_settings
from airflow_chilipiper.waiting.polling import PollResult, poll
from airflow_chilipiper.waiting.slot_query import NoSlotWillCome, find_slots

# Past the deadline, and short of what the sensors let Airflow wait for this event.
LAST_LOOK_TAKES = timedelta(minutes=9)
ALL_RESERVED = (
    "it had no turn, or no answer, within nine minutes; where many sensors wait at one connection's pace, raise its "
    "requests_per_second or their poke_interval"
)


class SlotTrigger(BaseTrigger):
    """Look for free slots until there are enough of them or the deadline has come, then send one event.

    All triggers of a triggerer that name the same connection share one client and one pace. A look waits for its turn
    however long that takes: that is no failure. Only the last look has nine minutes for its turn and its answer.

    The event's ``status`` is ``found`` (with ``slots``), ``timeout`` (with ``unasked``: why the last look could not be
    made, else empty), ``never`` (no slot can come any more), ``refused`` (no retry can cure it) or ``failed``; the last
    three with a ``reason``. All arguments are plain JSON; Airflow keeps them encrypted.

    :param chilipiper_conn_id: id of the connection; the token itself is never an argument
    :param query: what to look for, as ``waiting.slot_query`` describes it
    :param min_slots: how many start times are enough
    :param interval: seconds between looks, a tenth more or less
    :param deadline: when to give up, in seconds since 1970
    :param max_failures: how many looks in a row may fail in passing
    """

    def __init__(
        self,
        *,
        chilipiper_conn_id: str,
        query: dict[str, Any],
        min_slots: int,
        interval: float,
        deadline: float,
        max_failures: int,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.chilipiper_conn_id = chilipiper_conn_id
        self.query = query
        self.min_slots = min_slots
        self.interval = interval
        self.deadline = deadline
        self.max_failures = max_failures

    def serialize(self) -> tuple[str, dict[str, Any]]:
        names = ("chilipiper_conn_id", "query", "min_slots", "interval", "deadline", "max_failures")
        return f"{__name__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    def __repr__(self) -> str:
        """Airflow's own would show the guest's e-mail."""
        return f"<SlotTrigger {self.query.get('pattern')} over {self.chilipiper_conn_id} until {self.deadline:.0f}>"

    async def run(self) -> AsyncIterator[TriggerEvent]:
        yield TriggerEvent(await self._event())  # type: ignore[no-untyped-call]

    async def _event(self) -> dict[str, Any]:
        try:
            result = await self._poll()
        except NoSlotWillCome as error:
            return {"status": "never", "reason": str(error)}
        except PASSING as error:
            return {"status": "failed", "reason": str(error)}
        except ChiliPiperError as error:
            return {"status": "refused", "reason": str(error)}
        except Exception as error:  # noqa: BLE001  # raised on, its text would reach the log unscrubbed
            return {"status": "failed", "reason": f"{type(error).__name__}: {self._scrubbed(error)}"}
        if result.slots:
            return {"status": "found", "slots": list(result.slots)}
        return {"status": "timeout", "unasked": result.unasked}

    async def _poll(self) -> PollResult:
        limit = asyncio.timeout(max(0.0, self.deadline - time.time()) + LAST_LOOK_TAKES.total_seconds())
        try:
            async with limit, shared_runtime(self.chilipiper_conn_id, self._settings, client_runtime) as runtime:
                return await poll(
                    partial(find_slots, self.query, make_pattern=make_pattern),
                    runtime,
                    min_slots=self.min_slots,
                    interval=self.interval,
                    deadline=self.deadline,
                    max_failures=self.max_failures,
                )
        except TimeoutError:
            if not limit.expired():
                raise
            return PollResult(unasked=ALL_RESERVED)

    async def _settings(self) -> ClientSettings:
        return (await aread_settings(self.chilipiper_conn_id)).client

    def _scrubbed(self, error: Exception) -> str:
        """Nothing that was asked for: it may be the lead's."""
        return scrub(str(error), body={"form": list(_texts(self.query.get("arguments")))})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
