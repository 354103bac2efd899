"""What the three booking operators share: arguments, guards, previews, and what holds on one task's way."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, TaskGroup

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import (
    ConciergeBookOperator,
    HandoffBookOperator,
    SchedulingLinkBookOperator,
    col,
)
from airflow_chilipiper.version_compat import AirflowException, AirflowFailException
from tests.booking_task import BOOKING, Desk, lead

try:
    from airflow.sdk.exceptions import AirflowTaskTimeout
    from airflow.serialization.serialized_objects import DagSerialization
except ImportError:  # before 3.2
    from airflow.exceptions import AirflowTaskTimeout
    from airflow.serialization.serialized_objects import SerializedDAG as DagSerialization

CONCIERGE = {"router_slug": "inbound-demo", "trigger": "InAppButton", "form": {"PersonEmail": col("email")}}
LINK = {"link_id": "link-rr-demo"}
HANDOFF = {"workspace_id": "ws-sales", "booker_id": "u-sdr-1", "path": "earliest"}
MANY = {"leads": [], "lead_key": col("lead_id")}


def concierge(desk: Desk, *leads: Any, **arguments: Any) -> ConciergeBookOperator:
    given = {**CONCIERGE, "leads": list(leads), "lead_key": col("lead_id"), "leads_at_once": 1, **arguments}
    return desk.make(ConciergeBookOperator, **given)


def test_where_users_import_from() -> None:
    """The hook, too, though it is loaded only when it is asked for."""
    from airflow_chilipiper import operators

    for name in operators.__all__:
        assert getattr(operators, name).__module__.startswith("airflow_chilipiper.")
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        operators.Nothing  # noqa: B018


# Arguments.


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"lead": lead("ada"), "leads": []},
        {"leads": [], "sql": "SELECT 1", "sql_conn_id": "x"},
        {"lead": lead("ada"), "leads": [], "sql": "SELECT 1"},
        {"leads": None},
    ],
    ids=lambda given: "+".join(given) or "none",
)
def test_exactly_one_source(desk: Desk, arguments: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match="exactly one of lead, leads, sql"):
        desk.make(ConciergeBookOperator, lead_key=col("lead_id"), **arguments, **CONCIERGE)


BAD: list[tuple[str, dict[str, Any]]] = [
    ("key is missing", {"lead_key": None}),
    ("key is the same for every lead", {"lead_key": "lead_id"}),
    ("key is missing", {"leads": None, "sql": "SELECT 1", "sql_conn_id": "x", "lead_key": None}),
    ("sql_conn_id is missing", {"leads": None, "sql": "SELECT 1"}),
    ("sql is blank", {"leads": None, "sql": " ", "sql_conn_id": "x"}),
    ("leads is of type str.*; it is no template", {"leads": "{{ ti.xcom_pull('rows') }}"}),
    ("leads is of type dict", {"leads": {"email": "x"}}),
    ("lead is of type list", {"leads": None, "lead": [lead("ada")]}),
    ("purpose is blank", {"purpose": " "}),
    ("purpose is NoneType", {"purpose": None}),
    ("purpose is Column", {"purpose": col("campaign")}),
    ("email is no e-mail", {"email": "email"}),
    ("timezone is 'Mars/Phobos'", {"timezone": "Mars/Phobos"}),
    ("prefer is 'soon'", {"prefer": "soon"}),
    ("prefer .* no time zone", {"prefer": [datetime(2026, 11, 2)]}),  # noqa: DTZ001
    ("form is int", {"form": 3}),
    ("form is missing", {"form": None}),
    (r"form\['Company'\] is of type object", {"form": {"Company": object()}}),
    ("keep is 'lead_id'", {"keep": "lead_id"}),
    ("keep has status", {"keep": ["status"]}),
    ("keep is", {"keep": [3]}),
    ("fail_on is 'unknown'", {"fail_on": "unknown"}),
    ("fail_on has lost", {"fail_on": ["lost"]}),
    ("rebook_after is 'soon'", {"rebook_after": "soon"}),
    ("rebook_after is", {"rebook_after": timedelta(0)}),
    ("window_start .* no time zone", {"window_start": "2026-11-02T09:00"}),
    ("window is", {"window": timedelta(days=-1)}),
    ("window is 7", {"window": 7}),
    ("window is ''", {"window": ""}),
    ("window is col", {"window": col("window")}),
    ("between is", {"between": ("09:00",)}),
    ("between is", {"between": ("9 am", "5 pm")}),
    ("weekdays is", {"weekdays": ("Monday",)}),
    ("weekdays is", {"weekdays": ()}),
    ("min_notice is", {"min_notice": timedelta(hours=-1)}),
    ("max_sessions is 0", {"max_sessions": 0}),
    ("max_sessions is True", {"max_sessions": True}),
    ("max_leads is '-1'", {"max_leads": "-1"}),
    ("allow_backfill is 'yes'", {"allow_backfill": "yes"}),
    ("action is 'dry'", {"action": "dry"}),
    ("fetch_meeting is 'maybe'", {"fetch_meeting": "maybe"}),
    ("on_no_slot is 'wait'", {"leads": None, "lead": {}, "on_no_slot": "wait"}),
    ("on_disqualified is None", {"leads": None, "lead": {}, "on_disqualified": None}),
    ("on_no_slot and on_disqualified go with lead; with leads, fail_on", {"on_no_slot": "retry"}),
    ("on_no_slot and on_disqualified go with lead", {"on_disqualified": "skip"}),
    ("leads_at_once is 0", {"leads_at_once": 0}),
    ("chilipiper_conn_id is blank", {"chilipiper_conn_id": ""}),
    ("router_slug is blank", {"router_slug": ""}),
    ("router_slug is missing", {"router_slug": None}),
    ("trigger is 'Button'", {"trigger": "Button"}),
]


@pytest.mark.parametrize(
    ("complaint", "arguments"), BAD, ids=[f"{name}{number}" for number, (name, _) in enumerate(BAD)]
)
def test_bad_arguments_fail_at_parse_time(desk: Desk, complaint: str, arguments: dict[str, Any]) -> None:
    """With the argument's name."""
    with pytest.raises(BadValue, match=f"^{complaint}"):
        concierge(desk, **arguments)


