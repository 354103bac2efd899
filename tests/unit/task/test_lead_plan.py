"""From a row to a lead: what a task was asked, applied to one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from airflow_chilipiper.api.call import Interval
from airflow_chilipiper.api.errors import Invalid
from airflow_chilipiper.api.patterns.offer import Offer
from airflow_chilipiper.api.patterns.scheduling_link import SchedulingLink
from airflow_chilipiper.api.patterns.slots import Bookable, Path, Slots
from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.arguments.columns import col
from airflow_chilipiper.arguments.patterns import HANDOFF, SCHEDULING_LINK, LeadValues, PatternArguments
from airflow_chilipiper.booking.lead import Lead
from airflow_chilipiper.booking.policy import Policy
from airflow_chilipiper.booking.slots.filters import Undecided
from airflow_chilipiper.task.lead_plan import LeadPlan

ROW = {"ID": 42.0, "Email": " Ada@prospect.example\u200b", "company": "Ltd", "which": "link-1 "}
MONDAY = datetime(2100, 11, 1, tzinfo=UTC)


LINK = {"link_type": "RoundRobin", "link_id": col("which")}
HAND_OVER = {"workspace_id": "w", "booker_id": "b"}
OF_POLICY = ("rebook_after", "max_sessions", "allowed_domains")


def plan(pattern: PatternArguments = SCHEDULING_LINK, **asked: Any) -> LeadPlan:
    of_policy = {name: asked.pop(name) for name in OF_POLICY if name in asked}
    usual = {
        "policy": Policy(purpose="q3", interval=Interval(MONDAY), sender="me", **of_policy),
        "pattern": pattern,
        "lead_key": col("id"),
        "guest_email": col("email"),
        "timezone": "Europe/Paris",
        "default_timezone": ZoneInfo("UTC"),
        "prefer": None,
        "form": None,
        "own": LINK,
        "resolve_names": dict,
    }
    return LeadPlan(**{**usual, **asked})


def hand_over(**own: Any) -> LeadPlan:
    return plan(HANDOFF, own=HAND_OVER | own)


def lead_of(asked: LeadPlan, row: Mapping[str, Any]) -> Lead:
    return asked.lead(row, asked.key_of(row))


def test_a_lead() -> None:
    form = {"Company": col("COMPANY"), "Source": "nightly", "None": col("none", default=None)}
    lead = lead_of(plan(form=form, rebook_after=timedelta(days=9), max_sessions=5), ROW)
    assert (lead.policy.purpose, lead.key, lead.policy.sender) == ("q3", "42", "me")
    assert (lead.policy.max_sessions, lead.policy.rebook_after, lead.policy.interval) == (
        5,
        timedelta(days=9),
        Interval(MONDAY),
    )
    assert lead.pattern == SchedulingLink(
        named={"type": "RoundRobin", "linkId": "link-1"},
        guest="Ada@prospect.example",
        form={"Company": "Ltd", "Source": "nightly"},
        guest_timezone="Europe/Paris",
    )


def test_what_a_lead_shows_of_itself() -> None:
    """Neither e-mail nor form: a lead may stand in a traceback."""
    seen: list[LeadValues] = []

    def request(values: LeadValues) -> dict[str, Any]:
        seen.append(values)
        return SCHEDULING_LINK.request(values)

    pattern = replace(SCHEDULING_LINK, request=request)
    shown = f"{lead_of(plan(pattern, form={'Company': col('company')}), ROW)!r} {seen[0]!r}"
    assert "q3" in shown
    assert "prospect" not in shown
    assert "Ltd" not in shown


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"guest_email": col("company")}, "guest_email is no e-mail address"),
        ({"timezone": col("company")}, "timezone is 'Ltd'"),
        ({"prefer": col("company")}, "prefer is 'Ltd'"),
        ({"form": col("company")}, "form is of type str, expected a mapping"),
        ({"own": LINK | {"link_id": b"x"}}, "link_id is of type bytes"),
        ({"own": LINK | {"link_id": " "}}, "link_id is empty"),
        ({"lead_key": col("nothing")}, "no column 'nothing'"),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_asked_about(asked: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadValue, match=complaint):
        lead_of(plan(**asked), ROW)


def test_a_column_that_holds_a_whole_form() -> None:
    assert lead_of(plan(form=col("form")), {**ROW, "form": {"a": 1}}).pattern.form == {"a": "1"}  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", [{"Work": "ada@other.example"}, {"All": ["x@test.example", "to ada@other.example"]}])
def test_the_safety_net_goes_by_every_address(form: Any) -> None:
    net = {"allowed_domains": ("test.example",), "guest_email": "ada@test.example"}
    assert lead_of(plan(**net, form={"Work": "ada@test.example", "Note": "see @home"}), ROW).pattern.guest
    with pytest.raises(Invalid, match="allowed_guest_domains"):
        lead_of(plan(**net, form=form), ROW)
    with pytest.raises(Invalid, match="allowed_guest_domains"):
        lead_of(plan(allowed_domains=("test.example",)), ROW)


def offer(*starts: datetime, paths: tuple[str, ...] = ()) -> Offer:
    places = [Path("r", name) for name in paths] or [None]
    times = [start.isoformat() for start in starts]
    return Offer(
        session="s", slots=Slots(Bookable("/x", times, place) for place in places), paths=tuple(filter(None, places))
    )


def chosen(lead: Any, offered: Offer) -> datetime | None:
    slot = lead.pick(offered, 0.0)
    return slot and slot.start


def test_no_slot_after_the_window() -> None:
    """MONDAY is its start, and the offer of whole days goes on."""
    four_hours = Interval(MONDAY, timedelta(hours=4))
    lead = lead_of(plan(policy=Policy(purpose="q3", interval=four_hours, sender="me")), ROW)
    in_time = MONDAY + timedelta(hours=3, minutes=59)
    assert chosen(lead, offer(MONDAY + timedelta(hours=4), in_time)) == in_time
    assert chosen(lead, offer(MONDAY + timedelta(hours=4))) is None


def test_which_slot() -> None:
    """The earliest that has notice, lies within the hours and on the days of the guest's zone; or the nearest."""
    now = datetime.now(UTC)
    soon, later = now + timedelta(minutes=90), now + timedelta(hours=3)
    assert chosen(lead_of(plan(), ROW), offer(later, soon)) == later
    assert chosen(lead_of(plan(min_notice=timedelta(0)), ROW), offer(later, soon)) == soon
    assert chosen(lead_of(plan(min_notice=timedelta(days=1)), ROW), offer(later, soon)) is None
    days = [MONDAY + timedelta(hours=hours) for hours in range(0, 72, 2)]
    office = {"hours": (time(9), time(17)), "weekdays": ("Tue",), "timezone": col("zone")}
    assert chosen(lead_of(plan(**office), {**ROW, "zone": "Asia/Tokyo"}), offer(*days)) == MONDAY + timedelta(days=1)
    assert chosen(lead_of(plan(**office), {**ROW, "zone": "America/New_York"}), offer(*days)) == days[19]
    wanted = days[7].isoformat()
    assert chosen(lead_of(plan(prefer=col("wanted")), {**ROW, "wanted": wanted}), offer(*days)) == days[7]
    assert chosen(lead_of(plan(prefer=[wanted, days[3]]), ROW), offer(*days[5:8])) == days[7]
    assert chosen(lead_of(plan(prefer=col("wanted", default=None)), ROW), offer(*days)) == days[0]


