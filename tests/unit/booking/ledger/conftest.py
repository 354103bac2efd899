"""What the tests of ledgers share."""

from __future__ import annotations

import pytest

from tests.unit.booking.ledger.task_store import TaskStore


@pytest.fixture
def store() -> TaskStore:
    return TaskStore()
