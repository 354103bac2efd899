"""One run over the rows: each becomes a lead or an invalid outcome, and each lead is booked or previewed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from itertools import chain, islice
from threading import Lock
from typing import Any, Protocol

from airflow_chilipiper.api.errors import ChiliPiperError, Invalid, NotFound
from airflow_chilipiper.api.http.redaction import scrub
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.booking.batch.batch import NOT_ATTEMPTED, Batch
from airflow_chilipiper.booking.batch.runtime import BatchRuntime
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.store import Ledger, of_same_guests
from airflow_chilipiper.booking.outcome import Outcome, Status
from airflow_chilipiper.booking.outcome_rules import preview, repeats_guest
from airflow_chilipiper.task.lead_plan import LeadPlan
from airflow_chilipiper.task.outcome_row import kept

LOOKED_UP_AT_ONCE = 1000

OnOutcome = Callable[[int, Outcome, str | None, dict[str, Any]], object]


class LeadRows(Protocol):
    """Rows in their order, as often as one asks."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...


class Run:
    """Hands on exactly one outcome of each row that is its own, with the row's key and what of it is kept.

    `known` gives the outcome of a key for which nobody needs to be asked; `is_own` says by its key whether a row
    belongs to this run. `left` is how many rows have no outcome yet, and `stopped_by` what ended the run for all, if
    anything did. Rows are read as they come, and nothing but its key is held of one that has its outcome.
    """

    def __init__(
        self,
        rows: LeadRows,
        plan: LeadPlan,
        *,
        on_outcome: OnOutcome,
        one_target: bool = True,
        keep: Sequence[str] = (),
        is_own: Callable[[str | None], bool] = lambda key: True,
    ) -> None:
        self.stopped_by: Exception | None = None
        self.left = len(rows)
        self.batch: Batch | None = None
        self._rows, self._plan, self._on_outcome, self._one_target = rows, plan, on_outcome, one_target
        self.known: Callable[[str], Outcome | None] = lambda key: None
        self._keep, self._is_own = keep, is_own
        self._is_seen = bytearray(len(rows))
        self._taken: dict[int, tuple[str | None, dict[str, Any]]] = {}
        self._first_of: dict[str, int] = {}
        self._stopping = False
        self._counting = Lock()
        self._leads = self._made()

    def has_leads(self) -> bool:
        """Whether there is a lead to book. Makes the first one; those before it have their outcomes by then."""
        first = list(islice(self._leads, 1))
        self._leads = chain(first, self._leads)
        return bool(first)

    def keys(self) -> Iterator[str]:
        """Of all rows that are its own and have one."""
        for row in self._rows:
            key, _, _ = self._identified(row)
            if key is not None and self._is_own(key):
                yield key

    def book(
        self,
        open_runtime: Callable[[], AbstractAsyncContextManager[BatchRuntime]],
        *,
        meanwhile: Callable[[], object] = bool,
        **settings: Any,
    ) -> None:
        self.batch = Batch(self._leads, open_runtime, on_outcome=self._record, one_target=self._one_target, **settings)
        if self._stopping:
            self.batch.stop()
        try:
            self.batch.run(meanwhile)
        finally:
            self._stopping = True  # whoever still takes leads takes no more of them
            self.stopped_by = self.stopped_by or self.batch.stopped_by

    def preview(self, ledger: Ledger) -> None:
        """Ask the ledger, and nobody else, what would be done."""
        guests = dict[str, int]()
        while taken := list(islice(self._leads, LOOKED_UP_AT_ONCE)):
            entries = [lead.new_entry() for _, lead in taken]
            found, others = ledger.get([entry.key for entry in entries]), of_same_guests(ledger, entries)
            for (number, lead), entry, of_guest in zip(taken, entries, others, strict=True):
                outcome = preview(found.get(entry.key), of_guest, lead, time.time())
                if outcome.status == Status.WOULD_BOOK and entry.guest and not lead.policy.repeated_guests:
                    first = guests.setdefault(entry.guest, number)
                    outcome = outcome if first == number else repeats_guest(first)
                self._record(number, outcome)

    def finish(self) -> None:
        """What was never reached gets its outcome too."""
        for _ in self._own() if self.left else ():
            pass
        for number in list(self._taken):
            self._record(number, NOT_ATTEMPTED)

    def stop(self) -> None:
        """May be called in a signal handler, at any time."""
        self._stopping = True
        if self.batch:
            self.batch.stop()

    def _made(self) -> Iterator[tuple[int, Lead]]:
        for number, row, key, problem in self._own():
            found = problem or self._lead(number, row, key)
            if isinstance(found, Outcome):
                self._record(number, found)
            else:
                yield number, found
            if self._stopping or self.stopped_by:
                return

    def _own(self) -> Iterator[tuple[int, Any, str, Outcome | None]]:
        """Those of its rows that were not taken before, with their keys, and why a row has none.

        Whoever finishes an interrupted run may come here while the batch still takes.
        """
        for number, row in enumerate(self._rows):
            with self._counting:
                if self._is_seen[number]:
                    continue
                self._is_seen[number] = True
                key, columns, problem = self._identified(row)
                if is_own := self._is_own(key):
                    self._taken[number] = key, columns
                else:
                    self.left -= 1
            if is_own:
                yield number, row, key or "", problem

    def _identified(self, row: Any) -> tuple[str | None, dict[str, Any], Outcome | None]:
        """The key is read even of a row with a problem, so that its outcome can be written back."""
        key, columns = None, dict.fromkeys(self._keep)
        try:
            if not isinstance(row, Mapping):
                raise BadValue(f"the row is a {type(row).__name__}, expected a mapping of columns to values")
            columns = kept(row, self._keep)
            key = self._plan.key_of(row)
        except Exception as problem:  # noqa: BLE001  # one row's surprise is not the others'
            return key, columns, _invalid(problem)
        return key, columns, None

    def _lead(self, number: int, row: Any, key: str) -> Lead | Outcome:
        try:
            lead = self.known(key) or self._plan.lead(row, key, number)
            if (first := self._first_of.setdefault(key, number)) != number:
                raise BadValue(f"repeats the key of row {first + 1}")
        except Invalid as problem:
            return _invalid(problem)
        except ChiliPiperError as failed:
            if isinstance(failed, NotFound) and not self._one_target:
                return Outcome(status=Status.REFUSED, reason=str(failed))
            self.stopped_by = failed
            return Outcome(status=Status.NOT_ATTEMPTED, reason=str(failed))
        except Exception as problem:  # noqa: BLE001  # one row's surprise is not the others'
            return _invalid(problem)
        return lead

    def _record(self, number: int, outcome: Outcome) -> None:
        if taken := self._taken.pop(number, None):
            with self._counting:
                self.left -= 1
                self._on_outcome(number, outcome, *taken)


def _invalid(problem: Exception) -> Outcome:
    known = isinstance(problem, (BadValue, Invalid))
    reason = scrub(str(problem)) if known else f"the row cannot be read (unexpected {type(problem).__name__})"
    return Outcome(status=Status.INVALID, reason=reason)