def test_which_path() -> None:
    two = offer(MONDAY, paths=("a", "b"))
    assert lead_of(plan(), ROW).pick(two, 0.0)
    assert lead_of(hand_over(path="earliest"), ROW).pick(two, 0.0)
    assert lead_of(hand_over(path=col("path")), {**ROW, "path": "b"}).pick(two, 0.0).path == Path("r", "b")  # type: ignore[union-attr]
    with pytest.raises(Undecided, match="2 paths"):
        lead_of(hand_over(path="only"), ROW).pick(two, 0.0)
    with pytest.raises(BadValue, match="path is empty"):
        lead_of(hand_over(path=" "), ROW)


def test_no_email_is_needed_where_the_crm_knows() -> None:
    for email in (None, "", float("nan")):
        lead = lead_of(hand_over(crm_id="00Q1"), {**ROW, "Email": email})
        assert lead.pattern.guest is None


def test_leads_of_one_run_choose_different_slots_while_there_are_some() -> None:
    """And the same one rather than none: then one of them opens a fresh session."""
    starts = ["2100-11-02T09:00:00Z", "2100-11-02T10:00:00Z"]
    offer, run = Offer(session="s", slots=Slots([Bookable("/address", starts)])), plan()
    chosen = [lead_of(run, {**ROW, "ID": key}).pick(offer, 0.0) for key in (1, 2, 3)]
    assert [slot and slot.start_as_sent for slot in chosen] == [*starts, starts[0]]


def test_an_assumed_zone_filters_and_is_not_sent() -> None:
    hours = [MONDAY + timedelta(hours=hours) for hours in range(0, 24, 2)]
    office = {"hours": (time(9), time(17)), "timezone": None, "default_timezone": ZoneInfo("America/Lima")}
    lead = lead_of(plan(**office), ROW)
    assert chosen(lead, offer(*hours)) == MONDAY + timedelta(hours=14)
    assert isinstance(lead.pattern, SchedulingLink)
    assert lead.pattern.guest_timezone is None
