"""Many leads at once.

The loop runs in a thread of its own and the calling thread only waits: Airflow's time-outs and signals then reach the
waiter, which stops the whole batch, and never tear a single flow.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from itertools import islice
from threading import Event, Lock, Thread

from airflow_chilipiper.api.errors import NotAllowed, NotFound
from airflow_chilipiper.booking.batch.runtime import BatchRuntime, Stopping
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.entry import LedgerFailed
from airflow_chilipiper.booking.outcome import Outcome, Status

DRAIN = 3.0  # Airflow kills five seconds after its signal, and what came of the leads is still to be reported
AT_ONCE = 512
BEGUN_AT_ONCE = 250
BEGUN_AT_FIRST = 10  # so that the first call leaves at once
OF_LEAD = re.compile(r"lead|contact|owner|guest|prospect|person", re.IGNORECASE)
OF_TARGET = re.compile(r"router|link|workspace|booker|user", re.IGNORECASE)
NOT_ATTEMPTED = Outcome(status=Status.NOT_ATTEMPTED, reason="the task stopped before its turn")
IN_FLIGHT = Outcome(status=Status.UNKNOWN, reason="the task was stopped while this lead was booked")

Numbered = tuple[int, Lead]
Finish = Callable[[Outcome, BatchRuntime], Awaitable[Outcome]]


def speaks_of_lead(error: NotFound) -> bool:
    """Whether it is the lead that is unknown, or its owner, and not what all leads share.

    Known codes are ConciergeRouterNotFound and SchedulingLinkNotFound (vendor's notes); no catalogue is published.
    """
    code = error.code or ""
    return bool(OF_LEAD.search(code) or (not OF_TARGET.search(code) and OF_LEAD.search(error.message)))


class Batch:
    """Books *leads*, each with its number, and reports one outcome of each that it took, as soon as it is known.

    Leads are taken a few hundred at a time, in a thread that may block, when their time is near; at most *at_once* are
    under way. `on_outcome` is called in the batch's thread, or at the end in that of `run`, and must be quick.
    `open_runtime` opens a runtime inside the batch's loop; `finish` may add to an outcome that is known.

    A refusal that no other lead can escape stops the batch: 401 and 403, a ledger that failed, and an unknown router,
    link or workspace if all leads share it (`one_target`). A lead that Chili Piper does not know is refused alone.
    """

    def __init__(
        self,
        leads: Iterable[Numbered],
        open_runtime: Callable[[], AbstractAsyncContextManager[BatchRuntime]],
        *,
        on_outcome: Callable[[int, Outcome], object],
        finish: Finish | None = None,
        at_once: int | None = None,
        one_target: bool = True,
        drain: float = DRAIN,
    ) -> None:
        self.stopped_by: Exception | None = None
        self.runtime: BatchRuntime | None = None
        self._leads, self._open_runtime = iter(leads), open_runtime
        self._on_outcome, self._finish = on_outcome, finish
        self._at_once, self._one_target, self._drain = at_once or AT_ONCE, one_target, drain
        self._unreported: dict[int, Outcome] = {}  # of those that were taken: what is reported if nothing else comes
        self._reporting = Lock()
        self._stopping, self._done, self._awake = Event(), Event(), Event()
        self._stop_runtime: Callable[[], object] = bool
        self._crash: BaseException | None = None

    def stop(self) -> None:
        """Begin nothing new, and wait no longer than `drain` seconds for what is in flight to be recorded."""
        self._begin_nothing()
        self._awake.set()

    def run(self, meanwhile: Callable[[], object] = bool, *, every: float = 1.0) -> None:
        """Book them all, until `stop` or an interruption of the calling thread ends it.

        The calling thread does *meanwhile* every so many seconds; what that raises is an interruption too. What is in
        flight at the end is `unknown`, and stays `sent` on record if nothing records it later.
        """
        try:
            Thread(target=self._run, name="chilipiper-batch", daemon=True).start()  # which may be interrupted, too
            while not self._awake.wait(every):
                meanwhile()
            self._done.wait(self._drain)
        except BaseException:
            self.stop()
            self._done.wait(self._drain)
            raise
        finally:
            for number, outcome in list(self._unreported.items()):
                self._report(number, outcome)
        if self._crash:
            raise self._crash

    def _run(self) -> None:
        try:
            asyncio.run(self._book_all())
        except BaseException as error:  # noqa: BLE001  # the waiting thread raises it
            self._crash = error
        finally:
            self._stop_runtime = bool
            self._done.set()
            self._awake.set()

    def _begin_nothing(self) -> None:
        self._stopping.set()
        with suppress(RuntimeError):  # the loop has just ended by itself
            self._stop_runtime()

    async def _book_all(self) -> None:
        async with self._open_runtime() as self.runtime:
            self._stop_runtime = partial(asyncio.get_running_loop().call_soon_threadsafe, self.runtime.stop)
            try:
                async with asyncio.TaskGroup() as flows:
                    await self._begin_all(self.runtime, flows)
            finally:
                await self.runtime.undo_unsent()

    async def _begin_all(self, runtime: BatchRuntime, flows: asyncio.TaskGroup) -> None:
        async for taken in self._taken(runtime):
            for number, lead in taken:
                known = None if self._finish else runtime.already_booked(lead)
                if known:
                    self._report(number, known)  # a task of its own would cost more than all that is to be done
                    continue
                await runtime.admission.wait(at_most=self._at_once)
                if self._stopping.is_set():
                    return
                runtime.admission.start(self._book(number, lead, runtime), flows)

    async def _taken(self, runtime: BatchRuntime) -> AsyncIterator[Sequence[Numbered]]:
        """The next leads are taken and begun while those before them are started."""
        number = BEGUN_AT_FIRST
        coming = asyncio.create_task(self._next(number, runtime))
        while taken := await coming:
            number = min(2 * number, BEGUN_AT_ONCE)
            coming = asyncio.create_task(self._next(number, runtime))
            yield taken

    async def _next(self, number: int, runtime: BatchRuntime) -> Sequence[Numbered]:
        if self._stopping.is_set():
            return []
        try:
            taken = await asyncio.to_thread(self._take, number)
            await runtime.prepare([lead for _, lead in taken])
        except Exception as error:  # noqa: BLE001  # flows are under way, and are not to be torn
            self._stopped(error)
            return []
        return taken

    def _take(self, count: int) -> list[Numbered]:
        taken = list[Numbered]()
        for number, lead in islice(self._leads, count):
            self._unreported[number] = NOT_ATTEMPTED
            taken.append((number, lead))
        return taken

    async def _book(self, number: int, lead: Lead, runtime: BatchRuntime) -> None:
        self._expect(number, IN_FLIGHT)
        outcome = await self._outcome(lead, runtime)
        if runtime.lost:  # which the lead that met it has as a doubt of its own
            self._stopped(runtime.lost)
        self._expect(number, outcome)
        self._report(number, await self._finished(outcome, runtime))

    async def _finished(self, outcome: Outcome, runtime: BatchRuntime) -> Outcome:
        try:
            return await self._finish(outcome, runtime) if self._finish else outcome
        except Exception:  # noqa: BLE001  # such as Stopping: what is known already is reported
            return outcome

    async def _outcome(self, lead: Lead, runtime: BatchRuntime) -> Outcome:
        try:
            return await book(lead, runtime)
        except Stopping:
            return NOT_ATTEMPTED
        except NotFound as error:
            if not self._one_target or speaks_of_lead(error):
                return Outcome(status=Status.REFUSED, reason=str(error))
            return self._stopped(error)
        except (NotAllowed, LedgerFailed) as error:
            return self._stopped(error)
        except Exception as bug:  # noqa: BLE001  # one lead's surprise is not the others'
            return Outcome(status=Status.UNKNOWN, reason=f"unexpected {type(bug).__name__}; the ledger knows more")

    def _stopped(self, error: Exception) -> Outcome:
        self.stopped_by = self.stopped_by or error
        self._begin_nothing()
        return Outcome(status=Status.NOT_ATTEMPTED, reason=str(error))

    def _expect(self, number: int, outcome: Outcome) -> None:
        with self._reporting:
            if number in self._unreported:
                self._unreported[number] = outcome

    def _report(self, number: int, outcome: Outcome) -> None:
        """Once: what is answered after the drain is on record, and comes too late to be reported."""
        with self._reporting:
            is_first = self._unreported.pop(number, None) is not None
        if is_first:
            self._on_outcome(number, outcome)
