"""How long things may take before silence counts, and what silence then allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

InDoubt = Literal["hold", "rebook"]

ASSUMED_LIFETIME = 3600.0  # of a session whose end nobody states: before that, not even a person says "not booked"
LOOKS = 5


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What the user and we take for granted about time, in seconds.

    `session_lifetime` is how long a session can be spent where Chili Piper does not say so itself, `least_lifetime` how
    long that is taken to be at least where it does, `list_lag` how long the meeting list may not show a meeting that
    was made, `call` how long one call may take, `processing` how long the service may sit on a request that it has
    read, and `skew` by how much the clocks of two machines may differ.
    `in_doubt` says what becomes of a lead for which no meeting is found: "hold" leaves it to a person, "rebook"
    sets it free once no booking call of ours can have any effect any more.
    """

    in_doubt: InDoubt = "hold"
    session_lifetime: float | None = None
    least_lifetime: float = 600.0
    list_lag: float = 30.0
    call: float = 30.0
    processing: float = 60.0
    skew: float = 300.0

    def policy(self, offered_lifetime: float | None) -> InDoubt:
        """Nobody is set free without evidence where the end of the session is not known."""
        return self.in_doubt if offered_lifetime or self.session_lifetime else "hold"

    def no_effect_after(self, sent_at: float, offered_lifetime: float | None) -> float:
        """From when a look at the meeting list that finds nothing means that there is nothing."""
        offered = max(offered_lifetime, self.least_lifetime) if offered_lifetime else 0.0
        lifetime = max(offered, self.session_lifetime or 0.0) or ASSUMED_LIFETIME
        return sent_at + lifetime + self.processing + self.list_lag + self.skew

    def at_least(self, list_lag: float | None) -> Bounds:
        """These, for a call that was sent when the list was said to lag for so long: no later look uses less."""
        return replace(self, list_lag=max(self.list_lag, list_lag or 0.0))

    def has_settled(self, sent_at: float, looked_at: float) -> bool:
        """Whether the list has had time to show what was sent then, by whatever clock."""
        return looked_at >= sent_at + self.list_lag + self.skew

    def is_over(self, sent_at: float, wall: float) -> bool:
        """Whether a call that was sent then, by whatever clock, has been answered or given up by its sender."""
        return wall > sent_at + self.call + self.skew

    def pauses(self) -> Iterator[float]:
        """Between looks at the list: each twice as long as the one before, and together as long as the list may lag."""
        return (self.list_lag * 2**number / (2**LOOKS - 1) for number in range(LOOKS if self.list_lag else 0))
