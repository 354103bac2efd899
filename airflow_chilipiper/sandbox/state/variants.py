"""The shapes an answer may take where the published material is silent or disagrees with itself.

The defaults are the composed examples; each field switches one alternative that some source shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Codes = dict[str, tuple[int, str]]


def _codes() -> Codes:
    """No codes are published: SchedulingLinkNotFound and ConciergeRouterNotFound are vendor prose, others invented."""
    return {
        "router_unknown": (404, "ConciergeRouterNotFound"),
        "router_closed": (409, "ConciergeRouterNotAcceptingRouting"),
        "link_unknown": (404, "SchedulingLinkNotFound"),
        "not_found": (404, "NotFound"),
        "form_incomplete": (422, "MissingRequiredField"),
        "guest_required": (422, "GuestEmailRequired"),
        "booker_not_allowed": (422, "BookerNotAllowed"),
        "session_unknown": (404, "RoutingSessionNotFound"),
        "session_expired": (410, "RoutingSessionExpired"),
        "session_spent": (409, "RoutingSessionAlreadyUsed"),
        "start_not_offered": (422, "StartTimeNotOffered"),
        "slot_taken": (409, "SlotNotAvailable"),
        "window_too_long": (422, "IntervalTooLong"),
    }


@dataclass(slots=True)
class Variants:
    # slots and sessions
    slot_shape: Literal["object", "string", "start"] = "object"
    fractional_seconds: bool = False
    route_key: Literal["routeId", "routingId"] = "routeId"
    timeout_place: Literal["schedulingData", "top", "absent"] = "schedulingData"
    none_free: Literal["empty", "null", "absent"] = "empty"
    # concierge
    disqualified: Literal["bare", "with_route", "null_data", "redirect"] = "bare"
    assignment: Literal["list", "single", "absent"] = "list"
    concierge_attendees: Literal["strict", "flexible"] = "strict"
    routing_link_with_interval: bool = False
    route_permission: bool = True
    unknown_form_keys: Literal["ignored", "rejected"] = "ignored"
    form_mapping: Literal["ProcessedTriggers", "V1"] = "ProcessedTriggers"
    # booking; None is plain for Concierge and links and nested for Handoff
    booking_answer: Literal["plain", "union", "nested"] | None = None
    failures_as: Literal["failure_200", "errorCode"] = "failure_200"
    # links and Handoff; a type that is not taken fails to decode
    admin_link: tuple[str, ...] = ("Admin", "AdminOneOnOne")
    requirement: Literal["string", "object"] = "string"
    form_fields: bool = True
    handoff_paths: Literal["seeded", "Later", "Fork"] = "seeded"
    handoff_attendees: bool = False
    # meetings and lists
    meeting_has_more: Literal["both", "string", "bool"] = "both"
    canceled: Literal["Canceled", "CANCELLED", "Cancelled"] = "Canceled"
    list_envelope: Literal["paginated", "bare"] = "paginated"
    ping: Literal["json", "text"] = "json"
    # Concierge's log; the session's own id may stand in both, in either, or in neither of `id` and `routing`
    log_envelope: Literal["paginated", "data", "bare"] = "paginated"
    log_id: Literal["session", "own"] = "session"
    log_routing: Literal["object", "string", "absent"] = "object"
    log_of_late_commit: Literal["InProgress", "TimedOut"] = "InProgress"
    timed_out: Literal["TimedOut", "TIMED_OUT", "Timed out"] = "TimedOut"
    # everywhere
    empty_arrays: Literal["empty", "null", "absent"] = "empty"
    explicit_nulls: bool = False
    unknown_fields: bool = False
    codes: Codes = field(default_factory=_codes)

    def dress(self, payload: Any) -> Any:
        """The payload with what is switched on for every answer."""
        if self.empty_arrays == "empty" and not self.unknown_fields:
            return payload
        return self._dress(payload)

    def _dress(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._dress(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {
            name: self._dress(item)
            for name, item in value.items()
            if not (item == [] and self.empty_arrays == "absent")
        }
        if self.empty_arrays == "null":
            kept = {name: None if item == [] else item for name, item in kept.items()}
        return {**kept, "addedLater": {"by": "a newer version"}} if self.unknown_fields and kept else kept
