"""What the sandbox has on record, held against what the tasks said became of each lead."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.distributed.stalls import Stalls
from benchmarks.distributed.warehouse import lead_in

WITH_MEETING = ("booked", "already_booked")
IN_DOUBT = ("unknown", "review")
OVER_THE_LIMIT = 1.02


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`extra` counts meetings beyond a lead's first; the others count leads, or meetings of nobody.

    `busiest` has the most calls that arrived within so many seconds. One of each shard may be late, by the commit
    before it or on its way, and so come to lie in the next second: it counts for nothing.
    """

    leads: int
    statuses: Mapping[str, int]
    meetings: int
    extra: int
    without_outcome: int
    with_several: int
    astray: int
    shards: int
    limit: float
    busiest: Mapping[float, int]

    def complaints(self) -> list[str]:
        broken = {
            "meetings beyond a lead's first": self.extra,
            "leads without an outcome": self.without_outcome,
            "leads with several outcomes": self.with_several,
            "leads whose outcome and meeting disagree": self.astray,
        }
        told = [f"{count} {what}" for what, count in broken.items() if count]
        for seconds, calls in self.busiest.items():
            if calls > OVER_THE_LIMIT * self.limit * seconds + self.shards:
                told.append(f"{calls} calls in {seconds:g} s, and the limit is {self.limit:g} a second")
        return told


def judge(
    leads: Iterable[str],
    outcomes: Iterable[tuple[str, str, str | None]],
    meetings: Iterable[Mapping[str, Any]],
    arrivals: Iterable[float],
    *,
    limit: float,
    shards: int,
    stalls: Stalls,
) -> Verdict:
    """*outcomes* are (lead, status, meeting id), *arrivals* the times of all calls, and *limit* how many a second."""
    made, said = defaultdict[str, set[str]](set), defaultdict[str, list[tuple[str, str | None]]](list)
    for meeting in meetings:
        made[lead_in(meeting["guest"]) or "nobody"].add(meeting["meetingId"])
    for lead, status, meeting_id in outcomes:
        said[lead].append((status, meeting_id))
    asked, times = list(leads), sorted(arrivals)
    return Verdict(
        leads=len(asked),
        statuses=Counter(status for rows in said.values() for status, _ in rows),
        meetings=sum(map(len, made.values())),
        extra=sum(len(ids) - 1 for ids in made.values()),
        without_outcome=len(set(asked) - said.keys()),
        with_several=sum(len(rows) > 1 for rows in said.values()),
        astray=sum(not agree(said[lead], made[lead]) for lead in {*asked, *said, *made}),
        shards=shards,
        limit=limit,
        busiest={seconds: busiest(times, seconds, stalls) for seconds in (1.0, 10.0)},
    )


def agree(said: Sequence[tuple[str, str | None]], made: set[str]) -> bool:
    """Who is said to be booked has that meeting; and who has a meeting is said to be booked, or to be in doubt."""
    named = {meeting_id for status, meeting_id in said if status in WITH_MEETING}
    in_doubt = any(status in IN_DOUBT for status, _ in said)
    return named <= made and bool(named or in_doubt or not made)


def busiest(times: Sequence[float], seconds: float, stalls: Stalls) -> int:
    """The most of these sorted times within any stretch that long, of which the end does not count.

    None begins at a stall of ours.
    """
    begins = [(first, begin) for first, begin in enumerate(times) if not stalls.touch(begin)]
    return max((bisect_left(times, begin + seconds) - first for first, begin in begins), default=0)
