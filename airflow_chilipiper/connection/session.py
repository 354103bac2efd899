"""Chili Piper for callers that block: hooks, tasks, and the look-ups of operators and sensors."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.api.http.client_runtime import ClientRuntime
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.connection.loop_thread import LoopThread
from airflow_chilipiper.connection.settings import ChiliPiperSettings

T = TypeVar("T")


class Session:
    """One client and one pace. `block` runs a flow over `runtime`: ``session.block(routers(session.runtime))``.

    Any number of threads may share it. Its connections end with `close`, or when nobody holds it any more.
    """

    def __init__(self, settings: ChiliPiperSettings) -> None:
        self.settings = settings
        self.client = Client(settings.client)
        self.runtime = ClientRuntime(self.client, RateLimiter(Rate(settings.client.requests_per_second)))
        self._loop = LoopThread(at_end=self.client.aclose)

    def block(self, flow: Coroutine[Any, Any, T]) -> T:
        """Run *flow* to its end. What interrupts the caller is raised at once, and the flow is cancelled."""
        return self._loop.run(flow)

    def ask(self, call: Call[T]) -> T:
        """Send *call* once, whatever the pace. Raises any ChiliPiperError."""
        return self.block(self.client.ask(call))

    def close(self) -> None:
        self._loop.close()
