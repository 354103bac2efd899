"""Handing leads over: by e-mail and by CRM id, over paths, with names looked up once a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import HandoffBookOperator, col
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk, lead

SALES = {"workspace_id": "ws-sales", "booker_id": "u-sdr-1"}
BY_NAME = {"workspace": "Sales", "booker_email": "SAM.setter@sandbox.example"}


def handoff(desk: Desk, *leads: Any, **arguments: Any) -> HandoffBookOperator:
    given = {**SALES, "leads": list(leads), "lead_key": col("lead_id"), "router_id": "ho-expert", "path": "earliest"}
    return desk.make(HandoffBookOperator, **{**given, "leads_at_once": 1, **arguments})


def requests(desk: Desk) -> list[Any]:
    return [call.body for call in desk.chili.calls if call.operation == "handoff-init"]


def test_by_email(desk: Desk) -> None:
    (row,) = desk.run(handoff(desk, lead("ada")))
    assert (row["status"], row["pattern"], row["host"] in row["assignees"]) == ("booked", "handoff", True)
    assert desk.guests() == ["ada@prospect.example"]
    assert requests(desk)[0]["routerId"] == "ho-expert"


@pytest.mark.parametrize(("crm_id", "kind"), [("00Q000000000001", "LeadId"), ("003000000000001", "ContactId")])
def test_by_crm_id(desk: Desk, crm_id: str, kind: str) -> None:
    """No e-mail is needed, and none is sent where there is one; Salesforce's prefixes say what the id is."""
    crm_ids = [crm_id, f"{crm_id[:-1]}2"]
    rows = [{"lead_id": 1, "crm": crm_ids[0]}, {"lead_id": 2, "crm": crm_ids[1], "email": ""}]
    booked = desk.run(handoff(desk, *rows, crm_id=col("crm"), crm_explicits={"LeadSource": "nightly"}))
    assert [row["status"] for row in booked] == ["booked"] * 2
    assert [body["id"] for body in requests(desk)] == [{"type": kind, "value": each} for each in crm_ids]
    assert requests(desk)[0]["crmExplicits"] == {"LeadSource": "nightly"}
    assert "guestEmail" not in requests(desk)[0]


def test_whom_the_crm_knows_is_invited(desk: Desk) -> None:
    """And held to the safety net; an e-mail beside the id is nobody's."""
    desk.connect(allowed_guest_domains="prospect.example")
    rows = [
        {"lead_id": 1, "crm": "00Q000000000001", "email": "old@elsewhere.example"},
        {"lead_id": 2, "crm": "003000000000001", "email": "new@prospect.example"},
    ]
    answered = desk.run(handoff(desk, *rows, crm_id=col("crm")))
    assert [row["status"] for row in answered] == ["booked", "invalid"]
    assert desk.guests() == ["lead.one@prospect.example"]


def test_a_crm_id_that_does_not_show_its_kind(desk: Desk) -> None:
    rows = [{"lead_id": 1, "crm": "7"}, {"lead_id": 2, "crm": "00Q000000000001"}, {"lead_id": 3, "crm": None}]
    answered = desk.run(handoff(desk, *rows, crm_id=col("crm")))
    assert [row["status"] for row in answered] == ["invalid", "booked", "invalid"]
    assert "crm_type" in answered[0]["reason"]
    assert "neither guest_email nor crm_id" in answered[2]["reason"]
    assert desk.run(handoff(desk, rows[0], crm_id=col("crm"), crm_type="LeadId"))[0]["status"] == "booked"


def test_several_paths_are_refused_with_their_list(desk: Desk) -> None:
    """Unless one is named; nobody guesses."""
    (row,) = desk.run(handoff(desk, lead("ada"), path="only"))
    assert row["status"] == "refused"
    assert "p-demo (router ho-expert)" in row["reason"]
    assert "p-deep (router ho-expert)" in row["reason"]
    assert desk.spent() == 0
    rows = [lead("ada", path="p-deep"), lead("bob", path="p-none"), lead("eve", path=None)]
    named = desk.run(handoff(desk, *rows, path=col("path")))
    assert [row["status"] for row in named] == ["booked", "refused", "invalid"]
    assert "path is empty" in named[2]["reason"]
    spent = [call.path for call in desk.chili.calls if call.operation == "handoff-schedule"]
    assert len(spent) == 1
    assert "/path/p-deep/" in spent[0]


def test_the_only_path(desk: Desk) -> None:
    """Without a router, all of the workspace are asked, and several paths may come."""
    one = {"workspace_id": "ws-success", "path": "only"}
    assert desk.run(handoff(desk, lead("ada"), router_id="ho-success", **one))[0]["status"] == "booked"
    assert desk.run(handoff(desk, lead("bob"), router_id=None, **one))[0]["status"] == "booked"
    assert desk.run(handoff(desk, lead("eve"), router_id="ho-nobody", **one))[0]["status"] == "no_slot"
    assert desk.run(handoff(desk, lead("joe"), router_id="ho-full", path="only"))[0]["status"] == "no_slot"


