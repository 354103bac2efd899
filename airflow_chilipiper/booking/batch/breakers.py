"""Not opening session after session where nothing is free any more: each may notify reps and write to the CRM."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

EMPTY_IN_A_ROW = 16
ONE_IN = 16  # since rows come sorted, and a router may have other slots for the leads further down


class EmptyOffersBreaker:
    """What the leads of a run were offered by each target, such as a router or a link.

    After so many empty offers in a row a target is spared, but for one lead in so many; once that one is offered a
    slot, no lead is spared.
    """

    def __init__(self) -> None:
        self._empty = Counter[Hashable]()
        self._spared = Counter[Hashable]()

    def spares(self, target: Hashable) -> bool:
        """Whether this lead is spared: no session is opened for it."""
        if self._empty[target] < EMPTY_IN_A_ROW:
            return False
        self._spared[target] += 1
        return self._spared[target] % ONE_IN != 0

    def saw(self, target: Hashable, *, slots: bool) -> None:
        if slots:
            del self._empty[target]
        else:
            self._empty[target] += 1
