"""What the three booking patterns have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from airflow_chilipiper.api.call import Call, Interval
from airflow_chilipiper.api.http.redaction import EMAIL
from airflow_chilipiper.api.patterns.offer import Booked, Offer
from airflow_chilipiper.api.patterns.slots import Slot


class Pattern(Protocol):
    """One lead's request under one pattern. Opening answers an offer; booking spends its session on one slot.

    `target` says where it books, as plain values: requests for one lead with other targets are different.
    `guest` is the lead's e-mail, None where only Chili Piper knows it. `has_routing_log` says whether the end of its
    sessions can be read in the routing log.
    """

    @property
    def name(self) -> str: ...
    @property
    def target(self) -> tuple[str, ...]: ...
    @property
    def guest(self) -> str | None: ...
    @property
    def has_routing_log(self) -> bool: ...

    def invited(self) -> tuple[str | None, ...]:
        """Whom the request itself names: the guest, and every e-mail among its values.

        None stands for a guest of whom nothing is known; nobody is named where only the offer will say who it is.
        """

    def open(self, interval: Interval, /) -> Call[Offer]: ...
    def book(self, slot: Slot, offer: Offer, /) -> Call[Booked]: ...


def emails_in(form: Mapping[str, Any]) -> tuple[str, ...]:
    """Every e-mail address in the values of *form*."""
    return tuple(address for value in form.values() for address in EMAIL.findall(str(value)))
