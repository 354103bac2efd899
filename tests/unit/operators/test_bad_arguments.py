"""Arguments that are wrong: seen when the DAG is parsed, or before anything is sent where a template leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from airflow_chilipiper.arguments.bad_value import BadValue
from airflow_chilipiper.operators import (
    ConciergeBookOperator,
    HandoffBookOperator,
    Rebook,
    SchedulingLinkBookOperator,
    col,
)
from airflow_chilipiper.version_compat import AirflowFailException
from tests.booking_task import Desk, lead
from tests.unit.operators.declared import CONCIERGE, MANY, OWN, concierge


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
    ("lead_key is missing", {"lead_key": None}),
    ("lead_key is the same for every lead", {"lead_key": "lead_id"}),
    ("lead_key is missing", {"leads": None, "sql": "SELECT 1", "sql_conn_id": "x", "lead_key": None}),
    ("sql_conn_id is missing", {"leads": None, "sql": "SELECT 1"}),
    ("sql is blank", {"leads": None, "sql": " ", "sql_conn_id": "x"}),
    ("leads is of type str.*; it is no template", {"leads": "{{ ti.xcom_pull('rows') }}"}),
    ("leads is of type dict", {"leads": {"email": "x"}}),
    ("lead is of type list", {"leads": None, "lead": [lead("ada")]}),
    ("purpose is blank", {"purpose": " "}),
    ("purpose is NoneType", {"purpose": None}),
    ("purpose is Column", {"purpose": col("campaign")}),
    ("guest_email is no e-mail", {"guest_email": "email"}),
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
    ("max_leads is '-1'", {"max_leads": "-1"}),
    ("allow_backfill is 'yes'", {"allow_backfill": "yes"}),
    ("preview is 'dry'", {"preview": "dry"}),
    ("repeated_guests is 'no'", {"repeated_guests": "no"}),
    ("fetch_meeting is 'maybe'", {"fetch_meeting": "maybe"}),
    ("fail_on is None", {"fail_on": None}),
    ("fail_on has lost", {"fail_on": {"lost": 0.1}}),
    ("fail_on has the share 1,", {"fail_on": {"no_slot": 1}}),
    ("fail_on has the share -0.1", {"fail_on": {"no_slot": -0.1}}),
    ("fail_on has the share True", {"fail_on": {"no_slot": True}}),
    ("fail_on has the share '5%'", {"fail_on": {"no_slot": "5%"}}),
    ("fail_on has the share nan", {"fail_on": {"no_slot": float("nan")}}),
    (r"skip_on is 'no_slot', expected a list of texts, such as \['no_slot'\]", {"skip_on": "no_slot"}),
    ("skip_on is None", {"skip_on": None}),
    ("skip_on is {", {"skip_on": {"no_slot": 0.5}}),
    (
        "skip_on has lost, expected some of booked, already_booked, disqualified, no_slot, refused, invalid, would",
        {"skip_on": ["lost"]},
    ),
    (
        "skip_on has unknown: what is not known, .*; expected some of booked, .*, invalid, would_book$",
        {"skip_on": ["unknown"]},
    ),
    ("skip_on has review, not_attempted: what is not known", {"skip_on": ["review", "no_slot", "not_attempted"]}),
    ("in_doubt is 'rebook', expected 'hold' or Rebook", {"in_doubt": "rebook"}),
    ("in_doubt is None", {"in_doubt": None}),
    ("in_doubt: session_lifetime is 'soon'", {"in_doubt": Rebook("soon")}),
    ("existing_meeting_window is", {"existing_meeting_window": "a week"}),
    ("results_conn_id is missing", {"results_table": "outcomes"}),
    ("results_conn_id is missing", {"write_back_sql": "UPDATE leads SET x = :status WHERE id = :lead_key"}),
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
    (ConciergeBookOperator, "guest_email is no e-mail", {"guest_email": "ada"}),
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
    (ConciergeBookOperator, "max_leads is", {"max_leads": "many"}),
    (ConciergeBookOperator, "preview is", {"preview": "None"}),
    (ConciergeBookOperator, "repeated_guests is", {"repeated_guests": ""}),
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
