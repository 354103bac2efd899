"""From a lead's row to a lead: what an operator was asked, applied to one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.spelling import trimmed
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import is_null, resolve
from airflow_chilipiper.arguments.readers import as_email, as_moments, as_zone
from airflow_chilipiper.arguments.texts import as_form, as_text
from airflow_chilipiper.booking.batch.breakers import EmptyOffersBreaker
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.routing_log import RoutingLog
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.ledger.lead_key import lead_key
from airflow_chilipiper.booking.outcome import Outcome
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.booking.slots.choice import Choice
from airflow_chilipiper.booking.slots.filters import Filter, between, nearest, not_before, on_path, on_weekdays
from airflow_chilipiper.booking.slots.reservations import Reservations

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Given:
    """One lead's values for the arguments that make its pattern: ids as text, the form as text."""

    email: str | None = field(repr=False)
    timezone: ZoneInfo
    form: dict[str, Any] = field(repr=False)
    values: Mapping[str, Any] = field(repr=False)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for every lead of a run; `key`, `email` and so on may be columns.

    `make_pattern` makes the pattern of one lead; `arguments` are its own. Raises BadValue or Invalid where a row cannot
    be asked about.
    """

    purpose: str
    key: Any
    email: Any
    timezone: Any
    prefer: Any
    form: Any
    arguments: Mapping[str, Any]
    make_pattern: Callable[[Given], Pattern]
    interval: Interval
    hours: tuple[time, time] | None = None
    weekdays: tuple[str, ...] = ()
    min_notice: timedelta = timedelta(hours=2)
    path: Any = "earliest"
    max_sessions: int = 3
    rebook_after: timedelta | None = None
    allowed_domains: tuple[str, ...] = ()
    sender: str = ""
    bounds: Bounds = field(default_factory=Bounds)
    met: Mapping[str, Outcome] = field(default_factory=dict)
    routing_log: RoutingLog = field(default_factory=RoutingLog)
    reservations: Reservations = field(default_factory=Reservations)
    breaker: EmptyOffersBreaker = field(default_factory=EmptyOffersBreaker)

    def key_of(self, row: Row) -> str:
        return lead_key(resolve(self.key, row))

    def lead(self, row: Row, key: str) -> Lead:
        given = Given(
            email=_email(resolve(self.email, row)),
            timezone=as_zone(resolve(self.timezone, row), "timezone"),
            form={key: _trimmed(value) for key, value in as_form(_mapping(resolve(self.form, row))).items()},
            values={name: _plain(resolve(value, row), name) for name, value in self.arguments.items()},
        )
        pattern = self.make_pattern(given)
        prefer = as_moments(resolve(self.prefer, row), "prefer")
        choice = self._choice(given.timezone, prefer, self._path(row), pattern.target)
        return Lead(key=key, pattern=pattern, choice=choice, policy=self._policy)

    @cached_property
    def _policy(self) -> Policy:
        return Policy(
            purpose=self.purpose,
            interval=self.interval,
            sender=self.sender,
            max_sessions=self.max_sessions,
            rebook_after=self.rebook_after,
            allowed_domains=self.allowed_domains,
            bounds=self.bounds,
            existing_meetings=self.met,
            routing_log=self.routing_log,
            breaker=self.breaker,
        )

    def _path(self, row: Row) -> str:
        path = _plain(resolve(self.path, row), "path")
        if not path:
            raise BadValue("path is empty, expected only, earliest, or a path's id")
        return str(path)

    def _choice(self, zone: ZoneInfo, prefer: tuple[datetime, ...], path: str, target: tuple[str, ...]) -> Choice:
        local: list[Filter] = []
        if self.hours:
            local.append(between(*self.hours, zone))
        if self.weekdays:
            local.append(on_weekdays(self.weekdays, zone))

        def filters(offer: Offer) -> list[Filter]:
            return [on_path(path, offer), not_before(datetime.now(UTC) + self.min_notice), *local]

        return Choice(filters, nearest(prefer) if prefer else None, target, self.reservations)


def _email(value: Any) -> str | None:
    if is_null(value) or value == "":
        return None
    return as_email(trimmed(value) if isinstance(value, str) else value, "email")


def _trimmed(value: Any) -> Any:
    """An e-mail goes out as it is compared: without blanks around it."""
    return trimmed(value) if isinstance(value, str) and "@" in value else value


def _mapping(form: Any) -> Mapping[str, Any]:
    if form is None:
        return {}
    if not isinstance(form, Mapping):
        raise BadValue(f"form is of type {type(form).__name__}, expected a mapping of form keys to values or columns")
    return form


def _plain(value: Any, name: str) -> Any:
    """Ids become text without blanks around it; whole structures, such as a link's reference, are passed through."""
    if is_null(value) or isinstance(value, (Mapping, list)):
        return None if is_null(value) else value
    return trimmed(as_text(value, name)) or None