LATER: list[tuple[type, str, dict[str, Any]]] = [
    (ConciergeBookOperator, "purpose is blank", {"purpose": ""}),
    (ConciergeBookOperator, "email is no e-mail", {"guest_email": "ada"}),
    (ConciergeBookOperator, "timezone is 'Mars'", {"timezone": "Mars"}),
    (ConciergeBookOperator, "prefer is 'soon'", {"prefer": "soon"}),
    (ConciergeBookOperator, "form is", {"form": "PersonEmail"}),
    (ConciergeBookOperator, "form is empty", {"form": ""}),
    (ConciergeBookOperator, "rebook_after is", {"rebook_after": "1"}),
    (ConciergeBookOperator, "window_start is", {"window_start": "tomorrow"}),
    (ConciergeBookOperator, "window is", {"window": "seven"}),
    (ConciergeBookOperator, "between is", {"between": "9-17"}),
    (ConciergeBookOperator, "weekdays is", {"weekdays": "Monday"}),
    (ConciergeBookOperator, "min_notice is", {"min_notice": "-1 hour"}),
    (ConciergeBookOperator, "max_sessions is", {"max_sessions": ""}),
    (ConciergeBookOperator, "max_leads is", {"max_leads": "many"}),
    (ConciergeBookOperator, "action is", {"action": "None"}),
    (ConciergeBookOperator, "chilipiper_conn_id is", {"chilipiper_conn_id": " "}),
    (ConciergeBookOperator, "router_slug is blank", {"router_slug": ""}),
    (ConciergeBookOperator, "trigger is ''", {"trigger": ""}),
    (SchedulingLinkBookOperator, "link_id is blank", {"link_id": ""}),
    (SchedulingLinkBookOperator, "link_type is blank", {"link_type": ""}),
    (HandoffBookOperator, "workspace_id is blank", {"workspace_id": ""}),
    (HandoffBookOperator, "booker_id is blank", {"booker_id": ""}),
    (HandoffBookOperator, "crm_type is 'Lead'", {"crm_type": "Lead"}),
    (HandoffBookOperator, "path is blank", {"path": ""}),
]
OWN = {ConciergeBookOperator: CONCIERGE, SchedulingLinkBookOperator: LINK, HandoffBookOperator: HANDOFF}


