"""Reading what opening a session answers, where nobody has published its schema: tolerantly, but emptiness is said.

No slot is free where a list of slots is empty or null, or where it is left out beside siblings that are all known,
since the published schemas never require an array. Whatever else is not understood is Unreadable.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.patterns.answers import WRAPPERS, failure_in, record
from airflow_chilipiper.api.shape import is_instant

SESSION_NAMES = ("routeId", "routingId", "sessionId", "routingSessionId", "session")
KNOWN_BESIDE_SLOTS = frozenset(
    {*SESSION_NAMES, "timeoutInMS", "failures", "meetingTypeRef", "meetingTypeId", "meetingType", "duration", "type"}
)
NO_LIST = "no list of slots was sent"
_SAYS_NOT_FREE = re.compile(r"busy|block|taken|booked|unavail|reserved|occupied|past|exclu", re.IGNORECASE)


def unwrapped(body: Any, operation: str) -> Mapping[str, Any]:
    """The answer itself, out of a union of one key (`{Success: ...}`) and one wrapper (`data`, `result`).

    Raises a kind of Refused where a 200 brings a failure, and Unreadable where it is no object.
    """
    answer = record(body, operation)
    for _ in range(2):
        if failure := failure_in(answer):
            raise failure
        inner = next((answer[name] for name in WRAPPERS if isinstance(answer.get(name), Mapping)), None)
        if inner is None or session_id(answer):
            break
        answer = inner
    if failure := failure_in(answer):
        raise failure
    return answer


A_DAY = 86_400_000  # milliseconds
LONGEST_SESSION = 2_000


def session_id(answer: Mapping[str, Any]) -> str:
    """Chili Piper's pages call the session both `routeId` and `routingId`; drafts know `sessionId`."""
    for name in SESSION_NAMES:
        found = answer.get(name)
        if isinstance(found, Mapping):
            found = found.get("id")
        if found and not isinstance(found, str):
            raise Unreadable(f"the session id is {type(found).__name__}, expected text")
        if found and not (found.isprintable() and len(found) <= LONGEST_SESSION):
            raise Unreadable("the session id is no printable text that an address can have")
        if found:
            return str(found)
    return ""


def start_times(parent: Mapping[str, Any], *, known: frozenset[str] = KNOWN_BESIDE_SLOTS) -> list[Any] | None:
    """The start times in *parent*; None where no list was sent, and all that was sent is *known* and no list."""
    if "startTimes" in parent:
        times = parent["startTimes"]
        if times is not None and not isinstance(times, list):
            raise Unreadable(f"startTimes is {type(times).__name__}, expected an array")
        return times or []
    times = only_list_of_instants(parent)
    if times is None and not known.issuperset(parent):
        raise Unreadable("the answer has no startTimes, and something else that may be slots")
    return times


def only_list_of_instants(parent: Mapping[str, Any]) -> list[Any] | None:
    """What must be the slots, whatever it is called; Unreadable where that is open."""
    lists = {name: value for name, value in parent.items() if isinstance(value, list) and any(map(_starts, value))}
    if lists and (len(lists) > 1 or _SAYS_NOT_FREE.search(next(iter(lists)))):
        raise Unreadable("the answer has no startTimes, and times that may be slots or not")
    return next(iter(lists.values()), None)


def _starts(item: Any) -> bool:
    return is_instant(item) or (isinstance(item, Mapping) and is_instant(item.get("startTime") or item.get("start")))


def lifetime(*places: Mapping[str, Any]) -> float | None:
    """Seconds that the session lives: `timeoutInMS`, at whichever depth it was sent; believed up to one day."""
    for place in places:
        milliseconds = place.get("timeoutInMS")
        if isinstance(milliseconds, (int, float)) and milliseconds is not True and 1 <= milliseconds <= A_DAY:
            return milliseconds / 1000
    return None


def failures(*places: Mapping[str, Any]) -> Iterator[str]:
    """Why users have no slots, with how many: `failures` is a map of their ids to reasons (vendor's draft notes)."""
    found = Counter(_reason(why) for place in places for why in _values(place.get("failures")))
    for why, users in found.most_common(3):
        yield f"{users} user{'s' if users > 1 else ''} left out: {why}"


def _values(found: Any) -> list[Any]:
    return list(found.values()) if isinstance(found, Mapping) else []


def _reason(why: Any) -> str:
    """What looks like a code is shown; anything else may be about somebody."""
    if isinstance(why, Mapping):
        why = why.get("type")
    return why if isinstance(why, str) and re.fullmatch(r"[A-Za-z_]{1,60}", why) else "no reason that can be shown"
