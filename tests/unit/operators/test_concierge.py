"""Booking over a router: what is sent, whom it turns away, and every shape of its answers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from airflow_chilipiper.operators import ConciergeBookOperator, col
from airflow_chilipiper.version_compat import AirflowFailException
from tests.booking_task import Desk, lead


def concierge(desk: Desk, *leads: Any, **arguments: Any) -> ConciergeBookOperator:
    router = {"router_slug": "inbound-demo", "trigger": "InAppButton", "form": {"PersonEmail": col("email")}}
    given = {**router, "leads": list(leads), "lead_key": col("lead_id"), "leads_at_once": 1, **arguments}
    return desk.make(ConciergeBookOperator, **given)


def test_what_is_sent(desk: Desk) -> None:
    """The trigger always; the form as text, and nothing for a null."""
    values = {
        "Decimal": Decimal("120000.00"),
        "Float": 42.0,
        "Bool": True,
        "Date": date(2026, 11, 2),
        "Time": datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
        "Id": UUID(int=7),
        "List": ["a", 2, None],
        "None": None,
        "NaN": float("nan"),
    }
    form = {"PersonEmail": col("email"), "LeadSource": "nightly", **{name: col(name.upper()) for name in values}}
    rows = desk.run(concierge(desk, lead("ada", **values), form=form))
    assert rows[0]["status"] == "booked"
    sent = next(call.body for call in desk.chili.calls)
    assert sent["options"] == {"trigger": "InAppButton"}
    assert sent["form"] == {
        "PersonEmail": "ada@prospect.example",
        "LeadSource": "nightly",
        "Decimal": "120000",
        "Float": "42",
        "Bool": "true",
        "Date": "2026-11-02",
        "Time": "2026-11-02T09:30:00Z",
        "Id": "00000000-0000-0000-0000-000000000007",
        "List": ["a", "2"],
    }


def test_each_trigger_has_its_own_keys(desk: Desk) -> None:
    by_name = {"trigger": "ThirdPartyForm", "form": {"email": col("email")}}
    assert desk.run(concierge(desk, lead("ada"), **by_name))[0]["status"] == "booked"
    rows = desk.run(concierge(desk, lead("bob"), trigger="ThirdPartyForm"))
    assert rows[0]["status"] == "refused"
    assert "422 MissingRequiredField" in rows[0]["reason"]


@pytest.mark.parametrize("shape", ["bare", "with_route", "null_data", "redirect"])
def test_whom_the_router_turns_away(desk: Desk, shape: Any) -> None:
    desk.chili.tenant.variants.disqualified = shape
    rows = [{"lead_id": 1, "email": "ada@gmail.com"}, lead("bob", size=5), lead("eve", size=50)]
    form = {"PersonEmail": col("email"), "CompanyEmployees": col("size", default=None)}
    answered = desk.run(concierge(desk, *rows, form=form))
    assert [row["status"] for row in answered] == ["disqualified", "disqualified", "booked"]
    assert answered[0]["reason"]


@pytest.mark.parametrize("shape", ["empty", "null", "absent"])
def test_nothing_free(desk: Desk, shape: Any) -> None:
    desk.chili.tenant.variants.none_free = shape
    form = {"PersonEmail": col("email"), "PersonCountry": "Iceland"}
    (row,) = desk.run(concierge(desk, lead("ada"), form=form))
    assert (row["status"], row["meeting_id"]) == ("no_slot", None)


@pytest.mark.parametrize(
    "variant",
    [
        {"slot_shape": "string"},
        {"slot_shape": "start", "fractional_seconds": True},
        {"route_key": "routingId"},
        {"timeout_place": "top"},
        {"timeout_place": "absent"},
        {"assignment": "single"},
        {"assignment": "absent"},
        {"concierge_attendees": "flexible"},
        {"booking_answer": "union"},
        {"booking_answer": "nested"},
        {"empty_arrays": "absent", "unknown_fields": True, "explicit_nulls": True},
    ],
    ids=str,
)
def test_every_shape_of_answer(desk: Desk, variant: dict[str, Any]) -> None:
    for name, value in variant.items():
        setattr(desk.chili.tenant.variants, name, value)
    rows = desk.run(concierge(desk, lead("ada"), lead("bob")))
    assert [row["status"] for row in rows] == ["booked"] * 2
    assert {row["meeting_id"] for row in rows} == {meeting["meetingId"] for meeting in desk.chili.meetings}


@pytest.mark.parametrize("failures_as", ["failure_200", "errorCode"])
def test_a_lost_slot(desk: Desk, failures_as: Any) -> None:
    """A fresh session, up to `max_sessions`; then a definite no."""
    desk.chili.tenant.variants.failures_as = failures_as
    desk.chili.faults.take_slot_first("concierge-schedule", count=3)
    rows = desk.run(concierge(desk, lead("ada"), lead("bob"), max_sessions=2))
    assert [(row["status"], row["attempts"]) for row in rows] == [("refused", 2), ("booked", 2)]
    assert len(desk.chili.meetings) == 1


@pytest.mark.parametrize("missing", ["concierge.route", "concierge.schedule"])
def test_a_token_that_may_not(desk: Desk, missing: str) -> None:
    """No retry; what lacks is named; the rest is not attempted."""
    desk.connect(desk.chili.token_without(missing))
    with pytest.raises(AirflowFailException, match=rf"403.*{missing.replace('.', '[.]')}"):
        desk.run(concierge(desk, *map(lead, "abc")))
    assert desk.statuses() == ["not_attempted"] * 3
    assert desk.ti.xcom["counts"] == {"not_attempted": 3}
    assert (desk.opened(), desk.chili.meetings) == (1, [])


def test_an_unknown_token(desk: Desk) -> None:
    desk.connect("nobodys-token")
    with pytest.raises(AirflowFailException, match="401") as raised:
        desk.run(concierge(desk, *map(lead, "abc")))
    assert "nobodys-token" not in str(raised.value)
    assert desk.statuses() == ["not_attempted"] * 3


def test_an_unknown_router_stops_the_batch_unless_it_is_a_column(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match="ConciergeRouterNotFound"):
        desk.run(concierge(desk, *map(lead, "abc"), router_slug="none"))
    assert desk.statuses() == ["not_attempted"] * 3
    rows = [lead("ada", to="none"), lead("bob", to="inbound-demo"), lead("eve", to=None)]
    answered = desk.run(concierge(desk, *rows, router_slug=col("to")))
    assert [row["status"] for row in answered] == ["refused", "booked", "invalid"]
    assert "A router that was renamed has a new slug" in answered[0]["reason"]


def test_a_router_through_which_nothing_is_routed(desk: Desk) -> None:
    """It accepts no routing, or Chili Piper hosts its only form."""
    rows = [lead("ada", to="draft-demo"), lead("bob", to="hosted-demo")]
    answered = desk.run(concierge(desk, *rows, router_slug=col("to")))
    assert [row["status"] for row in answered] == ["refused"] * 2
    assert "does not accept routing" in answered[0]["reason"]
    assert "400" in answered[1]["reason"]


def test_a_trigger_by_column(desk: Desk) -> None:
    rows = [lead("ada", by="RouterLink"), lead("bob", by="Button")]
    answered = desk.run(concierge(desk, *rows, trigger=col("by")))
    assert [row["status"] for row in answered] == ["booked", "invalid"]
    assert "trigger is 'Button'" in answered[1]["reason"]


def test_the_safety_net_goes_by_what_is_sent(desk: Desk) -> None:
    """The router invites whom the form names, whatever the column `email` says."""
    desk.connect(allowed_guest_domains="test.example")
    rows = [
        {"lead_id": 1, "email": "ada@test.example", "work": "ada@prospect.example"},
        {"lead_id": 2, "email": None, "work": "bob@test.example"},
        {"lead_id": 3, "email": "eve@test.example", "work": "eve@test.example"},
    ]
    answered = desk.run(concierge(desk, *rows, form={"PersonEmail": col("work")}))
    assert [row["status"] for row in answered] == ["invalid", "booked", "booked"]
    assert desk.opened() == 2
    assert desk.guests() == ["bob@test.example", "eve@test.example"]


def test_the_guest_on_record_is_whom_the_router_invites(desk: Desk, ledger: Path) -> None:
    """One key with another guest is an error, not a second booking, and not a booking that is known already."""
    by_work = {"form": {"PersonEmail": col("work")}, "ledger_conn_id": "ledger"}
    desk.run(concierge(desk, lead("ada", work="ada@work.example"), **by_work))
    (row,) = desk.run(concierge(desk, lead("ada", work="eve@work.example"), **by_work))
    assert row["status"] == "invalid"
    assert "another guest" in row["reason"]


@pytest.mark.parametrize(
    "email",
    ["", " ", "b\x00@x.example", "b\u202e@x.example", "b" * 100_000, "b" * 65 + "@x.example", "a@b@c", "a b@c.example"],
)
def test_what_is_no_e_mail_invites_nobody(desk: Desk, email: str) -> None:
    """Also where the form alone has it; and the good row beside it is booked."""
    for column in (col("email"), col("email", default=None)):
        rows = desk.run(concierge(desk, lead("bad", email=email), lead("ada"), guest_email=column))
        assert [row["status"] for row in rows] == ["invalid", "booked"]
        assert "e-mail" in rows[0]["reason"]
    assert {meeting["guest"] for meeting in desk.chili.meetings} == {"ada@prospect.example"}


def test_an_e_mail_goes_out_as_it_is_compared(desk: Desk) -> None:
    desk.run(concierge(desk, lead("ada", email="\u200b ada@prospect.example \n")))
    assert [meeting["guest"] for meeting in desk.chili.meetings] == ["ada@prospect.example"]


def test_an_allowed_guest_of_a_third_party_form_needs_no_e_mail_column(desk: Desk) -> None:
    row = {"lead_id": 1, "Work": "ada@prospect.example"}
    asked = {"trigger": "ThirdPartyForm", "form": {"email": col("work")}}
    desk.connect(allowed_guest_domains="prospect.example")
    assert desk.run(concierge(desk, row, **asked))[0]["status"] == "booked"
