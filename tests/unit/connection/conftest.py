"""A loop in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from airflow_chilipiper.connection.loop_thread import LoopThread
from tests.unit.connection.flows import End


@pytest.fixture
def end() -> End:
    return End()


@pytest.fixture
def thread(end: End) -> Iterator[LoopThread]:
    thread = LoopThread(at_end=end)
    yield thread
    thread.close()
