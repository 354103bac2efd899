"""Whether Airflow is to try again what Chili Piper did not do."""

from __future__ import annotations

from airflow_chilipiper.api.errors import ChiliPiperError, NotAllowed
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException


def failure_after(error: ChiliPiperError) -> type[AirflowException]:
    """What to raise: no retry can cure a missing permission."""
    return AirflowFailException if isinstance(error, NotAllowed) else AirflowException
