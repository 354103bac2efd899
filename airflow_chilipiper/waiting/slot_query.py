"""One look for free slots: from a wish in plain JSON to the start times that will do.

A wish is what a sensor hands to its trigger: the `pattern` and its `arguments`, the `path` for Handoff, and when:
`window_start` (ISO text, None for now), `window` and `min_notice` in seconds, `between`, `weekdays` and `timezone`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.patterns.concierge import Concierge
from airflow_chilipiper.api.patterns.handoff import Handoff
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.resources.availability import available_slots
from airflow_chilipiper.api.resources.links import find_link
from airflow_chilipiper.api.resources.users import find_user
from airflow_chilipiper.api.resources.workspaces import find_workspace
from airflow_chilipiper.api.runtime import World
from airflow_chilipiper.booking.slots.filters import Filter, between, not_before, on_path, on_weekdays

Wish = Mapping[str, Any]

PATTERNS: dict[str, Callable[..., Pattern]] = {
    "concierge": Concierge,
    "handoff": Handoff,
    "scheduling_link": SchedulingLink,
}


class NoSlotWillCome(ChiliPiperError):
    """The answer is no, and looking again will not change it."""


async def look(wish: Wish, world: World) -> list[str]:
    """The starts of the free slots that will do: as sent, the earliest first, each once.

    What is opened is asked once: a caller that looks again and again needs no patience within one look.
    """
    wish = await settle(wish, world)
    now = datetime.fromtimestamp(world.wall(), UTC)
    filters = _filters(wish, now)
    fitting = [slot for slot in await _slots(wish, _interval(wish, now), world) if all(f(slot) for f in filters)]
    return list(dict.fromkeys(slot.start_as_sent for slot in sorted(fitting, key=lambda slot: slot.start)))


async def settle(wish: Wish, world: World) -> Wish:
    """*wish* with ids for the names, e-mails and addresses in it; a wish that has only ids comes back as it is."""
    arguments = dict(wish["arguments"])
    for name, (found_as, find) in LOOK_UPS.items():
        if name in arguments:
            arguments[found_as] = await find(world, arguments.pop(name))
    return {**wish, "arguments": arguments}


async def _user_id(world: World, email: str) -> str:
    return (await find_user(world, email)).id


async def _workspace_id(world: World, name: str) -> str:
    return (await find_workspace(world, name)).id


async def _link(world: World, booking_url: str) -> dict[str, str]:
    return (await find_link(world, booking_url)).reference


LOOK_UPS: dict[str, tuple[str, Callable[[World, str], Awaitable[Any]]]] = {
    "booker_email": ("booker_id", _user_id),
    "booking_url": ("link", _link),
    "host_email": ("host", _user_id),
    "workspace": ("workspace_id", _workspace_id),
}


async def _slots(wish: Wish, interval: Interval, world: World) -> list[Slot]:
    if wish["pattern"] == "availability":
        return await _available(wish["arguments"], interval, world)
    pattern = PATTERNS[wish["pattern"]](**wish["arguments"])
    await world.turn()
    offer = await world.ask(pattern.open(interval))
    if not offer.allowed:
        raise NoSlotWillCome("the router does not offer this lead a meeting")
    will_do = on_path(wish.get("path") or "earliest", offer)
    return [slot for slot in offer.slots if will_do(slot)]


async def _available(arguments: Mapping[str, Any], interval: Interval, world: World) -> list[Slot]:
    """Nobody else is asked to come where no attendees are named."""
    arguments = {"attendees": [arguments["host"]], **arguments}
    found = await available_slots(world, interval=interval, **arguments)
    return [Slot("", each.start, each.start_as_sent, each.attendees) for each in found]


def _interval(wish: Wish, now: datetime) -> Interval:
    """What of the window is still to come: nobody can be booked into the past."""
    start = datetime.fromisoformat(wish["window_start"]) if wish["window_start"] else now
    end = start.astimezone(UTC) + timedelta(seconds=wish["window"])
    start = max(start, now)
    if end - start < timedelta(seconds=1):
        raise NoSlotWillCome("the window is over: window_start and window lie in the past")
    return Interval(start, end - start)


def _filters(wish: Wish, now: datetime) -> list[Filter]:
    zone = ZoneInfo(wish["timezone"])
    filters = [not_before(now + timedelta(seconds=wish["min_notice"]))]
    if wish["between"]:
        first, last = map(time.fromisoformat, wish["between"])
        filters.append(between(first, last, zone))
    if wish["weekdays"]:
        filters.append(on_weekdays(wish["weekdays"], zone))
    return filters
