"""Which slot of its offer a lead takes, with regard to the leads beside it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.booking.slots.filters import Filter, Preference, choose
from airflow_chilipiper.booking.slots.reservations import AllReserved, Claims, Reservations, Resolution


class SlotChoice(Protocol):
    """How a lead chooses."""

    def choose(self, offer: Offer, opened: float, /) -> Slot | None:
        """A slot of the offer that was requested at *opened*; None where none will do.

        Raises AllReserved where other leads are about to take all that will do.
        """

    def resolve(self, resolution: Resolution, /) -> None:
        """What became of the slot that was chosen last; only the first word on it counts."""


@dataclass(frozen=True)
class Fixed:
    """The slot that somebody else has chosen."""

    slot: Slot

    def choose(self, offer: Offer, opened: float, /) -> Slot:
        return self.slot

    def resolve(self, resolution: Resolution, /) -> None:
        """Nobody else wants it."""


@dataclass
class Choice:
    """The best slot that the leads beside this one leave.

    `filters` says what will do of an offer, `prefer` what is best.
    """

    filters: Callable[[Offer], Sequence[Filter]]
    prefer: Preference | None
    target: Hashable
    reservations: Reservations
    _made: Claims | None = None

    def choose(self, offer: Offer, opened: float, /) -> Slot | None:
        """That slot, reserved. Where an offer does not name users, nobody knows what a slot
        bears: the best is better than none then, and if it is lost a fresh session is opened.
        """
        filters = self.filters(offer)

        def is_free(slot: Slot) -> bool:
            return self.reservations.is_free(slot, self.target, opened)

        slot = choose(offer.slots, *filters, prefer=self.prefer, free=is_free)
        if slot is None:
            slot = choose(offer.slots, *filters, prefer=self.prefer, free=lambda slot: not slot.attendees)
            if slot is None and choose(offer.slots, *filters):
                raise AllReserved
        if slot:
            self._made = self.reservations.reserve(slot, self.target)
        return slot

    def resolve(self, resolution: Resolution, /) -> None:
        if self._made:
            self.reservations.resolve(self._made, resolution)
            self._made = None
