"""Which slot: pure functions over the slots of an offer, made to be combined.

A filter says of one slot whether it will do; a preference gives the slot that is best the smallest value. Both look at
the start and the path alone: offers are long, and who is free then is read only of slots that might be taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Path, Slot, Slots, Time

Timed = Time | Slot
Filter = Callable[[Timed], bool]
Preference = Callable[[Timed], timedelta]
Check = Callable[[Slot], bool]

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def choose(
    slots: Iterable[Slot], *filters: Filter, prefer: Preference | None = None, free: Check | None = None
) -> Slot | None:
    """The slot that passes every filter and is preferred most; among equals the earliest; None where none passes.

    *free* is asked last, of the whole slot, from the best one on until it says yes.
    """
    offered = slots if isinstance(slots, Sequence) else list(slots)
    times: Sequence[Timed] = offered.times() if isinstance(offered, Slots) else offered
    for at in _best_first(times, prefer):
        if all(passes(times[at]) for passes in filters) and (free is None or free(offered[at])):
            return offered[at]
    return None


def _best_first(times: Sequence[Timed], prefer: Preference | None) -> list[int]:
    starts = [each.start for each in times]
    if prefer is None:
        return sorted(range(len(times)), key=starts.__getitem__)
    queries = [prefer(each) for each in times]
    return sorted(range(len(times)), key=lambda at: (queries[at], starts[at]))


def between(first: time, last: time, zone: ZoneInfo) -> Filter:
    """Starts at or after *first*, before *last*, by the wall clock of *zone*; across midnight if *last* is smaller."""

    def passes(slot: Timed) -> bool:
        local = slot.start.astimezone(zone).time()
        return first <= local < last if first < last else local >= first or local < last

    return passes


def on_weekdays(days: Iterable[str], zone: ZoneInfo) -> Filter:
    """Starts on one of *days* ("Mon", ...) as the calendar of *zone* has it."""
    wanted = {WEEKDAYS.index(day) for day in days}
    return lambda slot: slot.start.astimezone(zone).weekday() in wanted


def not_before(moment: datetime) -> Filter:
    """Leaves notice: starts at *moment* or later."""
    moment = moment.astimezone(UTC)  # two times of one zone are compared by the clock on its wall, which may go back
    return lambda slot: slot.start >= moment


def before(moment: datetime) -> Filter:
    """Starts before *moment*: an offer is asked for in whole days, and may go on after the window."""
    moment = moment.astimezone(UTC)
    return lambda slot: slot.start < moment


def nearest(moments: Iterable[datetime]) -> Preference:
    """As near as can be to any of *moments*."""
    wanted = tuple(moment.astimezone(UTC) for moment in moments)
    return lambda slot: min((abs(slot.start - moment) for moment in wanted), default=timedelta())


def capacity(slot: Slot) -> int:
    """How many bookings the slot bears at once: the distinct users that it lists as free, else one."""
    return max(1, len(slot.attendees))


class Undecided(ChiliPiperError):
    """The offer leaves open what the user must decide; nothing was booked."""


def on_path(wanted: str, offer: Offer) -> Filter:
    """Where Handoff may book: on the `only` path that has slots, on any (`earliest`), or on the path with this id."""
    if wanted == "only" and len(offer.paths) > 1:
        listed = ", ".join(map(_named, offer.paths))
        raise Undecided(
            f"the offer has {len(offer.paths)} paths: {listed}; give path as one of these ids, or path='earliest'"
        )
    if wanted in ("only", "earliest"):
        return lambda slot: True
    fitting = [path for path in (*offer.paths, *offer.empty_paths) if path.path_id == wanted]
    if not fitting:
        others = ", ".join(map(_named, (*offer.paths, *offer.empty_paths)))
        raise Undecided(f"the offer has no path {wanted}: it has {others or 'none, since no path matched'}")
    if len(fitting) > 1:
        raise Undecided(f"the offer has this path twice: {', '.join(map(_named, fitting))}; give router_id, too")
    return lambda slot: slot.path == fitting[0]


def _named(path: Path) -> str:
    return f"{path.path_id} (router {path.router_id})"
