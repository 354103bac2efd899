"""Which failures Airflow tries again."""

from __future__ import annotations

from airflow_chilipiper.api.errors import NoAnswer, NotAllowed, ServerBroken
from airflow_chilipiper.operators.failure import failure_after
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException


def test_only_a_missing_permission_is_beyond_a_retry() -> None:
    assert failure_after(NotAllowed("no", status=403)) is AirflowFailException
    for passing in (NoAnswer("lost"), ServerBroken("down", status=502)):
        assert failure_after(passing) is AirflowException
