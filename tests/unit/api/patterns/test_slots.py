"""A slot is read late and in any documented shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.api.errors import Unreadable
from airflow_chilipiper.api.http.decoding import decode
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.slots import Bookable, Path, Slot, Slots

Read = Callable[..., Slots]
NINE = datetime(2026, 11, 2, 9, tzinfo=UTC)


def in_memory(*start_times: Any) -> Slots:
    return Slots([Bookable("/book", start_times)])


def from_an_answer(*start_times: Any) -> Slots:
    return in_memory(*decode(json.dumps({"startTimes": start_times}).encode())["startTimes"])


@pytest.fixture(params=[in_memory, from_an_answer], ids=lambda way: way.__name__)
def read(request: pytest.FixtureRequest) -> Read:
    """Slots of these start times."""
    way: Read = request.param
    return way


@pytest.mark.parametrize(
    "item",
    [
        "2026-11-02T09:00:00Z",
        {"startTime": "2026-11-02T09:00:00Z"},
        {"start": "2026-11-02T09:00:00Z", "attendees": None},
        {"startTime": "2026-11-02T09:00:00Z", "attendees": [], "anything": {"else": 1}},
    ],
)
def test_a_start_time_is_text_or_an_object(read: Read, item: Any) -> None:
    assert list(read(item)) == [Slot("/book", NINE, "2026-11-02T09:00:00Z")]


@pytest.mark.parametrize(
    "sent",
    ["2026-11-02T09:00:00.000Z", "2026-11-02T10:00:00+01:00", "2026-11-02T09:00:00.000000000Z", "2026-11-02T09:00:00z"],
)
def test_the_start_is_kept_as_sent(read: Read, sent: str) -> None:
    slot = read({"startTime": sent})[0]
    assert (slot.start, slot.start_as_sent) == (NINE, sent)


@pytest.mark.parametrize(
    ("attendees", "ids"),
    [
        ([{"type": "StrictRoundRobinAssignee", "userId": "u1", "required": True}], ("u1",)),
        ([{"type": "FlexibleRoundRobinAssignee", "userIds": ["u1", "u2"], "required": True}], ("u1", "u2")),
        ([{"userIds": ["u2", "u1"]}, {"userId": "u1"}, "u3"], ("u2", "u1", "u3")),
        (
            [{"userIds": None}, {"userId": None}, {}, 5, None, {"userId": 7}, {"userIds": "u1"}, {"userIds": [[], ""]}],
            (),
        ),
        ("u1", ()),
        (5, ()),
        ([{"userIds": [f"u{number}" for number in range(2000)]}], tuple(f"u{number}" for number in range(2000))),
    ],
)
def test_attendees_are_the_distinct_ids_that_are_named(read: Read, attendees: Any, ids: tuple[str, ...]) -> None:
    assert read({"startTime": "2026-11-02T09:00:00Z", "attendees": attendees})[0].attendees == ids


NO_TIMES = [None, 5, "", "soon", {}, {"startTime": 5}, ["2026-11-02T09:00:00Z"]]
NO_ZONES = ["2026-11-02T09:00:00", "2026-11-02"]


@pytest.mark.parametrize(
    ("item", "why"),
    [(item, "is no date and time") for item in NO_TIMES] + [(item, "without a time zone") for item in NO_ZONES],
)
def test_where_no_start_is_a_time_the_offer_is_unreadable(read: Read, item: Any, why: str) -> None:
    for look in (lambda: read(item)[0], read(item, item).times, lambda: list(read(item))):
        with pytest.raises(Unreadable, match=why):
            look()


@pytest.mark.parametrize("item", NO_TIMES + NO_ZONES)
def test_one_odd_start_among_good_ones_is_left_out_and_counted(read: Read, item: Any) -> None:
    slots = read("2026-11-02T08:00:00Z", item, "2026-11-02T09:00:00Z")
    assert [time.start for time in slots.times()] == [NINE - timedelta(hours=1), NINE]
    assert (len(slots), slots.odd, slots[1].start) == (2, 1, NINE)
    assert len(slots.times()) == 2
    assert slots.odd == 1
    assert [slot.start for slot in read(item, "2026-11-02T09:00:00Z")] == [NINE]


def test_odd_starts_are_left_out_of_each_address() -> None:
    one, two = "2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z"
    slots = Slots([Bookable("/a", ["soon", two]), Bookable("/b", ["later"]), Bookable("/c", [one])])
    assert [slot.address for slot in slots] == ["/a", "/c"]
    assert (slots[1].address, slots.odd) == ("/c", 2)


def test_slots_are_a_sequence_over_all_addresses_in_order() -> None:
    one, two = "2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z"
    slots = Slots([Bookable("/a", [two], Path("r", "a")), Bookable("/b", [one, two])])
    assert len(slots) == 3
    assert [(slot.address, slot.start_as_sent, slot.path) for slot in slots] == [
        ("/a", two, Path("r", "a")), ("/b", one, None), ("/b", two, None),
    ]  # fmt: skip
    assert slots[-1] == slots[2]
    assert slots[1:] == [slots[1], slots[2]]
    assert slots[::-2] == [slots[2], slots[0]]
    assert [(time.start, time.path) for time in slots.times()] == [(slot.start, slot.path) for slot in slots]
    assert not Slots()


@pytest.mark.parametrize("index", [3, -4])
def test_there_is_no_slot_beyond_the_last(index: int) -> None:
    """Nor before the first: else a loop over the indices of a sequence would never end."""
    group = Bookable("/a", ["2026-11-02T09:00:00Z"] * 2)
    with pytest.raises(IndexError):
        Slots([group, Bookable("/b", []), Bookable("/c", group.start_times[:1])])[index]


def test_an_offer_does_not_show_the_guest() -> None:
    assert "jo@example.com" not in repr(Offer(session="s", guest="jo@example.com"))
