"""Everybody's calendar, in half-hour cells; who is free in a cell is worked out once, when a day is first looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from zlib import crc32
from zoneinfo import ZoneInfo

from airflow_chilipiper.sandbox.state.catalogue import Target, User

CELL = 1_800
_DAY = 86_400 // CELL


@dataclass(frozen=True, slots=True)
class Slot:
    """A start at which a target has time: `users` are those who could host, or all who must come together."""

    start: int
    cells: int
    users: tuple[str, ...]
    target: Target


class Calendar:
    def __init__(self, users: Iterable[User], *, seed: int = 0) -> None:
        self._users = list(users)
        self._seed = seed
        self._free: dict[int, set[str]] = {}
        self._days: set[int] = set()
        self._longest = 1
        self._known: dict[int, dict[tuple[str, int, bool], Slot | None]] = {}
        self.meetings_of: dict[str, int] = dict.fromkeys((user.id for user in self._users), 0)

    def slots(self, target: Target, *, begin: float, end: float, minutes: int) -> list[Slot]:
        cells = _cells(minutes)
        self._longest = max(self._longest, cells)
        first, last = -(-int(begin) // CELL), -(-int(end) // CELL)
        found = (self._slot(target, cell, cells) for cell in range(first, last))
        return [slot for slot in found if slot]

    def take(self, slot: Slot) -> tuple[str, ...]:
        """Book the slot for whoever of its users has time and the fewest meetings; nobody: ()."""
        begin = slot.start // CELL
        free = [user for user in slot.users if self.is_free(user, begin, slot.cells)]
        if slot.target.together:
            taken = slot.users if len(free) == len(slot.users) else ()
        else:
            taken = tuple(sorted(free, key=self.meetings_of.__getitem__)[:1])
        self._hold(taken, begin, slot.cells)
        return taken

    def fill(self, slot: Slot) -> None:
        """Somebody else was faster: none of the slot's users has time any more."""
        self._occupy(slot.users, slot.start // CELL, slot.cells)

    def release(self, users: tuple[str, ...], *, start: int, minutes: int) -> None:
        """A meeting is off: its hosts have that time again."""
        begin, cells = start // CELL, _cells(minutes)
        for user in users:
            self.meetings_of[user] -= 1
        for each in range(begin, begin + cells):
            self._cell(each).update(users)
        self._forget(begin, cells)

    def take_next(self, users: tuple[str, ...], *, after: float, until: float, minutes: int) -> int | None:
        """The first start in that time at which all of the users are free, booked for all of them."""
        cells = _cells(minutes)
        for begin in range(-(-int(after) // CELL), int(until) // CELL):
            if all(self.is_free(user, begin, cells) for user in users):
                self._hold(users, begin, cells)
                return begin * CELL
        return None

    def is_free(self, user: str, cell: int, cells: int = 1) -> bool:
        return all(user in self._cell(each) for each in range(cell, cell + cells))

    def _hold(self, users: tuple[str, ...], begin: int, cells: int) -> None:
        for user in users:
            self.meetings_of[user] += 1
        self._occupy(users, begin, cells)

    def _occupy(self, users: tuple[str, ...], cell: int, cells: int) -> None:
        for each in range(cell, cell + cells):
            self._cell(each).difference_update(users)
        self._forget(cell, cells)

    def _forget(self, cell: int, cells: int) -> None:
        # what is known of longer meetings that would run into these cells is out of date, too
        for each in range(cell - self._longest, cell + cells):
            self._known.pop(each, None)

    def _slot(self, target: Target, cell: int, cells: int) -> Slot | None:
        known = self._known.setdefault(cell, {})
        key = (target.key, cells, target.flexible)
        if key not in known:
            known[key] = self._search(target, cell, cells)
        return known[key]

    def _search(self, target: Target, cell: int, cells: int) -> Slot | None:
        free = [user for user in target.users if self.is_free(user, cell, cells)]
        if not free or (target.together and len(free) < len(target.users)):
            return None
        if not target.flexible and not target.together:
            free = [free[cell % len(free)]]
        return Slot(cell * CELL, cells, tuple(free), target)

    def _cell(self, cell: int) -> set[str]:
        if cell // _DAY not in self._days:
            self._open(cell // _DAY)
        return self._free[cell]

    def _open(self, day: int) -> None:
        self._days.add(day)
        for cell in range(day * _DAY, (day + 1) * _DAY):
            at_work: dict[tuple[str, tuple[str, str]], bool] = {}
            free = self._free[cell] = set()
            for user in self._users:
                shift = (user.zone, user.hours)
                if shift not in at_work:
                    at_work[shift] = _works(cell, *shift)
                if at_work[shift] and not self._was_busy(user, cell):
                    free.add(user.id)

    def _was_busy(self, user: User, cell: int) -> bool:
        return crc32(f"{self._seed}/{user.id}/{cell}".encode()) % 100 < user.busy_percent


def _cells(minutes: int) -> int:
    return -(-minutes * 60 // CELL)


def _works(cell: int, zone: str, hours: tuple[str, str]) -> bool:
    local = datetime.fromtimestamp(cell * CELL, ZoneInfo(zone))
    return local.weekday() < 5 and time.fromisoformat(hours[0]) <= local.time() < time.fromisoformat(hours[1])
