"""What stops a task: a kill, and Airflow's time-out."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.version_compat import AirflowException
from tests.booking_task import Desk, lead
from tests.unit.operators.declared import concierge

try:
    from airflow.sdk.exceptions import AirflowTaskTimeout
except ImportError:  # before 3.2
    from airflow.exceptions import AirflowTaskTimeout


def test_a_kill_before_the_batch_begins(desk: Desk) -> None:
    """The signal may come while names are looked up, or rows are read: nothing is begun after it."""
    operator = concierge(desk, lead("ada"))
    operator.on_kill()
    with pytest.raises(AirflowException, match="1 not_attempted"):
        desk.run(operator)
    assert desk.chili.calls == []


@pytest.fixture
def main_thread_alarm() -> Iterator[Callable[[], None]]:
    """Raises Airflow's time-out in the main thread, as Airflow does it: out of a signal handler."""

    def time_out(*_: Any) -> None:
        raise AirflowTaskTimeout("too long")

    before = signal.signal(signal.SIGALRM, time_out)
    yield lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)  # type: ignore[arg-type]
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("how", ["kill", "timeout"])
def test_what_is_under_way_is_recorded(
    desk: Desk, ledger: Path, main_thread_alarm: Callable[[], None], how: str
) -> None:
    """A kill and a time-out end the batch: nothing new is sent, and every lead has its outcome in XCom."""
    operator = concierge(desk, *(lead(str(number)) for number in range(60)), ledger_conn_id="ledger")
    interrupt = operator.on_kill if how == "kill" else main_thread_alarm
    once = iter([interrupt])

    def after_the_first_booking() -> None:
        if desk.spent():
            next(once, bool)()

    desk.clock.alarm = after_the_first_booking
    with pytest.raises(AirflowTaskTimeout if how == "timeout" else AirflowException):
        desk.run(operator)
    statuses, spent = desk.statuses(), desk.spent()
    assert len(statuses) == 60
    assert statuses[-1] == "not_attempted"
    assert set(statuses) == {"booked", "not_attempted"}
    assert 1 <= statuses.count("booked") == len(desk.chili.meetings) == spent < 60
