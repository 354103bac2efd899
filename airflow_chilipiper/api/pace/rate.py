"""How many calls a second: learnt from what comes of them, since Chili Piper publishes no limit.

Good answers let the rate creep up, 429 and 503 take it back. The rate that was last refused is remembered as the
limit: far below it the rate returns fast, near it hardly moves, and beyond it moves faster again, since the limit must
have risen. Each answer adds alike, whatever the rate is, so that a second adds the same share to any rate.
"""

from __future__ import annotations

import math
from typing import NamedTuple

START = 5.0
SLOWEST = 0.1
TOLERANCE = 1.02  # how many times the rate may leave in any one second

# What a good answer adds, in calls a second: where no limit is known; at the limit itself; and away from it.
RAMP = 0.3
CREEP = 0.0001
RETURN = 2.0  # times the square of the distance, as a share of the limit

# What one refusal takes off, as a share.
CUT = 0.15
CUT_AT_LIMIT = 0.02
LARGEST_CUT = 0.5
NEAR_LIMIT = 0.95  # of the limit: a refusal from there on was to be expected
UNGROWN = 1.01  # times the lowered rate: a refusal below says that too little was taken off


class InFlight(NamedTuple):
    """What is known of a call when it leaves: how many turns were taken by then, and the rate."""

    taken: int
    rate: float


class Rate:
    """Calls a second: from 5 upwards, or from the *ceiling* downwards.

    `now` is how many on average, `most` how many any one second may see, and `interval` the seconds from call to call.
    A ceiling is kept in whole calls: 2.5 a second are 2, since 3 in one second would pass it by more than 2 %.
    *share* is the part of ceiling and start that is ours, where others keep the rest.
    """

    def __init__(self, ceiling: float | None = None, *, share: float = 1.0) -> None:
        if ceiling is not None and not 0 < ceiling < math.inf:
            raise ValueError(f"the pace is {ceiling} calls a second: expected more than 0, or None for no ceiling")
        if not 0 < share <= 1:
            raise ValueError(f"the share of the pace is {share}: expected more than 0, and at most 1 for all of it")
        self._top = math.inf if ceiling is None else in_whole_calls(ceiling * share)
        self._start = min(self._top, START * share if ceiling is None else math.inf)
        self._limit: float | None = None
        self._lowered_to = 0.0
        self._judged_from = -1.0  # turns
        self._worked = False  # since it was lowered
        self._cut, self._creep = CUT, CREEP
        self._set(self._start)

    def _set(self, rate: float) -> None:
        self.now = rate
        self.interval = 1 / rate
        self.most = max(1, math.ceil(rate), math.floor(TOLERANCE * rate))

    def on_success(self, call: InFlight, *, taken: int, pressed: bool) -> None:
        """Creep up; above the start only while it is the pace that holds callers back (*pressed*).

        *taken* is how many were taken by now.
        """
        if call.taken <= self._judged_from:
            return
        self._worked = True
        if pressed or self.now < self._start:
            self._set(min(self._top, self.now + self._step(latency=(taken - call.taken) / self.now)))

    def _step(self, *, latency: float) -> float:
        """What takes long to be heard of is approached slowly; *latency* is in seconds."""
        if self._limit is None:
            return RAMP / (1 + latency)
        distance = self.now / self._limit - 1
        return self._creep + min(RAMP, RETURN * distance**2) / (1 + latency)

    def on_throttled(self, call: InFlight, *, taken: int, hold: float = 0.0) -> None:
        """Go back, once for all calls in flight and for those of a second more; the other side still counts the old.

        *taken* is how many were taken by now. The longer a refusal makes us *hold*, the more rarely it is risked. Where
        nothing worked at the lowered rate, the other side is down, which says nothing about its limit.
        """
        if call.taken <= self._judged_from:
            return
        self._cut = self._cut_for(call.rate)
        if self._worked:
            self._limit = call.rate
        self._lowered_to = max(min(SLOWEST, self._top), call.rate * (1 - self._cut))
        self._creep = CREEP / (1 + hold)
        self._worked = False
        self._set(self._lowered_to)
        self._judged_from = taken + self.now

    def _cut_for(self, refused: float) -> float:
        if refused <= UNGROWN * self._lowered_to:
            return min(LARGEST_CUT, 3 * self._cut)
        if self._limit and refused >= NEAR_LIMIT * self._limit:
            return CUT_AT_LIMIT
        return CUT


def in_whole_calls(rate: float) -> float:
    """The rate, or less, at which no second sees more calls than the tolerance allows."""
    return min(rate, max(1, math.floor(TOLERANCE * rate)))
