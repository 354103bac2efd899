"""The runtime of a task's batch, in the batch's own event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from airflow_chilipiper.api.http.client import Client
from airflow_chilipiper.api.http.settings import ClientSettings
from airflow_chilipiper.api.pace.limiter import RateLimiter
from airflow_chilipiper.api.pace.rate import Rate
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.ledger.store import Ledger


@asynccontextmanager
async def batch_runtime(settings: ClientSettings, ledger: Ledger, *, share: float = 1.0) -> AsyncIterator[BatchRuntime]:
    """A client and a pace for one batch.

    :param share: this batch's part of the pace, where others of the same job keep the rest
    """
    async with Client(settings) as client:
        yield BatchRuntime(client, RateLimiter(Rate(settings.requests_per_second, share=share)), ledger)
