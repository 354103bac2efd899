"""Reading what the three patterns' answers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_chilipiper.api.errors import SlotGone, Unreadable
from airflow_chilipiper.api.patterns.offer import Booked


def record(body: Any, what: str) -> Mapping[str, Any]:
    """The answer as an object, or Unreadable."""
    if not isinstance(body, Mapping):
        raise Unreadable(f"{what}: expected an object, got {type(body).__name__}")
    return body


def session_id(body: Mapping[str, Any]) -> str:
    """Chili Piper's pages call the session both `routeId` and `routingId`."""
    found = body.get("routeId") or body.get("routingId") or ""
    if not isinstance(found, str):
        raise Unreadable(f"the session id is {type(found).__name__}, expected text")
    return found


def start_times(body: Mapping[str, Any]) -> list[Any]:
    """A missing array is an empty one: the published schemas never require arrays."""
    times = body.get("startTimes")
    if times is None:
        return []
    if not isinstance(times, list):
        raise Unreadable(f"startTimes is {type(times).__name__}, expected an array")
    return times


def lifetime(*places: Mapping[str, Any]) -> float | None:
    """Seconds that the session lives: `timeoutInMS`, at whichever depth it was sent."""
    for place in places:
        milliseconds = place.get("timeoutInMS")
        if isinstance(milliseconds, (int, float)) and not isinstance(milliseconds, bool) and milliseconds > 0:
            return milliseconds / 1000
    return None


def booked(body: Any) -> Booked:
    """Read a booking's answer: HTTP 200 without a meeting id is not a success.

    Documented shapes: `{meetingId}`, `{type: Success, meetingId}`, `{type: Failure, reason}`, and for Handoff
    `{host, selectedAssignees, scheduleMeetingResult: {type: Success, meetingId} | {type: Failure, details}}`.
    """
    answer = record(body, "booking")
    inner = answer.get("scheduleMeetingResult")
    places = [answer, inner] if isinstance(inner, Mapping) else [answer]
    failure = next((place for place in places if place.get("type") == "Failure"), None)
    meeting_id = next((place["meetingId"] for place in places if place.get("meetingId")), None)
    if failure is not None and meeting_id is None:
        reason = failure.get("reason") or failure.get("details") or "no reason given"
        raise SlotGone(f"not booked: {reason}", status=200, message=str(reason))
    if failure is not None or not isinstance(meeting_id, str) or not meeting_id.strip():
        raise Unreadable("booking: the answer names no meeting")
    return Booked(meeting_id=meeting_id, host=_id(answer.get("host")), assignees=ids(answer.get("selectedAssignees")))


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
