"""Which slots the leads of this process are booking, or have just booked, so that no two want the same one.

Offers that were requested before a booking was answered may still show its slot: so much of the slot is taken off what
they show, and no more, since later offers know better.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator
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


@dataclass(slots=True, eq=False)
class Reservation:
    """A claim of one lead on one slot; once it is settled, a tombstone for the offers requested until *settled*.

    *users* has a bit for each user: tens of thousands of tombstones may be remembered.
    """

    users: int
    place: Hashable
    weight: float = 1
    settled: float = inf

    def rivals(self, users: int, place: Hashable) -> bool:
        """Whoever names users wants these; who names none may want anybody of that place."""
        return bool(users & self.users) if users and self.users else place == self.place


class AtOneTime:
    """The claims on slots that start together."""

    def __init__(self) -> None:
        self.open: dict[Reservation, None] = {}
        self.tombstones: deque[Reservation] = deque()

    def unknown_at(self, since: float) -> Iterator[Reservation]:
        """Those that an offer cannot know of which was requested then; tombstones stand in the order of their dates."""
        yield from self.open
        for each in reversed(self.tombstones):
            if each.settled < since:
                return
            yield each


class Reservations:
    """`since` is when an offer was requested, by the world's clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: defaultdict[datetime, AtOneTime] = defaultdict(AtOneTime)
        self._bits: dict[str, int] = {}
        self._settled: deque[tuple[float, datetime]] = deque()

    def is_free(self, slot: Slot, target: Hashable, since: float) -> bool:
        """Whether the slot bears one lead more than those that its offer does not know of."""
        if slot.start not in self._at:
            return True
        users, place, left = self._users(slot.attendees), (target, slot.path), float(capacity(slot))
        for each in self._at[slot.start].unknown_at(since):
            if each.rivals(users, place):
                left -= each.weight
            if left <= 0:
                return False
        return True

    def reserve(self, slot: Slot, target: Hashable) -> Reservation:
        self._forget()
        made = Reservation(self._users(slot.attendees), (target, slot.path))
        self._at[slot.start].open[made] = None
        return made

    def settle(self, slot: Slot, made: Reservation, fate: Fate) -> None:
        claims = self._at[slot.start]
        del claims.open[made]
        if fate != "free":
            made.settled = self._clock()
            made.weight = inf if fate == "gone" else 1
            claims.tombstones.append(made)
            self._settled.append((made.settled, slot.start))
        self._drop_if_empty(slot.start)

    def _users(self, names: Iterable[str]) -> int:
        users = 0
        for name in names:
            users |= self._bits.setdefault(name, 1 << len(self._bits))
        return users

    def _forget(self) -> None:
        while self._settled and self._settled[0][0] < self._clock() - REMEMBERED:
            _, start = self._settled.popleft()
            self._at[start].tombstones.popleft()
            self._drop_if_empty(start)

    def _drop_if_empty(self, start: datetime) -> None:
        if not (self._at[start].open or self._at[start].tombstones):
            del self._at[start]
