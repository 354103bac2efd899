"""What ends a task of ours, as Airflow has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.task.errors import TaskFailed, TaskSkipped
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException, AirflowSkipException
from airflow_chilipiper.warehouse.errors import WarehouseFailed


@contextmanager
def as_airflow_has_it() -> Iterator[None]:
    """No retry cures a mistake in the DAG, which is seen before anything is sent, nor what is not curable otherwise."""
    try:
        yield
    except (BadValue, Invalid) as bad:
        raise AirflowFailException(f"{bad}. Nothing was sent") from None
    except TaskFailed as failed:
        raise (AirflowException if failed.curable else AirflowFailException)(str(failed)) from None
    except TaskSkipped as skipped:
        raise AirflowSkipException(str(skipped)) from None
    except WarehouseFailed as failed:
        raise AirflowException(str(failed)) from None
