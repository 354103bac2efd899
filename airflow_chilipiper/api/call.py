"""A request as a value: what is asked, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.spelling import unseen

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Call(Generic[T]):
    """One request to Chili Piper.

    `operation` is the vendor's operation id and `permission` what a token needs for it; errors name both.
    `read` turns the decoded body of a 200 into the answer, and may raise: a 200 can carry a failure.
    `repeatable` says whether asking twice is harmless. It goes by meaning, never by HTTP method: Chili Piper has reads
    that are PUT and writes that are GET. A call that is not repeatable is POST or PATCH, since HTTP libraries re-send
    the other methods by themselves. `lead_data` is what an answer may repeat and no text of ours may show, where the
    body does not have it. `send_by` is a reading of the runtime's clock after which it must not leave. `alone` is asked
    over a connection of its own: what such a list does not show counts, and nothing in it says to whom it was answered.
    `bodies` are those that may be meant where a literal is not published, by that literal; `body` is the first of them.
    `if_unknown` is what to say where something that the call names is unknown.
    """

    operation: str
    permission: str
    method: str
    path: str
    read: Callable[[Any], T]
    body: Any = field(default=None, repr=False)
    lead_data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    query: Mapping[str, str | int] = field(default_factory=dict, repr=False)
    repeatable: bool = False
    alone: bool = False
    send_by: float | None = None
    bodies: Mapping[str, Any] = field(default_factory=dict, repr=False)
    if_unknown: str = ""

    def __post_init__(self) -> None:
        if not self.repeatable and self.method not in ("POST", "PATCH"):
            raise ValueError(f"{self.operation}: a call that must not be repeated is POST or PATCH, not {self.method}")
        if self.bodies and not self.repeatable:
            raise ValueError(f"{self.operation}: a call that must not be repeated has one body")

    @property
    def secrets(self) -> Mapping[str, Any]:
        """What this call knows of the lead."""
        return {**(self.body if isinstance(self.body, Mapping) else {}), **self.lead_data}

    def by(self, send_by: float) -> Call[T]:
        return replace(self, send_by=send_by)

    def then(self, check: Callable[[T], T]) -> Call[T]:
        """With *check* as part of reading: a connection is kept only where all of that is done."""
        return replace(self, read=lambda body: check(self.read(body)))


def path(template: str, *ids: str) -> str:
    """Fill the `{}` of *template* with percent-encoded ids, so that no id can change the address."""
    for id_ in ids:
        if not _is_usable(id_):
            raise Invalid(
                f"an id is missing or unusable in {template}: got {type(id_).__name__}, expected printable text"
            )
    return template.format(*(quote(id_, safe="") for id_ in ids))


def _is_usable(id_: object) -> bool:
    """Ids are text of any form. Dots alone would climb in the address, encoded or not."""
    return isinstance(id_, str) and id_.isprintable() and not unseen(id_) and id_.strip() not in ("", ".", "..")


def instant(value: datetime, name: str = "time") -> str:
    """An aware datetime as UTC text with `Z`, as the published schemas write instants."""
    if not isinstance(value, datetime):
        raise Invalid(f"{name} is {type(value).__name__}, expected a datetime with a time zone")
    if value.utcoffset() is None:
        raise Invalid(f"{name} is naive ({value.isoformat()}): give it a time zone, as pendulum.datetime(...) has")
    text = value.astimezone(UTC).isoformat(timespec="milliseconds" if value.microsecond else "seconds")
    return text.replace("+00:00", "Z")


@dataclass(frozen=True)
class Interval:
    """A stretch of time in which slots are wanted: `{startsAt, duration}` (published schema TimeInterval)."""

    start: datetime
    length: timedelta = timedelta(days=7)

    @property
    def end(self) -> datetime:
        return self.start.astimezone(UTC) + self.length

    def body(self) -> dict[str, str]:
        """Exact, in ISO 8601, which the published schema takes."""
        return {"startsAt": instant(self.start, "the window's start"), "duration": _iso_duration(self.length)}

    def in_whole_days(self) -> dict[str, str]:
        """For opening a session, of which only `"7 days"` is documented: whoever asks leaves out what is too late."""
        days = -(-self.length // timedelta(days=1))
        return self.body() | {"duration": "1 day" if days == 1 else f"{days} days"}


def _iso_duration(length: timedelta) -> str:
    if length < timedelta(seconds=1):
        raise Invalid(f"the window is {length}: it must be at least a second long")
    days, seconds = length.days, length.seconds
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    parts = ((hours, "H"), (minutes, "M"), (seconds % 60, "S"))
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
