"""Many leads at once.

The loop runs in a thread of its own and the calling thread only waits: Airflow's time-outs and signals then reach the
waiter, which stops the whole batch, and never tear a single flow.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from threading import Event, Thread

from airflow_chilipiper.api.errors import NotAllowed, NotFound
from airflow_chilipiper.booking.book import book
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger import LedgerFailed
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.worlds import BatchWorld, Stopping

DRAIN = 3.0  # Airflow kills five seconds after its signal, and what came of the leads is still to be told
AT_ONCE = 16
OF_LEAD = re.compile(r"lead|contact|owner|guest|prospect|person", re.IGNORECASE)
OF_TARGET = re.compile(r"router|link|workspace|booker|user", re.IGNORECASE)


def speaks_of_lead(error: NotFound) -> bool:
    """Whether it is the lead that is unknown, or its owner, and not what all leads share.

    Known codes are ConciergeRouterNotFound and SchedulingLinkNotFound (vendor's notes); no catalogue is published.
    """
    code = error.code or ""
    return bool(OF_LEAD.search(code) or (not OF_TARGET.search(code) and OF_LEAD.search(error.message)))


class Batch:
    """Books *leads*, *at_once* beside each other; `outcomes` has exactly one for each, in their order, at any time.

    `open_world` opens a world inside the batch's loop. A refusal that no other lead can escape stops the batch: 401 and
    403, a ledger that failed, and an unknown router, link or workspace if all leads share it (`one_target`). A lead
    that Chili Piper does not know is refused alone.
    """

    def __init__(
        self,
        leads: Sequence[Lead],
        open_world: Callable[[], AbstractAsyncContextManager[BatchWorld]],
        *,
        at_once: int = AT_ONCE,
        one_target: bool = True,
        drain: float = DRAIN,
    ) -> None:
        self.outcomes = [Outcome(status="not_attempted", reason="the task stopped before its turn") for _ in leads]
        self.stopped_by: Exception | None = None
        self._leads, self._open_world, self._at_once, self._one_target = leads, open_world, at_once, one_target
        self._drain = drain
        self._stopping, self._done, self._awake = Event(), Event(), Event()
        self._stop_world: Callable[[], object] = bool
        self._crash: BaseException | None = None

    def stop(self) -> None:
        """Begin nothing new, and wait no longer than `drain` seconds for what is in flight to be recorded."""
        self._begin_nothing()
        self._awake.set()

    def run(self) -> None:
        """Book them all, until `stop` or an interruption of the calling thread ends it.

        What is then still in flight is `unknown`, and stays `sent` on record if nothing records it later.
        """
        Thread(target=self._run, name="chilipiper-batch", daemon=True).start()
        try:
            self._awake.wait()
            self._done.wait(self._drain)
        except BaseException:
            self.stop()
            self._done.wait(self._drain)
            raise
        if self._crash:
            raise self._crash

    def _run(self) -> None:
        try:
            asyncio.run(self._book_all())
        except BaseException as error:  # noqa: BLE001  # the waiting thread raises it
            self._crash = error
        finally:
            self._stop_world = bool
            self._done.set()
            self._awake.set()

    def _begin_nothing(self) -> None:
        self._stopping.set()
        with suppress(RuntimeError):  # the loop has just ended by itself
            self._stop_world()

    async def _book_all(self) -> None:
        turns = iter(range(len(self._leads)))
        async with self._open_world() as world, asyncio.TaskGroup() as workers:
            self._stop_world = partial(asyncio.get_running_loop().call_soon_threadsafe, world.stop)
            for _ in range(min(self._at_once, len(self._leads))):
                workers.create_task(self._work(turns, world))

    async def _work(self, turns: Iterator[int], world: BatchWorld) -> None:
        for turn in turns:
            if self._stopping.is_set():
                return
            waiting = self.outcomes[turn]
            self.outcomes[turn] = Outcome(status="unknown", reason="the task was stopped while this lead was booked")
            self.outcomes[turn] = await self._outcome(self._leads[turn], world) or waiting

    async def _outcome(self, lead: Lead, world: BatchWorld) -> Outcome | None:
        try:
            return await book(lead, world)
        except Stopping:
            return None
        except NotFound as error:
            if not self._one_target or speaks_of_lead(error):
                return Outcome(status="refused", reason=str(error))
            return self._stopped(error)
        except (NotAllowed, LedgerFailed) as error:
            return self._stopped(error)
        except Exception as bug:  # noqa: BLE001  # one lead's surprise is not the others'
            return Outcome(status="unknown", reason=f"unexpected {type(bug).__name__}; the ledger knows more")

    def _stopped(self, error: Exception) -> Outcome:
        self.stopped_by = self.stopped_by or error
        self._begin_nothing()
        return Outcome(status="not_attempted", reason=str(error))
