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


class Told(Batch):
    """A batch of *leads*, and what was told of each; of those that it never took, nothing."""

    def __init__(self, leads: Sequence[Lead], open_runtime: Open, **settings: Any) -> None:
        self.told: dict[int, list[Outcome]] = {number: [] for number in range(len(leads))}
        super().__init__(enumerate(leads), open_runtime, tell=self.tell, **settings)

    def tell(self, number: int, outcome: Outcome) -> None:
        self.told[number].append(outcome)

    @property
    def outcomes(self) -> list[Outcome]:
        """Never more than one is told."""
        assert all(len(told) < 2 for told in self.told.values())
        return [told[0] if told else NOT_ATTEMPTED for told in self.told.values()]
