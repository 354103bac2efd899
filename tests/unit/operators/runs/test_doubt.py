"""A booking whose answer was lost: found by looking, left to a person, or booked again where the user allows it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import HandoffBookOperator, Rebook, SchedulingLinkBookOperator
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import BOOKING, Desk, lead
from tests.unit.operators.declared import BOOKS, MANY, OWN, concierge


@pytest.mark.parametrize("kind", BOOKS)
def test_a_lost_answer_is_found_in_the_meeting_list(desk: Desk, ledger: Path, kind: type) -> None:
    """Nothing is sent again: the meeting is there, and its id is the outcome's."""
    for operation in BOOKING:
        desk.chili.faults.lose_answer(operation)
    arguments = {**OWN[kind], **MANY, "leads": [lead("ada"), lead("bob")], "leads_at_once": 1}
    rows = desk.run(desk.make(kind, ledger_conn_id="ledger", **arguments))
    assert desk.statuses() == ["booked", "booked"]
    assert {row["meeting_id"] for row in rows} == {meeting["meetingId"] for meeting in desk.chili.meetings}
    assert desk.spent() == 2


@pytest.mark.parametrize("kind", BOOKS)
def test_a_lost_answer_that_cannot_be_looked_for_is_found_by_the_next_try(desk: Desk, ledger: Path, kind: type) -> None:
    """The lead is unknown and the others are booked; that fails the task, and its retry finds out, and books nobody."""
    for operation in BOOKING:
        desk.chili.faults.lose_answer(operation)
    desk.chili.faults.error("meeting-list-put", status=403, code="Forbidden", message="meeting.read is missing")
    arguments = {**OWN[kind], **MANY, "leads": [lead("ada"), lead("bob")], "leads_at_once": 1}
    operator = desk.make(kind, ledger_conn_id="ledger", **arguments)
    with pytest.raises(AirflowException, match="1 unknown") as raised:
        desk.run(operator)
    assert not isinstance(raised.value, AirflowFailException)
    assert desk.statuses() == ["unknown", "booked"]
    assert "meeting list could not be asked" in desk.reasons()[0]
    desk.run(operator, try_number=2)
    assert desk.statuses() == ["already_booked", "already_booked"]
    assert (desk.opened(), desk.spent(), len(desk.chili.meetings)) == (2, 2, 2)


@pytest.mark.parametrize("kind", BOOKS)
def test_a_lead_for_whom_no_meeting_is_found_is_left_to_a_person(
    desk: Desk, ledger: Path, kind: type, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first try ends as unknown; the next one decides, and says what to do; none asks for the lead again."""
    for operation in BOOKING:
        desk.chili.faults.lose_request(operation)
    arguments = {**OWN[kind], **MANY, "leads": [lead("ada")]}
    desk.connect(meeting_list_lag=0)
    operator = desk.make(kind, ledger_conn_id="ledger", **arguments)
    with pytest.raises(AirflowException, match="1 unknown"):
        desk.run(operator)
    for try_number in (2, 3):
        desk.run(operator, try_number=try_number)
        assert desk.statuses() == ["review"]
        assert "no meeting is found" in desk.reasons()[0]
    assert (desk.opened(), desk.spent(), desk.chili.meetings) == (1, 1, [])
    assert "a person must decide (ledger resolve " in capsys.readouterr().out


def test_where_the_user_allows_it_a_lead_is_booked_again_once_no_earlier_call_can_have_any_effect(
    desk: Desk, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before that the lead stays unknown, and each retry looks again."""
    desk.chili.faults.lose_request("scheduling-link-schedule")
    arguments = {**OWN[SchedulingLinkBookOperator], **MANY, "leads": [lead("ada")]}
    arguments |= {"in_doubt": Rebook(session_lifetime=timedelta(minutes=10))}
    desk.connect(meeting_list_lag=0)
    operator = desk.make(SchedulingLinkBookOperator, ledger_conn_id="ledger", **arguments)
    for try_number in (1, 2):
        with pytest.raises(AirflowException, match="1 unknown"):
            desk.run(operator, try_number=try_number)
    with closing(sqlite3.connect(ledger)) as db, db:
        ((sent_at, no_effect_after),) = db.execute("SELECT sent_at, no_effect_after FROM chilipiper_ledger")
        assert no_effect_after - sent_at == 600 + 60 + 300
        db.execute("UPDATE chilipiper_ledger SET sent_at = sent_at - 961, no_effect_after = no_effect_after - 961")
    desk.run(operator, try_number=3)
    assert desk.statuses() == ["booked"]
    assert (desk.spent(), len(desk.chili.meetings)) == (2, 1)


@pytest.mark.parametrize("kind", [SchedulingLinkBookOperator, HandoffBookOperator])
def test_for_links_and_handoff_the_user_states_how_long_a_session_lives(desk: Desk, kind: type) -> None:
    """Chili Piper does not; a template that leaves nothing is found before anything is sent."""
    with pytest.raises(BadValue, match=r"^in_doubt is Rebook\(\), which needs session_lifetime"):
        desk.make(kind, **OWN[kind], **MANY, in_doubt=Rebook())
    arguments = {**OWN[kind], **MANY, "leads": [lead("ada")]}
    templated = desk.make(kind, **arguments, in_doubt=Rebook(session_lifetime="{{ params.lifetime }}"))
    templated.render_template_fields({"params": {"lifetime": ""}})
    with pytest.raises(AirflowFailException, match=r"needs session_lifetime.*Nothing was sent"):
        desk.run(templated)
    assert desk.chili.calls == []


def test_for_concierge_each_offer_says_how_long_its_session_lives(desk: Desk) -> None:
    assert desk.run(concierge(desk, lead("ada"), in_doubt=Rebook()))[0]["status"] == "booked"
