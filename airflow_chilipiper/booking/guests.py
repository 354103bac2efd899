"""The guests of a run, of whom each is invited once."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Guests:
    """Which guests of a run may have been invited, by their hashes, with the row of the lead; and whose turn it is."""

    def __init__(self) -> None:
        self.invited: dict[str, int | None] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, guest: str) -> asyncio.Lock:
        """Held by the one lead of this guest that may be booked now; the others get it in their order."""
        if (turn := self._turns.get(guest)) is None:
            self._turns[guest] = turn = asyncio.Lock()
        return turn
