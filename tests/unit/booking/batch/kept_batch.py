"""A batch whose outcomes are kept, in the order of its leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from airflow_chilipiper.booking.batch.batch import NOT_ATTEMPTED, Batch
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.outcome import Outcome

Open = Callable[[], AbstractAsyncContextManager[BatchRuntime]]


class KeptBatch(Batch):
    """A batch of *leads*, and the outcomes of each; of those that it never took, none."""

    def __init__(self, leads: Sequence[Lead], open_runtime: Open, **settings: Any) -> None:
        self.reported: dict[int, list[Outcome]] = {number: [] for number in range(len(leads))}
        super().__init__(enumerate(leads), open_runtime, on_outcome=self._keep, **settings)

    def _keep(self, number: int, outcome: Outcome) -> None:
        self.reported[number].append(outcome)

    @property
    def outcomes(self) -> list[Outcome]:
        """Never more than one each."""
        assert all(len(each) < 2 for each in self.reported.values())
        return [each[0] if each else NOT_ATTEMPTED for each in self.reported.values()]