@pytest.mark.parametrize(
    ("kind", "complaint", "rendered"), LATER, ids=[f"{each[1]}-{n}" for n, each in enumerate(LATER)]
)
def test_bad_templates_fail_before_anything_is_sent(
    desk: Desk, kind: type, complaint: str, rendered: dict[str, str]
) -> None:
    """No retry can cure them."""
    operator = desk.make(kind, **{**OWN[kind], **MANY, "leads": [lead("ada")]})
    (name, text), *_ = rendered.items()
    setattr(operator, name, text)
    with pytest.raises(AirflowFailException, match=rf"^{complaint}.*Nothing was sent"):
        desk.run(operator)
    assert desk.chili.calls == []


def test_templates_leave_text(desk: Desk) -> None:
    """Which means the same as the value; empty text stands for None where None is allowed."""
    texts = {
        "purpose": " q3 ",
        "timezone": "",
        "prefer": "",
        "rebook_after": "",
        "window_start": "",
        "window": "7 days",
        "between": "['00:00', '23:59']",
        "weekdays": "",
        "min_notice": "PT2H",
        "max_sessions": "5",
        "max_leads": "5",
        "allow_backfill": "True",
        "preview": "False",
        "form": "{'PersonEmail': 'ada@prospect.example'}",
        "ledger_conn_id": "",
    }
    operator = concierge(desk, lead("ada"))
    for name, text in texts.items():
        assert name in operator.template_fields
        setattr(operator, name, text)
    assert [(row["status"], row["purpose"]) for row in desk.run(operator, run_type="backfill")] == [("booked", "q3")]


def test_templates_are_rendered(desk: Desk) -> None:
    operator = concierge(desk, lead("ada"), purpose="{{ campaign }}", between="{{ hours }}", form={"Phone": "{{ x }}"})
    operator.render_template_fields({"campaign": "q4", "hours": ("09:00", "17:00"), "x": 3})
    assert (operator.purpose, operator.between, operator.form) == ("q4", "('09:00', '17:00')", {"Phone": "3"})


def test_a_column_survives_all_that_airflow_does(desk: Desk, recwarn: pytest.WarningsRecorder) -> None:
    """Templating, copies, mapping, serialization: and a missing column without a default stays an error."""
    with DAG("serialized", schedule=None) as dag:
        plain = ConciergeBookOperator(task_id="plain", purpose="q3", **CONCIERGE, **MANY)
        ConciergeBookOperator.partial(
            task_id="mapped", purpose="q3", lead_key=col("id", default=3), guest_email=col("Mail"), **CONCIERGE
        ).expand(leads=[[lead("ada")], []])
    plain.render_template_fields({})
    assert plain.key == col("lead_id")
    assert deepcopy(plain).key == col("lead_id")
    with pytest.raises(BadValue, match="no column 'lead_id'"):
        deepcopy(plain).key.of({"email": "x"})
    stored = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    assert DagSerialization.from_dict(stored).task_ids == ["plain", "mapped"]
    assert "col('lead_id')" in json.dumps(stored)
    assert [str(told.message) for told in recwarn if "chilipiper" in str(told.message)] == []
    unmapped = dag.get_task("mapped").unmap({"leads": [lead("ada")]})
    assert (unmapped.key, unmapped.guest_email) == (col("id", default=3), col("Mail"))


# Airflow's own e-mail for alerts.

OPS = ["ops@corp.example"]


