"""Each pattern's own arguments, written down once for operators and sensors. A further pattern is one more entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.readers import Reader, as_choice, as_email, as_name, as_object, exactly_one, or_none

if TYPE_CHECKING:
    from airflow_chilipiper.api.patterns.pattern import Pattern


@dataclass(frozen=True, kw_only=True)
class LeadValues:
    """One lead's values for the arguments that were given, ids and form as text; None where the row has none.

    `timezone` is what the user gave: a zone that we only assume is not told to Chili Piper as the guest's.
    """

    email: str | None = field(repr=False)
    timezone: ZoneInfo | None
    form: dict[str, Any] = field(repr=False)
    own: Mapping[str, Any] = field(repr=False)

    def get(self, name: str) -> Any:
        return self.own.get(name)

    def needed(self, name: str) -> Any:
        """What this row must have, since the argument was given."""
        if not self.own[name]:
            raise BadValue(f"{name} is empty")
        return self.own[name]


@dataclass(frozen=True, kw_only=True)
class PatternArguments:
    """The arguments of pattern *name*, and what they come to.

    `request` makes the arguments of the pattern's class out of a lead's values, in plain JSON, with names in place of
    ids that are still to be looked up (`api/resources/look_ups.py`). Of each group in `one_of` exactly one argument is
    given, and of each in `together` all or none; `target` are those that say where it is booked. `needs_email` says
    whether a guest's e-mail must be given. `permissions` are those that only booking can show a token to have, and for
    what.
    """

    name: str
    type: str
    permissions: str
    readers: Mapping[str, Reader]
    request: Callable[[LeadValues], dict[str, Any]]
    required: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    target: tuple[str, ...] = ()
    needs_email: Callable[[Any], bool] = lambda arguments: False
    states_session_lifetime: bool = False

    def refuse_missing(self, task: Any) -> None:
        """Raise BadValue where the task was not given what this pattern needs."""
        for group in self.one_of:
            exactly_one(**{name: getattr(task, name) for name in group})
        for group in self.together:
            given = [name for name in group if getattr(task, name) is not None]
            if given and len(given) < len(group):
                raise BadValue(f"{' and '.join(group)} belong together; got {', '.join(given)}")
        if missing := [name for name in self.required if getattr(task, name) is None]:
            raise BadValue(f"{missing[0]} is missing")

    @cached_property
    def _kind(self) -> Callable[..., Pattern]:
        module, _, kind = self.type.partition(":")
        made: Callable[..., Pattern] = getattr(import_module(module), kind)
        return made

    def make(self, arguments: Mapping[str, Any]) -> Pattern:
        """The pattern, once all names are ids."""
        return self._kind(**arguments)


def _concierge(values: LeadValues) -> dict[str, Any]:
    own = {name: values.get(name) for name in ("router_slug", "trigger")}
    return {**own, "form": values.form, "guest": _guest_of_form(values)}


def _guest_of_form(values: LeadValues) -> str | None:
    """Whom the router invites is in the form, whatever `guest_email` says: every trigger's mapping has the e-mail."""
    from airflow_chilipiper.api.http.redaction import EMAIL

    if "PersonEmail" in values.form:
        return as_email(values.form["PersonEmail"], "form['PersonEmail']")
    in_form = [value for value in values.form.values() if isinstance(value, str) and EMAIL.fullmatch(value)]
    if not in_form:
        raise BadValue(
            "form has no e-mail address: this row has none where the router reads it, or form names no such key"
        )
    return in_form[0] if len(in_form) == 1 else values.email


def _scheduling_link(values: LeadValues) -> dict[str, Any]:
    request = {
        "guest": values.email or "",
        "form": values.form,
        "guest_timezone": values.timezone.key if values.timezone else None,
        "meeting_type_id": values.get("meeting_type_id"),
    }
    if "booking_url" in values.own:
        return {**request, "booking_url": values.needed("booking_url")}
    if "link_owner" in values.own:
        return {**request, "link_owner": (values.needed("link_owner"), values.needed("link_slug"))}
    if "link" in values.own:
        return {**request, "link": values.get("link")}
    return {**request, "named": {"type": values.get("link_type"), "linkId": values.needed("link_id")}}


def _handoff(values: LeadValues) -> dict[str, Any]:
    by_name = [name for name in ("workspace", "booker_email") if name in values.own]
    others = ("workspace_id", "booker_id", "crm_id", "crm_type", "crm_explicits", "router_id")
    return {
        **{name: values.needed(name) for name in by_name},
        **{name: values.own[name] for name in others if name in values.own},
        "guest": None if values.get("crm_id") else values.email,
    }


CONCIERGE = PatternArguments(
    name="concierge",
    type="airflow_chilipiper.api.patterns.concierge:Concierge",
    permissions="concierge.route and concierge.schedule (Concierge)",
    readers={
        "router_slug": as_name,
        "trigger": partial(as_choice, choices=("ThirdPartyForm", "InAppButton", "RouterLink")),
    },
    request=_concierge,
    required=("router_slug", "trigger", "form"),
    target=("router_slug",),
    states_session_lifetime=True,
)
SCHEDULING_LINK = PatternArguments(
    name="scheduling_link",
    type="airflow_chilipiper.api.patterns.scheduling_link:SchedulingLink",
    permissions="scheduling-links.schedule (scheduling links)",
    readers={
        "link_type": as_name,
        "link_id": as_name,
        "link": as_object,
        "booking_url": as_name,
        "link_owner": as_email,
        "link_slug": as_name,
        "meeting_type_id": or_none(as_name),
    },
    request=_scheduling_link,
    required=("link_type",),
    one_of=(("link_id", "link", "booking_url", "link_owner"),),
    together=(("link_owner", "link_slug"),),
    target=("link_type", "link_id", "link", "booking_url", "link_owner", "link_slug", "meeting_type_id"),
    needs_email=lambda arguments: True,
)
HANDOFF = PatternArguments(
    name="handoff",
    type="airflow_chilipiper.api.patterns.handoff:Handoff",
    permissions="handoff.schedule (Handoff)",  # as its help article has it; the others, the published schemas
    readers={
        "workspace_id": as_name,
        "workspace": as_name,
        "booker_id": as_name,
        "booker_email": as_email,
        "crm_id": or_none(as_name),
        "crm_type": or_none(partial(as_choice, choices=("LeadId", "ContactId"))),
        "crm_explicits": lambda value, _: value,
        "router_id": or_none(as_name),
        "path": as_name,
    },
    request=_handoff,
    required=("path",),
    one_of=(("workspace_id", "workspace"), ("booker_id", "booker_email")),
    target=("workspace_id", "workspace", "booker_id", "booker_email", "router_id"),
    needs_email=lambda arguments: arguments.crm_id is None,
)
PATTERNS = {each.name: each for each in (CONCIERGE, SCHEDULING_LINK, HANDOFF)}


def make_pattern(name: str, arguments: Mapping[str, Any]) -> Pattern:
    """The pattern of that name, once all names in its arguments are ids."""
    return PATTERNS[name].make(arguments)
