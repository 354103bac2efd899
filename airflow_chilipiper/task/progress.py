"""How far a run has come, as a log line every few seconds and as an XCom that one can watch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from airflow_chilipiper.arguments.times import in_words
from airflow_chilipiper.task.ending import listed
from airflow_chilipiper.task.run import Run
from airflow_chilipiper.task.services import Log

LOGGED_EVERY = 5.0  # seconds
PUSHED_EVERY = 30.0  # each push is a call to Airflow's API server


class Progress:
    def __init__(
        self,
        run: Run,
        counts: Mapping[str, int],
        *,
        log: Log,
        push: Callable[[dict[str, Any]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run, self._counts, self._log, self._push, self._clock = run, counts, log, push, clock
        self._began = self._logged_at = self._pushed_at = clock()

    def report(self) -> None:
        """Log and push, if it is time to. No booking ends for want of that, as where Airflow's supervisor is dead."""
        now = self._clock()
        if now - self._logged_at >= LOGGED_EVERY:
            self._logged_at, line = now, self._line(now - self._began)
            with suppress(Exception):
                self._log.info(*line)
        if now - self._pushed_at >= PUSHED_EVERY:
            self._pushed_at, totals = now, self.totals(now - self._began)
            with suppress(Exception):
                self._push(totals)

    def end(self) -> None:
        """Whoever watches a long run sees its end."""
        if self._pushed_at > self._began:
            with suppress(Exception):
                self._push(self.totals(self._clock() - self._began))

    def totals(self, seconds: float) -> dict[str, Any]:
        """What the XCom holds: rates are in calls a second, `seconds_left` is estimated from the leads done."""
        done = sum(self._counts.values())
        runtime = self._run.batch and self._run.batch.runtime
        return {
            "done": done,
            "total": done + self._run.left,
            "counts": dict(self._counts),
            "calls_per_second": round(runtime.limiter.taken / seconds, 2) if runtime and seconds else 0.0,
            "pace": runtime and runtime.limiter.rate,
            "seconds_left": round(self._run.left * seconds / done) if done else None,
        }

    def _line(self, seconds: float) -> tuple[Any, ...]:
        totals = self.totals(seconds)
        left = totals["seconds_left"]
        return (
            "%d of %d leads: %s. %s calls/s of %s, about %s left",
            totals["done"],
            totals["total"],
            listed(totals["counts"]) or "none known yet",
            totals["calls_per_second"],
            "no pace" if totals["pace"] is None else round(totals["pace"], 1),
            "?" if left is None else in_words(timedelta(seconds=left)),
        )