@pytest.mark.filterwarnings("ignore:Setting email")
@pytest.mark.parametrize("alerts", [OPS, OPS[0]], ids=["list", "text"])
def test_alerts_are_no_guests(alerts: Any) -> None:
    """Neither way: plain and mapped, from the DAG, a task group or the task itself."""
    defaults = {"email": alerts}
    with DAG("alerts", schedule=None, default_args=defaults) as dag:
        plain = SchedulingLinkBookOperator(task_id="plain", purpose="q3", **LINK, **MANY)
        named = SchedulingLinkBookOperator(task_id="named", purpose="q3", guest_email=col("Mail"), **LINK, **MANY)
        SchedulingLinkBookOperator.partial(task_id="mapped", purpose="q3", **LINK).expand(lead=[lead("ada")])
    with DAG("grouped", schedule=None) as grouped, TaskGroup("group", default_args=defaults):
        inside = SchedulingLinkBookOperator(task_id="plain", purpose="q3", **LINK, **MANY)
        SchedulingLinkBookOperator.partial(task_id="mapped", purpose="q3", **LINK).expand(lead=[lead("ada")])
    with DAG("alone", schedule=None):
        alone = SchedulingLinkBookOperator(task_id="plain", purpose="q3", default_args=defaults, **LINK, **MANY)
        own = SchedulingLinkBookOperator.partial(task_id="own", purpose="q3", default_args=defaults, **LINK).expand(
            lead=[lead("ada")]
        )
    mapped = [dag.get_task("mapped"), grouped.get_task("group.mapped"), own]
    assert [operator.email for operator in mapped] == [alerts] * 3
    for operator in (plain, inside, alone, *(each.unmap({"lead": lead("ada")}) for each in mapped)):
        assert operator.guest_email == col("email", default=None), operator
        assert operator.email == alerts, operator
    assert (named.guest_email, named.email) == (col("Mail"), alerts)


def test_a_guest_gets_no_alerts() -> None:
    with DAG("quiet", schedule=None) as dag:
        SchedulingLinkBookOperator.partial(task_id="over", purpose="q3", lead=lead("ada"), **LINK).expand(
            email=["ada@work.example"]
        )
        plain = SchedulingLinkBookOperator(task_id="plain", purpose="q3", guest_email=col("Mail"), **LINK, **MANY)
        SchedulingLinkBookOperator.partial(task_id="mapped", purpose="q3", guest_email=col("Mail"), **LINK).expand(
            lead=[lead("ada")]
        )
    unmapped = dag.get_task("mapped").unmap({"lead": lead("ada")})
    for operator in (plain, unmapped):
        assert (operator.guest_email, operator.email) == (col("Mail"), None)
    assert dag.get_task("mapped").email is None
    over = dag.get_task("over").unmap({"email": "ada@work.example"})
    assert (over.guest_email, over.email) == ("ada@work.example", None)
    assert json.loads(json.dumps(DagSerialization.to_dict(dag)))


# Guards.


def test_a_backfill_books_nobody_unless_meant(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match="allow_backfill=True"):
        desk.run(concierge(desk, lead("ada")), run_type="backfill")
    assert desk.chili.calls == []
    assert desk.run(concierge(desk, lead("ada"), allow_backfill=True), run_type="backfill")[0]["status"] == "booked"


def test_a_preview_asks_the_ledger_only(desk: Desk, ledger: Path) -> None:
    """It validates every row and says what would be done; it opens, books and marks nothing."""
    book = {"ledger_conn_id": "ledger"}
    desk.run(concierge(desk, lead("ada"), **book))
    calls, marks = len(desk.chili.calls), on_record(ledger)
    rows = [lead("ada"), lead("bob"), lead("bob"), {"lead_id": "eve", "email": "nobody"}]
    answered = desk.run(concierge(desk, *rows, preview=True, **book), try_number=2)
    assert [row["status"] for row in answered] == ["already_booked", "would_book", "invalid", "invalid"]
    assert answered[0]["meeting_id"] == desk.chili.meetings[0]["meetingId"]
    assert desk.ti.xcom["counts"] == {"already_booked": 1, "would_book": 1, "invalid": 2}
    assert (len(desk.chili.calls), on_record(ledger)) == (calls, marks)


def on_record(ledger: Path) -> list[Any]:
    with closing(sqlite3.connect(ledger)) as db:
        return db.execute("SELECT * FROM chilipiper_ledger ORDER BY key").fetchall()


def test_a_preview_needs_no_ledger(desk: Desk) -> None:
    assert desk.run(concierge(desk, lead("ada"), preview=True), try_number=2)[0]["status"] == "would_book"
    assert desk.chili.calls == []


# Never twice.


