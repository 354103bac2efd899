"""Which slots the leads of this process are booking, or have just booked, so that no two want the same one.

Offers that were requested before a booking was answered may still show its slot: so much of the slot is taken off what
they show, and no more, since later offers know better.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Literal

from airflow_chilipiper.api.models import Slot
from airflow_chilipiper.booking.slot_choice import capacity

Fate = Literal["free", "taken", "gone"]  # given back; booked, or perhaps; lost to somebody else, with all that it bears
REMEMBERED = 120.0  # seconds; no offer is spent so late


class Crowded(Exception):
    """Every slot that will do is being booked by other leads of this process."""


@dataclass(slots=True)
class Reservation:
    """A claim of one lead on one slot; once it is settled, a tombstone for the offers requested until *settled*."""

    users: frozenset[str]
    place: Hashable
    weight: float = 1
    settled: float = inf

    def rivals(self, users: frozenset[str], place: Hashable) -> bool:
        """Whoever names users wants these; who names none may want anybody of that place."""
        return not users.isdisjoint(self.users) if users and self.users else place == self.place


class Reservations:
    """`since` is when an offer was requested, by the world's clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: defaultdict[datetime, list[Reservation]] = defaultdict(list)
        self._tombstones: deque[tuple[float, datetime, Reservation]] = deque()

    def is_free(self, slot: Slot, target: Hashable, since: float) -> bool:
        """Whether the slot bears one lead more than those that its offer does not know of."""
        if slot.start not in self._at:
            return True
        users, place = frozenset(slot.attendees), (target, slot.path)
        unknown = (each for each in self._at[slot.start] if each.settled >= since and each.rivals(users, place))
        return sum(each.weight for each in unknown) < capacity(slot)

    def reserve(self, slot: Slot, target: Hashable) -> Reservation:
        self._forget()
        made = Reservation(frozenset(slot.attendees), (target, slot.path))
        self._at[slot.start].append(made)
        return made

    def settle(self, slot: Slot, made: Reservation, fate: Fate) -> None:
        if fate == "free":
            self._remove(slot.start, made)
            return
        made.settled = self._clock()
        made.weight = inf if fate == "gone" else 1
        self._tombstones.append((made.settled, slot.start, made))

    def _forget(self) -> None:
        while self._tombstones and self._tombstones[0][0] < self._clock() - REMEMBERED:
            _, start, made = self._tombstones.popleft()
            self._remove(start, made)

    def _remove(self, start: datetime, made: Reservation) -> None:
        self._at[start] = [each for each in self._at[start] if each is not made]
        if not self._at[start]:
            del self._at[start]
