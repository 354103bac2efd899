"""Many entries reconciled at once: by hash, from few listings, and each freed by what its own entry allows alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.booking.doubt.bounds import Bounds
from airflow_chilipiper.booking.doubt.routing_log import RoutingLog
from airflow_chilipiper.booking.doubt.sweep import FEW, sweep
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import canonical_guest_digest, digest, guest_digest
from tests.drive import Immediate, block
from tests.fake_chilipiper import FakeChiliPiper
from tests.unit.api.handmade import WALL

SENT_AT = WALL - 86_400


class Lists(Immediate):
    """A meeting list that is as it should be, and a ledger. A sweep waits for nothing, and begins nothing."""

    def __init__(self, *entries: Entry, meetings: Any = ()) -> None:
        self.chili = FakeChiliPiper(listed=meetings, yields=False)
        super().__init__(self.chili, sleep=lambda seconds: pytest.fail(f"waits {seconds} s"), wall=lambda: WALL)
        self.ledger.get_or_create(entries)

    async def get_or_create(self, entry: Entry, /) -> Entry:
        raise AssertionError("a sweep begins nothing")


def start(number: int) -> str:
    return (datetime(2026, 11, 3, 8, tzinfo=UTC) + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def an_entry(number: int = 0, **facts: Any) -> Entry:
    entry = Entry(
        key=digest("spring", str(number)),
        purpose="spring",
        version=f"m{number}",
        state="unknown",
        attempt=1,
        session=f"session-{number}",
        slot=start(number),
        sent_at=SENT_AT,
        no_effect_after=SENT_AT + 3600,
        guest=guest_digest(f"lead{number}@example.com"),
        guest_canonical=canonical_guest_digest(f"lead{number}@example.com"),
    )
    return replace(entry, **facts)


def a_meeting(number: int = 0, **fields: Any) -> dict[str, Any]:
    entry = {
        "meetingId": f"meeting-{number}",
        "dateTime": {"start": start(number)},
        "bookedAt": datetime.fromtimestamp(SENT_AT, UTC).isoformat(),
        "primaryGuest": {"value": f"Lead{number}@example.com"},
    }
    return {name: value for name, value in (entry | fields).items() if value is not None}


def swept(lists: Lists, **bounds: Any) -> list[Entry]:
    entries = list(lists.ledger.list())
    left = block(sweep(entries, lists, Bounds(**bounds), RoutingLog()))
    on_record = lists.ledger.get([entry.key for entry in left])
    assert [on_record[entry.key] for entry in left] == left
    return left


@pytest.mark.parametrize("count", [1, FEW, FEW + 1, 120])
def test_each_entry_finds_its_own_meeting_whether_they_are_few_or_many(count: int) -> None:
    lists = Lists(*map(an_entry, range(count)), meetings=[a_meeting(number) for number in range(count + 30)])
    found = {entry.key: (entry.state, entry.meeting_id) for entry in swept(lists)}
    assert found == {an_entry(number).key: ("booked", f"meeting-{number}") for number in range(count)}


def test_many_entries_cost_a_listing_and_not_a_call_each() -> None:
    lists = Lists(*map(an_entry, range(120)), meetings=[a_meeting(number) for number in range(120)])
    swept(lists)
    assert len(lists.chili.calls) == 13  # ten windows of six days and a last one, of which one has three pages
    assert all("guestEmail" not in call.body for call in lists.chili.calls)


def test_no_meeting_is_left_to_a_person() -> None:
    (entry,) = swept(Lists(an_entry(), meetings=[a_meeting(1)]))
    assert (entry.state, entry.meeting_id) == ("review", None)
    assert entry.reason == "no meeting is found"


@pytest.mark.parametrize(
    ("no_effect_after", "state"), [(WALL - 1, "planned"), (WALL, "unknown"), (WALL + 1, "unknown"), (None, "review")]
)
def test_an_entry_that_says_so_is_free_once_its_own_time_has_come(no_effect_after: float | None, state: str) -> None:
    assert [entry.state for entry in swept(Lists(an_entry(policy="rebook", no_effect_after=no_effect_after)))] == [
        state
    ]


@pytest.mark.parametrize(("list_lag", "state"), [(None, "review"), (86_000, "unknown")])
def test_an_entry_is_left_until_the_list_has_had_the_time_that_was_stated_when_it_was_sent(
    list_lag: float | None, state: str
) -> None:
    (entry,) = swept(Lists(an_entry(sent_at=WALL - 86_200, list_lag=list_lag)))
    assert entry.state == state


def test_an_entry_for_review_is_freed_by_no_policy_and_settled_by_evidence() -> None:
    waiting = an_entry(state="review", policy="rebook", reason="why")
    assert swept(Lists(waiting)) == [waiting]
    (found,) = swept(Lists(waiting, meetings=[a_meeting()]))
    assert (found.state, found.meeting_id) == ("booked", "meeting-0")


def test_what_is_not_in_doubt_is_left_alone() -> None:
    """That is also a fresh `sent`: its sender is still waiting for the answer."""
    fresh = an_entry(1, state="sent", sent_at=WALL - 330)
    others = [an_entry(2, state="planned"), an_entry(3, state="booked", meeting_id="x"), an_entry(4, state="abandoned")]
    lists = Lists(fresh, *others, meetings=[a_meeting(1), a_meeting(2)])
    assert swept(lists, call=30) == []
    assert lists.chili.calls == []
    stale = an_entry(1, state="sent", sent_at=WALL - 331)
    booked = datetime.fromtimestamp(WALL - 331, UTC).isoformat()
    assert [entry.state for entry in swept(Lists(stale, meetings=[a_meeting(1, bookedAt=booked)]), call=30)] == [
        "booked"
    ]


def test_silence_does_not_count_before_the_list_has_had_its_time() -> None:
    """By clocks that may differ; a meeting that is found counts at once."""
    entry = an_entry(sent_at=WALL - 329)
    assert swept(Lists(entry), list_lag=30) == [entry]
    assert [each.state for each in swept(Lists(entry), list_lag=29)] == ["review"]
    booked = datetime.fromtimestamp(WALL - 329, UTC).isoformat()
    assert [each.state for each in swept(Lists(entry, meetings=[a_meeting(bookedAt=booked)]))] == ["booked"]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_meeting_that_was_moved_is_left_to_a_person_with_its_id(count: int) -> None:
    moved = a_meeting(dateTime={"start": "2026-11-20T08:00:00Z"})
    entries = swept(Lists(*(an_entry(number, policy="rebook") for number in range(count)), meetings=[moved]))
    (entry,) = [entry for entry in entries if entry.key == an_entry().key]
    assert (entry.state, entry.reason) == ("review", "meeting-0 may be it")


@pytest.mark.parametrize("count", [1, FEW + 1])
@pytest.mark.parametrize(
    "spelled_otherwise",
    [
        {"primaryGuest": {"value": "Jo <lead0+x@example.com>"}},
        {"primaryGuest": {"name": "Jo"}},
        {"primaryGuest": {"value": "Jo"}},
        {"bookedAt": datetime.fromtimestamp(SENT_AT - 9 * 3600, UTC).isoformat()},
    ],
    ids=str,
)
def test_a_meeting_at_the_slot_that_is_not_certainly_somebody_elses_is_no_silence(
    count: int, spelled_otherwise: dict[str, Any]
) -> None:
    entries = [an_entry(number, policy="rebook") for number in range(count)]
    meetings = [a_meeting(**spelled_otherwise), a_meeting(meetingId="of-ann", primaryGuest={"value": "ann@x.com"})]
    swept_entries = swept(Lists(*entries, meetings=meetings))
    (entry,) = [entry for entry in swept_entries if entry.key == an_entry().key]
    assert (entry.state, entry.reason) == ("review", "meeting-0 may be it")
    assert [each.state for each in swept_entries if each is not entry] == ["planned"] * (count - 1)


@pytest.mark.parametrize("facts", [{"guest": ""}, {"policy": "rebook", "guest": ""}])
def test_an_entry_without_a_guest_is_never_booked_and_never_freed_by_a_meeting_at_its_slot(
    facts: dict[str, Any],
) -> None:
    assert [entry.state for entry in swept(Lists(an_entry(**facts), meetings=[a_meeting()]))] == ["review"]


def test_an_entry_is_matched_by_the_guest_whom_the_offer_named() -> None:
    entry = an_entry(guest=guest_digest("asked@example.com"), invited=guest_digest("lead0@example.com"))
    assert [each.meeting_id for each in swept(Lists(entry, meetings=[a_meeting()]))] == ["meeting-0"]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_two_meetings_that_fit_are_left_to_a_person(count: int) -> None:
    twice = [a_meeting(), a_meeting(meetingId="other")]
    entries = swept(Lists(*(an_entry(number, policy="rebook") for number in range(count)), meetings=twice))
    (entry,) = [entry for entry in entries if entry.key == an_entry().key]
    assert (entry.state, entry.reason) == ("review", "2 meetings may be it: meeting-0, other")


def test_the_meeting_that_an_entry_was_released_from_is_not_found_again() -> None:
    """It may have been booked just before the call that is in doubt, and at the same slot."""
    entry = an_entry(released="meeting-0")
    assert [each.state for each in swept(Lists(entry, meetings=[a_meeting()]))] == ["review"]
    rebooked = a_meeting(meetingId="new")
    assert [each.meeting_id for each in swept(Lists(entry, meetings=[a_meeting(), rebooked]))] == ["new"]


def test_one_meeting_is_not_taken_for_two_leads() -> None:
    """Whoever comes second is not free either, since nobody knows whose it is."""
    same = {"slot": start(0), "guest": guest_digest("lead0@example.com"), "policy": "rebook"}
    entries = swept(Lists(an_entry(0, **same), an_entry(1, **same), meetings=[a_meeting()]))
    assert sorted((entry.state, entry.meeting_id) for entry in entries) == [("booked", "meeting-0"), ("review", None)]


@pytest.mark.parametrize("count", [1, FEW + 1])
def test_a_list_that_failed_changes_no_row(count: int) -> None:
    entries = [an_entry(number, policy="rebook") for number in range(count)]
    lists = Lists(*entries, meetings=lambda asked: {"data": {}})
    before = lists.ledger.list()
    with pytest.raises(Unreadable):
        swept(lists)
    assert lists.ledger.list() == before
