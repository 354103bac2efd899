"""From a lead's row to a lead: what a task is to do, applied to one row."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.spelling import trimmed, unseen
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import is_null, is_per_lead, row_reader
from airflow_chilipiper.arguments.patterns import LeadValues, PatternArguments
from airflow_chilipiper.arguments.readers import Reader, as_email, seen
from airflow_chilipiper.arguments.texts import as_form, as_text
from airflow_chilipiper.arguments.times import as_moments, as_zone
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.lead_key import lead_key
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.booking.slots.choice import Choice
from airflow_chilipiper.booking.slots.filters import Filter, before, between, nearest, not_before, on_path, on_weekdays
from airflow_chilipiper.booking.slots.reservations import Reservations

log = logging.getLogger(__name__)
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LeadPlan:
    """Makes the leads of a task. Whatever may differ by lead may be a column.

    `own` are the pattern's own arguments that were given, and `resolve_names` puts ids in place of the names in them.
    Raises BadValue or Invalid where a row makes no lead.
    """

    policy: Policy
    pattern: PatternArguments
    lead_key: Any
    guest_email: Any
    timezone: Any
    default_timezone: ZoneInfo
    form: Any
    prefer: Any
    own: Mapping[str, Any]
    resolve_names: Callable[[dict[str, Any]], dict[str, Any]]
    hours: tuple[time, time] | None = None
    weekdays: tuple[str, ...] = ()
    min_notice: timedelta = timedelta(hours=2)
    reservations: Reservations = field(default_factory=Reservations)
    _warned: set[tuple[str, str]] = field(default_factory=set, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.warn_of_unseen(self.policy.purpose, "purpose")

    def key_of(self, row: Row) -> str:
        key = lead_key(self._read_key(row))
        self.warn_of_unseen(key, "a lead_key")
        return key

    def warn_of_unseen(self, text: str, what: str) -> None:
        """Once for each such character: the text is kept, and is not the one that it looks like."""
        if (found := unseen(text)) and (what, found) not in self._warned:
            self._warned.add((what, found))
            log.warning("%s has %s in it, which nobody sees: without it this is another lead, or purpose", what, found)

    def lead(self, row: Row, key: str, number: int | None = None) -> Lead:
        read = self._read
        values = LeadValues(
            email=read["guest_email"](row),
            timezone=None if self.timezone is None else read["timezone"](row),
            form={key: _trimmed(value) for key, value in as_form(read["form"](row)).items()},
            own={name: read_own(row) for name, read_own in self._read_own.items()},
        )
        pattern = self.pattern.make(self.resolve_names(self.pattern.request(values)))
        prefer = read["prefer"](row)
        filters = self._filters(values.timezone or self.default_timezone, _path(values))
        choice = Choice(filters, nearest(prefer) if prefer else None, pattern.target, self.reservations)
        return Lead(key=key, pattern=pattern, choice=choice, policy=self.policy, row=number)

    @cached_property
    def _read_key(self) -> Callable[[Row], Any]:
        return row_reader(self.lead_key)

    @cached_property
    def _read(self) -> Mapping[str, Callable[[Row], Any]]:
        checks = {"guest_email": _email, "timezone": as_zone, "form": _mapping, "prefer": as_moments}
        return {name: _reader(getattr(self, name), check, name) for name, check in checks.items()}

    @cached_property
    def _read_own(self) -> Mapping[str, Callable[[Row], Any]]:
        return {name: _reader(value, _plain, name) for name, value in self.own.items()}

    def _filters(self, zone: ZoneInfo, path: str) -> Callable[[Offer], list[Filter]]:
        local = [before(self.policy.interval.end)]
        if self.hours:
            local.append(between(*self.hours, zone))
        if self.weekdays:
            local.append(on_weekdays(self.weekdays, zone))
        return lambda offer: [on_path(path, offer), not_before(datetime.now(UTC) + self.min_notice), *local]


def _reader(value: Any, check: Reader, name: str) -> Callable[[Row], Any]:
    """Reads *value* off a row, and checks it; only once where it is the same for all leads."""
    read = row_reader(value)
    if is_per_lead(value):
        return lambda row: check(read(row), name)
    once = cache(lambda: check(read({}), name))
    return lambda row: once()


def _path(values: LeadValues) -> str:
    if "path" not in values.own:
        return "earliest"
    if not values.get("path"):
        raise BadValue("path is empty, expected only, earliest, or a path's id")
    return str(values.get("path"))


def _email(value: Any, name: str) -> str | None:
    if is_null(value) or value == "":
        return None
    return as_email(value, name)


def _trimmed(value: Any) -> Any:
    """An e-mail goes out as it is compared: without blanks around it."""
    return trimmed(value) if isinstance(value, str) and "@" in value else value


def _mapping(form: Any, name: str) -> Mapping[str, Any]:
    if form is None:
        return {}
    if not isinstance(form, Mapping):
        raise BadValue(f"{name} is of type {type(form).__name__}, expected a mapping of form keys to values or columns")
    return form


def _plain(value: Any, name: str) -> Any:
    """Ids become text without blanks around it; whole structures, such as a link's reference, are passed through."""
    if is_null(value):
        return None
    if not isinstance(value, str) and isinstance(value, (Mapping, list)):  # most are text, and the second takes longer
        return value
    return seen(as_text(value, name), f"{name} has") or None