def test_a_fork_books_its_later_branch(desk: Desk) -> None:
    (row,) = desk.run(handoff(desk, lead("ada"), router_id="ho-fork", path="p-fork"))
    assert row["status"] == "booked"


@pytest.mark.parametrize(
    "variant",
    [
        {"handoff_paths": "Fork"},
        {"handoff_attendees": True},
        {"slot_shape": "string"},
        {"slot_shape": "start", "fractional_seconds": True},
        {"route_key": "routingId"},
        {"booking_answer": "plain"},
        {"booking_answer": "union"},
        {"empty_arrays": "absent", "explicit_nulls": True, "unknown_fields": True},
    ],
    ids=str,
)
def test_every_shape_of_answer(desk: Desk, variant: dict[str, Any]) -> None:
    for name, value in variant.items():
        setattr(desk.chili.tenant.variants, name, value)
    rows = desk.run(handoff(desk, lead("ada"), lead("bob")))
    assert [row["status"] for row in rows] == ["booked"] * 2
    assert {row["meeting_id"] for row in rows} == {meeting["meetingId"] for meeting in desk.chili.meetings}


def test_names_are_looked_up_once_a_run(desk: Desk) -> None:
    operator = handoff(desk, *map(lead, "abc"), workspace_id=None, booker_id=None, **BY_NAME)
    assert {row["status"] for row in desk.run(operator)} == {"booked"}
    asked = [call.operation for call in desk.chili.calls]
    assert (asked.count("workspace-list"), asked.count("user-find")) == (1, 1)


def test_a_booker_by_column(desk: Desk) -> None:
    """An unknown one refuses its own leads only, and is asked for once."""
    reps = ("sam.setter@sandbox.example", "gone@sandbox.example", "gone@sandbox.example", None)
    rows = [lead(str(number), rep=rep) for number, rep in enumerate(reps)]
    answered = desk.run(handoff(desk, *rows, booker_id=None, booker_email=col("rep")))
    assert [row["status"] for row in answered] == ["booked", "refused", "refused", "invalid"]
    assert "booker_email: no user" in answered[1]["reason"]
    assert "booker_email is empty" in answered[3]["reason"]
    assert not any("gone" in row["reason"] for row in answered)
    assert [call.operation for call in desk.chili.calls].count("user-find") == 2


def test_a_look_up_that_fails_stops_the_task_and_its_retry_goes_on(desk: Desk, ledger: Path) -> None:
    """Names are looked up as their leads come: those before it are booked."""
    desk.connect(ledger_conn_id="ledger")
    desk.chili.faults.error("user-find", status=422, code="Odd", skip=1)
    rows = [lead("ada", rep="sam.setter@sandbox.example"), lead("bob", rep="sue.setter@sandbox.example"), lead("eve")]
    task = handoff(desk, *rows, booker_id=None, booker_email=col("rep", default="sam.setter@sandbox.example"))
    with pytest.raises(AirflowException, match=r"2 not_attempted \(user-find: 422 Odd"):
        desk.run(task)
    assert [row["status"] for row in desk.run(task, try_number=2)] == ["already_booked", "booked", "booked"]


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"workspace_id": None, "workspace": "Sails"}, "workspace: no workspace is named 'Sails'"),
        ({"booker_id": None, "booker_email": "nobody@sandbox.example"}, "booker_email: no user"),
        ({"workspace_id": "ws-none"}, "handoff-init: 404"),
        ({"booker_id": "u-none"}, "handoff-init: 404"),
        ({"router_id": "ho-none"}, "handoff-init: 404"),
    ],
    ids=["workspace", "booker_email", "workspace_id", "booker_id", "router_id"],
)
def test_what_nobody_knows_stops_the_batch(desk: Desk, wrong: dict[str, Any], complaint: str) -> None:
    """No retry; the rest is not attempted, and every row's key is there to be written back."""
    with pytest.raises(AirflowFailException, match=complaint):
        desk.run(handoff(desk, *map(lead, "abcd"), **wrong))
    assert desk.statuses() == ["not_attempted"] * 4
    assert [row["lead_key"] for row in desk.ti.xcom["return_value"]] == list("abcd")
    assert desk.opened() <= 1
    assert desk.spent() == 0


def test_arguments_that_exclude_each_other(desk: Desk) -> None:
    for wrong in (
        {"workspace": "Sales"},
        {"workspace_id": None},
        {"booker_email": "sam.setter@sandbox.example"},
        {"booker_id": None},
    ):
        with pytest.raises(BadValue, match="exactly one of"):
            handoff(desk, **wrong)
    for wrong, complaint in (({"crm_type": "Lead"}, "crm_type is"), ({"path": None}, "path is missing")):
        with pytest.raises(BadValue, match=complaint):
            handoff(desk, **wrong)
