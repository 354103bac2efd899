"""One run over the rows: each becomes a lead or an invalid outcome, and each lead is booked or previewed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from airflow_chilipiper.api.errors import ChiliPiperError, Invalid, NotFound
from airflow_chilipiper.api.scrub import scrub
from airflow_chilipiper.booking.batch import Batch
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger import Ledger
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.verdict import preview
from airflow_chilipiper.booking.worlds import BatchWorld
from airflow_chilipiper.operators.results import kept
from airflow_chilipiper.rows import BadValue
from airflow_chilipiper.terms import Terms

NOT_ATTEMPTED = Outcome(status="not_attempted", reason="the task stopped before its turn")


class Run:
    """Exactly one outcome for each row, in their order. `stopped_by` is what ended the run for all, if anything did."""

    def __init__(self, rows: Sequence[Any], terms: Terms, *, one_target: bool, keep: Sequence[str] = ()) -> None:
        self.keys: list[str | None] = [None] * len(rows)
        self.kept: list[dict[str, Any]] = [dict.fromkeys(keep) for _ in rows]
        self.stopped_by: Exception | None = None
        self._one_target = one_target
        self._stopping = False
        self._without_booking: list[Outcome] = [NOT_ATTEMPTED] * len(rows)
        self._leads: dict[int, Lead] = {}
        self._batch: Batch | None = None
        first_of: dict[str, int] = {}
        for number, row in enumerate(rows):
            self._take(number, row, terms, first_of)

    def _take(self, number: int, row: Any, terms: Terms, first_of: dict[str, int]) -> None:
        """What tells the row apart is read in any case, so that its outcome can be written back."""
        try:
            if not isinstance(row, Mapping):
                raise BadValue(f"the row is a {type(row).__name__}, expected a mapping of columns to values")
            self.kept[number] = kept(row, tuple(self.kept[number]))
            key = self.keys[number] = terms.key_of(row)
            if self.stopped_by:
                return
            lead = terms.lead(row)
            if (first := first_of.setdefault(key, number)) != number:
                raise BadValue(f"repeats the key of row {first + 1}")
            self._leads[number] = lead
        except (BadValue, Invalid) as problem:
            self._without_booking[number] = Outcome(status="invalid", reason=scrub(str(problem)))
        except ChiliPiperError as failed:
            if isinstance(failed, NotFound) and not self._one_target:
                self._without_booking[number] = Outcome(status="refused", reason=str(failed))
            else:
                self.stopped_by = failed
                self._without_booking[number] = Outcome(status="not_attempted", reason=str(failed))
        except Exception as odd:  # noqa: BLE001  # one row's surprise is not the others'
            reason = f"the row cannot be read (unexpected {type(odd).__name__})"
            self._without_booking[number] = Outcome(status="invalid", reason=reason)

    def preview(self, ledger: Ledger) -> None:
        """Ask the ledger, and nobody else, what would be done."""
        rows = ledger.look([lead.row().key for lead in self._leads.values()])
        for number, lead in self._leads.items():
            self._without_booking[number] = preview(rows.get(lead.row().key), lead, time.time())

    def book(self, open_world: Callable[[], AbstractAsyncContextManager[BatchWorld]], leads_at_once: int) -> None:
        if self.stopped_by:
            return
        leads = list(self._leads.values())
        self._batch = Batch(leads, open_world, at_once=leads_at_once, one_target=self._one_target)
        if self._stopping:
            self._batch.stop()
        try:
            self._batch.run()
        finally:
            self.stopped_by = self._batch.stopped_by

    def stop(self) -> None:
        """May be called in a signal handler, at any time."""
        self._stopping = True
        if self._batch:
            self._batch.stop()

    @property
    def has_leads(self) -> bool:
        return bool(self._leads)

    @property
    def outcomes(self) -> list[Outcome]:
        outcomes = list(self._without_booking)
        if self._batch:
            for number, outcome in zip(self._leads, self._batch.outcomes, strict=True):
                outcomes[number] = outcome
        return outcomes
