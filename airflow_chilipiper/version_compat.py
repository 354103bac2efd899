"""What differs between the Airflows that we run on: 3.1, 3.2 and 3.3."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from airflow import __version__ as _airflow
from airflow import sdk
from airflow.sdk import BaseHook

if TYPE_CHECKING:
    from airflow.sdk import Connection

try:
    from airflow.sdk import conf as _conf
    from airflow.sdk import exceptions
except ImportError:  # before 3.2
    from airflow import exceptions  # type: ignore[no-redef]
    from airflow.configuration import conf as _conf  # type: ignore[assignment]

conf = _conf
AirflowException = exceptions.AirflowException
AirflowFailException = exceptions.AirflowFailException
AirflowSensorTimeout = exceptions.AirflowSensorTimeout
AirflowSkipException = exceptions.AirflowSkipException
TaskDeferralError = exceptions.TaskDeferralError
TaskDeferralTimeout = exceptions.TaskDeferralTimeout

# How long a value of the task state store is kept; there is none before 3.3.
NEVER_EXPIRE: Any = getattr(sdk, "NEVER_EXPIRE", None)


def airflow_version() -> str:
    return _airflow


def as_own_command() -> None:
    """Do as Airflow's own commands: find connections in its database too, and log to stderr, beside the output."""
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)


async def aget_connection(conn_id: str) -> Connection:
    """Fetch a connection from an event loop.

    Before 3.3.2 Airflow's own way masks the secrets with a blocking call on the loop, which can deadlock.
    """
    from airflow.sdk import Connection

    if hasattr(Connection, "aextra_dejson"):
        return await BaseHook.aget_connection(conn_id)
    from asgiref.sync import sync_to_async

    return await sync_to_async(BaseHook.get_connection)(conn_id)


async def amask_secret(secret: str) -> None:
    """Mask a secret in the logs from an event loop, for the same reason."""
    from airflow.sdk import log

    if hasattr(log, "amask_secret"):
        await log.amask_secret(secret)
        return
    from asgiref.sync import sync_to_async

    await sync_to_async(log.mask_secret)(secret)
