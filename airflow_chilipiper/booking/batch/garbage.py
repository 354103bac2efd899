"""When Python looks for garbage while leads are booked: rarely, since all calls wait for it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 20_000  # about what the leads under way make and give up by themselves; by default 700 start a search


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Spare what was there before, which Airflow alone takes a fifth of a second to search."""
    youngest, *older = gc.get_threshold()
    is_frozen = gc.get_freeze_count() > 0  # by a worker that is about to fork, and it is to stay so
    gc.freeze()
    gc.set_threshold(youngest and max(youngest, OBJECTS), *older)  # 0 is: never
    try:
        yield
    finally:
        gc.set_threshold(youngest, *older)
        if not is_frozen:
            gc.unfreeze()