def test_a_second_run_books_nobody_twice(desk: Desk, ledger: Path) -> None:
    """In whatever task: what is on record is answered, and nothing is opened. Another purpose is another booking."""
    desk.connect(ledger_conn_id="ledger")
    first = desk.run(concierge(desk, lead("ada"), lead("bob")))
    calls = len(desk.chili.calls)
    second = desk.run(concierge(desk, lead("ada"), lead("bob")), try_number=2)
    assert [row["status"] for row in second] == ["already_booked"] * 2
    assert [row["meeting_id"] for row in second] == [row["meeting_id"] for row in first]
    assert len(desk.chili.calls) == calls
    assert desk.run(concierge(desk, lead("ada"), purpose="q4"))[0]["status"] == "booked"
    assert len(desk.chili.meetings) == 3


def test_an_old_booking_does_not_count_for_ever(desk: Desk, ledger: Path) -> None:
    """If so wanted: `rebook_after` says how old it must be, and a preview goes by it."""
    desk.connect(ledger_conn_id="ledger")
    desk.run(concierge(desk, lead("ada")))
    again = {"rebook_after": "30 days"}
    assert desk.run(concierge(desk, lead("ada"), **again))[0]["status"] == "already_booked"
    with closing(sqlite3.connect(ledger)) as db:
        db.execute("UPDATE chilipiper_ledger SET booked_at = booked_at - 31 * 86400")
        db.commit()
    assert desk.run(concierge(desk, lead("ada")))[0]["status"] == "already_booked"
    assert desk.run(concierge(desk, lead("ada"), preview=True, **again))[0]["status"] == "would_book"
    assert desk.run(concierge(desk, lead("ada"), **again))[0]["status"] == "booked"
    assert len(desk.chili.meetings) == 2


