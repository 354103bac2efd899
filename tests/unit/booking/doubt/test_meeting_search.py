"""Where evidence is looked for: which questions are asked, and what the routing log's answers mean."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from airflow_chilipiper.api.call import Call
from airflow_chilipiper.api.errors import NotAllowed, Unreadable
from airflow_chilipiper.booking.doubt.evidence import NONE, Evidence
from airflow_chilipiper.booking.doubt.meeting_search import at_slot, since_sending
from airflow_chilipiper.booking.doubt.routing_log import RoutingLog
from airflow_chilipiper.booking.ledger.entry import Entry
from airflow_chilipiper.booking.ledger.lead_key import digest
from tests.drive import block
from tests.unit.api.handmade import Handmade

SENT_AT = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ROW = Entry(
    key="k",
    purpose="spring",
    version="m",
    state="unknown",
    session="session-1",
    sent_at=SENT_AT.timestamp(),
    slot="2026-11-03T10:30:00+01:00",
    pattern=digest("concierge", "inbound"),
)
JO, ANN = "jo@example.com", "ann@example.com"


def listed(*entries: dict[str, Any], more: str = "No") -> dict[str, Any]:
    return {"data": {"list": list(entries)}, "hasMore": more}


def a_meeting(meeting_id: str, guest: str | None = JO) -> dict[str, Any]:
    return {"meetingId": meeting_id} | ({"primaryGuest": {"value": guest}} if guest else {})


def spans(runtime: Handmade) -> list[tuple[str, str]]:
    return [(call.body["start"], call.body["end"]) for call in runtime.calls]


def test_the_slot_is_asked_for_to_the_minute_and_in_any_status() -> None:
    runtime = Handmade(listed(a_meeting("m1")))
    (found,) = block(at_slot(ROW, (JO,), runtime))
    assert found.meeting_id == "m1"
    span = {"start": "2026-11-03T09:30:00Z", "end": "2026-11-03T09:31:00Z"}
    (call,) = runtime.calls
    assert call.body == {**span, "guestEmail": JO, "page": 0, "pageSize": 50}


def test_everybody_is_asked_for_where_nobody_is_named() -> None:
    runtime = Handmade(listed(a_meeting("m1", ANN)))
    assert len(block(at_slot(ROW, (), runtime))) == 1
    assert "guestEmail" not in runtime.calls[0].body


def test_every_guest_is_asked_for_and_a_meeting_counts_once() -> None:
    runtime = Handmade(listed(a_meeting("m1", None)), listed(a_meeting("m1", None), a_meeting("m2", ANN)))
    assert [meeting.meeting_id for meeting in block(at_slot(ROW, (JO, ANN), runtime))] == ["m1", "m2"]
    assert [call.body["guestEmail"] for call in runtime.calls] == [JO, ANN]


def test_all_pages_are_read() -> None:
    runtime = Handmade(listed(a_meeting("m1"), more="Yes"), listed(a_meeting("m2")))
    assert len(block(at_slot(ROW, (JO,), runtime))) == 2


def test_a_list_that_fails_is_no_empty_list() -> None:
    with pytest.raises(Unreadable):
        block(at_slot(ROW, (JO,), Handmade({"data": {}})))


def test_an_entry_without_a_slot_asks_nothing_about_it() -> None:
    assert block(at_slot(replace(ROW, slot=None), (JO,), Handmade())) == []


def test_what_was_moved_is_looked_for_from_the_sending_on_by_a_clock_that_may_be_behind() -> None:
    runtime = Handmade(by=lambda _: listed())
    block(since_sending([ROW], (JO,), runtime, skew=300))
    assert spans(runtime)[0][0] == "2026-11-02T07:55:00Z"
    assert spans(runtime)[-1][1] == "2027-01-02T09:30:00Z"
    assert all(earlier[1] == later[0] for earlier, later in pairwise(spans(runtime)))


@pytest.mark.parametrize(
    ("slot", "end"),
    [
        ("2026-11-02T09:30:00Z", "2027-01-01T09:30:00Z"),
        ("2027-02-01T09:30:00Z", "2027-04-02T09:30:00Z"),
        (None, "2027-01-01T08:00:00Z"),
    ],
)
def test_a_meeting_may_have_been_moved_to_sixty_days_after_its_slot(slot: str | None, end: str) -> None:
    """Or after the call, where the entry does not have its slot."""
    runtime = Handmade(by=lambda _: listed())
    block(since_sending([replace(ROW, slot=slot)], (JO,), runtime, skew=300))
    assert spans(runtime)[-1][1] == end


def test_of_several_entries_the_earliest_and_the_latest_count() -> None:
    runtime = Handmade(by=lambda _: listed())
    later = replace(ROW, sent_at=(SENT_AT + timedelta(days=1)).timestamp(), slot="2026-11-04T09:30:00Z")
    block(since_sending([later, ROW], (), runtime, skew=0))
    assert (spans(runtime)[0][0], spans(runtime)[-1][1]) == ("2026-11-02T08:00:00Z", "2027-01-03T09:30:00Z")


ROUTERS: dict[str, Any] = {"routers": [{"workspaceId": "w1", "router": {"id": "r1", "slug": "inbound"}}]}


def an_entry(session: str = "session-1", status: str = "Scheduled", **facts: Any) -> dict[str, Any]:
    return {"id": session, "status": status, "triggeredAt": "2026-11-02T07:59:00Z"} | facts


class Concierge(Handmade):
    """A list of answers: its routers, and what its log says."""

    def __init__(self, *entries: dict[str, Any] | Exception, routers: Any = ROUTERS) -> None:
        super().__init__(by=self._answer)
        self.entries, self.routers = entries, routers

    def _answer(self, call: Call[Any]) -> Any:
        answer = self.routers if call.operation == "concierge-list-routers" else list(self.entries)
        for each in answer if isinstance(answer, list) else [answer]:
            if isinstance(each, Exception):
                raise each
        return answer


def says(*entries: dict[str, Any] | Exception, entry: Entry = ROW, **facts: Any) -> Evidence:
    return block(RoutingLog().evidence(entry, Concierge(*entries, **facts)))


TIMED_OUT = an_entry(status="TimedOut")


@pytest.mark.parametrize(
    ("entries", "evidence"),
    [
        ([an_entry(meetingId="m1")], Evidence(meeting_id="m1")),
        ([an_entry(meetingId="m1"), an_entry(meetingId="m1", status="Cancelled")], Evidence(meeting_id="m1")),
        ([an_entry(meetingId="m1"), TIMED_OUT], Evidence(meeting_id="m1")),
        ([TIMED_OUT], Evidence(proven_absent=True)),
        ([TIMED_OUT, an_entry("another", meetingId="m2")], Evidence(proven_absent=True)),
        ([], NONE),
        ([an_entry("another", "TimedOut")], NONE),
        ([an_entry("another", meetingId="m2")], NONE),
        ([an_entry()], NONE),
        ([TIMED_OUT, an_entry(status="Routed")], NONE),
        ([an_entry(status="Cancelled")], NONE),
    ],
)
def test_only_an_entry_of_the_session_is_evidence_and_only_if_all_agree_that_it_timed_out(
    entries: list[dict[str, Any]], evidence: Evidence
) -> None:
    assert says(*entries) == evidence


def test_two_meetings_of_one_session_are_for_a_person_to_judge() -> None:
    assert (
        says(an_entry(meetingId="m1"), an_entry(meetingId="m2")).ambiguous
        == "the routing log has 2 meetings for its session"
    )


@pytest.mark.parametrize(
    "facts",
    [
        {"routers": NotAllowed("no", status=403)},
        {"routers": {"routers": []}},
        {"routers": {"routers": [{"workspaceId": "w1", "router": {"id": "r1", "slug": "outbound"}}]}},
        {"routers": {"routers": [{"router": {"id": "r1", "slug": "inbound"}}]}},
        {"entry": replace(ROW, session=None)},
        {"entry": replace(ROW, pattern=digest("handoff", "w", "", ""))},
    ],
    ids=["not allowed", "no routers", "another router", "no workspace", "no session", "no Concierge"],
)
def test_what_cannot_be_asked_is_no_evidence(facts: dict[str, Any]) -> None:
    assert says(TIMED_OUT, **facts) == NONE


def test_a_log_that_the_token_may_not_read_is_no_evidence() -> None:
    assert says(NotAllowed("no", status=403)) == NONE


def test_the_log_of_the_entries_router_is_asked_around_the_call() -> None:
    """From before the session can have been opened, and for no longer than the service takes."""
    runtime = Concierge(TIMED_OUT)
    block(RoutingLog().evidence(ROW, runtime))
    query = runtime.calls[1].query
    assert (query["workspaceId"], query["routerId"]) == ("w1", "r1")
    assert (query["start"], query["end"]) == ("2026-11-01T07:00:00Z", "2026-11-04T08:00:00Z")


def test_the_routers_are_asked_for_once() -> None:
    log, runtime = RoutingLog(), Concierge(TIMED_OUT)
    for _ in range(2):
        block(log.evidence(ROW, runtime))
    assert [call.operation for call in runtime.calls].count("concierge-list-routers") == 1


def test_routers_that_could_not_be_asked_for_are_not_asked_for_again() -> None:
    """Their list is long, and a token that may not read it does not learn to."""
    log, runtime = RoutingLog(), Concierge(TIMED_OUT, routers=NotAllowed("no", status=403))
    assert [block(log.evidence(ROW, runtime)) for _ in range(2)] == [NONE, NONE]
    assert len(runtime.calls) == 1


def test_leads_that_are_looked_for_at_once_all_have_the_log() -> None:
    """Whoever comes while the routers are asked for does not get the answer that there are none."""

    class Waits(Concierge):
        async def ask(self, call: Call[Any], /) -> Any:
            await asyncio.sleep(0)
            return await super().ask(call)

    async def at_once() -> list[Evidence]:
        log, runtime = RoutingLog(), Waits(TIMED_OUT)
        return await asyncio.gather(*(log.evidence(ROW, runtime) for _ in range(3)))

    assert [evidence.proven_absent for evidence in asyncio.run(at_once())] == [True] * 3


def test_an_entry_without_a_session_asks_nothing() -> None:
    runtime = Concierge(TIMED_OUT)
    block(RoutingLog().evidence(replace(ROW, session=None), runtime))
    assert runtime.calls == []
