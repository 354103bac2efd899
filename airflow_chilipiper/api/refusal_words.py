"""What a refusal of a booking call speaks of: something done before, the slot, or neither.

Chili Piper publishes no catalogue of its error codes, so codes, reasons and texts are read as English. "Done" is the
careful reading, and may cost a lead its booking; "slot" is the bold one, since nothing is looked for long. So "slot" is
said only of what speaks of a slot, a time or a host, and of nobody and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Speaks = Literal["done", "slot", "neither"]

SLOT = {"slot", "slots", "timeslot", "timeslots", "time", "times", "host", "hosts"}
SESSION = {"session", "sessions", "route", "routing"}
WHO_OR_WHAT = {
    *("guest", "guests", "lead", "leads", "prospect", "attendee", "attendees", "invitee", "participant", "visitor"),
    *("person", "contact", "customer", "client", "email", "mail", "you", "your", "they", "he", "she", "user"),
    *("meeting", "meetings", "booking", "bookings", "appointment", "appointments", "event", "events", "invitation"),
    *("invite", "call", "demo", "reservation", "request", "requests", "form", "record", "entry", "submission"),
    *SESSION,
}
DONE = {
    *("already", "before", "previously", "prior", "again", "twice", "once", "double", "second", "another", "repeated"),
    *("booked", "scheduled", "rescheduled", "invited", "created", "made", "sent", "accepted", "confirmed", "recorded"),
    *("registered", "processed", "handled", "submitted", "completed", "succeeded", "success", "done", "converted"),
    *("exist", "exists", "existed", "existing", "duplicate", "duplicates", "duplicated", "duplication", "replay"),
    *("used", "reused", "consumed", "spent"),
}
SAID_OF_A_TAKEN_SLOT = {"already", "before", "previously", "booked", "scheduled", "used"}
OVER = {
    *("used", "reused", "consumed", "spent", "complete", "completed", "finished", "closed", "ended", "already", "over"),
    *("expired", "expires", "timeout", "gone", "inactive", "unknown", "invalid", "exist", "exists", "missing", "stale"),
    *("elapsed", "terminated", "cancelled", "canceled", "deleted", "removed", "revoked", "lost", "dead", "unavailable"),
}
OVER_IN_TWO = {("no", "longer"), ("no", "such"), ("timed", "out")} | {
    ("not", word)
    for word in (
        "found",
        "valid",
        "active",
        "known",
        "open",
        "available",
        "recognized",
        "recognised",
        "usable",
        "alive",
    )
}
TAKEN = {
    *("taken", "unavailable", "busy", "occupied", "blocked", "reserved", "full", "gone", "lost", "past", "conflict"),
    *("conflicts", "conflicting", "overlap", "overlaps", "overlapping", "expired", "invalid", "unknown"),
}
FREE = {"available", "free", "open", "bookable", "found", "offered", "valid"}
NOT = {"not", "no", "none", "neither", "longer"}
OTHER_THINGS = {
    "type",
    "router",
    "link",
    "calendar",
    "field",
    "value",
    "workspace",
    "team",
    "location",
    "token",
    "rule",
}
NEAR = 6
NEGATION_REACHES = 4
LONGEST = 4000  # characters that are read

_ACT = (
    "book(?:ed)?|schedule(?:d)?|create(?:d)?|ma[dk]e|invite(?:d)?|used?|complete(?:d)?|process(?:ed)?|sen[dt]|exists?"
)
# What did not happen, may happen or is to be done is no deed.
_NO_DEED = re.compile(
    rf"\b(?:not|never|unable to|failed to)(?: (?:yet|be|been|have|get|currently))* (?:{_ACT})\b"
    rf"|\b(?:no|nothing)(?: \w+){{0,3}}? (?:was|were|has been|have been|is|are) (?:{_ACT})\b"
    rf"|\b(?:must|should|can|may|could|will|would|to|only)(?: only)? be (?:{_ACT})\b"
)
_NO_SUBJECT = re.compile(
    r"\btime ?zones?\b|\btime out\b|\bat (?:this|that|the) (?:time|moment)\b|\btry again\b|\bat once\b"
    r"|\b(?:that |which )?(?:you|were|was) (?:have )?(?:selected|chose|chosen|picked|requested|asked for)\b"
)


def speaks_of(text: str) -> Speaks:
    """What *text* speaks of: a code, a message, or both."""
    line = _line(text[:LONGEST])
    if _session_is_over(line.split()):
        return "done"
    words = _NO_DEED.sub(" ", _NO_SUBJECT.sub(" ", line)).split()
    if deeds := DONE.intersection(words):
        return "slot" if _only_the_slot_is_taken(words, deeds) else "done"
    return "slot" if _slot_is_taken(words) else "neither"


def _line(text: str) -> str:
    """`RoutingSessionExpired` is three words, and "isn't" is "is not"."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).lower()
    parted = re.sub(r"\bcan(?:not|['\u2019]t)\b", "can not", parted)
    parted = re.sub(r"n['\u2019]t\b", " not", parted)
    line = " ".join(re.findall(r"[a-z0-9]+", parted))
    return re.sub(r"\bstart times?\b|\btime slots?\b", "slot", line)


def _session_is_over(words: list[str]) -> bool:
    """In "the slot is no longer free for this session" it is the slot that is over."""
    pairs = zip(words, [*words[1:], ""], strict=False)
    ends = [at for at, pair in enumerate(pairs) if pair[0] in OVER or pair in OVER_IN_TWO]
    return any(_nearest(words, at, SESSION | SLOT) in SESSION for at in ends)


def _only_the_slot_is_taken(words: list[str], deeds: set[str]) -> bool:
    """ "This slot is already booked", but not "already booked at that time": there it is said of the guest."""
    if WHO_OR_WHAT.intersection(words) or not deeds <= SAID_OF_A_TAKEN_SLOT:
        return False
    subject = min((at for at, word in enumerate(words) if word in SLOT), default=len(words))
    return subject < min(words.index(deed) for deed in deeds)


def _slot_is_taken(words: list[str]) -> bool:
    if WHO_OR_WHAT.intersection(words):
        return False
    return any(_nearest(words, at, SLOT | OTHER_THINGS) in SLOT for at in _says_taken(words))


def _says_taken(words: list[str]) -> Iterator[int]:
    for at, word in enumerate(words):
        if word in TAKEN or (word in FREE and NOT.intersection(words[max(0, at - NEGATION_REACHES) : at])):
            yield at


def _nearest(words: list[str], place: int, nouns: set[str]) -> str:
    """Of two that are equally near, the one before: a predicate follows its subject."""
    first = max(0, place - NEAR)
    near = [
        (abs(at - place), at, word) for at, word in enumerate(words[first : place + NEAR + 1], first) if word in nouns
    ]
    return min(near, default=(0, 0, ""))[2]
