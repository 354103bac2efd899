"""One look for free slots: from a query in plain JSON to the start times that will do.

A query is what a sensor hands to its trigger: the `pattern` and its `arguments`, the `path` for Handoff, and when:
`window_start` (ISO text, None for now), `window` and `min_notice` in seconds, `between`, `weekdays` and `timezone`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import ChiliPiperError
from airflow_chilipiper.api.patterns.pattern import Pattern
from airflow_chilipiper.api.patterns.slots import Slot
from airflow_chilipiper.api.resources import look_ups
from airflow_chilipiper.api.resources.availability import available_slots
from airflow_chilipiper.api.runtime import Runtime
from airflow_chilipiper.booking.slots.filters import Filter, before, between, not_before, on_path, on_weekdays

SlotQuery = Mapping[str, Any]
MakePattern = Callable[[str, Mapping[str, Any]], Pattern]
AVAILABILITY = "availability"  # in place of a pattern: a host's calendar, of which nothing is opened


class NoSlotWillCome(ChiliPiperError):
    """The answer is no, and looking again will not change it."""


async def find_slots(query: SlotQuery, runtime: Runtime, make_pattern: MakePattern) -> list[str]:
    """The starts of the free slots that will do: as sent, the earliest first, each once.

    What is opened is asked once: a caller that looks again and again needs no retries within one look.
    """
    query = await resolve_names(query, runtime)
    now = datetime.fromtimestamp(runtime.wall(), UTC)
    interval = _interval(query, now)
    filters = [before(interval.end), *_filters(query, now)]
    slots = await _slots(query, interval, runtime, make_pattern)
    fitting = [slot for slot in slots if all(passes(slot) for passes in filters)]
    return list(dict.fromkeys(slot.start_as_sent for slot in sorted(fitting, key=lambda slot: slot.start)))


async def resolve_names(query: SlotQuery, runtime: Runtime) -> SlotQuery:
    """*query* with ids for the names, e-mails and addresses in it; a query that has only ids comes back as it is."""
    return {**query, "arguments": await look_ups.resolve_names(query["arguments"], runtime)}


async def _slots(query: SlotQuery, interval: Interval, runtime: Runtime, make_pattern: MakePattern) -> list[Slot]:
    if query["pattern"] == AVAILABILITY:
        # Nobody else is asked to come where no attendees are named.
        arguments = {"attendees": [query["arguments"]["host"]], **query["arguments"]}
        return await available_slots(runtime, interval=interval, **arguments)
    pattern = make_pattern(query["pattern"], query["arguments"])
    await runtime.acquire()
    offer = await runtime.ask(pattern.open(interval))
    if not offer.allowed:
        raise NoSlotWillCome("the router does not offer this lead a meeting")
    will_do = on_path(query.get("path") or "earliest", offer)
    return [slot for slot in offer.slots if will_do(slot)]


def _interval(query: SlotQuery, now: datetime) -> Interval:
    """What of the window is still to come: nobody can be booked into the past."""
    start = datetime.fromisoformat(query["window_start"]) if query["window_start"] else now
    end = start.astimezone(UTC) + timedelta(seconds=query["window"])
    start = max(start, now)
    if end - start < timedelta(seconds=1):
        raise NoSlotWillCome("the window is over: window_start and window lie in the past")
    return Interval(start, end - start)


def _filters(query: SlotQuery, now: datetime) -> list[Filter]:
    zone = ZoneInfo(query["timezone"])
    filters = [not_before(now + timedelta(seconds=query["min_notice"]))]
    if query["between"]:
        first, last = map(time.fromisoformat, query["between"])
        filters.append(between(first, last, zone))
    if query["weekdays"]:
        filters.append(on_weekdays(query["weekdays"], zone))
    return filters
