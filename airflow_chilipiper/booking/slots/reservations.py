"""Which slots the leads of this process are booking, or have just booked, so that no two want the same one.

Offers that were requested before a booking was answered may still show its slot: so much of the slot is taken off what
they show, and no more, since later offers know better.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import takewhile
from math import inf
from typing import Literal

from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.booking.slots.filters import capacity

# Given back; booked, or perhaps; lost to somebody else, with all that it bears.
Resolution = Literal["returned", "consumed", "lost"]
REMEMBERED = 120.0  # seconds; no offer is spent so late


class AllReserved(Exception):
    """Every slot that will do is being booked by other leads of this process."""


@dataclass(slots=True, eq=False)
class Claims:
    """Of the leads that want one of these users, a bit for each, at one time and place.

    `open` is how many have not come to an end yet. Those that have stay as tombstones for the offers requested until
    then: `settled` is when they came to it, and `gone` when the last of them found the slot lost.
    """

    start: datetime
    users: int
    place: Hashable
    open: int = 0
    settled: deque[float] = field(default_factory=deque)
    gone: float = -inf

    def rivals(self, users: int, place: Hashable) -> bool:
        """Whoever names users wants these; who names none may want anybody of that place."""
        return bool(users & self.users) if users and self.users else place == self.place

    def unknown(self, since: float) -> float:
        """How many an offer cannot know of that was requested then."""
        late = takewhile(lambda settled: settled >= since, reversed(self.settled))
        return inf if self.gone >= since else self.open + sum(1 for _ in late)


class Reservations:
    """`since` is when an offer was requested, by the runtime's clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: dict[datetime, dict[tuple[int, Hashable], Claims]] = {}
        self._settled: deque[tuple[float, Claims]] = deque()
        self._bits: dict[str, int] = {}
        self._users = lru_cache(maxsize=512)(self._as_bits)

    def is_free(self, slot: Slot, target: Hashable, since: float) -> bool:
        """Whether the slot bears one lead more than those that its offer does not know of."""
        if slot.start not in self._at:
            return True
        users, place = self._users(slot.attendees), (target, slot.path)
        rivals = (each for each in self._at[slot.start].values() if each.rivals(users, place))
        return capacity(slot) > sum(each.unknown(since) for each in rivals)

    def reserve(self, slot: Slot, target: Hashable) -> Claims:
        self._forget()
        users, place = self._users(slot.attendees), (target, slot.path)
        together = self._at.setdefault(slot.start, {})
        if (claims := together.get((users, place))) is None:
            claims = together[users, place] = Claims(slot.start, users, place)
        claims.open += 1
        return claims

    def resolve(self, claims: Claims, resolution: Resolution) -> None:
        """What became of one of them."""
        claims.open -= 1
        if resolution != "returned":
            now = self._clock()
            claims.settled.append(now)
            self._settled.append((now, claims))
            if resolution == "lost":
                claims.gone = now
        self._drop_if_empty(claims)

    def _as_bits(self, names: tuple[str, ...]) -> int:
        users = 0
        for name in names:
            users |= self._bits.setdefault(name, 1 << len(self._bits))
        return users

    def _forget(self) -> None:
        while self._settled and self._settled[0][0] < self._clock() - REMEMBERED:
            _, claims = self._settled.popleft()
            claims.settled.popleft()
            self._drop_if_empty(claims)

    def _drop_if_empty(self, claims: Claims) -> None:
        if not (claims.open or claims.settled):
            del self._at[claims.start][claims.users, claims.place]
            if not self._at[claims.start]:
                del self._at[claims.start]