def test_a_ledger_in_postgres(desk: Desk, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", postgres_url.replace("postgresql+psycopg2", "postgres"))
    many = [lead(str(number)) for number in range(8)]
    run = {"ledger_conn_id": "ledger", "leads_at_once": 4, "max_sessions": 9}
    assert {row["status"] for row in desk.run(concierge(desk, *many, **run))} == {"booked"}
    calls = len(desk.chili.calls)
    assert {row["status"] for row in desk.run(concierge(desk, *many, **run))} == {"already_booked"}
    assert len(desk.chili.calls) == calls


def test_a_second_try_without_a_durable_ledger_books_nobody(desk: Desk) -> None:
    with pytest.raises(AirflowFailException, match=r"try 2 .* no durable ledger"):
        desk.run(concierge(desk, lead("ada")), try_number=2)
    assert desk.statuses() == ["not_attempted"]
    assert desk.chili.calls == []


def test_nobody_to_book_needs_no_ledger(desk: Desk) -> None:
    """At whatever try, as when an upstream task has found no leads."""
    assert desk.run(concierge(desk), try_number=2) == []
    assert desk.run(concierge(desk, {}), try_number=2)[0]["status"] == "invalid"


def test_a_ledger_that_is_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent, every lead has its outcome, and another try may find it back."""
    away = {"conn_type": "postgres", "host": "127.0.0.1", "port": 9, "login": "u", "password": "hidden", "schema": "x"}
    monkeypatch.setenv("AIRFLOW_CONN_LEDGER", json.dumps(away))
    with pytest.raises(Exception, match="chilipiper_ledger") as raised:
        desk.run(concierge(desk, lead("ada"), lead("bob"), ledger_conn_id="ledger"))
    assert not isinstance(raised.value, AirflowFailException)
    assert "hidden" not in str(raised.value)
    assert desk.statuses() == ["not_attempted"] * 2
    assert desk.chili.calls == []


BOOKS = [ConciergeBookOperator, SchedulingLinkBookOperator, HandoffBookOperator]


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
    """The first try ends as unknown; the next one settles that, and says what to do; none asks for the lead again."""
    for operation in BOOKING:
        desk.chili.faults.lose_request(operation)
    arguments = {**OWN[kind], **MANY, "leads": [lead("ada")], "list_lag": timedelta(0)}
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
    arguments = {**OWN[SchedulingLinkBookOperator], **MANY, "leads": [lead("ada")], "list_lag": timedelta(0)}
    arguments |= {"on_no_evidence": "rebook", "session_lifetime": timedelta(minutes=10)}
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


def test_for_links_and_handoff_the_user_states_how_long_a_session_lives(desk: Desk) -> None:
    with pytest.raises(BadValue, match="needs session_lifetime"):
        desk.make(SchedulingLinkBookOperator, **OWN[SchedulingLinkBookOperator], **MANY, on_no_evidence="rebook")
    templated = desk.make(
        SchedulingLinkBookOperator, **OWN[SchedulingLinkBookOperator], **MANY, on_no_evidence="{{ params.mode }}"
    )
    templated.on_no_evidence = "rebook"
    with pytest.raises(AirflowFailException, match=r"needs session_lifetime.*Nothing was sent"):
        desk.run(templated)
    assert desk.chili.calls == []


def test_a_guest_with_an_active_meeting_is_booked_already(desk: Desk) -> None:
    """One listing of all meetings, whoever booked them; a meeting beyond the window does not count."""
    (first,) = desk.run(concierge(desk, lead("ada")))
    asked = len(desk.chili.calls)
    leads = [lead("ada", lead_id="another"), lead("bob")]
    rows = desk.run(concierge(desk, *leads, purpose="q4", existing_meeting_window=timedelta(days=6)))
    assert desk.statuses() == ["already_booked", "booked"]
    assert (rows[0]["meeting_id"], rows[0]["start_time"]) == (first["meeting_id"], first["start_time"])
    listings = [call for call in desk.chili.calls[asked:] if call.operation == "meeting-list-put"]
    assert len(listings) == 1
    desk.run(concierge(desk, lead("ada"), purpose="q5", existing_meeting_window=timedelta(seconds=1)))
    assert desk.statuses() == ["booked"]


def test_where_meetings_cannot_be_listed_beforehand_nothing_is_sent(desk: Desk) -> None:
    desk.connect(token=desk.chili.token_without("meeting.read"))
    with pytest.raises(AirflowFailException, match=r"existing_meeting_window.*meeting\.read.*Nothing was sent"):
        desk.run(concierge(desk, lead("ada"), existing_meeting_window=timedelta(days=6)))
    assert (desk.opened(), desk.spent()) == (0, 0)


# What stops a task.


def test_a_kill_before_the_batch_begins(desk: Desk) -> None:
    """The signal may come while names are looked up, or rows are read: nothing is begun after it."""
    operator = concierge(desk, lead("ada"))
    operator.on_kill()
    with pytest.raises(AirflowException, match="1 not_attempted"):
        desk.run(operator)
    assert desk.chili.calls == []


@pytest.fixture
def main_thread_alarm() -> Iterator[Callable[[], None]]:
    """Raises Airflow's time-out in the main thread, as Airflow does it: out of a signal handler."""

    def time_out(*_: Any) -> None:
        raise AirflowTaskTimeout("too long")

    before = signal.signal(signal.SIGALRM, time_out)
    yield lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)  # type: ignore[arg-type]
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("how", ["kill", "timeout"])
def test_what_is_under_way_is_recorded(
    desk: Desk, ledger: Path, main_thread_alarm: Callable[[], None], how: str
) -> None:
    """A kill and a time-out end the batch: nothing new is sent, and every lead has its outcome in XCom."""
    operator = concierge(desk, *(lead(str(number)) for number in range(60)), ledger_conn_id="ledger")
    interrupt = operator.on_kill if how == "kill" else main_thread_alarm
    once = iter([interrupt])

    def after_the_first_booking() -> None:
        if desk.spent():
            next(once, bool)()

    desk.clock.alarm = after_the_first_booking
    with pytest.raises(AirflowTaskTimeout if how == "timeout" else AirflowException):
        desk.run(operator)
    statuses, spent = desk.statuses(), desk.spent()
    assert len(statuses) == 60
    assert statuses[-1] == "not_attempted"
    assert set(statuses) == {"booked", "not_attempted"}
    assert 1 <= statuses.count("booked") == len(desk.chili.meetings) == spent < 60


# The page that the extra link opens.


def page_of(operator: Any) -> str:
    (link,) = operator.operator_extra_links
    assert link.name == "Chili Piper"
    return str(link.get_link(operator, ti_key=None))


