"""Limits that are found out only by running into them: each says whether one more call is admitted at that time.

What the service counts by is not published; these are the three usual ways. A refused call counts for nothing.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Protocol

A_SECOND = 1 - 1e-9  # calls one second apart are in two seconds, whatever is lost in the last decimal


class Limit(Protocol):
    def admits(self, at: float) -> bool: ...


class SlidingWindow:
    """So many calls within any second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._admitted = deque[float]()

    def admits(self, at: float) -> bool:
        while self._admitted and at - self._admitted[0] >= A_SECOND:
            self._admitted.popleft()
        if len(self._admitted) + 1 > self._rate:
            return False
        self._admitted.append(at)
        return True


class FixedWindow:
    """So many calls within each second of the clock."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._second = -math.inf
        self._admitted = 0

    def admits(self, at: float) -> bool:
        if math.floor(at) != self._second:
            self._second, self._admitted = math.floor(at), 0
        if self._admitted + 1 > self._rate:
            return False
        self._admitted += 1
        return True


class TokenBucket:
    """So many calls a second on average; what was not used, up to one second's worth, may follow at once."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._tokens = rate
        self._at = -math.inf

    def admits(self, at: float) -> bool:
        self._tokens = min(self._rate, self._tokens + (at - self._at) * self._rate)
        self._at = at
        if self._tokens < A_SECOND:
            return False
        self._tokens -= 1
        return True


KINDS: dict[str, type[SlidingWindow | FixedWindow | TokenBucket]] = {
    "sliding-window": SlidingWindow,
    "fixed-window": FixedWindow,
    "token-bucket": TokenBucket,
}
