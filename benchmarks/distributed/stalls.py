"""When this process itself was held up: what came meanwhile was seen all at once, and says nothing about the pace."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

TICK = 0.01
HELD_UP = 0.03
AROUND = 0.1  # seconds before and after, in which what was held up is still under way


class Stalls:
    """Told the time again and again, it remembers from when to when nobody told it."""

    def __init__(self, now: float) -> None:
        self.seen: list[tuple[float, float]] = []
        self._last = now

    def tick(self, now: float) -> None:
        if now - self._last > HELD_UP:
            self.seen.append((self._last, now))
        self._last = now

    def touch(self, moment: float) -> bool:
        """Whether it lies within one, or close to it."""
        return any(begin - AROUND <= moment <= end + AROUND for begin, end in self.seen)


@contextmanager
def watched() -> Iterator[Stalls]:
    """The stalls of this process while the block runs, of which as few as can be are of its own making."""
    gc.collect()
    gc.freeze()  # what was imported is never looked through again, which takes a quarter of a second each time
    stalls, ended = Stalls(time.time()), Event()

    def watch() -> None:
        while not ended.wait(TICK):
            stalls.tick(time.time())

    watcher = Thread(target=watch, name="stalls", daemon=True)
    watcher.start()
    try:
        yield stalls
    finally:
        ended.set()
        watcher.join()
        gc.unfreeze()
