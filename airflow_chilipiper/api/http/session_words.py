"""Does a refusal speak of the session itself, or of a meeting already made? Then our own call may have made it.

Chili Piper publishes no catalogue of its error codes, so codes and messages are read as English. In doubt the answer
is yes: a booking that may have happened is looked for, one that certainly did not is tried again.
"""

from __future__ import annotations

import re

SESSION = {"session", "sessions", "route", "routing"}
SLOT = {"slot", "slots", "timeslot", "host", "hosts"}
ENDED = {
    *("used", "consumed", "spent", "complete", "completed", "finished", "closed", "ended", "already"),
    *("expired", "expires", "timeout", "gone", "inactive", "unknown", "invalid", "exist", "exists"),
}
ENDED_PAIRS = {("not", "found"), ("no", "longer"), ("timed", "out")}
NEAR = 6


def speaks_of_session(text: str) -> bool:
    """Whether *text*, a code or a message or both, says that the session is no more or a meeting is already made."""
    words = _words(text)
    return any(_nearest_is_session(words, at) for at in _ends(words)) or _meeting_made(words)


def _words(text: str) -> list[str]:
    """`RoutingSessionExpired` is three words."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    words = " ".join(re.findall(r"[a-z0-9]+", parted.lower()))
    return re.sub(r"\bstart times?\b", "slot", words).split()


def _ends(words: list[str]) -> list[int]:
    pairs = zip(words, [*words[1:], ""], strict=False)
    return [at for at, pair in enumerate(pairs) if pair[0] in ENDED or pair in ENDED_PAIRS]


def _nearest_is_session(words: list[str], end: int) -> bool:
    """In "the slot is no longer free for this session" it is the slot that ended."""
    near = [(abs(at - end), word in SLOT) for at, word in enumerate(words) if word in SESSION | SLOT]
    distance, is_slot = min(near, default=(0, True))
    return distance <= NEAR and not is_slot


def _meeting_made(words: list[str]) -> bool:
    return {"already", "meeting"} <= set(words) and not (SLOT | {"time", "times"}) & set(words)
