"""Redis as Celery's broker: keys with a prefix of our own, and gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import redis

REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/7")


class Absent(Exception):
    """Why there is no broker."""


@contextmanager
def own_broker(*, visibility_timeout: int) -> Iterator[dict[str, str]]:
    """The settings with which Airflow finds it; *visibility_timeout* is in seconds.

    A message that nobody has acknowledged for that long is delivered again, and Celery, as Airflow sets it up,
    acknowledges at the end of a task.
    """
    prefix, server = f"chilipiper_{uuid4().hex[:12]}.", redis.Redis.from_url(REDIS)
    try:
        server.ping()
    except redis.ConnectionError as away:
        raise Absent(f"Redis does not answer: {away}") from None
    options = {
        "GLOBAL_KEYPREFIX": prefix,
        "VISIBILITY_TIMEOUT": str(visibility_timeout),
        "UNACKED_RESTORE_INTERVAL": "1",  # else it is looked for after 100 seconds first
        "UNACKED_RESTORE_THROTTLE": "1",
    }
    transport = {f"AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__{name}": value for name, value in options.items()}
    try:
        yield {"AIRFLOW__CELERY__BROKER_URL": REDIS, **transport}
    finally:
        for key in server.scan_iter(f"{prefix}*"):
            server.delete(key)
        server.close()