def test_the_routing_page(desk: Desk) -> None:
    """Of the one lead of a task; many have none."""
    desk.chili.tenant.variants.routing_link_with_interval = True
    one, many = (
        concierge(desk, leads=None, lead_key=None, lead=lead("ada")),
        concierge(desk, lead("bob"), fetch_meeting=True),
    )
    assert page_of(one) == ""
    session = desk.run(one)["session_id"]
    assert page_of(one).endswith(f"/inbound-demo/routing/{session}")
    desk.run(many)
    assert page_of(many) == ""


def test_the_page_after_a_failure(desk: Desk) -> None:
    """Airflow asks for it at every end of a task."""
    operator = desk.make(SchedulingLinkBookOperator, lead=lead("ada"), link_id="none")
    with pytest.raises(AirflowFailException):
        desk.run(operator)
    assert page_of(operator) == ""


# Secrets.

SAID = "Unknown guest ada@prospect.example of Lovelace Ltd"


@pytest.mark.parametrize("operation", ["concierge-route-by-slug", "concierge-schedule"])
def test_nothing_personal_is_told(
    desk: Desk, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    """Neither e-mail, token nor form values in logs, errors, XCom or the link, although the server repeats them."""
    ada = lead("ada", company="Lovelace Ltd")
    form = {**CONCIERGE["form"], "CompanyName": col("company")}
    operator = desk.make(ConciergeBookOperator, **{**CONCIERGE, "form": form, "lead": ada, "lead_key": col("lead_id")})
    desk.chili.faults.error(operation, status=422, code="Ada@prospect.example", message=SAID, count=9)
    with pytest.raises(AirflowFailException) as raised:
        desk.run(operator)
    told = (
        "".join([*capsys.readouterr(), caplog.text, str(raised.value)])
        + json.dumps(desk.ti.pushed)
        + str(operator.page)
    )
    assert "422" in told
    for secret in ("ada@", "Lovelace", desk.chili.token):
        assert secret not in told


def test_a_value_in_the_wrong_column_is_not_told(desk: Desk) -> None:
    rows = desk.run(concierge(desk, lead("ada"), timezone=col("email")))
    assert rows[0]["status"] == "invalid"
    assert "timezone is" in rows[0]["reason"]
    assert "ada@" not in rows[0]["reason"]


def test_when(desk: Desk) -> None:
    """Slots are those of the window, the hours and the weekdays in the guest's zone, near to the query."""
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    wednesday = today + timedelta(days=(2 - today.weekday()) % 7 + 7)
    query = {"prefer": wednesday.isoformat(), "timezone": "Asia/Kolkata"}
    hours = {"weekdays": "['Wed']", "between": ("09:00", "17:00")}
    (row,) = desk.run(concierge(desk, lead("ada"), window_start=wednesday - timedelta(days=3), **query, **hours))
    start = datetime.fromisoformat(row["start_time"])
    assert start.date() == wednesday.date()
    assert timedelta(minutes=30) < wednesday - start < timedelta(hours=2)  # 17:00 in Kolkata is 11:30
    (near,) = desk.run(concierge(desk, lead("bob"), window_start=today, **query, window="P14D"))
    assert abs(datetime.fromisoformat(near["start_time"]) - wednesday) <= timedelta(hours=1)
    far = {"min_notice": "3 days", "window": "P7D"}
    (row,) = desk.run(concierge(desk, lead("eve"), **far))
    assert datetime.fromisoformat(row["start_time"]) >= datetime.now(UTC) + timedelta(days=2, hours=23)


def test_an_old_booking_is_forgotten_only_when_another_is_sent(desk: Desk, ledger: Path) -> None:
    """A run that finds no slot leaves the lead booked, for those to whom every booking counts."""
    desk.run(concierge(desk, lead("ada"), ledger_conn_id="ledger"))
    with closing(sqlite3.connect(ledger)) as db, db:
        db.execute("UPDATE chilipiper_ledger SET booked_at = booked_at - 864000")
    again = {"rebook_after": timedelta(days=1), "min_notice": timedelta(days=40)}
    desk.run(concierge(desk, lead("ada"), ledger_conn_id="ledger", **again))
    assert desk.statuses() == ["no_slot"]
    desk.run(concierge(desk, lead("ada"), ledger_conn_id="ledger"))
    assert desk.statuses() == ["already_booked"]
    assert len(desk.chili.meetings) == 1
