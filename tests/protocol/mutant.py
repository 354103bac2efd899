"""What is broken on purpose, and where that is seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Change(NamedTuple):
    """What one module (`booking.book`) says *instead* of a text that is there exactly once.

    It may use the names in `copies.KNOWN`.
    """

    module: str
    text: str
    instead: str

    def made(self, source: str) -> str:
        assert source.count(self.text) == 1, f"{self.module} has {source.count(self.text)} times {self.text!r}"
        return source.replace(self.text, self.instead)


class Mutant:
    """A change that breaks a law: which, and the scenario in which that is seen, by hand, in a schedule, under crashes
    or in a test of their own.

    Where there is more than one safeguard against the same harm, the others are taken out `also`.
    """

    def __init__(
        self,
        module: str,
        text: str,
        instead: str,
        *also: Change,
        by_hand: tuple[str, str] | None = None,
        schedule: tuple[str, str] | None = None,
        crashes: tuple[str, str] | None = None,
        shown: tuple[str, Callable[..., None]] | None = None,
    ) -> None:
        self.changes = (Change(module, text, instead), *also)
        self.by_hand, self.schedule, self.crashes, self.shown = by_hand, schedule, crashes, shown


UNCHECKED = Change("booking.ledger.entry", "if self.state not in transition.sources:", "if False:")
"""An entry that may be changed from any state, where it is a flow's own check that is to be seen."""
