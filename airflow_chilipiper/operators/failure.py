"""Whether Airflow is to try again what Chili Piper did not do."""

from __future__ import annotations

from airflow_chilipiper._compat import AirflowException, AirflowFailException
from airflow_chilipiper.api.errors import ChiliPiperError, NotAllowed


def failure_after(error: ChiliPiperError) -> type[AirflowException]:
    """What to raise: no retry can cure a missing permission."""
    return AirflowFailException if isinstance(error, NotAllowed) else AirflowException
