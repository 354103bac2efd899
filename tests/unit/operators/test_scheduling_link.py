"""Booking over links: by id, by reference and by address; their forms; owners."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import SchedulingLinkBookOperator, col
from airflow_chilipiper.version_compat import AirflowFailException
from tests.booking_task import Desk, lead


def link(desk: Desk, *leads: Any, **arguments: Any) -> SchedulingLinkBookOperator:
    given = {"leads": list(leads), "lead_key": col("lead_id"), "leads_at_once": 1, **arguments}
    return desk.make(SchedulingLinkBookOperator, **given)


def bodies(desk: Desk, operation: str) -> list[Any]:
    return [call.body for call in desk.chili.calls if call.operation == operation]


def booking_url(desk: Desk, slug: str) -> str:
    from airflow_chilipiper.hooks import ChiliPiperHook

    hook = ChiliPiperHook()
    (found,) = [each.booking_url for each in hook.links() if each.booking_url and each.booking_url.endswith(slug)]
    hook.close()
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        {"link_id": "link-rr-demo"},
        {"link_type": "Ownership", "link_id": "link-owner"},
        {"link": {"type": "Group", "linkId": "link-group"}},
        {"link": {"type": "Personal", "slug": "amy-expert-demo"}},
        {"link": {"type": "RoundRobin", "linkId": col("which")}},
        {"link_type": col("kind"), "link_id": col("which")},
    ],
    ids=str,
)
def test_references(desk: Desk, arguments: dict[str, Any]) -> None:
    rows = [lead("ada", which="link-rr-demo", kind="RoundRobin"), lead("bob", which="link-rr-demo", kind="RoundRobin")]
    assert [row["status"] for row in desk.run(link(desk, *rows, **arguments))] == ["booked"] * 2
    assert sorted(desk.guests()) == ["ada@prospect.example", "bob@prospect.example"]


def test_a_reference_out_of_a_template(desk: Desk) -> None:
    operator = link(desk, lead("ada"), link="{{ reference }}")
    operator.render_template_fields({"reference": {"type": "RoundRobin", "linkId": "link-rr-demo"}})
    assert desk.run(operator)[0]["status"] == "booked"


def test_an_address_is_looked_up_once_a_run(desk: Desk) -> None:
    url = booking_url(desk, "book-a-demo")
    before = len(desk.chili.calls)
    assert {row["status"] for row in desk.run(link(desk, *map(lead, "abc"), booking_url=url))} == {"booked"}
    asked = [call.operation for call in desk.chili.calls[before:]]
    assert len([name for name in asked if "list" in name]) <= 4
    assert [body["link"] for body in bodies(desk, "scheduling-link-init")] == [
        {"type": "RoundRobin", "linkId": "link-rr-demo"}
    ] * 3


def test_an_address_by_column(desk: Desk) -> None:
    rows = [lead("ada", url=booking_url(desk, "book-a-demo")), lead("bob", url="https://x/none"), lead("eve", url=None)]
    answered = desk.run(link(desk, *rows, booking_url=col("url")))
    assert [row["status"] for row in answered] == ["booked", "refused", "invalid"]
    assert "booking_url" in answered[1]["reason"]
    assert "booking_url is empty" in answered[2]["reason"]


AMY, AMYS = "Amy.Expert@sandbox.example", "amy-expert-demo"


@pytest.mark.parametrize(
    "where",
    [
        {"link_owner": AMY, "link_slug": AMYS},
        {"link_owner": col("rep"), "link_slug": col("which")},
        {"booking_url": f"https://sandbox.chilipiper.example/me/{AMYS}"},
    ],
    ids=str,
)
def test_a_personal_link(desk: Desk, where: dict[str, Any]) -> None:
    """Looked up once a run; how it is referred to is a guess, and each outcome says so."""
    rows = [lead(name, rep=AMY, which=AMYS) for name in ("ada", "bob")]
    answered = desk.run(link(desk, *rows, **where))
    assert [(row["status"], "are a guess" in row["reason"]) for row in answered] == [("booked", True)] * 2
    assert {tuple(meeting["hosts"]) for meeting in desk.chili.meetings} == {("u-ae-1",)}
    assert [body["link"] for body in bodies(desk, "scheduling-link-init")] == [{"type": "Personal", "slug": AMYS}] * 2
    assert [call.operation for call in desk.chili.calls].count("scheduling-link-list-personal-v2") == 1


def test_a_personal_link_that_cannot_be_named_is_an_error_of_its_lead(desk: Desk) -> None:
    """Before anything is opened for it."""
    rows = [
        lead("ada", rep=AMY, which="demo"),
        lead("bob", rep="gone@sandbox.example", which=AMYS),
        lead("cid", rep=AMY, which=None),
        lead("eve", rep=AMY, which=AMYS),
    ]
    answered = desk.run(link(desk, *rows, link_owner=col("rep"), link_slug=col("which")))
    assert [row["status"] for row in answered] == ["refused", "refused", "invalid", "booked"]
    assert f"no personal links of this owner have the slug 'demo': there are {AMYS}" in answered[0]["reason"]
    assert "link_owner: no user has exactly this e-mail" in answered[1]["reason"]
    assert answered[2]["reason"] == "link_slug is empty"
    assert desk.opened() == 1
    (row,) = desk.run(link(desk, lead("joe"), link_type=col("kind", default="Personal"), link_id="x"))
    assert (row["status"], desk.opened()) == ("invalid", 1)
    assert "a personal link has no link_id" in row["reason"]


@pytest.mark.parametrize(("taken", "tried"), [("Admin", 0), ("AdminOneOnOne", 1)])
def test_the_literal_of_an_admin_link_is_tried_once_a_run(desk: Desk, taken: str, tried: int) -> None:
    desk.chili.tenant.variants.admin_link = (taken,)
    answered = desk.run(link(desk, *map(lead, "abc"), link_type="AdminOneOnOne", link_id="link-admin"))
    assert [row["status"] for row in answered] == ["booked"] * 3
    types = [body["link"]["type"] for body in bodies(desk, "scheduling-link-init")]
    assert types == ["Admin"] * tried + [taken] * 3


def test_whichever_literal_was_sent_the_next_process_knows_its_booking(desk: Desk, ledger: Path) -> None:
    desk.connect(ledger_conn_id="ledger")
    for taken, kind, status in (
        ("AdminOneOnOne", "AdminOneOnOne", "booked"),
        ("Admin", "AdminOneOnOne", "already_booked"),
        ("Admin", "Admin", "already_booked"),
    ):
        desk.chili.tenant.variants.admin_link = (taken,)
        (row,) = desk.run(link(desk, lead("ada"), link_type=kind, link_id="link-admin"))
        assert row["status"] == status
    assert len(desk.chili.meetings) == 1


def test_no_known_literal(desk: Desk) -> None:
    desk.chili.tenant.variants.admin_link = ()
    (row,) = desk.run(link(desk, lead("ada"), link_type="Admin", link_id="link-admin"))
    assert row["status"] == "refused"
    assert "None of the types Admin, AdminOneOnOne is taken" in row["reason"]


def test_what_is_sent(desk: Desk) -> None:
    """The guest's zone, the meeting type, and the answers to the form under the link's own references."""
    kinds = desk.chili.tenant.catalogue.links["link-rr-qualified"].meeting_types
    form = {"CompanyName": col("company"), "Phone": col("phone"), "Other": "x"}
    where = {
        "link_id": "link-rr-qualified",
        "meeting_type_id": kinds[1],
        "timezone": col("zone", default="Asia/Kolkata"),
    }
    rows = [lead("ada", company="Ltd", phone=4930.0, zone=None), lead("bob", phone=1, company=None, zone="Europe/Rome")]
    answered = desk.run(link(desk, *rows, form=form, **where))
    assert [row["status"] for row in answered] == ["booked", "invalid"]
    assert "the link requires CompanyName" in answered[1]["reason"]
    opened, spent = bodies(desk, "scheduling-link-init"), bodies(desk, "scheduling-link-schedule")
    assert [body["guestTimezone"] for body in opened] == ["Asia/Kolkata", "Europe/Rome"]
    assert {body["meetingTypeId"] for body in opened} == {kinds[1]}
    answers = {"PersonEmail": "ada@prospect.example", "CompanyName": "Ltd", "Phone": "4930", "UtmSource": "sandbox"}
    assert [body["formData"] for body in spent] == [answers]


def test_the_zone_of_the_dag(desk: Desk) -> None:
    """Filters slots and is never sent; a DAG by an offset has none that Chili Piper would know."""
    desk.run(link(desk, lead("ada"), link_id="link-rr-demo"), timezone="America/Lima")
    for operation in ("scheduling-link-init", "scheduling-link-schedule"):
        assert all("guestTimezone" not in body for body in bodies(desk, operation))
    with pytest.raises(AirflowFailException, match=r"timezone is '\+02:00'"):
        desk.run(link(desk, lead("bob"), link_id="link-rr-demo"), timezone=7200)


@pytest.mark.parametrize("kind", ["RoundRobin", "Ownership"])
def test_a_link_needs_a_guest(desk: Desk, kind: str) -> None:
    """Before anything is sent."""
    rows = desk.run(link(desk, {"lead_id": 1}, link_type=kind, link_id="link-owner"))
    assert rows[0]["status"] == "invalid"
    assert "guest_email is missing" in rows[0]["reason"]
    assert ("cannot find the owner" in rows[0]["reason"]) == (kind == "Ownership")
    assert desk.chili.calls == []


def test_owners(desk: Desk) -> None:
    rows = [{"lead_id": 1, "email": "owned@customer.example"}, {"lead_id": 2, "email": "kept@customer.example"}]
    desk.run(link(desk, *rows, link_type="Ownership", link_id="link-owner"))
    assert sorted(tuple(meeting["hosts"]) for meeting in desk.chili.meetings) == [("u-ae-1",), ("u-ae-2",)]


def test_nothing_free(desk: Desk) -> None:
    (row,) = desk.run(link(desk, lead("ada"), link_id="link-rr-full"))
    assert (row["status"], row["meeting_id"], bool(row["session_id"])) == ("no_slot", None, True)


@pytest.mark.parametrize(
    "variant",
    [
        {"slot_shape": "string"},
        {"slot_shape": "start", "fractional_seconds": True},
        {"route_key": "routingId"},
        {"timeout_place": "top"},
        {"requirement": "object"},
        {"booking_answer": "union"},
        {"booking_answer": "nested"},
        {"empty_arrays": "null", "unknown_fields": True},
    ],
    ids=str,
)
def test_every_shape_of_answer(desk: Desk, variant: dict[str, Any]) -> None:
    for name, value in variant.items():
        setattr(desk.chili.tenant.variants, name, value)
    form = {"CompanyName": "Ltd"}
    rows = desk.run(link(desk, lead("ada"), lead("bob"), link_id="link-rr-qualified", form=form))
    assert [row["status"] for row in rows] == ["booked"] * 2


def test_an_unknown_link_stops_the_batch_unless_it_is_a_column(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match="SchedulingLinkNotFound"):
        desk.run(link(desk, *map(lead, "abc"), link_id="link-none"))
    assert desk.statuses() == ["not_attempted"] * 3
    rows = [lead("ada", which="link-none"), lead("bob", which="link-rr-demo"), lead("eve", which=" ")]
    answered = desk.run(link(desk, *rows, link_id=col("which")))
    assert [row["status"] for row in answered] == ["refused", "booked", "invalid"]
    assert answered[2]["reason"] == "link_id is empty"


def test_guests_outside_the_safety_net(desk: Desk) -> None:
    """Also one that only the form names; nothing is sent for them."""
    desk.connect(allowed_guest_domains="test.example")
    rows = [
        {"lead_id": 1, "email": "ada@test.example"},
        {"lead_id": 2, "email": "ada@prospect.example"},
        {"lead_id": 3, "email": "eve@test.example", "work": "eve@prospect.example"},
    ]
    answered = desk.run(link(desk, *rows, link_id="link-rr-demo", form={"PersonEmail": col("work", default=None)}))
    assert [row["status"] for row in answered] == ["booked", "invalid", "invalid"]
    assert all("allowed_guest_domains" in row["reason"] for row in answered[1:])
    assert (desk.opened(), desk.guests()) == (1, ["ada@test.example"])


def test_bad_arguments(desk: Desk) -> None:
    for wrong, complaint in (
        ({}, "exactly one of link_id, link, booking_url, link_owner"),
        ({"link_id": "x", "booking_url": "https://x"}, "exactly one of"),
        ({"link_id": ""}, "link_id is blank"),
        ({"link": "x"}, "link is str"),
        ({"link": {}}, "link is empty"),
        ({"link_id": "x", "link_type": None}, "link_type is missing"),
        ({"link_id": "x", "form": 3}, "form is int"),
        ({"link_owner": "rep@corp.example"}, "link_owner and link_slug belong together; got link_owner"),
        ({"link_id": "x", "link_slug": "demo"}, "link_owner and link_slug belong together; got link_slug"),
        ({"link_id": "x", "link_owner": "rep@corp.example", "link_slug": "demo"}, "exactly one of"),
        ({"link_owner": "rep", "link_slug": "demo"}, "link_owner is no e-mail address"),
    ):
        with pytest.raises(BadValue, match=complaint):
            link(desk, **wrong)
