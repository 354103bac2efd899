"""What the three booking patterns have in common."""

from __future__ import annotations

from typing import Protocol

from airflow_chilipiper.api.call import Call, Interval
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Slot


class Pattern(Protocol):
    """One lead's request under one pattern. Opening answers an offer; booking spends its session on one slot.

    `target` says where it books, as plain values: two requests for one lead with another target are not the same query.
    `guest` is the lead's e-mail, None where only Chili Piper knows it.
    """

    @property
    def name(self) -> str: ...
    @property
    def target(self) -> tuple[str, ...]: ...
    @property
    def guest(self) -> str | None: ...

    def open(self, interval: Interval, /) -> Call[Offer]: ...
    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]: ...
