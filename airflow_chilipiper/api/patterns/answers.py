"""Reading what the three patterns' answers have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from airflow_chilipiper.api.errors import Refused, SessionGone, SlotGone, Unreadable
from airflow_chilipiper.api.patterns.offer import Booked
from airflow_chilipiper.api.refusal_words import speaks_of

WRAPPERS = ("Success", "data", "result")
LONGEST_ID = 255


def record(body: Any, what: str) -> Mapping[str, Any]:
    """The answer as an object, or Unreadable."""
    if not isinstance(body, Mapping):
        raise Unreadable(f"{what}: expected an object, got {type(body).__name__}")
    return body


def booked(body: Any) -> Booked:
    """Read a booking's answer: HTTP 200 without a meeting id is not a success.

    Documented shapes: `{meetingId}`, `{type: Success, meetingId}`, `{type: Failure, reason}`, and for Handoff
    `{host, selectedAssignees, scheduleMeetingResult: {type: Success, meetingId} | {type: Failure, details}}`. A code
    and `success: false` are read as failures too, and each of these in a wrapper such as `{Success: {}}`, `{data: {}}`.
    """
    answer = record(body, "booking")
    if failure := failure_in(answer):
        if names_meeting(answer):
            raise Unreadable("booking: a failure, and yet it names a meeting")
        raise failure
    meeting_id = next((place["meetingId"] for place in _places(answer) if place.get("meetingId")), None)
    if not is_id(meeting_id):
        raise Unreadable("booking: the answer names no meeting")
    return Booked(meeting_id=meeting_id, host=_id(answer.get("host")), assignees=ids(answer.get("selectedAssignees")))


def is_id(value: Any) -> TypeGuard[str]:
    """Whether it can be the id of a meeting: what stands in a column, a log and XCom as it is."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable() and bool(value.strip())


def names_meeting(answer: Mapping[str, Any]) -> bool:
    return any(place.get("meetingId") for place in _places(answer))


def spoken_of(words: str) -> type[Refused] | None:
    """The error of a booking call that was refused in these words; None if they say too little."""
    return {"done": SessionGone, "slot": SlotGone, "neither": None}[speaks_of(words)]


def failure_in(answer: Mapping[str, Any]) -> Refused | None:
    """The failure that a 200 brings: `{type: Failure}`, `{Failure: ...}`, an `errorCode` or `success: false`."""
    for place in _places(answer):
        if "Failure" in place and len(place) == 1:
            inner = place["Failure"]
            return _failed(inner if isinstance(inner, Mapping) else {"reason": inner})
        if place.get("type") == "Failure" or place.get("errorCode") or place.get("success") is False:
            return _failed(place)
    return None


def _places(answer: Mapping[str, Any], depth: int = 2) -> Iterator[Mapping[str, Any]]:
    """Where a result may stand: the answer, and what it wraps."""
    yield answer
    inner = [answer.get(name) for name in ("scheduleMeetingResult", "Failure", *WRAPPERS)] if depth else []
    for each in inner:
        if isinstance(each, Mapping):
            yield from _places(each, depth - 1)


def _failed(failure: Mapping[str, Any]) -> Refused:
    code = text(failure.get("errorCode"))
    given = [failure.get(name) for name in ("reason", "details", "errorMessage", "message")]
    said = " . ".join(str(each) for each in given if each) or "no reason given"
    kind = spoken_of(f"{code or ''} . {said}") or Refused
    named = f"{code}: {said}" if code else said
    return kind(f"refused: {named}", status=200, code=code, message=said)


def text(value: Any, *names: str) -> str | None:
    """An optional text of an answer, or the first under these names of an object; anything else counts as absent."""
    places = map(value.get, names) if isinstance(value, Mapping) else (value,)
    return next((found for found in places if isinstance(found, str) and found), None)


def ids(items: Any) -> tuple[str, ...]:
    """User ids out of a list of texts or of objects with `userId` or `id`."""
    found = [_id(item) for item in items] if isinstance(items, list) else []
    return tuple(item for item in found if item)


def _id(item: Any) -> str | None:
    if isinstance(item, Mapping):
        item = item.get("userId") or item.get("id")
    return text(item)
