"""Which slots the leads of this process have just chosen, so that leads beside each other do not want the same one."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Hashable

from airflow_chilipiper.api.models import Slot
from airflow_chilipiper.booking.slot_choice import capacity

HELD_FOR = 30.0  # seconds; a booking call takes no longer, and the offers that are opened afterwards know of it


class Holds:
    """A slot is free while fewer leads hold it than it has capacity for.

    Only holds that want the same users count, where the offers name users. A hold is a courtesy, no promise: whoever
    finds nothing free chooses among what is held, and if the slot is lost opens a fresh session.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: defaultdict[Hashable, list[tuple[float, frozenset[str]]]] = defaultdict(list)

    def is_free(self, slot: Slot, target: Hashable) -> bool:
        now, users = self._clock(), frozenset(slot.attendees)
        held = [(until, others) for until, others in self._held[_place(slot, target)] if until > now]
        self._held[_place(slot, target)] = held
        rivals = sum(not (users and others) or not users.isdisjoint(others) for _, others in held)
        return rivals < capacity(slot)

    def hold(self, slot: Slot, target: Hashable) -> None:
        self._held[_place(slot, target)].append((self._clock() + HELD_FOR, frozenset(slot.attendees)))


def _place(slot: Slot, target: Hashable) -> Hashable:
    return target, slot.path, slot.start
