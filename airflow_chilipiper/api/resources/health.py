"""Is Chili Piper there, and does it know the token?"""

from __future__ import annotations

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.retry import with_retries
from airflow_chilipiper.api.runtime import Runtime


def health_ping() -> Call[None]:
    """Is it there, and does it know the token? The documented answer is `ok`; any 200 will do."""
    return Call(
        operation="health-ping",
        permission="api.ping",
        method="GET",
        path="/v1/org/health/ping",
        read=lambda body: None,
        repeatable=True,
    )


async def ping(runtime: Runtime) -> None:
    await with_retries(health_ping(), runtime)
