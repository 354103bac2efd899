"""Slots as an offer has them, each read when it is looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from typing import Any, overload

import msgspec

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.http.decoding import ClosedTime, opened

LONGEST_REMEMBERED = 8192  # bytes


@dataclass(frozen=True, slots=True)
class Path:
    """Where Handoff books: one path of one router."""

    router_id: str
    path_id: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked.

    `start` is aware and `start_as_sent` the text that Chili Piper gave, handed back byte for byte (help article).
    `address` is where this slot is booked. `attendees` are the ids of the users that the offer lists as free then.
    """

    address: str
    start: datetime
    start_as_sent: str
    attendees: tuple[str, ...] = ()
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Bookable:
    """Start times as answered, with the address that books them."""

    address: str
    start_times: Sequence[Any]
    path: Path | None = None


class Time(msgspec.Struct, frozen=True, gc=False):
    """As much of a slot as is cheap to read of each; and cheap to make, which is done for each of a long offer."""

    start: datetime
    path: Path | None = None


class Slots(Sequence[Slot]):
    """The slots of an offer, in the order given; each is read when looked at, since offers are long and one is used.

    A start time is text, or an object with `startTime` (or `start`) and `attendees`: both are seen in the wild. `odd`
    counts those that are neither, and are left out once the times are looked at; none is left out where all are odd.
    """

    odd = 0

    def __init__(self, groups: Iterable[Bookable] = ()) -> None:
        self._set(groups)

    def _set(self, groups: Iterable[Bookable]) -> None:
        self._groups = tuple(groups)
        self._ends = tuple(accumulate(len(group.start_times) for group in self._groups))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Slot: ...
    @overload
    def __getitem__(self, index: slice) -> list[Slot]: ...
    def __getitem__(self, index: int | slice) -> Slot | list[Slot]:
        chosen = range(len(self))[index]
        return self._at(chosen) if isinstance(chosen, int) else [self._at(each) for each in chosen]

    def __iter__(self) -> Iterator[Slot]:
        self.times()
        return (_slot(group, item) for group in self._groups for item in group.start_times)

    def times(self) -> list[Time]:
        """Of every slot, in the same order; nobody's attendees are read."""
        try:
            return self._times()
        except Unreadable:
            readable = [replace(group, start_times=list(filter(_is_time, group.start_times))) for group in self._groups]
            if not any(group.start_times for group in readable):
                raise
            sent = len(self)
            self._set(readable)
            self.odd += sent - len(self)
            return self._times()

    def _times(self) -> list[Time]:
        return [Time(_instant(_text(item)), group.path) for group in self._groups for item in group.start_times]

    def _at(self, index: int) -> Slot:
        number = bisect_right(self._ends, index)
        group = self._groups[number]
        return _slot(group, group.start_times[index - self._ends[number]])  # counted from the group's end


def _slot(group: Bookable, item: Any) -> Slot:
    return Slot(group.address, *start_time(item), path=group.path)


def start_time(item: Any) -> tuple[datetime, str, tuple[str, ...]]:
    """A start as an aware datetime, as it was sent, and the ids of the users who are free then."""
    text = _text(item)
    return _instant(text), text, _attendees(item)


def _text(item: Any) -> Any:
    if isinstance(item, ClosedTime):
        return item.start_time or item.start
    if isinstance(item, Mapping):
        return item.get("startTime") or item.get("start")
    return item


def _is_time(item: Any) -> bool:
    try:
        return bool(_instant(_text(item)))
    except Unreadable:
        return False


def _instant(text: Any) -> datetime:
    try:
        start = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        if isinstance(text, str) and text.endswith("z"):  # as RFC 3339 allows it
            return _instant(text[:-1] + "Z")
        raise Unreadable("the answer has a start time that is no date and time") from None
    if start.tzinfo is None:
        raise Unreadable("the answer has a start time without a time zone")
    return start


def _attendees(item: Any) -> tuple[str, ...]:
    if isinstance(item, ClosedTime):
        content = bytes(item.attendees)
        return _ids_in(content) if len(content) <= LONGEST_REMEMBERED else _user_ids(opened(content))
    return _user_ids(item.get("attendees")) if isinstance(item, Mapping) else ()


@lru_cache(maxsize=512)
def _ids_in(attendees: bytes) -> tuple[str, ...]:
    """The same people are free at many times, and in one offer after the other."""
    return _user_ids(opened(attendees))


def _user_ids(attendees: Any) -> tuple[str, ...]:
    """Distinct ids in order. A strict assignee has `userId`; a flexible one has `userIds` (published schema 1.494).

    Slots are read late, in the middle of a booking: what is no id is passed over, never an error.
    """
    found: list[Any] = []
    for attendee in attendees if isinstance(attendees, list) else ():
        several = attendee.get("userIds") if isinstance(attendee, Mapping) else None
        one = attendee.get("userId") if isinstance(attendee, Mapping) else attendee
        found += [one] if one or not isinstance(several, list) else several
    return tuple(dict.fromkeys(user_id for user_id in found if isinstance(user_id, str) and user_id))
