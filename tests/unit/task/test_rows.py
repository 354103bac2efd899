"""One outcome for each row of a task: bad ones are named, good ones beside them are booked."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from airflow_chilipiper.operators import SchedulingLinkBookOperator, col
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import Desk, lead


def link(desk: Desk, *rows: Any, **arguments: Any) -> SchedulingLinkBookOperator:
    given = {"link_id": "link-rr-demo", "lead_key": col("lead_id"), "leads_at_once": 1, **arguments}
    return desk.make(SchedulingLinkBookOperator, leads=list(rows), **given)


BAD: list[tuple[Any, str]] = [
    (3, "the row is a int"),
    (None, "the row is a NoneType"),
    (["x"], "the row is a list"),
    ({}, "no column 'lead_id': the row has none"),
    ({"id": 1}, "no column 'lead_id': the row has id"),
    (
        {"lead_id": None},
        "lead_key is None, expected text or a number that is the lead's own, such as its id or e-mail; a single",
    ),
    ({"lead_id": float("nan")}, "key is None"),
    ({"lead_id": True}, "key is True"),
    ({"lead_id": " "}, "key is empty"),
    ({"lead_id": [1]}, "key is of type list"),
    ({"LEAD_ID": 1, "Lead_Id": 2}, "column 'lead_id' is ambiguous: the row has LEAD_ID, Lead_Id"),
    ({"lead_id": 1}, "email is missing"),
    ({"lead_id": 1, "email": None}, "email is missing"),
    ({"lead_id": 1, "email": "ada"}, "guest_email is no e-mail address"),
    ({"lead_id": 1, "email": "a@b@c"}, "email is no e-mail address"),
    ({"lead_id": 1, "email": "a b@c"}, "email is no e-mail address"),
    ({"lead_id": 1, "email": 7}, "email is no e-mail address"),
    (lead("1", zone="Mars"), "timezone is 'Mars'"),
    (lead("1", zone=None), "timezone is None"),
    (lead("1", wanted="soon"), "prefer is 'soon'"),
    (lead("1", size=object()), r"form['Size'] is of type object"),
    (lead("1", size={"a": 1}), r"form['Size'] is of type dict"),
    (lead("1", size=float("inf")), r"form['Size'] is inf"),
    (lead("1", size=datetime.max.replace(tzinfo=timezone(-timedelta(hours=9)))), "unexpected OverflowError"),
    ({1: 2}, "no column 'lead_id': the row has 1"),
]


@pytest.mark.parametrize(("row", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_a_bad_row_has_one_clear_outcome(desk: Desk, row: Any, reason: str) -> None:
    columns = {
        "timezone": col("zone") if isinstance(row, dict) and "zone" in row else "Europe/Paris",
        "prefer": col("wanted", default=None),
        "form": {"Size": col("size", default=None)},
    }
    good = lead("good", zone="Europe/Paris")
    answered = desk.run(link(desk, row, good, **columns))
    assert [each["status"] for each in answered] == ["invalid", "booked"]
    assert reason in answered[0]["reason"]
    assert desk.guests() == ["good@prospect.example"]


def test_duplicate_keys(desk: Desk) -> None:
    """The first that can be asked about is booked; the others name the row that they repeat, from 1 on."""
    rows = [
        {"lead_id": 42, "email": "nobody"},
        {"lead_id": 42.0, "email": "ada@prospect.example"},
        {"lead_id": "42 ", "email": "bob@prospect.example"},
    ]
    answered = desk.run(link(desk, *rows))
    assert [row["status"] for row in answered] == ["invalid", "booked", "invalid"]
    assert answered[2]["reason"] == "repeats the key of row 2"
    assert desk.guests() == ["ada@prospect.example"]


def test_outcomes_in_the_order_of_the_rows(desk: Desk) -> None:
    rows = [lead(str(number)) if number % 3 else number for number in range(12)]
    answered = desk.run(link(desk, *rows, leads_at_once=6, max_sessions=20))
    assert [row["lead_key"] for row in answered] == [str(number) if number % 3 else None for number in range(12)]
    booked = {row["meeting_id"]: row["lead_key"] for row in answered if row["status"] == "booked"}
    guests = {meeting["meetingId"]: meeting["guest"].partition("@")[0] for meeting in desk.chili.meetings}
    assert booked == guests
    assert len(booked) == 8


def test_a_list_of_links_that_cannot_be_asked(desk: Desk) -> None:
    """Nobody is booked, every key has its outcome, and another try may help."""
    desk.chili.faults.error("scheduling-link-list-round-robin", status=422, code="Odd")
    with pytest.raises(AirflowException, match=r"3 not_attempted .*422 Odd") as raised:
        desk.run(link(desk, *map(lead, "abc"), link_id=None, booking_url="https://x/y"))
    assert not isinstance(raised.value, AirflowFailException)
    assert desk.statuses() == ["not_attempted"] * 3
    assert [row["lead_key"] for row in desk.ti.xcom["return_value"]] == list("abc")
