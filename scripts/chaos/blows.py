"""What befalls the workers: drawn for each, until enough were killed and enough were paused."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

WAITING = 0.75  # of all; the others are struck at any time from the start on
START, BOOKING = 0.3, 0.15  # seconds, about as long as either takes
PAUSES = (2.1, 2.9)  # seconds; a call leaves within two seconds of the update to `sent`, or not at all


Kind = Literal["kill", "pause"]


@dataclass(frozen=True, kw_only=True)
class Blow:
    """To be killed or paused so many seconds after the start or, if it `waits`, after the first booking call.

    A pause takes `length` seconds.
    """

    kind: Kind
    waits: bool
    after: float
    length: float


@dataclass
class Tally:
    """How often it was done, and how often to a worker in the middle of a booking."""

    done: int = 0
    in_flight: int = 0


class Blows:
    def __init__(self, *, seed: int, kills: int, pauses: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # draws moments, keeps no secret
        self._asked: dict[Kind, int] = {"kill": kills, "pause": pauses}
        self.kills, self.pauses = Tally(), Tally()

    @property
    def left(self) -> dict[Kind, int]:
        done: dict[Kind, int] = {"kill": self.kills.done, "pause": self.pauses.done}
        return {kind: max(0, asked - done[kind]) for kind, asked in self._asked.items()}

    def draw(self) -> Blow | None:
        """None once enough was done."""
        left = self.left
        if not any(left.values()):
            return None
        (kind,) = self._chance.choices(list(left), list(left.values()))
        waits = self._chance.random() < WAITING
        after = self._chance.uniform(0, BOOKING if waits else START)
        return Blow(kind=kind, waits=waits, after=after, length=self._chance.uniform(*PAUSES))
